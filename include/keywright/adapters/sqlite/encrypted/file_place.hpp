// SPDX-License-Identifier: Apache-2.0
// Whether a database file still has its name: in one that was moved, removed or replaced nobody sees what is written.
// Depends on: keys/epoch (its clock), SQLite's file methods. Used by main_file.
#pragma once

#include <keywright/keys/epoch.hpp>

#include <sqlite3.h>

namespace keywright::sqlite::detail {

/// Thread safety: one thread at a time.
class file_place {
public:
    /// The file system is asked what the path leads to, which takes about as long as a small read transaction.
    bool is_lost(sqlite3_file* below) noexcept {
        int moved = 0;
        is_lost_ = below->pMethods->xFileControl(below, SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK && moved != 0;
        asked_at_ = keys::running_time();
        return is_lost_;
    }
    /// The same, for those who only read, or have a log: that it has its name may be a millisecond old. A file that is back is read at once.
    bool was_lost(sqlite3_file* below) noexcept { return (is_lost_ || keys::running_time() - asked_at_ >= a_moment) && is_lost(below); }

private:
    static constexpr std::chrono::milliseconds a_moment{1};
    std::chrono::nanoseconds asked_at_{-a_moment};
    bool is_lost_ = false;
};

} // namespace keywright::sqlite::detail
