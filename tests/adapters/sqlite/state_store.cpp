// SPDX-License-Identifier: Apache-2.0
// The SQLite store: the suite, foreign and damaged files, locks held by others, several processes, a full disk.
#include "store_helpers.hpp"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>

#include <sys/resource.h>
#include <sys/wait.h>

namespace {

using namespace keywright;
using namespace keywright::store_tests;

errc code_of_open(const std::string& path) {
    const auto opened = sqlite::state_store::open(path, {seconds{1}});
    REQUIRE_FALSE(opened.has_value());
    return opened.error().code;
}

struct place {
    static constexpr bool outlives_the_store = true;
    temporary_folder folder;
    sqlite::state_store open() { return open_store(folder / "state.db"); }
};

/// Only while no store is open: a second handle, once closed, drops the first one's locks.
std::string content_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {});
}
void write_content(const std::string& path, std::string_view content) {
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    file.write(content.data(), static_cast<std::streamsize>(content.size()));
    REQUIRE(file.good());
}
/// Makes a store with one record and closes it.
std::string stored_file(const temporary_folder& folder) {
    const std::string path = folder / "state.db";
    auto store = open_store(path);
    put(store, "a", "1");
    return path;
}

/// Runs `work` in a process of its own, which must not have any store open yet. True when it returned true.
pid_t start_process(const std::function<bool()>& work) {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) ::_exit(work() ? 0 : 1);
    return child;
}
bool succeeded(pid_t child) {
    int status = 0;
    return ::waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool add_one(sqlite::state_store& store, const char* key) {
    for (;;) {
        const auto found = store.load(key);
        if (!found && found.error().code != errc::not_found) return false;
        const int sum = found ? std::stoi(std::string(as_text(found->value))) : 0;
        ports::batch batch;
        batch.put(key, found ? found->version : 0, testing::detail::value_of(std::to_string(sum + 1)));
        const auto done = store.commit(batch);
        if (done) return true;
        if (!done.error().retryable()) return false;
    }
}

} // namespace

TEST_CASE("sqlite::state_store: passes the suite") { testing::state_store_suite<place>(); }

// --- opening ---

TEST_CASE("sqlite::state_store: only its owner may read a new file") {
    const temporary_folder folder;
    const auto path = stored_file(folder);
    CHECK((std::filesystem::status(path).permissions() & std::filesystem::perms::all) ==
          (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));
}

TEST_CASE("sqlite::state_store: a new file says what it is from its first bytes on") {
    const temporary_folder folder;
    const auto content = content_of(stored_file(folder));
    REQUIRE(content.size() >= 100);
    CHECK(content.substr(68, 4) == "kwst");
    CHECK(content.substr(60, 4) == std::string("\0\0\0\1", 4));
}

TEST_CASE("sqlite::state_store: refuses what is not a store, says why, and leaves it as it was") {
    const temporary_folder folder;
    const std::string path = folder / "state.db";
    errc wanted{};
    SUBCASE("garbage") {
        std::string garbage;
        for (unsigned i = 0; i < 20000; ++i) garbage.push_back(static_cast<char>(i * 2654435761u >> 13));
        write_content(path, garbage);
        wanted = errc::corrupt;
    }
    SUBCASE("two bytes") { // SQLite takes a file of one byte for an empty one
        write_content(path, "SQ");
        wanted = errc::corrupt;
    }
    SUBCASE("a header cut at 99 bytes") {
        write_content(path, content_of(stored_file(folder)).substr(0, 99));
        wanted = errc::corrupt;
    }
    SUBCASE("another program's database") {
        run(plain_connection(path), "CREATE TABLE records(key BLOB); PRAGMA application_id = 252006674;");
        wanted = errc::malformed;
    }
    SUBCASE("a database without an application id, in WAL mode, with commits in its log") {
        const auto other = plain_connection(path);
        run(other, "CREATE TABLE a(b); PRAGMA journal_mode = WAL; INSERT INTO a VALUES (1);");
        CHECK(code_of_open(path) == errc::malformed);
        run(other, "INSERT INTO a VALUES (2);");
        return;
    }
    SUBCASE("a later format version") {
        run(plain_connection(stored_file(folder)), "PRAGMA user_version = 2; PRAGMA wal_checkpoint(TRUNCATE);");
        wanted = errc::unsupported;
    }
    const auto before = content_of(path);
    CHECK(code_of_open(path) == wanted);
    CHECK((content_of(path) == before));
    CHECK_FALSE(std::filesystem::exists(path + "-wal"));
    CHECK_FALSE(std::filesystem::exists(path + "-journal"));
}

