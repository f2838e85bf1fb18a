// SPDX-License-Identifier: Apache-2.0
#include "operations.hpp"
#include "profiles.hpp"

#include <keywright/profiles/dynamics_365.hpp>

namespace simulate {

const simulated_profile simulated_dynamics_365 = simulated<keywright::profiles::dynamics_365>("dynamics_365", ring_kind::instance);

} // namespace simulate
