// SPDX-License-Identifier: Apache-2.0
// Files given a new key while they are in use: step by step, by several connections and processes, stopped, locked, torn; and
// older files put in the place of newer ones.
#include <keywright/adapters/sqlite/reencrypt.hpp>

#include "../../envelope/backup_streams.hpp"
#include "encrypted_helpers.hpp"

#include <keywright/adapters/sqlite/backup.hpp>
#include <keywright/adapters/sqlite/generation.hpp>

#include <atomic>

#include <sys/wait.h>

using namespace keywright;
using namespace keywright::encrypted_tests;
using namespace keywright::backup_tests;

namespace {

constexpr std::size_t page = 512, header = 8192;

std::string rows_from(int first, int last) {
    return "WITH RECURSIVE n(i) AS (SELECT " + std::to_string(first) + " UNION ALL SELECT i + 1 FROM n WHERE i < " + std::to_string(last) +
           ") INSERT INTO t SELECT i, hex(randomblob(i % 600)) FROM n";
}
/// Pages of every kind: of a table, an index, overflowing and freed ones.
sqlite::database make(const std::string& path, const environment& of, const char* mode, sqlite::open_options options = {}) {
    auto db = open(path, of, options);
    sql(db, std::string("PRAGMA page_size = 512; PRAGMA synchronous = OFF; PRAGMA journal_mode = ") + mode +
                "; BEGIN; CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT); CREATE INDEX i ON t(b);" + rows_from(1, 120) +
                "; COMMIT; DELETE FROM t WHERE a % 4 = 0");
    return db;
}
std::string content(const sqlite::database& db) { return sql(db, "SELECT * FROM t; SELECT b FROM t ORDER BY b; PRAGMA integrity_check"); }

/// By which of the two keys the pages say to be sealed. The last page may be half of one.
struct slots {
    std::size_t zero = 0, one = 0;
};
slots slots_in(const bytes& file) {
    slots found;
    for (std::size_t end = header + page; end <= file.size(); end += page) {
        const auto slot = file[end - envelope::slot_from_end];
        REQUIRE(slot <= 1);
        ++(slot == 0 ? found.zero : found.one);
    }
    return found;
}
/// The file once, however many handles of it are open.
bytes file_now(const std::string& path) {
    bytes all = open_file(path);
    all.resize(std::filesystem::file_size(path));
    return all;
}
bool has_two_keys(const bytes& file) {
    return load_be<std::uint16_t>(file.data() + 50) != 0 || load_be<std::uint16_t>(file.data() + 4146) != 0;
}

errc code_of_step(sqlite::database& db, const sqlite::reencrypt_options& options = {}) {
    const auto done = sqlite::reencryption_step(db, options);
    REQUIRE_FALSE(done.has_value());
    return done.error().code;
}
void reencrypt_all(sqlite::database& db, std::uint32_t pages_per_step = 256) {
    const auto done = sqlite::reencrypt(db, {.pages_per_step = pages_per_step});
    REQUIRE_MESSAGE(done.has_value(), std::string(done.error().text));
    CHECK(done->is_finished);
}
int exit_code_of(pid_t child) {
    int status = 1;
    REQUIRE(::waitpid(child, &status, 0) == child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

} // namespace

TEST_CASE("reencrypt: every page gets the new key, nothing that is stored changes, and the old wrapped key opens none of it") {
    const environment prod;
    for (const char* mode : {"delete", "persist", "wal"}) {
        CAPTURE(std::string(mode));
        const temporary_folder folder;
        const std::string path = folder / "a.db";
        auto db = make(path, prod, mode);
        const std::string before = content(db);
        db = {};
        const bytes old = content_of(path);
        CHECK(slots_in(old).one == 0);

        db = open(path, prod);
        reencrypt_all(db, 64);
        CHECK(content(db) == before);
        CHECK_FALSE(std::filesystem::exists(path + "-reseal"));
        sql(db, rows_from(1000, 1010));
        const std::string after = content(db);
        db = {};
        const bytes fresh = content_of(path);
        CHECK(slots_in(fresh).zero == 0);
        CHECK_FALSE(has_two_keys(fresh));
        CHECK(content(open(path, prod)) == after);

        // The old header before the new pages: it opens, being whole and of this environment, and no page does.
        bytes mixed = fresh;
        std::copy_n(old.begin(), header, mixed.begin());
        write_content(path, mixed);
        const auto with_old_key = sqlite::open(path, prod.source(), {.read_only = true});
        REQUIRE(with_old_key.has_value());
        CHECK(try_sql(with_old_key->handle(), "SELECT * FROM t").code == SQLITE_IOERR_DATA);
        // And old pages behind the new header do not open either.
        for (std::size_t at = header; at < std::min(old.size(), fresh.size()); at += 9 * page) {
            mixed = fresh;
            std::copy_n(old.begin() + static_cast<std::ptrdiff_t>(at), page, mixed.begin() + static_cast<std::ptrdiff_t>(at));
            write_content(path, mixed);
            CHECK(try_sql(open(path, prod, {.read_only = true}).handle(), "PRAGMA integrity_check").rows != "ok;");
        }
        // A second time, from the second slot into the first.
        write_content(path, fresh);
        db = open(path, prod);
        reencrypt_all(db);
        CHECK(content(db) == after);
        db = {};
        CHECK(slots_in(content_of(path)).one == 0);
    }
}

TEST_CASE("reencrypt: progress counts the pages of the file, in as many steps as they need, and another call goes on") {
    const environment prod;
    const temporary_folder folder;
    auto db = make(folder / "a.db", prod, "delete");
    const auto pages = static_cast<std::uint64_t>(std::stoi(sql(db, "PRAGMA page_count")));
    REQUIRE(pages > 100);
    std::uint64_t steps = 0;
    sqlite::reencrypt_options options{.pages_per_step = 40, .on_progress = [&](const sqlite::reencryption_progress& now) {
                                          ++steps;
                                          CHECK(now.pages == pages);
                                          CHECK(now.resealed == std::min(steps * 40, pages));
                                          CHECK(now.is_finished == (now.resealed == pages));
                                          const auto found = slots_in(file_now(folder / "a.db"));
                                          CHECK(found.one == now.resealed);
                                          return steps != 2;
                                      }};
    auto done = sqlite::reencrypt(db, options);
    REQUIRE(done.has_value());
    CHECK_FALSE(done->is_finished);
    CHECK(steps == 2);
    done = sqlite::reencrypt(db, options);
    REQUIRE(done.has_value());
    CHECK(done->is_finished);
    CHECK(steps == (pages + 39) / 40);

    // Nothing is under way: a step has nothing to do.
    const auto generation = sqlite::generation(db);
    done = sqlite::reencryption_step(db);
    REQUIRE(done.has_value());
    CHECK(done->is_finished);
    CHECK(done->pages == 0);
    CHECK(sqlite::generation(db) == generation);
}

TEST_CASE("reencrypt: a connection that is closed in the middle leaves it to the next, which finds what is left to do") {
    const environment prod;
    for (const char* mode : {"delete", "wal"}) {
        CAPTURE(std::string(mode));
        const temporary_folder folder;
        const std::string path = folder / "a.db";
        auto db = make(path, prod, mode);
        const std::string before = content(db);
        REQUIRE(sqlite::begin_reencryption(db).has_value());
        REQUIRE(sqlite::begin_reencryption(db).has_value()); // it is under way
        REQUIRE(sqlite::reencryption_step(db, {.pages_per_step = 30}).has_value());
        db = {};
        const bytes half = content_of(path);
        CHECK(has_two_keys(half));
        CHECK(slots_in(half).one >= 30);
        db = open(path, prod);
        CHECK(content(db) == before);
        reencrypt_all(db, 50);
        CHECK(content(db) == before);
        db = {};
        CHECK(slots_in(content_of(path)).zero == 0);
        CHECK_FALSE(has_two_keys(content_of(path)));
        // The file as it was half way is a whole one, with both keys.
        write_content(path, half);
        CHECK(content(open(path, prod)) == before);
        CHECK(code_of_open(path, environment("prod", 8)) == errc::authentication_failed);
    }
}

TEST_CASE("reencrypt: what is written after the beginning takes the new key, by whichever connection and process") {
    const environment prod;
    for (const char* mode : {"delete", "wal"}) {
        CAPTURE(std::string(mode));
        const temporary_folder folder;
        const std::string path = folder / "a.db";
        auto db = make(path, prod, mode);
        auto other = open(path, prod);
        // A log full of frames of the old key, which the other may write back without having met the new one.
        sql(other, "PRAGMA synchronous = OFF; PRAGMA wal_checkpoint(TRUNCATE); SELECT count(*) FROM t");
        sql(db, "PRAGMA wal_autocheckpoint = 0; UPDATE t SET b = b || 'x'");
        sql(other, "SELECT sum(length(b)) FROM t");
        REQUIRE(sqlite::begin_reencryption(db).has_value());
        // Half of the pages are done, and are not looked at again.
        REQUIRE(sqlite::reencryption_step(db, {.pages_per_step = 100}).has_value());
        const auto half = slots_in(file_now(path));
        sql(other, "PRAGMA wal_checkpoint");
        CHECK(slots_in(file_now(path)).zero <= half.zero);
        sql(other, "UPDATE t SET b = 'all'; PRAGMA wal_checkpoint");
        const auto written = slots_in(file_now(path));
        CHECK(written.zero <= half.zero);
        const pid_t child = ::fork();
        if (child == 0) {
            const auto beside = sqlite::open(path, prod.source());
            ::_exit(beside && try_sql(beside->handle(), rows_from(2000, 2200)).code == SQLITE_OK ? 0 : 1);
        }
        CHECK(exit_code_of(child) == 0);
        sql(db, "PRAGMA wal_checkpoint");
        CHECK(slots_in(file_now(path)).zero <= written.zero);
        reencrypt_all(db);
        const std::string all = "291|90;ok;";
        CHECK(sql(other, "SELECT count(*), sum(b = 'all') FROM t; PRAGMA integrity_check") == all);
        CHECK(sql(open(path, prod), "SELECT count(*), sum(b = 'all') FROM t; PRAGMA integrity_check") == all);
    }
}

TEST_CASE("reencrypt: limits, transactions of the same connection, reading only, nothing there yet") {
    const environment prod;
    const temporary_folder folder;
    auto db = make(folder / "a.db", prod, "delete");
    for (const std::uint32_t steps : {0U, 65'537U}) {
        CHECK(code_of_step(db, {.pages_per_step = steps}) == errc::limit_exceeded);
        CHECK(sqlite::reencrypt(db, {.pages_per_step = steps}).error().code == errc::limit_exceeded);
    }
    sql(db, "BEGIN");
    CHECK(code_of_step(db) == errc::misused);
    CHECK(sqlite::begin_reencryption(db).error().code == errc::misused);
    sql(db, "COMMIT");
    sqlite3_stmt* reading = nullptr;
    REQUIRE(sqlite3_prepare_v2(db.handle(), "SELECT * FROM t", -1, &reading, nullptr) == SQLITE_OK);
    REQUIRE(sqlite3_step(reading) == SQLITE_ROW);
    CHECK(code_of_step(db) == errc::misused);
    sqlite3_finalize(reading);
    {
        auto reader = open(folder / "a.db", prod, {.read_only = true});
        CHECK(sqlite::begin_reencryption(reader).error().code == errc::permission_denied);
        CHECK(code_of_step(reader) == errc::permission_denied);
    }
    const auto beside = open(folder / "a.db", prod);
    sql(beside, "BEGIN IMMEDIATE");
    sql(db, "PRAGMA busy_timeout = 0");
    CHECK(code_of_step(db, {.wait = seconds{0}}) == errc::timed_out);
    sql(beside, "COMMIT");
    reencrypt_all(db, 1);
    reencrypt_all(db, 65'536);
    CHECK(is_whole(db));

    auto empty = open(folder / "b.db", prod);
    const auto done = sqlite::reencrypt(empty);
    REQUIRE(done.has_value());
    CHECK(done->is_finished);
    CHECK(done->pages == 0);
    CHECK(std::filesystem::file_size(folder / "b.db") == 0);
}

TEST_CASE("reencrypt: a reader of an older state of a log keeps it whole, delays the end, and is not disturbed") {
    const environment prod;
    const temporary_folder folder;
    const std::string path = folder / "a.db";
    auto db = make(path, prod, "wal", {.wait = seconds{0}});
    const auto reader = open(path, prod);
    const sqlite::reencrypt_options at_once{.pages_per_step = 40, .wait = seconds{0}};

    // Its state is partly in the file, partly in a log with frames of the old key.
    sql(db, "PRAGMA wal_checkpoint(TRUNCATE); UPDATE t SET b = 'before' WHERE a % 2 = 0");
    const std::string before = content(db);
    sql(reader, "BEGIN");
    CHECK(content(reader) == before);
    REQUIRE(sqlite::begin_reencryption(db, seconds{0}).has_value());
    sql(db, "UPDATE t SET b = 'after'; " + rows_from(3000, 3100));
    const std::string after = content(db);
    auto done = sqlite::reencryption_step(db, at_once);
    while (done && done->resealed < done->pages) done = sqlite::reencryption_step(db, at_once);
    REQUIRE_FALSE(done.has_value());
    CHECK(done.error().code == errc::timed_out);
    CHECK(done.error().retryable());
    CHECK(slots_in(file_now(path)).zero == 0);
    sql(reader, "PRAGMA shrink_memory"); // what it reads it reads from the files
    CHECK(content(reader) == before);
    sql(reader, "COMMIT");
    reencrypt_all(db, 40);
    CHECK(content(db) == after);
    CHECK(content(reader) == after);

    // One of the file alone keeps it as it is: a copy of its bytes would not bear a change.
    sql(reader, "PRAGMA wal_checkpoint(TRUNCATE); BEGIN; SELECT count(*) FROM t");
    CHECK(sqlite::begin_reencryption(db, seconds{0}).error().code == errc::timed_out);
    CHECK(content(reader) == after);
    sql(reader, "COMMIT");
    reencrypt_all(db);
    CHECK(content(reader) == after);
}

TEST_CASE("reencrypt: a connection that sleeps through two of them reads and writes with the key of now") {
    const environment prod;
    for (const char* mode : {"delete", "wal"}) {
        CAPTURE(std::string(mode));
        const temporary_folder folder;
        const std::string path = folder / "a.db";
        auto db = make(path, prod, mode);
        const auto reader = open(path, prod), writer = open(path, prod);
        const std::string before = content(db);
        for (const auto* one : {&reader, &writer}) CHECK(content(*one) == before);
        // The second key stands in the slot of the first.
        reencrypt_all(db);
        reencrypt_all(db);
        CHECK(slots_in(file_now(path)).one == 0);
        sql(reader, "PRAGMA shrink_memory");
        sql(db, "PRAGMA user_version = 7; UPDATE t SET b = 'in the log' WHERE a = 1"); // page 1, which is read first, too
        CHECK(content(reader) == content(db));
        CHECK(content(reader) != before);
        sql(writer, "UPDATE t SET b = 'x'; " + rows_from(5000, 5100) + "; PRAGMA wal_checkpoint");
        for (const auto* one : {&reader, &writer, &std::as_const(db)}) {
            CHECK(is_whole(*one));
            CHECK(sql(*one, "SELECT count(*), sum(b = 'x') FROM t") == "191|90;");
            CHECK_FALSE(sqlite::last_error(one->handle()).has_value());
        }
    }
}

TEST_CASE("reencrypt: processes and threads that read and write meanwhile see no error and lose nothing") {
    const environment prod;
    for (const char* mode : {"delete", "wal"}) {
        CAPTURE(std::string(mode));
        const temporary_folder folder;
        const std::string path = folder / "a.db";
        {
            const auto db = make(path, prod, mode);
            sql(db, "CREATE TABLE n(v); INSERT INTO n VALUES (0); CREATE TABLE k(v); INSERT INTO k VALUES (0)");
        }
        // The sum of both never changes, whatever is committed.
        const auto work = [&](std::uint64_t rounds) {
            auto db = sqlite::open(path, prod.source(), {.wait = seconds{600}});
            bool fine = db.has_value() && try_sql(db->handle(), "PRAGMA synchronous = OFF; PRAGMA cache_size = 10").code == SQLITE_OK;
            for (std::uint64_t i = 0; i < rounds && fine; ++i) {
                fine = try_sql(db->handle(),
                               "BEGIN IMMEDIATE; UPDATE n SET v = v + 1; UPDATE k SET v = v - 1; UPDATE t SET b = hex(randomblob(9)) "
                               "WHERE a = 1 + abs(random() % 120); COMMIT")
                               .code == SQLITE_OK &&
                       try_sql(db->handle(), "SELECT n.v + k.v FROM n, k").rows == "0;" &&
                       (i % 8 != 0 || try_sql(db->handle(), "PRAGMA integrity_check").rows == "ok;");
            }
            return fine;
        };
        std::vector<pid_t> children;
        for (int i = 0; i < 2; ++i) {
            children.push_back(::fork());
            if (children.back() == 0) ::_exit(work(40) ? 0 : 1);
        }
        std::atomic<bool> is_beside_fine = false;
        std::thread beside([&] { is_beside_fine = work(40); });
        auto db = sqlite::open(path, prod.source(), {.wait = seconds{600}});
        REQUIRE(db.has_value());
        int rounds = 0;
        for (; rounds < 3; ++rounds) {
            const auto done = sqlite::reencrypt(*db, {.pages_per_step = 7, .wait = seconds{600}});
            CHECK_MESSAGE(done.has_value(), std::string(done ? "" : done.error().text));
        }
        beside.join();
        CHECK(is_beside_fine);
        for (const pid_t child : children) CHECK(exit_code_of(child) == 0);
        CHECK(sql(*db, "SELECT n.v, k.v FROM n, k; PRAGMA integrity_check") == "120|-120;ok;");
    }
}

TEST_CASE("reencrypt: a hot journal and a log that a killed process left are the old key's to open, and nothing of them is lost") {
    const environment prod;
    for (const char* mode : {"delete", "wal"}) {
        for (const bool is_under_way : {false, true}) {
            CAPTURE(std::string(mode));
            CAPTURE(is_under_way);
            const temporary_folder folder;
            const std::string path = folder / "a.db";
            std::string before;
            {
                auto db = make(path, prod, mode);
                if (is_under_way) REQUIRE(sqlite::begin_reencryption(db).has_value());
                if (is_under_way) REQUIRE(sqlite::reencryption_step(db, {.pages_per_step = 40}).has_value());
                before = content(db);
            }
            const pid_t child = ::fork();
            if (child == 0) {
                const auto db = sqlite::open(path, prod.source());
                const auto done =
                    try_sql(db->handle(), "PRAGMA cache_size = 5; INSERT INTO t VALUES (9000, 'committed'); BEGIN; UPDATE t SET b = "
                                          "'never' || hex(randomblob(200))");
                ::_exit(done.code == SQLITE_OK ? 0 : 1);
            }
            REQUIRE(exit_code_of(child) == 0);
            CHECK(std::filesystem::file_size(path + (std::string(mode) == "wal" ? "-wal" : "-journal")) > 10'000);
            auto db = open(path, prod);
            reencrypt_all(db, 64);
            CHECK(sql(db, "SELECT b FROM t WHERE a = 9000") == "committed;");
            sql(db, "DELETE FROM t WHERE a = 9000");
            CHECK(content(db) == before);
            CHECK(content(open(path, prod)) == before);
        }
    }
}

TEST_CASE("reencrypt: a lock stops it, an unlock lets it go on, and a step that is stopped in the middle is ended by whoever writes") {
    for (const char* mode : {"delete", "wal"}) {
        CAPTURE(std::string(mode));
        const environment prod;
        const temporary_folder folder;
        const std::string path = folder / "a.db";
        auto db = make(path, prod, mode);
        sql(db, "PRAGMA wal_checkpoint(TRUNCATE)");
        const std::string before = content(db);
        auto done = sqlite::reencrypt(db, {.pages_per_step = 25, .on_progress = [&](const sqlite::reencryption_progress& now) {
                                               if (now.resealed >= 50) prod.lock();
                                               return true;
                                           }});
        REQUIRE_FALSE(done.has_value());
        CHECK(done.error().code == errc::locked);
        CHECK(sqlite::begin_reencryption(db).error().code == errc::locked);
        CHECK(sqlite::generation(db).error().code == errc::locked);
        prod.unlock();
        CHECK(content(db) == before);

        // At the third page of a step.
        {
            auto alone = sqlite::detail::sole_writer::begin(db.handle(), seconds{5});
            REQUIRE(alone.has_value());
            REQUIRE(alone->file().make_ready() == SQLITE_OK);
            int asked = 0;
            const auto stopped = alone->file().pages_between_keys().step(25, [&asked]() -> result<void> {
                if (++asked < 3) return {};
                return fail(errc::locked, "test: locked");
            });
            CHECK(stopped.error().code == errc::locked);
        }
        CHECK(std::filesystem::file_size(path + "-reseal") > 0);
        const auto other = open(path, prod);
        CHECK(content(other) == before);
        sql(other, "UPDATE t SET b = 'now' WHERE a = 1; PRAGMA wal_checkpoint");
        CHECK(std::filesystem::file_size(path + "-reseal") == 0);
        reencrypt_all(db);
        CHECK(sql(db, "SELECT b FROM t WHERE a = 1; PRAGMA integrity_check") == "now;ok;");
    }
}

TEST_CASE("reencrypt: leases that end in the middle of a step are renewed") {
    const environment prod;
    const temporary_folder folder;
    auto made = make(folder / "a.db", prod, "delete");
    const std::string before = content(made);
    made = {};
    static std::chrono::nanoseconds ticking{0};
    int leases = 0;
    auto db = sqlite::open(folder / "a.db", [&leases]() -> result<keys::data_key_lease> {
        ++leases;
        std::vector<keys::leased_key> list;
        list.push_back({{environment_id{"prod"}, keys::data_purpose::page, 1}, secret_bytes(byte_view(bytes(32, 7))), true, 1000});
        return keys::data_key_lease::grant(std::make_shared<keys::epoch_watch>(1), 1, std::move(list),
                                           {.max_age = std::chrono::minutes(5), .now = []() noexcept -> std::chrono::nanoseconds {
                                                return ticking += std::chrono::seconds(20);
                                            }});
    });
    REQUIRE(db.has_value());
    reencrypt_all(*db);
    CHECK(leases > 5);
    CHECK(content(*db) == before);
    CHECK(slots_in(file_now(folder / "a.db")).zero == 0);
}

TEST_CASE("reencrypt: a page that was half written is read from its record, by those who only read too, and mended by who writes") {
    const environment prod;
    const temporary_folder folder;
    const std::string path = folder / "a.db";
    constexpr std::uint32_t number = 5;
    constexpr std::size_t at = header + (number - 1) * page;
    std::string before;
    bytes sealed(page), opened(page);
    {
        auto db = make(path, prod, "delete");
        before = content(db);
        REQUIRE(sqlite::begin_reencryption(db).has_value());
        auto* file = sqlite::detail::file_of(db.handle());
        const bytes all = file_now(path);
        const byte_view raw = byte_view(all).subspan(at, page);
        const envelope::page_place place{.kind = envelope::page_kind::database, .number = number};
        REQUIRE(file->head().keys_for(raw).pages.open(place, raw, opened).has_value());
        const auto anew = file->head().keys().pages.seal(place, opened);
        REQUIRE(anew.has_value());
        sealed.assign(anew->begin(), anew->end());
    }
    const bytes whole = content_of(path);
    const auto put = [&](bool is_torn, const bytes& record) {
        bytes file = whole;
        if (is_torn) std::copy_n(sealed.begin(), page / 2, file.begin() + at);
        write_content(path, file);
        bytes named(4);
        store_be(number, named.data());
        append(named, record);
        write_content(path + "-reseal", named);
    };
    const auto pages_read = [&] { return try_sql(open(path, prod, {.read_only = true}).handle(), "PRAGMA integrity_check").rows; };
    const std::string everything = "ok;";

    put(true, sealed);
    CHECK(pages_read() == everything);
    CHECK(content(open(path, prod)) == before);
    sql(open(path, prod), "PRAGMA user_version = 1");
    CHECK(std::filesystem::file_size(path + "-reseal") == 0);
    const bytes mended = content_of(path);
    CHECK(std::equal(sealed.begin(), sealed.end(), mended.begin() + at));
    CHECK(content(open(path, prod)) == before);

    // A record that was cut or altered: the page had not been touched then; if it was, there is no page.
    for (const bool is_torn : {false, true}) {
        CAPTURE(is_torn);
        bytes altered = sealed;
        altered[100] ^= 1;
        put(is_torn, altered);
        CHECK((pages_read() == everything) == !is_torn);
        put(is_torn, bytes(sealed.begin(), sealed.end() - 1));
        CHECK((pages_read() == everything) == !is_torn);
        if (is_torn) continue;
        sql(open(path, prod), "PRAGMA user_version = 1");
        CHECK(content(open(path, prod)) == before);
    }
    // Damage that no record mends does not let it end.
    put(true, {});
    auto db = open(path, prod);
    const auto done = sqlite::reencrypt(db);
    REQUIRE_FALSE(done.has_value());
    CHECK(done.error().code == errc::authentication_failed);
    CHECK(has_two_keys(file_now(path)));
}

TEST_CASE("reencrypt: files of format version 1, as they were before there could be two keys and half way from one to the next") {
    const environment prod;
    for (const char* name : {"one-key.db", "two-keys.db"}) {
        CAPTURE(std::string(name));
        const temporary_folder folder;
        const bytes kept = content_of(std::string(KEYWRIGHT_TEST_DATA "/pages-1/") + name);
        REQUIRE(kept.size() == header + 3 * page);
        CHECK(slots_in(kept).one == (name == std::string("one-key.db") ? 0 : 2));
        write_content(folder / name, kept);
        auto db = open(folder / name, prod);
        const std::string rows = "1|one;2|" + std::string(800, '0') + ";";
        CHECK(sql(db, "SELECT * FROM t") == rows);
        reencrypt_all(db);
        CHECK(sql(db, "SELECT * FROM t; PRAGMA integrity_check") == rows + "ok;");
    }
}

TEST_CASE(
    "reencrypt: a backup taken half way, or after, holds every page under the key that stays, and a restore goes on from its generation") {
    const environment prod;
    for (const char* mode : {"delete", "wal"}) {
        CAPTURE(std::string(mode));
        const temporary_folder folder;
        const std::string path = folder / "a.db";
        auto db = make(path, prod, mode);
        sql(db, "PRAGMA wal_checkpoint(TRUNCATE)");
        const std::string before = content(db);
        const auto back_up = [&] {
            bytes out;
            const auto done = sqlite::write_backup(path, prod.source(), into(out));
            REQUIRE_MESSAGE(done.has_value(), std::string(done ? "" : done.error().text));
            return out;
        };
        REQUIRE(sqlite::begin_reencryption(db).has_value());
        REQUIRE(sqlite::reencryption_step(db, {.pages_per_step = 30}).has_value());
        const bytes half = back_up();
        reencrypt_all(db);
        const bytes after = back_up();
        for (const bytes* backup : {&half, &after}) {
            auto opens = prod.source()(), seals = prod.source()();
            REQUIRE((opens.has_value() && seals.has_value()));
            REQUIRE(sqlite::verify_backup(out_of(*backup), *opens).has_value());
            const auto known = sqlite::generation(db);
            db = {};
            write_content(path + "-reseal", bytes(5));
            const auto restored = sqlite::restore_backup(out_of(*backup), path, {*opens, *seals});
            REQUIRE_MESSAGE(restored.has_value(), std::string(restored ? "" : restored.error().text));
            CHECK_FALSE(std::filesystem::exists(path + "-reseal"));
            db = open(path, prod, {.at_least = *known + 1});
            CHECK(content(db) == before);
        }
    }
}

TEST_CASE("reencrypt: where a crash came between the two copies of the header, the next call takes the old key out of the other one") {
    const environment prod;
    const temporary_folder folder;
    const std::string path = folder / "a.db";
    auto db = make(path, prod, "delete");
    bytes between;
    const auto keep = [&](const sqlite::reencryption_progress&) {
        if (between.empty()) between = file_now(path);
        return true;
    };
    REQUIRE(sqlite::reencrypt(db, {.pages_per_step = 64, .on_progress = keep}).has_value());
    db = {};
    bytes file = content_of(path);
    const auto sequence = [&](std::size_t slot) { return load_be<std::uint64_t>(file.data() + slot * header / 2 + 24); };
    const std::size_t older = sequence(0) < sequence(1) ? 0 : 1;
    std::copy_n(between.begin() + static_cast<std::ptrdiff_t>(older * header / 2), header / 2,
                file.begin() + static_cast<std::ptrdiff_t>(older * header / 2));
    REQUIRE(has_two_keys(file));
    write_content(path, file);
    db = open(path, prod);
    CHECK(sqlite::reencryption_step(db)->is_finished);
    db = {};
    CHECK_FALSE(has_two_keys(content_of(path)));
    CHECK(is_whole(open(path, prod)));
}

TEST_CASE("generation: it grows with every re-encryption, is raised by hand, and an older file is refused") {
    const environment prod;
    const temporary_folder folder;
    const std::string path = folder / "a.db";
    const auto code_of = [&](std::uint64_t at_least, const std::string& of) {
        const auto opened = sqlite::open(of, prod.source(), {.at_least = at_least});
        return opened ? std::optional<errc>() : opened.error().code;
    };
    auto db = make(path, prod, "wal");
    const auto first = sqlite::generation(db);
    REQUIRE(first.has_value());
    CHECK(*first > 0);
    sql(db, "UPDATE t SET b = 'a commit is no generation'");
    CHECK(sqlite::generation(db) == first);
    db = {};
    const bytes old = content_of(path);

    db = open(path, prod);
    const auto sleeping = open(path, prod);
    reencrypt_all(db);
    const auto second = sqlite::generation(db);
    CHECK(*second > *first);
    CHECK(sqlite::generation(sleeping) == second);
    REQUIRE(sqlite::raise_generation(db, 1000).has_value());
    const auto third = sqlite::generation(db);
    CHECK(*third >= 1000);
    CHECK(sqlite::generation(sleeping) == third);
    REQUIRE(sqlite::raise_generation(db, 999).has_value());
    CHECK(sqlite::generation(db) == third);
    CHECK(sqlite::raise_generation(db, std::uint64_t{1} << 63).error().code == errc::limit_exceeded);
    sql(db, "BEGIN");
    CHECK(sqlite::raise_generation(db, 2000).error().code == errc::misused);
    sql(db, "COMMIT");
    CHECK(is_whole(db));
    CHECK(is_whole(sleeping));

    CHECK_FALSE(code_of(*third - 1, path).has_value());
    CHECK_FALSE(code_of(*third, path).has_value());
    CHECK(code_of(*third + 1, path) == errc::corrupt);
    write_content(folder / "b.db", old);
    CHECK_FALSE(code_of(*first, folder / "b.db").has_value());
    CHECK(code_of(*first + 1, folder / "b.db") == errc::corrupt);
    write_content(folder / "c.db", {});
    CHECK(code_of(1, folder / "c.db") == errc::corrupt);
    CHECK_FALSE(code_of(0, folder / "c.db").has_value());
    CHECK(code_of(1, folder / "d.db") == errc::not_found);
    CHECK_FALSE(std::filesystem::exists(folder / "d.db"));

    auto empty = open(folder / "e.db", prod);
    CHECK(sqlite::generation(empty) == std::uint64_t{0});
    CHECK(sqlite::raise_generation(empty, 5).error().code == errc::misused);
}
