// SPDX-License-Identifier: Apache-2.0
// Page 1 as it was last opened or written, beside its sealed bytes: SQLite looks at it with every lock of a rollback-journal
// database. Where the same sealed bytes stand in the file, the page is the same, and is not opened again.
// Depends on: core, SQLite's file methods. Used by main_file.
#pragma once

#include <keywright/core/bytes.hpp>

#include <botan/mem_ops.h>
#include <botan/secmem.h>

#include <sqlite3.h>

#include <algorithm>

namespace keywright::sqlite::detail {

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
