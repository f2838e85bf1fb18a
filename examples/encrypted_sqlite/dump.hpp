// SPDX-License-Identifier: Apache-2.0
// The database as SQL that makes it again, in any SQLite.
#pragma once

#include "statements.hpp"

namespace encrypted_sqlite {

/// To standard output, as it is at one moment. In the clear: that is what it is for. Tables named LIKE `pattern`; empty: all,
/// with what belongs to them.
outcome<void> dump(desk& at, const std::string& pattern);

} // namespace encrypted_sqlite
