// SPDX-License-Identifier: Apache-2.0
// `recommended` through the service: a lock takes two, a delivered notice starts its wait, an activation is rolled back,
// a clock is accepted, and a deadline is found twice. T34: the second administrator wins.
#include <keywright/service/upkeep.hpp>

#include "world.hpp"

#include <doctest/doctest.h>

namespace {

using namespace keywright;
using tenant = world::tenant_under<profiles::recommended>;

result<outcome> approve(tenant& t, const policy::actor& by) {
    return t.svc.run({world::eu}, policy::approve_lock{.by = by, .confirmation = policy::typed_text("lock contoso")});
}
result<outcome> roll_back(tenant& t, const policy::actor& by) { return t.svc.run({world::eu}, policy::rollback_activation{.by = by}); }
result<outcome> accept(tenant& t, const policy::actor& by) { return t.svc.run({world::eu}, policy::accept_clock{.by = by}); }
bool refused(const result<outcome>& o, std::string_view rule, policy::refusal code) { return o && o->decision().refused_by(rule, code); }

/// k1 is Active, prod is on it, 72 h are over.
void ready_to_lock(tenant& t) {
    tenant::must(t.upload());
    tenant::must(t.apply(world::prod));
    t.clock.advance(hours(72));
}

} // namespace

TEST_CASE(
    "recommended, service: the first administrator's lock is a request, the second one's word locks, and both environments and key come back") {
    tenant t;
    ready_to_lock(t);
    tenant::must(t.lock());
    CHECK(t.opens(world::prod));
    CHECK(t.customer_keys() == 1);
    CHECK(refused(approve(t, world::alice), "R03", policy::refusal::self_approval));
    tenant::must(approve(t, world::bob));
    CHECK_FALSE(t.opens(world::prod));
    CHECK(t.customer_keys() == 0);
    t.clock.advance(hours(1));
    tenant::must(t.unlock());
    tenant::must(t.unlock(world::prod));
    CHECK(t.opens(world::prod));
    CHECK(refused(approve(t, world::bob), "R03", policy::refusal::not_in_progress));
}

TEST_CASE("recommended, service: the wait before a lock runs from the moment that the mail got through to the other one") {
    tenant t;
    t.mail.out_of_reach = world::bob.who;
    CHECK(t.upload()->unfinished().has_value()); // the mail waits
    CHECK(policy::active_key(t.ring()) != nullptr);
    CHECK_FALSE(happened(t.ring().activation.noticed_at));
    t.clock.advance(hours(5));
    CHECK_FALSE(t.svc.deliver().has_value());
    CHECK_FALSE(happened(t.ring().activation.noticed_at));
    t.mail.out_of_reach = {};
    CHECK(t.svc.deliver().has_value());
    CHECK(t.ring().activation.noticed_at == t.ring().effective_at + hours(5));
    CHECK(t.records("outbox/") == 0);
}

TEST_CASE("T34, recommended, service: alice activates a key of her own; bob rolls it back, and her key opens nothing") {
    tenant t;
    ready_to_lock(t);
    tenant::must(t.generate("hers"));
    tenant::must(t.activate("hers"));
    CHECK(policy::active_key(t.ring())->id == key_id{"hers"});
    CHECK(refused(roll_back(t, world::alice), "R01", policy::refusal::self_approval));
    tenant::must(roll_back(t, world::bob));
    CHECK(policy::active_key(t.ring())->id == key_id{"k1"});
    CHECK(t.opens(world::prod));
    const auto secrets = t.memory.scan(service::records::secrets(world::eu), "", 10);
    REQUIRE(secrets->size() == 1); // what opens the ring's secret: k1 and nothing else
    CHECK(secrets->front().key.ends_with(to_hex(policy::active_key(t.ring())->print)));
    t.clock.advance(hours(100));
    const auto lock = t.svc.lock(
        world::eu,
        {.by = world::alice, .file = service::key_file::of(t.second_pfx, world::first_password()), .confirmation = "lock contoso"});
    CHECK(refused(lock, "T21", policy::refusal::wrong_key));
}

TEST_CASE("recommended, service: the mail of an activation names the rollback") {
    tenant t;
    tenant::must(t.upload());
    bool named = false;
    for (const auto& message : t.mail.notices()) named = named || message.body.find("Roll the activation back, now") != std::string::npos;
    CHECK(named);
}

TEST_CASE("recommended, service: by a clock that went ahead and came back nothing is over until two have accepted it") {
    tenant t;
    tenant::must(t.upload());
    tenant::must(t.apply(world::prod));
    t.clock.advance(days(90));
    tenant::must(t.svc.run({world::eu, environment_id{"late"}},
                           policy::create_environment{.by = world::alice, .environment = environment_id{"late"}}));
    t.clock.advance(days(-89));
    CHECK(refused(t.lock(), "R04", policy::refusal::clock_frozen));
    tenant::must(accept(t, world::alice));
    CHECK(refused(t.lock(), "R04", policy::refusal::clock_frozen));
    tenant::must(accept(t, world::bob));
    CHECK(refused(t.lock(), "T18", policy::refusal::lock_cooldown));
    t.clock.advance(hours(72));
    tenant::must(t.lock());
}

TEST_CASE("recommended, service: a tick says that an environment is due, and one a day later deletes it") {
    tenant t;
    ready_to_lock(t);
    tenant::must(t.lock());
    tenant::must(approve(t, world::bob));
    t.clock.advance(days(28));
    const std::size_t wraps = t.records(service::records::wraps(world::eu, world::prod));
    REQUIRE(t.svc.tick(world::eu).has_value());
    CHECK(t.state_of(world::prod) == "locked");
    CHECK(t.records(service::records::wraps(world::eu, world::prod)) == wraps);
    t.clock.advance(hours(24) - seconds{1});
    REQUIRE(t.svc.tick(world::eu).has_value());
    CHECK(t.state_of(world::prod) == "locked");
    t.clock.advance(seconds{1});
    REQUIRE(t.svc.tick(world::eu).has_value());
    CHECK(t.state_of(world::prod) == "deleted");
    CHECK(t.records(service::records::wraps(world::eu, world::prod)) == 0);
}
