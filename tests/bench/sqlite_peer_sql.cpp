// SPDX-License-Identifier: Apache-2.0
// A library that is told by SQL what to encrypt with, such as `PRAGMA key`; no SQL is SQLite as it is.
#include "sqlite_peer.hpp"
#include "sqlite_steps.hpp"

sqlite3* bench::open_database(const std::string& path, const std::string& how) {
    sqlite3* db = nullptr;
    if (sqlite3_open(path.c_str(), &db) != SQLITE_OK) std::exit(1);
    run(db, how);
    return db;
}
void bench::close_database(sqlite3* db) { sqlite3_close(db); }
