// SPDX-License-Identifier: Apache-2.0
// The service over real databases: what apply, return, backup, restore, copy, reset, lock and rotation do to them.
#include "world.hpp"

#include <keywright/adapters/sqlite/database_content.hpp>
#include <keywright/testing/temporary_folder.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <filesystem>
#include <thread>

using world::alice;
using world::eu;
using world::prod;
using world::test;

namespace {

using namespace keywright;
using policy::refusal;

using tenant = world::tenant_under<profiles::power_platform, sqlite::database_content>;

std::string rows_of(sqlite3* db, const std::string& sql) {
    std::string rows;
    const auto keep = [](void* to, int, char** values, char**) { return *static_cast<std::string*>(to) += values[0], 0; };
    const int code = sqlite3_exec(db, sql.c_str(), keep, &rows, nullptr);
    return code == SQLITE_OK ? rows : "code " + std::to_string(code & 0xff);
}

/// A tenant whose environments keep a database each.
struct databases {
    testing::temporary_folder folder;
    tenant t{sqlite::database_content::open(folder / "content").value()};

    std::string path(const environment_id& e) { return path_of({world::contoso, eu.region, e, t.environment(e).content, {}}); }
    std::string path_of(const ports::content_ref& ref) { return t.data.path(ref) + "/main.db"; }
    result<sqlite::database> open(const environment_id& e) { return open(e, path(e)); }
    result<sqlite::database> open(const environment_id& e, const std::string& file) {
        return sqlite::open(file, [this, e] { return t.use(e).pages(access::read_write); }, {.wait = seconds{0}});
    }
    /// What a statement gives, or why it could not be run.
    std::string sql(const environment_id& e, const std::string& text) {
        const auto db = open(e);
        return db ? rows_of(db->handle(), text) : std::string(name(db.error().code));
    }
    void fill(const environment_id& e, const char* value) {
        REQUIRE(sql(e, "CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT); INSERT INTO t(b) VALUES ('" + std::string(value) + "')").empty());
    }
    std::string value(const environment_id& e) { return sql(e, "SELECT b FROM t"); }
    std::string container(const environment_id& e, std::string_view backup) {
        return path_of({world::contoso, eu.region, e, 0, backup_id{backup}});
    }
    /// What the environment's keys, or its checksum alone, say of a backup.
    result<sqlite::backup_info> verified(const environment_id& e, const std::string& file) {
        const auto in = file::open_file(file, O_RDONLY).value();
        const auto lease = t.use(e).pages(access::read);
        return lease ? sqlite::verify_backup(sqlite::read_from(in), *lease) : pass(lease);
    }
    static bool is_whole(const std::string& file) {
        const auto in = file::open_file(file, O_RDONLY).value();
        return sqlite::verify_backup(sqlite::read_from(in)).has_value();
    }
    std::map<std::string, bytes> files() {
        std::map<std::string, bytes> all;
        for (const auto& entry : std::filesystem::recursive_directory_iterator(folder.path()))
            if (entry.is_regular_file()) all[entry.path().string()] = file::read_file(entry.path().string(), 1 << 24).value();
        return all;
    }
    void with_key_on(const environment_id& e) {
        if (t.customer_keys() == 0) tenant::must(t.upload());
        tenant::must(t.apply(e));
    }
};

} // namespace

TEST_CASE("databases: apply and return carry them over, under other keys each time, and need no help from the product") {
    databases d;
    d.fill(prod, "ada");
    const auto first = d.path(prod);
    d.with_key_on(prod);
    const auto second = d.path(prod);
    CHECK(second != first);
    CHECK(d.value(prod) == "ada");
    CHECK_FALSE(std::filesystem::exists(first)); // what is not current goes
    CHECK(d.sql(prod, "INSERT INTO t(b) VALUES ('bob')").empty());
    world::service_under<profiles::power_platform, sqlite::database_content> helpless(d.t.store, d.t.vault, d.t.clock, d.t.mail, d.t.data,
                                                                                      tenant::options());
    tenant::must(helpless.run(
        {eu, prod},
        policy::return_to_provider{.by = alice, .acknowledged = true, .confirmed = true, .confirmation = policy::typed_text("prod")}));
    CHECK(d.value(prod) == "adabob");
    CHECK(d.sql(prod, "PRAGMA integrity_check") == "ok");
    tenant::must(d.t.apply(test)); // something that a lock locks
    d.t.clock.advance(hours(72));
    tenant::must(d.t.lock());
    CHECK(d.value(prod) == "adabob"); // no key of it stayed behind the customer's
}

