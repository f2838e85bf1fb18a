// SPDX-License-Identifier: Apache-2.0
// The pragmas that a connection to an encrypted database refuses, with a sentence that says what to do instead. The file itself is
// asked (SQLITE_FCNTL_PRAGMA), so this holds with whatever authorizer an application has.
// Depends on: SQLite. Used by encrypted_vfs and encrypted_database.
#pragma once

#include <sqlite3.h>

namespace keywright::sqlite::detail {

// Refused is what an application would take for something that it is not:
//   *key              SEE's, SQLCipher's and their likes'. SQLite ignores a pragma that it does not know, so whoever believes
//                     to have given a file another key has not; and the passphrase stands in traces.
//   *_store_directory moves files of the whole process, other connections' too, while they may be using them.
// Not refused, because nothing leaves in the clear by it:
//   temp_store        temporary tables, sorters and statement journals are encrypted where they are spilled to, or in memory.
//   mmap_size         answers 0: no page is read but through the VFS.
//   journal_mode, synchronous, locking_mode, secure_delete, cache_spill
//                     what is written is encrypted; how much of it survives a crash is the application's choice.
//   writable_schema, trusted_schema
//                     who can write the schema has the keys; SQLITE_DBCONFIG_DEFENSIVE is there for statements of strangers.
//   page_size         changes nothing once there are pages, as in any database without VACUUM.

/// Null where the pragma is not refused; else why, and what to do instead. One without a value changes nothing.
[[nodiscard]] inline const char* denial_of(const char* pragma, const char* value) noexcept {
    constexpr const char* keys = "sqlite: the key of this database comes from its environment's lease; leave this pragma out";
    constexpr const char* new_keys = "sqlite: this pragma gives no new key; keywright::sqlite::reencrypt does";
    constexpr const char* folder = "sqlite: this pragma moves files of the whole process; set SQLITE_TMPDIR before it starts";
    struct denial {
        const char* pragma;
        const char* why;
    };
    constexpr denial all[] = {{"key", keys},
                              {"hexkey", keys},
                              {"textkey", keys},
                              {"rekey", new_keys},
                              {"hexrekey", new_keys},
                              {"textrekey", new_keys},
                              {"temp_store_directory", folder},
                              {"data_store_directory", folder}};
    if (value == nullptr) return nullptr;
    for (const denial& each : all)
        if (sqlite3_stricmp(pragma, each.pragma) == 0) return each.why;
    return nullptr;
}

} // namespace keywright::sqlite::detail
