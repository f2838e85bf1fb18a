// SPDX-License-Identifier: Apache-2.0
// Which pages of an encrypted database do not open.
#include "encrypted_helpers.hpp"

#include <keywright/adapters/sqlite/reencrypt.hpp>
#include <keywright/adapters/sqlite/verify.hpp>

using namespace keywright;
using namespace keywright::encrypted_tests;

namespace {

/// Pages 1 to 12 of 512 bytes, the last ones of them free.
std::string make(const temporary_folder& folder, const environment& of) {
    const std::string path = folder / "a.db";
    const auto db = open(path, of);
    sql(db, "PRAGMA page_size = 512; CREATE TABLE t(a); INSERT INTO t VALUES (zeroblob(2000)); CREATE TABLE u(a);"
            "INSERT INTO u VALUES (zeroblob(2500)); DROP TABLE u");
    CHECK(sql(db, "PRAGMA page_count; PRAGMA freelist_count") == "12;6;");
    return path;
}
std::vector<std::uint32_t> damaged(const std::string& path, const environment& of) {
    const auto survey = sqlite::survey_pages(open(path, of));
    REQUIRE(survey);
    CHECK(survey->damaged == survey->numbers.size());
    return survey->numbers;
}

} // namespace

TEST_CASE("survey_pages: every bit that is changed is found in its page, in a free one too") {
    const environment prod;
    const temporary_folder folder;
    const std::string path = make(folder, prod);
    CHECK(damaged(path, prod).empty());
    const auto whole = content_of(path);
    for (const std::uint32_t page : {1U, 2U, 7U, 12U}) {
        auto changed = whole;
        changed[8192 + (page - 1) * 512 + page * 13] ^= 4;
        write_content(path, changed);
        CHECK(damaged(path, prod) == std::vector{page});
    }
    auto moved = whole;
    std::swap_ranges(moved.begin() + 8192 + 3 * 512, moved.begin() + 8192 + 4 * 512, moved.begin() + 8192 + 9 * 512);
    write_content(path, moved);
    CHECK(damaged(path, prod) == std::vector{4U, 10U});
    auto cut = whole;
    cut.resize(cut.size() - 100);
    write_content(path, cut);
    CHECK(damaged(path, prod) == std::vector{12U});
}

TEST_CASE("survey_pages: progress reaches the end, and a lock ends it") {
    const environment prod;
    const temporary_folder folder;
    const auto db = open(make(folder, prod), prod);
    int told = 0;
    std::uint64_t last = 0;
    const auto survey = sqlite::survey_pages(db, [&](std::uint64_t done, std::uint64_t total) { ++told, last = done * 1000 / total; });
    REQUIRE(survey);
    CHECK(survey->pages == 12);
    CHECK(told == 12);
    CHECK(last == 1000);
    const auto stopped = sqlite::survey_pages(db, [&](std::uint64_t, std::uint64_t) { prod.lock(); });
    REQUIRE_FALSE(stopped);
    CHECK(stopped.error().code == errc::locked);
    CHECK(sqlite::survey_pages(db).error().code == errc::locked);
    prod.unlock();
    CHECK(sqlite::survey_pages(db)->damaged == 0);
}

TEST_CASE("survey_pages: one that others keep from reading leaves no transaction behind") {
    const environment prod;
    const temporary_folder folder;
    const std::string path = make(folder, prod);
    const auto db = open(path, prod, {.wait = seconds{0}}), other = open(path, prod);
    sql(other, "BEGIN EXCLUSIVE");
    CHECK(sqlite::survey_pages(db).error().code == errc::timed_out);
    CHECK(sqlite3_get_autocommit(db.handle()) == 1);
}

