// SPDX-License-Identifier: Apache-2.0
// From the aggregates to a sketch of them, and back.
//
// Why the sketches are enough. Every rule compares the present with a recorded moment plus a constant limit, so all
// moments within one zone get the same answers; a sketch keeps the zone. Time passes in a sketch by one window
// reaching one limit at a time, whichever it is: every order in which real windows can close is among these, and some
// that cannot happen too. So the sketches reached include a sketch of every real state: what holds in all of them holds
// always. That a zone is judged alike is itself checked: commands are put at both ends of all zones, the first
// second and the last, and must get the same answer (search.hpp: which, and how often). That nothing else matters which a sketch drops is tested by
// random walks through real time (self_test.cpp): each real state's sketch is among those reached, and the world made
// of it again answers each command as the real one.
// Depends on: world.
#pragma once

#include "world.hpp"

namespace keywright::model {

/// At which second of its zone a moment is seen: `first` just after the limit below, `last` just before the one above.
enum class end_of_zone : std::uint8_t { first, last };

inline constexpr seconds far = days(2000); ///< longer ago than any limit
/// What clocks show that are behind: one that may be accepted, and one a day and more ahead of it.
inline constexpr instant clock_behind = present_moment - days(10);
inline constexpr instant clock_less_behind = present_moment - days(5);

namespace detail {

// --- to a sketch ---

constexpr bool reached(instant since, seconds limit, instant now) { return !happened(since) || now >= since + limit; }

constexpr key_place place_of(key_state s) {
    switch (s) {
    case key_state::available: return key_place::available;
    case key_state::installing: return key_place::installing;
    case key_state::active: return key_place::active;
    case key_state::locked: return key_place::locked;
    default: return key_place::none;
    }
}
constexpr bool hold_is_on(const ring_state& ring, instant now) {
    return happened(ring.hold_from) && (!happened(ring.hold_until) || now < ring.hold_until);
}
constexpr due_zone zone_of_deadline(const ring_state& ring, instant completed_at, instant now) {
    if (!reached(completed_at, days(28), now)) return due_zone::running;
    const bool held = hold_is_on(ring, now) && happened(completed_at) && ring.hold_from < completed_at + days(28);
    return held ? due_zone::held : due_zone::due;
}

constexpr bool anything_locked(const ring_world& r) {
    bool any = r.ring.locking;
    for (const environment_state& e : r.environments) any = any || (!e.id.empty() && !e.deleted && is_locked(r.ring, e));
    return any;
}
/// The epochs of the locks that still hold an environment, and the newest while its key may come back. Ascending.
constexpr inline_list<std::uint64_t, max_locks> kept_epochs(const ring_world& r) {
    inline_list<std::uint64_t, max_locks> kept;
    if (!anything_locked(r)) return kept;
    std::uint64_t after = 0;
    for (;;) {
        std::uint64_t next = locked_key(r.ring) != nullptr && r.ring.lock_epoch > after ? r.ring.lock_epoch : 0;
        for (const environment_state& e : r.environments)
            if (!e.id.empty() && !e.deleted && is_locked(r.ring, e) && e.unlock_epoch + 1 > after &&
                (next == 0 || e.unlock_epoch + 1 < next))
                next = e.unlock_epoch + 1;
        if (next == 0) return kept;
        kept.push_back(after = next);
    }
}
constexpr due_zone zone_of_lock(const ring_state& ring, std::uint64_t epoch, instant now) {
    if (ring.locking && epoch == ring.lock_epoch) return due_zone::running;
    for (const lock_record& lock : ring.locks)
        if (lock.epoch == epoch) return zone_of_deadline(ring, lock.completed_at, now);
    return due_zone::due;
}

constexpr environment_sketch sketch_of(const ring_world& r, const environment_state& e, const tenant_state& tenant,
                                       const inline_list<std::uint64_t, max_locks>& kept) {
    environment_sketch s;
    if (e.id.empty()) return s;
    s.is = e.deleted ? life::deleted : life::alive;
    if (e.deleted) return s;
    s.customer = e.managed_by == protector::customer;
    s.early = !happened(tenant.feature_on_at) || e.created_at <= tenant.feature_on_at;
    s.operation = static_cast<std::uint8_t>(e.transition);
    if (is_locked(r.ring, e))
        for (std::size_t i = 0; i < kept.size(); ++i)
            if (kept[i] == e.unlock_epoch + 1) s.lock = static_cast<std::uint8_t>(i + 1);
    return s;
}

constexpr backup_sketch sketch_of_backup(const ring_world& r, std::size_t ring) {
    backup_sketch s;
    if (r.backup.id.empty()) return s;
    const std::size_t n = environment_number(ring, r.backup.environment);
    const environment_state& e = r.environments[n];
    s.there = true;
    s.environment = static_cast<std::uint8_t>(n);
    if (e.deleted) return s;
    s.customer = r.backup.managed_by == protector::customer;
    s.earlier_key = r.backup.key_version < e.key_version;
    s.earlier_era = r.backup.data_era != e.data_era;
    const bool behind = e.first_generation == r.ring.first_generation && r.backup.key_version >= e.first_version;
    s.lost = s.earlier_key && !s.earlier_era && !behind;
    return s;
}

constexpr void sketch_windows(const ring_state& ring, instant now, bool is_any_locked, ring_sketch& s) {
    s.effective = !reached(ring.effective_at, hours(24), now)   ? change_zone::below_day
                  : !reached(ring.effective_at, hours(72), now) ? change_zone::below_three
                                                                : change_zone::past;
    s.applied_late = reached(ring.applied_at, hours(72), now);
    const bool installs = installing_key(ring) != nullptr;
    s.installing_late = installs && reached(ring.installing_since, hours(1), now);
    s.requested_late = !is_any_locked || reached(ring.lock_requested_at, hours(1), now);
    if (is_any_locked && hold_is_on(ring, now)) s.hold = happened(ring.hold_until) ? hold_zone::after : hold_zone::running;
}

constexpr std::uint8_t number_of(const admin_id& who) {
    const std::size_t n = person_number(who);
    return n < max_people ? static_cast<std::uint8_t>(n + 1) : std::uint8_t{0};
}
constexpr std::uint8_t number_of(const fingerprint& print) {
    const std::size_t n = key_number(print);
    return n < max_keys ? static_cast<std::uint8_t>(n + 1) : std::uint8_t{0};
}
constexpr activation_sketch sketch_of(const activation_record& a, const tenant_state& tenant) {
    activation_sketch s{.by = number_of(a.by), .before = number_of(a.before), .told = happened(a.noticed_at), .newcomers = 0};
    if (a.by.empty()) return s;
    for (const administrator& each : tenant.administrators)
        if (const std::size_t n = person_number(each.who); n < 2 && each.since >= a.asked_at)
            s.newcomers = static_cast<std::uint8_t>(s.newcomers | 1U << n);
    return s;
}
/// What only the rules of a second administrator and of clocks look at.
constexpr void sketch_people(const ring_world& r, const tenant_state& tenant, const bounds& b, ring_sketch& s) {
    const ring_state& ring = r.ring;
    s.attempt = sketch_of(ring.attempt, tenant);
    s.activation = sketch_of(ring.activation, tenant);
    s.told_late = !s.activation.told || reached(ring.activation.noticed_at, hours(72), r.now);
    s.request = {number_of(ring.lock_request.by), number_of(ring.lock_request.print), false};
    s.request.late = s.request.by != 0 && reached(ring.lock_request.at, hours(24), r.now);
    for (std::size_t i = 0; i < max_environments; ++i) {
        const environment_state& e = r.environments[i];
        if (e.id.empty() || e.deleted || !is_locked(ring, e) || !happened(e.deadline_seen_at) || e.deadline_seen_era != ring.clock_era)
            continue;
        s.environments[i].found_due = reached(e.deadline_seen_at, hours(24), r.now) ? 2 : 1;
    }
    if (!b.clocks) return;
    s.vote = number_of(ring.clock.by);
    s.ever_effective = happened(ring.effective_at);
    s.ever_applied = happened(ring.applied_at);
}

constexpr ring_sketch sketch_of(const world& w, std::size_t number, const bounds& b) {
    const ring_world& r = w.rings[number];
    ring_sketch s;
    for (const key_record& key : r.ring.keys)
        if (in_use(key) && key_number(key.print) < max_keys) s.keys[key_number(key.print)] = place_of(key.state);
    const auto kept = kept_epochs(r);
    for (std::size_t i = 0; i < max_environments; ++i) s.environments[i] = sketch_of(r, r.environments[i], w.tenant, kept);
    s.backup = sketch_of_backup(r, number);
    s.self_managed = r.ring.self_managed;
    s.ever_activated = r.ring.ever_activated;
    s.import_key = !r.ring.import_kid.empty();
    s.unlocks = r.ring.installing_unlocks;
    s.locking = r.ring.locking;
    sketch_windows(r.ring, r.now, anything_locked(r), s);
    s.lock_count = static_cast<std::uint8_t>(kept.size());
    for (std::size_t i = 0; i < kept.size(); ++i) s.locks[i] = zone_of_lock(r.ring, kept[i], r.now);
    if (b.two_people) sketch_people(r, w.tenant, b, s);
    return s;
}

} // namespace detail

constexpr sketch sketch_of(const world& w, const bounds& b) {
    sketch s;
    for (std::size_t i = 0; i < b.rings; ++i) s.rings[i] = detail::sketch_of(w, i, b);
    s.elsewhere = w.elsewhere;
    s.feature_on = happened(w.tenant.feature_on_at);
    for (const administrator& a : w.tenant.administrators)
        if (const std::size_t n = person_number(a.who); n < max_people) s.present[n] = true;
    return s;
}

// --- and back ---

namespace detail {

/// A moment that long ago: at the first second of its zone, or at the last.
constexpr instant ago(seconds first, seconds last, end_of_zone end) {
    return present_moment - (end == end_of_zone::first ? first : last - seconds{1});
}
constexpr seconds span_of_hold(hold_zone hold, end_of_zone end) {
    if (hold == hold_zone::none) return {};
    const seconds since_end = hold == hold_zone::running || end == end_of_zone::first ? seconds{} : hours(24) - seconds{1};
    return since_end + minutes(end == end_of_zone::first ? 1 : 59);
}
constexpr instant completed_at(due_zone zone, hold_zone hold, end_of_zone end) {
    const seconds held = span_of_hold(hold, end);
    switch (zone) {
    case due_zone::running: return ago({}, days(28), end);
    case due_zone::held: return ago(days(28), days(28) + held, end);
    default: return ago(days(28) + held, far, end);
    }
}
constexpr instant window(bool reached_limit, seconds limit, end_of_zone end) {
    return reached_limit ? ago(limit, far, end) : ago({}, limit, end);
}

constexpr void put_windows(const ring_sketch& s, end_of_zone end, ring_state& ring) {
    ring.latest = present_moment;
    ring.effective_at = s.effective == change_zone::below_day     ? ago({}, hours(24), end)
                        : s.effective == change_zone::below_three ? ago(hours(24), hours(72), end)
                                                                  : ago(hours(72), far, end);
    ring.applied_at = window(s.applied_late, hours(72), end);
    if (!s.ever_effective) ring.effective_at = never;
    if (!s.ever_applied) ring.applied_at = never;
    if (installing_key(ring) != nullptr) ring.installing_since = window(s.installing_late, hours(1), end);
    ring.lock_requested_at = window(s.requested_late, hours(1), end);
    if (s.hold != hold_zone::none) ring.hold_from = present_moment - span_of_hold(s.hold, end);
    if (s.hold == hold_zone::after) ring.hold_until = ago({}, hours(24), end) + hours(24);
    ring.lock_epoch = s.lock_count;
    for (std::size_t i = 0; i < s.lock_count; ++i)
        if (!(s.locking && i + 1U == s.lock_count)) ring.locks.push_back({i + 1, completed_at(s.locks[i], s.hold, end)});
}

/// Whoever came later than an activation was asked for came before the next was.
inline constexpr std::array<instant, 3> arrivals{present_moment - days(3000), present_moment - days(2800), present_moment - days(2600)};
inline constexpr instant activation_asked = present_moment - days(2900);
inline constexpr instant attempt_asked = present_moment - days(2700);

constexpr void put_people(const ring_sketch& s, end_of_zone end, ring_state& ring) {
    const auto record = [](const activation_sketch& a, instant asked_at) {
        activation_record r;
        if (a.by != 0) r.by = admin_id(people_names[a.by - 1U]), r.asked_at = asked_at;
        if (a.before != 0) r.before = print_of(a.before - 1U);
        return r;
    };
    ring.attempt = record(s.attempt, attempt_asked);
    ring.activation = record(s.activation, activation_asked);
    ring.activation.number = 4;
    if (s.activation.told) ring.activation.noticed_at = window(s.told_late, hours(72), end);
    if (s.request.by != 0)
        ring.lock_request = {admin_id(people_names[s.request.by - 1U]), s.request.key != 0 ? print_of(s.request.key - 1U) : fingerprint{},
                             window(s.request.late, hours(24), end)};
    if (s.vote != 0) ring.clock = {admin_id(people_names[s.vote - 1U]), clock_behind};
}

inline constexpr std::uint64_t generation_now = 7;

constexpr environment_state environment_of(const sketch& s, std::size_t ring, std::size_t number, end_of_zone end) {
    const environment_sketch& from = s.rings[ring].environments[number];
    environment_state e;
    if (from.is == life::absent) return e;
    e.id = environment_id(environment_names[ring][number]);
    e.kind = kind_of(number);
    e.created_at = present_moment - far - days(from.early ? 2 : 0);
    e.managed_by = from.customer ? protector::customer : protector::provider;
    e.unlock_epoch = from.lock != 0 ? from.lock - 1U : from.customer ? s.rings[ring].lock_count : 0U;
    e.key_version = e.data_era = e.content = 3;
    const backup_sketch& backup = s.rings[ring].backup;
    e.first_generation = s.rings[ring].ever_activated ? generation_now : 0;
    e.first_version = backup.there && backup.environment == number && backup.lost ? 3 : 0;
    e.access_epoch = 5;
    e.transition = static_cast<operation>(from.operation);
    e.deleted = from.is == life::deleted;
    if (from.found_due != 0)
        e.deadline_seen_at = ago(from.found_due == 1 ? seconds{} : hours(24), from.found_due == 1 ? hours(24) : far, end);
    return e;
}

constexpr void count(ring_world& r) {
    for (const environment_state& e : r.environments) {
        if (e.id.empty() || e.deleted) continue;
        const bool shut = is_locked(r.ring, e);
        ++r.ring.environments;
        r.ring.customer_managed += e.managed_by == protector::customer && !shut ? 1U : 0U;
        r.ring.locked += shut ? 1U : 0U;
        r.ring.in_transition += e.transition != operation::none ? 1U : 0U;
        r.ring.resetting += e.managed_by == protector::customer && e.transition == operation::resetting ? 1U : 0U;
    }
}

constexpr key_state state_of(key_place place) {
    switch (place) {
    case key_place::available: return key_state::available;
    case key_place::installing: return key_state::installing;
    case key_place::active: return key_state::active;
    default: return key_state::locked;
    }
}

constexpr backup_state backup_of(const backup_sketch& s, std::size_t ring) {
    backup_state b;
    if (!s.there) return b;
    b.id = backup_id("b1");
    b.environment = environment_id(environment_names[ring][s.environment]);
    b.taken_at = present_moment - days(1);
    b.managed_by = s.customer ? protector::customer : protector::provider;
    b.key_version = s.earlier_key ? 2 : 3;
    b.data_era = s.earlier_era ? 2 : 3;
    return b;
}

constexpr ring_world ring_of(const sketch& s, std::size_t number, end_of_zone end) {
    const ring_sketch& from = s.rings[number];
    ring_world r;
    r.ring.tenant = tenant_id("contoso");
    r.ring.region = region_id(region_names[number]);
    for (std::size_t i = 0; i < max_keys; ++i)
        if (from.keys[i] != key_place::none)
            r.ring.keys.push_back({key_id(key_names[i]), print_of(i), state_of(from.keys[i]), present_moment - far});
    r.ring.self_managed = from.self_managed;
    r.ring.ever_activated = from.ever_activated;
    r.ring.generation = r.ring.first_generation = from.ever_activated ? generation_now : 0;
    r.ring.installing_unlocks = from.unlocks;
    r.ring.locking = from.locking;
    if (from.import_key) r.ring.import_kid = kid_text(import_kid);
    put_windows(from, end, r.ring);
    put_people(from, end, r.ring);
    for (std::size_t i = 0; i < max_environments; ++i) {
        r.environments[i] = environment_of(s, number, i, end);
        if (r.environments[i].id.empty()) continue;
        r.environments[i].tenant = r.ring.tenant;
        r.environments[i].region = r.ring.region;
    }
    count(r);
    r.backup = backup_of(from.backup, number);
    return r;
}

} // namespace detail

namespace detail {
constexpr instant arrival_of(const ring_sketch& r, std::size_t person) {
    if (person > 1) return arrivals[0];
    return arrivals[(r.attempt.newcomers >> person & 1U) != 0 ? 2 : (r.activation.newcomers >> person & 1U) != 0 ? 1 : 0];
}
} // namespace detail

/// The tenant that a sketch shows: eligible, in its regions, with whoever is present.
constexpr tenant_state tenant_of(const sketch& s, const bounds& b) {
    tenant_state t;
    t.id = tenant_id("contoso");
    t.seats = 1001;
    t.opted_in = true;
    t.regions = static_cast<std::uint8_t>(b.rings);
    if (s.feature_on) t.feature_on_at = present_moment - far - days(1);
    for (std::size_t i = 0; i < max_people; ++i)
        if (s.present[i])
            t.administrators.push_back({admin_id(people_names[i]), i == 2 ? environment_id(environment_names[0][0]) : environment_id{},
                                        detail::arrival_of(s.rings[0], i)});
    return t;
}

constexpr world world_of(const sketch& s, const bounds& b, end_of_zone end) {
    world w;
    w.tenant = tenant_of(s, b);
    for (std::size_t i = 0; i < b.rings; ++i) w.rings[i] = detail::ring_of(s, i, end);
    w.elsewhere = s.elsewhere;
    return w;
}

} // namespace keywright::model
