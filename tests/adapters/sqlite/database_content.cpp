// SPDX-License-Identifier: Apache-2.0
// A content store of databases: the suite of every content store, and what only databases in use can go through.
#include <keywright/adapters/sqlite/database_content.hpp>

#include "../content_place.hpp"
#include "encrypted_helpers.hpp"

#include <keywright/adapters/sqlite/reencrypt.hpp>
#include <keywright/testing/content_store_kills.hpp>

#include <csignal>

#include <sys/wait.h>

using namespace keywright;
using namespace keywright::encrypted_tests;
using testing::detail::code_of;
using testing::detail::count_of;
using testing::detail::keys_of;
using testing::detail::lease_of;
using testing::detail::ref_of;

namespace {

/// A lease that can be had again and again, for a test that holds one.
sqlite::database open_with(const std::string& path, const keys::data_key_lease& lease) {
    auto opened = sqlite::detail::opener::open(
        path, std::make_shared<sqlite::detail::page_access>(lease, envelope::page_suite::aes256_gcm_siv), {.wait = seconds{5}});
    REQUIRE_MESSAGE(opened.has_value(), std::string(opened.error().text));
    return std::move(*opened);
}

/// Items are databases with one value in each.
struct place : testing::content_place<sqlite::database_content> {
    bytes seal(const bytes& data, const keys::data_key_lease& lease) {
        const auto path = folder / "one";
        {
            const auto db = open_with(path, lease);
            sql(db, "PRAGMA page_size = 1024; CREATE TABLE t(value BLOB)");
            sqlite3_stmt* insert = nullptr;
            REQUIRE(sqlite3_prepare_v2(db.handle(), "INSERT INTO t VALUES (?)", -1, &insert, nullptr) == SQLITE_OK);
            sqlite3_bind_blob64(insert, 1, data.empty() ? "" : reinterpret_cast<const char*>(data.data()), data.size(), SQLITE_TRANSIENT);
            CHECK(sqlite3_step(insert) == SQLITE_DONE);
            sqlite3_finalize(insert);
        }
        auto all = content_of(path);
        std::filesystem::remove(path);
        return all;
    }
    result<bytes> unseal(const bytes& item, const keys::data_key_lease& lease) {
        const auto path = folder / "one";
        write_content(path, item);
        auto db = sqlite::detail::opener::open(
            path, std::make_shared<sqlite::detail::page_access>(lease, envelope::page_suite::aes256_gcm_siv), {});
        if (!db) return pass(db);
        sqlite3_stmt* select = nullptr;
        REQUIRE(sqlite3_prepare_v2(db->handle(), "SELECT value FROM t", -1, &select, nullptr) == SQLITE_OK);
        REQUIRE(sqlite3_step(select) == SQLITE_ROW);
        const auto* data = static_cast<const std::uint8_t*>(sqlite3_column_blob(select, 0));
        bytes value(data, data + sqlite3_column_bytes(select, 0));
        sqlite3_finalize(select);
        return value;
    }
};

struct filled : place {
    sqlite::database_content store = open();
    ports::content_ref from = ref_of("prod", 1), to = ref_of("prod", 2), backup = ref_of("prod", 0, "b");
    keys::data_key_lease old_lease = lease_of("prod", 1, 1), new_lease = lease_of("prod", 2, 2);
    std::string path = path_of(from, "main.db");

