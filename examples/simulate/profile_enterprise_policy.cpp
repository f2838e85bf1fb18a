// SPDX-License-Identifier: Apache-2.0
#include "operations.hpp"
#include "profiles.hpp"

#include <keywright/profiles/enterprise_policy.hpp>

namespace simulate {

const simulated_profile simulated_enterprise_policy =
    simulated<keywright::profiles::enterprise_policy, keywright::profiles::environment_coverage,
              keywright::profiles::finance_and_operations_coverage>("enterprise_policy", ring_kind::region);

} // namespace simulate
