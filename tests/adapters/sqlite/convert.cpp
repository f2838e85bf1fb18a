// SPDX-License-Identifier: Apache-2.0
// Databases in the clear that become encrypted ones and back: what stays, what is refused, and what is left where.
#include <keywright/adapters/sqlite/convert.hpp>

#include "encrypted_helpers.hpp"

#include <keywright/insecure.hpp>

#include <sys/wait.h>

using namespace keywright;
using namespace keywright::encrypted_tests;

namespace {

constexpr insecure::secret_access own_key{"a test's own key"};

policy::clear_permit permit(const char* environment = "prod") {
    return policy::clear_permit::without_policy(environment_id{environment}, own_key);
}

struct closer {
    void operator()(sqlite3* open) const { sqlite3_close(open); }
};
using plain = std::unique_ptr<sqlite3, closer>;

plain open_plain(const std::string& path) {
    sqlite3* raw = nullptr;
    REQUIRE(sqlite3_open_v2(path.c_str(), &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr) == SQLITE_OK);
    return plain(raw);
}
std::string sql(sqlite3* db, const std::string& text) {
    const auto done = try_sql(db, text);
    REQUIRE_MESSAGE(done.code == SQLITE_OK, text, ": ", sqlite3_errmsg(db));
    return done.rows;
}
using encrypted_tests::sql;

constexpr const char* world =
    "PRAGMA user_version = 7; PRAGMA application_id = 123456;"
    "CREATE TABLE t(a INTEGER PRIMARY KEY AUTOINCREMENT, b TEXT COLLATE NOCASE, c BLOB, d REAL, e AS (length(b)) STORED);"
    "CREATE INDEX i ON t(b); CREATE UNIQUE INDEX j ON t(a, b) WHERE a > 3; CREATE INDEX k ON t(upper(b));"
    "CREATE TABLE w(k TEXT PRIMARY KEY, v) WITHOUT ROWID; CREATE TABLE loose(x); CREATE TABLE s(a INT CHECK (a > 0)) STRICT;"
    "CREATE VIEW v AS SELECT a, b FROM t; CREATE TABLE \"odd 'name'\"(\"odd \"\"column\" UNIQUE, rowid TEXT);"
    "CREATE TRIGGER g AFTER INSERT ON s BEGIN INSERT INTO loose VALUES ('MARKER from the trigger'); END;"
    "CREATE VIRTUAL TABLE f USING fts5(body); CREATE VIRTUAL TABLE r USING rtree(id, x0, x1);"
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300)"
    " INSERT INTO t(b, c, d) SELECT 'MARKER-' || i, randomblob(i * 7), i / 3.0 FROM n;"
    "INSERT INTO w SELECT b, c FROM t; INSERT INTO loose SELECT b FROM t; DELETE FROM loose WHERE rowid % 3 = 0;"
    "INSERT INTO s VALUES (1), (2); INSERT INTO \"odd 'name'\" VALUES (NULL, 'x'), (zeroblob(100000), '');"
    "INSERT INTO f SELECT b FROM t; INSERT INTO r SELECT a, a, a + 1 FROM t; DELETE FROM t WHERE a % 5 = 0; ANALYZE";

/// Everything that SQL can see, rowids too.
std::string dump(sqlite3* db) {
    std::string all = sql(db, "PRAGMA user_version; PRAGMA application_id; PRAGMA page_size; PRAGMA auto_vacuum; PRAGMA encoding;"
                              "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY name");
    for (const char* table : {"t", "w", "loose", "s", "v", "f", "r", "sqlite_sequence", "sqlite_stat1"})
        all += sql(db, std::string("SELECT * FROM ") + table + " ORDER BY 1");
    all += sql(db, "SELECT rowid, x FROM loose; SELECT a, hex(c) FROM t; SELECT _rowid_, hex(\"odd \"\"column\") FROM \"odd 'name'\";"
                   "SELECT rowid FROM f WHERE f MATCH 'marker'; PRAGMA integrity_check; PRAGMA foreign_key_check");
    return all;
}
std::string dump(const sqlite::database& db) { return dump(db.handle()); }

std::size_t files_in(const temporary_folder& folder) {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder.path()), {}));
}
void must(const result<void>& done) {
    REQUIRE_MESSAGE(done.has_value(), std::string(done.error().text), " (", name(done.error().code), ")");
}
errc code_of(const result<void>& done) {
    REQUIRE_FALSE(done.has_value());
    return done.error().code;
}

/// A small database in the clear.
std::string make_small(const temporary_folder& folder, const std::string& more = {}) {
    const std::string path = folder / "a.db";
    sql(open_plain(path).get(), more + "; CREATE TABLE t(a); INSERT INTO t VALUES ('MARKER')");
    return path;
}

