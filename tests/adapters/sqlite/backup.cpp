// SPDX-License-Identifier: Apache-2.0
// Backups of real databases: taken in every journal mode while others read and write, restored over what is there.
#include <keywright/adapters/sqlite/backup.hpp>

#include "../../envelope/backup_streams.hpp"
#include "encrypted_helpers.hpp"

#include <keywright/adapters/sqlite/reencrypt.hpp>

#include <atomic>
#include <sys/wait.h>
#include <thread>

using namespace keywright;
using namespace keywright::encrypted_tests;
using namespace keywright::backup_tests;

namespace {

constexpr instant noon{1'800'000'000};

keys::data_key_lease lease_of(const environment& e) { return e.source()().value(); }

/// Takes all, and keeps nothing.
result<void> nowhere(byte_view) { return {}; }

bytes backup_of(const std::string& path, const environment& e, seconds wait = seconds{0}) {
    bytes all;
    const auto info = sqlite::write_backup(path, e.source(), into(all), {.taken = noon, .wait = wait});
    REQUIRE_MESSAGE(info.has_value(), std::string(info.error().text));
    CHECK(info->size() == all.size());
    return all;
}
result<sqlite::backup_info> restore(const bytes& backup, const std::string& path, const environment& from, const environment& to) {
    return sqlite::restore_backup(out_of(backup), path, {lease_of(from), lease_of(to)}, {.wait = seconds{0}});
}
template <class Result>
errc code_of(const Result& r) {
    REQUIRE_FALSE(r.has_value());
    return r.error().code;
}

void fill(const sqlite::database& db, const std::string& mode) {
    sql(db,
        "PRAGMA page_size = 1024; PRAGMA journal_mode = " + mode +
            "; CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT); WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r WHERE i < 100)"
            " INSERT INTO t SELECT i, 'CLEARTEXT' || hex(randomblob(100)) FROM r");
}
std::string sum(const sqlite::database& db) { return sql(db, "SELECT count(*), sum(a), max(length(b)) FROM t"); }

/// What a process leaves that runs this and is killed.
void run_and_die(const std::string& path, const environment& e, const std::string& text) {
    const auto child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        const auto db = sqlite::open(path, e.source());
        ::_exit(db && try_sql(db->handle(), text).code == SQLITE_OK ? 0 : 1);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(status == 0);
}

const environment prod("prod", 7), other("test", 9);

} // namespace

TEST_CASE("backup: restored, a database has what it had when the backup was taken, whatever its journal mode") {
    temporary_folder folder;
    const auto path = folder / "a b?.db";
    for (const char* mode : {"delete", "truncate", "persist", "wal"}) {
        CAPTURE(std::string(mode));
        std::filesystem::remove(path);
        auto db = open(path, prod);
        fill(db, mode);
        const auto before = sum(db);
        const bytes backup = backup_of(path, prod); // while it is open
        CHECK_FALSE(holds(backup, "CLEARTEXT"));
        CHECK(sql(db, "DELETE FROM t WHERE a > 10; SELECT count(*) FROM t") == "10;");
        { const auto gone = std::move(db); }
        const auto info = restore(backup, path, prod, prod);
        REQUIRE_MESSAGE(info.has_value(), std::string(info.error().text));
        CHECK(info->environment == environment_id{"prod"});
        CHECK(info->key == "prod.page.1");
        CHECK(info->taken == noon);
        CHECK(info->page_size == 1024);
        const auto again = open(path, prod);
        CHECK(sum(again) == before);
        CHECK(is_whole(again));
        CHECK(sql(again, "DELETE FROM t WHERE a = 1; SELECT count(*) FROM t") == "99;");
    }
}

TEST_CASE("backup: what was committed into the log is in it, while others read, write and go on") {
    temporary_folder folder;
    const auto path = folder / "a.db";
    const auto db = open(path, prod), writer = open(path, prod);
    fill(db, "wal");
    bytes backup;
    int pieces = 0;
    const auto sink = [&](byte_view data) -> result<void> {
        if (++pieces == 4) { // in the middle: a writer and a reader, and a checkpoint
            CHECK(sql(writer, "INSERT INTO t SELECT a + 1000, b FROM t; SELECT count(*) FROM t") == "200;");
            sql(writer, "PRAGMA wal_checkpoint(PASSIVE)");
            CHECK(sql(db, "SELECT count(*) FROM t") == "200;");
        }
        append(backup, data);
        return {};
    };
    REQUIRE(sqlite::write_backup(path, prod.source(), sink));
    CHECK(sql(writer, "PRAGMA wal_checkpoint(TRUNCATE)") == "0|0|0;"); // it has let go
    REQUIRE(restore(backup, folder / "b.db", prod, prod));
    const auto then = open(folder / "b.db", prod);
    CHECK(sql(then, "SELECT count(*) FROM t") == "100;");
    CHECK(is_whole(then));
}

TEST_CASE("backup: somebody who writes into the log on and on, hardly ever without a transaction, is no obstacle") {
    temporary_folder folder;
    const auto path = folder / "a.db";
    auto writer = open(path, prod);
    fill(writer, "wal");
    // Each of its transactions is shorter than a checkpoint, so that one always comes in between.
    sql(writer, "PRAGMA synchronous = off; PRAGMA wal_autocheckpoint = 0");
    std::atomic<bool> is_over{false};
    std::thread busy([&] {
        while (!is_over) {
            sql(writer, "BEGIN IMMEDIATE; UPDATE t SET b = hex(randomblob(100))");
            sqlite3_sleep(5);
            sql(writer, "COMMIT");
        }
    });
    for (int i = 0; i < 3; ++i) {
        const auto written = sqlite::write_backup(path, prod.source(), nowhere);
        CHECK_MESSAGE(written.has_value(), std::string(written ? "" : written.error().text));
    }
    is_over = true;
    busy.join();
}

TEST_CASE("backup: a transaction that is not committed is not in it; one that keeps others out is told of") {
    temporary_folder folder;
    const auto path = folder / "a.db";
    auto db = open(path, prod);
    SUBCASE("in the log") {
        fill(db, "wal");
        sql(db, "PRAGMA cache_size = 2; BEGIN; UPDATE t SET b = 'x'");
        const bytes backup = backup_of(path, prod);
        sql(db, "COMMIT");
        REQUIRE(restore(backup, folder / "b.db", prod, prod));
        CHECK(sql(open(folder / "b.db", prod), "SELECT count(*) FROM t WHERE b = 'x'") == "0;");
    }
    SUBCASE("in the file, spilled") {
        fill(db, "delete");
        sql(db, "PRAGMA cache_size = 2; BEGIN; UPDATE t SET b = hex(zeroblob(100))");
        CHECK(code_of(sqlite::write_backup(path, prod.source(), nowhere, {.wait = seconds{0}})) == errc::timed_out);
    }
    SUBCASE("in the journal, not yet in the file") {
        fill(db, "delete");
        sql(db, "BEGIN; UPDATE t SET b = 'x' WHERE a = 1");
        const bytes backup = backup_of(path, prod);
        REQUIRE(restore(backup, folder / "b.db", prod, prod));
        CHECK(sql(open(folder / "b.db", prod), "SELECT count(*) FROM t WHERE b = 'x'") == "0;");
    }
}

TEST_CASE("backup: a reader of an older state keeps the log from being written back; pages are taken from the log then") {
    temporary_folder folder;
    const auto path = folder / "a.db";
    const auto db = open(path, prod);
    fill(db, "wal");
    const auto old = open(path, prod);
    sql(old, "BEGIN; SELECT * FROM t");
    sql(db, "UPDATE t SET b = 'x' WHERE a = 7");
    SUBCASE("as it is") {}
    SUBCASE("longer than the file, and a page more than once") {
        sql(db, "INSERT INTO t SELECT a + 1000, b FROM t; UPDATE t SET b = 'y' WHERE a > 1000");
    }
    SUBCASE("shorter than the file") { sql(db, "DELETE FROM t WHERE a > 10; VACUUM"); }
    SUBCASE("while a page is written that is not committed") { sql(db, "PRAGMA cache_size = 2; BEGIN; UPDATE t SET b = 'not yet'"); }
    SUBCASE("with pages of two keys") {
        auto other_one = open(path, prod);
        REQUIRE(sqlite::begin_reencryption(other_one, seconds{1}));
        sql(db, "UPDATE t SET b = 'z' WHERE a = 8");
    }
    const std::string expected = sum(open(path, prod));
    const bytes backup = backup_of(path, prod);
    CHECK(sqlite::verify_backup(out_of(backup), lease_of(prod)));
    CHECK(sql(old, "SELECT count(*) FROM t WHERE b = 'x'; ROLLBACK") == "0;"); // it was not disturbed
    REQUIRE(restore(backup, folder / "b.db", prod, prod));
    const auto then = open(folder / "b.db", prod);
    CHECK(sum(then) == expected);
    CHECK(is_whole(then));
    (void)try_sql(db.handle(), "COMMIT");
    CHECK(sql(db, "PRAGMA wal_checkpoint(TRUNCATE)") == "0|0|0;"); // nothing is held any more
}

TEST_CASE("backup: while its pages are taken from a log nobody gets a checkpoint or a new key into the file, and all may write") {
    temporary_folder folder;
    const auto path = folder / "a.db";
    const auto db = open(path, prod);
    auto rekeyed = open(path, prod);
    fill(db, "wal");
    const auto old = open(path, prod);
    sql(old, "BEGIN; SELECT * FROM t");
    sql(db, "UPDATE t SET b = 'x' WHERE a = 7");
    const std::string expected = sum(db);
    bytes backup;
    bool is_first = true;
    const auto sink = [&](byte_view data) -> result<void> {
        if (std::exchange(is_first, false)) {
            sql(old, "ROLLBACK");
            sql(db, "UPDATE t SET b = 'later'");
            sql(db, "PRAGMA wal_checkpoint(PASSIVE)");
            CHECK(code_of(sqlite::begin_reencryption(rekeyed, seconds{0})) == errc::timed_out);
        }
        append(backup, data);
        return {};
    };
    REQUIRE(sqlite::write_backup(path, prod.source(), sink));
    REQUIRE(restore(backup, folder / "b.db", prod, prod));
    CHECK(sum(open(folder / "b.db", prod)) == expected);
    REQUIRE(sqlite::begin_reencryption(rekeyed, seconds{0}));
}

TEST_CASE("backup: what a killed writer left is played back before, log or journal") {
    temporary_folder folder;
    const auto path = folder / "a.db";
    bool is_log = false;
    SUBCASE("log") { is_log = true; }
    SUBCASE("journal") {}
    fill(open(path, prod), is_log ? "wal" : "delete");
    run_and_die(path, prod, is_log ? "UPDATE t SET b = 'x'" : "PRAGMA cache_size = 2; BEGIN; UPDATE t SET b = hex(zeroblob(100))");
    REQUIRE(std::filesystem::file_size(path + (is_log ? "-wal" : "-journal")) > 1000);
    const bytes backup = backup_of(path, prod);
    REQUIRE(restore(backup, folder / "b.db", prod, prod));
    const auto db = open(folder / "b.db", prod);
    CHECK(sql(db, "SELECT count(*) FROM t WHERE b LIKE 'CLEAR%'") == (is_log ? "0;" : "100;"));
    CHECK(is_whole(db));
}

TEST_CASE("backup: taken while the file is given another key it is under that one, and is checked and restored as any other") {
    temporary_folder folder;
    const auto path = folder / "a.db";
    for (const char* mode : {"delete", "wal"}) {
        CAPTURE(std::string(mode));
        std::filesystem::remove(path);
        auto db = open(path, prod);
        fill(db, mode);
        sql(db, "PRAGMA wal_checkpoint(TRUNCATE)"); // else each page would be written anew from the log
        const auto before = sum(db);
        int steps = 0;
        const auto twice = [&](const sqlite::reencryption_progress&) { return ++steps < 2; };
        REQUIRE(sqlite::reencrypt(db, {.pages_per_step = 5, .on_progress = twice}));
        const bytes backup = backup_of(path, prod);
        const bytes file = content_of(path);
        CHECK(file[8192 + 1024 - 4] != file[file.size() - 4]); // sealed with the new key, and with the old
        CHECK(backup[8192 + 1024 - 4] == file[8192 + 1024 - 4]);
        CHECK(backup[backup.size() - 64 - 4] == backup[8192 + 1024 - 4]);
        CHECK(sqlite::verify_backup(out_of(backup), lease_of(prod)));
        REQUIRE(restore(backup, folder / "b.db", prod, other));
        CHECK(sum(open(folder / "b.db", other)) == before);
        std::filesystem::remove(folder / "b.db");
        REQUIRE(sqlite::reencrypt(db));
        const bytes after = backup_of(path, prod);
        CHECK(sqlite::verify_backup(out_of(after), lease_of(prod)));
    }
}

// --- whose it is ---

TEST_CASE("backup: the engine that is asked for opens the pages, seals those of a restored file, and of one with a new key") {
    temporary_folder folder;
    const auto path = folder / "a.db", restored = folder / "b.db";
    {
        auto db = open(path, prod, {.engine = own_pages});
        fill(db, "wal");
        REQUIRE(sqlite::reencrypt(db).has_value());
        REQUIRE(sqlite::begin_reencryption(db).has_value());
        CHECK(sum(db).rfind("100|", 0) == 0);
    }
    bytes all;
    CHECK(code_of(sqlite::write_backup(path, prod.source(), into(all))) == errc::authentication_failed);
    all.clear();
    REQUIRE(sqlite::write_backup(path, prod.source(), into(all), {.engine = own_pages}).has_value());
    CHECK(code_of(sqlite::verify_backup(out_of(all), lease_of(prod))) == errc::authentication_failed);
    CHECK(sqlite::verify_backup(out_of(all), lease_of(prod), own_pages).has_value());
    CHECK(sqlite::restore_backup(out_of(all), restored, {lease_of(prod), lease_of(prod)}, {.engine = own_pages}).has_value());
    CHECK(sum(open(restored, prod, {.engine = own_pages})).rfind("100|", 0) == 0);
    // What it replaces is looked at by the same one.
    const auto before = content_of(restored);
    CHECK(code_of(sqlite::restore_backup(out_of(all), restored, {lease_of(prod), lease_of(prod)})) == errc::authentication_failed);
    CHECK(content_of(restored) == before);
    CHECK(sqlite::restore_backup(out_of(all), restored, {lease_of(prod), lease_of(prod)}, {.engine = own_pages}).has_value());
    CHECK(sum(open(restored, prod, {.engine = own_pages})).rfind("100|", 0) == 0);
}

TEST_CASE("backup: another environment's keys, another customer's, and a lock's are told apart, and touch nothing") {
    temporary_folder folder;
    const auto path = folder / "a.db";
    fill(open(path, prod), "delete");
    const bytes backup = backup_of(path, prod), file = content_of(path);
    const auto verify = [&](const environment& e) { return sqlite::verify_backup(out_of(backup), lease_of(e)); };
    CHECK(verify(prod)->pages == (file.size() - 8192) / 1024);
    CHECK(code_of(verify(other)) == errc::not_mine);
    CHECK(code_of(verify(environment("prod", 8))) == errc::authentication_failed); // of another customer, by the same name
    std::vector<keys::leased_key> newer;
    newer.push_back({{environment_id{"prod"}, keys::data_purpose::page, 2}, secret_bytes(byte_view(bytes(32, 7))), true, 10});
    const auto after_reset = keys::data_key_lease::grant(std::make_shared<keys::epoch_watch>(1), 1, std::move(newer)).value();
    CHECK(code_of(sqlite::verify_backup(out_of(backup), after_reset)) == errc::not_mine);
    CHECK(code_of(sqlite::restore_backup(out_of(backup), path, {after_reset, after_reset})) == errc::not_mine);
    CHECK(code_of(restore(backup, path, other, prod)) == errc::not_mine);

    const environment locked("prod", 7);
    const auto held = lease_of(locked);
    locked.lock();
    CHECK(code_of(sqlite::verify_backup(out_of(backup), held)) == errc::locked);
    CHECK(code_of(sqlite::restore_backup(out_of(backup), path, {held, held})) == errc::locked);
    CHECK(code_of(sqlite::write_backup(path, locked.source(), nowhere)) == errc::locked);
    CHECK(content_of(path) == file);
    CHECK(sqlite::inspect_backup(out_of(backup))->key == "prod.page.1"); // says what it is to whoever has no key
    CHECK(sqlite::verify_backup(out_of(backup))->environment == environment_id{"prod"});
}

TEST_CASE("backup: a lock in the middle ends the writing, the checking and the restoring of one") {
    temporary_folder folder;
    const auto path = folder / "a.db";
    fill(open(path, prod), "delete");
    const bytes backup = backup_of(path, prod), file = content_of(path);
    const environment e("prod", 7);
    const auto locking = [&](const sqlite::byte_source& source) -> sqlite::byte_source {
        return [&e, source, pieces = 0](byte_span room) mutable {
            if (++pieces == 20) e.lock();
            return source(room);
        };
    };
    SUBCASE("writing") {
        bytes part;
        const auto sink = [&, pieces = 0](byte_view data) mutable -> result<void> {
            if (++pieces == 5) e.lock();
            return append(part, data), result<void>{};
        };
        CHECK(code_of(sqlite::write_backup(path, e.source(), sink)) == errc::locked);
        CHECK(code_of(sqlite::verify_backup(out_of(part))) == errc::corrupt); // cut short
    }
    SUBCASE("checking") { CHECK(code_of(sqlite::verify_backup(locking(out_of(backup)), lease_of(e))) == errc::locked); }
    SUBCASE("restoring") {
        const auto lease = lease_of(e);
        CHECK(code_of(sqlite::restore_backup(locking(out_of(backup)), path, {lease, lease})) == errc::locked);
        CHECK(content_of(path) == file);
        CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 1);
    }
}

