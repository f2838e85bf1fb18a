// SPDX-License-Identifier: Apache-2.0
// EXPECT: is private within this context || calling a private constructor
// Data leaves in the clear only with a permit, and the policy makes those.
#include <keywright/policy/way_out.hpp>

using namespace keywright::policy;

#ifndef FIXED
clear_permit permit(const ring_state&, const environment_state& environment) { return clear_permit(environment.id); }
#else
clear_permit permit(const ring_state& ring, const environment_state& environment) { return way_out(ring, environment).permit(); }
#endif
