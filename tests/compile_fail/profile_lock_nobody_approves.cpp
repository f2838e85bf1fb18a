// SPDX-License-Identifier: Apache-2.0
// SAYS: profile: R03 makes a lock a request, and approve_lock is granted to nobody
#include <keywright/profiles/consistency.hpp>
#include <keywright/profiles/recommended.hpp>

using namespace keywright;

#ifdef FIXED
inline constexpr auto acme =
    profiles::power_platform.granting<profiles::recommended_grants>().with(policy::lock_takes_two{}, policy::approval_by_another{});
#else
inline constexpr auto acme = profiles::power_platform.with(policy::lock_takes_two{}, policy::approval_by_another{});
#endif
static_assert(profiles::check_profile<acme>());
