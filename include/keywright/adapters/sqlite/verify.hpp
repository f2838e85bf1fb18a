// SPDX-License-Identifier: Apache-2.0
// Every page of an encrypted database read and proved, free ones too, and the numbers of those that do not open.
// What SQLite's `PRAGMA integrity_check` looks at is another thing: whether the pages make sense together.
// Depends on: adapters/sqlite/encrypted_database, encrypted/log_pages, journal_mode. Use: `const auto survey = sqlite::survey_pages(*db);`
#pragma once

#include <keywright/adapters/sqlite/encrypted/log_pages.hpp>
#include <keywright/adapters/sqlite/encrypted/sole_writer.hpp>
#include <keywright/adapters/sqlite/journal_mode.hpp>

namespace keywright::sqlite {

struct page_survey {
    static constexpr std::size_t told = 1000;

    std::uint32_t pages = 0;              ///< of the file, with those that were cut off; what only stands in a log is not among them
    std::uint32_t damaged = 0;            ///< how many were altered, moved or cut, and will not be replaced out of the log
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

/// How a survey stands once it has begun to read.
struct survey_state {
    sqlite3_file* file;
    std::int64_t page_size;
    std::int64_t end = 0; // of all pages, with those that were cut off
    log_pages in_log{};
    int trouble = SQLITE_OK; // what SQLite thinks of the database; the pages will tell why
};

/// Where the first page does not open, or counts pages that the file has not, nobody can write either, and its beginning tells
/// the size all the same.
inline result<survey_state> begin_survey(const database& db) {
    const auto begun = ask(db.handle(), "SAVEPOINT survey; SELECT count(*) FROM sqlite_schema", "");
    const int trouble = begun ? SQLITE_OK : begun.error().native;
    if (!begun && trouble != SQLITE_IOERR_DATA && (trouble & 0xff) != SQLITE_CORRUPT) return unreadable(db, trouble);
    std::array<std::uint8_t, 100> head{};
    survey_state state{.file = raw_file_of(db.handle()), .page_size = 0, .trouble = trouble};
    int code = state.file->pMethods->xRead(state.file, head.data(), head.size(), 0);
    if (code != SQLITE_OK && code != SQLITE_IOERR_SHORT_READ) return unreadable(db, code);
    state.page_size = std::max(head[16] << 8 | head[17] << 16, 512);
    sqlite3_int64 size = 0;
    code = state.file->pMethods->xFileSize(state.file, &size);
    // With marks of readers in it a log holds pages that are not in the file yet, or are just being written there.
    main_file* ours = file_of(db.handle());
    if (code == SQLITE_OK && begun && ours != nullptr && !ours->reads_file_alone())
        code = state.in_log.find(db.handle(), static_cast<std::size_t>(state.page_size));
    if (code != SQLITE_OK) return unreadable(db, code);
    state.end = std::max<std::int64_t>(size, std::int64_t{pages_counted(head)} * state.page_size);
    return state;
}

} // namespace detail

/// Reads the whole file in one transaction; others go on reading, and writing into a log. `progress` is told of bytes done and in
/// all, and may be empty. Fails where nothing can be said: a lock, an error of the disk; corrupt: SQLite cannot read the database
/// although every page is as it was written. Thread safety: needs the connection alone.
[[nodiscard]] inline result<page_survey> survey_pages(const database& db,
                                                      const std::function<void(std::uint64_t, std::uint64_t)>& progress = {}) {
    const detail::survey_scope ends{db.handle()};
    auto state = detail::begin_survey(db);
    if (!state) return pass(state);
    Botan::secure_vector<std::uint8_t> page(static_cast<std::size_t>(state->page_size));
    page_survey found;
    int code = SQLITE_OK;
    for (std::int64_t at = 0; code == SQLITE_OK && at < state->end; at += state->page_size) {
        code = state->file->pMethods->xRead(state->file, page.data(), static_cast<int>(state->page_size), at);
        ++found.pages;
        if (code == SQLITE_IOERR_DATA || code == SQLITE_IOERR_SHORT_READ) {
            code = SQLITE_OK;
            if (!state->in_log.has(found.pages) && found.damaged++ < page_survey::told) found.numbers.push_back(found.pages);
        }
        if (progress)
            progress(static_cast<std::uint64_t>(std::min(at + state->page_size, state->end)), static_cast<std::uint64_t>(state->end));
    }
    if (code == SQLITE_OK && found.damaged == 0) code = state->trouble;
    if (code != SQLITE_OK) return detail::unreadable(db, code);
    return found;
}

} // namespace keywright::sqlite
