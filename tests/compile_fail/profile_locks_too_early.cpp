// SPDX-License-Identifier: Apache-2.0
// SAYS: profile: T18's wait is not longer than T17's
#include <keywright/profiles/consistency.hpp>
#include <keywright/profiles/power_platform.hpp>

using namespace keywright;

#ifdef FIXED
inline constexpr auto acme = profiles::power_platform.with(policy::lock_cooldown{hours(96)});
#else
inline constexpr auto acme = profiles::power_platform.with(policy::lock_cooldown{hours(12)}).with(policy::retention{days(5)});
#endif
static_assert(profiles::check_profile<acme>());
