// SPDX-License-Identifier: Apache-2.0
// A new file in a database's place: who is in the way, what becomes of what is beside the old one, what a kill leaves.
#include "encrypted_helpers.hpp"

#include <keywright/adapters/sqlite/encrypted/replacement.hpp>

#include <thread>

#include <sys/wait.h>

using namespace keywright;
using namespace keywright::encrypted_tests;
using sqlite::detail::replacement;
using sqlite::detail::take_alone;
namespace fs = std::filesystem;

namespace {

const environment prod;

std::string make(const temporary_folder& folder, const std::string& mode) {
    const std::string path = folder / "a.db";
    sql(open(path, prod), "PRAGMA journal_mode = " + mode + "; CREATE TABLE t(a); INSERT INTO t VALUES ('old')");
    return path;
}
/// A whole database, as bytes.
bytes new_content(const temporary_folder& folder) {
    const std::string path = folder / "elsewhere.db";
    sql(open(path, prod), "CREATE TABLE t(a); INSERT INTO t VALUES ('new')");
    auto all = content_of(path);
    fs::remove(path);
    return all;
}
replacement begin(const std::string& path, seconds wait = seconds{0}) {
    auto made = replacement::begin(path, wait);
    REQUIRE_MESSAGE(made.has_value(), std::string(made.error().text));
    return std::move(*made);
}
void must(const result<void>& done) { REQUIRE_MESSAGE(done.has_value(), std::string(done.error().text)); }
std::string rows_in(const std::string& path) { return sql(open(path, prod), "SELECT a FROM t; PRAGMA integrity_check"); }
std::size_t files_in(const temporary_folder& folder) {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder.path()), {}));
}
/// How many of them this process has open.
int handles_of(const std::string& path) {
    int found = 0;
    for (const auto& entry : fs::directory_iterator("/proc/self/fd")) {
        std::error_code gone;
        found += fs::read_symlink(entry.path(), gone) == path;
    }
    return found;
}
fs::perms permissions_of(const std::string& path) { return fs::status(path).permissions(); }

} // namespace

TEST_CASE("take_alone: nobody else reads or writes until the connection closes, and the journal mode stays") {
    for (const char* mode : {"delete", "truncate", "persist", "wal"}) {
        CAPTURE(std::string(mode));
        const temporary_folder folder;
        const auto path = make(folder, mode);
        {
            const auto db = open(path, prod, {.wait = seconds{0}});
            must(take_alone(db.handle()));
            const auto other = open(path, prod, {.wait = seconds{0}});
            CHECK((try_sql(other.handle(), "SELECT a FROM t").code & 0xff) == SQLITE_BUSY);
            CHECK(sql(db, "SELECT a FROM t") == "old;");
        }
        CHECK(sql(open(path, prod), "PRAGMA journal_mode; SELECT a FROM t") ==
              std::string(std::string_view(mode) == "wal" ? "wal" : "delete") + ";old;");
    }
}

TEST_CASE("take_alone: whoever uses the database is in the way; with a log, whoever has it open") {
    const temporary_folder folder;
    const auto wait_for = [&](const char* mode, const char* others_do) {
        fs::remove(folder / "a.db");
        const auto path = make(folder, mode);
        const auto other = open(path, prod), db = open(path, prod, {.wait = seconds{0}});
        sql(other, others_do);
        const auto alone = take_alone(db.handle());
        CHECK(sql(other, "SELECT a FROM t") == "old;");
        return alone ? errc{} : alone.error().code;
    };
    CHECK(wait_for("delete", "BEGIN; SELECT a FROM t") == errc::timed_out);
    CHECK(wait_for("delete", "BEGIN IMMEDIATE") == errc::timed_out);
    CHECK(wait_for("wal", "SELECT a FROM t") == errc::timed_out);
}

TEST_CASE("take_alone: what a killed writer left in log or journal is in the file afterwards, or is not") {
    for (const bool is_log : {true, false}) {
        CAPTURE(is_log);
        const temporary_folder folder;
        const auto path = make(folder, is_log ? "wal" : "delete");
        const auto child = ::fork();
        REQUIRE(child >= 0);
        if (child == 0) {
            const auto db = sqlite::open(path, prod.source());
            ::_exit(try_sql(db->handle(), is_log ? "INSERT INTO t VALUES ('committed')"
                                                 : "PRAGMA cache_size = 1; BEGIN; INSERT INTO t VALUES (zeroblob(90000))")
                        .code);
        }
        int status = 0;
        REQUIRE(::waitpid(child, &status, 0) == child);
        REQUIRE(status == 0);
        const auto db = open(path, prod);
        must(take_alone(db.handle()));
        const auto alone = open_file(path);
        write_content(folder / "copy.db", alone); // without what is beside it
        CHECK(rows_in(folder / "copy.db") == (is_log ? "old;committed;ok;" : "old;ok;"));
    }
}