    explicit filled(const std::string& mode) {
        REQUIRE(store.create(from).has_value());
        const auto db = open_with(path, old_lease);
        sql(db, "PRAGMA page_size = 1024; PRAGMA journal_mode = " + mode + "; CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT)");
        sql(db,
            "WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r WHERE i < 50) INSERT INTO t SELECT i, hex(randomblob(100)) FROM r");
    }
    /// Of the database in a generation, or of what a backup is restored to.
    std::string asked(const ports::content_ref& ref, const keys::data_key_lease& lease, const std::string& question) {
        if (!ref.backup.empty()) return of_restored(ref, question);
        const auto db = open_with(path_of(ref, "main.db"), lease);
        return is_whole(db) ? sql(db, question) : "damaged";
    }
    std::string count_in(const ports::content_ref& ref, const keys::data_key_lease& lease) {
        return asked(ref, lease, "SELECT count(*) FROM t");
    }
    [[nodiscard]] result<void> back_up(const ports::content_ref& ref) {
        return store.back_up(from, ref, keys_of("prod", 1, 1), instant{77});
    }
    /// Verified with the keys of its environment, or by its checksum alone.
    result<sqlite::backup_info> verified(const ports::content_ref& ref, const keys::data_key_lease* lease = nullptr) {
        const auto in = file::open_file(path_of(ref, "main.db"), O_RDONLY).value();
        return lease == nullptr ? sqlite::verify_backup(sqlite::read_from(in)) : sqlite::verify_backup(sqlite::read_from(in), *lease);
    }

private:
    std::uint64_t restores = 100;
    std::string of_restored(const ports::content_ref& ref, const std::string& question) {
        const auto generation = ref_of("prod", ++restores);
        REQUIRE(verified(ref));
        REQUIRE(verified(ref, &old_lease));
        REQUIRE(store.rebuild(ref, generation, old_lease, new_lease));
        return asked(generation, new_lease, question);
    }
};

/// A process that goes on until it is killed, also where a test gives up.
struct ended_at_last {
    pid_t process;
    ~ended_at_last() {
        ::kill(process, SIGKILL);
        ::waitpid(process, nullptr, 0);
    }
};

} // namespace

TEST_CASE("sqlite::database_content: passes the suite") { testing::content_store_suite<place>(); }
TEST_CASE("sqlite::database_content: passes the kills") { testing::content_store_kills<place>(); }

TEST_CASE("database_content: what was committed into a log comes along, into a new generation and into a backup") {
    filled here("wal");
    {
        const auto db = open_with(here.path, here.old_lease);
        sql(db, "PRAGMA wal_autocheckpoint = 0; DELETE FROM t WHERE a > 20"); // in the log alone, and the database in use
        REQUIRE(here.back_up(here.backup));
        REQUIRE(here.store.rebuild(here.from, here.to, here.old_lease, here.new_lease).has_value());
        CHECK(sql(db, "DELETE FROM t WHERE a > 10; SELECT count(*) FROM t") == "10;");
    }
    CHECK(here.count_in(here.to, here.new_lease) == "20;");
    CHECK(here.count_in(here.backup, here.old_lease) == "20;");
}

TEST_CASE("database_content: a backup is a container: whole without keys, genuine with its environment's, closed by a lock and to others") {
    filled here("wal");
    REQUIRE(here.back_up(here.backup));
    const auto info = here.verified(here.backup);
    REQUIRE(info);
    CHECK(info->taken == instant{77});
    CHECK(info->environment == environment_id("prod"));
    CHECK(here.verified(here.backup, &here.old_lease));
    const auto locked = lease_of("prod", 1, 1, std::make_shared<keys::epoch_watch>(2)), other_key = lease_of("prod", 3, 1);
    const auto others = lease_of("test", 1, 1);
    const auto refused = [&](const keys::data_key_lease& lease) {
        const auto code = code_of(here.verified(here.backup, &lease));
        CHECK(code_of(here.store.rebuild(here.backup, here.to, lease, here.new_lease)) == code);
        return code;
    };
    CHECK(refused(locked) == errc::locked);
    CHECK(refused(here.new_lease) == errc::not_mine);
    CHECK(refused(other_key) == errc::authentication_failed);
    CHECK(refused(others) == errc::not_mine);
    const auto locked_keys = [] { return result<keys::data_key_lease>(lease_of("prod", 1, 1, std::make_shared<keys::epoch_watch>(2))); };
    CHECK(code_of(here.store.back_up(here.from, ref_of("prod", 0, "c"), locked_keys, {})) == errc::locked);
    bytes content = *here.get(here.backup, "main.db");
    content[content.size() / 2] ^= 1;
    here.put(here.backup, "main.db", content);
    CHECK(code_of(here.verified(here.backup)) == errc::corrupt);
    CHECK(code_of(here.store.rebuild(here.backup, here.to, here.old_lease, here.new_lease)) == errc::authentication_failed);
    here.put(here.backup, "main.db", *here.get(here.from, "main.db")); // as good a database as there is, and no backup
    CHECK(code_of(here.store.rebuild(here.backup, here.to, here.old_lease, here.new_lease)) == errc::corrupt);
    CHECK(count_of(here.store, here.to) == 0);
    CHECK(count_of(here.store, ref_of("prod", 0, "c")) == 0);
}

