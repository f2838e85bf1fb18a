// SPDX-License-Identifier: Apache-2.0
// From a file to a report. Reads, opens and asks; changes nothing.
#pragma once

#include "report.hpp"

#include <keywright/core/secret_bytes.hpp>

namespace inspect_key {

struct question {
    std::string path;
    const keywright::bytes& content;
    const std::optional<keywright::secret_bytes>& password;
    std::string alias; ///< of several keys the one that is meant
    keywright::instant now;
};

/// Everything that can be told.
[[nodiscard]] report examine(const question& q);

// --- its parts ---

/// Kind, description and details of anything that is no PFX.
void describe(report& r, const keywright::bytes& content, keywright::formats::key_file_kind kind);
/// What keys and certificates tell that nothing wraps: PKCS#8, X.509 and public keys, PEM or DER.
void examine_loose(report& r, const keywright::bytes& content);
/// What a BYOK file may hold, judged by the length of its ciphertext.
struct transfer_guess {
    unsigned kek_bits = 0; ///< 0: no KEK fits
    std::string what;      ///< empty: nothing that is known
};
[[nodiscard]] transfer_guess guess_transfer(keywright::byte_view file);
/// Who may have made a PFX.
[[nodiscard]] std::optional<guess> guess_producer(const keywright::formats::pfx_outline& outline, keywright::byte_view file);
/// What each shipped profile says. The report is filled up to here.
void ask_profiles(report& r, const question& q, keywright::formats::key_file_kind kind);
/// What to do next.
void advise(report& r);

} // namespace inspect_key