TEST_CASE("replacement: takes the place with all that was beside the old one gone, and is locked until it dies") {
    for (const bool has_old : {true, false}) {
        CAPTURE(has_old);
        const temporary_folder folder;
        const auto content = new_content(folder);
        const auto path = make(folder, "wal");
        {
            auto fresh = begin(path);
            CHECK(fresh.path() == path + "-new.tmp");
            must(file::write_fully_at(fresh.file(), 0, content));
            const auto old = open(path, prod);
            if (has_old) must(take_alone(old.handle()));
            if (!has_old) fs::remove(path);
            for (const char* part : {"-journal", "-wal", "-shm", "-reseal"}) write_content(path + part, bytes(5000, 'x'));
            must(fresh.into_place());
            CHECK_FALSE(fs::exists(path + "-wal"));
            const auto early = open(path, prod, {.wait = seconds{0}});
            CHECK((try_sql(early.handle(), "SELECT a FROM t").code & 0xff) == SQLITE_BUSY);
        }
        CHECK(rows_in(path) == "new;ok;");
        CHECK(files_in(folder) == 1);
    }
}

TEST_CASE("replacement: one that was not moved is gone with what SQLite made beside it, and the old one is there") {
    const temporary_folder folder;
    const auto path = make(folder, "delete");
    {
        const auto fresh = begin(path);
        for (const char* part : {"-journal", "-wal", "-shm"}) write_content(fresh.path() + part, bytes(10, 'x'));
    }
    CHECK(files_in(folder) == 1);
    CHECK(rows_in(path) == "old;ok;");
}

TEST_CASE("replacement: what a killed run left is taken over empty") {
    const temporary_folder folder;
    const auto path = make(folder, "delete");
    for (const char* part : {"", "-journal", "-wal", "-shm"}) write_content(path + "-new.tmp" + part, bytes(10, 'x'));
    const auto fresh = begin(path);
    CHECK(fs::file_size(fresh.path()) == 0);
    CHECK(files_in(folder) == 2);
}

TEST_CASE("replacement: has the permissions of the old one, 0600 where there is none, and leaves a symbolic link one") {
    const temporary_folder folder;
    const auto path = make(folder, "delete");
    fs::permissions(path, fs::perms(0640));
    fs::create_directory(folder / "links");
    fs::create_symlink(path, folder / "links/b.db");
    {
        auto fresh = begin(folder / "links/b.db");
        CHECK(fresh.path() == path + "-new.tmp");
        must(fresh.into_place());
    }
    CHECK(fs::is_symlink(folder / "links/b.db"));
    CHECK(permissions_of(path) == fs::perms(0640));
    CHECK(fs::file_size(path) == 0);
    { must(begin(folder / "none.db").into_place()); }
    CHECK(permissions_of(folder / "none.db") == fs::perms(0600));
}

TEST_CASE("replacement: a database with a second name is not replaced") {
    const temporary_folder folder;
    const auto path = make(folder, "delete");
    fs::create_hard_link(path, folder / "b.db");
    const auto refused = replacement::begin(path, seconds{0});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == errc::unsupported);
    CHECK(files_in(folder) == 2);
    fs::remove(folder / "b.db");
    CHECK(replacement::begin(path, seconds{0}));
}

TEST_CASE("replacement: two at once follow each other, and the second begins with an empty file of its own") {
    const temporary_folder folder;
    const auto content = new_content(folder);
    const auto path = make(folder, "delete");
    for (const bool is_moved : {true, false}) {
        CAPTURE(is_moved);
        std::thread second;
        {
            auto fresh = begin(path);
            const auto refused = replacement::begin(path, seconds{0});
            REQUIRE_FALSE(refused);
            CHECK(refused.error().code == errc::timed_out);
            CHECK(fs::exists(fresh.path()));
            second = std::thread([&] {
                const auto next = replacement::begin(path, seconds{600}); // waits for the lock of a file that is moved away
                CHECK(next);
                CHECK(fs::file_size(path + "-new.tmp") == 0);
            });
            while (handles_of(fresh.path()) < 2) std::this_thread::sleep_for(std::chrono::milliseconds(1)); // it waits
            must(file::write_fully_at(fresh.file(), 0, content));
            if (is_moved) must(fresh.into_place());
        }
        second.join();
        CHECK(rows_in(path) == "new;ok;");
        CHECK(files_in(folder) == 1);
    }
}
