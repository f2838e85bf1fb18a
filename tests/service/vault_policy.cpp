// SPDX-License-Identifier: Apache-2.0
// Policies of a customer's own vault through the service: each command one commit of policy, audit log and notices. The
// work on data is another matter: it needs an adapter for the customer's vault.
#include <keywright/service/submitter.hpp>

#include "world.hpp"

#include <keywright/profiles/enterprise_policy.hpp>

#include <doctest/doctest.h>

namespace {

using namespace keywright;
using world::eu;
using world::prod;
using vault_service = tenant_service<profiles::enterprise_policy, memory::state_store, memory::key_vault, memory::manual_clock,
                                     memory::notifier, world::content>;

const policy::actor vera{admin_id{"vera"}, policy::principal::vault};
const fingerprint print = [] {
    fingerprint made;
    made.bytes.fill(7);
    return made;
}();
const policy_id p1{"p1"};

policy::create_policy named_key() {
    return {.by = world::alice,
            .policy = p1,
            .vault = {.vault = vault_id{"safe"}, .region = eu.region, .purge_protection = true},
            .key = {.key = key_id{"k1"}, .print = print, .type = policy::key_kind::rsa, .bits = 2048},
            .offered_here = true};
}

/// The tenant of the other tests, and a service of this profile on its parts.
struct vaulted {
    world::tenant t;
    vault_service svc{t.memory, t.vault, t.clock, t.mail, t.data, world::tenant::options()};

    template <class Command>
    result<outcome> on_policy(const Command& command) {
        return svc.run({.ring = eu, .policy = p1}, command);
    }
    void granted() {
        world::tenant::must(svc.run({eu}, named_key()));
        world::tenant::must(on_policy(policy::grant_access{.by = vera, .permissions = policy::all_uses, .print = print}));
    }
    policy::policy_state state() { return svc.state({.ring = eu, .policy = p1})->vault_policy->value; }
    /// As if an apply had ended: prod is in the policy and on its key.
    void put_prod_in() {
        const service::subject s{.ring = eu, .environment = prod, .policy = p1};
        auto before = service::load(t.memory, s);
        REQUIRE(before.has_value());
        for (const policy::event_body& body :
             {policy::event_body(policy::environment_added{p1, prod, policy::environment_kind::production}),
              policy::event_body(policy::apply_started{{prod}}), policy::event_body(policy::key_applied{prod, 2, 0})}) {
            const policy::event happened{policy::the_system, *t.clock.now(), body};
            policy::evolve(before->ring.value, happened);
            policy::evolve(before->environment->value, happened);
            policy::evolve(before->vault_policy->value, happened);
        }
        ports::batch batch;
        batch.put_any(service::records::ring(eu), service::encode(before->ring.value));
        batch.put_any(service::records::environment(eu, prod), service::encode(before->environment->value));
        batch.put_any(service::records::policy(eu, p1), service::encode(before->vault_policy->value));
        REQUIRE(t.memory.commit(batch).has_value());
    }
    std::size_t mails(std::string_view subject) const {
        std::size_t n = 0;
        for (const ports::notice& each : t.mail.notices()) n += each.subject.find(subject) != std::string::npos ? 1U : 0U;
        return n;
    }
};

bool refused_by(const result<outcome>& o, std::string_view rule) {
    if (!o || !o->refused()) return false;
    for (const policy::reason& r : o->reasons())
        if (r.rule == rule) return true;
    return false;
}

} // namespace

TEST_CASE("service: a policy is made, granted, and stored with its name") {
    vaulted v;
    v.granted();
    CHECK(v.state().id == p1);
    CHECK(v.state().tenant == world::contoso);
    CHECK(v.state().soft_delete == days(90));
    CHECK(v.state().permissions.complete());
    CHECK(refused_by(v.svc.run({eu}, named_key()), "H01"));
    CHECK(refused_by(v.on_policy(policy::grant_access{.by = vera, .permissions = policy::all_uses, .print = {}}), "P08"));
}

TEST_CASE("service: a revocation closes its environments, three steps open them, and everybody is told of each") {
    vaulted v;
    v.granted();
    v.put_prod_in();
    const auto opens = [&] { return !refused_by(v.svc.run({eu, prod}, policy::open_environment{.by = world::alice}), "T22"); };
    CHECK(opens());
    world::tenant::must(v.on_policy(policy::revoke_access{.by = vera, .cause = policy::revocation::key_disabled}));
    CHECK_FALSE(opens());
    CHECK(v.mails("1 environment(s) are offline") == 2); // to alice and to bob
    world::tenant::must(v.on_policy(policy::grant_access{.by = vera, .permissions = policy::all_uses, .print = print}));
    CHECK(refused_by(v.on_policy(policy::approve_unlock{.by = world::provider}), "P08"));
    world::tenant::must(v.on_policy(policy::request_unlock{.by = world::bob}));
    CHECK_FALSE(opens());
    world::tenant::must(v.on_policy(policy::approve_unlock{.by = world::provider}));
    CHECK(opens());
    CHECK(v.mails("asked back") == 2);
    CHECK(v.mails("online again") == 2);
}

