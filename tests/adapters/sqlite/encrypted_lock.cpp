// SPDX-License-Identifier: Apache-2.0
// What a lock does to whatever a connection is in the middle of: running and prepared statements, transactions, blobs, copies,
// waiting; and that an unlock brings back what was committed.
#include "../../memory_search.hpp"
#include "encrypted_helpers.hpp"

#include <keywright/adapters/sqlite/page_cache.hpp>

#include <map>
#include <random>

#include <sys/wait.h>

using namespace keywright;
using namespace keywright::encrypted_tests;

namespace {

constexpr const char* rows = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 600)"
                             " INSERT INTO t SELECT i, 'row ' || i, randomblob(200) FROM n";
constexpr const char* count_all = "SELECT count(*), max(b) FROM t; PRAGMA integrity_check";

struct locked_world {
    environment prod;
    temporary_folder folder;
    sqlite::database db;

    explicit locked_world(const char* mode) : db(open(folder / "a.db", prod)) {
        sql(db, std::string("PRAGMA journal_mode = ") + mode + "; CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT, c BLOB)");
        sql(db, rows);
    }
    int code(const char* text) const { return try_sql(db.handle(), text).code; }
};

using statement = std::unique_ptr<sqlite3_stmt, decltype(&sqlite3_finalize)>;
statement prepare(const sqlite::database& db, const char* text) {
    sqlite3_stmt* made = nullptr;
    REQUIRE(sqlite3_prepare_v2(db.handle(), text, -1, &made, nullptr) == SQLITE_OK);
    return {made, sqlite3_finalize};
}

/// What a child process says of itself: it ends with this code.
template <class Work>
int code_of_child(Work&& work) {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(work());
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/// The SQL function lock_at(n): locks when it is called for the n-th time, and counts the calls after that.
struct lock_at {
    const environment& prod;
    int calls = 0, after = 0;

    void offer(const sqlite::database& db) {
        sqlite3_create_function(
            db.handle(), "lock_at", 1, SQLITE_UTF8, this,
            [](sqlite3_context* to, int, sqlite3_value** n) {
                auto& self = *static_cast<lock_at*>(sqlite3_user_data(to));
                const int at = sqlite3_value_int(n[0]);
                self.after += self.calls >= at ? 1 : 0;
                if (++self.calls == at) self.prod.lock();
                sqlite3_result_int(to, self.calls);
            },
            nullptr, nullptr);
    }
};

} // namespace

TEST_CASE("encrypted lock: a statement that runs in memory ends within 1000 steps of SQLite's machine") {
    for (const int at : {1, 5000}) {
        CAPTURE(at);
        locked_world world("delete");
        lock_at counts{world.prod};
        counts.offer(world.db);
        const auto run =
            prepare(world.db, at == 1 ? "WITH RECURSIVE n(i) AS (SELECT lock_at(1) UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
                                      : "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT lock_at(5000) FROM n) SELECT count(*) FROM n");
        CHECK(sqlite3_step(run.get()) == SQLITE_INTERRUPT);
        // Counted by SQLite; it looks at its count where the program jumps.
        const int steps = sqlite3_stmt_status(run.get(), SQLITE_STMTSTATUS_VM_STEP, 0);
        if (at == 1) CHECK((steps >= 1000 && steps < 1100));
        if (at == 5000) CHECK(counts.after < 1000 / 5); // a round takes five steps or more
        CHECK(sqlite::last_error(world.db.handle()).has_value() == false);
    }
}

