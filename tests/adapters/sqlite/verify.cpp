// SPDX-License-Identifier: Apache-2.0
// Which pages of an encrypted database do not open.
#include "encrypted_helpers.hpp"

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
