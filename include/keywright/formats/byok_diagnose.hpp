// SPDX-License-Identifier: Apache-2.0
// Which layer of a transfer file is at fault, for the one who has to make it again. It is no oracle by construction: it
// asks no vault and gets no answer of one. What the import key alone could tell (OAEP, KWP, the key inside) is one
// outcome, whatever became of it.
// Depends on: formats/byok_reader. Use: `auto d = diagnose_byok(data, {.kid = ring_kid, .kek_bytes = 512});`
#pragma once

#include <keywright/formats/byok_reader.hpp>

#include <array>
#include <string_view>

namespace keywright::formats {

/// The import key that a file should have been made for. What is not known stays empty, and is not judged.
struct byok_expectation {
    std::string_view kid{};
    std::size_t kek_bytes = 0; ///< the length of its modulus: 256, 384 or 512
};

struct byok_diagnosis {
    byok_layer layer = byok_layer::wrapping; ///< the first at fault; wrapping: all that can be seen is in order
    errc code = errc::authentication_failed;
    const char* text = ""; ///< what was expected and what to do
    /// What the length of C2 fits, "" where that is unknown: a guess for the reader, no proof.
    const char* seems_to_hold = "";
};

namespace detail {

struct wrapped_size {
    std::size_t smallest, largest; // of C2
    const char* what;
};
/// PKCS#8 as producers write it, in KWP. RSA's integers vary by a few bytes; SoftHSM leaves out an EC key's public half.
inline constexpr std::array<wrapped_size, 12> wrapped_sizes{{{24, 24, "an AES-128 key"},
                                                             {32, 32, "an AES-192 key"},
                                                             {40, 40, "an AES-256 key"},
                                                             {80, 80, "a P-256 key without its public half"},
                                                             {88, 88, "a P-384 key without its public half"},
                                                             {112, 112, "a P-521 key without its public half"},
                                                             {152, 152, "a P-256 key"},
                                                             {200, 200, "a P-384 key"},
                                                             {256, 256, "a P-521 key"},
                                                             {1224, 1240, "an RSA-2048 key"},
                                                             {1792, 1808, "an RSA-3072 key"},
                                                             {2376, 2392, "an RSA-4096 key"}}};

inline const char* seems_to_hold(std::size_t c2) {
    for (const wrapped_size& row : wrapped_sizes)
        if (c2 >= row.smallest && c2 <= row.largest) return row.what;
    return "";
}

} // namespace detail

/// The first layer at fault. A function of public bytes; nothing is decrypted. Thread safety: a function of its arguments.
[[nodiscard]] inline byok_diagnosis diagnose_byok(byte_view content, const byok_expectation& expected) {
    byok_layer at{};
    const auto file = detail::read_byok_layers(content, at);
    if (!file) return {at, file.error().code, file.error().text};
    if (!expected.kid.empty() && !names_kek(*file, expected.kid))
        return {
            byok_layer::key_id, errc::not_mine,
            "byok: header.kid names another import key; show the one at hand and export the key anew, under its public half and its id"};
    if (expected.kek_bytes == 0)
        return {byok_layer::wrapping, errc::authentication_failed,
                "byok: the file is well formed; whether it opens depends on the import key, which was not named"};
    if (const auto fit = detail::check_lengths(*file, expected.kek_bytes); !fit)
        return {
            byok_layer::lengths, fit.error().code,
            "byok: the ciphertext is not as long as the import key's modulus and an AES-KWP (8 bytes more than a multiple of 8); it was "
            "cut, or made under a key of another size"};
    return {byok_layer::wrapping, errc::authentication_failed,
            "byok: all that can be seen is in order; where the file does not open, it was made under another public key, with another "
            "hash than SHA-1 in OAEP, holds no PKCS#8, or was altered: export the key anew",
            detail::seems_to_hold(file->ciphertext.size() - expected.kek_bytes)};
}

} // namespace keywright::formats
