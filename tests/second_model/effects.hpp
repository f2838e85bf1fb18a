// SPDX-License-Identifier: Apache-2.0
// What an operation that no rule refuses does to the world, and which events it leaves. Depends on rules.hpp.
//     events told; run(world, scene, told);
#pragma once

#include "instance_effects.hpp"
#include "vault_effects.hpp"

namespace second_model {

template <class Visit>
void each_environment(world& in, const std::string& region, Visit visit) {
    for (auto& [name, one] : in.environments)
        if (one.region == region) visit(one);
}

inline bool any_locked(const world& in, const std::string& region) {
    return std::ranges::any_of(in.environments, [&](const auto& one) { return one.second.region == region && one.second.locked; });
}

// --- keys ---

inline void begin_installation(ring& here, const scene& s, const std::string& name, cause why) {
    const auto* active = here.in_state(key_state::active);
    here.installing = installation{
        name, why, s.asked.by, s.now, active ? *active : std::string{}, active ? here.keys.at(*active).is.name : std::string{}};
    here.keys.at(name).state = key_state::installing;
    here.ever_accepted_activation = true;
}

inline void acknowledge(const scene& s, events& out) {
    if (s.asked.acknowledged) out.push_back("risk_acknowledged");
}

inline void do_generate(world& in, const scene& s, events& out) {
    acknowledge(s, out);
    material made;
    made.name = s.asked.file.name;
    const auto name = label_of_key(s.asked);
    in.rings[s.region].keys[name] = {made, key_state::available};
    out.push_back("key_generated");
    if (s.in.plays == profile::dynamics_365) use_at_once(in, s, name, out);
}

inline void do_upload(world& in, const scene& s, events& out) {
    auto& here = in.rings[s.region];
    acknowledge(s, out);
    const auto name = label_of_key(s.asked);
    here.keys[name] = {s.asked.file, key_state::available};
    if (s.asked.file.in == format::byok) here.import_key.clear();
    out.push_back("key_uploaded");
    if (s.in.plays == profile::dynamics_365) return use_at_once(in, s, name, out);
    if (here.ever_accepted_activation) return; // T14: the first one activates by itself
    begin_installation(here, s, s.asked.key, cause::first_upload);
    out.push_back("activation_started");
}

inline void do_activate(world& in, const scene& s, events& out) {
    acknowledge(s, out);
    begin_installation(in.rings[s.region], s, s.asked.key, cause::activate);
    out.push_back("activation_started");
}

inline void do_rollback(world& in, const scene& s, events& out) {
    auto& here = in.rings[s.region];
    out.push_back("activation_rolled_back");
    if (here.installing) { // only a cancel is allowed then
        here.keys.at(here.installing->key).state = key_state::available;
        here.installing.reset();
        return;
    }
    const auto before = *key_before(here, *here.last_activation);
    begin_installation(here, s, before, cause::rollback);
    out.push_back("activation_started");
}

/// Rule 11: "holds the deadline until 24 h after the key is Active or the attempt fails" can be read in two ways; read
/// here as 24 h after either, as the core does.
inline void release_deadlines(world& in, const std::string& region, instant now) {
    const auto release = [&](auto& one) {
        if (one.held) one.deadline = std::max(*one.deadline, now + 24 * hour);
        one.held = false;
    };
    release(in.rings[region]);
    each_environment(in, region, release);
}

/// Installing becomes Active: every window starts anew.
inline void finish_installation(world& in, const scene& s) {
    auto& here = in.rings[s.region];
    const auto done = *here.installing;
    here.installing.reset();
    if (!done.previous.empty()) here.keys.at(done.previous).state = key_state::available;
    here.keys.at(done.key).state = key_state::active;
    here.last_activation = done;
    here.effective_at = s.now;
    here.delivered_at.reset();
    const bool unlocked = done.by_way_of == cause::unlock;
    if (unlocked) here.lock.reset();
    release_deadlines(in, s.region, s.now);
}

/// The last locked environment is gone, and with it the use of the key that locked it.
inline void retire_unneeded(world& in, const std::string& region) {
    auto& here = in.rings[region];
    if (any_locked(in, region) || here.installing || (here.lock && !here.lock->completed)) return;
    if (const auto* name = here.in_state(key_state::locked)) {
        here.keys.at(*name).state = key_state::retired;
        here.lock.reset();
        for (auto& [label, one] : in.backups)
            if (one.region == region && one.on_ring) one.lost = true;
    }
}

inline void give_up_installation(world& in, const scene& s, const std::string& region, events& out) {
    auto& here = in.rings[region];
    const bool unlocking = here.installing->by_way_of == cause::unlock;
    here.keys.at(here.installing->key).state = unlocking ? key_state::locked : key_state::available;
    here.installing.reset();
    if (unlocking) retire_unneeded(in, region);
    if (unlocking) release_deadlines(in, region, s.now);
    out.push_back(unlocking ? "key_unlock_failed" : "activation_failed");
}

// --- lock ---

inline void begin_lock(world& in, const scene& s, events& out) {
    auto& here = in.rings[s.region];
    here.request.reset();
    here.import_key.clear();
    here.deadline.reset();
    here.held = false;
    for (auto& [name, one] : here.keys) {
        if (one.state == key_state::active) {
            one.state = key_state::locked;
            here.lock = lock_of_ring{name, s.now, std::nullopt};
        } else if (one.state == key_state::available) {
            one.state = key_state::deleted;
        }
    }
    each_environment(in, s.region, [](environment& one) {
        if (one.customers) one.locked = true;
    });
    if (s.asked.does == verb::lock) out.push_back("lock_requested");
    out.push_back("lock_started");
}

inline void do_lock(world& in, const scene& s, events& out) {
    if (s.in.plays != profile::recommended) return begin_lock(in, s, out);
    in.rings[s.region].request = lock_request{s.asked.by, s.asked.key, s.asked.file.name, s.now};
    out.push_back("lock_requested");
}

inline void do_approve(world& in, const scene& s, events& out) {
    out.push_back("lock_approved");
    begin_lock(in, s, out);
}

inline void complete_lock(world& in, const scene& s) {
    in.rings[s.region].lock->completed = s.now;
    each_environment(in, s.region, [&](environment& one) {
        if (one.locked && !one.deadline) one.deadline = s.in.plays == profile::dynamics_365 ? no_deadline : s.now + 28 * day;
    });
    in.rings[s.region].deadline = s.now + 28 * day;
    retire_unneeded(in, s.region);
}

inline void do_unlock_key(world& in, const scene& s, events& out) {
    auto& here = in.rings[s.region];
    if (s.asked.file.in == format::byok) here.import_key.clear();
    if (s.in.plays == profile::dynamics_365) return unlock_instance(in, s, out);
    const auto name = *here.in_state(key_state::locked);
    here.installing = installation{name, cause::unlock, s.asked.by, s.now, {}, {}};
    here.keys.at(name).state = key_state::installing;
    const auto hold = [&](auto& one) { one.held = one.deadline && s.now < *one.deadline; };
    hold(here);
    each_environment(in, s.region, hold);
    out.push_back("key_unlock_started");
}

// --- environments ---

inline void begin(world& in, const scene& s, events& out) {
    auto& one = the_environment(in, s);
    switch (s.asked.does) {
    case verb::apply_key:
        acknowledge(s, out);
        one.now = doing::applying;
        return out.push_back("apply_started");
    case verb::return_to_provider:
        acknowledge(s, out);
        one.now = doing::returning;
        return out.push_back("return_started");
    case verb::unlock_environment: one.now = doing::unlocking; return out.push_back("environment_unlock_started");
    case verb::reset: one.now = doing::resetting; return out.push_back("reset_started");
    case verb::restore:
        one.now = doing::overwriting;
        one.overwrites = work::restore;
        return out.push_back("restore_started");
    case verb::copy:
        one.now = doing::overwriting;
        one.overwrites = work::copy;
        return out.push_back("copy_started");
    default: return;
    }
}

inline void forget_backups(world& in, const std::string& name) {
    for (auto& [label, one] : in.backups)
        if (one.environment == name) one.deleted = true;
}

/// Rule 10: at an apply the older environment key is wrapped again under the ring, for the sake of its backups. Of a
/// return it says nothing: what was under the ring stays there.
inline void move_backups_to_ring(world& in, const std::string& name) {
    for (auto& [label, one] : in.backups)
        if (one.environment == name) one.on_ring = true;
}

inline void delete_environment(world& in, const std::string& name, events& out) {
    const auto region = in.environments.at(name).region;
    forget_backups(in, name);
    const bool member = !in.environments.at(name).policy.empty();
    in.environments.erase(name);
    in.gone.insert(name);
    out.push_back("environment_deleted");
    if (member) out.push_back("environment_removed");
    retire_unneeded(in, region);
}

inline void do_backup(world& in, const scene& s, events& out) {
    const auto& one = *s.on;
    in.backups[s.asked.backup] = {s.asked.environment, one.region,    key_of_policy(s, one), print_of_policy(s, one),
                                  one.version,         one.customers, one.customers,         false};
    out.push_back("backup_taken");
}

// --- reports and the passing of time ---

/// R04: whether two ticks a day apart both found the deadline passed. Everywhere else one is enough.
inline bool found_twice(world& in, const scene& s, const std::string& name, events& out) {
    if (in.plays != profile::recommended) return true;
    if (s.asked.at < in.rings[in.environments.at(name).region].latest) return false;
    auto& one = in.environments.at(name);
    if (one.found_overdue && *one.found_overdue >= *one.deadline) return s.now >= *one.found_overdue + 24 * hour;
    one.found_overdue = s.now;
    out.push_back("deadline_passed");
    return false;
}

/// R04: the second administrator's word starts every window again at the clock that both vouch for.
inline void do_accept_clock(world& in, const scene& s, events& out) {
    auto& here = in.rings[s.region];
    out.push_back("clock_accepted");
    const bool second =
        !here.clock_by.empty() && here.clock_by != s.asked.by && s.asked.at >= here.clock && s.asked.at < here.clock + 24 * hour;
    if (!second) {
        here.clock_by = s.asked.by;
        here.clock = s.asked.at;
        return;
    }
    here.clock_by.clear();
    here.request.reset();
    here.latest = s.asked.at;
    if (here.installing) here.installing->since = s.asked.at;
    for (auto* one : {&here.effective_at, &here.applied_at, &here.delivered_at})
        if (*one) *one = s.asked.at;
    if (here.lock) here.lock->requested = s.asked.at;
    if (here.lock && here.lock->completed) here.lock->completed = s.asked.at;
    const auto restart = [&](auto& one) {
        if (one.deadline) one.deadline = s.asked.at + 28 * day;
    };
    restart(here);
    each_environment(in, s.region, [&](environment& one) {
        restart(one);
        one.found_overdue.reset();
    });
}

inline void due_offline(const world& in, const scene& s, const std::string& region, std::vector<std::string>& due) {
    for (const auto& [name, one] : in.environments)
        if (one.region == region && one.customers && one.now == doing::nothing && overdue_offline(in, one, s.now)) due.push_back(name);
}

inline void do_tick(world& in, const scene& s, events& out) {
    for (auto& [region, here] : in.rings) {
        const auto& only = s.in.plays == profile::dynamics_365 ? s.region : s.asked.region;
        if (!only.empty() && only != region) continue;
        if (here.unlocking && s.now >= *here.unlocking + hour) fail_unlock(in, s, region, out);
        if (here.installing && s.now >= here.installing->since + hour) give_up_installation(in, s, region, out);
        std::vector<std::string> due;
        for (const auto& [name, one] : in.environments)
            if (one.region == region && one.overdue(s.now) && one.now != doing::unlocking) due.push_back(name);
        due_offline(in, s, region, due);
        for (const auto& name : due)
            if (found_twice(in, s, name, out)) delete_environment(in, name, out);
    }
}

inline void do_completed(world& in, const scene& s, events& out) {
    if (s.in.plays == profile::dynamics_365 && s.asked.of == work::activation)
        return finish_change(in.rings[s.region]), out.push_back("key_activated");
    if (s.in.plays == profile::dynamics_365 && s.asked.of == work::unlock_key) {
        in.rings[s.region].unlocking.reset();
        in.rings[s.region].lock.reset();
        return out.push_back("key_unlocked");
    }
    if (s.asked.of == work::activation) return finish_installation(in, s), out.push_back("key_activated");
    if (s.asked.of == work::unlock_key) return finish_installation(in, s), out.push_back("key_unlocked");
    if (s.asked.of == work::lock) return complete_lock(in, s), out.push_back("lock_completed");
    auto& one = in.environments.at(s.asked.environment);
    one.now = doing::nothing;
    switch (s.asked.of) {
    case work::apply:
        one.customers = true;
        ++one.version;
        move_backups_to_ring(in, s.asked.environment);
        in.rings[one.region].applied_at = s.now;
        return out.push_back("key_applied");
    case work::giving_back:
        one.customers = false;
        ++one.version;
        if (s.in.plays == profile::dynamics_365) revert_instance(in, s.asked.environment);
        out.push_back("returned_to_provider");
        return leave_policy(one, out);
    case work::unlock_environment: one.locked = false, one.deadline.reset(), one.held = false; return out.push_back("environment_unlocked");
    case work::restore: return out.push_back("restored");
    case work::copy: return out.push_back("copied");
    case work::reset:
        ++one.version;
        one.customers = false, one.locked = false, one.deadline.reset();
        forget_backups(in, s.asked.environment);
        out.push_back("reset_completed");
        return leave_policy(one, out);
    default: return;
    }
}

inline void do_failed(world& in, const scene& s, events& out) {
    const bool of_unlock = s.asked.of == work::unlock_key || s.asked.of == work::unlock_environment;
    if (s.in.plays == profile::dynamics_365 && of_unlock) return fail_unlock(in, s, s.region, out);
    if (s.asked.of == work::activation || s.asked.of == work::unlock_key) return give_up_installation(in, s, s.region, out);
    auto& one = in.environments.at(s.asked.environment);
    one.now = doing::nothing;
    switch (s.asked.of) {
    case work::apply: out.push_back("apply_failed"); return leave_policy(one, out);
    case work::giving_back: return out.push_back("return_failed");
    case work::unlock_environment: return out.push_back("environment_unlock_failed");
    case work::restore: return out.push_back("restore_failed");
    case work::copy: return out.push_back("copy_failed");
    default: return;
    }
}

// --- people and the scene ---

inline void do_notice(world& in, const scene& s, events& out) {
    auto& here = in.rings[s.region];
    if (!here.effective_at || here.delivered_at || (s.asked.event != "key_activated" && s.asked.event != "key_unlocked")) return;
    const auto& last = *here.last_activation;
    const bool held_before = std::ranges::any_of(in.administrators, [&](const administrator& one) {
        return one.who == s.asked.to && one.is == role::tenant_admin && one.since < last.since;
    });
    if (s.asked.to == last.by || !held_before) return; // only the first one that counts is an event
    here.delivered_at = s.now;
    out.push_back("notice_delivered");
}

inline void do_admin(world& in, const scene& s, events& out) {
    const administrator one{s.asked.who, s.asked.as, s.asked.environment, s.now};
    std::erase_if(in.administrators, [&](const administrator& other) {
        return other.who == one.who && other.is == one.is && other.environment == one.environment;
    });
    if (!s.asked.remove) in.administrators.push_back(one);
    out.push_back(s.asked.remove ? "administrator_removed" : "administrator_added");
}

inline void do_scene(world& in, const scene& s, events& out) {
    const auto& asked = s.asked;
    if (asked.does == verb::tenant) {
        in.name = "tenant";
        in.seats = asked.seats, in.opted_in = asked.opted_in, in.plan = asked.plan, in.version = asked.version;
        in.regions = asked.regions, in.geography = asked.geography;
        for (const auto& region : in.regions) in.rings[region].latest = s.now;
        return out.push_back("tenant_created");
    }
    if (asked.does == verb::feature_on) return in.feature_on = s.now, out.push_back("feature_enabled");
    environment made;
    made.region = s.region, made.geography = asked.geography, made.is = asked.is, made.release = asked.version;
    made.has = {asked.managed, asked.dataverse, asked.licensed, asked.finance, asked.cloud_hosted};
    made.file_data = asked.file_data, made.external_logs = asked.external_logs, made.created = s.now;
    in.environments[asked.environment] = made;
    out.push_back("environment_created");
}

inline void run(world& in, const scene& s, events& out) {
    switch (s.asked.does) {
    case verb::tenant:
    case verb::feature_on:
    case verb::environment: return do_scene(in, s, out);
    case verb::admin: return do_admin(in, s, out);
    case verb::generate_key: return do_generate(in, s, out);
    case verb::upload_key: return do_upload(in, s, out);
    case verb::activate_key: return do_activate(in, s, out);
    case verb::rollback_activation: return do_rollback(in, s, out);
    case verb::lock: return do_lock(in, s, out);
    case verb::approve: return do_approve(in, s, out);
    case verb::unlock_key: return do_unlock_key(in, s, out);
    case verb::delete_environment: return delete_environment(in, s.asked.environment, out);
    case verb::backup: return do_backup(in, s, out);
    case verb::accept_clock: return do_accept_clock(in, s, out);
    case verb::notice_delivered: return do_notice(in, s, out);
    case verb::import_key: in.rings[s.region].import_key = s.asked.file.kid; return out.push_back("import_key_created");
    case verb::completed: return do_completed(in, s, out);
    case verb::failed: return do_failed(in, s, out);
    case verb::tick: return do_tick(in, s, out);
    default: return vault_verbs.has(s.asked.does) ? run_vault(in, s, out) : begin(in, s, out);
    }
}

} // namespace second_model
