// SPDX-License-Identifier: Apache-2.0
// The encrypted database file by SQLite's own methods, beside a model of it: parts of pages, ends, gaps, cuts; and what a
// connection knew of a file that was made anew, or is to be given pages of another size.
#include "encrypted_helpers.hpp"

#include <random>

#include <sys/wait.h>

using namespace keywright;
using namespace keywright::encrypted_tests;

namespace {

constexpr const char* many_rows = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300)"
                                  " INSERT INTO t SELECT i, hex(randomblob(40)) FROM n";

} // namespace

TEST_CASE("encrypted file: parts of pages, over their borders and past the end, are what the whole pages are") {
    const environment prod;
    const temporary_folder folder;
    const auto db = open(folder / "a.db", prod);
    sql(db, "PRAGMA page_size = 1024; CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT)");
    sql(db, many_rows);
    raw_file file(db);
    const std::size_t end = file.size();
    REQUIRE(end > 20 * 1024);
    REQUIRE(end % 1024 == 0);
    bytes model;
    for (std::size_t number = 1; number <= end / 1024; ++number) {
        const bytes one = file.page(number, 1024);
        model.insert(model.end(), one.begin(), one.end());
    }
    CHECK(as_text(model).substr(0, 15) == "SQLite format 3");
    std::mt19937 random(1);
    for (int step = 0; step < 2000; ++step) {
        const std::size_t at = random() % (step % 3 == 0 ? end + 3000 : end);
        bytes out(1 + random() % (step % 10 == 0 ? 5000 : 200), 0xee), expected(out.size());
        for (std::size_t i = 0; i < out.size() && at + i < end; ++i) expected[i] = model[at + i];
        CAPTURE(at);
        CAPTURE(out.size());
        REQUIRE(file.read(out, at) == (at + out.size() <= end ? SQLITE_OK : SQLITE_IOERR_SHORT_READ));
        REQUIRE(out == expected);
    }
    CHECK_FALSE(sqlite::last_error(db.handle()).has_value());
}

TEST_CASE("encrypted file: it is cut and made longer by whole pages only, what is skipped is zero, parts are not written") {
    const environment prod;
    const temporary_folder folder;
    const auto db = open(folder / "a.db", prod);
    sql(db, "PRAGMA page_size = 1024; CREATE TABLE t(a); CREATE TABLE u(a)");
    raw_file file(db);
    REQUIRE(file.size() == 3 * 1024);
    REQUIRE(file.lock(SQLITE_LOCK_SHARED) == SQLITE_OK);
    const bytes blank(1024);
    bytes full(1024, 5);
    std::fill(full.end() - 32, full.end(), std::uint8_t{0});

    CHECK(file.write(full, 6 * 1024) == SQLITE_OK);
    CHECK(file.size() == 7 * 1024);
    for (std::size_t number = 4; number <= 6; ++number) CHECK(file.page(number, 1024) == blank);
    CHECK(file.page(7, 1024) == full);

    for (const std::size_t size : {std::size_t{1}, std::size_t{1023}, std::size_t{6 * 1024 + 1}, std::size_t{7 * 1024 + 512}}) {
        CAPTURE(size);
        CHECK(file.truncate(size) == SQLITE_IOERR_WRITE);
        CHECK(file.size() == 7 * 1024);
    }
    CHECK(file.page(7, 1024) == full);
    CHECK(file.truncate(5 * 1024) == SQLITE_OK);
    CHECK(file.size() == 5 * 1024);
    CHECK(file.truncate(9 * 1024) == SQLITE_OK);
    CHECK(file.size() == 9 * 1024);
    for (std::size_t number = 6; number <= 9; ++number) CHECK(file.page(number, 1024) == blank);

    for (const std::size_t size : {std::size_t{512}, std::size_t{2048}}) CHECK(file.write(bytes(size), 2048) == SQLITE_IOERR_WRITE);
    CHECK(file.write(blank, 2048 + 512) == SQLITE_IOERR_WRITE);
    CHECK(file.write(bytes(1024, 5), 2048) == SQLITE_IOERR_WRITE); // something where the seal goes
    CHECK(file.truncate(3 * 1024) == SQLITE_OK);
    CHECK(file.unlock() == SQLITE_OK);
    CHECK(is_whole(db));
}