TEST_CASE("service: a revocation ends the leases that were granted before it, for good, and no others") {
    vaulted v;
    v.granted();
    const auto outside = v.svc.open(eu, prod, world::alice, access::read); // before prod was in the policy
    v.put_prod_in();
    const auto lease = v.svc.open(eu, prod, world::alice, access::read);
    const auto of_test = v.svc.open(eu, world::test, world::alice, access::read);
    REQUIRE((outside && lease && of_test));
    CHECK(outside->check().error().code == errc::locked);
    CHECK(lease->check());
    world::tenant::must(v.on_policy(policy::revoke_access{.by = vera}));
    CHECK(lease->check().error().code == errc::locked);
    CHECK(of_test->check());
    world::tenant::must(v.on_policy(policy::grant_access{.by = vera, .permissions = policy::all_uses, .print = print}));
    world::tenant::must(v.on_policy(policy::request_unlock{.by = world::bob}));
    world::tenant::must(v.on_policy(policy::approve_unlock{.by = world::provider}));
    CHECK(lease->check().error().code == errc::locked);
    const auto again = v.svc.open(eu, prod, world::alice, access::read);
    REQUIRE(again);
    CHECK(again->check());
}

TEST_CASE("service: a policy's environments know of a revocation in another process after the refresh, not before") {
    vaulted v;
    v.granted();
    v.put_prod_in();
    auto how = world::tenant::options();
    how.epoch_refresh = std::chrono::hours(1);
    vault_service slow(v.t.memory, v.t.vault, v.t.clock, v.t.mail, v.t.data, how);
    const auto here = v.svc.open(eu, prod, world::alice, access::read), there = slow.open(eu, prod, world::alice, access::read);
    REQUIRE((here && there));
    CHECK((here->check() && there->check()));
    world::tenant::must(v.on_policy(policy::revoke_access{.by = vera}));
    CHECK(here->check().error().code == errc::locked);
    CHECK(there->check()); // the bound that `epoch_refresh` states
}

TEST_CASE("service: an environment that is deleted while it is offline leaves its policy in the same commit") {
    vaulted v;
    v.granted();
    v.put_prod_in();
    world::tenant::must(v.on_policy(policy::revoke_access{.by = vera}));
    CHECK(v.state().production == 1);
    world::tenant::must(v.svc.run({eu, prod}, policy::delete_environment{.by = world::alice, .confirmation = policy::typed_text("prod")}));
    CHECK(v.state().production == 0);
}

TEST_CASE("service: a policy that does not exist is refused, not made") {
    vaulted v;
    CHECK(refused_by(v.on_policy(policy::revoke_access{.by = vera}), "H01"));
    CHECK(v.t.memory.scan("policy/", "", 10)->empty());
}

TEST_CASE("G04: each use of a customer's key is told, and one too many is an alert") {
    world::tenant t;
    world::tenant::must(t.upload());
    world::tenant::must(t.apply(prod));
    policy::use_counters<> counters;
    const policy::use_limit limits[] = {{policy::key_operation::unwrap, hours(1), 1}};
    std::vector<policy::use_alert> alerts;
    auto how = world::tenant::options();
    how.on_key_use = [&](const policy::key_use& use) {
        if (const auto alert = policy::record(counters, limits, use)) alerts.push_back(*alert);
    };
    world::service_type watched(t.store, t.vault, t.clock, t.mail, t.data, how);
    REQUIRE(watched.open(eu, prod, world::alice, access::read).has_value());
    REQUIRE(watched.open(eu, world::test, world::alice, access::read).has_value()); // on the provider's key
    CHECK(alerts.empty());
    REQUIRE(watched.open(eu, prod, world::alice, access::read).has_value());
    REQUIRE(alerts.size() == 1);
    CHECK(alerts[0].key == policy::active_key(t.ring())->print);
    CHECK(alerts[0].count == 2);
}

TEST_CASE("a command about a policy that nobody names is told, and not taken for one about none") {
    vaulted v;
    const auto misused = [&](const service::subject& s) {
        const auto answer = v.svc.run(s, policy::grant_access{.by = vera});
        return !answer && answer.error().code == errc::misused;
    };
    CHECK(misused({.ring = eu}));
    CHECK(misused({.ring = eu, .environment = prod})); // which is in none
}
