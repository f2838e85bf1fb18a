// SPDX-License-Identifier: Apache-2.0
// state + event -> state, one overload for each event that changes an aggregate; any other leaves it as it is.
// Never refuses and never asks the time: replaying the log from the first event gives the state again. Templates of one
// type each: what knows every event is compiled by who evolves states, not by all who include the policy.
// Depends on: core, policy/events.
#pragma once

#include <keywright/core/overloaded.hpp>
#include <keywright/policy/events.hpp>

#include <concepts>

namespace keywright::policy {

namespace detail {

struct key_step {
    key_state from, to;
};
constexpr void set_state(ring_state& ring, const key_id& id, const fingerprint& print, const key_step& step) {
    for (key_record& key : ring.keys)
        if (key.id == id && key.print == print && key.state == step.from) key.state = step.to;
}

/// Final records make room for new ones, the oldest first; what they were stays in the log.
constexpr void add_key(ring_state& ring, const key_record& key) {
    for (std::size_t i = 0; ring.keys.full();) { // H02: one of them is not in use
        if (in_use(ring.keys[i]))
            ++i;
        else
            ring.keys.erase_at(i);
    }
    ring.keys.push_back(key);
}

constexpr void become_effective(ring_state& ring, const key_id& id, const fingerprint& print, instant at) {
    set_state(ring, id, print, {key_state::installing, key_state::active});
    ring.effective_at = at;
    ring.installing_since = never;
    ring.installing_unlocks = false;
    ring.attempt.number = ring.activation.number + 1;
    ring.activation = ring.attempt;
    ring.attempt = {};
}

/// A key begins to become the ring's, or is so at once and everything is still to be moved to it.
constexpr void start_activation(ring_state& ring, const activation_started& e, const admin_id& by, instant at) {
    const key_record* active = active_key(ring);
    const bool can_be_undone = active != nullptr && !e.rolls_back && !e.at_once;
    ring.attempt = {by, at, 0, can_be_undone ? active->print : fingerprint{}, never};
    ring.ever_activated = true;
    ring.generation = e.generation;
    if (active == nullptr) ring.first_generation = e.generation;
    if (e.at_once)
        for (key_record& key : ring.keys)
            if (key.state == key_state::active) key.state = key_state::replaced;
    set_state(ring, e.key, e.print, {key_state::available, key_state::installing});
    if (e.at_once) become_effective(ring, e.key, e.print, at);
    ring.installing_since = at;
    ring.installing_unlocks = false;
}

constexpr void finish_activation(ring_state& ring, const key_activated& e, instant at) {
    if (installing_key(ring) == nullptr) { // it was effective at once: now nothing hangs on the one before any more
        for (key_record& key : ring.keys)
            if (key.state == key_state::replaced) key.state = key_state::deleted;
        ring.installing_since = never;
        return;
    }
    for (key_record& key : ring.keys)
        if (key.state == key_state::active) key.state = key_state::available;
    become_effective(ring, e.key, e.print, at);
}

constexpr void end_activation(ring_state& ring, const key_id& id, const fingerprint& print) {
    set_state(ring, id, print, {key_state::installing, key_state::available});
    ring.installing_since = never;
    ring.attempt = {};
}

/// The last locked environment is gone and nobody can unlock anything any more: the locked key has had its day, once
/// its lock is completed.
constexpr void retire_if_nothing_is_locked(ring_state& ring) {
    if (ring.locked > 0 || ring.locking) return;
    for (key_record& key : ring.keys)
        if (key.state == key_state::locked) key.state = key_state::retired;
}

constexpr void leave(ring_state& ring, protection was) {
    if (was == protection::customer) --ring.customer_managed;
    if (was == protection::locked) --ring.locked;
    retire_if_nothing_is_locked(ring);
}

/// An import key and a kept transfer file together are the customer's key: used once, or gone with a lock.
constexpr void forget_import_key(ring_state& ring) {
    ring.import_kid = {};
    ring.import_print = {};
    ring.import_expires_at = never;
}

constexpr void start_lock(ring_state& ring, const lock_started& e, instant at) {
    for (key_record& key : ring.keys) {
        if (key.state == key_state::available) key.state = key_state::deleted;
        if (key.state == key_state::active) key.state = key_state::locked;
    }
    ring.lock_epoch = e.epoch;
    ring.locking = true;
    ring.lock_requested_at = at;
    ring.locked += ring.customer_managed;
    ring.customer_managed = 0;
    ring.lock_request = {};
    ring.activation.before = {};
    forget_import_key(ring);
}

constexpr void complete_lock(ring_state& ring, const lock_completed& e, instant at) {
    ring.locking = false;
    if (ring.locks.full()) ring.locks.erase_at(0);
    ring.locks.push_back({e.epoch, at});
    retire_if_nothing_is_locked(ring); // all that it would have locked was being reset
}

constexpr void start_unlock(ring_state& ring, const key_unlock_started& e, const admin_id& by, instant at) {
    set_state(ring, e.key, e.print, {key_state::locked, e.at_once ? key_state::active : key_state::installing});
    ring.attempt = {by, at, 0, {}, never};
    ring.installing_since = at;
    ring.installing_unlocks = true;
    const bool hold_ended = happened(ring.hold_until) && at >= ring.hold_until;
    if (!happened(ring.hold_from) || hold_ended) ring.hold_from = at;
    ring.hold_until = never;
}

/// The key is back. Where that took no installation it has not changed, and no window starts.
constexpr void finish_unlock(ring_state& ring, const key_unlocked& e, instant at) {
    if (installing_key(ring) != nullptr) become_effective(ring, e.key, e.print, at);
    ring.installing_since = never;
    ring.installing_unlocks = false;
    ring.attempt = {};
    ring.hold_until = at + hours(24);
}

constexpr void fail_unlock(ring_state& ring, const key_unlock_failed& e, instant at) {
    const bool at_once = installing_key(ring) == nullptr;
    set_state(ring, e.key, e.print, {at_once ? key_state::active : key_state::installing, key_state::locked});
    ring.installing_since = never;
    ring.installing_unlocks = false;
    ring.attempt = {};
    ring.hold_until = at + hours(24);
    retire_if_nothing_is_locked(ring);
}

constexpr void restart(instant& window, instant at) {
    if (happened(window)) window = at;
}
/// Two administrators agree on a clock: time goes on from there, and everything that was waited for begins anew.
constexpr void hear_vote(ring_state& ring, const clock_accepted& e, const admin_id& by) {
    if (!e.agreed) {
        ring.clock = {by, e.clock};
        return;
    }
    ring.latest = e.clock;
    ++ring.clock_era;
    ring.clock = {};
    ring.lock_request = {};
    for (instant* window : {&ring.effective_at, &ring.applied_at, &ring.installing_since, &ring.lock_requested_at, &ring.hold_from,
                            &ring.activation.noticed_at})
        restart(*window, e.clock);
    for (lock_record& lock : ring.locks) restart(lock.completed_at, e.clock);
    if (happened(ring.hold_until)) ring.hold_until = e.clock + hours(24);
}

} // namespace detail

/// The tenant after an event.
constexpr void evolve(std::same_as<tenant_state> auto& tenant, const event& happened_event) {
    visit_body(happened_event.body,
               overloaded{
                   [&](const tenant_created& e) {
                       tenant.id = e.tenant;
                       tenant.seats = e.seats;
                       tenant.opted_in = e.opted_in;
                       tenant.regions = e.regions;
                       tenant.plan = e.plan;
                   },
                   [&](const feature_enabled&) { tenant.feature_on_at = happened_event.at; },
                   [&](const administrator_added& e) { tenant.administrators.push_back({e.who, e.environment, happened_event.at}); },
                   [&](const administrator_removed& e) {
                       for (std::size_t i = tenant.administrators.size(); i-- > 0;)
                           if (tenant.administrators[i].who == e.who && tenant.administrators[i].environment == e.environment)
                               tenant.administrators.erase_at(i);
                   },
                   [](const auto&) {},
               });
}

/// The ring after an event of its tenant and region.
constexpr void evolve(std::same_as<ring_state> auto& ring, const event& happened_event) {
    const instant at = happened_event.at;
    ring.latest = later(ring.latest, at);
    visit_body(happened_event.body, overloaded{
                                        [&](const environment_created&) { ++ring.environments; },
                                        [&](const risk_acknowledged&) { ring.self_managed = true; },
                                        [&](const import_key_created& e) {
                                            ring.import_kid = e.kid;
                                            ring.import_print = e.print;
                                            ring.import_expires_at = e.expires_at;
                                        },
                                        [&](const key_generated& e) { detail::add_key(ring, {e.key, e.print, key_state::available, at}); },
                                        [&](const key_uploaded& e) {
                                            detail::add_key(ring, {e.key, e.print, key_state::available, at});
                                            if (e.format == file_kind::byok) detail::forget_import_key(ring);
                                        },
                                        [&](const activation_started& e) { detail::start_activation(ring, e, happened_event.by.who, at); },
                                        [&](const key_activated& e) { detail::finish_activation(ring, e, at); },
                                        [&](const activation_failed& e) { detail::end_activation(ring, e.key, e.print); },
                                        [&](const activation_rolled_back& e) {
                                            if (e.cancelled) detail::end_activation(ring, e.key, e.print);
                                        },
                                        [&](const notice_delivered&) { ring.activation.noticed_at = at; },
                                        [&](const clock_accepted& e) { detail::hear_vote(ring, e, happened_event.by.who); },
                                        [&](const lock_requested& e) {
                                            if (e.waits) ring.lock_request = {happened_event.by.who, e.print, at};
                                        },
                                        [&](const lock_started& e) { detail::start_lock(ring, e, at); },
                                        [&](const lock_completed& e) { detail::complete_lock(ring, e, at); },
                                        [&](const key_unlock_started& e) {
                                            detail::start_unlock(ring, e, happened_event.by.who, at);
                                            if (e.format == file_kind::byok) detail::forget_import_key(ring);
                                        },
                                        [&](const key_unlocked& e) { detail::finish_unlock(ring, e, at); },
                                        [&](const key_unlock_failed& e) { detail::fail_unlock(ring, e, at); },
                                        [&](const apply_started&) { ++ring.in_transition; },
                                        [&](const key_applied&) {
                                            --ring.in_transition;
                                            ++ring.customer_managed;
                                            ring.applied_at = at;
                                        },
                                        [&](const apply_failed&) { --ring.in_transition; },
                                        [&](const return_started&) { ++ring.in_transition; },
                                        [&](const returned_to_provider& e) {
                                            --ring.in_transition, --ring.customer_managed;
                                            for (key_record& key : ring.keys)
                                                if (in_use(key) && !e.deletes.empty() && key.print == e.deletes)
                                                    key.state = key_state::deleted;
                                        },
                                        [&](const return_failed&) { --ring.in_transition; },
                                        [&](const environment_unlock_started&) { ++ring.in_transition; },
                                        [&](const environment_unlocked&) { --ring.in_transition, --ring.locked, ++ring.customer_managed; },
                                        [&](const environment_unlock_failed&) { --ring.in_transition; },
                                        [&](const environment_deleted& e) {
                                            --ring.environments;
                                            detail::leave(ring, e.was);
                                        },
                                        [&](const restore_started&) { ++ring.in_transition; },
                                        [&](const restored&) { --ring.in_transition; },
                                        [&](const restore_failed&) { --ring.in_transition; },
                                        [&](const copy_started&) { ++ring.in_transition; },
                                        [&](const copied&) { --ring.in_transition; },
                                        [&](const copy_failed&) { --ring.in_transition; },
                                        [&](const reset_started& e) {
                                            ++ring.in_transition;
                                            if (e.was == protection::customer) ++ring.resetting;
                                        },
                                        [&](const reset_completed& e) {
                                            --ring.in_transition;
                                            if (e.was != protection::provider && ring.resetting > 0) --ring.resetting;
                                            detail::leave(ring, e.was);
                                        },
                                        [](const auto&) {},
                                    });
}

/// The environment after an event; one about another environment changes nothing.
constexpr void evolve(std::same_as<environment_state> auto& env, const event& happened_event) {
    const auto mine = [&](const auto& e) { return e.environment == env.id; };
    const auto begin = [&](const auto& e, operation what) {
        if (!mine(e)) return;
        env.transition = what;
        if (what != operation::unlocking) ++env.access_epoch;
    };
    const auto end = [&](const auto& e) {
        if (mine(e)) env.transition = operation::none;
        return mine(e);
    };
    visit_body(happened_event.body, overloaded{
                                        [&](const environment_created& e) {
                                            if (!env.id.empty()) return; // another one
                                            env.id = e.environment;
                                            env.kind = e.kind;
                                            env.file_data = e.file_data;
                                            env.external_logs = e.external_logs;
                                            env.geography = e.geography;
                                            env.release = e.release;
                                            env.data = e.data;
                                            env.created_at = happened_event.at;
                                        },
                                        [&](const environment_integrated& e) {
                                            if (mine(e)) env.membership.organisation = e.organisation;
                                        },
                                        [&](const environment_added& e) {
                                            if (mine(e))
                                                env.membership.policy = e.policy, env.membership.provider_version = env.key_version;
                                        },
                                        [&](const environment_removed& e) {
                                            if (mine(e)) env.membership.policy = {}, env.membership.provider_version = 0;
                                        },
                                        [&](const apply_started& e) { begin(e, operation::applying); },
                                        [&](const key_applied& e) {
                                            if (!end(e)) return;
                                            if (env.first_generation != e.first_generation)
                                                env.first_generation = e.first_generation, env.first_version = env.key_version;
                                            env.managed_by = protector::customer, env.unlock_epoch = e.epoch;
                                            env.key_version = e.key_version, env.content = work_number(env);
                                        },
                                        [&](const apply_failed& e) { end(e); },
                                        [&](const return_started& e) { begin(e, operation::returning); },
                                        [&](const returned_to_provider& e) {
                                            if (end(e))
                                                env.managed_by = protector::provider, env.key_version = e.key_version,
                                                env.content = work_number(env);
                                        },
                                        [&](const return_failed& e) { end(e); },
                                        [&](const environment_unlock_started& e) { begin(e, operation::unlocking); },
                                        [&](const environment_unlocked& e) {
                                            if (end(e)) env.unlock_epoch = e.epoch, env.deadline_seen_at = never;
                                        },
                                        [&](const environment_unlock_failed& e) { end(e); },
                                        [&](const deadline_passed& e) {
                                            if (mine(e)) env.deadline_seen_at = happened_event.at, env.deadline_seen_era = e.clock_era;
                                        },
                                        [&](const field_encryption_enabled& e) {
                                            if (mine(e)) env.field_encrypted = true;
                                        },
                                        [&](const environment_deleted& e) {
                                            if (end(e)) env.deleted = true, ++env.access_epoch;
                                        },
                                        [&](const restore_started& e) { begin(e, operation::restoring); },
                                        [&](const restored& e) {
                                            if (end(e)) env.content = work_number(env);
                                        },
                                        [&](const restore_failed& e) { end(e); },
                                        [&](const copy_started& e) { begin(e, operation::copying); },
                                        [&](const copied& e) {
                                            if (end(e)) env.content = work_number(env);
                                        },
                                        [&](const copy_failed& e) { end(e); },
                                        [&](const reset_started& e) { begin(e, operation::resetting); },
                                        [&](const reset_completed& e) {
                                            if (end(e))
                                                env.managed_by = protector::provider, env.key_version = e.key_version,
                                                env.data_era = e.data_era, env.content = work_number(env);
                                        },
                                        [](const auto&) {},
                                    });
}

} // namespace keywright::policy
