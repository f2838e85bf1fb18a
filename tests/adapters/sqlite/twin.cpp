// SPDX-License-Identifier: Apache-2.0
// Random SQL to an encrypted database, between steps of re-encryptions, and to a plain one: after every statement the same
// code and the same rows, at the end of every script the same content, integrity_check without a word, and nothing of it in
// the clear in the encrypted files.
//     twin [SCRIPTS [SEED]]      KEYWRIGHT_TWIN_SCRIPTS in the environment goes before SCRIPTS
#include "../../in_memory.hpp"
#include "sql.hpp"

#include <keywright/adapters/sqlite/reencrypt.hpp>
#include <keywright/testing/temporary_folder.hpp>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>

using namespace keywright;
using namespace keywright::encrypted_tests;

namespace {

std::string run(sqlite3* db, const std::string& sql) {
    const auto done = try_sql(db, sql);
    return "code " + std::to_string(done.code) + "\n" + done.rows + "\n";
}

/// One script's statements, in an order that a program could have.
class writer {
public:
    explicit writer(unsigned seed) : random_(seed) {}

    std::size_t below(std::size_t n) { return random_() % n; }
    template <std::size_t N>
    std::string any(const char* const (&list)[N]) {
        return list[below(N)];
    }

    std::string opening() {
        return "PRAGMA page_size = " + any({"512", "512", "1024", "4096", "4096", "16384", "65536"}) +
               "; PRAGMA auto_vacuum = " + any({"0", "1", "2"}) + "; PRAGMA synchronous = " + any({"OFF", "OFF", "NORMAL"}) +
               "; PRAGMA cache_size = " + any({"1", "5", "20", "2000"}) + "; PRAGMA temp_store = " + any({"FILE", "MEMORY"}) +
               "; PRAGMA journal_mode = " + journal() + "; " + table("t0") + "; " + insert();
    }
    std::string statement() {
        switch (below(26)) {
        case 0: return table(name());
        case 1: return "DROP TABLE IF EXISTS " + name();
        case 2: return "CREATE INDEX IF NOT EXISTS i" + std::to_string(below(4)) + " ON " + name() + "(b, c)";
        case 3: return "DROP INDEX IF EXISTS i" + std::to_string(below(4));
        case 4:
        case 5: return "BEGIN" + any({"", " IMMEDIATE", " EXCLUSIVE"});
        case 6:
        case 7: return "COMMIT";
        case 8: return "ROLLBACK";
        case 9: return "SAVEPOINT s";
        case 10: return any({"ROLLBACK TO s", "RELEASE s"});
        case 11: return "VACUUM";
        case 12:
            return any({"PRAGMA incremental_vacuum(3)", "PRAGMA wal_checkpoint(PASSIVE)", "PRAGMA wal_checkpoint(TRUNCATE)", "REINDEX",
                        "ANALYZE"});
        case 13: return "PRAGMA journal_mode = " + journal();
        case 14: return "PRAGMA cache_size = " + any({"1", "5", "20", "2000"});
        case 15:
            return "CREATE TEMP TABLE IF NOT EXISTS spill AS SELECT a, b || c AS x FROM " + name() +
                   "; UPDATE spill SET x = x || 'MARKER'; DROP TABLE spill";
        case 16: return "SELECT b, count(*), sum(length(c)) FROM " + name() + " GROUP BY b ORDER BY b";
        case 17: return "SELECT x.a, y.b FROM " + name() + " AS x JOIN " + name() + " AS y USING (c) ORDER BY x.a, y.a LIMIT 50";
        case 18:
            return "UPDATE OR " + any({"ABORT", "ROLLBACK", "FAIL", "IGNORE", "REPLACE"}) + " " + name() +
                   " SET a = a + 1 WHERE a % 3 = " + std::to_string(below(3));
        case 19:
            return "UPDATE " + name() + " SET b = 'MARKER-" + std::to_string(below(1000)) + "', c = " + blob() +
                   " WHERE a % 7 = " + std::to_string(below(7));
        case 20: return "DELETE FROM " + name() + " WHERE a % 5 = " + std::to_string(below(5));
        case 21: return "CREATE TRIGGER IF NOT EXISTS g AFTER INSERT ON " + name() + " BEGIN DELETE FROM t0 WHERE a = new.a - 40; END";
        default: return insert();
        }
    }

private:
    std::string journal() { return any({"DELETE", "WAL", "WAL", "TRUNCATE", "PERSIST", "MEMORY"}); }
    std::string name() { return "t" + std::to_string(below(4)); }
    std::string table(const std::string& name) {
        return "CREATE TABLE IF NOT EXISTS " + name + "(a INTEGER PRIMARY KEY, b TEXT, c BLOB" + any({"", ", UNIQUE(b, a)"}) + ")" +
               any({"", " WITHOUT ROWID"});
    }
    std::string blob() {
        if (below(10) == 0) return "zeroblob(" + std::to_string(below(60'000)) + ")";
        std::string digits = "X'";
        for (std::size_t n = below(200); n > 0; --n) digits += "0123456789abcdef"[below(16)], digits += "0123456789abcdef"[below(16)];
        return digits + "'";
    }
    std::string insert() {
        return "WITH RECURSIVE n(i) AS (SELECT " + std::to_string(below(500)) + " UNION ALL SELECT i + 1 FROM n LIMIT " +
               std::to_string(1 + below(80)) + ") INSERT OR " + any({"IGNORE", "REPLACE", "ABORT"}) + " INTO " + name() +
               " SELECT i, 'MARKER-' || i, " + blob() + " FROM n";
    }

    std::mt19937 random_;
};

const char* const all_content = "SELECT type, name, sql FROM sqlite_schema ORDER BY name";

/// Everything that a program can read, but for the file's own figures.
std::string dump(sqlite3* db) {
    std::string all = run(db, all_content);
    for (int i = 0; i < 4; ++i) all += run(db, "SELECT a, b, hex(c) FROM t" + std::to_string(i) + " ORDER BY a");
    return all + run(db, "PRAGMA integrity_check");
}

class script {
public:
    script(unsigned seed, const std::string& folder) : writer_(seed), folder_(folder) {}

    /// Empty, or where the two went apart.
    std::string play() {
        if (auto apart = reopen(); !apart.empty()) return apart;
        if (auto apart = both(writer_.opening()); !apart.empty()) return apart;
        for (int i = 0; i < 50; ++i) {
            const auto choice = writer_.below(30);
            auto apart = choice == 0 ? reopen() : choice == 1 ? back_up() : choice < 4 ? seal_anew() : both(writer_.statement());
            if (!apart.empty()) return apart;
        }
        if (auto apart = reopen(); !apart.empty()) return apart;
        return is_clear() ? "something is in the clear\n" : "";
    }

private:
    std::string both(const std::string& sql) {
        const std::string ours = run(ours_->handle(), sql), theirs = run(theirs_.handle(), sql);
        const auto fault = sqlite::last_error(ours_->handle());
        if (ours == theirs && !fault) return "";
        return sql + "\n-- encrypted: " + ours.substr(0, 300) + (fault ? fault->text : "") + "\n-- plain: " + theirs.substr(0, 300) + "\n";
    }
    /// Both closed, opened and compared whole.
    std::string reopen() {
        const bool first = !ours_;
        ours_.reset();
        theirs_ = {};
        auto ours = sqlite::open(folder_ + "/ours.db", lease);
        auto theirs = sqlite::connection::open(folder_ + "/theirs.db", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, seconds{5});
        if (!ours || !theirs) return std::string("open: ") + (ours ? theirs.error().text : ours.error().text) + "\n";
        ours_.emplace(std::move(*ours));
        theirs_ = std::move(*theirs);
        int reserved = envelope::page_reserve; // the same bytes unused, so the same pages
        sqlite3_file_control(theirs_.handle(), "main", SQLITE_FCNTL_RESERVE_BYTES, &reserved);
        if (first) return "";
        const std::string a = dump(ours_->handle()), b = dump(theirs_.handle());
        if (!a.ends_with("\nok;\n")) return "integrity_check: " + a.substr(a.size() - std::min<std::size_t>(a.size(), 300));
        return a == b ? both("PRAGMA cache_size = 5") : "the content differs\n";
    }
    /// A copy by SQLite's backup interface, read through a connection of its own.
    std::string back_up() {
        if (sqlite3_get_autocommit(ours_->handle()) == 0) return "";
        std::filesystem::remove(folder_ + "/copy.db");
        auto copy = sqlite::open(folder_ + "/copy.db", lease);
        if (!copy) return "open the copy\n";
        auto* backup = sqlite3_backup_init(copy->handle(), "main", ours_->handle(), "main");
        int code = SQLITE_OK;
        while (code == SQLITE_OK) code = sqlite3_backup_step(backup, 7);
        sqlite3_backup_finish(backup);
        if (code != SQLITE_DONE) return "backup: " + std::to_string(code) + "\n";
        // Both are read, and not ours alone: integrity_check opens the temporary database, and a connection with one answers
        // the first wal_checkpoint after journal_mode = WAL with SQLITE_LOCKED.
        const std::string a = dump(ours_->handle()), b = dump(theirs_.handle());
        return a == b && a == dump(copy->handle()) ? "" : "backup: the content differs\n";
    }
    /// One step of a re-encryption, which nobody sees but in the log that it may cut.
    std::string seal_anew() {
        if (sqlite3_get_autocommit(ours_->handle()) == 0) return "";
        const auto begun = sqlite::begin_reencryption(*ours_);
        const auto done = begun ? sqlite::reencryption_step(*ours_, {.pages_per_step = static_cast<std::uint32_t>(1 + writer_.below(60))})
                                : result<sqlite::reencryption_progress>(pass(begun));
        if (!done) return std::string("re-encryption: ") + done.error().text + "\n";
        // The first checkpoint may be refused, as above; the step's own may have been that one.
        const std::string checkpoint = "PRAGMA wal_checkpoint(TRUNCATE)";
        for (sqlite3* db : {ours_->handle(), theirs_.handle()}) run(db, checkpoint);
        return both(checkpoint);
    }
    bool is_clear() const {
        for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
            if (entry.path().filename().string().rfind("theirs", 0) == 0) continue;
            std::ifstream file(entry.path(), std::ios::binary);
            const std::string all(std::istreambuf_iterator<char>(file), {});
            if (all.find("MARKER") != all.npos) return true;
        }
        return false;
    }

    writer writer_;
    std::string folder_;
    std::optional<sqlite::database> ours_;
    sqlite::connection theirs_;
};

} // namespace

int main(int argc, char** argv) {
    keep_folders_in_memory();
    const char* wanted = std::getenv("KEYWRIGHT_TWIN_SCRIPTS");
    const unsigned scripts = static_cast<unsigned>(std::atoi(wanted != nullptr ? wanted : argc > 1 ? argv[1] : "100"));
    const unsigned first = argc > 2 ? static_cast<unsigned>(std::atoi(argv[2])) : 1;
    for (unsigned seed = first; seed < first + scripts; ++seed) {
        const testing::temporary_folder folder;
        if (const std::string apart = script(seed, folder.path()).play(); !apart.empty()) {
            std::printf("twin: script %u: %s", seed, apart.c_str());
            return 1;
        }
    }
    std::printf("twin: %u scripts, the same from both\n", scripts);
    return scripts > 0 ? 0 : 1;
}
