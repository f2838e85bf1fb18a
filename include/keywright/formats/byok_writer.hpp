// SPDX-License-Identifier: Apache-2.0
// Writes an Azure key transfer file (.byok) for an RSA import key; the layout is in byok_reader.hpp.
// Depends on: Botan, nlohmann/json. In no umbrella; CMake target keywright::byok.
#pragma once

#include <keywright/core/algorithms.hpp>
#include <keywright/formats/byok_reader.hpp>

#include <botan/pubkey.h>
#include <botan/rng.h>

namespace keywright::formats {

/// The import key that a file is written for, and what the file says of its maker.
struct byok_writing {
    const Botan::Public_Key& kek; ///< RSA of 2048, 3072 or 4096 bits
    std::string_view kid;         ///< its versioned id, https://VAULT/keys/NAME/VERSION
    std::string_view generator{}; ///< free text, UTF-8, up to 1024 bytes
};

namespace detail {

inline result<std::string> write_byok_of(byte_view plain, const byok_writing& how, Botan::RandomNumberGenerator& rng) {
    if (!split_kek_id(how.kid).complete())
        return fail(errc::malformed, "byok: the import key's id is not versioned, expected https://VAULT/keys/NAME/VERSION");
    if (how.generator.size() > byok_generator_bytes) return fail(errc::limit_exceeded, "byok: generator is longer than 1024 bytes");
    const std::size_t bits = how.kek.algo_name() == "RSA" ? how.kek.key_length() : 0;
    if (bits != 2048 && bits != 3072 && bits != 4096)
        return fail(errc::unsupported, "byok: the import key is not an RSA key of 2048, 3072 or 4096 bits");
    return keywright::detail::botan_boundary(errc::internal, "byok: the key could not be wrapped", [&] {
        const auto aes_key = rng.random_vec<Botan::secure_vector<std::uint8_t>>(32);
        const auto aes = Botan::BlockCipher::create_or_throw(approved<"AES-256">);
        aes->set_key(aes_key);
        bytes ciphertext = Botan::PK_Encryptor_EME(how.kek, rng, approved<"OAEP(SHA-1,MGF1(SHA-1))">).encrypt(aes_key, rng);
        append(ciphertext, Botan::nist_key_wrap_padded(plain, *aes));
        const nlohmann::ordered_json file{{"schema_version", "1.0.0"},
                                          {"header", {{"kid", how.kid}, {"alg", "dir"}, {"enc", "CKM_RSA_AES_KEY_WRAP"}}},
                                          {"ciphertext", encode_base64url(ciphertext)},
                                          {"generator", how.generator}};
        return file.dump(2);
    });
}

} // namespace detail

/// `key` for the holder of the private half of the import key, as PKCS#8 within. The text is UTF-8 JSON.
/// Fails with malformed (kid is not https://VAULT/keys/NAME/VERSION), unsupported (no RSA key of a fitting size),
/// limit_exceeded (the generator), internal (the generator or kid is not UTF-8).
/// Secrets: the key's encoding and the AES key are wiped; the result is safe to hand over. Thread safety: as `rng`.
[[nodiscard]] inline result<std::string> write_byok(const Botan::Private_Key& key, const byok_writing& how,
                                                    Botan::RandomNumberGenerator& rng) {
    const auto plain = keywright::detail::botan_boundary(errc::internal, "byok: the key has no PKCS#8 form",
                                                         [&] { return Botan::PKCS8::BER_encode(key); });
    if (!plain) return pass(plain);
    return detail::write_byok_of(*plain, how, rng);
}

/// The same with a bare symmetric key of 16, 24 or 32 bytes; unsupported for another length.
[[nodiscard]] inline result<std::string> write_byok(const secret_bytes& symmetric, const byok_writing& how,
                                                    Botan::RandomNumberGenerator& rng) {
    const byte_view plain = keywright::detail::reveal(symmetric);
    if (!detail::is_symmetric(plain)) return fail(errc::unsupported, "byok: expected a symmetric key of 16, 24 or 32 bytes");
    return detail::write_byok_of(plain, how, rng);
}

} // namespace keywright::formats
