// SPDX-License-Identifier: Apache-2.0
// Statements one after the other: from arguments, from a pipe, or typed by a person.
#pragma once

#include "dot_commands.hpp"

namespace encrypted_sqlite {

/// From arguments and pipes the first failure ends it. At a terminal it is told, and the session goes on.
exit_code run_session(desk& at);

} // namespace encrypted_sqlite
