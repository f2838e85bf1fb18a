// SPDX-License-Identifier: Apache-2.0
// Whether messages without key commitment are read: the AWS Encryption SDK's three policies.
// Depends on: nothing.
#pragma once

namespace keywright::keys {

/// Without commitment one ciphertext can be made to open to different plaintexts under different keys. What is written
/// here always commits; reading what does not is a decision, for old messages of other programs.
enum class commitment_policy : unsigned char {
    require_encrypt_require_decrypt, ///< the default: suites 0x0478 and 0x0578 only
    require_encrypt_allow_decrypt,   ///< also reads format version 1 and PKCS#1 v1.5
    forbid_encrypt_allow_decrypt,    ///< reads the same; sealing under it is refused, because everything sealed here commits
};

constexpr bool allows_reading_uncommitted(commitment_policy p) noexcept { return p != commitment_policy::require_encrypt_require_decrypt; }

} // namespace keywright::keys
