// SPDX-License-Identifier: Apache-2.0
// The whole library but its adapters with dependencies of their own: policy, key files, keys, messages, service, text.
// Depends on: Botan, fmt, tl::expected, nlohmann/json.
#pragma once

#include <keywright/envelope/message.hpp>
#include <keywright/envelope/opener.hpp>
#include <keywright/envelope/sealer.hpp>
#include <keywright/format.hpp>
#include <keywright/keys/discovery_keyring.hpp>
#include <keywright/keys/multi_keyring.hpp>
#include <keywright/keys/raw_aes_keyring.hpp>
#include <keywright/keys/raw_rsa_keyring.hpp>
#include <keywright/policy.hpp>
#include <keywright/profiles/dynamics_365.hpp>
#include <keywright/service/tenant_service.hpp>