TEST_CASE("backup: a damaged page is noticed when the backup is taken, not when it is needed") {
    temporary_folder folder;
    const auto path = folder / "a.db";
    fill(open(path, prod), "delete");
    bytes file = content_of(path);
    file[8192 + 3 * 1024 + 17] ^= 1;
    write_content(path, file);
    CHECK(code_of(sqlite::write_backup(path, prod.source(), nowhere)) == errc::authentication_failed);
    file[8192 + 3 * 1024 + 17] ^= 1;
    file.resize(file.size() - 1024);
    write_content(path, file);
    CHECK(code_of(sqlite::write_backup(path, prod.source(), nowhere)) == errc::corrupt);
    write_content(path, {});
    CHECK(code_of(sqlite::write_backup(path, prod.source(), nowhere)) == errc::corrupt);
    std::filesystem::remove(path);
    CHECK(code_of(sqlite::write_backup(path, prod.source(), nowhere)) == errc::not_found);
    CHECK_FALSE(std::filesystem::exists(path));
}

// --- restoring ---

TEST_CASE("restore_backup: into another environment, it is that one's and shares no key with where it came from") {
    temporary_folder folder;
    const auto path = folder / "a.db", there = folder / "b.db";
    fill(open(path, prod), "wal");
    const bytes backup = backup_of(path, prod);
    REQUIRE(restore(backup, there, prod, other));
    CHECK(is_whole(open(there, other)));
    CHECK(code_of_open(there, prod) == errc::not_mine);
    const bytes mine = content_of(path), theirs = content_of(there);
    REQUIRE(mine.size() == theirs.size());
    CHECK_FALSE(std::equal(mine.begin() + 32, mine.begin() + 48, theirs.begin() + 32)); // the file's identity
    for (std::size_t at = 8192; at < mine.size(); at += 1024)
        CHECK_FALSE(std::equal(mine.begin() + static_cast<std::ptrdiff_t>(at), mine.begin() + static_cast<std::ptrdiff_t>(at) + 1024,
                               theirs.begin() + static_cast<std::ptrdiff_t>(at)));
}

