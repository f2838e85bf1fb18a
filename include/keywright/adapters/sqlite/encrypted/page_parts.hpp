// SPDX-License-Identifier: Apache-2.0
// What SQLite reads of a database file that is not one whole page: parts of the first, before it knows the size of pages, and with
// each lock.
// Depends on: first_page. Used by main_file.
#pragma once

#include <keywright/adapters/sqlite/encrypted/first_page.hpp>
#include <keywright/adapters/sqlite/encrypted/page_grid.hpp>

namespace keywright::sqlite::detail {

/// Keeps one page of memory, for the next part. Thread safety: one thread at a time.
class page_parts {
public:
    struct place {
        std::int64_t offset; ///< as SQLite counts
        std::size_t page_size;
        bool has_lock; ///< others cannot change the file now
    };
    /// `open(number, page)` opens one page of `page_size` bytes and gives SQLite's code: SQLITE_IOERR_DATA where it does not open,
    /// SQLITE_IOERR_SHORT_READ beyond the end of the file.
    template <class Open>
    int read(byte_span out, const place& from, Open&& open) {
        const auto size = static_cast<std::int64_t>(from.page_size);
        page_.resize(from.page_size);
        for (std::size_t done = 0; done < out.size();) {
            const std::int64_t at = from.offset + static_cast<std::int64_t>(done);
            const byte_span part = out.subspan(done, std::min(out.size() - done, static_cast<std::size_t>(size - at % size)));
            const std::uint32_t number = page_grid(from.page_size).number_at(at);
            int code = open(number, byte_span(page_));
            // Who does not know the size of pages yet reads as many as it takes for the first one, and looks at that alone; the others
            // may be what a log still holds, and not open here.
            const bool is_unseen = from.offset == 0 && number > 1;
            if (code == SQLITE_IOERR_DATA && (is_unseen || (number == 1 && out.size() <= looked_at))) code = replace(number, from.has_lock);
            if (code == SQLITE_IOERR_DATA) return code;
            const bool is_there = code == SQLITE_OK || code == SQLITE_IOERR_SHORT_READ;
            if (is_there) std::copy_n(page_.begin() + at % size, part.size(), part.begin());
            done += is_there ? part.size() : 0;
            if (code == SQLITE_OK) continue;
            std::fill(out.begin() + static_cast<std::ptrdiff_t>(done), out.end(), std::uint8_t{0});
            return code;
        }
        return SQLITE_OK;
    }
    void wipe() noexcept { Botan::secure_scrub_memory(page_.data(), page_.size()); }

private:
    static constexpr std::size_t looked_at = 100; // bytes of page 1, at most, that SQLite reads without reading the page

    /// SQLite looks at the first 100 bytes before it has a lock, and at 16 of them with each. A page that another process is
    /// writing, or left half written, does not open then: the first look gets what the header knows, the second one something
    /// that never was, so that SQLite drops what it has cached. Whoever reads the whole page, after recovery, gets the error.
    int replace(std::uint32_t number, bool has_lock) {
        if (number == 1)
            stand_in(page_, has_lock);
        else
            std::fill(page_.begin(), page_.end(), std::uint8_t{0});
        return SQLITE_OK;
    }

    Botan::secure_vector<std::uint8_t> page_; // of which a part was asked for
};

} // namespace keywright::sqlite::detail
