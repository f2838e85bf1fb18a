// SPDX-License-Identifier: Apache-2.0
// A second, much simpler model of one ring, told the events only. It shares no code with the rules or evolve; what it
// demands of each event are the invariants of the house, each a sentence. After a step it must be equal to the ghost
// that is read off the new state: so no state changes but by an event that says so.
// Depends on: world.
#pragma once

#include "world.hpp"

#include <keywright/core/overloaded.hpp>

#include <algorithm>

namespace keywright::model {

enum class place : std::uint8_t { absent, provider, customer, locked, gone };

struct ghost_environment {
    place where = place::absent;
    bool busy = false;
    bool held = false;   ///< an unlock of the key that was accepted before the deadline runs
    instant due = never; ///< `never`: not counted
    instant found = never; ///< when it was first found due (recommended)
};

struct ghost {
    std::array<key_place, max_keys> keys{};
    std::array<ghost_environment, max_environments> environments{};
    instant effective = never;
    instant applied = never;
    instant requested = never;
    instant installing = never;
    instant noticed = never;          ///< of the present activation (recommended)
    instant lock_asked = never;       ///< a lock waits for a second word (recommended)
    admin_id lock_asked_by;
    admin_id activating_by;           ///< who asked for what is installing
    admin_id activated_by;
    admin_id vouched_by;              ///< for a clock that is behind
    bool second_word = false;         ///< the profile is one in which notices and second administrators count
    bool locking = false;
    bool unlocks = false;
    bool ever = false;
    bool acknowledged = false;
    bool import_key = false;
    std::uint64_t epoch = 0;

    bool anything_locked() const {
        for (const ghost_environment& e : environments)
            if (e.where == place::locked) return true;
        return locking;
    }
    std::size_t keys_in(key_place where) const { return static_cast<std::size_t>(std::count(keys.begin(), keys.end(), where)); }
};

namespace detail {

inline ghost_environment ghost_of(const ring_state& ring, const environment_state& e) {
    ghost_environment g;
    if (e.id.empty()) return g;
    g.where = e.deleted                             ? place::gone
              : e.managed_by == protector::provider ? place::provider
              : e.unlock_epoch < ring.lock_epoch    ? place::locked
                                                    : place::customer;
    g.busy = !e.deleted && e.transition != operation::none;
    if (g.where != place::locked) return g;
    instant completed = ring.locking && e.unlock_epoch + 1 == ring.lock_epoch ? never : instant{0};
    for (const lock_record& lock : ring.locks)
        if (lock.epoch == e.unlock_epoch + 1) completed = lock.completed_at;
    if (!happened(completed)) return g;
    g.due = completed + days(28);
    const bool attempt = happened(ring.hold_from) && !happened(ring.hold_until);
    if (happened(ring.hold_from) && ring.hold_from < g.due) {
        g.held = attempt;
        if (!attempt) g.due = later(g.due, ring.hold_until);
    }
    if (e.deadline_seen_era == ring.clock_era) g.found = e.deadline_seen_at;
    return g;
}

} // namespace detail

/// The ghost that a state shows.
inline ghost ghost_of(const ring_world& r) {
    ghost g;
    for (const key_record& key : r.ring.keys)
        if (in_use(key) && key_number(key.print) < max_keys)
            g.keys[key_number(key.print)] = key.state == key_state::available    ? key_place::available
                                            : key.state == key_state::installing ? key_place::installing
                                            : key.state == key_state::active     ? key_place::active
                                                                                 : key_place::locked;
    for (std::size_t i = 0; i < max_environments; ++i) g.environments[i] = detail::ghost_of(r.ring, r.environments[i]);
    g.effective = r.ring.effective_at;
    g.applied = r.ring.applied_at;
    g.requested = r.ring.lock_requested_at;
    g.installing = g.keys_in(key_place::installing) > 0 ? r.ring.installing_since : never;
    g.noticed = r.ring.activation.noticed_at;
    g.lock_asked = r.ring.lock_request.by.empty() ? never : r.ring.lock_request.at;
    g.lock_asked_by = r.ring.lock_request.by;
    g.activating_by = r.ring.attempt.by;
    g.activated_by = r.ring.activation.by;
    g.vouched_by = r.ring.clock.by;
    g.locking = r.ring.locking;
    g.unlocks = r.ring.installing_unlocks;
    g.ever = r.ring.ever_activated;
    g.acknowledged = r.ring.self_managed;
    g.import_key = !r.ring.import_kid.empty();
    g.epoch = r.ring.lock_epoch;
    return g;
}

/// What is different, in a sentence, or nothing. A deadline that lies before `now` may lie anywhere there.
inline const char* difference(const ghost& a, const ghost& b, instant now) {
    if (a.keys != b.keys) return "a key is where its events have put it";
    for (std::size_t i = 0; i < max_environments; ++i) {
        const ghost_environment& x = a.environments[i];
        const ghost_environment& y = b.environments[i];
        if (x.where != y.where) return "an environment is where its events have put it";
        if (x.busy != y.busy) return "an environment is busy with what has begun and not ended";
        if (x.where != place::locked) continue;
        const bool both_passed = happened(x.due) && happened(y.due) && x.due <= now && y.due <= now;
        if (x.held != y.held || (!x.held && x.due != y.due && !both_passed))
            return "a deadline is 28 d after the lock, held by an unlock of the key";
    }
    if (a.effective != b.effective) return "24 h and 72 h run from the moment the key became Active";
    if (a.applied != b.applied) return "72 h run from the last completed apply";
    if (a.requested != b.requested) return "1 h runs from the request of the lock";
    if (a.installing != b.installing) return "1 h runs from the start of the installation";
    if (a.locking != b.locking) return "a lock is under way from lock_started to lock_completed";
    if (a.unlocks != b.unlocks) return "an installation is an unlocking if it was begun as one";
    if (a.ever != b.ever) return "the first upload is the first for ever";
    if (a.acknowledged != b.acknowledged) return "the first acknowledgement is the opt-in";
    if (a.import_key != b.import_key) return "an import key is used once, and gone with a lock";
    if (a.epoch != b.epoch) return "each lock raises the epoch by one";
    if (!a.second_word) return nullptr;
    if (a.noticed != b.noticed) return "72 h run from the first notice to somebody who did not act";
    if (a.lock_asked != b.lock_asked || a.lock_asked_by != b.lock_asked_by) return "a request stands until it is granted, replaced or void";
    if (a.activating_by != b.activating_by || a.activated_by != b.activated_by) return "it is known who activated";
    if (a.vouched_by != b.vouched_by) return "it is known who vouched for a clock";
    for (std::size_t i = 0; i < max_environments; ++i)
        if (a.environments[i].where == place::locked && a.environments[i].found != b.environments[i].found)
            return "a finding stands until its clock does not";
    return nullptr;
}

} // namespace keywright::model
