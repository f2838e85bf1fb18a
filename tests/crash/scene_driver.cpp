// SPDX-License-Identifier: Apache-2.0
// What else a database goes through between two crashes, one scene a run, and the judge of what was left; as
// database_driver, which has the journal modes by themselves.
//     scene_driver prepare|change|check <folder> <scene>-<journal mode>
// Scenes:  tables   several tables with a trigger, pages of 4096 bytes in auto-vacuum, so that pages move
//          vacuum   the whole file is written anew between transactions
//          attach   two databases in each transaction, held together by a super-journal
//          modes    the journal mode changes and changes back between transactions
//          anew     none at first; one is begun and rolled back, then made with pages of another size
#include "database.hpp"

namespace {

using namespace crash;

constexpr int transactions = 3;

struct scene {
    explicit scene(std::string_view word) : name(word.substr(0, word.find('-'))), journal(word.substr(word.find('-') + 1)) {}
    std::string name, journal;

    bool is(std::string_view other) const { return name == other; }
    const char* page_size() const { return is("tables") ? "4096" : is("anew") ? "2048" : "512"; }
};

/// Durable at each commit; two databases where the scene has two.
sqlite::database open(const std::string& folder, const scene& now) {
    auto db = must(sqlite::open(folder + "/a.db", lease), "open");
    std::vector<std::string> schemas{"main"};
    if (now.is("attach")) {
        must(db.attach(folder + "/b.db", "b", lease), "attach");
        schemas.emplace_back("b");
    }
    for (const auto& each : schemas)
        for (const std::string& pragma :
             {std::string("page_size = ") + now.page_size(), std::string("cache_size = 5"), std::string("synchronous = EXTRA"),
              "auto_vacuum = " + std::string(now.is("tables") ? "FULL" : "NONE")})
            run(db, "PRAGMA " + each + "." + pragma);
    return db;
}
void set_journal(const sqlite::database& db, const scene& now) {
    run(db, "PRAGMA journal_mode = " + now.journal); // of all databases
}
void make_tables(const sqlite::database& db, const scene& now) {
    std::string sql = "BEGIN;";
    for (const std::string& in : {std::string("main."), std::string(now.is("attach") ? "b." : "")}) {
        if (in.empty()) continue;
        sql +=
            "CREATE TABLE " + in + "t(a INTEGER PRIMARY KEY, n INTEGER, b TEXT); CREATE TABLE " + in +
            "log(n INTEGER PRIMARY KEY); CREATE INDEX " + in + "i ON t(b); INSERT INTO " + in + "log VALUES (0); INSERT INTO " + in +
            "t WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r WHERE i < 10) SELECT i, 0, 'CLEARTEXT' || hex(randomblob(80)) FROM r;";
    }
    if (now.is("tables"))
        sql +=
            "CREATE TABLE old(a INTEGER PRIMARY KEY, n INTEGER, b TEXT); CREATE TRIGGER g AFTER UPDATE ON t BEGIN"
            " INSERT OR REPLACE INTO old VALUES (old.a, old.n, old.b || hex(zeroblob(2000))); DELETE FROM old WHERE a % 2 = new.n % 2; END;";
    run(db, sql + "COMMIT");
}
void commit(const sqlite::database& db, const scene& now, int n) {
    const std::string number = std::to_string(n);
    std::string sql = "BEGIN;";
    for (const char* in : {"main.", "b."})
        if (std::string_view(in) == "main." || now.is("attach"))
            sql += std::string("UPDATE ") + in + "t SET n = " + number + ", b = 'CLEARTEXT' || hex(randomblob(90)); INSERT INTO " + in +
                   "log VALUES (" + number + ");";
    run(db, sql + "SAVEPOINT s; DELETE FROM t WHERE a > 3; ROLLBACK TO s; COMMIT");
    say(number);
}

int prepare(const std::string& folder, std::string_view word) {
    const scene now(word);
    if (now.is("anew")) return 0;
    const auto db = open(folder, now);
    set_journal(db, now);
    make_tables(db, now);
    return 0;
}

int change(const std::string& folder, std::string_view word) {
    const scene now(word);
    const auto db = open(folder, now);
    if (now.is("anew"))
        run(db, "PRAGMA page_size = 1024; BEGIN; CREATE TABLE u(b); INSERT INTO u VALUES ('CLEARTEXT' || hex(zeroblob(20000))); ROLLBACK;"
                "PRAGMA page_size = 2048");
    set_journal(db, now);
    if (now.is("anew")) make_tables(db, now);
    say("0");
    for (int n = 1; n <= transactions; ++n) {
        commit(db, now, n);
        if (now.is("vacuum") && n < transactions) run(db, "VACUUM");
        if (now.is("modes")) run(db, n % 2 == 1 ? "PRAGMA journal_mode = WAL" : "PRAGMA journal_mode = " + now.journal);
        if (now.journal == "wal" && n == 2) run(db, "PRAGMA wal_checkpoint(TRUNCATE)");
    }
    return 0;
}

// --- the judge ---

int check(const std::string& folder, std::string_view word) {
    const scene now(word);
    if (is_anything_clear(folder)) return failed("something is in the clear");
    const auto db = open(folder, now);
    if (run(db, "SELECT count(*) FROM sqlite_schema") == "0;")
        return last_said() >= 0 || !now.is("anew") ? failed("the database is empty") : 0;
    if (const auto wrong = judge_transactions(db); !wrong.empty()) return failed(wrong);
    if (now.is("attach")) {
        if (const auto wrong = judge_transactions(db, "b."); !wrong.empty()) return failed("b: " + wrong);
        if (run(db, "SELECT (SELECT max(n) FROM main.log) = (SELECT max(n) FROM b.log)") != "1;") return failed("only one of two has it");
    }
    const auto wrong = judge_a_write(db);
    return wrong.empty() ? 0 : failed(wrong);
}

} // namespace

int main(int argc, char** argv) { return crash::drive(argc, argv, prepare, change, check); }
