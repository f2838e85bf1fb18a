// SPDX-License-Identifier: Apache-2.0
#include "worlds.hpp"

namespace {

using namespace keywright;
using namespace keywright::testing;

constexpr seconds span = days(28);
constexpr ring_state held(instant from, instant until) {
    ring_state ring;
    ring.hold_from = from, ring.hold_until = until;
    return ring;
}
constexpr instant completed_at = t0;
constexpr instant due = t0 + span;

constexpr ring_state with_locks(std::uint64_t epoch, bool locking_now) {
    ring_state ring;
    for (std::uint64_t i = 1; i + (locking_now ? 1 : 0) <= epoch; ++i) ring.locks.push_back({i, t0 + days(static_cast<std::int64_t>(i))});
    ring.lock_epoch = epoch, ring.locking = locking_now;
    return ring;
}
constexpr environment_state on_key(std::uint64_t unlock_epoch) {
    environment_state e;
    e.managed_by = protector::customer, e.unlock_epoch = unlock_epoch;
    return e;
}

constexpr scenario deadlines[] = {
    {"T26: due one retention after the lock was completed", [] { return deletion_due(ring_state{}, completed_at, span) == due; }},
    {"T26: not while the lock is under way", [] { return deletion_due(ring_state{}, never, span) == never; }},
    {"T26: held while an attempt runs that was accepted in time",
     [] { return deletion_due(held(due - second, never), completed_at, span) == never; }},
    {"T26: not by one that was accepted too late",
     [] {
         return deletion_due(held(due, never), completed_at, span) == due &&
                deletion_due(held(due + second, never), completed_at, span) == due;
     }},
    {"T26: not by one that was over before", [] { return deletion_due(held(due - hours(30), due - hours(6)), completed_at, span) == due; }},
    {"T26: held for 24 h after the attempt's end",
     [] { return deletion_due(held(due - hours(2), due + hours(22)), completed_at, span) == due + hours(22); }},
    {"T26: not by what began at the deadline itself", [] { return deletion_due(held(due, due + hours(24)), completed_at, span) == due; }},
    {"T23: locked is what is on the customer's key and was not unlocked since the last lock",
     [] {
         return is_locked(with_locks(1, false), on_key(0)) && !is_locked(with_locks(1, false), on_key(1)) &&
                !is_locked(with_locks(1, false), environment_state{});
     }},
    {"T26: an environment is locked since the first lock that hit it",
     [] {
         return locked_at(with_locks(3, false), on_key(0)) == t0 + days(1) && locked_at(with_locks(3, false), on_key(2)) == t0 + days(3) &&
                locked_at(with_locks(3, true), on_key(1)) == t0 + days(2);
     }},
    {"T26: where the record had to make room, it is locked since ever, also while another lock is under way",
     [] { return locked_at(but(with_locks(3, true), [](ring_state& r) { r.locks.erase_at(0); }), on_key(0)) == instant{0}; }},
    {"T26: and not yet while that lock is under way", [] { return locked_at(with_locks(3, true), on_key(2)) == never; }},
};
static_assert(first_failure(deadlines) == none_failed);
TEST_CASE("T26: since when an environment is locked, and when it is deleted") { run(deadlines); }

constexpr ring_state two_of_a_name(key_state first, key_state second_one) {
    ring_state ring;
    ring.keys.push_back({key_id("k"), print_of(1), first, t0});
    ring.keys.push_back({key_id("k"), print_of(2), second_one, t0});
    return ring;
}
/// Of the record that the name leads to.
constexpr fingerprint found(key_state first, key_state second_one) {
    const ring_state ring = two_of_a_name(first, second_one);
    return find_key(ring, key_id("k"))->print;
}
/// Its activation of the first key put aside the second.
constexpr ring_state replacing(key_state first, key_state second_one) {
    ring_state ring = two_of_a_name(first, second_one);
    ring.activation.before = print_of(2);
    return ring;
}

constexpr scenario records[] = {
    {"of two keys of one name the one that is in use is found, wherever it stands",
     [] {
         using enum key_state;
         return found(deleted, available) == print_of(2) && found(retired, available) == print_of(2) &&
                found(available, deleted) == print_of(1);
     }},
    {"of two that are final the later is found", [] { return found(key_state::deleted, key_state::retired) == print_of(2); }},
    {"an empty ring has no key of any name or state, and one ring's name is not another's",
     [] {
         const ring_state none;
         return find_key(none, key_id("k")) == nullptr && active_key(none) == nullptr && locked_key(none) == nullptr &&
                incoming_key(none) == nullptr && outgoing_key(none) == nullptr && key_before(none) == nullptr && !is_cancellable(none) &&
                find_key(two_of_a_name(key_state::active, key_state::available), key_id("other")) == nullptr;
     }},
    {"the locked key is Locked, or Installing again; an activation under way is no locked key",
     [] {
         using enum key_state;
         ring_state ring = two_of_a_name(available, locked);
         const bool before = locked_key(ring) == &ring.keys[1];
         ring.keys[1].state = installing;
         const bool other = locked_key(ring) == nullptr;
         ring.installing_unlocks = true;
         return before && other && locked_key(ring) == &ring.keys[1];
     }},
    {"what comes in is Installing, or Active at once until all hangs on it; what goes out is then Replaced",
     [] {
         using enum key_state;
         const ring_state installs = two_of_a_name(active, installing);
         ring_state at_once = two_of_a_name(replaced, active);
         const bool at_rest = incoming_key(at_once) == nullptr;
         at_once.installing_since = t0;
         return at_rest && incoming_key(installs) == &installs.keys[1] && outgoing_key(installs) == &installs.keys[0] &&
                incoming_key(at_once) == &at_once.keys[1] && outgoing_key(at_once) == &at_once.keys[0];
     }},
    {"R01: an activation in place of another key can be called off, the first one cannot",
     [] {
         ring_state ring = two_of_a_name(key_state::active, key_state::installing);
         const bool first = is_cancellable(ring);
         ring.attempt.before = print_of(1);
         return !first && is_cancellable(ring);
     }},
    {"R01: the key before is the one that the activation put aside, Available or Installing again",
     [] {
         using enum key_state;
         const ring_state kept = replacing(active, available);
         const ring_state coming = replacing(active, installing);
         return key_before(kept) == &kept.keys[1] && key_before(coming) == &coming.keys[1];
     }},
    {"R01: there is none once it is deleted, once the Active key is gone, or where another key was put aside",
     [] {
         using enum key_state;
         ring_state other = replacing(active, available);
         other.activation.before = print_of(3);
         return key_before(replacing(active, deleted)) == nullptr && key_before(replacing(locked, available)) == nullptr &&
                key_before(other) == nullptr && key_before(two_of_a_name(active, available)) == nullptr;
     }},
    {"T05: an administrator of the tenant is of no environment only, and is the one who is meant",
     [] {
         return is_tenant_administrator(eligible.tenant, alice.who) && !is_tenant_administrator(eligible.tenant, sam.who) &&
                !is_tenant_administrator(eligible.tenant, mallory.who);
     }},
    {"R04: a deadline that was seen counts only under the clock that saw it",
     [] {
         ring_state ring;
         environment_state e;
         const bool unseen = deadline_was_seen(ring, e);
         e.deadline_seen_at = t0;
         const bool seen = deadline_was_seen(ring, e);
         ring.clock_era = 1;
         return !unseen && seen && !deadline_was_seen(ring, e);
     }},
};
static_assert(first_failure(records) == none_failed);
TEST_CASE("which key, person or moment a state names") { run(records); }

/// Counts the fields that `visit` lists.
template <class T>
constexpr std::size_t fields() {
    std::size_t n = 0;
    T value{};
    T::visit(value, [&](std::string_view, auto&) { ++n; });
    return n;
}
/// A field that `visit` forgets would be lost in the store: the sizes grow together, or this table is looked at.
static_assert(fields<administrator>() == 3 && fields<tenant_state>() == 7 && fields<key_record>() == 4 && fields<lock_record>() == 2);
static_assert(fields<activation_record>() == 5 && fields<lock_request_record>() == 3 && fields<clock_vote>() == 2 &&
              fields<backup_state>() == 7);

} // namespace
