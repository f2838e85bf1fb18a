// SPDX-License-Identifier: Apache-2.0
// Where pages stand in an encrypted database file: one behind the other, behind the header.
// Depends on: envelope/page_header. Used by the files of this folder.
#pragma once

#include <keywright/envelope/page_header.hpp>

#include <algorithm>

namespace keywright::sqlite::detail {

/// Of a file with pages of one size. Numbers begin with 1.
class page_grid {
public:
    explicit constexpr page_grid(std::size_t page_size) noexcept : size_(static_cast<std::int64_t>(page_size)) {}

    constexpr std::int64_t place_of(std::uint32_t number) const noexcept { return header + (std::int64_t{number} - 1) * size_; }
    /// Which page an offset is in that SQLite counts, to which there is no header.
    constexpr std::uint32_t number_at(std::int64_t offset) const noexcept { return static_cast<std::uint32_t>(offset / size_) + 1; }
    /// How many whole ones are in a file of so many bytes, the header's with them.
    constexpr std::int64_t pages_in(std::int64_t bytes) const noexcept { return std::max<std::int64_t>(bytes - header, 0) / size_; }
    /// The page of the bytes that SQLite locks (its PENDING_BYTE); no page of a database is there.
    constexpr std::uint32_t lock_page() const noexcept { return number_at(0x40000000); }

private:
    static constexpr std::int64_t header = envelope::header_size;
    std::int64_t size_;
};

} // namespace keywright::sqlite::detail
