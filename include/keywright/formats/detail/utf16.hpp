// SPDX-License-Identifier: Apache-2.0
// UTF-8 to UTF-16BE and back, with surrogate pairs: PKCS#12 calls it BMPString, and every producer but Botan writes
// characters above U+FFFF into it.
// Depends on: core/bytes, detail/utf8.
#pragma once

#include <keywright/core/bytes.hpp>
#include <keywright/detail/utf8.hpp>

#include <optional>
#include <string>

namespace keywright::formats::detail {

/// The code point at `pos`, which moves on. Requires: well-formed UTF-8.
inline char32_t next_code_point(std::string_view utf8, std::size_t& pos) {
    const auto lead = static_cast<std::uint8_t>(utf8[pos++]);
    if (lead < 0x80) return lead;
    const unsigned more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;
    char32_t point = lead & (0x3fu >> more);
    for (unsigned i = 0; i < more; ++i) point = (point << 6) | (static_cast<std::uint8_t>(utf8[pos++]) & 0x3fu);
    return point;
}

/// Appends the text as UTF-16BE; false when it is not well-formed UTF-8.
template <class Bytes>
bool append_utf16(Bytes& out, std::string_view utf8) {
    const auto unit = [&out](char32_t u) {
        out.push_back(static_cast<std::uint8_t>(u >> 8));
        out.push_back(static_cast<std::uint8_t>(u));
    };
    if (!keywright::detail::is_utf8(utf8)) return false;
    for (std::size_t pos = 0; pos < utf8.size();) {
        const char32_t point = next_code_point(utf8, pos);
        if (point < 0x10000) {
            unit(point);
        } else {
            unit(0xd800 + ((point - 0x10000) >> 10));
            unit(0xdc00 + ((point - 0x10000) & 0x3ff));
        }
    }
    return true;
}

inline void append_utf8(std::string& out, char32_t point) {
    const auto put = [&out](char32_t b) { out.push_back(static_cast<char>(static_cast<std::uint8_t>(b))); };
    if (point < 0x80) {
        put(point);
    } else if (point < 0x800) {
        put(0xc0 | (point >> 6));
        put(0x80 | (point & 0x3f));
    } else if (point < 0x10000) {
        put(0xe0 | (point >> 12));
        put(0x80 | ((point >> 6) & 0x3f));
        put(0x80 | (point & 0x3f));
    } else {
        put(0xf0 | (point >> 18));
        put(0x80 | ((point >> 12) & 0x3f));
        put(0x80 | ((point >> 6) & 0x3f));
        put(0x80 | (point & 0x3f));
    }
}

/// UTF-16BE as UTF-8; a lone surrogate becomes U+FFFD. nullopt when the length is odd.
inline std::optional<std::string> utf8_of_utf16(byte_view utf16) {
    if (utf16.size() % 2 != 0) return std::nullopt;
    std::string out;
    for (std::size_t i = 0; i < utf16.size(); i += 2) {
        char32_t point = load_be<std::uint16_t>(&utf16[i]);
        if (point >= 0xd800 && point < 0xdc00 && i + 2 < utf16.size()) {
            const char32_t low = load_be<std::uint16_t>(&utf16[i + 2]);
            if (low >= 0xdc00 && low < 0xe000) {
                point = 0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00);
                i += 2;
            }
        }
        append_utf8(out, point >= 0xd800 && point < 0xe000 ? U'\ufffd' : point);
    }
    return out;
}

} // namespace keywright::formats::detail
