// SPDX-License-Identifier: Apache-2.0
// What tests of keys share: hex, fixed secrets, and a look inside them.
#pragma once

#include <keywright/insecure.hpp>
#include <keywright/keys/hierarchy.hpp>

#include <botan/hex.h>

#include <numeric>
#include <string_view>

namespace keywright::test {

inline bytes hex(std::string_view text) { return Botan::hex_decode(text); }

/// 32 bytes: first, first + 1, ...
inline secret_bytes counting(std::uint8_t first) {
    bytes raw(32);
    std::iota(raw.begin(), raw.end(), first);
    return secret_bytes(byte_view(raw));
}

inline bytes seen(const secret_bytes& secret) {
    const byte_view v = insecure::export_secret(secret, insecure::secret_access{"compared in a test"});
    return {v.begin(), v.end()};
}

inline keys::kek kek_of(const secret_bytes& secret) { return std::move(keys::kek::make(secret).value()); }

inline keys::encryption_context context(std::vector<keys::encryption_context::pair> pairs) {
    return keys::encryption_context::make(std::move(pairs)).value();
}

} // namespace keywright::test
