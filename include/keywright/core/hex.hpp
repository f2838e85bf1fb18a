// SPDX-License-Identifier: Apache-2.0
// Fingerprints and hashes as lower-case hexadecimal.
// Depends on: core/ids, Botan (hex).
#pragma once

#include <keywright/core/bytes.hpp>
#include <keywright/core/parse_id.hpp>

#include <botan/hex.h>

#include <algorithm>
#include <string>

namespace keywright {

inline std::string to_hex(byte_view data) { return Botan::hex_encode(data.data(), data.size(), false); }
inline std::string to_hex(const fingerprint& print) { return to_hex(byte_view(print.bytes)); }

/// Exactly 64 lower-case hexadecimal digits. Fails with malformed.
[[nodiscard]] inline result<fingerprint> parse_fingerprint(std::string_view text) {
    const auto is_digit = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
    fingerprint print;
    if (text.size() != 2 * print.bytes.size() || !std::all_of(text.begin(), text.end(), is_digit))
        return fail(errc::malformed, "fingerprint: expected 64 lower-case hexadecimal digits");
    Botan::hex_decode(print.bytes.data(), text);
    return print;
}

} // namespace keywright
