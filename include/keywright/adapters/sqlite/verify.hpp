// SPDX-License-Identifier: Apache-2.0
// Every page of an encrypted database read and proved, free ones too, and the numbers of those that do not open.
// What SQLite's `PRAGMA integrity_check` looks at is another thing: whether the pages make sense together.
// Depends on: adapters/sqlite/encrypted_database, journal_mode. Use: `const auto survey = sqlite::survey_pages(*db);`
#pragma once

#include <keywright/adapters/sqlite/encrypted_database.hpp>
#include <keywright/adapters/sqlite/journal_mode.hpp>

namespace keywright::sqlite {

struct page_survey {
    static constexpr std::size_t told = 1000;

    std::uint32_t pages = 0;              ///< of the file; what only stands in a write-ahead log is not among them
    std::uint32_t damaged = 0;            ///< how many were altered, moved or cut
    std::vector<std::uint32_t> numbers{}; ///< of the damaged ones, the first 1000; page 1 is the first
};

namespace detail {

/// SQLite's own handle of the main file: another one, once closed, would drop the locks of all.
inline sqlite3_file* raw_file_of(sqlite3* db) noexcept {
    sqlite3_file* file = nullptr;
    sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, static_cast<void*>(&file));
    return file;
}

/// The failing half: what keywright found wrong, where SQLite says only that it could not read.
inline tl::unexpected<error> unreadable(const database& db, int code) {
    const auto fault = last_error(db.handle());
    const bool is_ours = (code & 0xff) == SQLITE_IOERR || (code == SQLITE_INTERRUPT && fault && fault->code == errc::locked);
    if (is_ours && fault) return tl::unexpected(*fault);
    return connection::failure(code, "sqlite: expected to read the database");
}

/// The transaction of a survey, until it goes out of scope; where there is one, a part of that.
struct survey_scope {
    sqlite3* db;
    ~survey_scope() { sqlite3_exec(db, "RELEASE survey", nullptr, nullptr, nullptr); }
};

/// Begins to read; how large pages are. Where the first page does not open nobody can write either, and its beginning
/// tells the size all the same.
inline result<sqlite3_int64> begin_survey(const database& db) {
    const auto begun = ask(db.handle(), "SAVEPOINT survey; SELECT count(*) FROM sqlite_schema", "");
    if (!begun && begun.error().native != SQLITE_IOERR_DATA) return unreadable(db, begun.error().native);
    std::array<std::uint8_t, 100> head{};
    sqlite3_file* file = raw_file_of(db.handle());
    const int code = file->pMethods->xRead(file, head.data(), head.size(), 0);
    if (code != SQLITE_OK && code != SQLITE_IOERR_SHORT_READ) return unreadable(db, code);
    return std::max(head[16] << 8 | head[17] << 16, 512);
}

} // namespace detail

/// Reads the whole file in one transaction; others go on reading. `progress` is told of bytes done and in all, and may be
/// empty. Fails where nothing can be said: a lock, an error of the disk. Thread safety: needs the connection alone.
[[nodiscard]] inline result<page_survey> survey_pages(const database& db,
                                                      const std::function<void(std::uint64_t, std::uint64_t)>& progress = {}) {
    const detail::survey_scope ends{db.handle()};
    const auto size = detail::begin_survey(db);
    if (!size) return pass(size);
    Botan::secure_vector<std::uint8_t> page(static_cast<std::size_t>(*size));
    sqlite3_file* file = detail::raw_file_of(db.handle());
    sqlite3_int64 end = 0;
    page_survey found;
    int code = file->pMethods->xFileSize(file, &end);
    for (sqlite3_int64 at = 0; code == SQLITE_OK && at < end; at += *size) {
        code = file->pMethods->xRead(file, page.data(), static_cast<int>(*size), at);
        ++found.pages;
        if (code == SQLITE_IOERR_DATA || code == SQLITE_IOERR_SHORT_READ) {
            code = SQLITE_OK;
            if (found.damaged++ < page_survey::told) found.numbers.push_back(found.pages);
        }
        if (progress) progress(static_cast<std::uint64_t>(std::min(at + *size, end)), static_cast<std::uint64_t>(end));
    }
    if (code != SQLITE_OK) return detail::unreadable(db, code);
    return found;
}

} // namespace keywright::sqlite
