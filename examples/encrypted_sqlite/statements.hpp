// SPDX-License-Identifier: Apache-2.0
// SQL run statement by statement, and what went wrong with one.
#pragma once

#include "../common/trouble.hpp"
#include "rows.hpp"

#include <functional>

namespace encrypted_sqlite {

using example::exit_code;
using example::outcome;
using example::pass_on;
using example::trouble;
using example::trouble_of;

struct options;
class database_keys;

/// What a session works with.
struct desk {
    const options& given;
    database_keys& keys;
    sqlite3* db;
    row_writer out;
};

/// Runs all statements of a text; the first that fails ends it.
outcome<void> run(desk& at, std::string_view sql);
/// Runs one statement of our own for each row, with text bound to ?1.
outcome<void> each_row(desk& at, const char* sql, const std::string& bound, const std::function<void(sqlite3_stmt*)>& row);

/// The failure that SQLite has just reported on this database.
trouble why_failed(const desk& at);

} // namespace encrypted_sqlite