struct kind_row {
    int page_size;
    const char* set_up;
};
constexpr kind_row kinds[] = {{512, "PRAGMA encoding = 'UTF-16le'"},
                              {1024, "PRAGMA auto_vacuum = FULL"},
                              {2048, "PRAGMA journal_mode = WAL"},
                              {4096, "PRAGMA journal_mode = PERSIST"},
                              {8192, "PRAGMA auto_vacuum = INCREMENTAL"},
                              {16'384, "PRAGMA journal_mode = WAL"},
                              {32'768, ""},
                              {65'536, "PRAGMA encoding = 'UTF-16be'"}};

} // namespace

TEST_CASE("convert: everything that SQL sees is the same in the encrypted database, and after the way back") {
    const environment prod;
    for (const auto& row : kinds) {
        CAPTURE(row.page_size);
        CAPTURE(row.set_up);
        const temporary_folder folder;
        const std::string path = folder / "it's 100%.db";
        std::string before, mode;
        {
            const auto db = open_plain(path);
            sql(db.get(), "PRAGMA page_size = " + std::to_string(row.page_size) + ";" + row.set_up);
            sql(db.get(), world);
            before = dump(db.get());
            mode = sql(db.get(), "PRAGMA journal_mode") == "wal;" ? "wal;" : "delete;";
        }
        CHECK(before.find("MARKER from the trigger") != before.npos);
        must(sqlite::encrypt(path, prod.source()));
        CHECK(files_in(folder) == 1);
        CHECK_FALSE(holds(content_of(path), "MARKER"));
        CHECK(content_of(path).size() % 512 == 0);
        {
            const auto db = open(path, prod);
            CHECK(sql(db, "PRAGMA journal_mode") == mode);
            CHECK(dump(db) == before);
            sql(db, "INSERT INTO t(b) VALUES ('after'); DELETE FROM t WHERE b = 'after'; UPDATE sqlite_sequence SET seq = 300");
        }
        must(sqlite::decrypt(path, prod.source(), permit()));
        CHECK(files_in(folder) == 1);
        const auto db = open_plain(path);
        CHECK(sql(db.get(), "PRAGMA journal_mode") == mode);
        CHECK(dump(db.get()) == before);
    }
}

TEST_CASE("convert: there and back and there again, the 32 bytes being reserved by then") {
    const environment prod;
    const temporary_folder folder;
    const std::string path = make_small(folder);
    for (int turn = 0; turn < 3; ++turn) {
        must(sqlite::encrypt(path, prod.source(), {.suite = envelope::page_suite::aes256_gcm}));
        CHECK(sql(open(path, prod), "SELECT a FROM t; PRAGMA integrity_check") == "MARKER;ok;");
        must(sqlite::decrypt(path, prod.source(), permit()));
        CHECK(sql(open_plain(path).get(), "SELECT a FROM t; PRAGMA integrity_check") == "MARKER;ok;");
    }
    CHECK(content_of(path)[20] == 32);
}

TEST_CASE("convert: the engine that is asked for does it, both ways") {
    const environment prod;
    const temporary_folder folder;
    const std::string path = make_small(folder);
    must(sqlite::encrypt(path, prod.source(), {.engine = own_pages}));
    CHECK(sql(open(path, prod, {.engine = own_pages}), "SELECT a FROM t; PRAGMA integrity_check") == "MARKER;ok;");
    CHECK_FALSE(sqlite::decrypt(path, prod.source(), permit()).has_value());
    must(sqlite::decrypt(path, prod.source(), permit(), {.engine = own_pages}));
    CHECK(sql(open_plain(path).get(), "SELECT a FROM t; PRAGMA integrity_check") == "MARKER;ok;");
}

TEST_CASE("convert: the permissions stay, progress only grows and reaches the end") {
    const environment prod;
    const temporary_folder folder;
    const std::string path = folder / "a.db";
    sql(open_plain(path).get(), world);
    REQUIRE(::chmod(path.c_str(), 0640) == 0);
    std::uint64_t last = 0, all = 0, told = 0;
    const sqlite::convert_options how{.progress = [&](std::uint64_t done, std::uint64_t total) {
        CHECK(done >= last);
        CHECK(done <= total);
        last = done;
        all = total;
        ++told;
    }};
    must(sqlite::encrypt(path, prod.source(), how));
    CHECK(last == all);
    CHECK(told > 2);
    last = told = 0;
    must(sqlite::decrypt(path, prod.source(), permit(), how));
    CHECK(last == all);
    CHECK(told > 0);
    struct stat about{};
    REQUIRE(::stat(path.c_str(), &about) == 0);
    CHECK((about.st_mode & 0777) == 0640);
}

TEST_CASE("convert: the old bytes are overwritten, or are left where that is asked for") {
    const environment prod;
    for (const bool wanted : {true, false}) {
        CAPTURE(wanted);
        const temporary_folder folder;
        const std::string path = make_small(folder);
        const auto old = file::open_file(path, O_RDONLY);
        REQUIRE(old);
        must(sqlite::encrypt(path, prod.source(), {.overwrite = wanted}));
        bytes all(20'000);
        all.resize(file::read_fully(*old, all).value());
        CHECK(all.size() == 8192);
        CHECK(holds(all, "MARKER") != wanted);
        CHECK(holds(all, "SQLite format 3") != wanted);
    }
}

TEST_CASE("convert: while others use the database nothing is changed") {
    const environment prod;
    for (const char* mode : {"wal", "delete"}) {
        CAPTURE(std::string(mode));
        const temporary_folder folder;
        const std::string path = make_small(folder, std::string("PRAGMA journal_mode = ") + mode);
        {
            const auto other = open_plain(path);
            sql(other.get(), "BEGIN; SELECT * FROM t");
            CHECK(code_of(sqlite::encrypt(path, prod.source(), {.wait = seconds{0}})) == errc::timed_out);
            CHECK(sql(other.get(), "SELECT * FROM t; COMMIT; PRAGMA journal_mode") == "MARKER;" + std::string(mode) + ";");
        }
        must(sqlite::encrypt(path, prod.source(), {.wait = seconds{0}}));
        {
            const auto other = open(path, prod);
            sql(other, "BEGIN; SELECT * FROM t");
            CHECK(code_of(sqlite::decrypt(path, prod.source(), permit(), {.wait = seconds{0}})) == errc::timed_out);
            CHECK(sql(other, "SELECT * FROM t; COMMIT; PRAGMA journal_mode") == "MARKER;" + std::string(mode) + ";");
        }
        CHECK(files_in(folder) == 1);
        must(sqlite::decrypt(path, prod.source(), permit(), {.wait = seconds{0}}));
    }
}

TEST_CASE("convert: an idle connection that knew the old file can write to it no more") {
    const environment prod;
    const temporary_folder folder;
    const std::string path = make_small(folder);
    const auto idle = open_plain(path);
    CHECK(sql(idle.get(), "SELECT * FROM t") == "MARKER;");
    must(sqlite::encrypt(path, prod.source()));
    CHECK(try_sql(idle.get(), "INSERT INTO t VALUES (2)").code != SQLITE_OK);
    CHECK(try_sql(idle.get(), "SELECT * FROM t").code == SQLITE_NOTADB);
    const auto idle_too = open(path, prod);
    CHECK(sql(idle_too, "SELECT * FROM t") == "MARKER;");
    must(sqlite::decrypt(path, prod.source(), permit()));
    CHECK(try_sql(idle_too.handle(), "INSERT INTO t VALUES (2)").code == SQLITE_READONLY_DBMOVED);
    CHECK(sql(open_plain(path).get(), "SELECT * FROM t") == "MARKER;");
}

TEST_CASE("convert: what is refused, and the file is what it was") {
    const environment prod;
    const temporary_folder folder;
    const std::string path = make_small(folder, "PRAGMA journal_mode = WAL");
    const auto was = content_of(path);
    prod.lock();
    CHECK(code_of(sqlite::encrypt(path, prod.source())) == errc::locked);
    prod.unlock();
    CHECK(sql(open_plain(path).get(), "SELECT a FROM t; PRAGMA journal_mode") == "MARKER;wal;");
    CHECK(content_of(path).size() == was.size());

    std::filesystem::create_hard_link(path, folder / "b.db");
    CHECK(code_of(sqlite::encrypt(path, prod.source())) == errc::unsupported);
    CHECK(std::filesystem::remove(folder / "b.db"));
    CHECK(code_of(sqlite::decrypt(path, prod.source(), permit())) == errc::malformed);
    CHECK(code_of(sqlite::encrypt(folder / "none.db", prod.source())) == errc::not_found);
    CHECK(code_of(sqlite::decrypt(folder / "none.db", prod.source(), permit())) == errc::not_found);
    CHECK(files_in(folder) == 1);

    must(sqlite::encrypt(path, prod.source()));
    CHECK(code_of(sqlite::encrypt(path, prod.source())) == errc::already_exists);
    CHECK(code_of(sqlite::decrypt(path, environment("prod", 8).source(), permit())) == errc::authentication_failed);
    CHECK(code_of(sqlite::decrypt(path, prod.source(), permit("test"))) == errc::misused);
    prod.lock();
    CHECK(code_of(sqlite::decrypt(path, prod.source(), permit())) == errc::locked);
    prod.unlock();
    auto changed = content_of(path);
    changed[changed.size() - 2000] ^= 1;
    write_content(path, changed);
    CHECK(code_of(sqlite::decrypt(path, prod.source(), permit())) == errc::authentication_failed);
    CHECK(content_of(path).size() == changed.size());
    CHECK(files_in(folder) == 1);
    write_content(path, {});
    CHECK(code_of(sqlite::decrypt(path, prod.source(), permit())) == errc::malformed);
    CHECK(code_of(sqlite::encrypt(path, prod.source())) == errc::malformed);
    write_content(path, bytes(5000, 'x'));
    CHECK(code_of(sqlite::encrypt(path, prod.source())) == errc::corrupt);
}

TEST_CASE("convert: more than 32 reserved bytes are another extension's") {
    const environment prod;
    for (const int reserved : {32, 33}) {
        CAPTURE(reserved);
        const temporary_folder folder;
        const std::string path = folder / "a.db";
        {
            const auto db = open_plain(path);
            int bytes = reserved;
            REQUIRE(sqlite3_file_control(db.get(), "main", SQLITE_FCNTL_RESERVE_BYTES, &bytes) == SQLITE_OK);
            sql(db.get(), "CREATE TABLE t(a)");
        }
        const auto done = sqlite::encrypt(path, prod.source());
        CHECK(done.has_value() == (reserved == 32));
        if (!done) CHECK(done.error().code == errc::unsupported);
    }
}

TEST_CASE("convert: collations and functions of an application's own are registered by it") {
    const environment prod;
    const temporary_folder folder;
    const std::string path = folder / "a.db";
    const auto prepare = [](sqlite3* db) -> result<void> {
        sqlite3_create_collation(db, "backwards", SQLITE_UTF8, nullptr, [](void*, int n, const void* a, int m, const void* b) {
            return std::string_view(static_cast<const char*>(b), static_cast<std::size_t>(m))
                .compare(std::string_view(static_cast<const char*>(a), static_cast<std::size_t>(n)));
        });
        return {};
    };
    {
        const auto db = open_plain(path);
        must(prepare(db.get()));
        sql(db.get(), "CREATE TABLE t(a TEXT COLLATE backwards); CREATE INDEX i ON t(a); INSERT INTO t VALUES ('a'), ('c'), ('b')");
    }
    CHECK_FALSE(sqlite::encrypt(path, prod.source()).has_value());
    must(sqlite::encrypt(path, prod.source(), {.prepare = prepare}));
    const auto db = open(path, prod);
    must(prepare(db.handle()));
    CHECK(sql(db, "SELECT a FROM t ORDER BY a; PRAGMA integrity_check") == "c;b;a;ok;");
}

TEST_CASE("convert: what a killed run left beside is gone after the next one, and a symbolic link stays one") {
    const environment prod;
    const temporary_folder folder;
    const std::string path = make_small(folder);
    for (const char* part : {"", "-journal", "-wal"}) write_content(path + "-new.tmp" + part, bytes(10, 'x'));
    write_content(path + "-journal", bytes(600, 0)); // as a persistent one that is over
    std::filesystem::create_symlink(path, folder / "link.db");
    must(sqlite::encrypt(folder / "link.db", prod.source()));
    CHECK(files_in(folder) == 2);
    CHECK(std::filesystem::is_symlink(folder / "link.db"));
    CHECK(sql(open(path, prod), "SELECT * FROM t") == "MARKER;");
}

TEST_CASE("convert: killed in the middle, the old database is as it was, with its log, and the next run does it") {
    const environment prod;
    const temporary_folder folder;
    const std::string path = make_small(folder, "PRAGMA journal_mode = WAL");
    const auto kill_in = [](auto convert) {
        const auto child = ::fork();
        REQUIRE(child >= 0);
        if (child == 0) {
            (void)convert({.progress = [](std::uint64_t, std::uint64_t) { ::_exit(7); }});
            ::_exit(0);
        }
        int status = 0;
        REQUIRE(::waitpid(child, &status, 0) == child);
        REQUIRE(WEXITSTATUS(status) == 7);
    };
    kill_in([&](const sqlite::convert_options& how) { return sqlite::encrypt(path, prod.source(), how); });
    CHECK(sql(open_plain(path).get(), "PRAGMA journal_mode; SELECT * FROM t") == "wal;MARKER;");
    must(sqlite::encrypt(path, prod.source()));
    CHECK(files_in(folder) == 1);
    kill_in([&](const sqlite::convert_options& how) { return sqlite::decrypt(path, prod.source(), permit(), how); });
    CHECK(sql(open(path, prod), "PRAGMA journal_mode; SELECT * FROM t") == "wal;MARKER;");
    must(sqlite::decrypt(path, prod.source(), permit()));
    CHECK(files_in(folder) == 1);
    CHECK(sql(open_plain(path).get(), "PRAGMA journal_mode; SELECT * FROM t") == "wal;MARKER;");
}
