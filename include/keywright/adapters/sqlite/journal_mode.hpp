// SPDX-License-Identifier: Apache-2.0
// A database's journal mode, asked and changed. To enter or leave WAL takes the file for oneself, and SQLite does not wait
// for that: so the waiting is here.
// Depends on: adapters/sqlite/database. Used by adapters/sqlite/store_file and adapters/sqlite/convert.
#pragma once

#include <keywright/adapters/sqlite/database.hpp>

#include <chrono>
#include <thread>

namespace keywright::sqlite::detail {

/// The first column of the last row; empty where there is none. `text` must be a literal.
[[nodiscard]] inline result<std::string> ask(sqlite3* db, const char* sql, const char* text) {
    std::string said;
    const auto keep = [](void* to, int, char** values, char**) {
        *static_cast<std::string*>(to) = values[0] == nullptr ? "" : values[0];
        return 0;
    };
    errno = 0;
    const int code = sqlite3_exec(db, sql, keep, &said, nullptr);
    if (code != SQLITE_OK) return connection::failure(code, text);
    return said;
}

/// `mode` is SQLite's word, in small letters. timed_out: others use the database; unsupported: not on this file system, or
/// not for this database.
[[nodiscard]] inline result<void> set_journal_mode(sqlite3* db, std::string_view mode, std::chrono::steady_clock::time_point deadline,
                                                   const char* text) {
    const std::string change = "PRAGMA journal_mode = " + std::string(mode);
    for (;;) {
        const auto now = ask(db, change.c_str(), text);
        if (now && *now == mode) return {};
        if (now) return fail(errc::unsupported, text);
        if (now.error().code != errc::timed_out || std::chrono::steady_clock::now() >= deadline) return pass(now);
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
}

} // namespace keywright::sqlite::detail