TEST_CASE("sqlite::state_store: a damaged store is corrupt, at opening or at the first use, and never invents records") {
    const temporary_folder folder;
    const std::string path = folder / "state.db";
    {
        auto store = open_store(path);
        for (int i = 0; i < 100; ++i) put(store, "key/" + std::to_string(i), std::string(500, 'v'));
    }
    const auto whole = content_of(path);
    const auto code = [&] {
        auto opened = sqlite::state_store::open(path);
        if (!opened) return opened.error().code;
        const auto page = opened->scan("", "", 1000);
        REQUIRE_FALSE(page.has_value());
        return page.error().code;
    };
    SUBCASE("cut at every page") {
        for (std::size_t size = 4096; size < whole.size(); size += 4096) {
            CAPTURE(size);
            write_content(path, whole.substr(0, size));
            CHECK(code() == errc::corrupt);
        }
    }
    SUBCASE("cut within a page") {
        for (const std::size_t size : {std::size_t{100}, std::size_t{4095}, whole.size() - 1, whole.size() - 4095}) {
            CAPTURE(size);
            write_content(path, whole.substr(0, size));
            CHECK(code() == errc::corrupt);
        }
    }
    SUBCASE("pages of the tree overwritten") {
        auto damaged = whole;
        for (std::size_t i = 4096; i < damaged.size(); ++i) damaged[i] = '\xa5';
        write_content(path, damaged);
        CHECK(code() == errc::corrupt);
    }
    SUBCASE("a table missing") {
        run(plain_connection(path), "DROP TABLE commits");
        CHECK(code() == errc::corrupt);
    }
    SUBCASE("the number of the last commit missing") {
        run(plain_connection(path), "DELETE FROM commits");
        auto store = open_store(path);
        ports::batch batch;
        batch.put_any("a", {});
        CHECK(store.commit(batch).error().code == errc::corrupt);
        CHECK(text_at(store, "a") == "<not_found>");
        CHECK(store.scrub().error().code == errc::corrupt);
    }
}

TEST_CASE("sqlite::state_store: names what is wrong with a path") {
    const temporary_folder folder;
    CHECK(code_of_open(folder / "missing/state.db") == errc::not_found);
    CHECK(code_of_open(":memory:") == errc::unsupported);
    CHECK(code_of_open("") == errc::unsupported);
    CHECK(code_of_open("file:" + (folder / "state.db")) == errc::unsupported);
    CHECK(code_of_open(folder.path()) == errc::permission_denied);
}

TEST_CASE("sqlite::state_store: a folder or a file without rights is permission_denied") {
    const temporary_folder folder;
    const auto path = stored_file(folder);
    const bool is_root = ::geteuid() == 0;
    const auto child = start_process([&] {
        namespace fs = std::filesystem;
        if (is_root) { // rights do not bind root: go on as nobody, who owns a part of the folder
            if (::chown(folder.path().c_str(), 65534, 65534) != 0 || ::chown(path.c_str(), 65534, 65534) != 0) return false;
            if (::setgid(65534) != 0 || ::setuid(65534) != 0) return false;
        }
        const auto denied = [](const std::string& file) {
            const auto opened = sqlite::state_store::open(file);
            return !opened && opened.error().code == errc::permission_denied;
        };
        fs::permissions(path, fs::perms::owner_read);
        const bool file_denied = denied(path);
        fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write);
        fs::permissions(folder.path(), fs::perms::owner_read | fs::perms::owner_exec);
        const bool folder_denied = denied(folder / "new.db");
        fs::permissions(folder.path(), fs::perms::owner_all);
        return file_denied && folder_denied && sqlite::state_store::open(path).has_value();
    });
    CHECK(succeeded(child));
}

