// SPDX-License-Identifier: Apache-2.0
// Encrypted databases that somebody changed, and the temporary file beside a model of it: an error or what was there, never
// something else.
#include "encrypted_helpers.hpp"

#include <random>
#include <set>

using namespace keywright;
using namespace keywright::encrypted_tests;

namespace {

constexpr std::size_t page = 512, header = 8192;

/// A database of 512-byte pages with a table, an index and overflow pages; returns its file.
bytes small_database(const std::string& path, const environment& of) {
    {
        const auto db = open(path, of);
        sql(db, "PRAGMA page_size = 512; CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT); CREATE INDEX i ON t(b)");
        sql(db, "INSERT INTO t VALUES (1, 'one'), (2, 'two'), (3, hex(zeroblob(300)))");
    }
    return content_of(path);
}
constexpr const char* whole_story = "SELECT * FROM t; SELECT b FROM t ORDER BY b; SELECT * FROM sqlite_schema; PRAGMA integrity_check";

/// What a reader gets from a file with this content: everything, or where it stopped. Empty where it is an error.
std::string story_of(const std::string& path, const bytes& content, const environment& of) {
    write_content(path, content);
    const auto opened = sqlite::open(path, of.source(), {.read_only = true});
    if (!opened) return "";
    const auto told = try_sql(opened->handle(), whole_story);
    return told.code == SQLITE_OK ? told.rows : "";
}

} // namespace

TEST_CASE("encrypted database: any byte of a page changed is an error, any of a header copy at most the other copy") {
    const environment prod;
    const temporary_folder folder;
    const bytes good = small_database(folder / "a.db", prod);
    const std::string story = story_of(folder / "a.db", good, prod);
    REQUIRE(story.find("ok;") != story.npos);
    REQUIRE((good.size() - header) % page == 0);
    for (std::size_t at = header; at < good.size(); ++at) {
        CAPTURE(at);
        bytes changed = good;
        changed[at] ^= static_cast<std::uint8_t>(1 << at % 8);
        REQUIRE(story_of(folder / "a.db", changed, prod) == "");
    }
    for (std::size_t at = 0; at < header; at += 61) {
        bytes changed = good;
        changed[at] ^= static_cast<std::uint8_t>(1 << at % 8);
        REQUIRE(story_of(folder / "a.db", changed, prod) == story);
        changed[(at + header / 2) % header] ^= 1; // and the same byte or its neighbour in the other copy
        REQUIRE(story_of(folder / "a.db", changed, prod) == "");
    }
}

TEST_CASE("encrypted database: pages swapped, copied over, taken from another file, or blanked are errors") {
    const environment prod;
    const temporary_folder folder;
    const bytes good = small_database(folder / "a.db", prod), other = small_database(folder / "b.db", prod);
    REQUIRE(good.size() == other.size());
    const std::size_t pages = (good.size() - header) / page;
    const auto at = [](const bytes& from, std::size_t number) {
        return from.begin() + static_cast<std::ptrdiff_t>(header + number * page);
    };
    for (std::size_t a = 0; a < pages; ++a) {
        CAPTURE(a);
        for (std::size_t b = 0; b < pages; ++b) {
            if (a == b) continue;
            bytes moved = good;
            std::copy_n(at(good, b), page, moved.begin() + (at(good, a) - good.begin()));
            CHECK(story_of(folder / "a.db", moved, prod) == "");
        }
        bytes foreign = good;
        std::copy_n(at(other, a), page, foreign.begin() + (at(good, a) - good.begin()));
        CHECK(story_of(folder / "a.db", foreign, prod) == "");
        bytes blank = good;
        std::fill_n(blank.begin() + (at(good, a) - good.begin()), page, std::uint8_t{0});
        CHECK(story_of(folder / "a.db", blank, prod) == "");
    }
    bytes headed = good;
    std::copy_n(other.begin(), header, headed.begin());
    CHECK(story_of(folder / "a.db", headed, prod) == "");
}

TEST_CASE("encrypted database: a file cut anywhere is an error, and without its pages it is not empty but corrupt") {
    const environment prod;
    const temporary_folder folder;
    const bytes good = small_database(folder / "a.db", prod);
    for (std::size_t size = 1; size < good.size(); size += size < header ? 509 : 101) {
        CAPTURE(size);
        CHECK(story_of(folder / "a.db", bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size)), prod) == "");
    }
    write_content(folder / "a.db", bytes(good.begin(), good.begin() + header));
    CHECK(code_of_open(folder / "a.db", prod) == errc::corrupt);
}

