// SPDX-License-Identifier: Apache-2.0
// A backup restored over a database, and the judge of what a crash left; crash_matrix.py runs both.
//     restore_driver prepare <folder> <case>   a database and a backup of its later state; case: delete, wal (a killed writer's
//                                              log is left beside it), journal (so is a journal), none (there is no database)
//     restore_driver change <folder> <case>    the restore; says when it is done
//     restore_driver check <folder> <case>     exit code 0 when there is the old database or the new one, whole, the new one
//                                              where that was said, and nothing is in the clear
#include "database.hpp"

#include <keywright/adapters/sqlite/backup.hpp>

namespace {

using namespace crash;

constexpr const char* fill = "PRAGMA page_size = 512; CREATE TABLE IF NOT EXISTS t(a INTEGER PRIMARY KEY, b TEXT); DELETE FROM t;"
                             "WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r WHERE i < 12)"
                             " INSERT INTO t SELECT i, 'CLEARTEXT' || hex(randomblob(80)) FROM r";
constexpr const char *later = "DELETE FROM t WHERE a > 5", *old_rows = "12;", *new_rows = "5;";

int prepare(const std::string& folder, std::string_view what) {
    const std::string path = folder + "/a.db";
    {
        const auto db = must(sqlite::open(path, lease), "open");
        run(db, fill);
        run(db, later);
        const auto out = must(file::open_file(folder + "/a.backup", O_WRONLY | O_CREAT | O_EXCL), "create");
        must(sqlite::write_backup(path, lease, sqlite::write_to(out)), "write_backup");
        run(db, fill);
        if (what == "wal") run(db, "PRAGMA journal_mode = wal; DELETE FROM t");
    }
    if (what == "none") return std::filesystem::remove(path) ? 0 : 1;
    if (what == "delete") return 0;
    const auto db = must(sqlite::open(path, lease), "open");
    if (what == "wal")
        run(db, fill); // committed, and only in the log
    else
        run(db, "PRAGMA cache_size = 2; BEGIN; UPDATE t SET b = 'CLEARTEXT' || hex(zeroblob(300))"); // and only in the journal
    ::_exit(0);
}

int change(const std::string& folder, std::string_view) {
    const auto in = must(file::open_file(folder + "/a.backup", O_RDONLY), "open");
    const auto keys = must(lease(), "lease");
    must(sqlite::restore_backup(sqlite::read_from(in), folder + "/a.db", {keys, keys}), "restore_backup");
    say("1");
    return 0;
}

// --- the judge ---

int check(const std::string& folder, std::string_view what) {
    if (is_anything_clear(folder)) return failed("something is in the clear");
    const bool is_done = !said().empty();
    if (!std::filesystem::exists(folder + "/a.db")) return what == "none" && !is_done ? 0 : failed("the database is gone");
    const auto db = must(sqlite::open(folder + "/a.db", lease), "open");
    if (run(db, "PRAGMA integrity_check") != "ok;") return failed("integrity_check finds fault");
    const std::string rows = run(db, "SELECT count(*) FROM t");
    if (rows != new_rows && (rows != old_rows || is_done || what == "none"))
        return failed("neither old nor new, but so many rows: " + rows);
    if (run(db, "SELECT count(*) FROM t WHERE b LIKE 'CLEARTEXT%' AND length(b) = 169") != rows) return failed("rows are damaged");
    const auto wrong = judge_a_write(db);
    return wrong.empty() ? 0 : failed(wrong);
}

} // namespace

int main(int argc, char** argv) { return crash::drive(argc, argv, prepare, change, check); }
