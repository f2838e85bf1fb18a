// SPDX-License-Identifier: Apache-2.0
// The right to write a database's header, and its pages below SQLite: the locks of all who write pages, log or header, and
// of those who read the file and take it to stand still. Others who read a log may go on.
// Depends on: encrypted_database. Used by adapters/sqlite/reencrypt and adapters/sqlite/generation.
#pragma once

#include <keywright/adapters/sqlite/encrypted_database.hpp>

#include <chrono>

namespace keywright::sqlite::detail {

/// `database_file` of the connection; null where it is none of ours.
inline main_file* file_of(sqlite3* db) noexcept {
    main_file* file = nullptr;
    return sqlite3_file_control(db, "main", control_file, static_cast<void*>(&file)) == SQLITE_OK ? file : nullptr;
}

/// Held until it goes out of scope. Move-only. Requires: the connection is used by nobody else meanwhile.
class sole_writer {
public:
    static constexpr int file_readers = 3; ///< the lock of those who read the file alone, in SQLite's log

    /// misused: this connection has a transaction; permission_denied: it may only read; timed_out: others kept at it for longer
    /// than `wait`; and what the lease says.
    [[nodiscard]] static result<sole_writer> begin(sqlite3* db, seconds wait) {
        main_file* file = file_of(db);
        if (file == nullptr) return fail(errc::misused, "sqlite: expected a connection to an encrypted database");
        if (sqlite3_db_readonly(db, "main") == 1) return fail(errc::permission_denied, "sqlite: expected a connection that may write");
        if (sqlite3_get_autocommit(db) == 0 || sqlite3_txn_state(db, "main") != SQLITE_TXN_NONE)
            return fail(errc::misused, "sqlite: expected no transaction of this connection; end it first");
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(wait.count);
        sole_writer held(db, *file);
        int code = held.take();
        while ((code & 0xff) == SQLITE_BUSY && std::chrono::steady_clock::now() < deadline) {
            sqlite3_sleep(2);
            code = held.take();
        }
        if (code != SQLITE_OK) return failure(*file, code, "sqlite: expected the right to write before the deadline");
        return held;
    }
    sole_writer(sole_writer&& other) noexcept
        : db_(std::exchange(other.db_, nullptr)), file_(other.file_), shared_(std::exchange(other.shared_, 0)) {}
    sole_writer& operator=(sole_writer&&) = delete;
    ~sole_writer() { let_go(); }

    main_file& file() const noexcept { return *file_; }
    /// Whether the file has a header, which is then at hand; false: nothing was ever written. Fails as the lease does.
    [[nodiscard]] result<bool> has_header() const {
        const int ready = file_->make_ready();
        if (ready == SQLITE_OK || ready == SQLITE_EMPTY) return ready == SQLITE_OK;
        return failure(*file_, ready, "sqlite: expected to read the header");
    }

    /// What SQLite's `code` stands for: what keywright said, where it comes from there.
    static tl::unexpected<error> failure(main_file& file, int code, const char* text) noexcept {
        const bool is_ours = code == refused || code == SQLITE_IOERR_DATA || code == SQLITE_NOTADB || code == SQLITE_IOERR_WRITE;
        if (is_ours && file.access().fault()) return tl::unexpected(*file.access().fault());
        if (const auto usable = file.access().check(); code == SQLITE_INTERRUPT && !usable) return tl::unexpected(usable.error());
        return connection::failure(code, text);
    }

private:
    // Locks of wal.c, documented in SQLite's "WAL-mode File Format": 0 the writer, 1 the checkpointer, 3 readers of the file alone.
    static constexpr int write_lock = 0, writers = 2;

    sole_writer(sqlite3* db, main_file& file) noexcept : db_(db), file_(&file) {}

    /// Without a log SQLite's exclusive transaction is all of it. With one that is no more than the right to append, and the
    /// transaction may itself read the file alone: it is ended, and has opened the log.
    int take() {
        int code = sqlite3_exec(db_, "BEGIN EXCLUSIVE", nullptr, nullptr, nullptr);
        if (code != SQLITE_OK || file_->level() == SQLITE_LOCK_EXCLUSIVE) return code;
        let_go();
        code = file_->lock_log(write_lock, writers, SQLITE_SHM_LOCK | SQLITE_SHM_EXCLUSIVE);
        if (code != SQLITE_OK) return code;
        shared_ = writers;
        code = file_->lock_log(file_readers, 1, SQLITE_SHM_LOCK | SQLITE_SHM_EXCLUSIVE);
        if (code == SQLITE_OK)
            ++shared_;
        else
            let_go();
        return code;
    }
    void let_go() noexcept {
        if (db_ == nullptr) return;
        if (shared_ > writers) (void)file_->lock_log(file_readers, 1, SQLITE_SHM_UNLOCK | SQLITE_SHM_EXCLUSIVE);
        if (shared_ > 0) (void)file_->lock_log(write_lock, writers, SQLITE_SHM_UNLOCK | SQLITE_SHM_EXCLUSIVE);
        shared_ = 0;
        if (sqlite3_get_autocommit(db_) == 0) sqlite3_exec(db_, "ROLLBACK", nullptr, nullptr, nullptr);
    }

    sqlite3* db_;
    main_file* file_;
    int shared_ = 0; // locks of the log that are held
};

} // namespace keywright::sqlite::detail
