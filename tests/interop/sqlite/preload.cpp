// SPDX-License-Identifier: Apache-2.0
// Loaded before a program that uses SQLite's library (LD_PRELOAD): what it opens, attaches or vacuums into is an encrypted
// database, and the program does not know. In the environment:
//     KEYWRIGHT_EXERCISE=open    databases are opened by sqlite::open, as a product does
//     KEYWRIGHT_EXERCISE=vfs     they are opened by the program, in a VFS above ours that has a ticket for every file: then
//                                ATTACH and VACUUM INTO work too, and the program's own hooks are the only ones
//     else                       as they are; but pages have as many reserved bytes as encrypted ones, so the same pages
// Each connection has a function `md5sum`, which SQLite's own tests compare content by; it is some hash, not that.
#include "../../adapters/sqlite/sql.hpp"

#include <cstdlib>
#include <cstring>

#include <dlfcn.h>

using namespace keywright;
using encrypted_tests::lease;

namespace {

constexpr const char* exercising = "keywright-exercise";

/// SQLite's own function, below the one of this file.
template <class Function>
Function* below(Function*, const char* name) {
    return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

void reserve(sqlite3* db, const char* schema) {
    int bytes = envelope::page_reserve;
    sqlite3_file_control(db, schema, SQLITE_FCNTL_RESERVE_BYTES, &bytes);
}

/// Opens with a ticket what SQLite opens without one. Names are kept, as files point to them.
int open_with_ticket(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out) {
    sqlite3_vfs* ours = sqlite3_vfs_find(sqlite::detail::vfs_name);
    if ((flags & SQLITE_OPEN_MAIN_DB) == 0) return ours->xOpen(ours, name, file, flags, out);
    const sqlite::detail::ticket once(std::make_shared<sqlite::detail::page_access>(lease, envelope::page_suite::aes256_gcm));
    std::vector<const char*> parameters{sqlite::detail::ticket_parameter, once.number().c_str()};
    for (int i = 0; const char* key = sqlite3_uri_key(name, i); ++i)
        parameters.insert(parameters.end(), {key, sqlite3_uri_parameter(name, key)});
    const char* kept = sqlite3_create_filename(name, sqlite3_filename_journal(name), sqlite3_filename_wal(name),
                                               static_cast<int>(parameters.size() / 2), parameters.data());
    return ours->xOpen(ours, kept, file, flags, out);
}

struct content_hash {
    std::uint64_t now;
    static content_hash& of(sqlite3_context* context) {
        return *static_cast<content_hash*>(sqlite3_aggregate_context(context, sizeof(content_hash)));
    }
    static void step(sqlite3_context* context, int count, sqlite3_value** values) {
        std::uint64_t& hash = of(context).now;
        for (int i = 0; i < count; ++i) {
            const auto* text = reinterpret_cast<const char*>(sqlite3_value_text(values[i]));
            hash = hash * 31 + std::hash<std::string_view>()(text == nullptr ? "" : text) +
                   static_cast<std::uint64_t>(sqlite3_value_type(values[i]));
        }
    }
    static void end(sqlite3_context* context) {
        sqlite3_result_text(context, std::to_string(of(context).now).c_str(), -1, SQLITE_TRANSIENT);
    }
};

enum class way { plain, open, vfs };

/// At the first open, not before: a program may configure SQLite until then.
way chosen() {
    static const way once = [] {
        const char* word = std::getenv("KEYWRIGHT_EXERCISE");
        if (word == nullptr || (std::strcmp(word, "open") != 0 && std::strcmp(word, "vfs") != 0)) return way::plain;
        if (!sqlite::detail::encrypted_vfs::install()) std::abort();
        if (std::strcmp(word, "open") == 0) return way::open;
        static sqlite3_vfs above = *sqlite3_vfs_find(sqlite::detail::vfs_name);
        above.zName = exercising;
        above.pNext = nullptr;
        above.xOpen = open_with_ticket;
        sqlite3_vfs_register(&above, 1);
        return way::vfs;
    }();
    return once;
}

bool is_file(const char* path) {
    return path != nullptr && path[0] != 0 && std::strncmp(path, ":memory:", 8) != 0 && std::strncmp(path, "file:", 5) != 0;
}

} // namespace

extern "C" {

int sqlite3_open_v2(const char* path, sqlite3** db, int flags, const char* vfs) {
    static const auto open = below(&sqlite3_open_v2, "sqlite3_open_v2");
    const way how = vfs != nullptr && std::strcmp(vfs, sqlite::detail::vfs_name) == 0 ? way::plain : chosen();
    if (how == way::open && vfs == nullptr && is_file(path)) {
        auto opened = sqlite::open(
            path, lease,
            {.read_only = (flags & SQLITE_OPEN_READONLY) != 0, .create = (flags & SQLITE_OPEN_CREATE) != 0, .wait = seconds{0}});
        if (!opened) return open("/", db, flags, nullptr); // an error, and a handle that tells of it
        *db = opened->handle();
        new sqlite::connection(std::move(*opened).release()); // the program closes it
        return SQLITE_OK;
    }
    const int code = open(path, db, flags, vfs);
    if (code != SQLITE_OK) return code;
    reserve(*db, "main");
    sqlite3_create_function(*db, "md5sum", -1, SQLITE_UTF8, nullptr, nullptr, content_hash::step, content_hash::end);
    return code;
}
int sqlite3_open(const char* path, sqlite3** db) { return sqlite3_open_v2(path, db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr); }

/// After an ATTACH the new database, too, leaves room at the end of each page.
int sqlite3_step(sqlite3_stmt* statement) {
    static const auto step = below(&sqlite3_step, "sqlite3_step");
    const int code = step(statement);
    if (code != SQLITE_DONE) return code;
    const char* sql = sqlite3_sql(statement);
    while (sql != nullptr && std::strchr(" \n\t", *sql) != nullptr && *sql != 0) ++sql;
    if (sql == nullptr || sqlite3_strnicmp(sql, "attach", 6) != 0) return code;
    sqlite3* db = sqlite3_db_handle(statement);
    for (int i = 2; const char* schema = sqlite3_db_name(db, i); ++i) reserve(db, schema);
    return code;
}

} // extern "C"
