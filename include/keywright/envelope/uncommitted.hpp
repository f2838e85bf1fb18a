// SPDX-License-Identifier: Apache-2.0
// The keys of messages that do not commit to theirs: format version 1, which is only read.
// Depends on: envelope/suite, core, Botan (HKDF).
#pragma once

#include <keywright/core/bytes.hpp>
#include <keywright/core/secret_bytes.hpp>
#include <keywright/detail/botan_boundary.hpp>
#include <keywright/envelope/suite.hpp>

#include <botan/kdf.h>

namespace keywright::envelope::detail {

// HKDF (RFC 5869) with the suite's hash, no salt, info = suite id || 16 message id; or the data key itself.

/// Requires: a suite that does not commit, and a data key of its length.
inline result<secret_bytes> uncommitted_key(const algorithm_suite& suite, const secret_bytes& data_key, const message_id& id) {
    if (suite.derivation == key_derivation::none) return data_key.clone();
    return keywright::detail::botan_boundary(errc::internal, "message: key derivation failed", [&] {
        bytes info;
        append_be(info, suite.id);
        append(info, byte_view(id).first(suite.id_bytes()));
        const auto kdf = Botan::KDF::create_or_throw(suite.derivation == key_derivation::hkdf_sha256 ? "HKDF(SHA-256)" : "HKDF(SHA-384)");
        secret_bytes key(suite.key_bytes);
        kdf->derive_key(keywright::detail::reveal_writable(key), keywright::detail::reveal(data_key), {}, info);
        return key;
    });
}

} // namespace keywright::envelope::detail
