// SPDX-License-Identifier: Apache-2.0
// SQLite's state stores for tests: opened, looked at from outside, written to until somebody kills the writer.
#pragma once

#include <keywright/adapters/sqlite/state_store.hpp>
#include <keywright/testing/state_store_suite.hpp>
#include <keywright/testing/temporary_folder.hpp>

#include <doctest/doctest.h>

#include <string>

namespace keywright::store_tests {

using testing::temporary_folder;
using testing::detail::put;
using testing::detail::text_at;

inline sqlite::state_store open_store(const std::string& path, seconds deadline = seconds{20}) {
    auto opened = sqlite::state_store::open(path, {deadline});
    REQUIRE_MESSAGE(opened.has_value(), std::string(opened.error().text), " (", name(opened.error().code), ")");
    return std::move(*opened);
}
inline sqlite::connection plain_connection(const std::string& path, int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE) {
    auto opened = sqlite::connection::open(path, flags, seconds{0});
    REQUIRE(opened.has_value());
    return std::move(*opened);
}
inline void run(const sqlite::connection& db, const char* sql) { REQUIRE_MESSAGE(db.run(sql, "").has_value(), std::string(sql)); }

/// Commits two records alike, over and over, until a commit fails: for a process that is killed meanwhile.
inline void write_pairs(sqlite::state_store& store) {
    for (int i = 0; i < 100'000; ++i) {
        ports::batch batch;
        for (const char* key : {"left", "right"}) batch.put_any(key, bytes(5000, static_cast<std::uint8_t>(i)));
        if (!store.commit(batch)) return;
    }
}
/// Both are of one commit, or neither is there.
inline void check_pair(sqlite::state_store& store) {
    const auto left = store.load("left"), right = store.load("right");
    REQUIRE(left.has_value() == right.has_value());
    if (left) CHECK(left->version == right->version);
    if (left) CHECK((left->value == right->value));
}

} // namespace keywright::store_tests
