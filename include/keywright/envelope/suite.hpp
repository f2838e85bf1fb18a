// SPDX-License-Identifier: Apache-2.0
// The algorithm suites of the AWS Encryption SDK as a table: two are written, 0x0478 and 0x0578, the others are read
// where the commitment policy lets them.
// Depends on: core, keys/commitment_policy.
#pragma once

#include <keywright/core/result.hpp>
#include <keywright/keys/commitment_policy.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

namespace keywright::envelope {

using keys::commitment_policy;

using message_id = std::array<std::uint8_t, 32>; ///< of format version 1: 16 bytes, then zeros
using commitment = std::array<std::uint8_t, 32>;

enum class key_derivation : unsigned char { none, hkdf_sha256, hkdf_sha384, hkdf_sha512 };
enum class signature_scheme : unsigned char { none, ecdsa_p256_sha256, ecdsa_p384_sha384 };

/// One suite: AES-GCM with IVs of 12 and tags of 16 bytes under a key of `key_bytes`.
struct algorithm_suite {
    std::uint16_t id = 0;
    std::uint8_t version = 2; ///< of the message format; 2 commits to its key, 1 does not
    std::size_t key_bytes = 32;
    key_derivation derivation = key_derivation::hkdf_sha512;
    signature_scheme signature = signature_scheme::none;

    constexpr bool commits() const noexcept { return version == 2; }
    constexpr bool is_signed() const noexcept { return signature != signature_scheme::none; }
    constexpr std::size_t id_bytes() const noexcept { return commits() ? 32 : 16; }
};

inline constexpr std::array<algorithm_suite, 11> algorithm_suites{
    {{0x0478, 2, 32, key_derivation::hkdf_sha512, signature_scheme::none},
     {0x0578, 2, 32, key_derivation::hkdf_sha512, signature_scheme::ecdsa_p384_sha384},
     {0x0014, 1, 16, key_derivation::none, signature_scheme::none},
     {0x0046, 1, 24, key_derivation::none, signature_scheme::none},
     {0x0078, 1, 32, key_derivation::none, signature_scheme::none},
     {0x0114, 1, 16, key_derivation::hkdf_sha256, signature_scheme::none},
     {0x0146, 1, 24, key_derivation::hkdf_sha256, signature_scheme::none},
     {0x0178, 1, 32, key_derivation::hkdf_sha256, signature_scheme::none},
     {0x0214, 1, 16, key_derivation::hkdf_sha256, signature_scheme::ecdsa_p256_sha256},
     {0x0346, 1, 24, key_derivation::hkdf_sha384, signature_scheme::ecdsa_p384_sha384},
     {0x0378, 1, 32, key_derivation::hkdf_sha384, signature_scheme::ecdsa_p384_sha384}}};
inline constexpr const algorithm_suite& committing_suite = algorithm_suites[0];
inline constexpr const algorithm_suite& signed_suite = algorithm_suites[1];

/// The suite of a message of this format version. malformed: no such version; unsupported: no such suite, or one that
/// the policy does not read.
[[nodiscard]] constexpr result<const algorithm_suite*> find_suite(std::uint8_t version, std::uint16_t id, commitment_policy policy) {
    if (version != 1 && version != 2) return fail(errc::malformed, "message: expected format version 1 or 2");
    for (const algorithm_suite& suite : algorithm_suites) {
        if (suite.version != version || suite.id != id) continue;
        if (suite.commits() || keys::allows_reading_uncommitted(policy)) return &suite;
        return fail(errc::unsupported, "message: format version 1 does not commit to its key; to read it, ask for the commitment policy "
                                       "require_encrypt_allow_decrypt, and seal it anew");
    }
    return fail(errc::unsupported, "message: expected an algorithm suite of its format version, found none that is known");
}

/// What a reader takes before it has proof that the message is genuine.
struct read_limits {
    std::size_t max_header = 128 * 1024;          ///< bytes, with context and entries
    std::size_t max_entries = 32;                 ///< encrypted data keys
    std::uint32_t max_frame = 16 * 1024 * 1024;   ///< bytes of one frame, or of the content of an unframed message
    /// Whether the pairs of its context may stand in any order. The format has them sorted, and all clients write them so;
    /// the official ones read any order, as some published test messages need. Either way the header's tag proves them.
    bool unsorted_context = false;
};

/// The largest frame that is written.
inline constexpr std::uint32_t largest_frame = 16 * 1024 * 1024;

} // namespace keywright::envelope