TEST_CASE("encrypted lock: within a transaction no further statement begins, not even one that needs no page, and nothing of it stays") {
    for (const char* mode : {"delete", "wal"}) {
        CAPTURE(std::string(mode));
        locked_world world(mode);
        const std::string before = sql(world.db, count_all);
        for (const bool begins_with_change : {false, true}) {
            CAPTURE(begins_with_change);
            sql(world.db, begins_with_change ? "BEGIN; UPDATE t SET b = 'never' WHERE a = 5; SELECT * FROM t" : "BEGIN; SELECT * FROM t");
            const auto cached = prepare(world.db, "SELECT b FROM t WHERE a = 7");
            CHECK(sqlite3_step(cached.get()) == SQLITE_ROW);
            sqlite3_reset(cached.get());
            world.prod.lock();
            CHECK(sqlite3_step(cached.get()) == SQLITE_INTERRUPT);
            sqlite3_reset(cached.get());
            CHECK(world.code("SELECT b FROM t WHERE a = 7") == SQLITE_INTERRUPT);
            if (begins_with_change) CHECK(world.code("COMMIT") != SQLITE_OK);
            if (sqlite3_get_autocommit(world.db.handle()) == 0) CHECK(world.code("ROLLBACK") == SQLITE_OK);
            CHECK(sqlite3_get_autocommit(world.db.handle()) == 1);
            for (int i = 0; i < 3; ++i) {
                CHECK(sqlite3_step(cached.get()) == SQLITE_IOERR_AUTH);
                sqlite3_reset(cached.get());
            }
            for (const char* text : {"BEGIN IMMEDIATE", "SELECT b FROM t WHERE a = 7", "INSERT INTO t VALUES (9999, 'never', 0)", "VACUUM",
                                     "PRAGMA wal_checkpoint", "BEGIN EXCLUSIVE", "CREATE TABLE u(a)"}) {
                CAPTURE(std::string(text));
                CHECK(world.code(text) != SQLITE_OK);
                CHECK(sqlite3_get_autocommit(world.db.handle()) == 1);
            }
            world.prod.unlock();
            CHECK(sqlite3_step(cached.get()) == SQLITE_ROW); // as it was prepared
            CHECK(std::string(reinterpret_cast<const char*>(sqlite3_column_text(cached.get(), 0))) == "row 7");
            sqlite3_reset(cached.get());
            CHECK(sql(world.db, count_all) == before);
        }
        CHECK(sql(open(world.folder / "a.db", world.prod), count_all) == before);
    }
}

TEST_CASE("encrypted lock: a change is not begun in a transaction that is locked, and what changed before goes with it") {
    locked_world world("wal");
    const std::string before = sql(world.db, count_all);
    sql(world.db, "BEGIN; UPDATE t SET b = 'never' WHERE a = 5; SELECT * FROM t");
    world.prod.lock();
    CHECK(world.code("UPDATE t SET b = 'never' WHERE a = 6") == SQLITE_INTERRUPT);
    CHECK(sqlite3_get_autocommit(world.db.handle()) == 1);
    world.prod.unlock();
    CHECK(sql(world.db, count_all) == before);
}

TEST_CASE("encrypted lock: a row that waits for the next step is the last one or nearly so, and its cursor ends") {
    locked_world world("wal");
    const auto cursor = prepare(world.db, "SELECT b FROM t");
    REQUIRE(sqlite3_step(cursor.get()) == SQLITE_ROW);
    world.prod.lock();
    int more = 0;
    int code = SQLITE_ROW;
    while ((code = sqlite3_step(cursor.get())) == SQLITE_ROW) ++more;
    CHECK(code != SQLITE_DONE);
    CHECK(more < 1000 / 3); // a row takes three steps or more
}

TEST_CASE("encrypted lock: who waits for another connection's lock is refused at the next try and not at the end of the wait") {
    locked_world world("delete");
    const auto other = open(world.folder / "a.db", world.prod);
    sql(other, "BEGIN EXCLUSIVE");
    static int tries;
    tries = 0;
    sqlite3_busy_handler(
        world.db.handle(),
        [](void* prod, int) {
            static_cast<const environment*>(prod)->lock();
            return ++tries < 100 ? 1 : 0;
        },
        &world.prod);
    CHECK(world.code("SELECT b FROM t WHERE a = 7") == SQLITE_IOERR_AUTH);
    CHECK(tries == 1);
    CHECK(sqlite::last_error(world.db.handle())->code == errc::locked);
}

