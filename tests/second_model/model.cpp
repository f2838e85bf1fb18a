// SPDX-License-Identifier: Apache-2.0
// The second model against the sentences of the rules themselves: boundaries, and the story of the rogue administrator.
#include "step.hpp"

#include <doctest/doctest.h>

using namespace second_model;

namespace {

constexpr instant start = 1'000'000'000;

struct story {
    world in{};
    instant at = start;
    std::string by = "ann";

    outcome does(operation one) {
        one.at = at;
        if (one.by.empty()) one.by = by;
        return step(in, one);
    }
    outcome report(verb how, work of, std::string environment = {}) {
        return does({.does = how, .by = "system", .environment = std::move(environment), .of = of});
    }
    outcome uploads(const std::string& name) {
        return does(
            {.does = verb::upload_key, .key = name, .password = "p", .file_password = "p", .acknowledged = true, .file = {.name = name}});
    }
    outcome activates(const std::string& name) {
        return does({.does = verb::activate_key, .key = name, .acknowledged = true, .confirmed = true});
    }
    outcome applies(const std::string& name) {
        return does({.does = verb::apply_key, .environment = name, .acknowledged = true, .confirmed = true});
    }
    outcome locks(const std::string& name) {
        return does({.does = verb::lock,
                     .key = name,
                     .confirmation = "lock tenant",
                     .password = "p",
                     .file_password = "p",
                     .file = {.name = name}});
    }
    outcome unlocks(const std::string& name) {
        return does({.does = verb::unlock_key, .key = name, .password = "p", .file_password = "p", .file = {.name = name}});
    }
};

/// A tenant with one production environment under the key `first`, all of it at `start`.
story under_a_key(profile plays = profile::power_platform, unsigned seats = 1001) {
    story out;
    out.in.plays = plays;
    out.by = "provider";
    out.does({.does = verb::tenant, .seats = seats, .opted_in = true, .regions = {"eu"}});
    for (const char* who : {"ann", "bob"}) out.does({.does = verb::admin, .who = who});
    out.does({.does = verb::feature_on});
    ++out.at;
    out.does({.does = verb::environment, .environment = "prod"});
    out.by = "ann";
    out.uploads("first");
    out.report(verb::completed, work::activation);
    out.applies("prod");
    out.report(verb::completed, work::apply, "prod");
    return out;
}

bool refused_for(const outcome& answer, std::string_view rule, std::string_view code) {
    return std::ranges::any_of(answer.refusals, [&](const refusal& one) { return one.rule == rule && one.code == code; });
}

} // namespace

TEST_CASE("second model: 1000 seats are too few, 1001 are enough") {
    CHECK(refused_for(under_a_key(profile::power_platform, 1000).uploads("k"), "T01", "not_eligible"));
    CHECK(under_a_key(profile::power_platform, 1001).uploads("k").allowed());
}

TEST_CASE("second model: a lock is refused until 72 hours after the last change of key, and then allowed") {
    auto one = under_a_key();
    one.at += 72 * hour - 1;
    const auto early = one.locks("first");
    CHECK(early.refusals == std::set<refusal>{{"T18", "lock_cooldown", start + 1 + 72 * hour}});
    ++one.at;
    CHECK(one.locks("first").allowed());
}

TEST_CASE("second model: another activation is refused for 24 hours, and then allowed") {
    auto one = under_a_key();
    one.uploads("second");
    one.at += 24 * hour - 1;
    CHECK(one.activates("second").refusals == std::set<refusal>{{"T17", "activation_cooldown", start + 1 + 24 * hour}});
    ++one.at;
    CHECK(one.activates("second").events == std::vector<std::string_view>{"risk_acknowledged", "activation_started"});
}

TEST_CASE("second model: the rogue administrator's key cannot lock before the others have had 72 hours to undo it") {
    auto one = under_a_key();
    one.at += 100 * hour;
    one.by = "bob";
    CHECK(one.uploads("rogue").allowed());
    CHECK(one.activates("rogue").allowed());
    CHECK(one.report(verb::completed, work::activation).allowed());
    CHECK(refused_for(one.locks("rogue"), "T18", "lock_cooldown"));
    one.at += 24 * hour;
    one.by = "ann";
    CHECK(one.activates("first").allowed()); // the old key is Available still
    CHECK(one.report(verb::completed, work::activation).allowed());
    one.at += 72 * hour;
    one.by = "bob";
    CHECK(one.locks("rogue").refusals == std::set<refusal>{{"T21", "wrong_key", std::nullopt}});
}

