// SPDX-License-Identifier: Apache-2.0
// adapters/sqlite/encrypted/read_ahead and first_page: what is kept of a file is what a read would give, in fewer reads.
#include "encrypted_helpers.hpp"

#include <keywright/adapters/sqlite/reencrypt.hpp>

#include <doctest/doctest.h>

#include <tuple>

#include <fcntl.h>
#include <unistd.h>

using namespace keywright;
using namespace keywright::encrypted_tests;

namespace {

/// A file below, in memory, that counts how often it is read.
struct counted_file : sqlite3_file {
    bytes content;
    int reads = 0;

    explicit counted_file(std::size_t size) : sqlite3_file{&methods()}, content(size) {
        for (std::size_t i = 0; i < size; ++i) content[i] = static_cast<std::uint8_t>(i / 512);
    }
    static const sqlite3_io_methods& methods() {
        static const sqlite3_io_methods all = [] {
            sqlite3_io_methods m{};
            m.iVersion = 1;
            m.xRead = [](sqlite3_file* file, void* out, int size, sqlite3_int64 at) {
                auto& self = *static_cast<counted_file*>(file);
                ++self.reads;
                const auto there = std::clamp<sqlite3_int64>(static_cast<sqlite3_int64>(self.content.size()) - at, 0, size);
                std::fill_n(static_cast<std::uint8_t*>(out), size, std::uint8_t{0});
                std::copy_n(self.content.begin() + at, there, static_cast<std::uint8_t*>(out));
                return there == size ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
            };
            m.xFileSize = [](sqlite3_file* file, sqlite3_int64* size) {
                *size = static_cast<sqlite3_int64>(static_cast<counted_file*>(file)->content.size());
                return SQLITE_OK;
            };
            return m;
        }();
        return all;
    }
};

/// 200 rows of a page each, in the order of their pages, read by a cache that holds next to nothing.
std::string many_pages(const temporary_folder& folder, const environment& prod, const char* journal_mode) {
    const auto path = folder / "a.db";
    const auto db = open(path, prod);
    sql(db,
        std::string("PRAGMA journal_mode = ") + journal_mode +
            "; CREATE TABLE t(a INTEGER PRIMARY KEY, b INTEGER, c BLOB);"
            "WITH RECURSIVE w(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM w WHERE i < 200) INSERT INTO t SELECT i, 1, zeroblob(3500) FROM w");
    return path;
}
sqlite::database reader(const std::string& path, const environment& prod) {
    auto db = open(path, prod);
    sql(db, "PRAGMA cache_size = 1");
    return db;
}
constexpr const char* all_of_it = "SELECT sum(b), sum(length(c)) FROM t";

/// Changes one bit where another program would. The handle stays open, because closing it drops SQLite's locks.
void flip(const std::string& path, off_t at) {
    const int file = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
    std::uint8_t byte = 0;
    REQUIRE(::pread(file, &byte, 1, at) == 1);
    byte ^= 4;
    REQUIRE(::pwrite(file, &byte, 1, at) == 1);
}
void write_over(const std::string& path, off_t at, byte_view data) {
    const int file = ::open(path.c_str(), O_RDWR | O_CLOEXEC); // stays open, too
    REQUIRE(::pwrite(file, data.data(), data.size(), at) == static_cast<ssize_t>(data.size()));
}
constexpr off_t page_at(unsigned number) { return static_cast<off_t>(envelope::header_size) + 4096 * (static_cast<off_t>(number) - 1); }
int pages_with_second_key(const std::string& path) {
    const auto content = open_file(path);
    int count = 0;
    for (unsigned page = 1; page <= 200; ++page)
        count += envelope::page_cipher::slot_of(byte_view(content).subspan(static_cast<std::size_t>(page_at(page)), 4096));
    return count;
}

} // namespace

TEST_CASE("read_ahead: pages in a row come eight at a time from the fourth on, up to the last whole one") {
    counted_file file(20 * 4096 + 100);
    sqlite::detail::read_ahead ahead;
    for (unsigned page = 1; page < 20; ++page) {
        CAPTURE(page);
        const auto found = ahead.find(&file, page * 4096, 4096);
        CHECK(found.empty() == (page < 4));
        if (!found.empty()) CHECK(std::equal(found.begin(), found.end(), file.content.begin() + page * 4096));
    }
    CHECK(file.reads == 2); // 4 to 11, 12 to 19
    CHECK(ahead.find(&file, 20 * 4096, 4096).empty());
}

