// SPDX-License-Identifier: Apache-2.0
#include "operations.hpp"
#include "profiles.hpp"

#include <keywright/profiles/power_platform.hpp>

namespace simulate {

const simulated_profile simulated_power_platform =
    simulated<keywright::profiles::power_platform, keywright::profiles::power_platform_coverage>("power_platform", ring_kind::region);

} // namespace simulate
