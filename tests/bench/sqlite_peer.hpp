// SPDX-License-Identifier: Apache-2.0
// What tells one library from the next in a comparison of SQLite databases: how one is opened and closed.
// Depends on: SQLite.
#pragma once

#include <sqlite3.h>

#include <string>

namespace bench {

/// Opens or makes it; ends the program where that fails.
sqlite3* open_database(const std::string& path, const std::string& how);
void close_database(sqlite3* db);

} // namespace bench
