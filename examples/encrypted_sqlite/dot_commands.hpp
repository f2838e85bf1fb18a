// SPDX-License-Identifier: Apache-2.0
// The few commands that begin with a dot.
#pragma once

#include "statements.hpp"

namespace encrypted_sqlite {

/// False: the session ends here.
outcome<bool> run_dot_command(desk& at, const std::string& line);

} // namespace encrypted_sqlite
