// SPDX-License-Identifier: Apache-2.0
// What may be asked for where the key stays in the customer's own vault: commands of the profile enterprise_policy.
// Depends on: policy/commands.
#pragma once

#include <keywright/policy/commands.hpp>
