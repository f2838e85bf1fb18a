// SPDX-License-Identifier: Apache-2.0
// What the second model knows of one tenant, and the questions that its rules ask of it. Plain data: `effects.hpp`
// changes it, `rules.hpp` only looks. Depends on vocabulary.hpp.
//     world tenant{.plays = profile::power_platform};
#pragma once

#include "vocabulary.hpp"

#include <algorithm>
#include <limits>
#include <map>

namespace second_model {

enum class key_state { available, installing, active, locked, deleted, retired, replaced }; ///< replaced: until the re-wrap is done

struct key {
    material is;
    key_state state = key_state::available;
    bool in_use() const { return state != key_state::deleted && state != key_state::retired; }
};

/// How an installation came about; what may be undone depends on it.
enum class cause { first_upload, activate, rollback, unlock };

struct installation {
    std::string key;
    cause by_way_of = cause::activate;
    std::string by;
    instant since = 0;
    std::string previous, previous_material; ///< the key that was Active when it began, or nothing
};

struct lock_of_ring {
    std::string key;
    instant requested = 0;
    std::optional<instant> completed;
    instant unlockable() const { return std::max(requested + hour, completed.value_or(0)); }
};

struct lock_request {
    std::string by, key, material;
    instant at = 0;
};

/// One (tenant, region) pair.
struct ring {
    std::map<std::string, key> keys;
    bool ever_accepted_activation = false;
    std::optional<installation> installing;
    std::optional<installation> last_activation; ///< the one that `effective_at` belongs to
    std::optional<instant> effective_at, applied_at, delivered_at;
    std::optional<lock_of_ring> lock;
    std::optional<lock_request> request;
    std::optional<instant> deadline; ///< of the environments of its newest lock
    bool held = false;
    bool changing = false; ///< dynamics_365: the key is in use, the work that this means goes on
    std::optional<instant> unlocking; ///< likewise, since when
    std::string import_key;
    std::string clock_by; ///< who vouched first for a clock that is behind, and for which
    instant clock = 0;
    instant latest = std::numeric_limits<instant>::min(); ///< the latest moment ever committed here

    const std::string* in_state(key_state state) const {
        for (const auto& [name, one] : keys)
            if (one.state == state) return &name;
        return nullptr;
    }
};

/// Where nothing is deleted by time.
inline constexpr instant no_deadline = std::numeric_limits<instant>::max() / 2;

enum class doing { nothing, applying, returning, unlocking, overwriting, resetting };

/// What an environment shows of itself when it is put under a policy.
struct traits {
    bool managed = true, dataverse = true, licensed = true, finance = false, cloud_hosted = false;
};

struct environment {
    std::string policy, organisation; ///< empty: in none; not integrated
    traits has;
    std::string region, geography, release;
    kind is = kind::production;
    bool file_data = false, external_logs = false;
    instant created = 0;
    unsigned version = 1, came_with = 0; ///< of its own keys: now, and when it came into its policy
    bool customers = false; ///< under the customer's key, else under the provider's
    doing now = doing::nothing;
    work overwrites = work::restore;
    bool locked = false;             ///< from the start of the lock, locking and unlocking included
    std::optional<instant> deadline; ///< of a locked one, once the lock is completed
    std::optional<instant> found_overdue; ///< by the first of the two ticks of `recommended`
    bool held = false;                                      ///< an unlock_key accepted in time holds the deadline

