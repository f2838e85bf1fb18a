// SPDX-License-Identifier: Apache-2.0
// A key for one instance through the service: what is brought is used at once, what it replaces is destroyed, a revert
// takes the key with it, and the same key that locked opens the instance again.
#include <keywright/service/environment_work.hpp>

#include "world.hpp"

#include <doctest/doctest.h>

namespace {

using namespace keywright;

const service::ring_id sales{world::contoso, region_id{"sales"}};
const environment_id instance{"sales"};

/// One instance of release 8.2 on the provider's key; alice administers the tenant, bob the instance.
struct tenant {
    memory::state_store memory;
    world::store_type store{memory};
    memory::key_vault vault;
    memory::manual_clock clock{instant{1'800'000'000}};
    world::mailroom mail;
    world::content data;
    world::service_under<profiles::dynamics_365> svc{store, vault, clock, mail, data, world::tenant::options()};

    tenant() {
        using world::tenant;
        tenant::must(
            svc.create_tenant({.by = world::provider, .tenant = world::contoso, .plan = policy::licence_plan::customer_engagement}));
        tenant::must(svc.run({{world::contoso, {}}}, policy::add_administrator{.by = world::provider, .who = world::alice.who}));
        tenant::must(svc.run({sales, instance}, policy::create_environment{
                                                    .by = world::alice, .environment = instance, .release = policy::release_text{"8.2"}}));
        tenant::must(
            svc.run({{world::contoso, {}}}, policy::add_administrator{.by = world::alice, .who = world::bob.who, .environment = instance}));
    }
    result<outcome> upload(const std::string& file, bool confirmed = true) {
        content_ = world::read_data("pfx/" + file);
        return svc.upload_key(sales, {.by = world::bob, .key = {}, .file = key(), .acknowledged = true, .confirmed = confirmed});
    }
    service::key_file key() const { return {content_, &world::first_password()}; }
    result<outcome> lock() { return svc.lock(sales, {.by = world::bob, .file = key(), .confirmation = "sales", .confirmed = true}); }
    result<outcome> revert() {
        return svc.run({sales, instance}, policy::return_to_provider{.by = world::bob, .acknowledged = true, .confirmed = true});
    }
    service::loaded state() { return *svc.state({sales, instance}); }
    std::string state_of() { return std::string(policy::state_name(state().ring.value, state().environment->value)); }
    bool opens() { return svc.open(sales, instance, world::bob, access::read).has_value(); }
    std::size_t customer_keys() { return vault.list(service::vault_ids::customers(sales))->size(); }

private:
    bytes content_;
};

} // namespace

TEST_CASE("dynamics_365, service: an uploaded key is used after one confirmation, and the instance is on it") {
    tenant t;
    CHECK(t.upload("ossl-default-rsa2048.p12", false)->decision().refused_by("I07", policy::refusal::not_confirmed));
    world::tenant::must(t.upload("ossl-default-rsa2048.p12"));
    CHECK(t.state_of() == "customer_managed");
    CHECK(t.opens());
    CHECK(t.vault.list(service::vault_ids::slots(sales, instance))->empty());
    CHECK(policy::shown_name_of(*policy::active_key(t.state().ring.value), instance).view() == "sales Encryption Key");
}

TEST_CASE("dynamics_365, service: another key replaces it, and then the first one is in the vault no more") {
    tenant t;
    world::tenant::must(t.upload("ossl-default-rsa2048.p12"));
    const fingerprint first = policy::active_key(t.state().ring.value)->print;
    world::tenant::must(t.upload("kt-rsa2048.p12"));
    CHECK(policy::active_key(t.state().ring.value)->print != first);
    CHECK(policy::find_key(t.state().ring.value, policy::key_state::replaced) == nullptr);
    CHECK(t.customer_keys() == 1);
    CHECK(t.opens());
}

TEST_CASE("dynamics_365, service: wherever the store fails in a change, one key is in force, the data opens, and recovery finishes it") {
    bool was_on_two_keys = false;
    for (std::uint64_t call = 1;; ++call) {
        CAPTURE(call);
        tenant t;
        world::tenant::must(t.upload("ossl-default-rsa2048.p12"));
        t.store.reset_calls();
        t.store.fail_call(call, {errc::io_failed, "store: told to fail"});
        (void)t.upload("kt-rsa2048.p12").has_value();
        const bool failed_somewhere = t.store.calls() >= call;
        t.store.fail_call(0, {});
        CHECK(t.opens());
        was_on_two_keys = was_on_two_keys || t.customer_keys() == 2;
        t.clock.advance(hours(2)); // longer than an installation may take: this one only goes forward
        REQUIRE(t.svc.tick(sales).has_value());
        REQUIRE(t.svc.recover().has_value());
        CHECK(t.customer_keys() == 1);
        CHECK(policy::find_key(t.state().ring.value, policy::key_state::replaced) == nullptr);
        CHECK(t.opens());
        if (!failed_somewhere) break;
    }
    CHECK(was_on_two_keys);
}

TEST_CASE("dynamics_365, service: a revert takes the key with it, and the next one begins anew") {
    tenant t;
    world::tenant::must(t.upload("ossl-default-rsa2048.p12"));
    world::tenant::must(t.revert());
    CHECK(t.state_of() == "provider_managed");
    CHECK(t.customer_keys() == 0);
    CHECK(t.opens());
    CHECK(t.memory.scan(service::records::secrets(sales), "", 10)->empty());
    CHECK(t.memory.scan(service::records::wraps(sales, instance), "", 10)->size() == 1);
    world::tenant::must(t.upload("ossl-default-rsa2048.p12"));
    CHECK(t.state_of() == "customer_managed");
    CHECK(t.opens());
}

TEST_CASE("dynamics_365, service: locked 72 h after the change, unlocked with the same key by the tenant's administrator") {
    tenant t;
    world::tenant::must(t.upload("ossl-default-rsa2048.p12"));
    CHECK(t.lock()->decision().refused_by("I08", policy::refusal::lock_cooldown));
    t.clock.advance(hours(72));
    world::tenant::must(t.lock());
    CHECK(t.state_of() == "locked");
    CHECK_FALSE(t.opens());
    CHECK(t.customer_keys() == 0);
    CHECK(t.revert()->decision().refused_by("I12", policy::refusal::environment_locked));
    CHECK(t.svc.unlock_key(sales, {.by = world::bob, .file = t.key()})->decision().refused_by("I03", policy::refusal::not_authorized));
    world::tenant::must(t.svc.unlock_key(sales, {.by = world::alice, .file = t.key()}));
    CHECK(t.state_of() == "customer_managed");
    CHECK(t.opens());
    world::tenant::must(t.lock()); // the key has not changed, so there is nothing to wait for
}
