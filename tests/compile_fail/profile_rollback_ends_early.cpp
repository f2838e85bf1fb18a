// SPDX-License-Identifier: Apache-2.0
// SAYS: profile: R01's window is not T18's wait
#include <keywright/profiles/consistency.hpp>
#include <keywright/profiles/recommended.hpp>

using namespace keywright;

#ifdef FIXED
inline constexpr auto acme = profiles::recommended.with(policy::lock_cooldown{hours(96)}, policy::lock_waits_for_notice{hours(96)},
                                                        policy::rollback_before_lock{hours(96)});
#else
inline constexpr auto acme = profiles::recommended.with(policy::lock_cooldown{hours(96)}, policy::lock_waits_for_notice{hours(96)});
#endif
static_assert(profiles::check_profile<acme>());
