// SPDX-License-Identifier: Apache-2.0
// The key in the customer's own vault, as the sources of 2023-07-19 and 2024-01-31 describe it: rules P01 to P25, and of
// power_platform's what they keep. A policy names the key; an environment is in one policy at the most, and goes
// offline with it. Rules that cannot refuse live where they act: P04 and P06 in the state (a policy is revoked alone,
// whatever the cause), P11, P13 and P22 in profiles/coverage, P21 in plans.
// Depends on: profiles/profile, guards, policy's rules. Facts: `policy_` is the command's own or its environment's.
#pragma once

#include <keywright/guards/copy.hpp>
#include <keywright/guards/geography.hpp>
#include <keywright/guards/reset.hpp>
#include <keywright/guards/restore.hpp>
#include <keywright/policy/activation.hpp>
#include <keywright/policy/environments.hpp>
#include <keywright/policy/field_encryption.hpp>
#include <keywright/policy/housekeeping.hpp>
#include <keywright/policy/vault_consequences.hpp>
#include <keywright/policy/vault_lock.hpp>
#include <keywright/policy/vault_members.hpp>
#include <keywright/profiles/profile.hpp>

namespace keywright::profiles {

/// P05 and P08: three people, and none of them can do another's part.
struct enterprise_policy_grants {
    using id = policy::rule_tag<"P05">;

    template <class C>
    static constexpr policy::roles to() {
        using namespace policy;
        if constexpr (types<grant_access, rotate_version, purge_key>::contains<C>)
            return vault_admin;
        else if constexpr (types<revoke_access>::contains<C>)
            return vault_admin | system_role; // the system reports that the vault refuses
        else if constexpr (types<create_policy>::contains<C>)
            return tenant_admin | vault_admin;
        else if constexpr (types<request_unlock, delete_environment>::contains<C>)
            return tenant_admin;
        else if constexpr (types<add_to_policy, remove_from_policy, integrate_environment, reset, take_backup, open_environment, copy,
                                 enable_field_encryption, disable_field_encryption>::contains<C>)
            return tenant_admin | environment_admin;
        else if constexpr (types<restore>::contains<C>)
            return tenant_admin | target_admin;
        else if constexpr (types<create_environment, add_administrator, remove_administrator>::contains<C>)
            return tenant_admin | provider_role;
        else if constexpr (types<create_tenant, approve_unlock>::contains<C>)
            return provider_role;
        else if constexpr (types<completed, failed, expire_environment>::contains<C>)
            return system_role;
        else
            return no_one;
    }
};

namespace detail {

using namespace policy;
using namespace guards;

inline constexpr profile<
    enterprise_policy_grants,
    // housekeeping
    name_is_free, subject_exists, there_is_room, report_matches_work, policy_name_is_free, policy_exists, room_for_version,
    // the vault and its key
    offered_in_region, vault_in_region, vault_is_protected, duties_are_separate, vault_key_is_rsa, vault_key_sizes, versions_are_kept,
    key_is_there, no_early_purge,
    // what a policy takes in
    grant_is_complete, environment_is_managed, has_data_platform, hosted_by_provider, environment_is_licensed, in_no_policy_yet,
    integrated_first, organisation_is_known, environment_in_region, is_confirmed<"T19", add_to_policy>, environment_is_up,
    remove_from_its_policy, is_confirmed<"T20", remove_from_policy>, name_is_typed<"T20", true, remove_from_policy>, environment_is_idle,
    name_is_typed<"T36", false, delete_environment>,
    // offline, and the way back
    policy_is_online, environment_is_online<"P07", remove_from_policy>, no_work_while_offline,
    environment_is_online<"T22", open_environment, take_backup, copy>, environment_is_online<"T25", restore>,
    environment_is_online<"T33", reset>, grant_of_original_key, back_step_by_step, offline_retention,
    // restore, copy, reset
    restore_under_same_key, backup_is_there, backup_key_is_held, name_is_typed<"T30", true, restore>, copy_elsewhere, copy_under_same_key,
    support_environment_is_covered, name_is_typed<"T31", true, copy>, reset_is_confirmed, same_geography,
    // field encryption
    field_encryption_stays>
    enterprise_policy_rules{};

} // namespace detail

inline constexpr auto enterprise_policy = detail::enterprise_policy_rules;

} // namespace keywright::profiles
