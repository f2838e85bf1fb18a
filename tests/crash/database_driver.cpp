// SPDX-License-Identifier: Apache-2.0
// Transactions in an encrypted database, and the judge of what a crash left of it; crash_matrix.py runs both.
//     database_driver prepare <folder> <mode>   a database in that journal mode (wal, delete, …); `create-<mode>`: none yet
//     database_driver change <folder> <mode>    three transactions that spill, in wal with a checkpoint between; says each.
//                                               `rekey-<mode>`: two, between steps of a re-encryption, and one after it
//     database_driver check <folder> <mode>     exit code 0 when exactly whole transactions are there, all that were said
//                                               among them, nothing is in the clear in what is or was on the disk, and a
//                                               re-encryption goes on to its end
#include <keywright/adapters/sqlite/reencrypt.hpp>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <type_traits>

#include <unistd.h>

namespace {

using namespace keywright;

constexpr int transactions = 3;

void say(std::string_view word) { (void)!::write(STDOUT_FILENO, word.data(), word.size()); }
int failed(const std::string& sentence) {
    std::printf("%s\n", sentence.c_str());
    return 1;
}

result<keys::data_key_lease> lease() {
    std::vector<keys::leased_key> list;
    list.push_back({{environment_id{"prod"}, keys::data_purpose::page, 1}, secret_bytes(byte_view(bytes(32, 7))), true, 100});
    return keys::data_key_lease::grant(std::make_shared<keys::epoch_watch>(1), 1, std::move(list));
}

/// Ends the program where SQLite says no: that is no crash.
sqlite::database open(const std::string& folder) {
    auto db = sqlite::open(folder + "/a.db", lease);
    if (!db) std::fprintf(stderr, "open: %s (%s)\n", db.error().text, name(db.error().code)), std::exit(3);
    return std::move(*db);
}
std::string run(const sqlite::database& db, const std::string& sql) {
    std::string rows;
    const auto keep = [](void* to, int columns, char** values, char**) {
        for (int i = 0; i < columns; ++i) *static_cast<std::string*>(to) += std::string(values[i] == nullptr ? "NULL" : values[i]) + ' ';
        return 0;
    };
    if (const int code = sqlite3_exec(db.handle(), sql.c_str(), keep, &rows, nullptr); code != SQLITE_OK) {
        const auto fault = sqlite::last_error(db.handle());
        std::fprintf(stderr, "%s: %d %s / %s\n", sql.c_str(), code, sqlite3_errmsg(db.handle()), fault ? fault->text : "");
        std::exit(3);
    }
    return rows;
}

/// Ends the program likewise.
template <class T>
T expect(result<T> done) {
    if (!done) std::fprintf(stderr, "%s (%s)\n", done.error().text, name(done.error().code)), std::exit(3);
    if constexpr (!std::is_void_v<T>) return std::move(*done);
}

bool is_new(std::string_view mode) { return mode.rfind("create-", 0) == 0; }
bool is_rekey(std::string_view mode) { return mode.rfind("rekey-", 0) == 0; }
std::string journal(std::string_view mode) { return std::string(mode.substr(mode.find('-') + 1)); }

/// Durable at each commit; SQLite says of `delete` that this takes EXTRA.
void set_up(const sqlite::database& db, std::string_view mode) {
    run(db, "PRAGMA page_size = 512; PRAGMA cache_size = 5; PRAGMA synchronous = EXTRA; PRAGMA journal_mode = " + journal(mode));
}
void make_tables(const sqlite::database& db) {
    run(db, "BEGIN; CREATE TABLE t(a INTEGER PRIMARY KEY, n INTEGER, b TEXT); CREATE TABLE log(n INTEGER PRIMARY KEY);"
            "CREATE INDEX i ON t(b); INSERT INTO log VALUES (0);"
            "WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r WHERE i < 10)"
            " INSERT INTO t SELECT i, 0, 'CLEARTEXT' || hex(randomblob(80)) FROM r; COMMIT");
}

int prepare(const std::string& folder, std::string_view mode) {
    if (is_new(mode)) return 0;
    const auto db = open(folder);
    set_up(db, mode);
    make_tables(db);
    return 0;
}

void commit(const sqlite::database& db, int n) {
    const std::string number = std::to_string(n);
    run(db, "BEGIN; UPDATE t SET n = " + number + ", b = 'CLEARTEXT' || hex(randomblob(90)); INSERT INTO log VALUES (" + number +
                "); SAVEPOINT s; DELETE FROM t WHERE a > 3; ROLLBACK TO s; COMMIT");
    say(number);
}

int change(const std::string& folder, std::string_view mode) {
    const auto db = open(folder);
    set_up(db, mode);
    if (is_new(mode)) make_tables(db);
    say("0");
    for (int n = 1; n <= (is_new(mode) ? 1 : transactions); ++n) {
        commit(db, n);
        if (n == 2 && journal(mode) == "wal") run(db, "PRAGMA wal_checkpoint(TRUNCATE)");
    }
    return 0;
}

int change_key(const std::string& folder, std::string_view mode) {
    auto db = open(folder);
    set_up(db, mode);
    say("0");
    int n = 0;
    expect(sqlite::begin_reencryption(db));
    for (bool is_finished = false; !is_finished;) {
        is_finished = expect(sqlite::reencryption_step(db, {.pages_per_step = 6})).is_finished;
        if (n < transactions - 1 || is_finished) commit(db, ++n);
    }
    return n == transactions ? 0 : 4;
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

/// A re-encryption that was under way goes on; one that was not begins. Then one key has sealed every page.
int check_key(const std::string& folder, sqlite::database db) {
    if (!expect(sqlite::reencrypt(db, {.pages_per_step = 5})).is_finished) return failed("the re-encryption does not end");
    if (run(db, "PRAGMA integrity_check") != "ok ") return failed("integrity_check finds fault after a re-encryption");
    if (run(db, "SELECT count(*) FROM t WHERE b = 'again'") != "10 ") return failed("a re-encryption changed what is there");
    db = {};
    std::ifstream file(folder + "/a.db", std::ios::binary);
    const std::string all(std::istreambuf_iterator<char>(file), {});
    for (std::size_t at = envelope::header_size + 512; at <= all.size(); at += 512)
        if (all[at - envelope::slot_from_end] != all[48]) return failed("a page is sealed with another key than the header's");
    if (all[50] != 0 || all[51] != 0) return failed("the key before is still in the header");
    if (std::filesystem::exists(folder + "/a.db-reseal")) return failed("the file of the re-encryption is still there");
    return 0;
}

int check(const std::string& folder, std::string_view mode) {
    const char* residue = std::getenv("KEYWRIGHT_RESIDUE");
    if (is_clear_in(folder) || (residue != nullptr && *residue != '\0' && is_clear_in(residue))) return failed("something is in the clear");
    const char* said = std::getenv("KEYWRIGHT_SAID");
    const int promised = said == nullptr || *said == '\0' ? -1 : said[std::string_view(said).size() - 1] - '0';
    auto db = open(folder);
    if (run(db, "PRAGMA integrity_check") != "ok ") return failed("integrity_check finds fault");
    if (run(db, "SELECT count(*) FROM sqlite_schema") == "0 ") return promised >= 0 || !is_new(mode) ? failed("the database is empty") : 0;
    const int last = std::stoi(run(db, "SELECT max(n) FROM log"));
    if (last < promised || last > promised + 1)
        return failed("commits: " + std::to_string(last) + " after " + std::to_string(promised) + " were said");
    const std::string n = std::to_string(last) + " ";
    if (run(db, "SELECT count(*), min(n), max(n) FROM t") != "10 " + n + n) return failed("a transaction is there in part");
    run(db, "BEGIN; UPDATE t SET b = 'again'; COMMIT");
    if (run(db, "PRAGMA integrity_check") != "ok ") return failed("integrity_check finds fault after a write");
    return is_rekey(mode) ? check_key(folder, std::move(db)) : 0;
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 4) return 2;
    const std::string_view what = argv[1];
    if (what == "prepare") return prepare(argv[2], argv[3]);
    if (what == "change") return is_rekey(argv[3]) ? change_key(argv[2], argv[3]) : change(argv[2], argv[3]);
    if (what == "check") return check(argv[2], argv[3]);
    return 2;
}