TEST_CASE("encrypted database: pages cut off at the end are told of where a log says how long the database is, too") {
    const environment prod;
    const temporary_folder folder;
    const std::string path = folder / "a.db", copy = folder / "b.db";
    for (const char* mode : {"delete", "wal"}) {
        CAPTURE(std::string(mode));
        bytes file, log;
        {
            // The last pages are those of a value, whose last bytes would be taken for zeros.
            const auto db = open(path, prod);
            sql(db, std::string("PRAGMA page_size = 512; PRAGMA journal_mode = ") + mode +
                        "; CREATE TABLE t(a); CREATE TABLE u(a); INSERT INTO t VALUES (replace(hex(zeroblob(2000)), '0', 'x'));"
                        "PRAGMA wal_checkpoint(TRUNCATE); INSERT INTO u VALUES (1)");
            file = open_file(path);
            log = std::filesystem::exists(path + "-wal") ? open_file(path + "-wal") : bytes();
        }
        for (std::size_t pages = 0; pages < 9; ++pages) {
            CAPTURE(pages);
            for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(copy + suffix);
            write_content(copy, bytes(file.begin(), file.end() - static_cast<std::ptrdiff_t>(pages * page)));
            if (!log.empty()) write_content(copy + "-wal", log);
            const auto db = open(copy, prod);
            const auto told = try_sql(db.handle(), "SELECT length(replace(a, 'x', 'xx')) FROM t");
            CHECK((told.code == SQLITE_OK) == (pages == 0));
            CHECK(told.rows == (pages == 0 ? "8000;" : ""));
            CHECK(sqlite::last_error(db.handle()).has_value() == (pages != 0));
        }
        for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(path + suffix);
    }
}

