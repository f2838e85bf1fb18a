// SPDX-License-Identifier: Apache-2.0
// The whole library but its adapters with dependencies of their own: policy, key files, keys, messages, service, text.
// Depends on: Botan, fmt, tl::expected, nlohmann/json.
#pragma once

#include <keywright/envelope/message.hpp>
#include <keywright/format.hpp>
#include <keywright/policy.hpp>
#include <keywright/service/tenant_service.hpp>