    /// Without one of its own, an environment's geography is that of its region.
    const std::string& home() const { return geography.empty() ? region : geography; }
    bool busy() const { return now != doing::nothing || (locked && !deadline); }
    bool overdue(instant at) const { return locked && deadline && !held && at >= *deadline; }
};

struct backup {
    std::string environment, region, vault_key, print;
    unsigned version = 0; ///< of its environment's own keys
    bool customers = false; ///< under the customer's key when it was taken
    bool on_ring = false;   ///< what opens it now is kept under the ring's key
    bool deleted = false;
    bool lost = false; ///< the key that would open it is gone for good
};

/// One role of one person; an administrator of several environments has one for each.
struct administrator {
    std::string who;
    role is = role::tenant_admin;
    std::string environment;
    instant since = 0;
};

struct key_version {
    std::string material;
    std::optional<instant> replaced_at;
    bool purged = false;
};

/// A policy of a customer's own vault: it names a key, and offline are all its environments or none.
struct vault_policy {
    std::string region, vault, key, granted_by, requested_by;
    std::vector<key_version> versions; ///< the last one is in force
    bool get = false, wrap = false, unwrap = false, revoked = false, deleted = false, purged = false, purge_protection = true;
    instant revoked_at = 0, soft_delete = 0;
    std::optional<instant> key_deleted_at;
    std::set<std::string> causes;
    bool complete() const { return get && wrap && unwrap; }
};

struct world {
    profile plays = profile::power_platform;
    std::string name;
    unsigned seats = 0;
    bool opted_in = false;
    std::vector<std::string> regions;
    std::string geography, version, plan;
    std::optional<instant> feature_on;
    std::vector<administrator> administrators;
    std::map<std::string, environment> environments;
    std::set<std::string> gone; ///< names of deleted environments: the rules do not say that one may come again
    std::map<std::string, ring> rings;
    std::map<std::string, backup> backups;
    std::map<std::string, vault_policy> policies;
};

template <class Map>
auto find(Map& map, const std::string& name) -> decltype(&map.begin()->second) {
    const auto found = map.find(name);
    return found == map.end() ? nullptr : &found->second;
}

/// An operation with all that it names looked up. Pointers are null where nothing of that name exists.
struct scene {
    const world& in;
    const operation& asked;
    instant now;
    std::string region;
    const ring* here = nullptr;
    const environment* on = nullptr;   ///< the environment, or the target of restore and copy
    const environment* from = nullptr; ///< the source of a copy, the origin of a backup
    const key* chosen = nullptr;
    const vault_policy* under = nullptr; ///< the operation's own policy, or its environment's
    const backup* stored = nullptr;

    /// Whether the actor holds a role; for an environment's administrator, of that environment.
    bool acts_as(role as, const std::string& environment = {}) const {
        return std::ranges::any_of(in.administrators, [&](const administrator& one) {
            return !asked.as_vault && one.who == asked.by && one.is == as && one.environment == environment;
        });
    }
    bool any_locked() const {
        return std::ranges::any_of(in.environments, [&](const auto& one) { return one.second.region == region && one.second.locked; });
    }
    const key* active() const {
        const auto* name = here ? here->in_state(key_state::active) : nullptr;
        return name ? &here->keys.at(*name) : nullptr;
    }
    /// In any -ing state; rewrapping is that of every environment on the ring's key while another one is installing.
    bool busy(const environment* one) const {
        if (!one) return false;
        const auto* ring_of = find(in.rings, one->region);
        const bool rewrapping =
            one->region == region && one->customers && !one->locked && ring_of && (ring_of->installing || ring_of->changing);
        return one->busy() || rewrapping;
    }
    bool same_ring() const { return from && from->region == region; }
    bool readable() const { return !asked.corrupt && asked.file_password == asked.password; }
};

inline scene look(const world& in, const operation& asked) {
    scene out{.in = in, .asked = asked, .now = asked.at, .region = asked.region};
    const bool onto = asked.does == verb::restore || asked.does == verb::copy;
    out.on = find(in.environments, onto ? asked.target : asked.environment);
    out.stored = find(in.backups, asked.backup);
    if (asked.does == verb::copy) out.from = find(in.environments, asked.source);
    if (asked.does == verb::restore && out.stored) out.from = find(in.environments, out.stored->environment);
    if (out.on && asked.does != verb::environment && asked.does != verb::admin) out.region = out.on->region;
    const bool names_policy = !asked.policy.empty();
    out.under = find(in.policies, names_policy || !out.on ? asked.policy : out.on->policy);
    if (names_policy && out.under && asked.does != verb::add_to_policy && asked.does != verb::policy) out.region = out.under->region;
    if (in.plays == profile::dynamics_365) // a ring is one instance, and has its name
        out.region = asked.does == verb::admin ? std::string{} : onto ? asked.target : asked.environment;
    else if (out.region.empty() && !in.regions.empty())
        out.region = in.regions.front();
    out.here = find(in.rings, out.region);
    if (out.here) out.now = std::max(out.here->latest, asked.at);
    if (out.here) out.chosen = find(out.here->keys, asked.key);
    return out;
}

} // namespace second_model
