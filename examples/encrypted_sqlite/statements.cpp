// SPDX-License-Identifier: Apache-2.0
#include "statements.hpp"

#include "../common/printable.hpp"
#include "database_keys.hpp"

namespace encrypted_sqlite {

using namespace keywright;

namespace {

struct finalizer {
    void operator()(sqlite3_stmt* made) const { sqlite3_finalize(made); }
};
using statement = std::unique_ptr<sqlite3_stmt, finalizer>;

outcome<void> step_all(desk& at, sqlite3_stmt* rows, const std::function<void(sqlite3_stmt*)>& row) {
    int code = sqlite3_step(rows);
    for (; code == SQLITE_ROW; code = sqlite3_step(rows)) row(rows);
    if (code == SQLITE_DONE) return {};
    return tl::unexpected(why_failed(at));
}

} // namespace

trouble why_failed(const desk& at) {
    const int code = sqlite3_extended_errcode(at.db);
    const auto fault = sqlite::last_error(at.db);
    const bool from_below = (code & 0xff) == SQLITE_IOERR || (code & 0xff) == SQLITE_NOTADB;
    if (from_below && fault) return why_closed(*fault, at.given, at.keys);
    // A statement that was running when the lock came is interrupted; nothing else interrupts it but Ctrl-C.
    if (code == SQLITE_INTERRUPT && fault && fault->code == errc::locked) return why_closed(*fault, at.given, at.keys);
    const std::string said = example::printable(sqlite3_errmsg(at.db));
    switch (code & 0xff) {
    case SQLITE_BUSY: return {exit_code::busy, at.given.file, said, "another program uses it: wait until that is done"};
    case SQLITE_FULL: return {exit_code::storage_full, at.given.file, said, "make room, or raise PRAGMA max_page_count"};
    case SQLITE_IOERR: return {exit_code::io_failed, at.given.file, said, "look whether the disk is in order"};
    case SQLITE_CORRUPT: return {exit_code::content_damaged, at.given.file, said, "see what is left: encrypted_sqlite verify FILE"};
    case SQLITE_AUTH:
        return {exit_code::statement_failed, {}, said, "databases in the clear are not attached to an encrypted one; .dump writes SQL"};
    default: return {exit_code::statement_failed, {}, said};
    }
}

outcome<void> run(desk& at, std::string_view sql) {
    while (!sql.empty()) {
        sqlite3_stmt* raw = nullptr;
        const char* rest = nullptr;
        const int code = sqlite3_prepare_v2(at.db, sql.data(), static_cast<int>(sql.size()), &raw, &rest);
        const statement prepared(raw);
        if (code != SQLITE_OK) return tl::unexpected(why_failed(at));
        sql.remove_prefix(static_cast<std::size_t>(rest - sql.data()));
        if (raw == nullptr) continue; // a comment, or blank
        const bool has_rows = sqlite3_column_count(raw) > 0;
        if (has_rows) at.out.begin(raw);
        auto done = step_all(at, raw, [&](sqlite3_stmt* rows) { at.out.row(rows); });
        if (has_rows) at.out.end();
        if (!done) return done;
    }
    return {};
}

outcome<void> each_row(desk& at, const char* sql, const std::string& bound, const std::function<void(sqlite3_stmt*)>& row) {
    sqlite3_stmt* raw = nullptr;
    const int code = sqlite3_prepare_v2(at.db, sql, -1, &raw, nullptr);
    const statement prepared(raw);
    if (code != SQLITE_OK) return tl::unexpected(why_failed(at));
    if (sqlite3_bind_parameter_count(raw) > 0) sqlite3_bind_text(raw, 1, bound.data(), static_cast<int>(bound.size()), SQLITE_TRANSIENT);
    return step_all(at, raw, row);
}

} // namespace encrypted_sqlite
