// SPDX-License-Identifier: Apache-2.0
// A key for each Dynamics 365 instance, as its documentation of 2017-12-12 describes it: rules I01 to I16, and of
// power_platform's those that they build on. Off are seats, coverage and choice of region, keys that wait (Available,
// Installing), T17, T24, T26, and copy and reset. The ring is the instance and bears its name; a command about its key
// comes with the instance as its environment.
// Depends on: profiles/power_platform, policy/instance_keys.
#pragma once

#include <keywright/policy/instance_keys.hpp>
#include <keywright/profiles/power_platform.hpp>

namespace keywright::profiles {

/// I03: who may do what; I11: only an administrator of the tenant unlocks.
struct dynamics_365_grants {
    using id = policy::rule_tag<"I03">;

    template <class C>
    static constexpr policy::roles to() {
        using namespace policy;
        if constexpr (types<unlock_key, delete_environment>::contains<C>)
            return tenant_admin;
        else if constexpr (types<generate_key, upload_key, lock, apply_key, return_to_provider, create_import_key, take_backup, restore,
                                 open_environment, enable_field_encryption, disable_field_encryption>::contains<C>)
            return tenant_admin | environment_admin;
        else if constexpr (types<create_environment, add_administrator, remove_administrator>::contains<C>)
            return tenant_admin | provider_role;
        else if constexpr (types<create_tenant>::contains<C>)
            return provider_role;
        else if constexpr (types<completed, failed>::contains<C>)
            return system_role;
        else
            return no_one;
    }
};

namespace detail {

inline constexpr profile<
    dynamics_365_grants, name_is_free, subject_exists, there_is_room, report_matches_work,
    // whose instance
    ring_is_the_instance, instance_is_there, has_plan, runs_release,
    // key files
    cites<"I04", known_format>, cites<"I04", rsa_of_size>, cites<"I16", pfx_has_password>, cites<"I04", both_halves>,
    cites<"I04", byok_bound_here>, risk_is_acknowledged, file_opens<"I07", upload_key>, cites<"I07", key_is_new>,
    // using and changing the key
    keys_are_used_at_once, is_confirmed<"I06", generate_key>, is_confirmed<"I07", upload_key>,
    key_is_settled<"I07", generate_key, upload_key, apply_key, return_to_provider, lock>,
    environment_rests<"T36", generate_key, upload_key, apply_key, return_to_provider, unlock_key, delete_environment, take_backup, restore>,
    apply_from_provider, is_confirmed<"T19", apply_key>, environment_is_up, cites<"I09", return_from_customer>,
    is_confirmed<"I09", return_to_provider>, name_is_typed<"T36", false, delete_environment>,
    // locking and the way back
    cites<"I08", lock_cooldown>, cites<"I10", lock_with_active_key>, file_opens<"I10", lock>, name_is_typed<"I10", false, lock>,
    is_confirmed<"I10", lock>, cites<"I10", lock_hits_something>, no_lock_under_way, cites<"I11", unlock_with_same_key>,
    file_opens<"I11", unlock_key>, environment_is_not_locked<"T22", open_environment, take_backup>,
    environment_is_not_locked<"I12", generate_key, upload_key, return_to_provider, restore>,
    // restore
    cites<"I12", guards::restore_under_same_key>, cites<"I12", backup_is_there>, cites<"I12", backup_key_is_held>, field_encryption_stays>
    dynamics_365_rules{};

} // namespace detail

inline constexpr auto dynamics_365 = detail::dynamics_365_rules;

} // namespace keywright::profiles
