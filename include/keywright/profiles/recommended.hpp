// SPDX-License-Identifier: Apache-2.0
// What we recommend: power_platform, and what keeps one rogue administrator or one wrong clock from doing harm. Another
// administrator rolls an activation back (R01), a lock waits until somebody else was told (R02) and takes two people
// (R03), and no clock that is behind ends a wait (R04).
// Depends on: profiles/power_platform, policy's rules.
#pragma once

#include <keywright/policy/clock_defence.hpp>
#include <keywright/policy/rollback.hpp>
#include <keywright/policy/second_administrator.hpp>
#include <keywright/profiles/power_platform.hpp>

namespace keywright::profiles {

/// T05, with the commands of a second administrator.
struct recommended_grants {
    using id = power_platform_grants::id;

    template <class C>
    static constexpr policy::roles to() {
        using namespace policy;
        if constexpr (types<rollback_activation, approve_lock, accept_clock>::contains<C>)
            return tenant_admin;
        else if constexpr (types<report_delivery>::contains<C>)
            return system_role;
        else
            return power_platform_grants::to<C>();
    }
};

inline constexpr auto recommended = power_platform.granting<recommended_grants>().with(
    policy::nothing_is_locked<"T16", policy::rollback_activation>{}, policy::rollback_has_target{}, policy::rollback_by_another{},
    policy::rollback_before_lock{}, policy::lock_waits_for_notice{}, policy::lock_takes_two{}, policy::approval_by_another{},
    policy::request_is_fresh{}, policy::clock_is_not_behind{}, policy::accepted_clock_is_behind{}, policy::deadline_found_twice{});

} // namespace keywright::profiles
