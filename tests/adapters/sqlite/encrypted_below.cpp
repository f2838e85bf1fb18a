// SPDX-License-Identifier: Apache-2.0
// What an encrypted database hands to the system below, seen there: nothing in the clear in any write to any file, no
// ciphertext twice; and single calls below that fail where it matters most.
#include "encrypted_helpers.hpp"
#include "faulty_vfs.hpp"

#include <map>
#include <set>
#include <stdexcept>

using namespace keywright;
using namespace keywright::encrypted_tests;

namespace {

// Before keywright's VFS, which then works on top of it, in all tests of this program.
const bool is_below = (faulty_vfs::install(), true);

constexpr int kinds = SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_WAL | SQLITE_OPEN_TEMP_DB | SQLITE_OPEN_TEMP_JOURNAL |
                      SQLITE_OPEN_SUBJOURNAL | SQLITE_OPEN_SUPER_JOURNAL | SQLITE_OPEN_TRANSIENT_DB;

/// Everything that is written while it lives.
class scan {
public:
    explicit scan(std::size_t page_size) : page_size_(page_size) {
        faulty_vfs::watch([this](int flags, std::string_view data, sqlite3_int64 offset) { see(flags & kinds, data, offset); });
    }
    scan(const scan&) = delete;
    scan& operator=(const scan&) = delete;
    ~scan() { faulty_vfs::watch(nullptr); }

    std::map<int, std::size_t> written; // bytes, by kind of file
    std::size_t in_the_clear = 0, twice = 0, sealed = 0;

private:
    void see(int kind, std::string_view data, sqlite3_int64 offset) {
        written[kind] += data.size();
        for (const char* word : {"MARKER", "marker", "SQLite format", "CREATE "}) in_the_clear += data.find(word) != data.npos ? 1U : 0U;
        const bool spills = (kind & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_WAL)) == 0;
        if (data.size() != (spills ? 4096 : page_size_) || (kind == SQLITE_OPEN_MAIN_DB && offset < 8192)) return;
        if ((kind & SQLITE_OPEN_MAIN_JOURNAL) != 0 && offset % 8 == 0) return; // a header
        ++sealed;
        twice += starts_.insert(std::string(data.substr(0, 16))).second ? 0U : 1U;
    }

    std::size_t page_size_;
    std::set<std::string> starts_;
};

/// A load in which every kind of file gets something.
void load(const sqlite::database& db) {
    const std::string rows = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300)";
    for (
        const std::string& text :
        {std::string("CREATE TABLE marker_names(a INTEGER PRIMARY KEY, marker_column TEXT UNIQUE, c BLOB)"),
         "INSERT INTO marker_names " + rows + " SELECT i, 'MARKER key ' || i, zeroblob(200) FROM n",
         std::string("CREATE TABLE long(a, b); CREATE INDEX marker_index ON long(b)"),
         std::string("INSERT INTO long VALUES ('MARKER' || hex(zeroblob(30000)) || 'MARKER', 'MARKER index')"),
         std::string(
             "CREATE TEMP TABLE marker_spill AS SELECT marker_column || c AS x, marker_names.a AS a FROM marker_names, long; UPDATE marker_spill SET x = x || "
             "'MARKER'; BEGIN; UPDATE marker_spill SET x = 'MARKER' || x; SAVEPOINT s; DELETE FROM marker_spill; ROLLBACK TO s; ROLLBACK"),
         std::string(
             "SELECT count(*) FROM (SELECT x.marker_column || hex(zeroblob(200)) AS y FROM marker_names AS x, marker_spill WHERE marker_spill.a < 10 ORDER BY y "
             "LIMIT -1 OFFSET 1)"),
          // Pages as they were, many times.
         std::string("BEGIN; UPDATE marker_names SET c = zeroblob(200); COMMIT; BEGIN; UPDATE marker_names SET c = zeroblob(200); ROLLBACK;"
                     "UPDATE marker_names SET c = zeroblob(200)"),
         std::string(
             "BEGIN; INSERT INTO long VALUES (zeroblob(50000), 1); SAVEPOINT s; UPDATE marker_names SET marker_column = 'MARKER again ' || a;"
             "ROLLBACK TO s; INSERT INTO long VALUES (zeroblob(50000), 2); COMMIT; DELETE FROM long WHERE b = 1; VACUUM")})
        sql(db, text);
}

} // namespace