TEST_CASE("encrypted file: what a checkpoint skips opens as nothing, but for the page of the lock bytes, which is in no log") {
    const environment prod;
    const temporary_folder folder;
    for (const bool has_log : {true, false}) {
        CAPTURE(has_log);
        const auto db = open(folder / (has_log ? "a.db" : "b.db"), prod);
        sql(db, std::string("PRAGMA page_size = 65536; PRAGMA journal_mode = ") + (has_log ? "WAL" : "DELETE") + "; CREATE TABLE t(a)");
        raw_file file(db);
        constexpr std::size_t size = 65536, lock_page = 0x40000000 / size + 1;
        const std::size_t last = has_log ? lock_page + 2 : 6; // without a log each page between is sealed
        REQUIRE(file.lock(SQLITE_LOCK_SHARED) == SQLITE_OK);
        bytes full(size, 5), out(size);
        std::fill(full.end() - 32, full.end(), std::uint8_t{0});
        CHECK(file.write(full, (last - 1) * size) == SQLITE_OK);
        CHECK(file.page(last, size) == full);
        CHECK(file.read(out, 4 * size) == (has_log ? SQLITE_IOERR_DATA : SQLITE_OK));
        CHECK(file.read(out, (last - 2) * size) == (has_log ? SQLITE_IOERR_DATA : SQLITE_OK));
        if (has_log) CHECK(file.page(lock_page, size) == bytes(size));
        CHECK(file.truncate(2 * size) == SQLITE_OK);
        CHECK(file.unlock() == SQLITE_OK);
        CHECK(is_whole(db));
    }
}

TEST_CASE("encrypted file: a backup of pages of another size, or without room for seals, is refused and changes nothing") {
    const environment prod;
    for (const char* mode : {"delete", "wal"}) {
        for (const char* sizes : {"512 4096", "4096 512", "1024 2048"}) {
            CAPTURE(std::string(mode));
            CAPTURE(std::string(sizes));
            const temporary_folder folder;
            const std::string both = sizes;
            const auto from = open(folder / "a.db", prod), to = open(folder / "b.db", prod);
            sql(from, "PRAGMA page_size = " + both.substr(0, both.find(' ')) + "; PRAGMA user_version = 7");
            sql(to, "PRAGMA page_size = " + both.substr(both.find(' ') + 1) + "; PRAGMA journal_mode = " + mode +
                        "; CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT)");
            sql(to, many_rows);
            const std::string before = sql(to, "SELECT * FROM t");
            sqlite3* clear = nullptr;
            REQUIRE(sqlite3_open(":memory:", &clear) == SQLITE_OK);
            CHECK(try_sql(clear, "PRAGMA page_size = " + both.substr(both.find(' ') + 1) + "; PRAGMA user_version = 8").code == SQLITE_OK);
            for (sqlite3* source : {from.handle(), clear}) {
                auto* copy = sqlite3_backup_init(to.handle(), "main", source, "main");
                REQUIRE(copy != nullptr);
                CHECK(sqlite3_backup_step(copy, -1) != SQLITE_DONE);
                CHECK(sqlite3_backup_finish(copy) != SQLITE_OK);
                CHECK(sql(to, "SELECT * FROM t; PRAGMA user_version") == before + "0;");
                CHECK(is_whole(to));
            }
            sqlite3_close(clear);
            CHECK(sql(open(folder / "b.db", prod), "SELECT * FROM t; PRAGMA integrity_check") == before + "ok;");
        }
    }
}

