// SPDX-License-Identifier: Apache-2.0
#include "operations.hpp"
#include "profiles.hpp"

#include <keywright/profiles/recommended.hpp>

namespace simulate {

const simulated_profile simulated_recommended =
    simulated<keywright::profiles::recommended, keywright::profiles::power_platform_coverage>("recommended", ring_kind::region);

} // namespace simulate
