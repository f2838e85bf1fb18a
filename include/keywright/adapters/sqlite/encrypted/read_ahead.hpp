// SPDX-License-Identifier: Apache-2.0
// Sealed pages that are asked for one after the other come from the file several at a time: a system call costs about as
// much as what it copies. What is held is ciphertext, and is opened only when it is asked for.
// Depends on: SQLite's file methods. Used by main_file, also for log_file.
#pragma once

#include <keywright/core/bytes.hpp>

#include <sqlite3.h>

#include <algorithm>

namespace keywright::sqlite::detail {

// INVARIANT: what is held is what a read now would give. Its owner says `forget` at each change of a lock, and `give_up` what
// it is about to write. Between those nothing changes that SQLite asks for: others write into a database only while nobody
// reads it or, from a log, pages that this connection then finds in the log; and they write behind the frames of a log that
// it knows of, or begin the log anew when nobody reads it (wal.c, on read marks). Where it does not open, it is read once more.

/// Takes memory once, when something is read in a row. Thread safety: one thread at a time.
class read_ahead {
public:
    static constexpr std::int64_t window = 32'768; ///< bytes at a time; larger ones leave the processor's nearest cache

    /// The `size` bytes at `at`, where they are held or are worth to come with what follows them; else nothing: read them.
    byte_view find(sqlite3_file* below, std::int64_t at, std::size_t size) {
        const auto step = static_cast<std::int64_t>(size);
        row_ = at > last_ && at <= last_ + 2 * step ? row_ + 1 : 1; // a page of another kind may lie between
        last_ = at;
        if (!holds(at, step) && row_ >= long_enough && step <= window / 4) fill(below, at, step);
        return holds(at, step) ? byte_view(held_).subspan(static_cast<std::size_t>(at - from_), size) : byte_view();
    }
    void forget() noexcept { end_ = begin_; }
    /// No more of the `size` bytes at `at`, which are written now; what stands behind them stays.
    void give_up(std::int64_t at, std::size_t size) noexcept {
        if (at < end_ && at + static_cast<std::int64_t>(size) > begin_) begin_ = std::min(end_, at + static_cast<std::int64_t>(size));
    }

private:
    static constexpr int long_enough = 4;

    bool holds(std::int64_t at, std::int64_t size) const noexcept { return at >= begin_ && at + size <= end_; }
    void fill(sqlite3_file* below, std::int64_t at, std::int64_t step) {
        forget();
        const std::int64_t wanted = window / step * step;
        held_.resize(static_cast<std::size_t>(wanted));
        sqlite3_int64 size = at + wanted;
        const int code = below->pMethods->xRead(below, held_.data(), static_cast<int>(wanted), at);
        if (code == SQLITE_IOERR_SHORT_READ && below->pMethods->xFileSize(below, &size) != SQLITE_OK) return;
        if ((code != SQLITE_OK && code != SQLITE_IOERR_SHORT_READ) || size < at) return;
        begin_ = from_ = at;
        end_ = at + std::min<std::int64_t>(wanted, (size - at) / step * step);
    }

    bytes held_;
    std::int64_t from_ = 0;            // where its first byte stands in the file
    std::int64_t begin_ = 0, end_ = 0; // what of it is good, in the file
    std::int64_t last_ = 0;            // where the last one asked for stands
    int row_ = 0;                      // how many came one after the other
};

} // namespace keywright::sqlite::detail
