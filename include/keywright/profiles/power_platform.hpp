// SPDX-License-Identifier: Apache-2.0
// The tenant key of Power Platform, as its documentation of 2020-04-17 describes it: rules T01 to T44.
// Rules that cannot refuse live where they act: T04 in profiles/coverage, T09, T14 and T23's destruction in the events
// and their evolve, T12's hand-out and T38 in the vault, T40 to T43 in the notices and plans.
// Depends on: profiles/profile, guards, policy's rules.
#pragma once

#include <keywright/guards/copy.hpp>
#include <keywright/guards/geography.hpp>
#include <keywright/guards/reset.hpp>
#include <keywright/guards/restore.hpp>
#include <keywright/policy/activation.hpp>
#include <keywright/policy/eligibility.hpp>
#include <keywright/policy/environments.hpp>
#include <keywright/policy/field_encryption.hpp>
#include <keywright/policy/housekeeping.hpp>
#include <keywright/policy/key_files.hpp>
#include <keywright/policy/locking.hpp>
#include <keywright/profiles/profile.hpp>

namespace keywright::profiles {

/// T05: who may do what.
struct power_platform_grants {
    using id = policy::rule_tag<"T05">;

    template <class C>
    static constexpr policy::roles to() {
        using namespace policy;
        if constexpr (types<generate_key, upload_key, activate_key, lock, unlock_key, unlock_environment, delete_environment,
                            create_import_key>::contains<C>)
            return tenant_admin;
        else if constexpr (types<apply_key, return_to_provider, reset, take_backup, open_environment, copy, enable_field_encryption,
                                 disable_field_encryption>::contains<C>)
            return tenant_admin | environment_admin;
        else if constexpr (types<restore>::contains<C>)
            return tenant_admin | target_admin;
        else if constexpr (types<create_environment, add_administrator, remove_administrator>::contains<C>)
            return tenant_admin | provider_role;
        else if constexpr (types<create_tenant, enable_feature>::contains<C>)
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

inline constexpr profile<power_platform_grants,
    // housekeeping
                         name_is_free, subject_exists, there_is_room, report_matches_work,
    // eligibility
                         enough_seats, feature_on, environment_after_feature, supported_storage,
    // key files
                         known_format, rsa_of_size, pfx_has_password, both_halves, byok_bound_here, risk_is_acknowledged, region_is_chosen,
                         key_is_named, passwords_agree, file_opens<"T13", upload_key>, key_is_new,
    // activation
                         key_is_available, is_confirmed<"T15", activate_key>, no_key_change_under_way,
                         nothing_is_locked<"T16", activate_key>, activation_cooldown, nothing_is_locked<"T29", generate_key, upload_key>,
    // environments
                         apply_from_provider, is_confirmed<"T19", apply_key>, environment_is_up, return_from_customer,
                         is_confirmed<"T20", return_to_provider>, name_is_typed<"T20", true, return_to_provider>, environment_is_idle,
                         name_is_typed<"T36", false, delete_environment>,
                         environment_is_not_locked<"T22", open_environment, return_to_provider, take_backup, copy>,
    // locking and the way back
                         lock_cooldown, lock_with_active_key, file_opens<"T21", lock>, lock_is_confirmed, lock_hits_something,
                         no_lock_under_way, unlock_cooldown, retention, unlock_with_same_key, file_opens<"T27", unlock_key>,
                         unlock_when_active, is_confirmed<"T28", unlock_environment>,
    // restore, copy, reset
                         environment_is_not_locked<"T25", restore>, restore_under_same_key, backup_is_there, backup_key_is_held,
                         name_is_typed<"T30", true, restore>, copy_elsewhere, copy_under_same_key, support_environment_is_covered,
                         name_is_typed<"T31", true, copy>, reset_of_unlocked, reset_is_confirmed, same_geography,
    // fields
                         field_encryption_stays>
    power_platform_rules{};

} // namespace detail

inline constexpr auto power_platform = detail::power_platform_rules;

} // namespace keywright::profiles