TEST_CASE("databases: a backup is taken while one is used, with what is in its log, and restored into its environment") {
    databases d;
    d.fill(prod, "ada");
    const auto db = d.open(prod).value();
    CHECK(rows_of(db.handle(), "PRAGMA journal_mode = wal; INSERT INTO t(b) VALUES ('bob')") == "wal");
    tenant::must(d.t.back_up(prod, "b1"));
    CHECK(rows_of(db.handle(), "DELETE FROM t; SELECT count(*) FROM t") == "0");
    tenant::must(d.t.restore(prod, "b1", prod));
    CHECK(d.value(prod) == "adabob");
    CHECK(rows_of(db.handle(), "SELECT count(*) FROM t") == "code 8"); // of the generation that is gone: to be opened again
    CHECK(rows_of(db.handle(), "INSERT INTO t(b) VALUES ('lost')") == "code 8");
    const auto again = d.open(prod).value();
    CHECK(rows_of(again.handle(), "SELECT group_concat(b) FROM t") == "ada,bob");
}

TEST_CASE("databases: backups are taken while somebody writes on and on, each of one moment") {
    for (const char* mode : {"wal", "delete"}) {
        CAPTURE(std::string(mode));
        databases d;
        d.fill(prod, "0");
        const auto writer = d.open(prod, d.path(prod)).value();
        rows_of(writer.handle(), "PRAGMA journal_mode = " + std::string(mode));
        rows_of(writer.handle(),
                "WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r WHERE i < 2000) INSERT INTO t(b) SELECT '0' FROM r");
        sqlite3_busy_timeout(writer.handle(), 600'000);
        std::atomic<bool> is_over{false}, has_failed{false};
        std::atomic<int> commits{0};
        std::string failure;
        std::thread busy([&] { // all rows say the same after each transaction
            for (; !is_over && !has_failed; sqlite3_sleep(1), ++commits) {
                failure = rows_of(writer.handle(), "UPDATE t SET b = '" + std::to_string(commits + 1) + "'");
                has_failed = !failure.empty();
            }
        });
        for (const char* name : {"b1", "b2", "b3"}) {
            CHECK(tenant::accepted(d.t.back_up(prod, name)));
            const int before = commits;
            while (commits < before + 2 && !has_failed) std::this_thread::yield();
        }
        is_over = true;
        busy.join();
        CHECK(failure == "");
        int last = -1;
        for (const char* name : {"b1", "b2", "b3"}) {
            CHECK(d.verified(prod, d.container(prod, name)));
            tenant::must(d.t.restore(prod, name, prod));
            CHECK(d.sql(prod, "SELECT count(DISTINCT b) FROM t") == "1");
            const int moment = std::stoi(d.sql(prod, "SELECT b FROM t LIMIT 1"));
            CHECK(moment > last);
            last = moment;
        }
    }
}

TEST_CASE("databases: restored or copied into another environment under the same key, they are that one's alone") {
    databases d;
    d.fill(prod, "ada");
    tenant::must(d.t.back_up(prod, "b1"));
    bool is_restore = false, has_own = false;
    SUBCASE("restore") { is_restore = true; }
    SUBCASE("copy") {}
    SUBCASE("copy over one that is there") { has_own = true; }
    SUBCASE("both on the customer's key") {
        d.with_key_on(prod);
        d.with_key_on(test);
    }
    if (has_own) d.fill(test, "eve");
    tenant::must(is_restore ? d.t.restore(prod, "b1", test) : d.t.copy(prod, test));
    CHECK(d.value(test) == "ada");
    CHECK(d.value(prod) == "ada");
    CHECK(d.open(prod, d.path(test)).error().code == errc::not_mine);
    CHECK(d.open(test, d.path(prod)).error().code == errc::not_mine);
    CHECK(d.sql(test, "DELETE FROM t").empty());
    CHECK(d.value(prod) == "ada");
}

TEST_CASE("databases: a backup or a copy does not go where another key protects, and nothing is touched") {
    databases d;
    d.fill(prod, "ada");
    d.fill(test, "eve");
    d.with_key_on(prod);
    tenant::must(d.t.back_up(prod, "b1"));
    const auto before = d.files();
    const auto restored = d.t.restore(prod, "b1", test), copied = d.t.copy(prod, test), back = d.t.copy(test, prod);
    CHECK(restored->decision().refused_by("T30", refusal::key_mismatch));
    CHECK(copied->decision().refused_by("T31", refusal::key_mismatch));
    CHECK(back->decision().refused_by("T31", refusal::key_mismatch));
    CHECK(d.files() == before);
    CHECK(d.value(test) == "eve");
}

TEST_CASE("databases: a lock ends an open connection and every backup; unlocking brings all of it back") {
    databases d;
    d.fill(prod, "ada");
    d.with_key_on(prod);
    tenant::must(d.t.back_up(prod, "b1"));
    const auto db = d.open(prod).value();
    CHECK(rows_of(db.handle(), "SELECT b FROM t") == "ada");
    const auto before = d.files();
    d.t.clock.advance(hours(72));
    tenant::must(d.t.lock());
    CHECK(rows_of(db.handle(), "SELECT b FROM t") == "code 10");
    CHECK(sqlite::last_error(db.handle())->code == errc::locked);
    CHECK(d.value(prod) == "locked");
    CHECK(d.t.restore(prod, "b1", prod)->decision().refused_by("T25", refusal::environment_locked));
    CHECK(d.t.back_up(prod, "b2")->decision().refused_by("T22", refusal::environment_locked));
    CHECK(d.verified(prod, d.container(prod, "b1")).error().code == errc::locked);
    CHECK(databases::is_whole(d.container(prod, "b1")));
    CHECK(d.files() == before); // a lock destroys keys, and touches no data
    d.t.clock.advance(hours(1));
    tenant::must(d.t.unlock());
    tenant::must(d.t.unlock(prod));
    CHECK(d.value(prod) == "ada");
    CHECK(d.sql(prod, "DELETE FROM t").empty());
    tenant::must(d.t.restore(prod, "b1", prod));
    CHECK(d.value(prod) == "ada");
}

TEST_CASE("databases: a rotation of the customer's key changes no byte of a database or a backup") {
    databases d;
    d.fill(prod, "ada");
    d.with_key_on(prod);
    tenant::must(d.t.back_up(prod, "b1"));
    const auto before = d.files();
    tenant::must(d.t.upload_second());
    d.t.clock.advance(hours(24));
    tenant::must(d.t.activate());
    CHECK(d.files() == before);
    CHECK(d.value(prod) == "ada");
    CHECK(d.verified(prod, d.container(prod, "b1")));
    tenant::must(d.t.restore(prod, "b1", prod));
    CHECK(d.value(prod) == "ada");
}

TEST_CASE("databases: a reset leaves none, and copies of the files that somebody has kept open with no key any more") {
    databases d;
    d.fill(prod, "ada");
    tenant::must(d.t.back_up(prod, "b1"));
    const auto kept = d.files();
    tenant::must(d.t.reset(prod));
    CHECK_FALSE(std::filesystem::exists(d.path(prod)));
    CHECK(d.t.restore(prod, "b1", prod)->decision().refused_by("T30", refusal::backup_deleted));
    d.fill(prod, "new");
    CHECK(d.value(prod) == "new");
    int databases_kept = 0;
    for (const auto& [path, content] : kept) {
        if (!path.ends_with("main.db")) continue;
        ++databases_kept;
        REQUIRE(file::write_file_durably(d.folder / "stolen.db", content));
        const bool is_backup = path.find("/backups/") != path.npos;
        CHECK((is_backup ? d.verified(prod, d.folder / "stolen.db").error().code : d.open(prod, d.folder / "stolen.db").error().code) ==
              errc::not_mine);
    }
    CHECK(databases_kept == 2);
}

TEST_CASE("databases: a restore that fails leaves the database as it was, and can be asked for again") {
    databases d;
    d.fill(prod, "ada");
    tenant::must(d.t.back_up(prod, "b1"));
    CHECK(d.sql(prod, "UPDATE t SET b = 'bob'").empty());
    const auto stored = d.container(prod, "b1");
    bytes content = file::read_file(stored, 1 << 24).value();
    content[8192 + 100] ^= 1;
    REQUIRE(file::write_file_durably(stored, content));
    const auto failed = d.t.restore(prod, "b1", prod);
    REQUIRE(failed);
    REQUIRE(failed->unfinished());
    CHECK(failed->unfinished()->code == errc::authentication_failed);
    CHECK(d.value(prod) == "bob");
    content[8192 + 100] ^= 1;
    REQUIRE(file::write_file_durably(stored, content));
    tenant::must(d.t.restore(prod, "b1", prod));
    CHECK(d.value(prod) == "ada");
}
