// SPDX-License-Identifier: Apache-2.0
// A report as text for people, or as JSON for programs.
#pragma once

#include "report.hpp"

#include <string>

namespace inspect_key {

/// Several lines, in colours if asked. Text from the file is escaped, so that it cannot steer a terminal.
[[nodiscard]] std::string as_text(const report& r, bool colours);
/// One object; its fields are listed in README.md beside this file.
[[nodiscard]] std::string as_json(const report& r);

} // namespace inspect_key