TEST_CASE("second model: a lock destroys the available keys, and only the same key opens it, an hour later at the earliest") {
    auto one = under_a_key();
    one.uploads("spare");
    one.at += 72 * hour;
    one.locks("first");
    CHECK(one.in.rings.at("eu").keys.at("spare").state == key_state::deleted);
    CHECK(refused_for(one.unlocks("first"), "T23", "lock_in_progress"));
    one.report(verb::completed, work::lock);
    one.at += hour - 1;
    CHECK(refused_for(one.unlocks("first"), "T24", "unlock_cooldown"));
    ++one.at;
    CHECK(refused_for(one.unlocks("spare"), "T27", "wrong_key"));
    CHECK(one.unlocks("first").allowed());
    CHECK(one.report(verb::completed, work::unlock_key).allowed());
    CHECK(one.does({.does = verb::unlock_environment, .environment = "prod", .confirmed = true}).allowed());
}

TEST_CASE("second model: with one administrator recommended never locks; a lock waits for a delivered notice and a second one") {
    auto one = under_a_key(profile::recommended);
    one.at += 72 * hour;
    CHECK(refused_for(one.locks("first"), "R02", "notice_undelivered"));
    const operation delivery{.does = verb::notice_delivered, .by = "system", .event = "key_activated", .to = "bob"};
    CHECK(one.does(delivery).events == std::vector<std::string_view>{"notice_delivered"});
    one.at += 72 * hour - 1;
    CHECK(refused_for(one.locks("first"), "R02", "lock_cooldown"));
    ++one.at;
    CHECK(one.locks("first").events == std::vector<std::string_view>{"lock_requested"});
    const operation approval{.does = verb::approve, .confirmation = "lock tenant"};
    CHECK(refused_for(one.does(approval), "R03", "self_approval"));
    one.by = "bob";
    one.at += 24 * hour;
    CHECK(refused_for(one.does(approval), "R03", "request_expired"));
    --one.at;
    CHECK(one.does(approval).events == std::vector<std::string_view>{"lock_approved", "lock_started"});
    CHECK(one.does({.does = verb::admin, .by = "provider", .who = "bob", .remove = true}).allowed());
    CHECK(refused_for(one.locks("first"), "R03", "approval_required"));
}

TEST_CASE("second model: what another administrator activated can be rolled back until a lock would pass, and cancelled before") {
    auto one = under_a_key(profile::recommended);
    one.at += 24 * hour;
    one.uploads("rogue");
    one.activates("rogue");
    const operation undo{.does = verb::rollback_activation};
    CHECK(refused_for(one.does(undo), "R01", "self_approval"));
    one.by = "bob";
    CHECK(one.does(undo).events == std::vector<std::string_view>{"activation_rolled_back"});
    one.by = "ann";
    one.activates("rogue");
    one.report(verb::completed, work::activation);
    one.does({.does = verb::notice_delivered, .by = "system", .event = "key_activated", .to = "bob"});
    one.by = "bob";
    one.at += 72 * hour;
    CHECK(refused_for(one.does(undo), "R01", "rollback_window_closed"));
    --one.at;
    CHECK(one.does(undo).events == std::vector<std::string_view>{"activation_rolled_back", "activation_started"});
}