TEST_CASE("survey_pages: pages that were cut off are named, with a log beside the file or none, and a checkpoint does not make them good") {
    const environment prod;
    const temporary_folder folder;
    const std::string path = folder / "a.db", copy = folder / "b.db";
    for (const char* change :
         {"PRAGMA journal_mode = DELETE", "SELECT 1", "UPDATE s SET a = 2", "CREATE TABLE u(a); INSERT INTO u VALUES (zeroblob(2000))"}) {
        CAPTURE(change);
        bytes file, log;
        std::uint32_t pages = 0;
        {
            const auto db = open(path, prod);
            sql(db,
                "PRAGMA page_size = 512; PRAGMA journal_mode = WAL; CREATE TABLE t(a INTEGER PRIMARY KEY, b);"
                "CREATE TABLE s(a); INSERT INTO s VALUES (1); INSERT INTO t VALUES (2, zeroblob(6000)); PRAGMA wal_checkpoint(TRUNCATE)");
            sql(db, change);
            file = open_file(path);
            if (std::filesystem::exists(path + "-wal")) log = open_file(path + "-wal");
            pages = static_cast<std::uint32_t>((file.size() - 8192) / 512);
        }
        for (const std::uint32_t cut : {0U, 1U, 4U}) {
            CAPTURE(cut);
            write_content(copy, bytes(file.begin(), file.end() - cut * 512));
            if (!log.empty()) write_content(copy + "-wal", log);
            std::vector<std::uint32_t> expected;
            for (std::uint32_t number = pages - cut + 1; number <= pages; ++number) expected.push_back(number);
            for (int again = 0; again < 3; ++again) { // each close writes the log back
                CAPTURE(again);
                const auto db = open(copy, prod);
                const auto survey = sqlite::survey_pages(db);
                REQUIRE(survey.has_value());
                CHECK(survey->pages >= pages);
                CHECK(survey->numbers == expected);
                const auto value = try_sql(db.handle(), "SELECT b = zeroblob(6000) FROM t WHERE a = 2"); // as blank pages would be, too
                CHECK((value.code == SQLITE_OK) == (cut == 0));
                if (again == 1) (void)try_sql(db.handle(), "PRAGMA wal_checkpoint(TRUNCATE)");
            }
            for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(copy + suffix);
        }
        for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(path + suffix);
    }
}

TEST_CASE(
    "survey_pages: what a log still holds is not damaged in the file, after a checkpoint that readers held up and after a crash in one") {
    const environment prod;
    const temporary_folder folder;
    const std::string path = folder / "a.db", copy = folder / "b.db",
                      text = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
                             " WHERE i < 40) INSERT INTO t SELECT i, randomblob(400) FROM n";
    bytes file, log;
    {
        const auto reader = open(path, prod);
        auto db = open(path, prod);
        sql(db,
            "PRAGMA page_size = 512; PRAGMA journal_mode = WAL; CREATE TABLE t(a INTEGER PRIMARY KEY, b); PRAGMA wal_checkpoint(TRUNCATE)");
        sql(db, text);
        sql(reader, "BEGIN; SELECT count(*) FROM t");
        sql(db, "UPDATE t SET b = randomblob(400) WHERE a = 20");
        sql(db, "PRAGMA wal_checkpoint(PASSIVE)"); // not the page of row 20, but those behind it
        file = open_file(path), log = open_file(path + "-wal"); // of both connections, one after the other
        file.resize(file.size() / 2), log.resize(log.size() / 2);
        const auto survey = sqlite::survey_pages(db);
        REQUIRE(survey.has_value());
        CHECK(survey->pages > 40);
        CHECK(survey->damaged == 0);
        sqlite3_file* below = sqlite::detail::raw_file_of(db.handle());
        int holes = 0;
        bytes page(512);
        sql(db, "BEGIN; SELECT count(*) FROM t");
        for (sqlite3_int64 at = 0; at < survey->pages * 512; at += 512)
            holes += below->pMethods->xRead(below, page.data(), 512, at) == SQLITE_OK ? 0 : 1;
        CHECK(holes == 1); // else nothing was tried here
        sql(db, "COMMIT");
        CHECK(sqlite::reencrypt(db, {.wait = seconds{0}}).error().code == errc::timed_out); // passes over what the log holds
        sql(reader, "COMMIT");
        CHECK(sqlite::reencrypt(db)->is_finished);
        sql(db, "PRAGMA wal_checkpoint(TRUNCATE)");
        CHECK(is_whole(db));
        CHECK(sqlite::survey_pages(db)->damaged == 0);
        CHECK(sqlite::survey_pages(reader)->damaged == 0);
    }
    for (const std::size_t kept : {file.size(), file.size() - 512 * 7 - 100, std::size_t{8192 + 512 * 3}}) {
        CAPTURE(kept);
        write_content(copy, bytes(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(kept)));
        write_content(copy + "-wal", log);
        const auto db = open(copy, prod);
        CHECK(sqlite::survey_pages(db)->damaged == 0);
        CHECK(is_whole(db));
        sql(db, "PRAGMA wal_checkpoint(TRUNCATE)");
        CHECK(sqlite::survey_pages(db)->damaged == 0);
        CHECK(sql(db, "PRAGMA integrity_check; SELECT count(*) FROM t") == "ok;40;");
    }
}
