// SPDX-License-Identifier: Apache-2.0
// Every call of SQLite to its disk fails once, and once with all that follow: what was said to be committed is there, nothing
// else is, no answer is wrong, and no memory or descriptor is kept. Also where the program is killed just then.
//     faults [STEP]      every STEP-th call of each kind; all where KEYWRIGHT_CRASH_FULL is set
#include "../../in_memory.hpp"
#include "faulty_vfs.hpp"
#include "sql.hpp"

#include <keywright/testing/temporary_folder.hpp>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include <sys/wait.h>
#include <unistd.h>

using namespace keywright;
using namespace keywright::encrypted_tests;

namespace {

struct scenario {
    const char* name;
    const char* journal;
    enum start { fresh, made, crashed } begins = made;
    bool vacuums = false;
};
constexpr scenario scenarios[] = {{"delete", "delete"},
                                  {"truncate", "truncate"},
                                  {"persist", "persist"},
                                  {"wal", "wal"},
                                  {"a new file, delete", "delete", scenario::fresh},
                                  {"a new file, wal", "wal", scenario::fresh},
                                  {"recovery, delete", "delete", scenario::crashed},
                                  {"recovery, wal", "wal", scenario::crashed},
                                  {"vacuum, delete", "delete", scenario::made, true},
                                  {"vacuum, wal", "wal", scenario::made, true}};

constexpr const char* tables = "CREATE TABLE t(a INTEGER PRIMARY KEY, n INTEGER, b TEXT); CREATE TABLE log(n INTEGER PRIMARY KEY);"
                               "CREATE INDEX i ON t(b); INSERT INTO log VALUES (0);"
                               "WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r WHERE i < 10)"
                               " INSERT INTO t SELECT i, 0, 'MARKER' || hex(randomblob(80)) FROM r";

/// One run: what it was told, and what it saw that was wrong.
class run {
public:
    explicit run(const scenario& of) : of_(of) {}

    std::set<int> said, perhaps; // numbers of transactions; perhaps: COMMIT failed
    std::string wrong;

    void play(const std::string& path) {
        if (!open(path)) return;
        if (of_.begins == scenario::fresh) commit(0, {tables});
        for (int n = 1; n <= 3; ++n) {
            change(n);
            if (n == 2) try_sql(db(), of_.vacuums ? "VACUUM" : "PRAGMA wal_checkpoint(TRUNCATE)");
        }
    }
    /// After the fault: the same connection works, or says that it does not.
    void go_on() {
        if (db() == nullptr) return;
        if (said.count(0) == 1 || of_.begins != scenario::fresh) look(-1);
        change(9);
    }
    void close() { db_.reset(); }

private:
    sqlite3* db() const { return db_ ? db_->handle() : nullptr; }
    bool open(const std::string& path) {
        auto opened = sqlite::open(path, lease, {.wait = seconds{0}});
        if (!opened) return false;
        db_.emplace(std::move(*opened));
        for (const char* pragma : {"page_size = 512", "cache_size = 5", "synchronous = EXTRA", "temp_store = FILE", "temp.cache_size = 5"})
            try_sql(db(), std::string("PRAGMA ") + pragma);
        try_sql(db(), std::string("PRAGMA journal_mode = ") + of_.journal);
        return true;
    }
    void commit(int n, const std::vector<std::string>& statements) {
        int code = try_sql(db(), "BEGIN IMMEDIATE").code;
        for (const auto& sql : statements)
            if (code == SQLITE_OK) code = try_sql(db(), sql).code;
        if (code == SQLITE_OK && look(n)) {
            perhaps.insert(n);
            if (try_sql(db(), "COMMIT").code == SQLITE_OK) said.insert(n);
        }
        if (sqlite3_get_autocommit(db()) == 0) try_sql(db(), "ROLLBACK");
        if (sqlite3_get_autocommit(db()) == 0) wrong += "a transaction does not end; ";
    }
    void change(int n) {
        const std::string number = std::to_string(n);
        commit(n, {"UPDATE t SET n = " + number + ", b = 'MARKER' || hex(randomblob(90))", "INSERT INTO log VALUES (" + number + ")",
                   "SAVEPOINT s; DELETE FROM t WHERE a > 3; INSERT INTO log SELECT 100 + a FROM t; ROLLBACK TO s"});
        spill();
    }
    /// What SQLite writes to temporary files comes back as it was, or not at all; also out of their journals.
    void spill() {
        const char* make =
            "DROP TABLE IF EXISTS temp.u; CREATE TEMP TABLE u AS SELECT r.a * 10 + t.a AS a, 'MARKER' || hex(zeroblob(200)) ||"
            " (r.a * 10 + t.a) AS x FROM t, t AS r";
        if (try_sql(db(), make).code != SQLITE_OK) return;
        try_sql(db(), "BEGIN; UPDATE u SET x = x || 'y'; UPDATE u SET x = 'z' || x");
        if (sqlite3_get_autocommit(db()) == 0) try_sql(db(), "ROLLBACK");
        const auto whole = try_sql(db(), "SELECT count(*) FROM u WHERE x <> 'MARKER' || hex(zeroblob(200)) || a");
        if (whole.code == SQLITE_OK && whole.rows != "0;") wrong += "a temporary table has rows that nobody wrote; ";
        const auto sorted =
            try_sql(db(), "SELECT count(*), count(DISTINCT x) FROM (SELECT x FROM u ORDER BY substr(x, 100) DESC LIMIT 1000)");
        if (sorted.code == SQLITE_OK && sorted.rows != "100|100;") wrong += "a sorter gives " + sorted.rows + "; ";
    }
    /// Whether t can be read; what is read is all of one transaction, `n` where that is known.
    bool look(int n) {
        const auto seen = try_sql(db(), "SELECT count(*), min(n) = max(n), max(n) FROM t");
        if (seen.code != SQLITE_OK) return false;
        if (seen.rows.rfind("10|1|", 0) != 0 || (n >= 0 && seen.rows != "10|1|" + std::to_string(n) + ';'))
            wrong += "t holds " + seen.rows + "; ";
        return true;
    }

