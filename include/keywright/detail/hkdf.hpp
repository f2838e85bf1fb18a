// SPDX-License-Identifier: Apache-2.0
// HKDF (RFC 5869) without a salt, for keys that come from a key.
// Depends on: core, Botan. Use: `auto key = hkdf("HKDF(SHA-256)", key_material, info, 32);`
#pragma once

#include <keywright/core/bytes.hpp>
#include <keywright/core/result.hpp>
#include <keywright/core/secret_bytes.hpp>
#include <keywright/detail/botan_boundary.hpp>

#include <botan/kdf.h>

namespace keywright::detail {

/// `name` as Botan spells it. `size` is at most 255 times the hash's; internal above.
[[nodiscard]] inline result<secret_bytes> hkdf(const char* name, byte_view key_material, byte_view info, std::size_t size) {
    return botan_boundary(errc::internal, "hkdf: key derivation failed", [&] {
        secret_bytes out(size);
        Botan::KDF::create_or_throw(name)->derive_key(reveal_writable(out), key_material, {}, info);
        return out;
    });
}

} // namespace keywright::detail
