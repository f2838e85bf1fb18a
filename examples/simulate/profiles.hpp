// SPDX-License-Identifier: Apache-2.0
// The profiles that can be run. Each is compiled in a file of its own, which takes a compiler a while.
#pragma once

#include "session.hpp"

namespace simulate {

extern const simulated_profile simulated_power_platform, simulated_recommended, simulated_dynamics_365, simulated_enterprise_policy;

inline constexpr const simulated_profile* all_profiles[] = {&simulated_power_platform, &simulated_recommended, &simulated_dynamics_365,
                                                            &simulated_enterprise_policy};

} // namespace simulate
