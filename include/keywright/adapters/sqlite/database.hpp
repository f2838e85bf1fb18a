// SPDX-License-Identifier: Apache-2.0
// SQLite's handles as owned values: a connection, a prepared statement, one run of it, a transaction.
// Texts of errors are the caller's or ours, never SQLite's, because SQLite quotes what it was given.
// Depends on: core, adapters/file/durable (errno), SQLite 3.37 or later.
// Use: `auto db = sqlite::connection::open("a.db", SQLITE_OPEN_READWRITE, seconds{5});`
#pragma once

#include <keywright/adapters/file/durable.hpp>
#include <keywright/core/bytes.hpp>
#include <keywright/core/result.hpp>
#include <keywright/core/time.hpp>

#include <sqlite3.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <string>
#include <string_view>

namespace keywright::sqlite {

/// The code that one of SQLite's result codes stands for, primary or extended. `system_errno` is the errno below it,
/// where there is one: a full disk, a quota or a file size limit can come as an error of input and output.
constexpr errc errc_of(int code, int system_errno = 0) noexcept {
    const errc below = file::errc_of(system_errno);
    switch (code & 0xff) {
    case SQLITE_BUSY: return errc::timed_out; // SQLite has waited for as long as the connection allows
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:
    case SQLITE_INTERRUPT:
    case SQLITE_NOMEM: return errc::unavailable;
    case SQLITE_FULL: return errc::storage_full;
    case SQLITE_IOERR: return below == errc::storage_full ? errc::storage_full : errc::io_failed;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return errc::corrupt;
    case SQLITE_CANTOPEN: return below == errc::not_found || below == errc::unavailable ? below : errc::permission_denied;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH: return errc::permission_denied;
    case SQLITE_TOOBIG: return errc::limit_exceeded;
    default: return errc::internal;
    }
}

/// Owns an open database. Movable. One thread at a time.
class connection {
public:
    connection() = default;
    /// Takes over what was opened elsewhere.
    explicit connection(sqlite3* open) noexcept : handle_(open) {}

    /// `flags` are SQLite's SQLITE_OPEN_ flags. A call that finds the file locked waits for up to `wait`.
    [[nodiscard]] static result<connection> open(const std::string& path, int flags, seconds wait) {
        connection opened;
        sqlite3* raw = nullptr;
        errno = 0;
        const int code = sqlite3_open_v2(path.c_str(), &raw, flags | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_NOMUTEX, nullptr);
        opened.handle_.reset(raw);
        if (code != SQLITE_OK) return failure(code, "sqlite: expected to open the database file");
        opened.wait_at_most(wait.count * 1000);
        return opened;
    }

    sqlite3* handle() const noexcept { return handle_.get(); }

    /// How long a call waits for another connection's lock from now on; 0 or less: not at all.
    void wait_at_most(std::int64_t milliseconds) const noexcept {
        sqlite3_busy_timeout(handle(), static_cast<int>(std::clamp<std::int64_t>(milliseconds, 0, std::numeric_limits<int>::max())));
    }

    /// Runs statements that take no values; rows are dropped.
    [[nodiscard]] result<void> run(const char* sql, const char* text) const {
        errno = 0;
        const int code = sqlite3_exec(handle(), sql, nullptr, nullptr, nullptr);
        if (code != SQLITE_OK) return failure(code, text);
        return {};
    }

    /// What `code`, just returned by a call on this connection, is called here. `text` must be a literal. Takes errno as
    /// the call left it, set to 0 before: SQLite tells of a write beyond a quota only "input or output error".
    static tl::unexpected<error> failure(int code, const char* text) noexcept { return fail(errc_of(code, errno), text, code); }

private:
    struct closer {
        void operator()(sqlite3* open) const noexcept { sqlite3_close_v2(open); }
    };
    std::unique_ptr<sqlite3, closer> handle_;
};

/// Owns a prepared statement; must not outlive its connection's last use. Movable. One thread at a time.
class statement {
public:
    statement() = default;