TEST_CASE("encrypted file: what a crash left of a file made anew is recovered by who knew only the file before") {
    const environment prod;
    for (const char* mode : {"delete", "wal"}) {
        for (const char* size : {"1024", "2048"}) {
            CAPTURE(std::string(mode));
            CAPTURE(std::string(size));
            const temporary_folder folder;
            const std::string path = folder / "a.db";
            const std::string fill = std::string("CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT);") + many_rows;
            const auto first = open(path, prod);
            sql(first, "PRAGMA page_size = 1024; PRAGMA cache_size = 5; BEGIN;" + fill);
            const auto second = open(path, prod); // has seen the header, has had no lock
            sql(first, "ROLLBACK");
            const pid_t child = ::fork();
            if (child == 0) {
                const auto db = sqlite::open(path, prod.source());
                const auto text = std::string("PRAGMA page_size = ") + size + "; PRAGMA journal_mode = " + mode +
                                  "; PRAGMA cache_size = 5;" + fill + "; BEGIN; UPDATE t SET b = 'never' || hex(randomblob(200))";
                ::_exit(db && try_sql(db->handle(), text).code == SQLITE_OK ? 0 : 1);
            }
            int status = 1;
            REQUIRE(::waitpid(child, &status, 0) == child);
            REQUIRE(status == 0);
            CHECK(sql(second, "SELECT count(*), sum(length(b)) FROM t; PRAGMA integrity_check") == "300|24000;ok;");
            CHECK(sql(open(path, prod), "SELECT count(*), sum(length(b)) FROM t; PRAGMA integrity_check") == "300|24000;ok;");
        }
    }
}

