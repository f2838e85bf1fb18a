// SPDX-License-Identifier: Apache-2.0
// A backup restored over a database, and the judge of what a crash left; crash_matrix.py runs both.
//     restore_driver prepare <folder> <case>   a database and a backup of its later state; case: delete, wal (a killed writer's
//                                              log is left beside it), journal (so is a journal), none (there is no database)
//     restore_driver change <folder> <case>    the restore; says when it is done
//     restore_driver check <folder> <case>     exit code 0 when there is the old database or the new one, whole, the new one
//                                              where that was said, and nothing is in the clear
#include <keywright/adapters/sqlite/backup.hpp>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <unistd.h>

namespace {

using namespace keywright;

int failed(const std::string& sentence) {
    std::printf("%s\n", sentence.c_str());
    return 1;
}
/// Ends the program where something says no: that is no crash.
template <class Result>
auto must(Result&& done, const char* what) {
    if (!done) std::fprintf(stderr, "%s: %s (%s)\n", what, done.error().text, name(done.error().code)), std::exit(3);
    return std::forward<Result>(done);
}

result<keys::data_key_lease> lease() {
    std::vector<keys::leased_key> list;
    list.push_back({{environment_id{"prod"}, keys::data_purpose::page, 1}, secret_bytes(byte_view(bytes(32, 7))), true, 100});
    return keys::data_key_lease::grant(std::make_shared<keys::epoch_watch>(1), 1, std::move(list));
}
std::string run(const sqlite::database& db, const std::string& sql) {
    std::string rows;
    const auto keep = [](void* to, int columns, char** values, char**) {
        for (int i = 0; i < columns; ++i) *static_cast<std::string*>(to) += std::string(values[i] == nullptr ? "NULL" : values[i]) + ' ';
        return 0;
    };
    if (const int code = sqlite3_exec(db.handle(), sql.c_str(), keep, &rows, nullptr); code != SQLITE_OK)
        std::fprintf(stderr, "%s: %d %s\n", sql.c_str(), code, sqlite3_errmsg(db.handle())), std::exit(3);
    return rows;
}

constexpr const char* fill = "PRAGMA page_size = 512; CREATE TABLE IF NOT EXISTS t(a INTEGER PRIMARY KEY, b TEXT); DELETE FROM t;"
                             "WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r WHERE i < 12)"
                             " INSERT INTO t SELECT i, 'CLEARTEXT' || hex(randomblob(80)) FROM r";
constexpr const char *later = "DELETE FROM t WHERE a > 5", *old_rows = "12 ", *new_rows = "5 ";

int prepare(const std::string& folder, std::string_view what) {
    const std::string path = folder + "/a.db";
    {
        const auto db = must(sqlite::open(path, lease), "open");
        run(*db, fill);
        run(*db, later);
        const auto out = must(file::open_file(folder + "/a.backup", O_WRONLY | O_CREAT | O_EXCL), "create");
        must(sqlite::write_backup(path, lease, sqlite::write_to(*out)), "write_backup");
        run(*db, fill);
        if (what == "wal") run(*db, "PRAGMA journal_mode = wal; DELETE FROM t");
    }
    if (what == "none") return std::filesystem::remove(path) ? 0 : 1;
    if (what == "delete") return 0;
    const auto db = must(sqlite::open(path, lease), "open");
    if (what == "wal")
        run(*db, fill); // committed, and only in the log
    else
        run(*db, "PRAGMA cache_size = 2; BEGIN; UPDATE t SET b = 'CLEARTEXT' || hex(zeroblob(300))"); // and only in the journal
    ::_exit(0);
}

int change(const std::string& folder) {
    const auto in = must(file::open_file(folder + "/a.backup", O_RDONLY), "open");
    const auto keys = must(lease(), "lease");
    must(sqlite::restore_backup(sqlite::read_from(*in), folder + "/a.db", *keys, *keys), "restore_backup");
    (void)!::write(STDOUT_FILENO, "1", 1);
    return 0;
}

// --- the judge ---

bool is_clear_in(const std::string& folder) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
        if (!entry.is_regular_file()) continue;
        std::ifstream file(entry.path(), std::ios::binary);
        const std::string all(std::istreambuf_iterator<char>(file), {});
        if (all.find("CLEARTEXT") != all.npos || all.find("SQLite format 3") != all.npos) return true;
    }
    return false;
}

int check(const std::string& folder, std::string_view what) {
    const char* residue = std::getenv("KEYWRIGHT_RESIDUE");
    if (is_clear_in(folder) || (residue != nullptr && *residue != '\0' && is_clear_in(residue))) return failed("something is in the clear");
    const char* said = std::getenv("KEYWRIGHT_SAID");
    const bool is_done = said != nullptr && *said != '\0';
    if (!std::filesystem::exists(folder + "/a.db")) return what == "none" && !is_done ? 0 : failed("the database is gone");
    const auto db = must(sqlite::open(folder + "/a.db", lease), "open");
    if (run(*db, "PRAGMA integrity_check") != "ok ") return failed("integrity_check finds fault");
    const std::string rows = run(*db, "SELECT count(*) FROM t");
    if (rows != new_rows && (rows != old_rows || is_done || what == "none")) return failed("neither old nor new, but " + rows + "rows");
    if (run(*db, "SELECT count(*) FROM t WHERE b LIKE 'CLEARTEXT%' AND length(b) = 169") != rows) return failed("rows are damaged");
    run(*db, "UPDATE t SET b = 'again'");
    return run(*db, "PRAGMA integrity_check") == "ok " ? 0 : failed("integrity_check finds fault after a write");
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 4) return 2;
    const std::string_view what = argv[1];
    if (what == "prepare") return prepare(argv[2], argv[3]);
    if (what == "change") return change(argv[2]);
    if (what == "check") return check(argv[2], argv[3]);
    return 2;
}