TEST_CASE("encrypted lock: an open blob reads no page and its writes are not kept") {
    for (const char* mode : {"delete", "wal"}) {
        CAPTURE(std::string(mode));
        locked_world world(mode);
        sql(world.db, "PRAGMA cache_size = 5; INSERT INTO t VALUES (1000, 'blob', zeroblob(400000))");
        for (const int writes : {0, 1}) {
            sqlite3_blob* blob = nullptr;
            REQUIRE(sqlite3_blob_open(world.db.handle(), "main", "t", "c", 1000, writes, &blob) == SQLITE_OK);
            char some[8] = {};
            CHECK(sqlite3_blob_read(blob, some, 8, 0) == SQLITE_OK);
            world.prod.lock();
            CHECK(sqlite3_blob_read(blob, some, 8, 390'000) == SQLITE_IOERR_AUTH);
            if (writes != 0) CHECK(sqlite3_blob_write(blob, "CHANGED!", 8, 200'000) != SQLITE_OK);
            CHECK(sqlite3_blob_reopen(blob, 1) != SQLITE_OK);
            sqlite3_blob_close(blob);
            blob = nullptr;
            CHECK(sqlite3_blob_open(world.db.handle(), "main", "t", "c", 1000, writes, &blob) != SQLITE_OK);
            sqlite3_blob_close(blob);
            world.prod.unlock();
            CHECK(sql(world.db, "SELECT c = zeroblob(400000) FROM t WHERE a = 1000; PRAGMA integrity_check") == "1;ok;");
        }
    }
}

TEST_CASE("encrypted lock: a copy by SQLite's backup stops, of what is locked and into what is, and neither side is harmed") {
    for (const bool into : {false, true}) {
        CAPTURE(into);
        locked_world world("delete"), other("delete");
        sql(other.db, "UPDATE t SET b = 'other'");
        auto& source = into ? other : world;
        auto& target = into ? world : other;
        const std::string ours = sql(source.db, count_all), theirs = sql(target.db, count_all);
        const auto copy = [&](bool locks) {
            auto* run = sqlite3_backup_init(target.db.handle(), "main", source.db.handle(), "main");
            REQUIRE(run != nullptr);
            int code = sqlite3_backup_step(run, 5);
            if (locks) world.prod.lock();
            while (code == SQLITE_OK) code = sqlite3_backup_step(run, 5);
            sqlite3_backup_finish(run);
            return code;
        };
        CHECK(copy(true) == SQLITE_IOERR_AUTH);
        world.prod.unlock();
        CHECK(sql(source.db, count_all) == ours);
        CHECK(sql(target.db, count_all) == theirs);
        CHECK(copy(false) == SQLITE_DONE);
        CHECK(sql(target.db, count_all) == ours);
    }
}

TEST_CASE("encrypted lock: of two environments the locked one ends the transaction of both") {
    const environment other("test", 8);
    locked_world world("delete");
    REQUIRE(world.db.attach(world.folder / "b.db", "b", other.source()).has_value());
    sql(world.db, "CREATE TABLE b.u(a); INSERT INTO b.u VALUES (1)");
    const std::string before = sql(world.db, count_all);
    sql(world.db, "BEGIN; UPDATE t SET b = 'never' WHERE a = 5; INSERT INTO b.u VALUES (2)");
    other.lock();
    CHECK(world.code("SELECT b FROM t WHERE a = 7") == SQLITE_INTERRUPT);
    CHECK(world.code("ROLLBACK") == SQLITE_OK);
    CHECK(world.code("SELECT * FROM b.u") == SQLITE_IOERR_AUTH);
    // The one that is not locked goes on, however long its statements are; the other one's unlock needs no help of its.
    for (const bool is_locked : {true, false}) {
        CAPTURE(is_locked);
        CHECK(sql(world.db, "SELECT count(*) FROM main.t AS x, main.t AS y") == "360000;");
        CHECK(sql(world.db, "SELECT count(*), max(b) FROM t; PRAGMA main.integrity_check") == before);
        other.unlock();
    }
    CHECK(sql(world.db, "SELECT * FROM b.u; PRAGMA b.integrity_check") == "1;ok;");
    CHECK(sql(world.db, count_all) == before);
}

TEST_CASE("encrypted lock: a connection that keeps its locks is refused what it has cached, and comes back with an unlock") {
    for (const char* mode : {"delete", "wal"}) {
        for (const char* kept : {"locking_mode = EXCLUSIVE", "page_count; PRAGMA locking_mode = EXCLUSIVE"}) {
            CAPTURE(std::string(mode));
            CAPTURE(std::string(kept));
            locked_world world(mode);
            { const auto closed = std::move(world.db); }
            world.db = open(world.folder / "a.db", world.prod);
            sql(world.db, std::string("PRAGMA ") + kept);
            const std::string before = sql(world.db, count_all);
            for (const bool has_written : {false, true}) {
                CAPTURE(has_written);
                if (has_written) sql(world.db, "UPDATE t SET c = randomblob(200) WHERE a = 3");
                world.prod.lock();
                for (const char* text :
                     {"SELECT b FROM t WHERE a = 7", "BEGIN; SELECT b FROM t WHERE a = 7", "UPDATE t SET b = 'never' WHERE a = 7"}) {
                    CAPTURE(std::string(text));
                    const auto told = try_sql(world.db.handle(), text);
                    CHECK(told.code != SQLITE_OK);
                    CHECK(told.rows.empty());
                    if (sqlite3_get_autocommit(world.db.handle()) == 0) CHECK(world.code("ROLLBACK") == SQLITE_OK);
                }
                CHECK(sqlite::last_error(world.db.handle())->code == errc::locked);
                world.prod.unlock();
                CHECK(sql(world.db, count_all) == before);
            }
        }
    }
}

TEST_CASE("encrypted lock: what was copied into temporary tables or into memory is closed with the rest") {
    for (const char* mode : {"delete", "wal"}) {
        for (const char* copy : {"CREATE TEMP TABLE u AS SELECT b FROM t", "ATTACH ':memory:' AS m; CREATE TABLE m.u AS SELECT b FROM t",
                                 "ATTACH '' AS m; CREATE TABLE m.u AS SELECT b FROM t"}) {
            CAPTURE(std::string(mode));
            CAPTURE(std::string(copy));
            locked_world world(mode);
            sql(world.db, copy);
            world.prod.lock();
            for (const char* text : {"SELECT b FROM u LIMIT 1", "BEGIN; SELECT b FROM u LIMIT 1", "DELETE FROM u"}) {
                CAPTURE(std::string(text));
                const auto told = try_sql(world.db.handle(), text);
                CHECK(told.code == SQLITE_INTERRUPT);
                CHECK(told.rows.empty());
                CHECK(sqlite::last_error(world.db.handle())->code == errc::locked);
                if (sqlite3_get_autocommit(world.db.handle()) == 0) CHECK(world.code("ROLLBACK") == SQLITE_OK);
            }
            world.prod.unlock();
            CHECK(sql(world.db, "SELECT count(*) FROM u; SELECT count(*) FROM t") == "600;600;");
        }
    }
}

TEST_CASE("page cache: it keeps and gives what SQLite asks of it, and pages that are gone were wiped") {
    const auto& methods = sqlite::detail::page_cache_methods();
    constexpr int limit = 20, words = 64;
    auto* cache = methods.xCreate(words * 8, 32, 1);
    methods.xCachesize(cache, limit);
    std::map<unsigned, sqlite3_pcache_page*> used;
    std::map<unsigned, std::uint64_t> content;
    std::mt19937_64 random(1);
    const auto fetch = [&](unsigned number, int make) {
        auto* page = methods.xFetch(cache, number, make);
        REQUIRE((page != nullptr || make < 2));
        if (used.count(number) != 0) REQUIRE(page == used[number]);
        if (page == nullptr) return;
        auto* text = static_cast<std::uint64_t*>(page->pBuf);
        auto* extra = static_cast<std::uint64_t*>(page->pExtra);
        if (*extra == 0) { // another page has been in that memory
            REQUIRE(std::all_of(text, text + words, [](std::uint64_t word) { return word == 0; }));
            std::fill_n(text, words, content[number] = *extra = random() | 1);
        }
        REQUIRE((*extra == content[number] && text[words - 1] == content[number]));
        used[number] = page;
    };
    for (int step = 0; step < 100'000; ++step) {
        const auto number = static_cast<unsigned>(1 + random() % 60), other = number + 100;
        const auto what = random() % 100;
        if (what < 40) fetch(number, static_cast<int>(random() % 3));
        if (what >= 40 && what < 70 && used.count(number) != 0) methods.xUnpin(cache, used[number], what < 45), used.erase(number);
        if (what >= 70 && what < 90 && used.count(number) != 0 && used.count(other) == 0) {
            methods.xRekey(cache, used[number], number, other);
            used[other] = used[number], content[other] = content[number];
            used.erase(number);
        }
        if (what == 90) methods.xTruncate(cache, number + 60), used.erase(used.lower_bound(number + 60), used.end());
        if (what == 91) sqlite::wipe_page_caches();
        if (what == 92) methods.xShrink(cache);
        const int count = methods.xPagecount(cache), least = static_cast<int>(used.size());
        REQUIRE((count >= least && count <= std::max(limit, least)));
        if (what == 91 || what == 92) REQUIRE(count == least);
    }
    CHECK(methods.xFetch(cache, 7000, 0) == nullptr);
    while (!used.empty()) methods.xUnpin(cache, used.begin()->second, 0), used.erase(used.begin());
    sqlite::wipe_page_caches();
    fetch(1, 2);
    sqlite::wipe_page_caches();
    methods.xUnpin(cache, used[1], 0);
    CHECK(methods.xPagecount(cache) == 0); // was in use when all were wiped
    methods.xDestroy(cache);
}

TEST_CASE("page cache: with the library's no page in the clear is in memory after a lock, in no connection; with SQLite's there is") {
    const std::string text = "a text that stands in one page, and else nowhere";
    for (const bool is_ours : {true, false}) {
        CAPTURE(is_ours);
        const temporary_folder folder;
        const environment prod;
        const auto fill = [&] {
            sql(open(folder / "a.db", prod), "CREATE TABLE t(a, b); CREATE TABLE u(a); INSERT INTO t VALUES ('" + text + "', 1)");
            return 0;
        };
        CHECK(code_of_child(fill) == 0);
        const auto look = [&] {
            if (sqlite3_shutdown() != SQLITE_OK) return 1;
            if (is_ours && !sqlite::install_page_cache()) return 2;
            const memory_tests::hidden_value wanted(as_bytes(text));
            const auto before = memory_tests::times_in_memory(wanted);
            const auto busy = open(folder / "a.db", prod), idle = open(folder / "a.db", prod);
            if (is_ours && sqlite::install_page_cache()) return 3;
            for (const auto* db : {&busy, &idle}) sql(*db, "SELECT b FROM t; SELECT a FROM u"); // the page opened last is kept
            if (memory_tests::times_in_memory(wanted) < before + 2) return 4;
            prod.lock();
            if (try_sql(busy.handle(), "SELECT b FROM t").code == SQLITE_OK) return 5;
            const bool has_none = memory_tests::times_in_memory(wanted) <= before;
            if (has_none != is_ours) return 6;
            prod.unlock();
            for (const auto* db : {&busy, &idle}) sql(*db, "SELECT b FROM t; PRAGMA integrity_check");
            return 0;
        };
        CHECK(code_of_child(look) == 0);
    }
}
