// SPDX-License-Identifier: Apache-2.0
// The keys of messages that do not commit to theirs: format version 1, which is only read.
// Depends on: envelope/suite, detail/hkdf, core.
#pragma once

#include <keywright/detail/hkdf.hpp>
#include <keywright/envelope/suite.hpp>

namespace keywright::envelope::detail {

// HKDF (RFC 5869) with the suite's hash, no salt, info = suite id || 16 message id; or the data key itself.

/// Requires: a suite that does not commit, and a data key of its length.
inline result<secret_bytes> uncommitted_key(const algorithm_suite& suite, const secret_bytes& data_key, const message_id& id) {
    if (suite.derivation == key_derivation::none) return data_key.clone();
    bytes info;
    append_be(info, suite.id);
    append(info, byte_view(id).first(suite.id_bytes()));
    const char* name = suite.derivation == key_derivation::hkdf_sha256 ? "HKDF(SHA-256)" : "HKDF(SHA-384)";
    return keywright::detail::hkdf(name, keywright::detail::reveal(data_key), info, suite.key_bytes);
}

} // namespace keywright::envelope::detail
