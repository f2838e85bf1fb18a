// SPDX-License-Identifier: Apache-2.0
// Encrypted databases at work: every journal mode and page size, what SQLite spills, what is denied, other databases beside,
// other processes, locks.
#include "encrypted_helpers.hpp"

#include <atomic>
#include <thread>

#include <sys/wait.h>

using namespace keywright;
using namespace keywright::encrypted_tests;

namespace {

constexpr const char* rows_of_markers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 600)"
                                        " INSERT INTO t SELECT i, 'MARKER-' || i, randomblob(i % 300) FROM n";

struct journal_row {
    const char* mode;
    int page_size;
    envelope::page_suite suite = envelope::page_suite::aes256_gcm_siv;
};
constexpr journal_row journal_rows[] = {{"delete", 512},
                                        {"delete", 4096},
                                        {"truncate", 1024},
                                        {"persist", 2048},
                                        {"memory", 8192},
                                        {"truncate", 16'384},
                                        {"wal", 512},
                                        {"delete", 32'768},
                                        {"wal", 65'536},
                                        {"wal", 4096},
                                        {"persist", 512, envelope::page_suite::aes256_gcm}};

std::string digest(const sqlite::database& db) { return sql(db, "SELECT count(*), sum(a), sum(length(c)), min(b), max(b) FROM t"); }

} // namespace

TEST_CASE("encrypted database: every journal mode keeps what was committed, and nothing of it is in the clear in any file") {
    const environment prod;
    for (const auto& row : journal_rows) {
        CAPTURE(row.mode);
        CAPTURE(row.page_size);
        const temporary_folder folder;
        const std::string path = folder / "a.db";
        std::string committed;
        {
            const auto db = open(path, prod, {.suite = row.suite});
            sql(db, "PRAGMA page_size = " + std::to_string(row.page_size) + "; PRAGMA cache_size = 10");
            CHECK(sql(db, std::string("PRAGMA journal_mode = ") + row.mode) == std::string(row.mode) + ";");
            sql(db, std::string("BEGIN; CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT, c BLOB); CREATE INDEX i ON t(b);") + rows_of_markers +
                        "; COMMIT");
            committed = digest(db);
            sql(db,
                "BEGIN; UPDATE t SET b = 'MARKER-x' || a, c = randomblob(500); SAVEPOINT s; DELETE FROM t WHERE a % 3 = 0; ROLLBACK TO s");
            CHECK_FALSE(holds(open_files_below(folder), "MARKER"));
            CHECK(open_files_below(folder).size() > 10'000);
            sql(db, "ROLLBACK");
            CHECK(digest(db) == committed);
            sql(db, "DELETE FROM t WHERE a > 500; VACUUM");
            committed = digest(db);
            CHECK(is_whole(db));
            CHECK_FALSE(holds(open_files_below(folder), "MARKER"));
        }
        const auto again = open(path, prod);
        CHECK(digest(again) == committed);
        CHECK(sql(again, "PRAGMA page_size") == std::to_string(row.page_size) + ";");
        CHECK(is_whole(again));
        CHECK_FALSE(sqlite::last_error(again.handle()).has_value());
    }
}

TEST_CASE("encrypted database: pages that are spilled before the first page of a new file, then kept or rolled back") {
    const environment prod;
    const temporary_folder folder;
    const std::string path = folder / "a.db";
    const auto db = open(path, prod);
    const std::string fill =
        std::string("PRAGMA cache_size = 10; BEGIN; CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT, c BLOB);") + rows_of_markers;
    sql(db, "PRAGMA page_size = 1024");
    sql(db, fill);
    CHECK(std::filesystem::file_size(path) > 50'000);
    sql(db, "ROLLBACK");
    CHECK(std::filesystem::file_size(path) == 0);
    // Empty again, so the size of its pages is free again.
    sql(db, "PRAGMA page_size = 512");
    sql(db, fill + "; COMMIT");
    CHECK(digest(db).rfind("600|", 0) == 0);
    CHECK(is_whole(db));
    CHECK((std::filesystem::file_size(path) - 8192) % 512 == 0);
}

TEST_CASE("encrypted database: a connection that knew a file before it was emptied and made anew goes on with the new one") {
    const environment prod;
    for (const char* size : {"512", "1024", "4096"}) {
        CAPTURE(std::string(size));
        const temporary_folder folder;
        const std::string path = folder / "a.db";
        const auto first = open(path, prod), second = open(path, prod);
        // Both see the first header, the first rolls it back; then either makes another.
        sql(first,
            std::string("PRAGMA page_size = 1024; PRAGMA cache_size = 5; BEGIN; CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT, c BLOB);") +
                rows_of_markers);
        CHECK(try_sql(second.handle(), "PRAGMA busy_timeout = 0; SELECT * FROM t").code == SQLITE_BUSY);
        const auto third = open(path, prod);
        sql(first, "ROLLBACK");
        sql(second, std::string("PRAGMA page_size = ") + size + "; CREATE TABLE u(a); INSERT INTO u VALUES (hex(zeroblob(3000)))");
        CHECK(sql(first, "SELECT length(a) FROM u; PRAGMA integrity_check") == "6000;ok;");
        sql(third, "INSERT INTO u VALUES (2)");
        CHECK(sql(first, "SELECT count(*) FROM u; PRAGMA integrity_check") == "2;ok;");
        CHECK(sql(open(path, prod), "SELECT count(*) FROM u; PRAGMA integrity_check") == "2;ok;");
        for (const auto* db : {&first, &second, &third}) CHECK_FALSE(sqlite::last_error(db->handle()).has_value());
    }
}

TEST_CASE("encrypted database: what SQLite spills to temporary files is not in the clear, whichever kind it is") {
    const environment prod;
    const temporary_folder folder;
    const auto db = open(folder / "a.db", prod);
    sql(db, "PRAGMA cache_size = 10; PRAGMA temp_store = FILE; CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT, c BLOB)");
    sql(db, rows_of_markers);
    sql(db, "CREATE TEMP TABLE u AS SELECT a, b || '-MARKER-' || hex(c) AS b FROM t; UPDATE u SET b = b || 'MARKER'");
    // A sorter and a statement journal at work, seen from within.
    static std::size_t spilled;
    spilled = 0;
    static bool is_clear;
    is_clear = false;
    sqlite3_create_function(
        db.handle(), "look", 0, SQLITE_UTF8, nullptr,
        [](sqlite3_context* to, int, sqlite3_value**) {
            const bytes all = open_files([](const std::string& path) { return path.find("/etilqs_") != path.npos; });
            spilled = std::max(spilled, all.size());
            is_clear = is_clear || holds(all, "MARKER");
            sqlite3_result_int(to, 1);
        },
        nullptr, nullptr);
    sql(db,
        "SELECT count(*) FROM (SELECT x.b, CASE WHEN x.a % 100 = 0 THEN look() END FROM u AS x, (SELECT 1 UNION SELECT 2 UNION SELECT 3) ORDER BY x.b)");
    sql(db, "BEGIN; UPDATE t SET b = b || 'MARKER', c = CASE WHEN a % 100 = 0 THEN look() ELSE randomblob(400) END; ROLLBACK");
    CHECK(spilled > 100'000);
    CHECK_FALSE(is_clear);
    CHECK(sql(db, "SELECT count(*) FROM u WHERE b LIKE '%MARKER'") == "600;");
}

TEST_CASE("encrypted database: files in the clear are not attached, copied to or taken in") {
    const environment prod;
    const temporary_folder folder;
    auto db = open(folder / "a.db", prod);
    sql(db, "CREATE TABLE t(a); INSERT INTO t VALUES (1)");
    const std::string plain = folder / "plain.db";
    for (const std::string& text :
         {"ATTACH '" + plain + "' AS p", "ATTACH 'file:" + plain + "?vfs=unix' AS p", "ATTACH 'file:" + plain + "?keywright=1' AS p",
          "ATTACH printf('" + plain + "') AS p", "VACUUM INTO '" + plain + "'", "VACUUM INTO 'file:" + plain + "?vfs=unix'"}) {
        CAPTURE(text);
        CHECK(try_sql(db.handle(), text).code == SQLITE_AUTH);
    }
    CHECK_FALSE(std::filesystem::exists(plain));
    for (const std::string& path : {std::string(), std::string(":memory:"), plain + '\0' + ".db"}) {
        CHECK(db.attach(path, "p", prod.source()).error().code == errc::misused);
        CHECK(db.vacuum_into(path, prod.source()).error().code == errc::misused);
        CHECK(code_of_open(path, prod) == errc::misused);
    }
    CHECK(db.attach(plain, "p", prod.source(), {.create = false}).error().code == errc::not_found);
    CHECK(db.attach(plain, "p", prod.source(), {.at_least = 1}).error().code == errc::not_found);
    CHECK_FALSE(std::filesystem::exists(plain));
    sql(db, "ATTACH ':memory:' AS m; CREATE TABLE m.u AS SELECT * FROM t; ATTACH '' AS n; CREATE TABLE n.u AS SELECT * FROM t; VACUUM");

    // Pages of a database that leaves no room for a seal.
    sqlite3* other = nullptr;
    REQUIRE(sqlite3_open(plain.c_str(), &other) == SQLITE_OK);
    CHECK(try_sql(other, "CREATE TABLE p(a); INSERT INTO p VALUES (2)").code == SQLITE_OK);
    auto* copy = sqlite3_backup_init(db.handle(), "main", other, "main");
    REQUIRE(copy != nullptr);
    sqlite3_backup_step(copy, -1);
    CHECK(sqlite3_backup_finish(copy) != SQLITE_OK);
    CHECK(sqlite::last_error(db.handle())->code == errc::misused);
    sqlite3_close(other);
    CHECK(sql(db, "SELECT a FROM t") == "1;");
    CHECK(is_whole(db));
    CHECK(code_of_open(plain, prod) == errc::malformed);
}

TEST_CASE("encrypted database: two of two environments in one transaction, a copy, a backup") {
    const environment prod, test("test", 8);
    const temporary_folder folder;
    {
        auto db = open(folder / "a.db", prod);
        REQUIRE(db.attach(folder / "b ?#%.db", "b", test.source()).has_value());
        sql(db,
            "PRAGMA cache_size = 10; CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT, c BLOB); CREATE TABLE b.t(a INTEGER PRIMARY KEY, b TEXT, c BLOB)");
        sql(db, std::string("BEGIN; ") + rows_of_markers + "; INSERT INTO b.t SELECT * FROM main.t; COMMIT");
        sql(db, "BEGIN; UPDATE t SET b = 'x'; UPDATE b.t SET b = 'y'; COMMIT; DELETE FROM t WHERE a > 100");
        CHECK(sql(db, "PRAGMA integrity_check; PRAGMA b.integrity_check") == "ok;ok;");
        REQUIRE(db.vacuum_into(folder / "c.db", prod.source()).has_value());
        const auto twice = db.vacuum_into(folder / "c.db", prod.source());
        CHECK_FALSE(twice.has_value());

        const auto backup = open(folder / "d.db", test);
        auto* copy = sqlite3_backup_init(backup.handle(), "main", db.handle(), "main");
        REQUIRE(copy != nullptr);
        while (sqlite3_backup_step(copy, 3) == SQLITE_OK) {}
        CHECK(sqlite3_backup_finish(copy) == SQLITE_OK);
        CHECK(digest(backup) == digest(db));
    }
    CHECK(code_of_open(folder / "b ?#%.db", prod) == errc::not_mine);
    CHECK(code_of_open(folder / "a.db", environment("prod", 8)) == errc::authentication_failed);
    CHECK(code_of_open(folder / "a.db", test) == errc::not_mine);
    const auto copy = open(folder / "c.db", prod);
    CHECK(digest(copy).rfind("100|", 0) == 0);
    CHECK(is_whole(copy));
    CHECK(sql(open(folder / "b ?#%.db", test), "SELECT count(*), min(b) FROM t") == "600|y;");
}

TEST_CASE("encrypted database: the engine that is asked for encrypts whatever the connection writes") {
    const environment prod;
    const temporary_folder folder;
    for (const char* mode : {"delete", "wal"}) {
        CAPTURE(std::string(mode));
        const std::string path = folder / mode, other = path + "-other", copied = path + "-copied";
        {
            auto db = open(path, prod, {.engine = own_pages});
            REQUIRE(db.attach(other, "b", prod.source(), {.engine = own_pages}).has_value());
            sql(db,
                std::string("PRAGMA journal_mode = ") + mode +
                    "; PRAGMA cache_size = 10; CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT, c BLOB); CREATE TABLE b.t AS SELECT 1 AS a");
            sql(db, std::string("BEGIN; ") + rows_of_markers + "; COMMIT; BEGIN; UPDATE t SET c = randomblob(500); ROLLBACK");
            REQUIRE(db.vacuum_into(copied, prod.source(), {.engine = own_pages}).has_value());
        }
        for (const auto& file : {path, other, copied}) {
            CHECK(is_whole(open(file, prod, {.engine = own_pages})));
            CHECK(try_sql(open(file, prod).handle(), "SELECT count(*) FROM t").code == SQLITE_IOERR_DATA);
        }
    }
}

TEST_CASE("encrypted database: a page that SQLite skipped because it was free is no hole for a backup") {
    const environment prod;
    const temporary_folder folder;
    const auto db = open(folder / "a.db", prod);
    sql(db, "PRAGMA secure_delete = OFF; PRAGMA cache_size = 10; CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT, c BLOB); CREATE TABLE u(c)");
    sql(db, "BEGIN; INSERT INTO u VALUES (zeroblob(300000)); INSERT INTO t VALUES (1, 'b', randomblob(9000)); DELETE FROM u; COMMIT");
    const auto backup = open(folder / "b.db", prod);
    auto* copy = sqlite3_backup_init(backup.handle(), "main", db.handle(), "main");
    CHECK(sqlite3_backup_step(copy, -1) == SQLITE_DONE);
    CHECK(sqlite3_backup_finish(copy) == SQLITE_OK);
    CHECK(digest(backup) == digest(db));
}

TEST_CASE("encrypted database: auto-vacuum, incremental blobs, no mapping, the page size stays") {
    const environment prod;
    const temporary_folder folder;
    const auto db = open(folder / "a.db", prod);
    sql(db, "PRAGMA auto_vacuum = INCREMENTAL; CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT, c BLOB)");
    CHECK(sql(db, "PRAGMA mmap_size = 1000000") == "0;");
    sql(db, rows_of_markers);
    sql(db, "INSERT INTO t VALUES (1000, 'blob', zeroblob(200000)); DELETE FROM t WHERE a BETWEEN 100 AND 600");
    const auto before = std::filesystem::file_size(folder / "a.db");
    sql(db, "PRAGMA incremental_vacuum(5)");
    CHECK(std::filesystem::file_size(folder / "a.db") == before - 5 * 4096);

    sqlite3_blob* blob = nullptr;
    REQUIRE(sqlite3_blob_open(db.handle(), "main", "t", "c", 1000, 1, &blob) == SQLITE_OK);
    CHECK(sqlite3_blob_write(blob, "MARKER", 6, 150'000) == SQLITE_OK);
    char back[6];
    CHECK(sqlite3_blob_read(blob, back, 6, 150'000) == SQLITE_OK);
    CHECK(std::string_view(back, 6) == "MARKER");
    CHECK(sqlite3_blob_close(blob) == SQLITE_OK);

    sql(db, "PRAGMA page_size = 8192; VACUUM");
    CHECK(sql(db, "PRAGMA page_size") == "4096;");
    CHECK(is_whole(db));
    char* name = nullptr;
    CHECK(sqlite3_file_control(db.handle(), "main", SQLITE_FCNTL_VFSNAME, static_cast<void*>(&name)) == SQLITE_OK);
    CHECK(std::string(name).rfind("keywright/", 0) == 0);
    sqlite3_free(name);
}

TEST_CASE("encrypted database: without a journal, in full auto-vacuum, and with a temp_store that changes, it keeps what was committed") {
    const environment prod;
    const temporary_folder folder;
    std::string committed;
    {
        const auto db = open(folder / "a.db", prod);
        CHECK(sql(db, "PRAGMA auto_vacuum = FULL; PRAGMA journal_mode = OFF") == "off;");
        sql(db, "PRAGMA cache_size = 10; CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT, c BLOB); CREATE INDEX i ON t(b)");
        for (const char* store : {"FILE", "MEMORY", "DEFAULT", "FILE"}) {
            sql(db, std::string("PRAGMA temp_store = ") + store + "; DELETE FROM t");
            sql(db, rows_of_markers);
            sql(db, "CREATE TEMP TABLE u AS SELECT * FROM t; UPDATE u SET b = 'temporary'");
            CHECK(sql(db, "SELECT count(*), max(b) FROM u") == "600|temporary;");
            CHECK_FALSE(holds(open_files([](const std::string& path) { return path.find("/etilqs_") != path.npos; }), "MARKER"));
        }
        const auto before = std::filesystem::file_size(folder / "a.db");
        sql(db, "DELETE FROM t WHERE a > 20");
        CHECK(std::filesystem::file_size(folder / "a.db") < before / 2); // nothing asked for it
        committed = digest(db);
    }
    const auto again = open(folder / "a.db", prod);
    CHECK(digest(again) == committed);
    CHECK(is_whole(again));
}

TEST_CASE("encrypted database: processes and threads that write at once lose nothing") {
    const environment prod;
    for (const char* mode : {"delete", "wal"}) {
        CAPTURE(std::string(mode));
        const temporary_folder folder;
        const std::string path = folder / "a.db";
        sql(open(path, prod), std::string("PRAGMA journal_mode = ") + mode + "; CREATE TABLE n(v); INSERT INTO n VALUES (0)");
        const auto work = [&] {
            auto db = sqlite::open(path, prod.source(), {.wait = seconds{600}});
            // No test of power loss: without syncs there is more of the racing.
            bool fine = db.has_value() && try_sql(db->handle(), "PRAGMA synchronous = OFF").code == SQLITE_OK;
            for (int i = 0; i < 40 && fine; ++i)
                fine = try_sql(db->handle(), "BEGIN IMMEDIATE; UPDATE n SET v = v + 1; COMMIT").code == SQLITE_OK &&
                       (i % 16 != 0 || try_sql(db->handle(), "PRAGMA wal_checkpoint").code == SQLITE_OK);
            return fine;
        };
        std::vector<pid_t> children;
        for (int i = 0; i < 3; ++i) {
            children.push_back(::fork());
            if (children.back() == 0) ::_exit(work() ? 0 : 1);
        }
        std::thread beside([&] { CHECK(work()); });
        CHECK(work());
        beside.join();
        for (const pid_t child : children) {
            int status = 1;
            CHECK(::waitpid(child, &status, 0) == child);
            CHECK(status == 0);
        }
        const auto db = open(path, prod);
        CHECK(sql(db, "SELECT v FROM n") == "200;");
        CHECK(is_whole(db));
    }
}

TEST_CASE("encrypted database: a lock ends what runs and refuses what comes, an unlock brings everything back") {
    for (const char* mode : {"delete", "wal"}) {
        CAPTURE(std::string(mode));
        const environment prod;
        const temporary_folder folder;
        const std::string path = folder / "a.db";
        const auto db = open(path, prod);
        sql(db, std::string("PRAGMA journal_mode = ") + mode +
                    "; PRAGMA cache_size = 10; CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT, c BLOB)");
        sql(db, rows_of_markers);
        const std::string committed = digest(db);

        // Within a transaction that has spilled: it is rolled back.
        sql(db, "BEGIN; UPDATE t SET b = 'never', c = randomblob(500)");
        prod.lock();
        CHECK(try_sql(db.handle(), "UPDATE t SET b = 'never again'").code != SQLITE_OK);
        CHECK(sqlite::last_error(db.handle())->code == errc::locked);
        try_sql(db.handle(), "ROLLBACK");
        CHECK(try_sql(db.handle(), "SELECT count(*) FROM t").code == SQLITE_IOERR_AUTH);
        CHECK(code_of_open(path, prod) == errc::locked);
        prod.unlock();
        CHECK(digest(db) == committed);
        CHECK(is_whole(db));

        // Within a statement that needs no page any more.
        sqlite3_create_function(
            db.handle(), "lock_now", 0, SQLITE_UTF8, const_cast<environment*>(&prod),
            [](sqlite3_context* to, int, sqlite3_value**) {
                static_cast<const environment*>(sqlite3_user_data(to))->lock();
                sqlite3_result_int(to, 1);
            },
            nullptr, nullptr);
        const int code = // it would never end
            try_sql(db.handle(), "WITH RECURSIVE n(i) AS (SELECT lock_now() UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n").code;
        CHECK(code == SQLITE_INTERRUPT);
        CHECK(try_sql(db.handle(), "SELECT count(*) FROM t").code == SQLITE_IOERR_AUTH);
        prod.unlock();
        CHECK(digest(db) == committed);
        CHECK(digest(open(path, prod)) == committed);
    }
}

TEST_CASE("encrypted database: a lock by one thread ends what the others run, and they go on when it is unlocked") {
    const environment prod;
    const temporary_folder folder;
    const std::string path = folder / "a.db";
    sql(open(path, prod),
        std::string("PRAGMA journal_mode = WAL; CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT, c BLOB);") + rows_of_markers);
    std::atomic<int> begun{0}, ended{0}, brought_back{0};
    const auto work = [&] {
        const auto db = sqlite::open(path, prod.source(), {.wait = seconds{600}});
        const auto read = [&] { return try_sql(db->handle(), "SELECT count(*), max(b) FROM t; UPDATE t SET c = b WHERE a = 7").code; };
        for (bool is_first = true; db && read() == SQLITE_OK; is_first = false) begun += is_first ? 1 : 0;
        for (++ended; ended < 4;) std::this_thread::yield(); // the lock is not undone before all have met it
        brought_back += db && read() == SQLITE_OK ? 1 : 0;
    };
    std::vector<std::thread> threads;
    for (int i = 0; i < 3; ++i) threads.emplace_back(work);
    while (begun + ended < 3) std::this_thread::yield();
    prod.lock();
    while (ended < 3) std::this_thread::yield();
    prod.unlock();
    ++ended;
    for (auto& thread : threads) thread.join();
    CHECK(brought_back == 3);
    CHECK(is_whole(open(path, prod)));
}

TEST_CASE("encrypted database: where a program shares caches between its connections, one with keys is no way to read for one without") {
    const temporary_folder folder;
    const environment prod, locked;
    const auto path = folder / "a.db", other = folder / "b.db";
    sqlite3_enable_shared_cache(1);
    {
        const auto with_keys = open(path, prod);
        sql(with_keys, "CREATE TABLE t(a); INSERT INTO t VALUES ('secret')");
        auto beside = open(other, prod);
        locked.lock();
        const auto without = sqlite::open(path, locked.source());
        CHECK_FALSE(without.has_value());
        if (!without) CHECK(without.error().code == errc::locked);
        CHECK_FALSE(beside.attach(path, "a", locked.source()).has_value());
    }
    sqlite3_enable_shared_cache(0);
}

TEST_CASE("encrypted database: the age of a lease is renewed in the middle of a transaction, of a single one it is the end") {
    const environment prod;
    const temporary_folder folder;
    const auto db = open(folder / "a.db", prod);
    sql(db, "PRAGMA cache_size = 10; CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT, c BLOB); BEGIN");
    const int leases = prod.leases();
    environment::time += std::chrono::minutes(6);
    sql(db, rows_of_markers);
    sql(db, "COMMIT");
    CHECK(prod.leases() == leases + 1);

    auto lease = prod.source()();
    REQUIRE(lease.has_value());
    const auto once = sqlite::open(folder / "b.db", std::move(*lease));
    REQUIRE(once.has_value());
    sql(*once, "CREATE TABLE t(a)");
    environment::time += std::chrono::minutes(6);
    CHECK(try_sql(once->handle(), "SELECT * FROM t").code == SQLITE_IOERR_AUTH);
    CHECK(sqlite::last_error(once->handle())->code == errc::expired);
}

TEST_CASE("encrypted database: paths that are none, a folder that is missing, reading only") {
    const environment prod;
    const temporary_folder folder;
    CHECK(code_of_open("", prod) == errc::misused);
    CHECK(code_of_open(":memory:", prod) == errc::misused);
    CHECK(code_of_open(folder / "no/a.db", prod) == errc::not_found);
    CHECK(sql(open(folder / "b.db", prod, {.wait = seconds{3'000'000}}), "PRAGMA busy_timeout") == "2147483000;");
    CHECK_FALSE(sqlite::open(folder / "a.db", prod.source(), {.read_only = true}).has_value());
    sql(open(folder / "a.db", prod), "CREATE TABLE t(a); INSERT INTO t VALUES (5)");
    const auto reader = open(folder / "a.db", prod, {.read_only = true});
    CHECK(sql(reader, "SELECT a FROM t") == "5;");
    CHECK(try_sql(reader.handle(), "INSERT INTO t VALUES (6)").code == SQLITE_READONLY);
    sqlite3* plain = nullptr;
    CHECK(sqlite3_open_v2((folder / "a.db").c_str(), &plain, SQLITE_OPEN_READWRITE, "keywright") == SQLITE_CANTOPEN);
    sqlite3_close(plain);
}
