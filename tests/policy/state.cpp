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

static_assert(deletion_due(ring_state{}, completed_at, span) == due);
static_assert(deletion_due(ring_state{}, never, span) == never); // the lock is under way
static_assert(deletion_due(held(due - second, never), completed_at, span) == never); // an attempt runs, accepted in time
static_assert(deletion_due(held(due, never), completed_at, span) == due); // too late
static_assert(deletion_due(held(due + second, never), completed_at, span) == due);
static_assert(deletion_due(held(due - hours(30), due - hours(6)), completed_at, span) == due); // over before the deadline
static_assert(deletion_due(held(due - hours(2), due + hours(22)), completed_at, span) == due + hours(22)); // 24 h after its end
static_assert(deletion_due(held(due, due + hours(24)), completed_at, span) == due);

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
static_assert(is_locked(with_locks(1, false), on_key(0)) && !is_locked(with_locks(1, false), on_key(1)));
static_assert(!is_locked(with_locks(1, false), environment_state{})); // the provider's key is not the ring's
static_assert(locked_at(with_locks(3, false), on_key(0)) == t0 + days(1)); // by the first lock that hit it
static_assert(locked_at(with_locks(3, false), on_key(2)) == t0 + days(3));
static_assert(locked_at(with_locks(3, true), on_key(2)) == never); // under way
static_assert(locked_at(with_locks(3, true), on_key(1)) == t0 + days(2));

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
static_assert(found(key_state::deleted, key_state::available) == print_of(2));
static_assert(found(key_state::available, key_state::deleted) == print_of(1));
static_assert(found(key_state::deleted, key_state::retired) == print_of(2));
static_assert(find_key(ring_state{}, key_id("k")) == nullptr && active_key(ring_state{}) == nullptr && locked_key(ring_state{}) == nullptr);

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

TEST_CASE("state: visit gives every field once, by a name of its own") {
    const auto names_differ = [](auto value) {
        std::string_view names[32];
        std::size_t n = 0;
        bool differ = true;
        decltype(value)::visit(value, [&](std::string_view name, auto&) {
            for (std::size_t i = 0; i < n; ++i) differ = differ && names[i] != name;
            names[n++] = name;
        });
        return differ && n > 0;
    };
    CHECK(names_differ(tenant_state{}));
    CHECK(names_differ(ring_state{}));
    CHECK(names_differ(environment_state{}));
    CHECK(names_differ(backup_state{}));
}

/// Copies through visit alone: a value and its copy are equal only if every field is listed.
template <class T>
T copied_by_visit(const T& from) {
    struct slot {
        std::string_view name;
        const void* where;
    };
    slot slots[32];
    std::size_t n = 0;
    T::visit(from, [&](std::string_view name, const auto& field) { slots[n++] = {name, &field}; });
    T to{};
    std::size_t i = 0;
    T::visit(to, [&](std::string_view, auto& field) {
        field = *static_cast<const std::remove_reference_t<decltype(field)>*>(slots[i++].where);
    });
    return to;
}

TEST_CASE("state: a copy made through visit is equal, so no field is forgotten") {
    CHECK(copied_by_visit(prod_back.tenant) == prod_back.tenant);
    CHECK(copied_by_visit(prod_back.ring) == prod_back.ring);
    CHECK(copied_by_visit(locking.ring) == locking.ring);
    const world busy = key_unlocking.after(power_platform, create_import_key{alice, unlockable_at, import_kid, print_of(9), false});
    CHECK(copied_by_visit(busy.ring) == busy.ring);
    environment_state e = prod_back.environment("prod");
    e.file_data = e.external_logs = e.deleted = true;
    e.transition = operation::copying, e.kind = environment_kind::support_investigation;
    e.data_era = 7;
    CHECK(copied_by_visit(e) == e);
    const backup_state b{backup_id("b"), environment_id("prod"), t0, protector::customer, print_of(1), 3, 4};
    CHECK(copied_by_visit(b) == b);
}

} // namespace
