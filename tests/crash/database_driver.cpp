// SPDX-License-Identifier: Apache-2.0
// Transactions in an encrypted database, and the judge of what a crash left of it; crash_matrix.py runs both.
//     database_driver prepare <folder> <mode>   a database in that journal mode (wal, delete, …); `create-<mode>`: none yet
//     database_driver change <folder> <mode>    three transactions that spill, in wal with a checkpoint between; says each.
//                                               `rekey-<mode>`: two, between steps of a re-encryption, and one after it
//     database_driver check <folder> <mode>     exit code 0 when exactly whole transactions are there, all that were said
//                                               among them, nothing is in the clear in what is or was on the disk, and a
//                                               re-encryption goes on to its end
#include "database.hpp"

#include <keywright/adapters/sqlite/reencrypt.hpp>

namespace {

using namespace crash;

constexpr int transactions = 3;

sqlite::database open(const std::string& folder) { return must(sqlite::open(folder + "/a.db", lease), "open"); }

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

int change_rows(const std::string& folder, std::string_view mode) {
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
    must(sqlite::begin_reencryption(db), "begin_reencryption");
    for (bool is_finished = false; !is_finished;) {
        is_finished = must(sqlite::reencryption_step(db, {.pages_per_step = 6}), "reencryption_step").is_finished;
        if (n < transactions - 1 || is_finished) commit(db, ++n);
    }
    return n == transactions ? 0 : 4;
}

int change(const std::string& folder, std::string_view mode) {
    return is_rekey(mode) ? change_key(folder, mode) : change_rows(folder, mode);
}

// --- the judge ---

/// A re-encryption that was under way goes on; one that was not begins. Then one key has sealed every page.
int check_key(const std::string& folder, sqlite::database db) {
    if (!must(sqlite::reencrypt(db, {.pages_per_step = 5}), "reencrypt").is_finished) return failed("the re-encryption does not end");
    if (run(db, "PRAGMA integrity_check") != "ok;") return failed("integrity_check finds fault after a re-encryption");
    if (run(db, "SELECT count(*) FROM t WHERE b = 'again'") != "10;") return failed("a re-encryption changed what is there");
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
    if (is_anything_clear(folder)) return failed("something is in the clear");
    auto db = open(folder);
    if (run(db, "SELECT count(*) FROM sqlite_schema") == "0;")
        return last_said() >= 0 || !is_new(mode) ? failed("the database is empty") : 0;
    if (const auto wrong = judge_transactions(db); !wrong.empty()) return failed(wrong);
    if (const auto wrong = judge_a_write(db); !wrong.empty()) return failed(wrong);
    return is_rekey(mode) ? check_key(folder, std::move(db)) : 0;
}

} // namespace

int main(int argc, char** argv) { return crash::drive(argc, argv, prepare, change, check); }