    const scenario& of_;
    std::optional<sqlite::database> db_;
};

using files = std::map<std::string, std::string>;

files take(const std::string& folder) {
    files found;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        if (entry.path().extension() == ".db-shm") continue;
        std::ifstream file(entry.path(), std::ios::binary);
        found[entry.path().filename().string()] = std::string(std::istreambuf_iterator<char>(file), {});
    }
    return found;
}
void put(const files& all, const std::string& folder) {
    for (const auto& [name, content] : all) std::ofstream(folder + "/" + name, std::ios::binary) << content;
}

/// The state that each case begins with; that of `crashed` is made by a program that ends within a transaction.
files begin(const scenario& of) {
    const testing::temporary_folder folder;
    if (of.begins == scenario::fresh) return {};
    const pid_t child = ::fork();
    if (child == 0) {
        const auto db = sqlite::open(folder / "a.db", lease);
        const std::string sql = std::string("PRAGMA page_size = 512; PRAGMA cache_size = 5; PRAGMA journal_mode = ") + of.journal +
                                "; BEGIN;" + tables + "; COMMIT; BEGIN; UPDATE t SET n = 7, b = hex(randomblob(300))" +
                                (of.begins == scenario::crashed ? "" : "; ROLLBACK");
        const bool is_made = db && try_sql(db->handle(), sql).code == SQLITE_OK;
        if (of.begins == scenario::crashed) ::_exit(is_made ? 0 : 1);
        std::exit(is_made ? 0 : 1);
    }
    int status = 1;
    ::waitpid(child, &status, 0);
    return status == 0 ? take(folder.path()) : files{};
}

/// Empty, or what is wrong with what is on the disk.
std::string judge(const std::string& folder, const scenario& of, const run& told) {
    for (const auto& [name, content] : take(folder))
        if (content.find("MARKER") != content.npos) return name + " holds something in the clear";
    const auto db = sqlite::open(folder + "/a.db", lease, {.wait = seconds{0}});
    if (!db) return std::string("cannot be opened: ") + db.error().text;
    if (const auto whole = try_sql(db->handle(), "PRAGMA integrity_check"); whole.rows != "ok;") return "integrity_check: " + whole.rows;
    if (try_sql(db->handle(), "SELECT count(*) FROM sqlite_schema").rows == "0;")
        return of.begins == scenario::fresh && told.said.count(0) == 0 ? "" : "is empty";
    std::set<int> there;
    std::istringstream numbers(try_sql(db->handle(), "SELECT n FROM log").rows);
    for (std::string n; std::getline(numbers, n, ';');) there.insert(std::stoi(n));
    for (const int n : told.said)
        if (there.count(n) == 0) return "lost " + std::to_string(n);
    for (const int n : there)
        if (n != 0 && told.perhaps.count(n) == 0) return "has " + std::to_string(n) + ", which was rolled back";
    const auto seen = try_sql(db->handle(), "SELECT count(*), min(n), max(n) FROM t");
    const std::string last = std::to_string(*there.rbegin());
    return seen.rows == "10|" + last + '|' + last + ';' ? "" : "t holds " + seen.rows + " after " + last;
}