TEST_CASE("encrypted file: the log's shared memory goes with the last connection, also after a lock, and no earlier") {
    const environment prod;
    const temporary_folder folder;
    const std::string path = folder / "a.db";
    {
        const auto db = open(path, prod);
        sql(db, "PRAGMA journal_mode = WAL; CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT)");
        sql(db, many_rows);
        {
            const auto beside = open(path, prod);
            CHECK(sql(beside, "SELECT count(*) FROM t") == "300;");
        }
        CHECK(std::filesystem::exists(path + "-shm"));
        const pid_t child = ::fork();
        if (child == 0) {
            auto other = sqlite::open(path, prod.source());
            const bool is_fine = other && try_sql(other->handle(), "INSERT INTO t VALUES (1000, 'child')").code == SQLITE_OK;
            prod.lock();
            other = {};
            ::_exit(is_fine ? 0 : 1);
        }
        int status = 1;
        REQUIRE(::waitpid(child, &status, 0) == child);
        REQUIRE(status == 0);
        CHECK(std::filesystem::exists(path + "-shm"));
        sql(db, "INSERT INTO t VALUES (1001, 'after')");
        prod.lock();
    }
    CHECK_FALSE(std::filesystem::exists(path + "-shm"));
    CHECK(std::filesystem::file_size(path + "-wal") > 10'000);
    prod.unlock();
    const auto db = open(path, prod);
    CHECK(sql(db, "SELECT count(*) FROM t; PRAGMA integrity_check") == "302;ok;");
    CHECK(std::filesystem::exists(path + "-shm"));
}

TEST_CASE("encrypted file: a connection that has a log for itself makes no shared memory") {
    const environment prod;
    const temporary_folder folder;
    const auto db = open(folder / "a.db", prod);
    CHECK(sql(db, "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL") == "exclusive;wal;");
    sql(db, "CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT)");
    sql(db, many_rows);
    CHECK(std::filesystem::file_size(folder / "a.db-wal") > 10'000);
    CHECK_FALSE(std::filesystem::exists(folder / "a.db-shm"));
    CHECK(is_whole(db));
}

TEST_CASE("encrypted file: an open connection is no way past a reset, whose new lease does not unwrap the file's key") {
    for (const char* mode : {"delete", "wal"}) {
        CAPTURE(std::string(mode));
        const environment before("prod", 7), after("prod", 8);
        const environment* now = &before;
        const temporary_folder folder;
        const auto db = sqlite::open(folder / "a.db", [&] { return now->source()(); });
        REQUIRE(db.has_value());
        sql(*db, std::string("PRAGMA journal_mode = ") + mode + "; CREATE TABLE t(a); INSERT INTO t VALUES (1)");
        before.lock();
        now = &after;
        CHECK(try_sql(db->handle(), "SELECT * FROM t").code != SQLITE_OK);
        CHECK(try_sql(db->handle(), "INSERT INTO t VALUES (2)").code != SQLITE_OK);
        CHECK(sqlite::last_error(db->handle())->code == errc::authentication_failed);
        before.unlock();
        now = &before;
        after.lock();
        CHECK(sql(*db, "SELECT * FROM t; PRAGMA integrity_check") == "1;ok;");
    }
}

TEST_CASE("encrypted log: frames that a transaction wrote twice are whole for whoever recovers the log after a crash") {
    const temporary_folder folder;
    const environment prod;
    const auto path = folder / "a.db", copy = folder / "b.db";
    const auto db = open(path, prod);
    sql(db,
        "PRAGMA journal_mode = wal; PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = 5;"
        "CREATE TABLE t(a INTEGER PRIMARY KEY, b INTEGER, c BLOB);"
        "WITH RECURSIVE w(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM w WHERE i < 100) INSERT INTO t SELECT i, 1, zeroblob(3500) FROM w;"
        "BEGIN; UPDATE t SET b = 2; UPDATE t SET b = 3; COMMIT");
    write_content(copy, open_file(path));
    write_content(copy + "-wal", open_file(path + "-wal"));
    const auto recovered = open(copy, prod);
    CHECK(sql(recovered, "SELECT sum(b), count(*) FROM t") == "300|100;");
    CHECK(is_whole(recovered));
}

namespace {
/// What a crash leaves after pages were written into the log twice behind a savepoint and that was rolled back: the number
/// of the last commit that a recovery finds, of four.
template <class Open>
std::string last_after_crash(const std::string& path, Open open_at) {
    const auto db = open_at(path);
    const auto run = [](const auto& on, const std::string& text) {
        const auto done = try_sql(on.handle(), text);
        CHECK_MESSAGE(done.code == SQLITE_OK, text);
        return done.rows;
    };
    run(db, "PRAGMA page_size = 512; PRAGMA journal_mode = wal; PRAGMA cache_size = 10; CREATE TABLE last(n); INSERT INTO last VALUES (0);"
            "CREATE TABLE t(a INTEGER PRIMARY KEY, b);"
            "INSERT INTO t WITH RECURSIVE w(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM w WHERE i < 60) SELECT i, zeroblob(400) FROM w;"
            "PRAGMA wal_checkpoint(TRUNCATE);"
            "BEGIN; UPDATE last SET n = 1; SAVEPOINT s; UPDATE t SET b = zeroblob(399); UPDATE t SET b = zeroblob(398) WHERE a > 20;"
            "ROLLBACK TO s; COMMIT; UPDATE last SET n = 2; UPDATE last SET n = 3; UPDATE last SET n = 4");
    CHECK(run(db, "SELECT n FROM last") == "4;");
    write_content(path + "-crashed", open_file(path));
    write_content(path + "-crashed-wal", open_file(path + "-wal"));
    const auto after = open_at(path + "-crashed");
    CHECK(run(after, "PRAGMA integrity_check") == "ok;");
    return run(after, "SELECT n FROM last");
}
} // namespace

// SQLite before 3.50.2 writes frames without checksums then, and a recovery ends before them: nothing that a VFS could mend.
TEST_CASE("encrypted log: after a savepoint that was rolled back, a crash takes no more than it takes from a database in the clear") {
    const temporary_folder folder;
    const environment prod;
    const auto in_the_clear = last_after_crash(folder / "clear.db", [](const std::string& path) {
        auto db = sqlite::connection::open(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, seconds{0});
        REQUIRE(db.has_value());
        int reserved = envelope::page_reserve;
        sqlite3_file_control(db->handle(), "main", SQLITE_FCNTL_RESERVE_BYTES, &reserved);
        return std::move(*db);
    });
    CHECK(last_after_crash(folder / "a.db", [&](const std::string& path) { return open(path, prod); }) == in_the_clear);
    if (sqlite3_libversion_number() >= 3'050'002) CHECK(in_the_clear == "4;");
}