TEST_CASE("sqlite::state_store: opens what a process left that was killed while it made the file") {
    const temporary_folder folder;
    const std::string path = folder / "state.db", killed = folder / "killed.db";
    const auto making = plain_connection(path);
    run(making, "BEGIN IMMEDIATE");
    run(making, sqlite::detail::store_schema);
    std::string first_page;
    SUBCASE("before the first page") {}
    SUBCASE("after the first page") {
        REQUIRE(sqlite3_db_cacheflush(making.handle()) == SQLITE_OK);
        const temporary_folder finished;
        first_page = content_of(stored_file(finished)).substr(0, 4096);
    }
    SUBCASE("after all pages, before the commit") { REQUIRE(sqlite3_db_cacheflush(making.handle()) == SQLITE_OK); }
    SUBCASE("within a page") {
        REQUIRE(sqlite3_db_cacheflush(making.handle()) == SQLITE_OK);
        REQUIRE(::truncate(path.c_str(), 5000) == 0);
    }
    for (const char* suffix : {"", "-journal"})
        if (std::filesystem::exists(path + suffix)) std::filesystem::copy_file(path + suffix, killed + suffix);
    if (!first_page.empty()) write_content(killed, first_page + content_of(killed).substr(4096));
    auto store = open_store(killed);
    CHECK(testing::detail::keys_of(store, "").empty());
    put(store, "a", "1");
    CHECK(testing::detail::version_at(store, "a") == 1);
}

// --- others at work ---

TEST_CASE("sqlite::state_store: a lock held by another connection is timed_out at the deadline, and nothing is changed") {
    const temporary_folder folder;
    const auto path = stored_file(folder);
    auto store = open_store(path, seconds{1});
    const auto other = plain_connection(path);
    run(other, "BEGIN IMMEDIATE");
    ports::batch batch;
    batch.put_any("a", testing::detail::value_of("2"));
    const auto begin = std::chrono::steady_clock::now();
    const auto done = store.commit(batch);
    const auto waited = std::chrono::steady_clock::now() - begin;
    REQUIRE_FALSE(done.has_value());
    CHECK(done.error().code == errc::timed_out);
    CHECK(done.error().retryable());
    CHECK(waited >= std::chrono::milliseconds(900));
    CHECK(text_at(store, "a") == "1"); // readers are not in the way of writers, nor the other way round
    run(other, "ROLLBACK");
    CHECK(store.commit(batch).has_value());
    CHECK(text_at(store, "a") == "2");
}

TEST_CASE("sqlite::state_store: opened for the first time by four processes at once, each of which adds to one sum") {
    const temporary_folder folder;
    const std::string path = folder / "state.db";
    std::vector<pid_t> children;
    for (int i = 0; i < 4; ++i)
        children.push_back(start_process([&, i] {
            auto store = sqlite::state_store::open(path, {seconds{600}});
            if (!store) return false;
            const std::string own = "own/" + std::to_string(i);
            for (int n = 0; n < 50; ++n)
                if (!add_one(*store, "sum") || !add_one(*store, own.c_str())) return false;
            return true;
        }));
    for (const auto child : children) CHECK(succeeded(child));
    auto store = open_store(path);
    CHECK(text_at(store, "sum") == "200");
    for (int i = 0; i < 4; ++i) CHECK(text_at(store, "own/" + std::to_string(i)) == "50");
    const auto sum = store.load("sum");
    REQUIRE(sum.has_value());
    CHECK(sum->version <= 400);
    put(store, "next", "");
    CHECK(testing::detail::version_at(store, "next") == 401); // every commit counted once
}