TEST_CASE("read_ahead: what is asked for here and there, and pages of which four do not fit, are not read ahead") {
    counted_file file(100 * 65'536);
    sqlite::detail::read_ahead ahead;
    for (int i = 1; i < 60; ++i) CHECK(ahead.find(&file, i * 7919 % 800 * 4096, 4096).empty());
    for (int i = 1; i < 60; ++i) CHECK(ahead.find(&file, i * 16'384, 16'384).empty());
    CHECK(file.reads == 0);
    for (int i = 1; i < 5; ++i) CHECK(ahead.find(&file, i * 8192, 8192).empty() == (i < 4));
    CHECK(file.reads == 1);
}

TEST_CASE("read_ahead: a page in between is skipped, and what is forgotten is read again") {
    counted_file file(100 * 4096);
    sqlite::detail::read_ahead ahead;
    for (const int page : {1, 3, 4, 6, 7}) (void)ahead.find(&file, page * 4096, 4096);
    CHECK(file.reads == 1);
    file.content[8 * 4096] = 77;
    ahead.forget();
    const auto found = ahead.find(&file, 8 * 4096, 4096);
    REQUIRE_FALSE(found.empty());
    CHECK(found[0] == 77);
}

TEST_CASE("read_ahead: of what is written nothing is kept, of what stands behind it everything") {
    for (const auto& [at, size, kept_from] : {std::tuple{4 * 4096, 4096, 5},
                                              {4 * 4096 + 4095, 1, 5},
                                              {3 * 4096, 4097, 5},
                                              {7 * 4096, 24, 8},
                                              {4 * 4096, 8 * 4096, 12},
                                              {3 * 4096, 4096, 4},
                                              {12 * 4096, 4096, 4},
                                              {0, 100 * 4096, 12}}) {
        CAPTURE(at);
        CAPTURE(size);
        counted_file file(100 * 4096);
        sqlite::detail::read_ahead ahead;
        for (int page = 1; page < 5; ++page) (void)ahead.find(&file, page * 4096, 4096); // holds 4 to 11
        REQUIRE(file.reads == 1);
        ahead.give_up(at, static_cast<std::size_t>(size));
        std::fill_n(file.content.begin() + at, size, std::uint8_t{255});
        for (int page = 4; page < 12; ++page) {
            CAPTURE(page);
            auto asked = ahead; // each page on its own
            const auto found = asked.find(&file, page * 4096, 4096);
            if (!found.empty()) CHECK(std::equal(found.begin(), found.end(), file.content.begin() + page * 4096));
            if (page >= kept_from) CHECK_FALSE(found.empty());
        }
        const int before = file.reads;
        for (int page = kept_from; page < 12; ++page) CHECK_FALSE(ahead.find(&file, page * 4096, 4096).empty());
        CHECK(file.reads == before);
    }
}

TEST_CASE("first_page: only the very bytes that were opened are the page, and only until it is in doubt") {
    counted_file file(3 * 4096);
    const bytes sealed(file.content.begin() + 4096, file.content.begin() + 8192), page(4096, 9);
    sqlite::detail::first_page first;
    CHECK_FALSE(first.confirm(&file, 4096));
    first.keep(sealed, page, false);
    CHECK(first.now().empty());
    CHECK(first.confirm(&file, 4096));
    CHECK(std::equal(page.begin(), page.end(), first.now().begin(), first.now().end()));
    first.doubt();
    CHECK(first.now().empty());
    for (const std::size_t at : {0u, 1u, 2047u, 4094u, 4095u}) {
        CAPTURE(at);
        file.content[4096 + at] ^= 1;
        CHECK_FALSE(first.confirm(&file, 4096));
        CHECK(first.now().empty());
        file.content[4096 + at] ^= 1;
    }
    CHECK(first.confirm(&file, 4096));
    first.forget();
    CHECK(first.now().empty());
    CHECK_FALSE(first.confirm(&file, 4096));
    first.keep(sealed, page, false);
    file.content.resize(8191);
    CHECK_FALSE(first.confirm(&file, 4096));
}

TEST_CASE("encrypted reads: what another connection wrote is seen by the next statement, in either journal") {
    for (const char* mode : {"delete", "wal"}) {
        CAPTURE(std::string(mode));
        const temporary_folder folder;
        const environment prod;
        const auto path = many_pages(folder, prod, mode);
        const auto a = reader(path, prod), b = reader(path, prod);
        int sum = 200;
        for (int i = 0; i < 40; ++i) {
            CHECK(sql(a, all_of_it) == std::to_string(sum) + "|700000;");
            sql(b, "UPDATE t SET b = b + 1 WHERE a = " + std::to_string(5 * i + 1) + "; UPDATE t SET b = b + 1 WHERE a = 1");
            sum += 2;
            if (i % 7 == 3) sql(b, "PRAGMA wal_checkpoint(TRUNCATE)");
            if (i % 11 == 5) sql(b, "BEGIN; UPDATE t SET b = 99; ROLLBACK");
            if (i == 20) sql(b, "CREATE TABLE u(x)"); // page 1
            if (i == 30) sql(b, "VACUUM");
        }
        CHECK(is_whole(a));
    }
}

TEST_CASE("encrypted reads: a statement sees one state of the database while another connection commits and checkpoints") {
    const temporary_folder folder;
    const environment prod;
    const auto path = many_pages(folder, prod, "wal");
    const auto a = reader(path, prod), b = reader(path, prod);
    sqlite3_stmt* raw = nullptr;
    REQUIRE(sqlite3_prepare_v2(a.handle(), "SELECT b, length(c) FROM t ORDER BY a", -1, &raw, nullptr) == SQLITE_OK);
    const std::unique_ptr<sqlite3_stmt, decltype(&sqlite3_finalize)> rows(raw, sqlite3_finalize);
    int seen = 0;
    while (sqlite3_step(raw) == SQLITE_ROW) {
        CHECK(sqlite3_column_int(raw, 0) == 1);
        CHECK(sqlite3_column_int(raw, 1) == 3500);
        if (++seen % 10 == 0) sql(b, "UPDATE t SET b = b + 1; PRAGMA wal_checkpoint(PASSIVE)");
    }
    CHECK(seen == 200);
    CHECK(sqlite3_reset(raw) == SQLITE_OK);
    CHECK(sql(a, all_of_it) == "4200|700000;"); // 200 rows, changed 20 times
}

TEST_CASE("encrypted reads: a bit that changes while the database is open is noticed by the next statement, page 1 included") {
    for (const unsigned number : {1u, 40u, 41u, 60u, 150u}) {
        CAPTURE(number);
        const temporary_folder folder;
        const environment prod;
        const auto path = many_pages(folder, prod, "delete");
        const auto db = reader(path, prod);
        CHECK(sql(db, all_of_it) == "200|700000;");
        flip(path, page_at(number) + 3000);
        CHECK(try_sql(db.handle(), all_of_it).code == SQLITE_IOERR_DATA);
        flip(path, page_at(number) + 3000);
        CHECK(sql(db, all_of_it) == "200|700000;");
    }
}

TEST_CASE("encrypted reads: after a lock of the environment nothing is served from what was kept") {
    const temporary_folder folder;
    const environment prod;
    const auto db = reader(many_pages(folder, prod, "delete"), prod);
    CHECK(sql(db, all_of_it) == "200|700000;");
    CHECK(sql(db, all_of_it) == "200|700000;");
    prod.lock();
    for (const char* text : {all_of_it, "PRAGMA user_version", "PRAGMA schema_version"})
        CHECK(try_sql(db.handle(), text).code == SQLITE_IOERR_AUTH);
    prod.unlock();
    CHECK(sql(db, all_of_it) == "200|700000;");
}

TEST_CASE("encrypted reads: who keeps page 1 seals what it writes with the key that another connection began to give the file") {
    const temporary_folder folder;
    const environment prod;
    const auto path = many_pages(folder, prod, "delete");
    auto a = reader(path, prod), b = reader(path, prod);
    CHECK(sql(a, all_of_it) == "200|700000;");
    CHECK(sql(a, all_of_it) == "200|700000;");
    REQUIRE(sqlite::begin_reencryption(b).has_value());
    sql(a, "UPDATE t SET b = b + 1 WHERE a = 100");
    CHECK(pages_with_second_key(path) == 2); // page 1 and the row's
    CHECK(sql(b, all_of_it) == "201|700000;");
    REQUIRE(sqlite::reencrypt(b).has_value());
    CHECK(sql(a, all_of_it) == "201|700000;");
    CHECK(is_whole(a));
}

TEST_CASE("encrypted reads: a writer sees the new key also where only one copy of the header has it, whichever that is") {
    for (const std::size_t copy : {0u, 1u}) {
        CAPTURE(copy);
        const temporary_folder folder;
        const environment prod;
        const auto path = many_pages(folder, prod, "delete");
        write_content(folder / "b.db", content_of(path));
        auto b = open(folder / "b.db", prod);
        REQUIRE(sqlite::begin_reencryption(b).has_value());
        const auto with_two_keys = open_file(folder / "b.db");
        const auto a = reader(path, prod);
        CHECK(sql(a, all_of_it) == "200|700000;");
        const auto header = byte_view(with_two_keys).subspan(copy * envelope::header_slot_size, envelope::header_slot_size);
        write_over(path, static_cast<off_t>(copy * envelope::header_slot_size), header);
        sql(a, "UPDATE t SET b = b + 1 WHERE a = 100");
        CHECK(pages_with_second_key(path) == 2); // page 1 and the row's
        CHECK(sql(a, all_of_it) == "201|700000;");
    }
}
