// SPDX-License-Identifier: Apache-2.0
// The words for an environment's state are written down a second time, as the rules name them.
#include <keywright/policy/names.hpp>

#include "worlds.hpp"

namespace {

using namespace keywright;
using namespace keywright::testing;

constexpr std::string_view word(const world& w, std::string_view environment = "prod") {
    return state_name(w.ring, w.environment(environment));
}
/// Of an environment on the customer's key with this under way.
constexpr std::string_view word(operation what) {
    environment_state e;
    e.managed_by = protector::customer, e.transition = what;
    return state_name(ring_state{}, e);
}

constexpr scenario words[] = {
    {"T19: provider_managed before, applying meanwhile, customer_managed after",
     [] {
         return word(active) == "provider_managed" && word(active.after(power_platform, applies(applied_at), on_prod)) == "applying" &&
                word(applied) == "customer_managed";
     }},
    {"T20: returning", [] { return word(applied.after(power_platform, returns(applied_at), on_prod)) == "returning"; }},
    {"T21, T23: locking until the lock is completed, then locked; what it did not reach keeps its word",
     [] { return word(locking) == "locking" && word(locked) == "locked" && word(locked, "support") == "provider_managed"; }},
    {"T23: who was locked before stays locked while the next lock is under way",
     [] {
         ring_state ring;
         ring.lock_epoch = 2, ring.locking = true;
         environment_state e;
         e.managed_by = protector::customer;
         const bool by_the_first = state_name(ring, e) == "locked";
         e.unlock_epoch = 1;
         return by_the_first && state_name(ring, e) == "locking";
     }},
    {"T28: unlocking, then customer_managed; the other one is still locked",
     [] {
         return word(key_back.after(power_platform, unlocks(key_back_at), on_prod)) == "unlocking" &&
                word(prod_back) == "customer_managed" && word(prod_back, "sandbox") == "locked";
     }},
    {"T30, T31: overwriting, by a restore and by a copy alike",
     [] { return word(operation::restoring) == "overwriting" && word(operation::copying) == "overwriting"; }},
    {"T33: resetting", [] { return word(operation::resetting) == "resetting"; }},
    {"T15: rewrapping while the ring's next key comes in, on the customer's key only",
     [] {
         const world w = applied.after(power_platform, uploads(applied_at, "k2", 2))
                             .having(applied_at, activation_started{key_id("k2"), print_of(2), 2});
         return word(w) == "rewrapping" && word(w, "support") == "provider_managed";
     }},
    {"T36: deleted, whatever was under way",
     [] {
         environment_state e;
         e.transition = operation::applying, e.deleted = true;
         return state_name(ring_state{}, e) == "deleted";
     }},
};
static_assert(first_failure(words) == none_failed);
TEST_CASE("an environment's state has one word") { run(words); }

constexpr policy_state revoked_policy(bool revoked) {
    policy_state policy;
    policy.revoked = revoked;
    return policy;
}

constexpr scenario offline[] = {
    {"P07: offline while its policy is revoked, and not otherwise",
     [] {
         const policy_state open = revoked_policy(false);
         const policy_state revoked = revoked_policy(true);
         const environment_state& e = applied.environment("prod");
         return state_name(applied.ring, &revoked, e) == "offline" && state_name(applied.ring, &open, e) == "customer_managed" &&
                state_name(applied.ring, nullptr, e) == "customer_managed";
     }},
    {"P07: what is under way, or deleted, is called so",
     [] {
         const policy_state revoked = revoked_policy(true);
         environment_state e = applied.environment("prod");
         e.transition = operation::resetting;
         const bool resetting = state_name(applied.ring, &revoked, e) == "resetting";
         e.transition = operation::none, e.deleted = true;
         return resetting && state_name(applied.ring, &revoked, e) == "deleted";
     }},
};
static_assert(first_failure(offline) == none_failed);
TEST_CASE("P07: an environment of a revoked policy is offline") { run(offline); }

TEST_CASE("names: an enumerator's name is the one that is stored") {
    CHECK(name(principal::vault) == "vault");
    CHECK(name(licence_plan::dynamics_365) == "dynamics_365");
    CHECK(name(file_kind::byok) == "byok");
    CHECK(name(environment_kind::support_investigation) == "support_investigation");
    CHECK(name(key_state::replaced) == "replaced");
    CHECK(name(protector::customer) == "customer");
    CHECK(name(protection::locked) == "locked");
    CHECK(name(operation::resetting) == "resetting");
    CHECK(name(classification::highly_confidential) == "highly_confidential");
    CHECK(name(revocation::policy_deleted) == "policy_deleted");
}

} // namespace
