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
        return does({.does = how, .environment = std::move(environment), .of = of});
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
    out.does({.does = verb::tenant, .seats = seats, .opted_in = true, .regions = {"eu"}});
    for (const char* who : {"ann", "bob"}) out.does({.does = verb::admin, .who = who});
    out.does({.does = verb::feature_on});
    ++out.at;
    out.does({.does = verb::environment, .environment = "prod"});
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

TEST_CASE("second model: a locked environment can be unlocked for 28 days less a second, and is deleted by the tick at 28 days") {
    auto one = under_a_key();
    one.at += 72 * hour;
    one.locks("first");
    one.report(verb::completed, work::lock);
    one.at += 28 * day - 1;
    CHECK(one.does({.does = verb::tick}).events.empty());
    ++one.at;
    CHECK(one.does({.does = verb::tick}).events == std::vector<std::string_view>{"environment_deleted"});
    CHECK(one.in.rings.at("eu").keys.at("first").state == key_state::retired);
}
