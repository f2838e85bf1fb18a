// SPDX-License-Identifier: Apache-2.0
// SQLite's handles: what a value that is bound becomes in SQLite, and what comes back of it.
#include <keywright/adapters/sqlite/database.hpp>
#include <keywright/core/hex.hpp>

#include <doctest/doctest.h>

namespace {

using namespace keywright;

struct memory_database {
    sqlite::connection db = sqlite::connection::open(":memory:", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, seconds{1}).value();
    sqlite::statement prepare(std::string_view sql) const {
        return sqlite::statement::prepare(db, sql, "test: expected a statement").value();
    }
};

template <class Value>
std::string type_of(const Value& value) {
    const memory_database m;
    const auto asked = m.prepare("SELECT typeof(?)");
    sqlite::query row(asked, "test: expected a row");
    REQUIRE(row.bind(1, value).step().value());
    return std::string(row.column_text(0));
}

TEST_CASE("sqlite::query: a text is bound as TEXT, bytes as a BLOB, a number as INTEGER, also where they are empty") {
    CHECK(type_of("text") == "text");
    CHECK(type_of(std::string("text")) == "text");
    CHECK(type_of(std::string_view()) == "text");
    CHECK(type_of(bytes{1, 2}) == "blob");
    CHECK(type_of(byte_view()) == "blob");
    CHECK(type_of(std::int64_t{0}) == "integer");
}

TEST_CASE("sqlite::query: what is bound comes back whole, and a text finds what SQL wrote as text") {
    const memory_database m;
    REQUIRE(m.db.run("CREATE TABLE t(a TEXT, b BLOB); INSERT INTO t VALUES ('m\u00fcller', x'00ff')", "test: expected a table"));
    const auto add = m.prepare("INSERT INTO t VALUES (?, ?)");
    const std::string_view with_zero("a\0b", 3);
    const bytes raw{0, 255, 0};
    REQUIRE(sqlite::query(add, "test: expected to add").bind(1, with_zero).bind(2, raw).finish());
    const auto select = m.prepare("SELECT a, b, length(b) FROM t WHERE a = ?");
    {
        sqlite::query found(select, "test: expected a row");
        REQUIRE(found.bind(1, "m\u00fcller").step().value());
        CHECK(to_hex(found.column_bytes(1)) == "00ff");
    }
    sqlite::query found(select, "test: expected a row");
    REQUIRE(found.bind(1, with_zero).step().value());
    CHECK(found.column_text(0) == with_zero);
    CHECK(to_hex(found.column_bytes(1)) == "00ff00");
    CHECK(found.column_number(2) == 3);
    CHECK_FALSE(found.step().value());
}

} // namespace
