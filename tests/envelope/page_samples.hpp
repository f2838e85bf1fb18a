// SPDX-License-Identifier: Apache-2.0
// A page to seal and the file that it is of, for tests of whoever encrypts pages.
#pragma once

#include <keywright/envelope/page.hpp>

namespace keywright::page_samples {

inline constexpr envelope::file_identity file{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

/// Of bytes that differ from their neighbours; what is reserved is zero.
inline bytes page_of(std::size_t size) {
    bytes page(size);
    for (std::size_t i = 0; i < size - envelope::page_reserve; ++i) page[i] = static_cast<std::uint8_t>(i * 7 + i / 256);
    return page;
}

} // namespace keywright::page_samples