TEST_CASE("encrypted database: a file or a log that is cut while it is open is an error that is told of") {
    const environment prod;
    const temporary_folder folder;
    const std::string path = folder / "a.db";
    const auto db = open(path, prod);
    sql(db, "CREATE TABLE t(a); INSERT INTO t VALUES (1)");
    // SQLite asks how long it is, and reads nothing of an empty one; a new lease has to unwrap the keys first.
    raw_file file(db);
    const bytes whole = open_file(path);
    std::filesystem::resize_file(path, header);
    environment::time += std::chrono::minutes(6);
    REQUIRE(file.lock(SQLITE_LOCK_SHARED) == SQLITE_OK);
    std::size_t size = 0;
    CHECK(file.ask_size(size) == SQLITE_IOERR_DATA);
    CHECK(sqlite::last_error(db.handle())->code == errc::corrupt);
    REQUIRE(file.unlock() == SQLITE_OK);

    const auto with_log = open(folder / "b.db", prod);
    sql(with_log, "PRAGMA journal_mode = WAL; CREATE TABLE t(a); INSERT INTO t VALUES (zeroblob(100000)); PRAGMA cache_size = 2");
    std::filesystem::resize_file(folder / "b.db-wal", 20'000);
    CHECK(try_sql(with_log.handle(), "SELECT sum(length(hex(a))) FROM t").code == SQLITE_IOERR_DATA);
    CHECK(sqlite::last_error(with_log.handle())->code == errc::authentication_failed);
}

TEST_CASE("encrypted database: making one may stop after any part of its header, and then it is made anew") {
    const environment prod;
    const temporary_folder folder;
    // A header alone is what an unfinished first transaction leaves; its journal has ended by then.
    bytes alone;
    {
        const auto db = open(folder / "a.db", prod);
        sql(db,
            "PRAGMA cache_size = 5; BEGIN; CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT); INSERT INTO t VALUES (1, hex(zeroblob(100000)))");
        alone = open_file(folder / "a.db");
        sql(db, "ROLLBACK");
    }
    REQUIRE(alone.size() > header);
    alone.resize(header);
    for (const std::size_t size : {std::size_t{1}, std::size_t{16}, std::size_t{512}, std::size_t{4096}, std::size_t{5000}, header}) {
        CAPTURE(size);
        bytes torn = alone;
        torn.resize(size);
        write_content(folder / "b.db", torn);
        sql(open(folder / "b.db", prod), "CREATE TABLE t(a); INSERT INTO t VALUES (7)");
        CHECK(sql(open(folder / "b.db", prod), "SELECT a FROM t; PRAGMA integrity_check") == "7;ok;");
        std::fill_n(torn.begin(), std::min<std::size_t>(size, 512), std::uint8_t{0});
        write_content(folder / "c.db", torn);
        sql(open(folder / "c.db", prod), "CREATE TABLE t(a)");
        std::filesystem::remove(folder / "b.db");
        std::filesystem::remove(folder / "c.db");
    }
    // Something else is not overwritten, however small.
    write_content(folder / "d.db", bytes(100, 'x'));
    CHECK(code_of_open(folder / "d.db", prod) == errc::malformed);
    CHECK(content_of(folder / "d.db") == bytes(100, 'x'));
}

TEST_CASE("encrypted database: equal pages are unequal on the disk, in database and log, and the log's tail may be anything") {
    const environment prod;
    const temporary_folder folder;
    bytes log, file;
    {
        const auto db = open(folder / "a.db", prod);
        sql(db,
            "PRAGMA page_size = 1024; PRAGMA journal_mode = WAL; CREATE TABLE t(a INTEGER PRIMARY KEY, b BLOB); PRAGMA wal_autocheckpoint = 0");
        sql(db,
            "INSERT INTO t VALUES (1, zeroblob(50000)); PRAGMA wal_checkpoint; INSERT INTO t VALUES (2, 'two'); INSERT INTO t VALUES (3, 'three')");
        log = open_file(folder / "a.db-wal");
        file = open_file(folder / "a.db");
    }
    file.resize(file.size() - file.size() % 1024);
    std::set<std::string_view> pages;
    std::size_t count = 0;
    for (std::size_t at = header; at + 1024 <= file.size(); at += 1024, ++count) pages.insert(as_text(byte_view(file).subspan(at, 1024)));
    CHECK(count > 50);
    CHECK(pages.size() == count);
    REQUIRE(log.size() > 32 + 2 * 1048);
    // Salts and checksums of a frame are not those of the log's header, which are in the clear.
    CHECK_FALSE(std::equal(log.begin() + 16, log.begin() + 24, log.begin() + 32 + 8));
}

TEST_CASE("encrypted database: a log or journal with any byte changed gives an earlier commit, or the last one, or an error") {
    const environment prod;
    const temporary_folder folder;
    const std::string path = folder / "a.db", beside = folder / "b.db";
    bytes log, file;
    {
        const auto db = open(path, prod);
        sql(db, "PRAGMA page_size = 512; CREATE TABLE t(a); INSERT INTO t VALUES (1); PRAGMA journal_mode = WAL");
        file = open_file(path);
        sql(db, "INSERT INTO t VALUES (2); INSERT INTO t VALUES (3)");
        log = open_file(path + "-wal");
    }
    const auto rows = [&](const bytes& with) {
        std::filesystem::remove(beside + "-shm");
        write_content(beside, file);
        write_content(beside + "-wal", with);
        const auto opened = sqlite::open(beside, prod.source());
        const auto told =
            opened ? try_sql(opened->handle(), "SELECT group_concat(a) FROM t; PRAGMA integrity_check") : outcome{SQLITE_ERROR, ""};
        return told.code == SQLITE_OK ? told.rows : std::string();
    };
    REQUIRE(rows(log) == "1,2,3;ok;");
    std::set<std::string> seen;
    for (std::size_t at = 0; at < log.size(); at += 3) {
        CAPTURE(at);
        bytes changed = log;
        changed[at] ^= static_cast<std::uint8_t>(1 << at % 8);
        const std::string told = rows(changed);
        seen.insert(told);
        REQUIRE((told == "" || told == "1;ok;" || told == "1,2;ok;" || told == "1,2,3;ok;"));
    }
    CHECK(seen.count("1,2;ok;") == 1);
}

TEST_CASE("temporary file: pieces of any size at any place come back, and a changed bit below is an error") {
    unnamed_file made;
    bytes model;
    std::mt19937 random(1);
    for (int step = 0; step < 4000; ++step) {
        const std::size_t at = random() % 60'000, size = 1 + random() % (step % 50 == 0 ? 20'000 : 700);
        const auto place = static_cast<std::int64_t>(at);
        if (step % 97 == 0) {
            REQUIRE(made->truncate(place) == SQLITE_OK);
            if (at < model.size()) model.resize(at);
        } else if (random() % 2 == 0) {
            bytes data(size);
            for (auto& byte : data) byte = static_cast<std::uint8_t>(random());
            REQUIRE(made->write(data, place) == SQLITE_OK);
            model.resize(std::max(model.size(), at + size));
            std::copy(data.begin(), data.end(), model.begin() + place);
        } else {
            bytes out(size, 0xee), expected(size);
            for (std::size_t i = 0; i < size && at + i < model.size(); ++i) expected[i] = model[at + i];
            REQUIRE(made->read(out, place) == (at + size <= model.size() ? SQLITE_OK : SQLITE_IOERR_SHORT_READ));
            REQUIRE(out == expected);
        }
        sqlite3_int64 size_now = 0;
        REQUIRE(made->size(&size_now) == SQLITE_OK);
        REQUIRE(size_now == static_cast<sqlite3_int64>(model.size()));
    }
    bytes whole(20'000, 1);
    REQUIRE(made->write(whole, 0) == SQLITE_OK);
    std::uint8_t byte = 0;
    REQUIRE(made.below()->pMethods->xRead(made.below(), &byte, 1, 5000) == SQLITE_OK);
    byte ^= 4;
    REQUIRE(made.below()->pMethods->xWrite(made.below(), &byte, 1, 5000) == SQLITE_OK);
    CHECK(made->read(byte_span(whole).first(4096), 0) == SQLITE_OK);
    CHECK(made->read(byte_span(whole).first(10), 4096) == SQLITE_IOERR_DATA);
}
