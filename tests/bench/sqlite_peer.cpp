// SPDX-License-Identifier: Apache-2.0
// One library's turn in a comparison of SQLite databases, a process of its own; built by sqlite_peers.py, once for each library
// with one of sqlite_peer_*.cpp.
//     PEER bulk HOW DATABASE JOURNAL_MODE ROWS       prints seconds of processor time, a step a line
//     PEER open HOW DATABASE                         the same of opening it and reading its schema, least of 50
//     PEER speedtest1 HOW ARGUMENTS...               SQLite's own benchmark, linked in from elsewhere
// HOW says what to open it with: SQL for the peers, a suite for keywright.
#include "sqlite_peer.hpp"
#include "sqlite_steps.hpp"

#include <algorithm>
#include <string_view>

extern "C" {
int speedtest1_main(int argc, char** argv) __attribute__((weak));
// What its sqlite3_open_v2 and sqlite3_close were renamed to.
int bench_open(const char* path, sqlite3** out, int flags, const char* vfs);
int bench_close(sqlite3* db);
}

namespace {
std::string how;

void bulk(const std::string& path, const std::string& journal_mode, unsigned rows) {
    for (const double seconds : bench::all_steps(bench::open_database(path, how), journal_mode, rows)) std::printf("%.6f\n", seconds);
}
void opening(const std::string& path) {
    sqlite3* db = bench::open_database(path, how);
    bench::run(db, "CREATE TABLE IF NOT EXISTS t(a INTEGER PRIMARY KEY, b BLOB)");
    bench::close_database(db);
    double least = 1e9;
    for (int i = 0; i < 50; ++i) {
        const double from = bench::seconds_used();
        db = bench::open_database(path, how);
        bench::run(db, "SELECT count(*) FROM t");
        least = std::min(least, bench::seconds_used() - from);
        bench::close_database(db);
    }
    std::printf("%.6f\n", least);
}
} // namespace

int bench_open(const char* path, sqlite3** out, int, const char*) {
    *out = bench::open_database(path, how);
    return SQLITE_OK;
}

int bench_close(sqlite3* db) {
    bench::close_database(db);
    return SQLITE_OK;
}

int main(int argc, char** argv) {
    const std::string_view what = argc > 3 ? argv[1] : "";
    if (argc > 3) how = argv[2];
    if (what == "bulk" && argc == 6) return bulk(argv[3], argv[4], static_cast<unsigned>(std::atoi(argv[5]))), 0;
    if (what == "open") return opening(argv[3]), 0;
    if (what == "speedtest1" && speedtest1_main != nullptr) return speedtest1_main(argc - 2, argv + 2);
    std::fprintf(stderr, "see the head of sqlite_peer.cpp\n");
    return 2;
}
