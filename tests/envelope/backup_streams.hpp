// SPDX-License-Identifier: Apache-2.0
// Backups in memory, as streams.
#pragma once

#include <keywright/envelope/page_backup.hpp>

#include <algorithm>

namespace keywright::backup_tests {

/// Requires: `all` outlives what is returned.
inline envelope::byte_sink into(bytes& all) {
    return [&all](byte_view data) -> result<void> { return append(all, data), result<void>{}; };
}
/// Gives it in pieces, as a pipe does.
inline envelope::byte_source out_of(byte_view all, std::size_t piece = 1000) {
    return [all, piece](byte_span room) mutable -> result<std::size_t> {
        const auto n = std::min({all.size(), room.size(), piece});
        std::copy_n(all.begin(), n, room.begin());
        all = all.subspan(n);
        return n;
    };
}

} // namespace keywright::backup_tests
