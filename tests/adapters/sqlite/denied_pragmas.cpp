// SPDX-License-Identifier: Apache-2.0
// What a connection to an encrypted database refuses where an application has taken keywright's authorizer away, and what it
// goes on doing then; and what only the authorizer refuses.
#include <keywright/adapters/sqlite/encrypted/denied_pragmas.hpp>

#include "encrypted_helpers.hpp"

using namespace keywright;
using namespace keywright::encrypted_tests;

namespace {

struct answer {
    int code;
    std::string rows, words;
};
answer ask(const sqlite::database& db, const std::string& text) {
    const auto done = try_sql(db.handle(), text);
    return {done.code, done.rows, sqlite3_errmsg(db.handle())};
}
sqlite::database without_authorizer(const std::string& path, const environment& of) {
    auto db = open(path, of);
    REQUIRE(sqlite3_set_authorizer(db.handle(), nullptr, nullptr) == SQLITE_OK);
    return db;
}

} // namespace

TEST_CASE(
    "denied pragmas: one that seems to give a key, or moves files of the whole process, fails and says what to do, with an authorizer or none") {
    const environment prod, test("test", 8);
    const temporary_folder folder;
    for (const bool has_authorizer : {true, false}) {
        CAPTURE(has_authorizer);
        auto db = has_authorizer ? open(folder / "a.db", prod) : without_authorizer(folder / "a.db", prod);
        if (!has_authorizer) REQUIRE(db.attach(folder / "b.db", "b", test.source()).has_value());
        sql(db, "CREATE TABLE IF NOT EXISTS t(a)");
        for (const std::string& pragma :
             {std::string("key"), std::string("hexkey"), std::string("textkey"), std::string("rekey"), std::string("hexrekey"),
              std::string("textrekey"), std::string("temp_store_directory"), std::string("data_store_directory"), std::string("Key"),
              std::string("main.rekey"), std::string(has_authorizer ? "main.key" : "b.key")}) {
            CAPTURE(pragma);
            for (const char* value : {" = '/tmp'", "('/tmp')", " = ''", " = -5"}) {
                const auto told = ask(db, "PRAGMA " + pragma + value);
                CHECK(told.code == SQLITE_AUTH);
                CHECK(told.words.rfind("sqlite: ", 0) == 0);
                const std::string instead = pragma.find("rekey") != pragma.npos ? "keywright::sqlite::reencrypt"
                                            : pragma.find("_") != pragma.npos   ? "SQLITE_TMPDIR"
                                                                                : "leave this pragma out";
                CHECK(told.words.find(instead) != told.words.npos);
            }
            CHECK(ask(db, "PRAGMA " + pragma).code == SQLITE_OK); // changes nothing
        }
        CHECK(sqlite3_temp_directory == nullptr);
        CHECK(is_whole(db)); // a statement that was refused is all that failed
    }
}

TEST_CASE("denied pragmas: a schema that has no encrypted file is refused them by the authorizer") {
    const environment prod;
    const temporary_folder folder;
    const auto db = open(folder / "a.db", prod);
    sql(db, "CREATE TEMP TABLE u(a); ATTACH ':memory:' AS m");
    for (const char* schema : {"temp", "m"}) {
        CHECK(ask(db, std::string("PRAGMA ") + schema + ".temp_store_directory = '/tmp'").code == SQLITE_AUTH);
        CHECK(ask(db, std::string("PRAGMA ") + schema + ".rekey = 'x'").code == SQLITE_AUTH);
        CHECK(ask(db, std::string("PRAGMA ") + schema + ".cache_size = 10").code == SQLITE_OK);
        CHECK(ask(db, std::string("PRAGMA ") + schema + ".temp_store_directory").code == SQLITE_OK);
    }
    CHECK(sqlite3_temp_directory == nullptr);
}