TEST_CASE("second model: revoked at once, back only with all grants on the same key, a request and the provider's word") {
    story one;
    one.in.plays = profile::enterprise_policy;
    one.does({.does = verb::tenant, .by = "provider", .regions = {"eu"}});
    one.does({.does = verb::admin, .by = "provider", .who = "ann"});
    one.does({.does = verb::environment, .by = "ann", .environment = "prod"});
    const operation made{
        .does = verb::policy, .by = "vera", .key = "k", .file = {.name = "m"}, .policy = "p", .vault_region = "eu", .as_vault = true};
    CHECK(one.does(made).allowed());
    operation all{.does = verb::grant,
                  .by = "vera",
                  .file = {.name = "m"},
                  .policy = "p",
                  .as_vault = true,
                  .get = true,
                  .wrap = true,
                  .unwrap = true};
    const operation joins{.does = verb::add_to_policy, .environment = "prod", .confirmed = true, .policy = "p"};
    CHECK(refused_for(one.does(joins), "P01", "grant_incomplete"));
    CHECK(one.does(all).allowed());
    CHECK(one.does(joins).events == std::vector<std::string_view>{"environment_added", "apply_started"});
    one.report(verb::completed, work::apply, "prod");
    CHECK(one.does({.does = verb::revoke, .by = "vera", .policy = "p", .cause = "access", .as_vault = true}).allowed());
    CHECK(refused_for(one.does({.does = verb::open, .environment = "prod"}), "T22", "environment_offline"));
    CHECK(refused_for(one.does({.does = verb::request_unlock, .policy = "p"}), "P08", "grant_incomplete"));
    all.file.name = "another";
    CHECK(refused_for(one.does(all), "P08", "wrong_key"));
    all.file.name = "m";
    CHECK(one.does(all).allowed());
    CHECK(refused_for(one.does({.does = verb::approve_unlock, .by = "provider", .policy = "p"}), "P08", "approval_required"));
    CHECK(one.does({.does = verb::request_unlock, .policy = "p"}).allowed());
    CHECK(one.does({.does = verb::approve_unlock, .by = "provider", .policy = "p"}).allowed());
    CHECK(one.does({.does = verb::open, .environment = "prod"}).allowed());
}

TEST_CASE("second model: a locked environment can be unlocked for 28 days less a second, and is deleted by the tick at 28 days") {
    auto one = under_a_key();
    one.at += 72 * hour;
    one.locks("first");
    one.report(verb::completed, work::lock);
    one.at += 28 * day - 1;
    CHECK(one.does({.does = verb::tick, .by = "system"}).events.empty());
    ++one.at;
    CHECK(one.does({.does = verb::tick, .by = "system"}).events == std::vector<std::string_view>{"environment_deleted"});
    CHECK(one.in.rings.at("eu").keys.at("first").state == key_state::retired);
}

TEST_CASE(
    "second model: an instance's key is in use at once, locks after 72 hours, and is locked again when the unlock of the instance fails") {
    story one;
    one.in.plays = profile::dynamics_365;
    one.does({.does = verb::tenant, .by = "provider", .regions = {"eu"}, .plan = "dynamics_365"});
    one.does({.does = verb::admin, .by = "provider", .who = "ann"});
    one.does({.does = verb::environment, .environment = "sales", .version = "8.2"});
    operation brings{.does = verb::upload_key, .environment = "sales", .password = "p", .file_password = "p", .acknowledged = true};
    brings.file.name = "m1";
    CHECK(one.does(brings).refusals == std::set<refusal>{{"I07", "not_confirmed", std::nullopt}});
    brings.confirmed = true;
    CHECK(one.does(brings).events ==
          std::vector<std::string_view>{"risk_acknowledged", "key_uploaded", "activation_started", "apply_started"});
    one.report(verb::completed, work::activation, "sales");
    one.report(verb::completed, work::apply, "sales");
    operation shuts = brings;
    shuts.does = verb::lock, shuts.confirmation = "sales";
    one.at += 72 * hour - 1;
    CHECK(one.does(shuts).refusals == std::set<refusal>{{"I08", "lock_cooldown", start + 72 * hour}});
    ++one.at;
    CHECK(one.does(shuts).allowed());
    one.report(verb::completed, work::lock, "sales");
    operation opens = brings;
    opens.does = verb::unlock_key;
    CHECK(one.does(opens).events == std::vector<std::string_view>{"key_unlock_started", "environment_unlock_started"});
    CHECK(refused_for(one.report(verb::completed, work::unlock_environment, "sales"), "H03", "key_not_active"));
    CHECK(one.report(verb::failed, work::unlock_environment, "sales").events ==
          std::vector<std::string_view>{"environment_unlock_failed", "key_unlock_failed"});
    CHECK(one.does(opens).allowed());
}