struct resources {
    sqlite3_int64 memory = sqlite3_memory_used();
    std::ptrdiff_t descriptors = std::distance(std::filesystem::directory_iterator("/proc/self/fd"), std::filesystem::directory_iterator());
    bool operator==(const resources&) const = default;
};

/// A call that fails, and how the case is called.
struct failing {
    fault what;
    int number, again;
    std::string name() const {
        return std::string(what.call) + ' ' + std::to_string(number) +
               (again == faulty_vfs::for_ever ? " and all after"
                : again > 0                   ? " and " + std::to_string(number + again)
                                              : "") +
               " gives " + std::to_string(what.code) + (what.half ? " half way" : "");
    }
};

/// What is wrong after one case.
std::string one(const scenario& of, const files& start, const failing& call, int& failures) {
    const testing::temporary_folder folder, killed;
    put(start, folder.path());
    const resources before;
    run now(of);
    faulty_vfs::arm(call.what, call.number, call.again);
    now.play(folder / "a.db");
    failures += faulty_vfs::disarm();
    put(take(folder.path()), killed.path());
    std::string wrong = judge(killed.path(), of, now);
    if (!wrong.empty()) wrong = "killed: " + wrong;
    now.go_on();
    now.close();
    if (!(resources() == before)) wrong += "memory or descriptors are kept; ";
    return now.wrong + wrong + judge(folder.path(), of, now);
}

int count(const scenario& of, const files& start, const fault& what) {
    const testing::temporary_folder folder;
    put(start, folder.path());
    run now(of);
    faulty_vfs::arm(what, 0);
    now.play(folder / "a.db");
    const int calls = faulty_vfs::calls();
    faulty_vfs::disarm();
    now.close();
    const bool is_all = now.said == (of.begins == scenario::fresh ? std::set{0, 1, 2, 3} : std::set{1, 2, 3});
    return is_all && now.wrong.empty() && judge(folder.path(), of, now).empty() ? calls : -1;
}

/// Every `step`th call of each kind; and of a new file's first writes any two, because a header has two copies.
std::vector<failing> failings(const scenario& of, const files& start, int step) {
    std::vector<failing> all;
    for (const auto& what : all_faults) {
        const int calls = count(of, start, what);
        if (calls < 0) return {};
        for (const int again : {0, faulty_vfs::for_ever})
            for (int number = 1 + (again != 0 ? step / 2 : 0); number <= calls; number += step) all.push_back({what, number, again});
    }
    if (of.begins == scenario::fresh)
        for (int pair = 0; pair < 60 * 90; pair += step) all.push_back({{"write", SQLITE_IOERR_WRITE, true}, 1 + pair / 90, 1 + pair % 90});
    return all;
}

} // namespace

int main(int argc, char** argv) {
    const int step = std::getenv("KEYWRIGHT_CRASH_FULL") != nullptr ? 1 : argc > 1 ? std::atoi(argv[1]) : 1;
    const std::string_view only = argc > 2 ? argv[2] : "";
    keep_folders_in_memory();
    faulty_vfs::install();
    int cases = 0, failures = 0, bad = 0;
    for (const auto& of : scenarios) {
        if (!only.empty() && of.name != only) continue;
        const files start = begin(of);
        const auto all = failings(of, start, step);
        if (all.empty()) return std::printf("faults: %s does not work without faults\n", of.name), 1;
        for (const auto& call : all) {
            const std::string wrong = one(of, start, call, failures);
            ++cases;
            if (!wrong.empty() && ++bad <= 20) std::printf("faults: %s, %s: %s\n", of.name, call.name().c_str(), wrong.c_str());
        }
    }
    std::printf("faults: %d cases, %d calls failed, %d cases with something wrong\n", cases, failures, bad);
    return cases > 0 && failures >= cases && bad == 0 ? 0 : 1;
}
