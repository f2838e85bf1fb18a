// SPDX-License-Identifier: Apache-2.0
// What is known of a policy of a customer's own vault: the aggregate of the profile enterprise_policy.
// Depends on: policy/vault_commands.
#pragma once

#include <keywright/policy/vault_commands.hpp>