TEST_CASE("database_content: a backup lets go of everything, so that others write on and end their log") {
    for (const char* mode : {"delete", "wal"}) {
        CAPTURE(std::string(mode));
        filled here(mode);
        const auto db = open_with(here.path, here.old_lease);
        CHECK(sql(db, "SELECT count(*) FROM t") == "50;");
        REQUIRE(here.back_up(here.backup));
        CHECK(sql(db, "DELETE FROM t WHERE a > 40; SELECT count(*) FROM t") == "40;");
        sql(db, "PRAGMA wal_checkpoint(TRUNCATE)");
        CHECK(std::filesystem::exists(here.path + "-shm") == (std::string_view(mode) == "wal"));
        CHECK(here.count_in(here.backup, here.old_lease) == "50;");
    }
}

TEST_CASE("database_content: a killed writer's journal or log is played back in a copy as in what it is a copy of") {
    bool is_log = false;
    SUBCASE("log") { is_log = true; }
    SUBCASE("journal") {}
    filled here(is_log ? "wal" : "delete");
    const auto child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        const auto db = open_with(here.path, here.old_lease);
        const auto done = try_sql(db.handle(), is_log ? "DELETE FROM t WHERE a > 20"
                                                      : "PRAGMA cache_size = 2; BEGIN; UPDATE t SET b = hex(zeroblob(200))");
        ::_exit(done.code);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(status == 0);
    REQUIRE(std::filesystem::file_size(here.path + (is_log ? "-wal" : "-journal")) > 1000);
    REQUIRE(here.back_up(here.backup));
    REQUIRE(here.store.rebuild(here.from, here.to, here.old_lease, here.new_lease).has_value());
    for (const auto& [ref, lease] : {std::pair{here.backup, &here.old_lease}, {here.to, &here.new_lease}}) {
        CHECK(here.count_in(ref, *lease) == (is_log ? "20;" : "50;"));
        CHECK(here.asked(ref, *lease, "SELECT count(*) FROM t WHERE b NOT LIKE '%0000000000000000%'") == (is_log ? "20;" : "50;"));
    }
}

// Each transaction gives all rows one number, so that a copy with two numbers is none of one moment.
TEST_CASE("database_content: every backup and every new generation is of one moment while another process writes on and on") {
    for (const char* mode : {"delete", "wal"}) {
        CAPTURE(std::string(mode));
        filled here(mode);
        CHECK(sql(open_with(here.path, here.old_lease), "INSERT INTO t(b) SELECT x.b FROM t AS x, t AS y; UPDATE t SET b = ''").empty());
        const auto child = ::fork();
        REQUIRE(child >= 0);
        if (child == 0) {
            const auto db = open_with(here.path, here.old_lease);
            sqlite3_busy_timeout(db.handle(), 5000);
            try_sql(db.handle(), "PRAGMA cache_size = 2; PRAGMA synchronous = OFF; PRAGMA wal_autocheckpoint = 20");
            for (int n = 0;; ++n, sqlite3_sleep(1)) try_sql(db.handle(), "UPDATE t SET b = printf('%0200d', " + std::to_string(n) + ")");
        }
        const ended_at_last writer{child};
        constexpr const char* moments = "SELECT count(DISTINCT b) FROM t";
        for (std::uint64_t turn = 10; turn < 14; ++turn) {
            const auto backup = ref_of("prod", 0, "b" + std::to_string(turn));
            const auto copied = here.back_up(backup);
            REQUIRE_MESSAGE(copied.has_value(), std::string(copied.error().text));
            CHECK(here.asked(backup, here.old_lease, moments) == "1;");
            const auto built = here.store.rebuild(here.from, ref_of("prod", turn), here.old_lease, here.new_lease);
            REQUIRE_MESSAGE(built.has_value(), std::string(built.error().text));
            CHECK(here.asked(ref_of("prod", turn), here.new_lease, moments) == "1;");
        }
    }
}

