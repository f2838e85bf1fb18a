// SPDX-License-Identifier: Apache-2.0
// base64url (RFC 4648, section 5), strict: no whitespace, no `+` `/`, no stray bits; padding may be there or not, since
// real tools do both.
// Depends on: core.
#pragma once

#include <keywright/core/bytes.hpp>

#include <optional>
#include <string>

namespace keywright::formats::detail {

inline constexpr std::string_view base64url_alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The bytes, or nullopt when the text is not base64url.
inline std::optional<bytes> decode_base64url(std::string_view text) {
    if (const auto padding = text.find('='); padding != std::string_view::npos) {
        if (text.size() % 4 != 0 || text.size() - padding > 2 || text.back() != '=') return std::nullopt;
        text = text.substr(0, padding);
    }
    if (text.size() % 4 == 1) return std::nullopt;
    bytes out;
    out.reserve(text.size() * 3 / 4);
    std::uint32_t pending = 0;
    unsigned bits = 0;
    for (const char c : text) {
        const auto digit = base64url_alphabet.find(c);
        if (digit == std::string_view::npos) return std::nullopt;
        pending = (pending << 6) | static_cast<std::uint32_t>(digit);
        bits += 6;
        if (bits < 8) continue;
        bits -= 8;
        out.push_back(static_cast<std::uint8_t>(pending >> bits));
    }
    if ((pending & ((1u << bits) - 1)) != 0) return std::nullopt; // a second spelling of the same bytes
    return out;
}

/// Without padding.
inline std::string encode_base64url(byte_view data) {
    std::string out;
    std::uint32_t pending = 0;
    unsigned bits = 0;
    for (const std::uint8_t b : data) {
        pending = (pending << 8) | b;
        for (bits += 8; bits >= 6; bits -= 6) out += base64url_alphabet[(pending >> (bits - 6)) & 63];
    }
    if (bits > 0) out += base64url_alphabet[(pending << (6 - bits)) & 63];
    return out;
}

} // namespace keywright::formats::detail