TEST_CASE("encrypted below: of every write to every kind of file nothing is in the clear, and no ciphertext comes twice") {
    for (const char* mode : {"delete", "truncate", "persist", "wal"}) {
        CAPTURE(std::string(mode));
        const environment prod, test("test", 8);
        const temporary_folder folder;
        auto db = open(folder / "a.db", prod);
        sql(db, std::string("PRAGMA page_size = 1024; PRAGMA cache_size = 8; PRAGMA temp_store = FILE; PRAGMA temp.cache_size = 8;") +
                    "PRAGMA journal_mode = " + mode);
        scan all(1024);
        load(db);
        REQUIRE(db.attach(folder / "b.db", "b", test.source()).has_value());
        sql(db,
            "PRAGMA b.page_size = 1024; CREATE TABLE b.t AS SELECT * FROM marker_names; BEGIN; UPDATE marker_names SET c = 1; UPDATE b.t SET c = 1; COMMIT");
        REQUIRE(db.vacuum_into(folder / "c.db", prod.source()).has_value());
        sql(db, "PRAGMA wal_checkpoint(TRUNCATE)");
        CHECK(all.in_the_clear == 0);
        CHECK(all.twice == 0);
        CHECK(all.sealed > 1000);
        const bool has_log = std::string_view(mode) == "wal";
        for (const int kind : {SQLITE_OPEN_MAIN_DB, has_log ? SQLITE_OPEN_WAL : SQLITE_OPEN_MAIN_JOURNAL, SQLITE_OPEN_TEMP_DB,
                               SQLITE_OPEN_TEMP_JOURNAL, SQLITE_OPEN_SUBJOURNAL}) {
            CAPTURE(kind);
            CHECK(all.written[kind] > 10'000);
        }
        if (!has_log) CHECK(all.written[SQLITE_OPEN_SUPER_JOURNAL] > 0);
    }
}

TEST_CASE("encrypted below: a page goes into no journal in the clear where the keys cannot be had again just then") {
    for (int number = 1; number <= 6; ++number) {
        CAPTURE(number);
        const environment prod;
        const temporary_folder folder;
        const auto db = open(folder / "a.db", prod);
        sql(db, "CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT); INSERT INTO t VALUES (1, 'MARKER'), (2, 'MARKER'); BEGIN; SELECT * FROM t");
        environment::time += std::chrono::minutes(6); // the lease is renewed, and the header read for it
        scan all(4096);
        faulty_vfs::arm({"read", SQLITE_IOERR_READ}, number);
        const int code = try_sql(db.handle(), "UPDATE t SET b = 'other MARKER' WHERE a = 1").code;
        CHECK((code == SQLITE_OK) == (faulty_vfs::disarm() == 0));
        CHECK(all.in_the_clear == 0);
        CHECK(is_whole(db));
    }
}

TEST_CASE("encrypted below: what was written to a temporary file is there after the write below has failed, and failed again") {
    unnamed_file made;
    const bytes first(4096, 'a'), second(4096, 'b'), third(4096, 'c');
    REQUIRE(made->write(first, 0) == SQLITE_OK);
    REQUIRE(made->write(second, 4096) == SQLITE_OK);
    REQUIRE(made->write(third, 0) == SQLITE_OK); // over the first, in memory as yet
    bytes out(4096);
    for (const bool half : {true, false}) {
        faulty_vfs::arm({"write", SQLITE_FULL, half}, 1);
        CHECK(made->read(out, 4096) == SQLITE_FULL);
        CHECK(faulty_vfs::disarm() == 1);
        CHECK(made->read(out, 0) == SQLITE_OK);
        CHECK(out == third);
    }
    CHECK(made->read(out, 4096) == SQLITE_OK);
    CHECK(out == second);
    CHECK(made->read(out, 0) == SQLITE_OK);
    CHECK(out == third);
}

TEST_CASE("encrypted below: a lease source that throws is a refusal, and leaves no file open") {
    const environment prod;
    const temporary_folder folder;
    sql(open(folder / "a.db", prod), "CREATE TABLE t(a)");
    const auto count = [] {
        return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), std::filesystem::directory_iterator());
    };
    const auto before = count();
    CHECK_FALSE(sqlite::open(folder / "a.db", []() -> result<keys::data_key_lease> { throw std::runtime_error("test: no source"); }));
    CHECK_FALSE(sqlite::open(folder / "a.db", []() -> result<keys::data_key_lease> { throw 5; }));
    CHECK(count() == before);
    CHECK(sql(open(folder / "a.db", prod), "SELECT count(*) FROM t") == "0;");
}

TEST_CASE("encrypted below: a header copy that fails half way is tried again in its place, so that one is always whole") {
    const environment prod;
    for (int first = 1; first <= 9; ++first) {
        for (int again = 1; again <= 12; ++again) {
            CAPTURE(first);
            CAPTURE(again);
            const temporary_folder folder;
            const std::string path = folder / "a.db";
            const auto db = open(path, prod);
            sql(db, "PRAGMA page_size = 512");
            faulty_vfs::arm({"write", SQLITE_IOERR_WRITE, true}, first, again);
            bool is_said = false;
            for (int i = 0; i < 4; ++i)
                is_said = try_sql(db.handle(), "CREATE TABLE t" + std::to_string(i) + "(a)").code == SQLITE_OK || is_said;
            const int failed = faulty_vfs::disarm();
            if (failed < 2) break; // and later ones do not fail either
            CHECK(is_said);
            write_content(folder / "b.db", open_file(path)); // as after a kill
            CHECK(is_whole(open(folder / "b.db", prod)));
        }
    }
}
