// SPDX-License-Identifier: Apache-2.0
// Where a password comes from: a file, or the environment.
#pragma once

#include <keywright/core/result.hpp>
#include <keywright/core/secret_bytes.hpp>

#include <optional>
#include <string>

namespace example {

/// A password out of a file, without the line feed at its end, or out of an environment variable where no file was
/// named; nothing where there is neither. Never out of the command line, which every process of the machine can read.
[[nodiscard]] keywright::result<std::optional<keywright::secret_bytes>> read_password(const std::string& file, const char* variable);

} // namespace example