    /// For statements that are kept: `sql` is compiled once.
    [[nodiscard]] static result<statement> prepare(const connection& db, std::string_view sql, const char* text) {
        statement made;
        sqlite3_stmt* raw = nullptr;
        errno = 0;
        const int code =
            sqlite3_prepare_v3(db.handle(), sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
        made.handle_.reset(raw);
        if (code != SQLITE_OK) return connection::failure(code, text);
        return made;
    }

    sqlite3_stmt* handle() const noexcept { return handle_.get(); }

private:
    struct closer {
        void operator()(sqlite3_stmt* made) const noexcept { sqlite3_finalize(made); }
    };
    std::unique_ptr<sqlite3_stmt, closer> handle_;
};

/// One run of a kept statement. What is bound is not copied and must live as long as the run; a column's bytes live
/// until the next `step`. When the run goes out of scope the statement is reset, and with it ends its read transaction.
class query {
public:
    query(const statement& made, const char* text) noexcept : made_(made.handle()), text_(text) {}
    query(const query&) = delete;
    query& operator=(const query&) = delete;
    ~query() {
        sqlite3_reset(made_);
        sqlite3_clear_bindings(made_);
    }

    /// Bytes are a BLOB and a text is TEXT, which SQLite never finds equal: search for what was stored by what it was stored as.
    query& bind(int place, byte_view value) noexcept {
        // Null data would bind NULL where an empty value is meant; likewise below.
        const void* data = value.empty() ? static_cast<const void*>("") : value.data();
        return note(sqlite3_bind_blob64(made_, place, data, value.size(), nullptr));
    }
    /// UTF-8.
    query& bind(int place, std::string_view value) noexcept {
        const char* data = value.empty() ? "" : value.data();
        return note(sqlite3_bind_text64(made_, place, data, value.size(), nullptr, SQLITE_UTF8));
    }
    query& bind(int place, std::int64_t value) noexcept { return note(sqlite3_bind_int64(made_, place, value)); }

    /// True when there is a row, false at the end.
    [[nodiscard]] result<bool> step() noexcept {
        errno = 0;
        const int code = bound_ == SQLITE_OK ? sqlite3_step(made_) : bound_;
        if (code == SQLITE_ROW) return true;
        if (code == SQLITE_DONE) return false;
        return connection::failure(code, text_);
    }
    /// To the end, rows dropped.
    [[nodiscard]] result<void> finish() noexcept {
        auto more = step();
        while (more && *more) more = step();
        if (!more) return pass(more);
        return {};
    }

    byte_view column_bytes(int place) const noexcept {
        const auto* data = static_cast<const std::uint8_t*>(sqlite3_column_blob(made_, place));
        return {data, data == nullptr ? 0 : static_cast<std::size_t>(sqlite3_column_bytes(made_, place))};
    }
    std::string_view column_text(int place) const noexcept {
        const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(made_, place));
        return {data, data == nullptr ? 0 : static_cast<std::size_t>(sqlite3_column_bytes(made_, place))};
    }
    std::int64_t column_number(int place) const noexcept { return sqlite3_column_int64(made_, place); }

private:
    query& note(int code) noexcept {
        if (bound_ == SQLITE_OK) bound_ = code;
        return *this;
    }

    sqlite3_stmt* made_;
    const char* text_;
    int bound_ = SQLITE_OK;
};

/// A transaction that is rolled back unless it was committed.
class transaction {
public:
    explicit transaction(const connection& db) noexcept : db_(db) {}
    transaction(const transaction&) = delete;
    transaction& operator=(const transaction&) = delete;
    ~transaction() {
        // SQLite has rolled back by itself after some errors; nothing more can be done about a failure here, and the
        // next transaction tells.
        if (begun_ && sqlite3_get_autocommit(db_.handle()) == 0) sqlite3_exec(db_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
    }

    /// Takes the right to write at once, so that nothing read inside can be outdated when it is written.
    [[nodiscard]] result<void> begin() {
        auto done = db_.run("BEGIN IMMEDIATE", "sqlite: expected the right to write before the deadline");
        begun_ = done.has_value();
        return done;
    }
    [[nodiscard]] result<void> commit() {
        auto done = db_.run("COMMIT", "sqlite: expected to commit");
        if (done) begun_ = false;
        return done;
    }

private:
    const connection& db_;
    bool begun_ = false;
};

} // namespace keywright::sqlite
