// SPDX-License-Identifier: Apache-2.0
// The file of a state store: told apart from other files, made, and opened so that it keeps its promises.
// Depends on: adapters/sqlite/journal_mode. Used by adapters/sqlite/state_store.
#pragma once

#include <keywright/adapters/sqlite/journal_mode.hpp>

#include <sys/stat.h>

namespace keywright::sqlite::detail {

// Layout, version 1: an SQLite 3 database in WAL mode with
//   application id  0x6b777374 ("kwst", bytes 68 to 71 of the file)
//   user version    1 (bytes 60 to 63)
//   records         key BLOB PRIMARY KEY, version INTEGER, value BLOB; see ports/state_store.hpp
//   commits         one row: the number of the last commit, and of the last one that `scrub` has cleaned up after
inline constexpr std::uint32_t store_application_id = 0x6b777374;
inline constexpr std::uint32_t store_format_version = 1;
inline constexpr const char* store_schema = "CREATE TABLE records(key BLOB PRIMARY KEY NOT NULL, version INTEGER NOT NULL,"
                                            " value BLOB NOT NULL) STRICT, WITHOUT ROWID;"
                                            "CREATE TABLE commits(id INTEGER PRIMARY KEY CHECK (id = 1), last INTEGER NOT NULL,"
                                            " scrubbed INTEGER NOT NULL) STRICT;"
                                            "INSERT INTO commits VALUES (1, 0, 0);"
                                            "PRAGMA application_id = 0x6b777374;"
                                            "PRAGMA user_version = 1;";

/// Whether there is a log or a journal that SQLite may mend the file with.
inline bool is_mendable(const connection& db) {
    const char* name = sqlite3_db_filename(db.handle(), "main");
    struct stat about{};
    return (::stat(sqlite3_filename_wal(name), &about) == 0 && about.st_size > 0) ||
           (::stat(sqlite3_filename_journal(name), &about) == 0 && about.st_size > 0);
}

/// Whether the file ends within a page: where nothing mends it, its tail is missing, which SQLite would read as zeros.
inline bool is_cut(std::int64_t size, const std::uint8_t* head) {
    const std::int64_t page_size = load_be<std::uint16_t>(head + 16) == 1 ? 65536 : load_be<std::uint16_t>(head + 16);
    return page_size == 0 || size % page_size != 0;
}

/// Reads the header through SQLite's own file handle, without locks, journals or recovery, so that a file that is not
/// ours stays as it is: an empty file may become a store, everything else must be one. (A second handle, once closed, would drop the locks of every connection in the process.)
[[nodiscard]] inline result<void> recognise(const connection& db) {
    sqlite3_file* file = nullptr;
    sqlite3_file_control(db.handle(), "main", SQLITE_FCNTL_FILE_POINTER, static_cast<void*>(&file));
    if (file == nullptr || file->pMethods == nullptr) return fail(errc::internal, "sqlite store: expected SQLite to have opened the file");
    sqlite3_int64 size = 0;
    if (const int code = file->pMethods->xFileSize(file, &size); code != SQLITE_OK)
        return connection::failure(code, "sqlite store: expected to learn the file's size");
    if (size == 0) return {};
    std::uint8_t head[100];
    const int code = size < 100 ? SQLITE_NOTADB : file->pMethods->xRead(file, head, sizeof head, 0);
    if (code != SQLITE_OK && code != SQLITE_NOTADB) return connection::failure(code, "sqlite store: expected to read the file's header");
    const bool is_blank = code == SQLITE_OK && std::all_of(head, head + sizeof head, [](std::uint8_t byte) { return byte == 0; });
    if (is_blank && is_mendable(db)) return {}; // making it was cut short before its first page
    if (code == SQLITE_NOTADB || as_text(byte_view(head, 16)) != std::string_view("SQLite format 3\0", 16))
        return fail(errc::corrupt, "sqlite store: expected a database, the file is damaged or something else; restore it from a backup");
    if (load_be<std::uint32_t>(head + 68) != store_application_id)
        return fail(errc::malformed, "sqlite store: expected a state store, the file is another program's database; give another path");
    if (load_be<std::uint32_t>(head + 60) > store_format_version)
        return fail(errc::unsupported, "sqlite store: expected format version 1, the file has a later one; use the program that wrote it");
    if (is_cut(size, head) && !is_mendable(db))
        return fail(errc::corrupt, "sqlite store: expected a whole file, its end is missing; restore it from a backup");
    return {};
}

/// What holds for this connection only. secure_delete comes before anything is written.
[[nodiscard]] inline result<void> prepare_connection(const connection& db) {
    if (sqlite3_db_readonly(db.handle(), "main") == 1)
        return fail(errc::permission_denied, "sqlite store: expected the right to write to the file");
    return db.run("PRAGMA secure_delete = ON;"
                  "PRAGMA temp_store = MEMORY;"
                  "PRAGMA trusted_schema = OFF;"
                  "PRAGMA cell_size_check = ON;"
                  "PRAGMA foreign_keys = ON;"
                  "PRAGMA synchronous = FULL;",
                  "sqlite store: expected to set up the connection");
}

/// Also the first real access: here SQLite undoes what a killed process left half done.
[[nodiscard]] inline result<bool> has_tables(const connection& db) {
    constexpr const char* text = "sqlite store: expected to read the schema";
    const auto count = statement::prepare(db, "SELECT count(*) FROM sqlite_schema", text);
    if (!count) return pass(count);
    query counting(*count, text);
    const auto row = counting.step();
    if (!row) return pass(row);
    return counting.column_number(0) != 0;
}

/// Makes the tables, unless another process was faster. In a rollback journal, not in WAL, so that the application id
/// is in the file itself from the first commit on.
[[nodiscard]] inline result<void> make_tables(const connection& db) {
    transaction all(db);
    if (auto begun = all.begin(); !begun) return begun;
    const auto made_meanwhile = has_tables(db);
    if (!made_meanwhile) return pass(made_meanwhile);
    if (*made_meanwhile) return {};
    if (auto made = db.run(store_schema, "sqlite store: expected to make the tables"); !made) return made;
    return all.commit();
}

/// Makes the name without opening it (readable by its owner alone), where it is not there yet.
[[nodiscard]] inline result<void> make_store_name(const std::string& path) {
    if (path.empty() || path.starts_with(':') || path.starts_with("file:"))
        return fail(errc::unsupported, "sqlite store: expected a plain path, not a URI or a name that is special to SQLite");
    if (::mknod(path.c_str(), S_IFREG | S_IRUSR | S_IWUSR, 0) != 0 && errno != EEXIST)
        return file::fail_errno("sqlite store: expected a folder in which the file can be made");
    return {};
}

/// Makes a store of a file that is one, or empty.
[[nodiscard]] inline result<void> make_ready(const connection& db, std::chrono::steady_clock::time_point deadline) {
    if (auto done = prepare_connection(db); !done) return done;
    const auto made = has_tables(db);
    if (!made) return pass(made);
    // A header alone does not say that the tables are there: the process that made them may have been killed.
    if (!*made) {
        if (auto done = make_tables(db); !done) return done;
        if (auto known = recognise(db); !known) return known;
    }
    return set_journal_mode(db.handle(), "wal", deadline, "sqlite store: expected the file system to support a write-ahead log");
}

/// Opens the store in `path`, makes it where there is none (readable by its owner alone).
[[nodiscard]] inline result<connection> open_store_file(const std::string& path, seconds wait) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(wait.count);
    if (const auto named = make_store_name(path); !named) return pass(named);
    auto db = connection::open(path, SQLITE_OPEN_READWRITE, wait);
    if (!db) return db;
    if (const auto known = recognise(*db); !known) return pass(known);
    if (const auto done = make_ready(*db, deadline); !done) return pass(done);
    return db;
}

} // namespace keywright::sqlite::detail