TEST_CASE("sqlite::state_store: a process killed while it commits leaves whole commits") {
    const temporary_folder folder;
    const std::string path = folder / "state.db";
    for (int round = 0; round < 10; ++round) {
        const auto child = start_process([&] {
            auto store = sqlite::state_store::open(path);
            if (store) write_pairs(*store);
            return false;
        });
        ::usleep(static_cast<useconds_t>(20000 + 7000 * round));
        ::kill(child, SIGKILL);
        int status = 0;
        REQUIRE(::waitpid(child, &status, 0) == child);
        CHECK(WIFSIGNALED(status));
        auto store = open_store(path);
        check_pair(store);
    }
}

// --- a full disk ---

TEST_CASE("sqlite::state_store: no room is storage_full, the store is as it was, and works when there is room again") {
    const temporary_folder folder;
    const auto path = stored_file(folder);
    const auto child = start_process([&] {
        ::signal(SIGXFSZ, SIG_IGN);
        auto store = sqlite::state_store::open(path);
        ports::batch large;
        large.put_any("a", bytes(200000, 7));
        large.put_any("b", bytes(200000, 7));
        rlimit room{};
        ::getrlimit(RLIMIT_FSIZE, &room);
        const auto all = room;
        room.rlim_cur = 100000;
        ::setrlimit(RLIMIT_FSIZE, &room);
        for (int i = 0; i < 3; ++i) {
            const auto done = store->commit(large);
            if (done || done.error().code != errc::storage_full) return false;
            if (text_at(*store, "a") != "1" || text_at(*store, "b") != "<not_found>") return false;
        }
        ports::batch small;
        small.put_any("c", bytes(10, 7));
        const bool small_fits = store->commit(small).has_value();
        ::setrlimit(RLIMIT_FSIZE, &all);
        return small_fits && store->commit(large).has_value() && store->load("b").has_value();
    });
    CHECK(succeeded(child));
    auto store = open_store(path);
    CHECK(text_at(store, "b").size() == 200000);
}

TEST_CASE("sqlite::errc_of: SQLite's codes, and the errno below them") {
    const struct {
        int code;
        int below;
        errc wanted;
    } rows[] = {
        {SQLITE_BUSY, 0, errc::timed_out},
        {SQLITE_BUSY_RECOVERY, 0, errc::timed_out},
        {SQLITE_LOCKED, 0, errc::unavailable},
        {SQLITE_FULL, 0, errc::storage_full},
        {SQLITE_IOERR_FSYNC, EIO, errc::io_failed},
        {SQLITE_IOERR_WRITE, EFBIG, errc::storage_full},
        {SQLITE_IOERR_WRITE, EDQUOT, errc::storage_full},
        {SQLITE_IOERR_WRITE, 0, errc::io_failed},
        {SQLITE_CORRUPT, 0, errc::corrupt},
        {SQLITE_CORRUPT_INDEX, 0, errc::corrupt},
        {SQLITE_NOTADB, 0, errc::corrupt},
        {SQLITE_READONLY, 0, errc::permission_denied},
        {SQLITE_PERM, 0, errc::permission_denied},
        {SQLITE_CANTOPEN, EACCES, errc::permission_denied},
        {SQLITE_CANTOPEN, ENOENT, errc::not_found},
        {SQLITE_CANTOPEN, EMFILE, errc::unavailable},
        {SQLITE_ERROR, 0, errc::internal},
    };
    for (const auto& row : rows) {
        CAPTURE(row.code);
        CAPTURE(row.below);
        CHECK(sqlite::errc_of(row.code, row.below) == row.wanted);
    }
}
