// SPDX-License-Identifier: Apache-2.0
// Who may ask for what, once more and apart from the profile's grants; and what may be wrong with a command that is
// otherwise as it should be.
// Depends on: world.
#pragma once

#include "world.hpp"

namespace keywright::model {

struct right {
    bool tenant = false;      ///< an administrator of the tenant
    bool environments = false; ///< one of all environments that the command is about
    bool target = false;      ///< one of the environment that it changes
    bool provider = false;
    bool system = false;
};

template <class C>
constexpr right right_to() {
    if constexpr (types<generate_key, upload_key, activate_key, rollback_activation, lock, approve_lock, unlock_key, unlock_environment,
                        delete_environment, create_import_key, accept_clock>::contains<C>)
        return {.tenant = true};
    else if constexpr (types<apply_key, return_to_provider, reset, take_backup, open_environment, copy>::contains<C>)
        return {.tenant = true, .environments = true};
    else if constexpr (std::is_same_v<C, restore>)
        return {.tenant = true, .target = true};
    else if constexpr (types<create_environment, add_administrator, remove_administrator>::contains<C>)
        return {.tenant = true, .provider = true};
    else if constexpr (std::is_same_v<C, enable_feature>)
        return {.provider = true};
    else
        return {.system = true};
}

/// Everybody whom a command is put in the name of: alice, erin, somebody without a role, the provider, the system.
inline constexpr std::array<actor, 5> everybody{person(0), person(2), actor{admin_id("mallory")},
                                                actor{admin_id("provider"), principal::provider}, the_system};

template <class C>
bool may(const world& w, const about& a, const actor& who) {
    constexpr right r = right_to<C>();
    if (who.as == principal::provider) return r.provider;
    if (who.as == principal::system) return r.system;
    const std::size_t n = person_number(who.who);
    bool there = false;
    for (const administrator& each : w.tenant.administrators) there = there || each.who == who.who;
    if (!there || n >= max_people) return false;
    if (n < 2) return r.tenant;
    const bool target = a.ring == 0 && a.environment == 0; // erin's
    const bool all = target && (a.source == about::none || a.source == 0);
    return (r.target && target) || (r.environments && all);
}

/// Calls visit(command) for each way in which a command that is as it should be may be spoilt. Every one is refused.
template <class C, class Visit>
void for_each_fault(const C& good, const about& a, const Visit& visit) {
    const auto but = [&](auto change) {
        C bad = good;
        change(bad);
        visit(bad);
    };
    if constexpr (types<activate_key, apply_key, return_to_provider, unlock_environment>::contains<C>)
        but([](C& c) { c.confirmed = false; });
    if constexpr (types<generate_key, upload_key, activate_key, apply_key, return_to_provider>::contains<C>)
        but([](C& c) { c.acknowledged = false; });
    const bool typed = std::is_same_v<C, lock> || std::is_same_v<C, approve_lock> || std::is_same_v<C, delete_environment> ||
                       (a.environment != about::none && kind_of(a.environment) == environment_kind::production);
    if constexpr (requires { good.confirmation; })
        if (typed) but([](C& c) { c.confirmation = typed_text("no"); });
    if constexpr (std::is_same_v<C, generate_key>) but([](C& c) { c.passwords_match = false; });
    if constexpr (types<generate_key, upload_key>::contains<C>) but([](C& c) { c.key = key_id{}; });
    const auto file_faults = [&](auto member) {
        but([&](C& c) { (c.*member).outcome = file_outcome::wrong_password; });
        but([&](C& c) { (c.*member).outcome = file_outcome::corrupt; });
        but([&](C& c) { (c.*member).has_private = false; });
        but([&](C& c) { (c.*member).format = file_kind::byok, (c.*member).kid = kid_text("another"); });
        if constexpr (std::is_same_v<C, upload_key>) {
            but([&](C& c) { (c.*member).bits = 3072; });
            but([&](C& c) { (c.*member).type = key_kind::elliptic_curve; });
            but([&](C& c) { (c.*member).format = file_kind::other; });
            but([&](C& c) { (c.*member).held_by_another_ring = true; });
            if (good.file.format == file_kind::pfx) but([&](C& c) { c.file.has_password = false; });
        } else {
            but([&](C& c) { (c.*member).print = fingerprint{}; });
        }
    };
    if constexpr (std::is_same_v<C, upload_key>) file_faults(&C::file);
    if constexpr (types<lock, unlock_key>::contains<C>) file_faults(&C::key);
}

} // namespace keywright::model
