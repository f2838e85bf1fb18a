// SPDX-License-Identifier: Apache-2.0
#include "worlds.hpp"

namespace {

using namespace keywright;
using namespace keywright::testing;

constexpr environment_id elsewhere{"elsewhere"};
constexpr environment_id prod{"prod"};

/// What an event makes of an environment that it is not about.
constexpr bool leaves_alone(const event_body& body) {
    environment_state e = both.environment("prod");
    const environment_state before = e;
    evolve(e, event{the_system, lockable_at, body});
    return e == before;
}

/// The same of a policy of a customer's own vault.
constexpr bool leaves_policy_alone(const event_body& body) {
    policy_state policy;
    policy.id = policy_id("p1");
    policy.production = policy.others = 1;
    const policy_state before = policy;
    evolve(policy, event{the_system, t0, body});
    return policy == before;
}

constexpr scenario about[] = {
    {"an event about another environment changes nothing",
     [] {
         return leaves_alone(apply_started{{elsewhere}}) && leaves_alone(key_applied{elsewhere, 9, 9}) &&
                leaves_alone(returned_to_provider{elsewhere, 9}) && leaves_alone(environment_unlocked{elsewhere, 9}) &&
                leaves_alone(environment_deleted{elsewhere, protection::customer, false}) &&
                leaves_alone(reset_completed{elsewhere, protection::customer, 9, 9}) && leaves_alone(restored{elsewhere, true}) &&
                leaves_alone(copied{elsewhere, true}) && leaves_alone(environment_created{elsewhere}) &&
                leaves_alone(deadline_passed{elsewhere, 9}) && leaves_alone(field_encryption_enabled{{elsewhere}}) &&
                leaves_alone(environment_integrated{elsewhere, {}}) && leaves_alone(environment_added{{}, elsewhere}) &&
                leaves_alone(environment_removed{{}, elsewhere});
     }},
    {"an event about another policy changes nothing",
     [] {
         const policy_id other("p2");
         return leaves_policy_alone(environment_added{other, prod, environment_kind::production}) &&
                leaves_policy_alone(environment_removed{other, prod, environment_kind::production}) &&
                leaves_policy_alone(access_revoked{other, revocation::access, 1, 1}) &&
                leaves_policy_alone(access_granted{other, all_uses}) && leaves_policy_alone(unlock_requested{{other}}) &&
                leaves_policy_alone(unlock_approved{{other}, 1}) && leaves_policy_alone(version_rotated{other, 2, print_of(2)}) &&
                leaves_policy_alone(key_purged{other, 0});
     }},
    {"a lock writes nothing to an environment", [] { return leaves_alone(lock_started{key_id("k1"), print_of(1), 1, 2}); }},
    {"an event about the tenant's people changes the tenant only",
     [] {
         const world w = both.having(applied_at, administrator_added{admin_id("zoe"), {}});
         return w.ring == both.ring && w.tenant.administrators.size() == both.tenant.administrators.size() + 1;
     }},
    {"an administrator is removed where they were one, not elsewhere",
     [] {
         const world w = both.having(applied_at, administrator_removed{sam.who, prod});
         std::size_t left = 0;
         for (const administrator& a : w.tenant.administrators) left += a.who == sam.who ? 1U : 0U;
         return left == 1;
     }},
    {"time in a ring is the latest of its events, in whatever order they come",
     [] {
         ring_state ring;
         evolve(ring, {alice, t0 + hours(2), risk_acknowledged{true}});
         evolve(ring, {alice, t0, risk_acknowledged{false}});
         return ring.latest == t0 + hours(2);
     }},
};
static_assert(first_failure(about) == none_failed);
TEST_CASE("evolve changes what an event is about, and nothing else") { run(about); }

constexpr scenario stale[] = {
    {"T19, T20: apply and return make new content; unlocking and a failure keep it",
     [] {
         const world w = applied.after(power_platform, returns(applied_at), on_prod);
         return eligible.environment("prod").content == 1 && applied.environment("prod").content == 2 &&
                w.after(power_platform, ends(applied_at, operation::returning), on_prod).environment("prod").content == 3 &&
                w.after(power_platform, fails(applied_at, operation::returning), on_prod).environment("prod").content == 2 &&
                prod_back.environment("prod").content == 2;
     }},
    {"leases: whatever takes an environment down makes the earlier ones stale",
     [] {
         const std::uint64_t before = lease_epoch(applied.ring, applied.environment("prod"));
         const world down = applied.after(power_platform, returns(applied_at), on_prod);
         return lease_epoch(down.ring, down.environment("prod")) > before;
     }},
    {"leases: so does a lock, for good",
     [] {
         const std::uint64_t before = lease_epoch(both.ring, both.environment("prod"));
         return lease_epoch(locking.ring, locking.environment("prod")) > before &&
                lease_epoch(prod_back.ring, prod_back.environment("prod")) > before;
     }},
    {"leases: and deletion",
     [] {
         const world gone = both.after(power_platform, delete_environment{alice, applied_at, typed_text("prod")}, on_prod);
         for (const environment_state& e : gone.environments)
             if (e.id == prod) return e.deleted && lease_epoch(gone.ring, e) > lease_epoch(both.ring, both.environment("prod"));
         return false;
     }},
};
static_assert(first_failure(stale) == none_failed);
TEST_CASE("content and leases move on when an environment does") { run(stale); }

constexpr ring_state keys(std::initializer_list<key_state> states) {
    ring_state ring;
    std::uint8_t n = 0;
    for (const key_state state : states) {
        const char name[] = {'q', static_cast<char>('a' + n), '\0'};
        ring.keys.push_back({key_id(name), print_of(++n), state, t0});
    }
    return ring;
}
constexpr ring_state full_of(key_state state) {
    return keys({state, state, state, state, state, state, state, state, state, state, state, state, state, state, state, state});
}

constexpr scenario records[] = {
    {"a full list makes room by the oldest final record",
     [] {
         ring_state ring = full_of(key_state::available);
         ring.keys[4].state = key_state::retired;
         ring.keys[9].state = key_state::deleted;
         const key_id oldest = ring.keys[4].id;
         const key_id other = ring.keys[9].id;
         evolve(ring, {alice, t0, key_generated{key_id("new"), print_of(99), 2048}});
         return ring.keys.size() == 16 && find_key(ring, oldest) == nullptr && find_key(ring, other) != nullptr &&
                find_key(ring, key_id("new"))->state == key_state::available;
     }},
    {"T23: a lock deletes Available keys, locks the Active one, and leaves final ones",
     [] {
         using enum key_state;
         ring_state ring = keys({available, active, retired, deleted, available});
         evolve(ring, {alice, t0, lock_started{ring.keys[1].id, ring.keys[1].print, 1, 0}});
         return ring.keys[0].state == deleted && ring.keys[1].state == locked && ring.keys[2].state == retired &&
                ring.keys[3].state == deleted && ring.keys[4].state == deleted;
     }},
    {"a key's end is told by name and fingerprint: an old record of the same name is left alone",
     [] {
         using enum key_state;
         ring_state ring = keys({deleted, active});
         ring.keys.push_back({ring.keys[0].id, print_of(50), installing, t0});
         evolve(ring, {alice, t0, key_activated{{ring.keys[0].id, print_of(50)}}});
         return ring.keys[0].state == deleted && ring.keys[1].state == available && ring.keys[2].state == active;
     }},
    {"a key that is in another state than an event ends is left alone",
     [] {
         ring_state ring = keys({key_state::active});
         evolve(ring, {alice, t0, activation_failed{{ring.keys[0].id, ring.keys[0].print}}});
         return ring.keys[0].state == key_state::active;
     }},
    {"T23: the last locked environment is deleted while its lock is carried out: the key is retired when the lock is complete",
     [] {
         ring_state ring = keys({key_state::locked});
         ring.locked = 1, ring.environments = 1, ring.locking = true;
         evolve(ring, {alice, t0, environment_deleted{prod, protection::locked, false}});
         const bool kept = ring.locked == 0 && ring.keys[0].state == key_state::locked;
         evolve(ring, {the_system, t0, lock_completed{ring.keys[0].id, 1}});
         return kept && ring.keys[0].state == key_state::retired;
     }},
    {"I09: a return deletes the key that it names, and leaves the others",
     [] {
         ring_state ring = keys({key_state::active, key_state::available});
         ring.in_transition = ring.customer_managed = 1;
         evolve(ring, {the_system, t0, returned_to_provider{prod, 3, ring.keys[0].print}});
         return ring.keys[0].state == key_state::deleted && ring.keys[1].state == key_state::available;
     }},
    {"R04: a clock that is agreed on holds a deadline for 24 h from it, where one was held, and no other",
     [] {
         const instant agreed = t0 + days(9);
         ring_state held, free;
         held.hold_until = t0;
         for (ring_state* ring : {&held, &free}) evolve(*ring, {bob, agreed, clock_accepted{agreed, true}});
         return held.hold_until == agreed + hours(24) && !happened(free.hold_until);
     }},
    {"T33: a reset that began before its event said what it was of does not count below nothing",
     [] {
         ring_state ring;
         ring.customer_managed = 1, ring.in_transition = 1;
         evolve(ring, {the_system, t0, reset_completed{prod, protection::customer, 2, 2}});
         return ring.resetting == 0 && ring.customer_managed == 0;
     }},
    {"T19: applied again under the same secret, an environment keeps the version that it first had under it",
     [] {
         environment_state e;
         e.id = prod;
         evolve(e, {the_system, t0, key_applied{prod, 2, 0, 1}});
         evolve(e, {the_system, t0, returned_to_provider{prod, 3}});
         evolve(e, {the_system, t0, key_applied{prod, 4, 0, 1}});
         const bool kept = e.first_version == 1 && e.first_generation == 1;
         evolve(e, {the_system, t0, key_applied{prod, 5, 0, 2}});
         return kept && e.first_version == 4 && e.first_generation == 2;
     }},
    {"lock records: the oldest makes room, and what it held reads as locked since ever",
     [] {
         ring_state ring;
         for (std::uint64_t epoch = 1; epoch <= 13; ++epoch)
             evolve(ring, {the_system, t0 + days(4) * static_cast<std::int64_t>(epoch), lock_completed{key_id("k1"), epoch}});
         environment_state e;
         e.managed_by = protector::customer;
         ring.lock_epoch = 13;
         return ring.locks.size() == 12 && locked_at(ring, e) == instant{0} &&
                locked_at(ring, but(e, [](environment_state& x) { x.unlock_epoch = 1; })) == t0 + days(8);
     }},
};
static_assert(first_failure(records) == none_failed);
TEST_CASE("key and lock records keep what still matters") { run(records); }

} // namespace
