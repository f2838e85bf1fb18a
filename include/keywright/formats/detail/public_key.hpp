// SPDX-License-Identifier: Apache-2.0
// One form of a public key, so that two encodings of one key compare equal: SubjectPublicKeyInfo as Botan writes it.
// An RSA key is always rsaEncryption with NULL parameters, also where it was restricted to RSA-PSS; an EC point is
// uncompressed and its curve named.
// Depends on: Botan.
#pragma once

#include <keywright/core/bytes.hpp>
#include <keywright/detail/botan_boundary.hpp>

#include <botan/x509_key.h>

namespace keywright::formats::detail {

/// The canonical form of a SubjectPublicKeyInfo. malformed or unsupported when Botan cannot read it.
[[nodiscard]] inline result<bytes> canonical_public_key(byte_view spki) {
    return keywright::detail::botan_boundary(errc::internal, "public key: not a SubjectPublicKeyInfo of a known algorithm",
                                             [&] { return bytes(Botan::X509::load_key(spki)->subject_public_key()); });
}

} // namespace keywright::formats::detail
