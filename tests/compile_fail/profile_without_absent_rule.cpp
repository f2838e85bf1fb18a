// SPDX-License-Identifier: Apache-2.0
// SAYS: profile: no rule of this id to leave out
#include <keywright/policy.hpp>

#ifdef FIXED
inline constexpr auto acme = keywright::profiles::power_platform.without(keywright::policy::rule_tag<"T26">{});
#else
inline constexpr auto acme = keywright::profiles::power_platform.without(keywright::policy::rule_tag<"T99">{});
#endif
