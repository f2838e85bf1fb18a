// SPDX-License-Identifier: Apache-2.0
// The one algorithm suite that is written and read, and why the others are not: 0x0478 of the AWS Encryption SDK,
// AES-256-GCM with HKDF-SHA-512 and key commitment, without a signature.
// Depends on: core.
#pragma once

#include <keywright/core/result.hpp>

#include <array>
#include <cstdint>

namespace keywright::envelope {

inline constexpr std::uint8_t format_version = 2;
inline constexpr std::uint16_t suite_id = 0x0478;

using message_id = std::array<std::uint8_t, 32>;
using commitment = std::array<std::uint8_t, 32>;

/// Whether a message of this version and suite is read; unsupported otherwise, and the text names what it is.
[[nodiscard]] constexpr result<void> check_suite(std::uint8_t version, std::uint16_t suite) {
    if (version == 1) return fail(errc::unsupported, "message: format version 1 has no key commitment and is not read");
    if (version != format_version) return fail(errc::malformed, "message: expected format version 2");
    switch (suite) {
    case suite_id: return {};
    case 0x0578: return fail(errc::unsupported, "message: suite 0x0578 (signed with ECDSA P-384) is not read; use 0x0478");
    case 0x0014:
    case 0x0046:
    case 0x0078: return fail(errc::unsupported, "message: AES-GCM suites without HKDF or commitment (0x0014 to 0x0078) are not read");
    case 0x0114:
    case 0x0146:
    case 0x0178: return fail(errc::unsupported, "message: suites with HKDF-SHA-256 and no commitment (0x0114 to 0x0178) are not read");
    case 0x0214:
    case 0x0346:
    case 0x0378: return fail(errc::unsupported, "message: signed suites without commitment (0x0214 to 0x0378) are not read");
    default: return fail(errc::unsupported, "message: unknown algorithm suite; expected 0x0478");
    }
}

/// What a reader takes before it has proof that the message is genuine.
struct read_limits {
    std::size_t max_header = 128 * 1024;          ///< bytes, with context and entries
    std::size_t max_entries = 32;                 ///< encrypted data keys
    std::uint32_t max_frame = 16 * 1024 * 1024;   ///< bytes of one frame, or of the content of an unframed message
};

/// The largest frame that is written.
inline constexpr std::uint32_t largest_frame = 16 * 1024 * 1024;

} // namespace keywright::envelope
