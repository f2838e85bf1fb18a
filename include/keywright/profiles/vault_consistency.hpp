// SPDX-License-Identifier: Apache-2.0
// Whether a profile on a customer's own vault fits together; as profiles/consistency.hpp, whose sentences hold for it, too.
// Depends on: profiles/consistency, policy/vault_lock. Use, below a profile of your own:
//     inline constexpr auto acme = profiles::enterprise_policy.with(policy::offline_retention{days(60), days(14)});
//     static_assert(profiles::check_vault_profile<acme>());
#pragma once

#include <keywright/policy/vault_lock.hpp>
#include <keywright/profiles/consistency.hpp>

namespace keywright::profiles {

namespace consistency {

/// P09 keeps two people apart who could each do the other's part.
template <const auto& Profile, class C, roles Forbidden>
constexpr bool duties_meet = profile_of<Profile>::template has<duties_are_separate> && granted<Profile, C>.any_of(Forbidden);

template <const auto& Profile>
constexpr bool soft_delete_is_a_range() {
    if constexpr (profile_of<Profile>::template has<vault_is_protected>) {
        const auto& rule = Profile.template rule_of<vault_is_protected>();
        return rule.least > seconds{} && rule.least <= rule.most;
    }
    return true;
}

/// Some size is accepted, and none that P10 refuses.
template <const auto& Profile>
constexpr bool sizes_fit() {
    if constexpr (profile_of<Profile>::template has<vault_key_sizes>) {
        bool some = false;
        for (const std::uint32_t each : Profile.template rule_of<vault_key_sizes>().bits) {
            some = some || each != 0;
            if constexpr (profile_of<Profile>::template has<vault_key_is_rsa>)
                if (each != 0 && each < Profile.template rule_of<vault_key_is_rsa>().least_bits) return false;
        }
        return some;
    }
    return true;
}

/// Three people take part in the way back, so a day at the least.
template <const auto& Profile>
constexpr bool offline_leaves_time() {
    if constexpr (profile_of<Profile>::template has<offline_retention>) {
        const auto& rule = Profile.template rule_of<offline_retention>();
        return rule.others >= days(1) && rule.production >= rule.others;
    }
    return true;
}

template <const auto& Profile>
constexpr bool keeps_versions() {
    if constexpr (profile_of<Profile>::template has<versions_are_kept>)
        return Profile.template rule_of<versions_are_kept>().keep >= seconds{};
    else
        return true;
}

} // namespace consistency

/// Says in a sentence what does not fit together. Checks the shipped rules that a profile holds; not a consumer's own.
template <const auto& Profile>
consteval bool check_vault_profile() {
    using namespace policy;
    using namespace consistency;
    static_assert(check_profile<Profile>());
    static_assert(granted_with<Profile, revoke_access, grant_access> && granted_with<Profile, revoke_access, request_unlock> &&
                      granted_with<Profile, revoke_access, approve_unlock>,
                  "profile: revoke_access (P05) is granted, a step of the way back (P08) to nobody: what is offline stays offline");
    static_assert(granted_with<Profile, add_to_policy, remove_from_policy>,
                  "profile: add_to_policy (P02) is granted, remove_from_policy (P03, T20) to nobody: no key can ever be changed");
    static_assert(granted_with<Profile, revoke_access, delete_environment>,
                  "profile: revoke_access (P05) is granted, delete_environment (T36) to nobody: a lost key leaves no way out");
    static_assert(!profile_of<Profile>::template has<offline_retention> || granted<Profile, revoke_access> == no_one ||
                      granted<Profile, expire_environment> != no_one,
                  "profile: P18 sets a deadline, and expire_environment is granted to nobody");
    static_assert(!duties_meet < Profile, revoke_access, tenant_admin | environment_admin > &&!duties_meet < Profile, grant_access,
                  tenant_admin | environment_admin >,
                  "profile: P09 separates duties, and P05's revoke_access or P01's grant_access is granted to the tenant's own people");
    static_assert((granted<Profile, approve_unlock>.bits & granted<Profile, request_unlock>.bits) == 0,
                  "profile: request_unlock and approve_unlock (P08) are granted to one role: who asks could approve");
    static_assert(soft_delete_is_a_range<Profile>(), "profile: P09's soft delete (P19) is no range of time");
    static_assert(sizes_fit<Profile>(), "profile: P15 accepts no key size, or one that P10 refuses");
    static_assert(offline_leaves_time<Profile>(), "profile: P18 leaves no day for P08's three steps, or less to production than to others");
    static_assert(keeps_versions<Profile>(), "profile: P16 keeps a version for less than no time");
    return true;
}

} // namespace keywright::profiles
