// SPDX-License-Identifier: Apache-2.0
// Two processes write to one encrypted database while they are killed at random times. After each kill it is opened: it is
// whole, and of each writer exactly the transactions are there that it had said, and at most the one that it was at.
//     kill_load [KILLS]      1000 where KEYWRIGHT_CRASH_FULL is set
// In WAL mode SQLite before 3.50.2 rolls back to no savepoint here: where that follows pages that were spilled into the log
// twice, it writes frames without checksums, and a recovery drops them and all that is committed after them. With files in the
// clear, too; tests/adapters/sqlite/encrypted_file.cpp shows both.
#include "../adapters/sqlite/sql.hpp"
#include "../in_memory.hpp"

#include <keywright/testing/temporary_folder.hpp>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <random>

#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace keywright;
using encrypted_tests::lease;

namespace {

constexpr int writers = 2;
constexpr std::array modes{"delete", "wal", "truncate", "persist", "wal"};

/// What writers have said; survives them. `begun` is raised before a transaction, `said` after its COMMIT.
struct spoken {
    std::atomic<std::int64_t> begun[writers], said[writers];
    std::atomic<int> failed;
};

/// What SQLite answers, or why not.
encrypted_tests::outcome ask(const sqlite::database& db, const std::string& sql) {
    auto got = encrypted_tests::try_sql(db.handle(), sql);
    if (got.code != SQLITE_OK)
        got.rows = sql.substr(0, 200) + ": " + std::to_string(got.code) + ' ' + encrypted_tests::last_words(db.handle());
    return got;
}

// Each transaction writes its number into `last`, a row with a checksum into `log`, and all rows of `t`, which belong to both.
constexpr const char* tables =
    "CREATE TABLE last(w INTEGER PRIMARY KEY, n INTEGER); INSERT INTO last VALUES (0, 0), (1, 0);"
    "CREATE TABLE log(w INTEGER, n INTEGER, text TEXT, sum TEXT, PRIMARY KEY (w, n)) WITHOUT ROWID;"
    "CREATE TABLE t(a INTEGER PRIMARY KEY, w INTEGER, n INTEGER, b TEXT); CREATE INDEX i ON t(b);"
    "INSERT INTO t WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r WHERE i < 40) SELECT i, 0, 0, hex(randomblob(100)) FROM r";

std::string transaction(const std::string& w, const std::string& n, bool has_savepoint) {
    return "BEGIN IMMEDIATE; UPDATE last SET n = " + n + " WHERE w = " + w + "; INSERT INTO log SELECT " + w + ", " + n +
           ", x, length(x) || substr(x, 50, 20) FROM (SELECT hex(randomblob(100 + 40 * (" + n +
           " % 30))) AS x); DELETE FROM log WHERE w = " + w + " AND n < " + n + " - 20; " +
           (has_savepoint ? "SAVEPOINT s; UPDATE t SET b = 'never'; ROLLBACK TO s; " : "") + "UPDATE t SET w = " + w + ", n = " + n +
           ", b = hex(randomblob(100 + a % 7)); COMMIT";
}

[[noreturn]] void write_for_ever(const std::string& path, const char* mode, int who, spoken& spoken) {
    const auto db = sqlite::open(path, lease, {.wait = seconds{60}});
    if (!db) ++spoken.failed, std::printf("open: %s\n", db.error().text), std::fflush(stdout), ::_exit(1);
    ask(*db, std::string("PRAGMA journal_mode = ") + mode); // of the connection, but for wal
    ask(*db, "PRAGMA cache_size = 10");
    ask(*db, "PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 20");
    const bool has_savepoints = std::string_view(mode) != "wal" || sqlite3_libversion_number() >= 3'050'002;
    for (std::int64_t n = spoken.begun[who] + 1;; ++n) {
        spoken.begun[who] = n;
        const auto done = ask(*db, transaction(std::to_string(who), std::to_string(n), has_savepoints));
        if (done.code != SQLITE_OK)
            ++spoken.failed, std::printf("writer %d: %s\n", who, done.rows.c_str()), std::fflush(stdout), ::_exit(1);
        spoken.said[who] = n;
        if (n % 16 == 0) ask(*db, "PRAGMA wal_checkpoint(RESTART)"); // may be busy
    }
}

class load {
public:
    explicit load(std::string path) : path_(std::move(path)) {
        spoken_ = static_cast<spoken*>(::mmap(nullptr, sizeof(spoken), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
    }
    ~load() {
        for (int who = 0; who < writers; ++who) stop(who);
    }
    load(const load&) = delete;
    load& operator=(const load&) = delete;

    void start(int who) {
        children_[static_cast<std::size_t>(who)] = ::fork();
        if (children_[static_cast<std::size_t>(who)] != 0) return;
        ::prctl(PR_SET_PDEATHSIG, SIGKILL); // whoever ends this program ends its writers
        write_for_ever(path_, mode_, who, *spoken_);
    }
    void stop(int who) {
        pid_t& child = children_[static_cast<std::size_t>(who)];
        if (child <= 0) return;
        ::kill(child, SIGKILL);
        ::waitpid(std::exchange(child, 0), nullptr, 0);
    }
    /// Empty, or what is wrong.
    std::string judge() const {
        std::array<std::int64_t, writers> said{};
        for (int who = 0; who < writers; ++who) said[static_cast<std::size_t>(who)] = spoken_->said[who];
        const auto db = sqlite::open(path_, lease, {.wait = seconds{60}});
        if (!db) return std::string("open: ") + db.error().text;
        const auto whole = ask(*db, "BEGIN; PRAGMA integrity_check");
        if (whole.rows != "ok;") return "integrity_check: " + whole.rows;
        for (int who = 0; who < writers; ++who) {
            const std::string w = std::to_string(who);
            const auto last = ask(*db, "SELECT n FROM last WHERE w = " + w);
            const std::int64_t n = last.code == SQLITE_OK ? std::atoll(last.rows.c_str()) : -1;
            // A writer that was killed has said nothing since, and one that was not may be further by now.
            if (n < said[static_cast<std::size_t>(who)] || n > spoken_->begun[who])
                return "writer " + w + " is at " + last.rows + ", has said " + std::to_string(said[static_cast<std::size_t>(who)]) +
                       " and begun " + std::to_string(spoken_->begun[who]);
            const auto log =
                ask(*db, "SELECT count(*) = min(21, " + std::to_string(n) + ") AND coalesce(max(n), 0) = " + std::to_string(n) +
                             " AND total(sum <> length(text) || substr(text, 50, 20)) = 0 FROM log WHERE w = " + w);
            if (log.rows != "1;") return "the log of writer " + w + " is not whole: " + log.rows;
        }
        const auto rows =
            ask(*db, "SELECT count(*), count(DISTINCT w || ' ' || n), total(n <> (SELECT n FROM last WHERE last.w = t.w)) FROM t");
        return rows.rows == "40|1|0.0;" ? "" : "a transaction is there in part: " + rows.rows;
    }
    bool has_failed() const { return spoken_->failed > 0; }
    std::int64_t transactions() const { return spoken_->said[0] + spoken_->said[1]; }

    // What is begun and not said is either there or not; from here on it is as if it was never begun.
    void settle(int who) {
        const auto db = sqlite::open(path_, lease, {.wait = seconds{60}});
        if (db)
            spoken_->begun[who] = spoken_->said[who] =
                std::atoll(ask(*db, "SELECT n FROM last WHERE w = " + std::to_string(who)).rows.c_str());
    }
    std::string journal(const char* mode) {
        mode_ = mode;
        const auto db = sqlite::open(path_, lease, {.wait = seconds{60}});
        if (!db) return db.error().text;
        const auto set = ask(*db, std::string("PRAGMA journal_mode = ") + mode);
        return set.rows == std::string(mode) + ';' ? "" : "journal_mode: " + set.rows;
    }

private:
    std::string path_;
    const char* mode_ = "delete";
    spoken* spoken_;
    std::array<pid_t, writers> children_{};
};

} // namespace

int main(int argc, char** argv) {
    const int kills = std::getenv("KEYWRIGHT_CRASH_FULL") != nullptr ? 1000 : argc > 1 ? std::atoi(argv[1]) : 40;
    keep_folders_in_memory();
    const testing::temporary_folder folder;
    const std::string path = folder / "a.db";
    {
        const auto db = sqlite::open(path, lease);
        if (!db || ask(*db, std::string("PRAGMA page_size = 512; ") + tables).code != SQLITE_OK) return 2;
    }
    load now(path);
    const auto seed = std::random_device()();
    std::mt19937 random(seed);
    std::string wrong;
    int done = 0;
    for (; done < kills && wrong.empty(); ++done) {
        const bool both = done % 8 == 0; // then no one is in the way of another journal mode
        if (both) {
            for (int who = 0; who < writers; ++who) now.stop(who), now.settle(who);
            wrong = now.judge();
            if (wrong.empty()) wrong = now.journal(modes[static_cast<std::size_t>(done / 8) % modes.size()]);
            for (int who = 0; who < writers; ++who) now.start(who);
        }
        const int who = static_cast<int>(random() % writers);
        ::usleep(static_cast<useconds_t>(random() % 30'000));
        now.stop(who);
        if (wrong.empty()) wrong = now.judge();
        now.settle(who);
        now.start(who);
        if (now.has_failed()) wrong += " a writer failed";
    }
    std::printf("kill_load: seed %u, %d kills, %lld transactions; %s\n", seed, done, static_cast<long long>(now.transactions()),
                wrong.empty() ? "nothing wrong" : wrong.c_str());
    return wrong.empty() && now.transactions() > 0 ? 0 : 1;
}