TEST_CASE("restore_backup: whoever has the database open is in the way, or is refused from then on") {
    temporary_folder folder;
    const auto path = folder / "a.db";
    auto db = open(path, prod);
    fill(db, "delete");
    const bytes backup = backup_of(path, prod);
    SUBCASE("a reader") {
        sql(db, "BEGIN; SELECT * FROM t");
        CHECK(code_of(restore(backup, path, prod, prod)) == errc::timed_out);
        sql(db, "COMMIT; DELETE FROM t");
    }
    SUBCASE("a writer") {
        sql(db, "BEGIN IMMEDIATE; DELETE FROM t");
        CHECK(code_of(restore(backup, path, prod, prod)) == errc::timed_out);
        sql(db, "COMMIT");
    }
    SUBCASE("with a log, whoever has it open") {
        sql(db, "PRAGMA journal_mode = wal; DELETE FROM t");
        CHECK(code_of(restore(backup, path, prod, prod)) == errc::timed_out);
        CHECK(sql(db, "SELECT count(*) FROM t") == "0;");
    }
    SUBCASE("one that does nothing") {
        CHECK(sql(db, "SELECT count(*) FROM t") == "100;");
        REQUIRE(restore(backup, path, prod, prod));
        sqlite3_sleep(2); // who only reads is told a millisecond later
        CHECK(try_sql(db.handle(), "SELECT count(*) FROM t").code == SQLITE_READONLY_DBMOVED);
        CHECK(try_sql(db.handle(), "DELETE FROM t").code == SQLITE_READONLY_DBMOVED);
        CHECK(std::string_view(sqlite::last_error(db.handle())->text).find("open it again") != std::string_view::npos);
    }
    { const auto closed = std::move(db); }
    REQUIRE(restore(backup, path, prod, prod));
    CHECK(sql(open(path, prod), "SELECT count(*) FROM t") == "100;");
}

