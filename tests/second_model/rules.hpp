// SPDX-License-Identifier: Apache-2.0
// The rules that can refuse, as a table: id, profiles, what is judged, when it is broken, the code, and when time
// would cure it. Every row speaks for itself; a refusal is all rows that are broken. Depends on world.hpp.
//     for (const row& one : rules) if (judges(one, scene) && one.broken(scene)) ...
#pragma once

#include "world.hpp"

#include <initializer_list>

namespace second_model {

// --- what several rows ask ---

inline bool uploads(const scene& s) {
    return s.asked.does == verb::upload_key || s.asked.does == verb::lock || s.asked.does == verb::unlock_key;
}

/// The name that a destructive operation on an environment must have typed.
inline bool name_mistyped(const scene& s) {
    const auto& name = s.asked.does == verb::restore || s.asked.does == verb::copy ? s.asked.target : s.asked.environment;
    return s.asked.confirmation != name;
}
inline bool production_mistyped(const scene& s) { return s.on && s.on->is == kind::production && name_mistyped(s); }

/// 72 h run from the later of the activation and the last completed apply.
inline std::optional<instant> lockable_from(const scene& s) {
    if (!s.here || !s.here->effective_at) return std::nullopt;
    instant from = std::max(*s.here->effective_at, s.here->applied_at.value_or(std::numeric_limits<instant>::min()));
    return from + 72 * hour;
}

/// In `recommended` they run also from the first delivery of the notice to somebody else.
inline std::optional<instant> lockable_once_known(const scene& s) {
    if (!s.here || !s.here->delivered_at) return std::nullopt;
    return *s.here->delivered_at + 72 * hour;
}
inline bool behind(const scene& s) { return s.here && s.asked.at < s.here->latest; }
inline std::optional<instant> latest_here(const scene& s) { return s.here->latest; }
inline bool too_few_administrators(const scene& s) {
    std::set<std::string> people;
    for (const auto& one : s.in.administrators)
        if (one.is == role::tenant_admin) people.insert(one.who);
    return people.size() < 2;
}
inline bool tenant_administrator(const scene& s, const std::string& who) {
    return std::ranges::any_of(s.in.administrators,
                               [&](const administrator& one) { return one.who == who && one.is == role::tenant_admin; });
}
inline bool undelivered(const scene& s) { return s.here && s.here->effective_at && !s.here->delivered_at; }

inline const material* locked_material(const scene& s) {
    const auto* name = s.here ? s.here->in_state(key_state::locked) : nullptr;
    return name ? &s.here->keys.at(*name).is : nullptr;
}

inline bool lockable(const environment& one) { return one.customers && !one.locked && one.now != doing::resetting; }

inline bool held_elsewhere(const scene& s) {
    return std::ranges::any_of(s.in.rings, [&](const auto& other) {
        return other.first != s.region && std::ranges::any_of(other.second.keys, [&](const auto& one) {
                   return one.second.is.name == s.asked.file.name && one.second.in_use();
               });
    });
}
inline bool held_here(const scene& s) {
    return s.here && std::ranges::any_of(s.here->keys,
                                         [&](const auto& one) { return one.second.is.name == s.asked.file.name && one.second.in_use(); });
}

/// The key of the customer's vault that an environment is on; empty for the provider's.
inline std::string key_of_policy(const scene& s, const environment& one) {
    const auto* of = find(s.in.policies, one.policy);
    return one.region + "/" + (of ? of->vault + "/" + of->key : std::string{});
}

/// Rule 13: the same ring and the same key. A ring has one Active key, and what was wrapped under the one before it is
/// wrapped again; a backup whose environment has changed hands since is under neither key.
inline bool same_protector(const scene& s, const environment& a, const environment& b) {
    if (s.in.plays == profile::enterprise_policy)
        return a.customers == b.customers && (!a.customers || key_of_policy(s, a) == key_of_policy(s, b));
    if (a.customers != b.customers) return false;
    return a.region == b.region || !a.customers;
}
inline bool same_protector(const scene& s, const backup& a, const environment& b) {
    if (s.in.plays == profile::enterprise_policy) return a.customers == b.customers && s.from && same_protector(s, *s.from, b);
    if (a.customers != b.customers || (s.from && s.from->customers != b.customers)) return false;
    return a.region == b.region || !a.customers;
}

/// Asked of the target's ring: there its data key would have to be opened.
inline std::string print_of_policy(const scene& s, const environment& one) {
    const auto* of = find(s.in.policies, one.policy);
    return of ? of->versions.front().material : std::string{};
}

/// In a vault of the customer's: held is what is of now, what the environment brought into its policy, and what was
/// taken under the key of the policy that it is in. A policy that it has left covers it no more: nobody could revoke that.
inline bool version_gone(const scene& s) {
    if (!s.stored || !s.from || s.stored->version == s.from->version) return false;
    if (s.from->policy.empty()) return true;
    if (s.stored->customers) return s.stored->print != print_of_policy(s, *s.from);
    return s.stored->version != s.from->came_with;
}
inline bool key_of_backup_gone(const scene& s) {
    if (!s.stored || s.stored->deleted) return false;
    if (s.stored->lost || (s.stored->on_ring && s.stored->region != s.region)) return true; // that ring's key opens it
    return s.in.plays == profile::enterprise_policy ? version_gone(s) : s.stored->on_ring && !s.active();
}

inline bool cancels_installation(const scene& s) {
    return s.asked.does == verb::rollback_activation && s.here && s.here->installing && s.here->installing->by_way_of == cause::activate &&
           !s.here->installing->previous.empty();
}

/// What a rollback would undo.
inline const installation* last_activation(const scene& s) {
    if (!s.here) return nullptr;
    if (cancels_installation(s)) return &*s.here->installing;
    return s.here->last_activation ? &*s.here->last_activation : nullptr;
}
/// By the key and not by its name: it may have come again.
inline const std::string* key_before(const ring& here, const installation& last) {
    for (const auto& [name, one] : here.keys)
        if ((one.state == key_state::available || one.state == key_state::installing) && one.is.name == last.previous_material)
            return &name;
    return nullptr;
}
inline bool nothing_to_roll_back(const scene& s) {
    const auto* last = last_activation(s);
    if (!last || last->by_way_of != cause::activate || last->previous.empty()) return true;
    if (cancels_installation(s)) return false;
    return key_before(*s.here, *last) == nullptr;
}

inline instant passed(std::optional<instant> from, instant window) { return from ? *from + window : std::numeric_limits<instant>::min(); }
inline bool within(const scene& s, std::optional<instant> from, instant window) { return s.now < passed(from, window); }

/// Whether what a report is about is under way.
inline bool under_way(const scene& s) {
    // An installation not finished within the hour has fallen back, and whoever says so is right.
    const bool installing = s.here && s.here->installing && (s.asked.does == verb::failed || s.now < s.here->installing->since + hour);
    const bool overwriting = s.on && s.on->now == doing::overwriting && s.on->overwrites == s.asked.of;
    if (s.asked.does == verb::failed && (s.asked.of == work::reset || s.asked.of == work::lock)) return false; // these only go forward
    if (s.in.plays == profile::dynamics_365) { // no Installing: the change has happened, and its work only goes forward
        if (s.asked.of == work::activation) return s.here && s.here->changing && s.asked.does == verb::completed;
        const bool late = s.asked.does == verb::completed && s.here && s.here->unlocking && s.now >= *s.here->unlocking + hour;
        if (s.asked.of == work::unlock_key) return s.here && s.here->unlocking && !late;
    }
    switch (s.asked.of) {
    case work::activation: return installing && s.here->installing->by_way_of != cause::unlock;
    case work::unlock_key: return installing && s.here->installing->by_way_of == cause::unlock;
    case work::lock: return s.here && s.here->lock && !s.here->lock->completed;
    case work::apply: return s.on && s.on->now == doing::applying;
    case work::giving_back: return s.on && s.on->now == doing::returning;
    case work::rewrap: return false; // the core has no such report: the activation's own says it
    case work::reset: return s.on && s.on->now == doing::resetting;
    case work::unlock_environment: return s.on && s.on->now == doing::unlocking;
    case work::restore:
    case work::copy: return overwriting;
    }
    return false;
}

inline bool undone_by_a_lock(work of) {
    return of == work::apply || of == work::giving_back || of == work::restore || of == work::copy || of == work::unlock_environment;
}

inline bool names_holder(const scene& s) {
    return std::ranges::any_of(s.in.administrators, [&](const administrator& one) {
        return one.who == s.asked.who && one.is == s.asked.as && one.environment == s.asked.environment;
    });
}

// --- the table ---

inline constexpr unsigned power_platform = 1, recommended = 2, dynamics_365 = 4, enterprise_policy = 8;
inline constexpr unsigned tenant_key = power_platform | recommended;
inline constexpr unsigned own_key = tenant_key | dynamics_365;

struct verbs {
    std::uint64_t bits = 0;
    constexpr verbs(std::initializer_list<verb> list) {
        for (auto one : list) bits |= std::uint64_t{1} << static_cast<unsigned>(one);
    }
    constexpr bool has(verb one) const { return (bits >> static_cast<unsigned>(one) & 1) != 0; }
};

struct row {
    std::string_view rule;
    unsigned profiles;
    verbs judges;
    std::string_view code;
    bool (*broken)(const scene&);
    std::optional<instant> (*not_before)(const scene&) = nullptr;
    bool otherwise = false; ///< said only when the row above, of the same rule, has nothing to say
};

inline constexpr verbs eligible_verbs{verb::generate_key, verb::upload_key, verb::activate_key, verb::apply_key};
inline constexpr verbs barred_by_a_lock{
    verb::lock,    verb::approve, verb::unlock_key, verb::unlock_environment, verb::apply_key, verb::return_to_provider,
    verb::restore, verb::copy,    verb::reset};
inline constexpr verbs file_verbs{verb::upload_key, verb::lock, verb::unlock_key};
inline constexpr verbs environment_verbs{
    verb::apply_key, verb::return_to_provider, verb::unlock_environment, verb::delete_environment, verb::backup, verb::restore, verb::copy,
    verb::reset};

inline constexpr auto never = nullptr;
inline constexpr bool otherwise = true;

inline const row rules[] = {
    {"H01", own_key | enterprise_policy, environment_verbs, "not_found", [](const scene& s) { return !s.on; }},
    {"H01", own_key | enterprise_policy, {verb::open}, "not_found", [](const scene& s) { return !s.on; }},
    {"H01", own_key | enterprise_policy, {verb::copy, verb::restore}, "not_found", [](const scene& s) { return !s.from; }},
    {"H01", own_key | enterprise_policy, {verb::backup}, "already_exists", [](const scene& s) { return s.stored != nullptr; }},
    {"H01",
     own_key | enterprise_policy,
     {verb::environment},
     "already_exists",
     [](const scene& s) { return s.on || s.in.gone.contains(s.asked.environment); }},
    {"H01",
     own_key | enterprise_policy,
     {verb::generate_key, verb::upload_key},
     "already_exists",
     [](const scene& s) { return s.chosen && s.chosen->in_use(); }},
    {"T20",
     own_key | enterprise_policy,
     {verb::return_to_provider},
     "not_customer_managed",
     [](const scene& s) { return s.on && !s.on->customers; }},
    {"H01",
     own_key | enterprise_policy,
     {verb::admin},
     "already_exists",
     [](const scene& s) { return !s.asked.remove && names_holder(s); }},
    {"H01", own_key | enterprise_policy, {verb::admin}, "not_found", [](const scene& s) { return s.asked.remove && !names_holder(s); }},
    {"H03",
     own_key | enterprise_policy,
     {verb::completed},
     "operation_in_progress",
     [](const scene& s) { // a lock completes only when what was under way is undone or done
         return s.asked.of == work::lock && under_way(s) && std::ranges::any_of(s.in.environments, [&](const auto& one) {
                    return one.second.region == s.region && one.second.now != doing::nothing;
                });
     }},
    {"H03",
     own_key | enterprise_policy,
     {verb::completed},
     "lock_in_progress",
     [](const scene& s) { return undone_by_a_lock(s.asked.of) && under_way(s) && s.here && s.here->lock && !s.here->lock->completed; }},
    {"H03", own_key | enterprise_policy, {verb::completed, verb::failed}, "not_in_progress", [](const scene& s) { return !under_way(s); }},
    {"T01", tenant_key, eligible_verbs, "not_eligible", [](const scene& s) { return s.in.seats <= 1000 || !s.in.opted_in; }},
    {"T02", tenant_key, eligible_verbs, "feature_off", [](const scene& s) { return !s.in.feature_on; }},
    {"T02",
     tenant_key,
     {verb::apply_key},
     "environment_predates_feature",
     [](const scene& s) { return s.on && s.in.feature_on && s.on->created <= *s.in.feature_on; }},
    {"T03",
     tenant_key,
     {verb::apply_key},
     "unsupported_storage",
     [](const scene& s) { return s.on && (s.on->file_data || s.on->external_logs); }},
    // At a lock and an unlock the key is one that was accepted before; of its file only that it can be read matters.
    {"T06", own_key, {verb::upload_key}, "bad_format", [](const scene& s) { return s.asked.file.in == format::other; }},
    {"T06", own_key, {verb::upload_key}, "bad_key_type", [](const scene& s) { return s.readable() && s.asked.file.type != "rsa"; }},
    {"T06", own_key, {verb::upload_key}, "bad_key_size", [](const scene& s) { return s.readable() && s.asked.file.bits != 2048; }},
    {"T06",
     own_key,
     {verb::upload_key},
     "pfx_without_password",
     [](const scene& s) { return s.asked.file.in == format::pfx && s.asked.file_password.empty(); }},
    {"T07",
     own_key,
     {verb::upload_key, verb::unlock_key},
     "missing_private_key",
     [](const scene& s) { return s.readable() && !s.asked.file.private_half; }},
    {"T08", own_key, file_verbs, "byok_wrong_binding",
     [](const scene& s) {
         return s.asked.file.in == format::byok && (!s.here || s.here->import_key.empty() || s.here->import_key != s.asked.file.kid);
     }},
    {"T10",
     own_key,
     {verb::generate_key, verb::upload_key, verb::activate_key, verb::apply_key, verb::return_to_provider},
     "acknowledgement_required",
     [](const scene& s) { return !s.asked.acknowledged; }},
    {"T11",
     tenant_key,
     {verb::generate_key, verb::upload_key},
     "region_required",
     [](const scene& s) { return s.asked.region.empty() && s.in.regions.size() > 1; }},
    {"T11", tenant_key, {verb::generate_key, verb::upload_key}, "key_name_required", [](const scene& s) { return s.asked.key.empty(); }},
    {"T12",
     tenant_key,
     {verb::generate_key},
     "password_mismatch",
     [](const scene& s) { return s.asked.password != s.asked.password_again; }},
    {"T13",
     own_key,
     {verb::upload_key},
     "wrong_password",
     [](const scene& s) { return !s.asked.corrupt && s.asked.password != s.asked.file_password; }},
    {"T13", own_key, {verb::upload_key}, "corrupt", [](const scene& s) { return s.asked.corrupt; }},
    {"T15",
     tenant_key,
     {verb::activate_key},
     "not_available",
     [](const scene& s) { return !s.chosen || s.chosen->state != key_state::available; }},
    {"T15", tenant_key, {verb::activate_key}, "not_confirmed", [](const scene& s) { return !s.asked.confirmed; }},
    {"T16",
     tenant_key,
     {verb::activate_key, verb::rollback_activation},
     "locked_environments_exist",
     [](const scene& s) { return s.any_locked(); }},
    {"T17",
     tenant_key,
     {verb::activate_key},
     "activation_cooldown",
     [](const scene& s) { return s.here && within(s, s.here->effective_at, 24 * hour); },
     [](const scene& s) { return std::optional{passed(s.here->effective_at, 24 * hour)}; }},
    {"T18",
     own_key,
     {verb::lock, verb::approve},
     "lock_cooldown",
     [](const scene& s) { return lockable_from(s) && s.now < *lockable_from(s); },
     lockable_from},
    {"T19",
     own_key | enterprise_policy,
     {verb::apply_key},
     "not_provider_managed",
     [](const scene& s) { return s.on && (s.on->customers || s.on->locked); }},
    {"T19", own_key, {verb::apply_key}, "no_active_key", [](const scene& s) { return !s.active(); }, never, otherwise},
    {"T19", own_key, {verb::apply_key}, "not_confirmed", [](const scene& s) { return !s.asked.confirmed; }},
    {"T19",
     own_key,
     {verb::open},
     "operation_in_progress",
     [](const scene& s) { return s.on && s.on->now != doing::nothing && s.on->now != doing::unlocking; }},
    {"T20", tenant_key, {verb::return_to_provider}, "confirmation_mismatch", production_mistyped},
    {"T20", own_key, {verb::return_to_provider}, "not_confirmed", [](const scene& s) { return !s.asked.confirmed; }},
    {"T21", own_key, {verb::lock, verb::approve}, "no_active_key", [](const scene& s) { return !s.active(); }},
    {"T21",
     own_key,
     {verb::lock},
     "wrong_key",
     [](const scene& s) { return s.active() && s.readable() && s.active()->is.name != s.asked.file.name; }},
    {"T21",
     own_key,
     {verb::lock},
     "missing_private_key",
     [](const scene& s) { return s.active() && s.readable() && !s.asked.file.private_half; },
     never,
     otherwise},
    {"T21",
     own_key,
     {verb::approve},
     "wrong_key",
     [](const scene& s) { return s.active() && s.here->request && s.here->request->material != s.active()->is.name; }},
    {"T21",
     own_key,
     {verb::lock},
     "wrong_password",
     [](const scene& s) { return !s.asked.corrupt && s.asked.password != s.asked.file_password; }},
    {"T21", own_key, {verb::lock}, "corrupt", [](const scene& s) { return s.asked.corrupt; }},
    {"T21",
     own_key,
     {verb::lock, verb::approve},
     "confirmation_mismatch",
     [](const scene& s) {
         return s.asked.confirmation != (s.in.plays == profile::dynamics_365 ? s.asked.environment : "lock " + s.in.name);
     }},
    {"T21",
     own_key,
     {verb::lock, verb::approve},
     "nothing_to_lock",
     [](const scene& s) {
         return std::ranges::none_of(s.in.environments,
                                     [&](const auto& one) { return one.second.region == s.region && lockable(one.second); });
     }},
    {"T22",
     own_key | enterprise_policy,
     {verb::open, verb::return_to_provider, verb::backup, verb::copy},
     "environment_locked",
     [](const scene& s) { return (s.on && s.on->locked) || (s.asked.does == verb::copy && s.same_ring() && s.from->locked); }},
    {"T23", own_key, barred_by_a_lock, "lock_in_progress",
     [](const scene& s) { return s.here && s.here->lock && !s.here->lock->completed; }},
    {"T24",
     tenant_key,
     {verb::unlock_key, verb::unlock_environment},
     "unlock_cooldown",
     [](const scene& s) { return s.here && s.here->lock && s.now < s.here->lock->unlockable(); },
     [](const scene& s) { return std::optional{s.here->lock->unlockable()}; }},
    {"T25",
     own_key | enterprise_policy,
     {verb::restore},
     "environment_locked",
     [](const scene& s) { return (s.on && s.on->locked) || (s.from && s.from->locked); }},
    {"T26", tenant_key, {verb::unlock_environment}, "retention_expired", [](const scene& s) { return s.on && s.on->overdue(s.now); }},
    // Whether an unlock_key is refused when nothing is left that it could open is not said; judged by the newest lock.
    {"T26",
     tenant_key,
     {verb::unlock_key},
     "retention_expired",
     [](const scene& s) {
         return s.here && s.here->deadline && !s.here->held && s.now >= *s.here->deadline &&
                std::ranges::any_of(s.in.environments, [&](const auto& one) { return one.second.region == s.region && one.second.locked; });
     }},
    {"T27", own_key, {verb::unlock_key}, "not_locked", [](const scene& s) { return !locked_material(s); }},
    {"T27",
     own_key,
     {verb::unlock_key},
     "wrong_key",
     [](const scene& s) { return locked_material(s) && s.readable() && locked_material(s)->name != s.asked.file.name; }},
    {"T27",
     own_key,
     {verb::unlock_key},
     "wrong_password",
     [](const scene& s) { return !s.asked.corrupt && s.asked.password != s.asked.file_password; }},
    {"T27", own_key, {verb::unlock_key}, "corrupt", [](const scene& s) { return s.asked.corrupt; }},
    {"T28", tenant_key, {verb::unlock_environment}, "not_locked", [](const scene& s) { return s.on && !s.on->locked; }},
    {"T28", tenant_key, {verb::unlock_environment}, "key_not_active", [](const scene& s) { return !s.active(); }, never, otherwise},
    {"T28", tenant_key, {verb::unlock_environment}, "not_confirmed", [](const scene& s) { return !s.asked.confirmed; }},
    {"T29", tenant_key, {verb::generate_key, verb::upload_key}, "locked_environments_exist", [](const scene& s) { return s.any_locked(); }},
    {"T30",
     tenant_key | enterprise_policy,
     {verb::restore},
     "key_mismatch",
     [](const scene& s) { return s.on && s.stored && s.asked.target != s.stored->environment && !same_protector(s, *s.stored, *s.on); }},
    {"T30", tenant_key | enterprise_policy, {verb::restore}, "key_version_unavailable", key_of_backup_gone},
    {"T30",
     tenant_key | enterprise_policy,
     {verb::restore},
     "backup_deleted",
     [](const scene& s) { return s.stored && s.stored->deleted; }},
    {"T30", tenant_key | enterprise_policy, {verb::restore}, "confirmation_mismatch", production_mistyped},
    {"T31",
     tenant_key | enterprise_policy,
     {verb::copy},
     "same_environment",
     [](const scene& s) { return s.asked.source == s.asked.target; }},
    {"T31",
     tenant_key | enterprise_policy,
     {verb::copy},
     "key_mismatch",
     [](const scene& s) { return s.on && s.from && !same_protector(s, *s.from, *s.on); }},
    {"T31", tenant_key | enterprise_policy, {verb::copy}, "confirmation_mismatch", production_mistyped},
    {"T32",
     tenant_key | enterprise_policy,
     {verb::copy},
     "support_environment_not_customer_managed",
     [](const scene& s) { // source 001:281: created for a customer managed environment; the row says it without condition
         const auto left_out = [](const environment* one, const environment* other) {
             return one && other && one->is == kind::support_investigation && !one->customers && other->customers;
         };
         return left_out(s.on, s.from);
     }},
    {"T33", tenant_key | enterprise_policy, {verb::reset}, "environment_locked", [](const scene& s) { return s.on && s.on->locked; }},
    {"T33", tenant_key | enterprise_policy, {verb::reset}, "confirmation_mismatch", production_mistyped},
    {"T36", own_key | enterprise_policy, {verb::delete_environment}, "confirmation_mismatch", name_mistyped},
    {"T36", own_key | enterprise_policy, environment_verbs, "operation_in_progress",
     [](const scene& s) { return s.busy(s.on) || s.busy(s.from); }},
    {"G05",
     tenant_key | enterprise_policy,
     {verb::restore, verb::copy},
     "geography_mismatch",
     [](const scene& s) { return s.on && s.from && s.on->home() != s.from->home(); }},
    {"T15",
     tenant_key,
     {verb::activate_key, verb::rollback_activation, verb::apply_key, verb::lock, verb::approve},
     "key_change_in_progress",
     [](const scene& s) { return s.here && s.here->installing && !cancels_installation(s); }},
    {"T13", own_key, {verb::upload_key}, "key_in_use", [](const scene& s) { return s.readable() && held_elsewhere(s); }},
    {"T13", own_key, {verb::upload_key}, "duplicate_key", [](const scene& s) { return s.readable() && held_here(s); }, never, otherwise},
    {"R01", recommended, {verb::rollback_activation}, "nothing_to_roll_back", nothing_to_roll_back},
    {"R01",
     recommended,
     {verb::rollback_activation},
     "self_approval",
     [](const scene& s) { return last_activation(s) && last_activation(s)->by == s.asked.by; }},
    {"R01",
     recommended,
     {verb::rollback_activation},
     "rollback_window_closed",
     [](const scene& s) {
         return !nothing_to_roll_back(s) && !cancels_installation(s) && !behind(s) && lockable_once_known(s) &&
                s.now >= std::max(*lockable_from(s), *lockable_once_known(s));
     }},
    {"R02", recommended, {verb::lock, verb::approve}, "notice_undelivered", [](const scene& s) { return s.active() && undelivered(s); }},
    {"R02",
     recommended,
     {verb::lock, verb::approve},
     "lock_cooldown",
     [](const scene& s) { return s.active() && lockable_once_known(s) && s.now < *lockable_once_known(s); },
     lockable_once_known},
    {"R03", recommended, {verb::lock, verb::approve}, "approval_required", too_few_administrators},
    {"R03", recommended, {verb::approve}, "not_in_progress", [](const scene& s) { return !s.here || !s.here->request; }},
    {"R03",
     recommended,
     {verb::approve},
     "self_approval",
     [](const scene& s) { return s.here && s.here->request && s.here->request->by == s.asked.by; }},
    {"R03",
     recommended,
     {verb::approve},
     "not_authorized",
     [](const scene& s) { return s.here && s.here->request && !tenant_administrator(s, s.here->request->by); },
     never,
     otherwise},
    {"R03",
     recommended,
     {verb::approve},
     "request_expired",
     [](const scene& s) { return s.here && s.here->request && s.now >= s.here->request->at + 24 * hour; }},
    {"R04", recommended, {verb::lock, verb::approve, verb::unlock_key, verb::unlock_environment}, "clock_frozen", behind, latest_here},
    {"R04",
     recommended,
     {verb::activate_key},
     "clock_frozen",
     [](const scene& s) { return behind(s) && s.here->effective_at; },
     latest_here},
    {"R04", recommended, {verb::accept_clock}, "not_in_progress", [](const scene& s) { return !behind(s); }},
};

// --- T05: who may ask ---

inline constexpr verbs by_tenant_admin{verb::generate_key,
                                       verb::upload_key,
                                       verb::activate_key,
                                       verb::rollback_activation,
                                       verb::lock,
                                       verb::approve,
                                       verb::unlock_key,
                                       verb::unlock_environment,
                                       verb::delete_environment,
                                       verb::accept_clock,
                                       verb::import_key,
                                       verb::apply_key,
                                       verb::return_to_provider,
                                       verb::backup,
                                       verb::restore,
                                       verb::copy,
                                       verb::reset};
inline constexpr verbs by_environment_admin{verb::apply_key, verb::return_to_provider, verb::backup, verb::restore, verb::copy,
                                            verb::reset};

/// P05: what only the vault's administrator may do, and what may be done beside that. Nothing: as anywhere.
inline std::optional<bool> authorized_in_vault(const scene& s) {
    const bool tenant_admin = s.acts_as(role::tenant_admin);
    switch (s.asked.does) {
    case verb::policy: return s.asked.as_vault || tenant_admin;
    case verb::grant:
    case verb::rotate_version:
    case verb::purge_key: return s.asked.as_vault;
    case verb::revoke: return s.asked.as_vault || s.asked.by == "system";
    case verb::request_unlock: return tenant_admin;
    case verb::approve_unlock: return s.asked.by == "provider" && !s.asked.as_vault;
    case verb::add_to_policy:
    case verb::remove_from_policy:
    case verb::integrate: return tenant_admin || s.acts_as(role::environment_admin, s.asked.environment);
    default: return std::nullopt;
    }
}

/// I03 and I11: an administrator of the tenant or of the instance; only one of the tenant unlocks or deletes (T36).
inline bool authorized_for_instance(const scene& s) {
    const bool tenant_admin = s.acts_as(role::tenant_admin), provider = s.asked.by == "provider";
    switch (s.asked.does) {
    case verb::tenant: return provider;
    case verb::admin:
    case verb::environment: return provider || tenant_admin;
    case verb::completed:
    case verb::failed: return s.asked.by == "system";
    case verb::tick: return true;
    case verb::unlock_key:
    case verb::delete_environment: return tenant_admin;
    case verb::generate_key:
    case verb::upload_key:
    case verb::import_key:
    case verb::lock:
    case verb::apply_key:
    case verb::return_to_provider:
    case verb::backup:
    case verb::restore:
    case verb::open:
        if (tenant_admin || (!s.on && !s.in.gone.contains(s.asked.environment)))
            return tenant_admin; // an administrator of an instance, for their own only: of both
        if (s.asked.does == verb::restore && !s.acts_as(role::environment_admin, s.asked.source)) return false;
        return s.acts_as(role::environment_admin, s.asked.does == verb::restore ? s.asked.target : s.asked.environment);
    default: return false; // the profile has no such command
    }
}

/// A system administrator of an environment, for its own environments only: of both for a copy.
inline bool authorized(const scene& s) {
    const bool provider = s.asked.by == "provider", system = s.asked.by == "system";
    if (s.in.plays == profile::dynamics_365) return authorized_for_instance(s);
    if (s.in.plays == profile::enterprise_policy)
        if (const auto answer = authorized_in_vault(s)) return *answer;
    if (s.asked.as_vault) return s.asked.does == verb::tick;
    switch (s.asked.does) {
    case verb::tenant:
    case verb::feature_on: return provider; // T01, T02
    case verb::open: return s.acts_as(role::tenant_admin) || s.acts_as(role::environment_admin, s.asked.environment);
    // Of these the rules are silent: the provider, and a tenant administrator.
    case verb::admin:
    case verb::environment: return provider || s.acts_as(role::tenant_admin);
    case verb::completed:
    case verb::failed:
    case verb::notice_delivered: return system;
    default: break;
    }
    if (!by_tenant_admin.has(s.asked.does)) return true;
    if (s.acts_as(role::tenant_admin)) return true;
    if (!by_environment_admin.has(s.asked.does)) return false;
    const bool onto = s.asked.does == verb::restore || s.asked.does == verb::copy;
    if (!s.acts_as(role::environment_admin, onto ? s.asked.target : s.asked.environment)) return false;
    return s.asked.does != verb::copy || s.acts_as(role::environment_admin, s.asked.source);
}

} // namespace second_model