TEST_CASE("database_content: a database that is being given another key is backed up with both, and carried over under a third") {
    filled here("wal");
    {
        auto db = open_with(here.path, here.old_lease);
        REQUIRE(sqlite::reencrypt(db, {.pages_per_step = 3, .on_progress = [](const auto&) { return false; }}));
    }
    CHECK(std::filesystem::exists(here.path + "-reseal"));
    REQUIRE(here.back_up(here.backup));
    REQUIRE(here.store.rebuild(here.from, here.to, here.old_lease, here.new_lease).has_value());
    CHECK(here.count_in(here.backup, here.old_lease) == "50;");
    CHECK(here.count_in(here.to, here.new_lease) == "50;");
    CHECK_FALSE(std::filesystem::exists(here.path_of(here.to, "main.db-reseal")));
}

TEST_CASE("database_content: the engine that is asked for opens and seals what is rebuilt, backed up and restored") {
    place at;
    const environment prod;
    const auto lease = prod.source()().value();
    auto store = sqlite::database_content::open(at.folder / "content", {.engine = own_pages}).value();
    auto by_botan = at.open();
    const auto first = ref_of("prod", 1), second = ref_of("prod", 2), third = ref_of("prod", 3), backup = ref_of("prod", 0, "b");
    const ports::content_keys keys = prod.source();
    REQUIRE(store.create(first).has_value());
    sql(open(at.path_of(first, "a.db"), prod, {.engine = own_pages}), "CREATE TABLE t(a); INSERT INTO t VALUES (1)");
    CHECK(code_of(by_botan.rebuild(first, second, lease, lease)) == errc::authentication_failed);
    CHECK(code_of(by_botan.back_up(first, backup, keys, {})) == errc::authentication_failed);
    REQUIRE(store.rebuild(first, second, lease, lease).has_value());
    REQUIRE(store.back_up(second, backup, keys, {}).has_value());
    CHECK(code_of(by_botan.rebuild(backup, third, lease, lease)) == errc::authentication_failed);
    REQUIRE(store.rebuild(backup, third, lease, lease).has_value());
    CHECK(sql(open(at.path_of(third, "a.db"), prod, {.engine = own_pages}), "SELECT a FROM t; PRAGMA integrity_check") == "1;ok;");
}

TEST_CASE("database_content: what a killed restore or conversion of one database left beside it is no content") {
    filled here("wal");
    for (const char* part : {"-new.tmp", "-new.tmp-journal"}) write_content(here.path + part, bytes(600, 1));
    REQUIRE(here.store.rebuild(here.from, here.to, here.old_lease, here.new_lease).has_value());
    REQUIRE(here.back_up(here.backup));
    for (const auto& ref : {here.to, here.backup}) CHECK_FALSE(std::filesystem::exists(here.path_of(ref, "main.db-new.tmp")));
    CHECK(here.count_in(here.to, here.new_lease) == "50;");
}

TEST_CASE("database_content: generations share no key and no byte, and a file of another kind is corrupt") {
    filled here("delete");
    REQUIRE(here.store.rebuild(here.from, here.to, here.old_lease, here.new_lease).has_value());
    const bytes old = *here.get(here.from, "main.db"), fresh = *here.get(here.to, "main.db");
    REQUIRE(old.size() == fresh.size());
    CHECK_FALSE(std::equal(old.begin() + 32, old.begin() + 48, fresh.begin() + 32));
    for (std::size_t page = 8192; page < old.size(); page += 1024)
        CHECK_FALSE(std::equal(old.begin() + static_cast<std::ptrdiff_t>(page), old.begin() + static_cast<std::ptrdiff_t>(page) + 16,
                               fresh.begin() + static_cast<std::ptrdiff_t>(page)));
    SUBCASE("a text") { here.put(here.from, "notes.txt", as_bytes("nothing")); }
    SUBCASE("a journal without its database") { here.put(here.from, "other.db-journal", bytes(600, 1)); }
    CHECK(code_of(here.store.rebuild(here.from, ref_of("prod", 3), here.old_lease, here.new_lease)) == errc::corrupt);
    CHECK(count_of(here.store, ref_of("prod", 3)) == 0);
}
