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

enum class key_state { available, installing, active, locked, deleted, retired };

struct key {
    material is;
    key_state state = key_state::available;
};

/// How an installation came about; what may be undone depends on it.
enum class cause { first_upload, activate, rollback, unlock };

struct installation {
    std::string key;
    cause by_way_of = cause::activate;
    std::string by;
    instant since = 0;
    std::string previous; ///< the key that was Active when it began, or nothing
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
    std::string import_key;

    const std::string* in_state(key_state state) const {
        for (const auto& [name, one] : keys)
            if (one.state == state) return &name;
        return nullptr;
    }
};

enum class doing { nothing, applying, rewrapping, returning, locking, locked, unlocking, overwriting, resetting, deleted };

struct environment {
    std::string region, geography;
    kind is = kind::production;
    bool file_data = false, external_logs = false;
    instant created = 0;
    bool customers = false; ///< under the customer's key, else under the provider's
    doing now = doing::nothing;
    work overwrites = work::restore;
    instant deadline = std::numeric_limits<instant>::max(); ///< of a locked one
    bool held = false;                                      ///< an unlock_key accepted in time holds the deadline

    bool is_locked() const { return now == doing::locking || now == doing::locked || now == doing::unlocking; }
    bool busy() const { return now != doing::nothing && now != doing::locked && now != doing::deleted; }
    bool expired(instant at) const { return now == doing::locked && !held && at >= deadline; }
};

struct backup {
    std::string environment, region, key; ///< `key` is empty for the provider's
    bool deleted = false;
};

/// One role of one person; an administrator of several environments has one for each.
struct administrator {
    std::string who;
    role is = role::tenant_admin;
    std::string environment;
    instant since = 0;
};

struct world {
    profile plays = profile::power_platform;
    instant latest = std::numeric_limits<instant>::min();
    std::string name;
    unsigned seats = 0;
    bool opted_in = false;
    std::vector<std::string> regions;
    std::string geography, version, plan;
    std::optional<instant> feature_on;
    std::vector<administrator> administrators;
    std::map<std::string, environment> environments;
    std::map<std::string, ring> rings;
    std::map<std::string, backup> backups;
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
    const backup* stored = nullptr;

    /// Whether the actor holds a role; for an environment's administrator, of that environment.
    bool acts_as(role as, const std::string& environment = {}) const {
        return std::ranges::any_of(in.administrators, [&](const administrator& one) {
            return one.who == asked.who && one.is == as && one.environment == environment;
        });
    }
    bool any_locked() const {
        return std::ranges::any_of(in.environments, [&](const auto& one) { return one.second.region == region && one.second.is_locked(); });
    }
    const key* active() const {
        const auto* name = here ? here->in_state(key_state::active) : nullptr;
        return name ? &here->keys.at(*name) : nullptr;
    }
    bool readable() const { return !asked.corrupt && asked.file_password == asked.password; }
};

inline scene look(const world& in, const operation& asked) {
    scene out{.in = in, .asked = asked, .now = std::max(in.latest, asked.at), .region = asked.region};
    const bool onto = asked.does == verb::restore || asked.does == verb::copy;
    out.on = find(in.environments, onto ? asked.target : asked.environment);
    out.stored = find(in.backups, asked.backup);
    if (asked.does == verb::copy) out.from = find(in.environments, asked.source);
    if (asked.does == verb::restore && out.stored) out.from = find(in.environments, out.stored->environment);
    if (out.on && asked.does != verb::environment) out.region = out.on->region;
    if (out.region.empty() && in.regions.size() == 1) out.region = in.regions.front();
    out.here = find(in.rings, out.region);
    if (out.here) out.chosen = find(out.here->keys, asked.key);
    return out;
}

} // namespace second_model
