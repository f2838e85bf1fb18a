// SPDX-License-Identifier: Apache-2.0
// An encrypted database for a driver of crash_matrix.py: SQL that must work, and what every judge of one asks.
#pragma once

#include "../adapters/sqlite/sql.hpp"
#include "driver.hpp"

#include <filesystem>
#include <fstream>

namespace crash {

using namespace keywright;
using encrypted_tests::lease;

/// What SQLite answers; ends the program where it says no.
inline std::string run(sqlite3* db, const std::string& sql) {
    auto done = encrypted_tests::try_sql(db, sql);
    if (done.code != SQLITE_OK) give_up(sql, std::to_string(done.code) + ' ' + encrypted_tests::last_words(db));
    return std::move(done.rows);
}
inline std::string run(const sqlite::database& db, const std::string& sql) { return run(db.handle(), sql); }

/// Rows hold `CLEARTEXT` for this.
inline bool is_clear_in(const std::string& folder) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
        if (!entry.is_regular_file()) continue;
        std::ifstream file(entry.path(), std::ios::binary);
        const std::string all(std::istreambuf_iterator<char>(file), {});
        if (all.find("CLEARTEXT") != all.npos || all.find("SQLite format 3") != all.npos) return true;
    }
    return false;
}
/// Whether anything is in the clear, in what is there or in what the medium still holds.
inline bool is_anything_clear(const std::string& folder) { return is_clear_in(folder) || (!residue().empty() && is_clear_in(residue())); }

/// Of drivers that say the number of each transaction, a digit, when it is committed: the last one; -1 where none was.
inline int last_said() { return said().empty() ? -1 : said().back() - '0'; }

/// Empty where rows and log of one database are those of whole transactions, all that were said among them: each gives its
/// number to all ten rows of `t` and to a row of `log`. Else what is wrong.
inline std::string judge_transactions(const sqlite::database& db, const std::string& schema = "main.") {
    if (run(db, "PRAGMA " + schema + "integrity_check") != "ok;") return "integrity_check finds fault";
    const int promised = last_said(), last = std::stoi(run(db, "SELECT max(n) FROM " + schema + "log"));
    if (last < promised || last > promised + 1)
        return "commits: " + std::to_string(last) + " after " + std::to_string(promised) + " were said";
    const std::string n = std::to_string(last);
    return run(db, "SELECT count(*), min(n), max(n) FROM " + schema + "t") == "10|" + n + '|' + n + ';' ? ""
                                                                                                        : "a transaction is there in part";
}
/// Empty where the database goes on: after recovery rows can be written.
inline std::string judge_a_write(const sqlite::database& db) {
    run(db, "BEGIN; UPDATE t SET b = 'again'; COMMIT");
    return run(db, "PRAGMA integrity_check") == "ok;" ? "" : "integrity_check finds fault after a write";
}

} // namespace crash
