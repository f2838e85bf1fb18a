// SPDX-License-Identifier: Apache-2.0
// Page 1 as it was last opened or written, beside its sealed bytes: SQLite looks at it with every lock of a rollback-journal
// database. Where the same sealed bytes stand in the file, the page is the same, and is not opened again. And what a first
// page says of the file that it is of.
// Depends on: envelope/page, SQLite's file methods. Used by main_file, log_file and new_database.
#pragma once

#include <keywright/core/bytes.hpp>
#include <keywright/envelope/page.hpp>

#include <botan/mem_ops.h>
#include <botan/secmem.h>
#include <botan/system_rng.h>

#include <sqlite3.h>

#include <algorithm>

namespace keywright::sqlite::detail {

/// How many pages it counts; 0 where it does not say, as before SQLite 3.7. Bytes 28 and 92 of the file format: the number, and
/// whether it was noted with the last change.
inline std::uint32_t pages_counted(byte_view first) noexcept {
    const bool is_noted = load_be<std::uint32_t>(first.data() + 24) == load_be<std::uint32_t>(first.data() + 92);
    return is_noted ? load_be<std::uint32_t>(first.data() + 28) : 0;
}
/// Whether it may be the first of pages that are sealed: it says how large pages are, and how much of each is left to the
/// seal. A backup of another database may bring one that says otherwise.
inline bool leaves_room_for_seals(byte_view first) noexcept {
    const std::size_t size = std::size_t{first[16]} << 8 | std::size_t{first[17]} << 16;
    return size == first.size() && first[20] == envelope::page_reserve;
}
/// What SQLite is shown of one that does not open: what the header knows and, where `as_changed`, marks of a change that never
/// was, so that what is cached of it is dropped.
inline void stand_in(byte_span page, bool as_changed) {
    std::fill(page.begin(), page.end(), std::uint8_t{0});
    page[16] = static_cast<std::uint8_t>(page.size() >> 8); // 65536 is written 0, 1
    page[17] = static_cast<std::uint8_t>(page.size() >> 16);
    page[20] = envelope::page_reserve;
    page[21] = 64;
    page[22] = page[23] = 32;
    if (as_changed) Botan::system_rng().randomize(page.subspan(24, 16));
}

/// Two pages of memory, wiped when it forgets. Thread safety: one thread at a time.
class first_page {
public:
    /// The page, where it is known to stand in the file now; else nothing.
    byte_view now() const noexcept { return is_current_ ? byte_view(opened_) : byte_view(); }

    /// Requires: `sealed` opened to `page`, or `page` was sealed so. `is_current`: read under a lock that still holds.
    void keep(byte_view sealed, byte_view page, bool is_current) {
        is_current_ = is_current;
        sealed_.assign(sealed.begin(), sealed.end());
        opened_.assign(page.begin(), page.end());
    }
    /// Whether what is kept stands at `at`, every byte of it, under a lock that keeps others from changing it; from then on
    /// it is the page of `now`, until `doubt`.
    bool confirm(sqlite3_file* below, std::int64_t at) {
        found_.resize(sealed_.size());
        if (sealed_.empty()) return false;
        const int code = below->pMethods->xRead(below, found_.data(), static_cast<int>(found_.size()), at);
        is_current_ = code == SQLITE_OK && found_ == sealed_;
        return is_current_;
    }
    /// It may have changed.
    void doubt() noexcept { is_current_ = false; }
    void forget() noexcept {
        is_current_ = false;
        sealed_.clear();
        Botan::secure_scrub_memory(opened_.data(), opened_.size());
        opened_.clear();
    }

private:
    bytes sealed_, found_;
    Botan::secure_vector<std::uint8_t> opened_;
    bool is_current_ = false;
};

} // namespace keywright::sqlite::detail
