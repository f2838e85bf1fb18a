// SPDX-License-Identifier: Apache-2.0
// What else a database goes through between two crashes, one scene a run, and the judge of what was left; as
// database_driver, which has the journal modes by themselves.
//     scene_driver prepare|change|check <folder> <scene>-<journal mode>
// Scenes:  tables   several tables with a trigger, pages of 4096 bytes in auto-vacuum, so that pages move
//          vacuum   the whole file is written anew between transactions
//          attach   two databases in each transaction, held together by a super-journal
//          modes    the journal mode changes and changes back between transactions
//          anew     none at first; one is begun and rolled back, then made with pages of another size
#include <keywright/adapters/sqlite/encrypted_database.hpp>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <unistd.h>

namespace {

using namespace keywright;

constexpr int transactions = 3;

struct scene {
    explicit scene(std::string_view word) : name(word.substr(0, word.find('-'))), journal(word.substr(word.find('-') + 1)) {}
    std::string name, journal;

    bool is(std::string_view other) const { return name == other; }
    const char* page_size() const { return is("tables") ? "4096" : is("anew") ? "2048" : "512"; }
};

void say(std::string_view word) { (void)!::write(STDOUT_FILENO, word.data(), word.size()); }
int failed(const std::string& sentence) {
    std::printf("%s\n", sentence.c_str());
    return 1;
}
[[noreturn]] void give_up(const char* what, const std::string& why) {
    std::fprintf(stderr, "%s: %s\n", what, why.c_str());
    std::exit(3);
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
    const auto fault = [&] { return sqlite::last_error(db.handle()); };
    if (const int code = sqlite3_exec(db.handle(), sql.c_str(), keep, &rows, nullptr); code != SQLITE_OK)
        give_up(sql.c_str(), std::to_string(code) + ' ' + sqlite3_errmsg(db.handle()) + " / " + (fault() ? fault()->text : ""));
    return rows;
}

/// Durable at each commit; two databases where the scene has two.
sqlite::database open(const std::string& folder, const scene& now) {
    auto db = sqlite::open(folder + "/a.db", lease);
    if (!db) give_up("open", db.error().text);
    std::vector<std::string> schemas{"main"};
    if (now.is("attach")) {
        if (const auto done = db->attach(folder + "/b.db", "b", lease); !done) give_up("attach", done.error().text);
        schemas.emplace_back("b");
    }
    for (const auto& each : schemas)
        for (const std::string& pragma :
             {std::string("page_size = ") + now.page_size(), std::string("cache_size = 5"), std::string("synchronous = EXTRA"),
              "auto_vacuum = " + std::string(now.is("tables") ? "FULL" : "NONE")})
            run(*db, "PRAGMA " + each + "." + pragma);
    return std::move(*db);
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

int prepare(const std::string& folder, const scene& now) {
    if (now.is("anew")) return 0;
    const auto db = open(folder, now);
    set_journal(db, now);
    make_tables(db, now);
    return 0;
}

int change(const std::string& folder, const scene& now) {
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

bool is_clear_in(const std::string& folder) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
        if (!entry.is_regular_file()) continue;
        std::ifstream file(entry.path(), std::ios::binary);
        const std::string all(std::istreambuf_iterator<char>(file), {});
        if (all.find("CLEARTEXT") != all.npos || all.find("SQLite format 3") != all.npos) return true;
    }
    return false;
}

/// Empty, or what is wrong in one of the databases.
std::string judge(const sqlite::database& db, const std::string& in, int promised) {
    if (run(db, "PRAGMA " + in + "integrity_check") != "ok ") return "integrity_check finds fault";
    const int last = std::stoi(run(db, "SELECT max(n) FROM " + in + "log"));
    if (last < promised || last > promised + 1)
        return "commits: " + std::to_string(last) + " after " + std::to_string(promised) + " were said";
    const std::string n = std::to_string(last) + " ";
    return run(db, "SELECT count(*), min(n), max(n) FROM " + in + "t") == "10 " + n + n ? "" : "a transaction is there in part";
}

int check(const std::string& folder, const scene& now) {
    const char* residue = std::getenv("KEYWRIGHT_RESIDUE");
    if (is_clear_in(folder) || (residue != nullptr && *residue != '\0' && is_clear_in(residue))) return failed("something is in the clear");
    const char* said = std::getenv("KEYWRIGHT_SAID");
    const int promised = said == nullptr || *said == '\0' ? -1 : said[std::string_view(said).size() - 1] - '0';
    const auto db = open(folder, now);
    if (run(db, "SELECT count(*) FROM sqlite_schema") == "0 ")
        return promised >= 0 || !now.is("anew") ? failed("the database is empty") : 0;
    if (const auto wrong = judge(db, "main.", promised); !wrong.empty()) return failed(wrong);
    if (now.is("attach")) {
        if (const auto wrong = judge(db, "b.", promised); !wrong.empty()) return failed("b: " + wrong);
        if (run(db, "SELECT (SELECT max(n) FROM main.log) = (SELECT max(n) FROM b.log)") != "1 ") return failed("only one of two has it");
    }
    run(db, "BEGIN; UPDATE t SET b = 'again'; COMMIT");
    return run(db, "PRAGMA integrity_check") == "ok " ? 0 : failed("integrity_check finds fault after a write");
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 4) return 2;
    const std::string_view what = argv[1];
    const scene now(argv[3]);
    if (what == "prepare") return prepare(argv[2], now);
    if (what == "change") return change(argv[2], now);
    if (what == "check") return check(argv[2], now);
    return 2;
}