TEST_CASE("backup: a connection to a file that was moved away writes nothing more and reads a millisecond later nothing more, log or not") {
    temporary_folder folder;
    const auto path = folder / "a.db";
    for (const char* mode : {"delete", "wal"})
        for (const bool writes : {true, false}) {
            CAPTURE(std::string(mode));
            CAPTURE(writes);
            const auto db = open(path, prod);
            fill(db, mode);
            sql(db, "BEGIN; SELECT count(*) FROM t");
            std::filesystem::rename(path, folder / (std::string(mode) + (writes ? "1" : "2")));
            CHECK(sql(db, "SELECT count(*) FROM t; COMMIT") == "100;"); // what has begun ends as it should
            if (!writes) sqlite3_sleep(2);
            for (const char* text : {"DELETE FROM t", "SELECT count(*) FROM t", "DELETE FROM t"}) {
                if (!writes && *text == 'D') continue;
                CHECK(try_sql(db.handle(), text).code == SQLITE_READONLY_DBMOVED);
            }
        }
}

TEST_CASE("restore_backup: what does not open with the target's keys is not replaced") {
    temporary_folder folder;
    const auto path = folder / "a.db", there = folder / "b.db";
    fill(open(path, prod), "delete");
    const bytes backup = backup_of(path, prod);
    SUBCASE("another environment's database") { fill(open(there, other), "delete"); }
    SUBCASE("a damaged one") { write_content(there, bytes(20'000, 1)); }
    SUBCASE("one in the clear") {
        sqlite3* clear = nullptr;
        REQUIRE(sqlite3_open(there.c_str(), &clear) == SQLITE_OK);
        REQUIRE(sqlite3_exec(clear, "CREATE TABLE t(x)", nullptr, nullptr, nullptr) == SQLITE_OK);
        sqlite3_close(clear);
    }
    const bytes before = content_of(there);
    CHECK(code_of(restore(backup, there, prod, prod)) == errc::already_exists);
    CHECK(content_of(there) == before);
    std::filesystem::rename(there, folder / "aside");
    REQUIRE(restore(backup, there, prod, prod));
    CHECK(is_whole(open(there, prod)));
}

TEST_CASE("restore_backup: what a killed writer left beside the old database is not played back into the new one") {
    temporary_folder folder;
    const auto path = folder / "a.db", kept = folder / "kept.db";
    bool is_log = false, is_gone = false;
    SUBCASE("a log") { is_log = true; }
    SUBCASE("a journal") {}
    SUBCASE("a log of a database that is gone") { is_log = is_gone = true; }
    SUBCASE("a journal of a database that is gone") { is_gone = true; }
    fill(open(path, prod), is_log ? "wal" : "delete");
    const bytes backup = backup_of(path, prod);
    run_and_die(path, prod, "PRAGMA cache_size = 2; DELETE FROM t WHERE a > 50; VACUUM; BEGIN; UPDATE t SET b = hex(zeroblob(300))");
    CHECK(std::filesystem::file_size(path + (is_log ? "-wal" : "-journal")) > 1000);
    if (is_gone) std::filesystem::remove(path);
    REQUIRE(restore(backup, path, prod, prod));
    const auto db = open(path, prod);
    CHECK(sql(db, "SELECT count(*) FROM t WHERE b LIKE 'CLEAR%'") == "100;");
    CHECK(is_whole(db));
}

TEST_CASE("restore_backup: the header's sequence goes on from that of the database that is replaced") {
    temporary_folder folder;
    const auto path = folder / "a.db";
    fill(open(path, prod), "delete");
    const bytes backup = backup_of(path, prod);
    std::uint64_t last = 0;
    for (int times = 0; times < 3; ++times) {
        const bytes file = content_of(path);
        const auto sequence = std::max(load_be<std::uint64_t>(file.data() + 24), load_be<std::uint64_t>(file.data() + 4096 + 24));
        CHECK(sequence > last);
        last = sequence;
        REQUIRE(restore(backup, path, prod, prod));
    }
}

TEST_CASE("restore_backup: from a pipe, a file and a source that fails") {
    temporary_folder folder;
    const auto path = folder / "a.db", stored = folder / "a.backup";
    fill(open(path, prod), "delete");
    {
        const auto out = file::open_file(stored, O_WRONLY | O_CREAT).value();
        REQUIRE(sqlite::write_backup(path, prod.source(), sqlite::write_to(out)));
    }
    const bytes before = content_of(path);
    const auto in = file::open_file(stored, O_RDONLY).value();
    const auto lease = lease_of(prod);
    REQUIRE(sqlite::restore_backup(sqlite::read_from(in), path, {lease, lease}));
    const auto broken = [&](byte_span) -> result<std::size_t> { return fail(errc::timed_out, "test: the network is away"); };
    CHECK(code_of(sqlite::restore_backup(broken, path, {lease, lease})) == errc::timed_out);
    std::array<int, 2> ends{};
    REQUIRE(::pipe(ends.data()) == 0);
    const auto child = ::fork();
    if (child == 0) {
        const file::descriptor to(ends[1]);
        ::_exit(sqlite::write_backup(path, prod.source(), sqlite::write_to(to)) ? 0 : 1);
    }
    ::close(ends[1]);
    const file::descriptor from(ends[0]);
    CHECK(sqlite::verify_backup(sqlite::read_from(from), lease));
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(status == 0);
}

// Written by the first version. What Python's `cryptography` and `sqlite3` make of them by the layouts in the headers alone,
// with the page key of 32 times 7: a whole database with the rows below, and a checksum and a proof that hold.
TEST_CASE("backup: those that version 1 wrote, of either suite, are checked and restored") {
    temporary_folder folder;
    for (const char* suite : {"siv", "gcm"}) {
        CAPTURE(std::string(suite));
        const bytes stored = content_of(std::string(KEYWRIGHT_TEST_DATA) + "/backup-1/" + suite + ".backup");
        CHECK(sqlite::verify_backup(out_of(stored))->pages == 4);
        const auto path = folder / suite;
        REQUIRE(restore(stored, path, prod, other));
        const auto db = open(path, other);
        CHECK(sql(db, "SELECT a, substr(b, 1, 9), length(b) FROM t") == "1|Grace|5;2|Barbara|7;3|000000000|1200;");
        CHECK(is_whole(db));
    }
}
