// SPDX-License-Identifier: Apache-2.0
// What SQLite means by a lock in the shared memory of a write-ahead log (its file wal.c).
// Depends on: SQLite. Used by main_file.
#pragma once

#include <sqlite3.h>

namespace keywright::sqlite::detail {

/// One call of xShmLock.
struct log_lock {
    int offset, n, flags;

    bool is_taken() const noexcept { return (flags & SQLITE_SHM_LOCK) != 0; }
    /// As a reader, of the state that the mark in this place stands for: a transaction begins, or ends.
    bool is_of_reader() const noexcept { return n == 1 && offset >= first_read_mark && (flags & SQLITE_SHM_SHARED) != 0; }
    bool begins_reading() const noexcept { return is_of_reader() && is_taken(); }
    bool begins_writing_log() const noexcept { return is_exclusive() && offset == write_lock; }
    /// Of those who write log or pages, and of those who read the file alone. Under that of another mark nobody writes.
    bool is_of_writer() const noexcept { return is_exclusive() && offset <= first_read_mark; }
    /// 0: of those who read the file alone.
    int read_mark() const noexcept { return offset - first_read_mark; }

private:
    static constexpr int write_lock = 0, first_read_mark = 3; // WAL_WRITE_LOCK, WAL_READ_LOCK(0)
    bool is_exclusive() const noexcept { return is_taken() && (flags & SQLITE_SHM_EXCLUSIVE) != 0; }
};

} // namespace keywright::sqlite::detail
