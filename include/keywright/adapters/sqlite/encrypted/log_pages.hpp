// SPDX-License-Identifier: Apache-2.0
// Which pages stand in a write-ahead log, and in which of its frames, as of the commit that was the last when it was asked:
// so whoever copies a database needs no pause of those who write it.
// Depends on: SQLite's file methods. Used by snapshot and adapters/sqlite/verify.
#pragma once

#include <keywright/core/bytes.hpp>

#include <sqlite3.h>

#include <array>
#include <atomic>
#include <unordered_map>

namespace keywright::sqlite::detail {

// SQLite's "WAL-mode File Format": the shared index begins with its version, 4 bytes of padding, a counter, flags and the page
// size, then, in the order of the machine, the number of frames that are committed. The log is not begun anew while a reader
// has a mark in it, so those frames stay where they are; and a commit only adds to them.

/// Thread safety: one thread at a time.
class log_pages {
public:
    /// Of the database of `db`, through whose file the log is read. Requires: a read transaction that has a mark in the log,
    /// from here to the last `read`. Gives SQLite's codes; SQLITE_CORRUPT: the log is shorter than its index says.
    int find(sqlite3* db, std::size_t page_size) {
        page_size_ = page_size;
        sqlite3_file* database = nullptr;
        int code = sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, static_cast<void*>(&database));
        if (code == SQLITE_OK) code = sqlite3_file_control(db, "main", SQLITE_FCNTL_JOURNAL_POINTER, static_cast<void*>(&log_));
        void volatile* index = nullptr;
        if (code == SQLITE_OK) code = database->pMethods->xShmMap(database, 0, index_region, 0, &index);
        if (code != SQLITE_OK) return code;
        if (index == nullptr || log_ == nullptr || log_->pMethods == nullptr) return SQLITE_INTERNAL;
        auto& committed = static_cast<std::uint32_t*>(const_cast<void*>(index))[frames_committed];
        return index_frames(std::atomic_ref(committed).load(std::memory_order_acquire));
    }

    /// How many pages the database has by the log; 0: no frame is in it.
    std::uint32_t pages() const noexcept { return pages_; }
    bool has(std::uint32_t number) const { return frames_.contains(number); }
    /// In the clear. Requires: `has(number)`, and room for a page.
    int read(std::uint32_t number, byte_span out) {
        return log_->pMethods->xRead(log_, out.data(), static_cast<int>(out.size()),
                                     place_of(frames_.at(number)) + static_cast<std::int64_t>(frame_header));
    }

private:
    static constexpr int index_region = 32768, frames_committed = 4;
    static constexpr std::size_t header = 32, frame_header = 24;

    std::int64_t place_of(std::uint32_t frame) const noexcept {
        return static_cast<std::int64_t>(header + (frame - 1) * (frame_header + page_size_));
    }
    int index_frames(std::uint32_t count) {
        for (std::uint32_t frame = 1; frame <= count; ++frame) {
            std::array<std::uint8_t, 8> says{}; // page, and in a commit's last frame the database's pages
            const int code = log_->pMethods->xRead(log_, says.data(), static_cast<int>(says.size()), place_of(frame));
            if (code != SQLITE_OK) return code == SQLITE_IOERR_SHORT_READ ? SQLITE_CORRUPT : code;
            frames_[load_be<std::uint32_t>(says.data())] = frame;
            pages_ = load_be<std::uint32_t>(says.data() + 4);
        }
        return count > 0 && pages_ == 0 ? SQLITE_CORRUPT : SQLITE_OK;
    }

    sqlite3_file* log_ = nullptr;
    std::size_t page_size_ = 0;
    std::unordered_map<std::uint32_t, std::uint32_t> frames_; // the last of each page
    std::uint32_t pages_ = 0;
};

} // namespace keywright::sqlite::detail