TEST_CASE("denied pragmas: those that let nothing out are as in any database") {
    const environment prod;
    const temporary_folder folder;
    for (const bool has_authorizer : {true, false}) {
        CAPTURE(has_authorizer);
        const auto db = has_authorizer ? open(folder / "a.db", prod) : without_authorizer(folder / "a.db", prod);
        const struct {
            const char *pragma, *rows;
        } all[] = {{"temp_store = FILE; PRAGMA temp_store", "1;"},
                   {"temp_store = MEMORY; PRAGMA temp_store", "2;"},
                   {"mmap_size = 1000000", "0;"},
                   {"journal_mode = MEMORY", "memory;"},
                   {"journal_mode = WAL", "wal;"},
                   {"journal_mode = DELETE", "delete;"},
                   {"secure_delete = 1", "1;"},
                   {"synchronous = OFF; PRAGMA synchronous", "0;"},
                   {"trusted_schema = 0; PRAGMA trusted_schema", "0;"},
                   {"writable_schema = 1; PRAGMA writable_schema", "1;"},
                   {"user_version = 7; PRAGMA user_version", "7;"},
                   {"keyword_that_is_none = 7", ""}};
        for (const auto& each : all) {
            CAPTURE(each.pragma);
            CHECK(sql(db, std::string("PRAGMA ") + each.pragma) == each.rows);
        }
    }
}

TEST_CASE(
    "denied pragmas: without the authorizer, too, no database in the clear is attached or written by VACUUM INTO, whatever VFS is named") {
    const environment prod, test("test", 8);
    const temporary_folder folder;
    const std::string plain = folder / "plain.db";
    sqlite3* other = nullptr;
    REQUIRE(sqlite3_open(plain.c_str(), &other) == SQLITE_OK);
    CHECK(try_sql(other, "CREATE TABLE t(a); INSERT INTO t VALUES (2)").code == SQLITE_OK);
    sqlite3_close(other);
    const auto before = content_of(plain);
    for (const char* mode : {"delete", "wal"}) {
        CAPTURE(mode);
        auto db = without_authorizer(folder / (std::string(mode) + ".db"), prod);
        sql(db, std::string("PRAGMA journal_mode = ") + mode + "; CREATE TABLE t(a); INSERT INTO t VALUES (1)");
        for (const std::string& text :
             {"ATTACH '" + plain + "' AS p", "ATTACH 'file:" + plain + "?keywright=1' AS p", "VACUUM INTO '" + plain + "2'"}) {
            CAPTURE(text);
            CHECK(ask(db, text).code == SQLITE_CANTOPEN);
        }
        for (const std::string& text : {"VACUUM INTO 'file:" + plain + "2?vfs=unix'", "ATTACH 'file:" + plain + "?vfs=unix' AS p",
                                        "ATTACH 'file:" + plain + "?vfs=unix-none' AS p"}) {
            CAPTURE(text);
            ask(db, text); // SQLite may have no question to the encrypted file as yet
            const auto told = ask(db, text.rfind("VACUUM", 0) == 0 ? text : "INSERT INTO p.t SELECT a FROM main.t");
            CHECK(told.code == SQLITE_AUTH);
            CHECK(sqlite::last_error(db.handle())->code == errc::misused);
            if (sqlite3_db_filename(db.handle(), "p") != nullptr) sql(db, "DETACH p");
            CHECK(sql(db, "SELECT a FROM t") == "1;");
        }
        // What is encrypted, or in memory, is.
        REQUIRE(db.attach(folder / "b.db", "b", test.source()).has_value());
        sql(db, "CREATE TABLE IF NOT EXISTS b.u(a); INSERT INTO b.u SELECT a FROM t; ATTACH ':memory:' AS m; ATTACH '' AS n;"
                "ATTACH 'file:/shared?vfs=memdb' AS o; CREATE TABLE m.u AS SELECT * FROM t; CREATE TABLE n.u AS SELECT * FROM t;"
                "CREATE TABLE o.u AS SELECT * FROM t; DETACH o");
        REQUIRE(db.vacuum_into(folder / (std::string(mode) + "-copy.db"), prod.source()).has_value());
        CHECK(sql(db, "SELECT count(*) > 0 FROM b.u; SELECT a FROM m.u; SELECT a FROM n.u; VACUUM; SELECT a FROM t") == "1;1;1;1;");
    }
    CHECK(content_of(plain) == before);
}
