// SPDX-License-Identifier: Apache-2.0
// Asks a person for a password at the terminal, with echo off. One thread.
#pragma once

#include <keywright/core/result.hpp>
#include <keywright/core/secret_bytes.hpp>

#include <optional>

namespace example {

/// Fails with misused when there is no terminal, with limit_exceeded above 1024 bytes. An empty line is an empty
/// password.
[[nodiscard]] keywright::result<std::optional<keywright::secret_bytes>> ask_password(const char* prompt);

} // namespace example
