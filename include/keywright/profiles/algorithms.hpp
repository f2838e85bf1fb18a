// SPDX-License-Identifier: Apache-2.0
// A profile that narrows the list of approved algorithms: G11, G17. It refuses no command; a service that would use an
// algorithm which is not on the profile's list does not compile.
// Depends on: core/algorithms, profiles/profile. Use:
//     inline constexpr auto acme = profiles::power_platform.with(profiles::only_algorithms{fips_140_algorithms});
//     static_assert(profiles::check_algorithms<acme, pkcs11::key_vault>());
#pragma once

#include <keywright/core/algorithms.hpp>
#include <keywright/profiles/profile.hpp>

#include <type_traits>

namespace keywright::profiles {

struct only_algorithms {
    using id = policy::rule_tag<"G17">;
    using commands = policy::types<>;
    algorithm_list list = approved_algorithms;
};

namespace detail {

template <const auto& Profile>
constexpr const algorithm_list& list_of() {
    if constexpr (std::remove_cvref_t<decltype(Profile)>::template has<only_algorithms>)
        return Profile.template rule_of<only_algorithms>().list;
    else
        return approved_algorithms;
}

template <const auto& Profile, fixed_text Name>
consteval bool may_use() {
    static_assert(list_of<Profile>().holds(Name.view()),
                  "profile: the library, or a part of the service, uses an algorithm that is not on the profile's list (G11, G17)");
    return true;
}

template <const auto& Profile, fixed_text... Names>
consteval bool may_use_all(algorithms<Names...>) {
    return (may_use<Profile, Names>() && ...);
}

template <const auto& Profile, class Part>
consteval bool may_use_part() {
    if constexpr (requires { typename Part::algorithms; })
        return may_use_all<Profile>(typename Part::algorithms{});
    else
        return true; // it uses the library's alone
}

} // namespace detail

/// Whether all that the library and these parts of a service use is on the profile's list; a tenant_service asks for its
/// own parts.
template <const auto& Profile, class... Parts>
consteval bool check_algorithms() {
    return detail::may_use_all<Profile>(library_algorithms{}) && (detail::may_use_part<Profile, Parts>() && ...);
}

} // namespace keywright::profiles
