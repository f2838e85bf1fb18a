// SPDX-License-Identifier: Apache-2.0
// When an environment may be reset: T33. A reset destroys its keys, so that the data and every backup of it, those
// under the provider's key too, are gone; it comes back empty and on the provider's key.
// Depends on: policy/environments.
#pragma once

#include <keywright/policy/environments.hpp>

namespace keywright::guards {

/// T33: not while it is locked: destroying what a lock protects is a deletion, and that is asked for by name.
using reset_of_unlocked = policy::environment_is_not_locked<"T33", policy::reset>;

/// T33: a production environment's name is typed.
using reset_is_confirmed = policy::name_is_typed<"T33", true, policy::reset>;

} // namespace keywright::guards
