// SPDX-License-Identifier: Apache-2.0
// What else is attached to a connection: beside an encrypted database none in the clear, into which a statement would copy. An
// authorizer denies it when it is attached; this finds it where an application has replaced that one.
// Depends on: SQLite. Used by encrypted_vfs.
#pragma once

#include <sqlite3.h>

#include <string_view>

namespace keywright::sqlite::detail {

/// Whether a database is attached that neither this VFS nor memory holds. A few instructions where none is. Before SQLite 3.39
/// there is no way to ask, and it is always false. `Connection`: sqlite3.
template <class Connection>
[[nodiscard]] bool has_clear_neighbour(Connection* db, std::string_view vfs) noexcept {
    if constexpr (requires { sqlite3_db_name(db, 2); }) {
        for (int i = 2;; ++i) { // behind main and temp, which are the connection's own
            const char* schema = sqlite3_db_name(db, i);
            if (schema == nullptr) return false;
            sqlite3_vfs* its = nullptr;
            const int code = sqlite3_file_control(db, schema, SQLITE_FCNTL_VFS_POINTER, static_cast<void*>(&its));
            if (code == SQLITE_OK && its != nullptr && its->zName != vfs && its->zName != std::string_view("memdb")) return true;
        }
    }
    return false;
}

} // namespace keywright::sqlite::detail
