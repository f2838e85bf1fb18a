// SPDX-License-Identifier: Apache-2.0
// What "the same key" means: SHA-256 over the public half in one canonical encoding. Two files with one key give one
// fingerprint, whatever the file's format, its certificate, or an RSA-PSS restriction.
// Depends on: formats/detail/public_key, core/ids, Botan. Use: `fingerprint_of(key)->print`.
#pragma once

#include <keywright/core/algorithms.hpp>
#include <keywright/core/ids.hpp>
#include <keywright/formats/detail/public_key.hpp>

#include <botan/hash.h>

#include <algorithm>

namespace keywright::keys {

/// A public key as it is kept and compared. As text: `openssl pkey -pubout -outform DER | sha256sum`.
struct public_half {
    bytes spki;        ///< SubjectPublicKeyInfo, DER: rsaEncryption with NULL; named curve, uncompressed point
    fingerprint print; ///< SHA-256 of `spki`
};

/// Of any encoding of a public key. Fails with malformed or unsupported when it cannot be read.
[[nodiscard]] inline result<public_half> fingerprint_of(byte_view spki) {
    auto canonical = formats::detail::canonical_public_key(spki);
    if (!canonical) return pass(canonical);
    return keywright::detail::botan_boundary(errc::internal, "fingerprint: SHA-256 is missing from Botan", [&] {
        const auto digest = Botan::HashFunction::create_or_throw(approved<"SHA-256">)->process<bytes>(*canonical);
        public_half half{std::move(*canonical), {}};
        std::copy(digest.begin(), digest.end(), half.print.bytes.begin());
        return half;
    });
}

/// Of a key, public or private. Fails with internal when it does not encode, else as above.
[[nodiscard]] inline result<public_half> fingerprint_of(const Botan::Public_Key& key) {
    const auto spki = keywright::detail::botan_boundary(errc::internal, "fingerprint: the public key does not encode",
                                                        [&] { return key.subject_public_key(); });
    if (!spki) return pass(spki);
    return fingerprint_of(*spki);
}

} // namespace keywright::keys
