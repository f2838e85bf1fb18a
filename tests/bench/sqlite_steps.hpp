// SPDX-License-Identifier: Apache-2.0
// What the SQLite benchmarks do with an open database: the same rows, places and SQL for every library. Needs no keywright, so
// that peers can be built from it.
// Depends on: SQLite.
#pragma once

#include <sqlite3.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>

#include <time.h>

namespace bench {

inline constexpr std::array steps{"bulk insert", "scan", "random reads", "random updates", "small commits"};
using step_times = std::array<double, steps.size()>; // seconds of processor time

inline double seconds_used() {
    timespec t{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}
inline void run(sqlite3* db, const std::string& sql) {
    if (sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK) return;
    std::fprintf(stderr, "failed: %s: %s\n", sql.substr(0, 80).c_str(), sqlite3_errmsg(db));
    std::exit(1);
}
inline double timed(sqlite3* db, const std::string& sql) {
    const double from = seconds_used();
    run(db, sql);
    return seconds_used() - from;
}

/// A new table of `rows` rows of 300 bytes; then it is read and changed. A quarter of the rows at random places: a fixed
/// multiplier walks through all of them.
inline step_times all_steps(sqlite3* db, const std::string& journal_mode, unsigned rows) {
    const std::string n = std::to_string(rows), some = std::to_string(rows / 4);
    const std::string walk = "WITH RECURSIVE w(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM w WHERE i < " + some + ") ";
    const std::string place = "(i * 7919) % " + n;
    run(db, "PRAGMA page_size = 4096; PRAGMA journal_mode = " + journal_mode + "; CREATE TABLE t(a INTEGER PRIMARY KEY, b BLOB)");
    std::string commits;
    for (unsigned i = 0; i < 200; ++i) commits += "UPDATE t SET b = randomblob(300) WHERE a = " + std::to_string(i * 7919u % rows) + ";";
    return {timed(db, "WITH RECURSIVE w(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM w WHERE i < " + n +
                          ") INSERT INTO t SELECT i, randomblob(300) FROM w"),
            timed(db, "SELECT sum(length(b)), max(b) FROM t"),
            timed(db, walk + "SELECT sum((SELECT length(b) FROM t WHERE a = " + place + ")) FROM w"),
            timed(db, walk + "UPDATE t SET b = randomblob(300) WHERE a IN (SELECT " + place + " FROM w)"), timed(db, commits)};
}

} // namespace bench
