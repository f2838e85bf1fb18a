// SPDX-License-Identifier: Apache-2.0
// A consumer of the state store in SQLite.
#include <keywright/adapters/sqlite/state_store.hpp>

#include <sqlite3.h>

#include <cstdio>

int main() {
    static_assert(keywright::ports::check_state_store<keywright::sqlite::state_store>());
    std::puts(sqlite3_libversion_number() > 3000000 ? "sqlite: works" : "sqlite: fails");
}
