// SPDX-License-Identifier: Apache-2.0
// SAYS: profile: I06 uses a key as soon as it is there, and T15's activate_key is granted
#include <keywright/profiles/consistency.hpp>
#include <keywright/profiles/dynamics_365.hpp>

using namespace keywright;

#ifdef FIXED
inline constexpr auto acme = profiles::dynamics_365;
#else
inline constexpr auto acme = profiles::dynamics_365.granting<profiles::power_platform_grants>();
#endif
static_assert(profiles::check_profile<acme>());
