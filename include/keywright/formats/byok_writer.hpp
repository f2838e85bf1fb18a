// SPDX-License-Identifier: Apache-2.0
// Writes an Azure key transfer file (.byok) for an RSA import key; the layout is in byok_reader.hpp.
// Depends on: Botan, nlohmann/json. In no umbrella; CMake target keywright::byok.
#pragma once

#include <keywright/core/algorithms.hpp>
#include <keywright/formats/byok_reader.hpp>

#include <botan/pubkey.h>
#include <botan/rng.h>

namespace keywright::formats {

/// `key` for the holder of the private half of `kek`, whose versioned id is `kid`. The text is UTF-8 JSON.
/// Fails with malformed (kid is not https://VAULT/keys/NAME/VERSION), unsupported (the KEK is no RSA key).
/// Secrets: the key's encoding and the AES key are wiped; the result is safe to hand over. Thread safety: as `rng`.
[[nodiscard]] inline result<std::string> write_byok(const Botan::Private_Key& key, const Botan::Public_Key& kek, std::string_view kid,
                                                    std::string_view generator, Botan::RandomNumberGenerator& rng) {
    if (!detail::split_kek_id(kid).complete())
        return fail(errc::malformed, "byok: the import key's id is not versioned, expected https://VAULT/keys/NAME/VERSION");
    if (kek.algo_name() != "RSA") return fail(errc::unsupported, "byok: the import key is not an RSA key");
    return keywright::detail::botan_boundary(errc::internal, "byok: the key could not be wrapped", [&] {
        const auto aes_key = rng.random_vec<Botan::secure_vector<std::uint8_t>>(32);
        const auto aes = Botan::BlockCipher::create_or_throw(approved<"AES-256">);
        aes->set_key(aes_key);
        bytes ciphertext = Botan::PK_Encryptor_EME(kek, rng, approved<"OAEP(SHA-1,MGF1(SHA-1))">).encrypt(aes_key, rng);
        append(ciphertext, Botan::nist_key_wrap_padded(Botan::PKCS8::BER_encode(key), *aes));
        const nlohmann::ordered_json file{{"schema_version", "1.0.0"},
                                          {"header", {{"kid", kid}, {"alg", "dir"}, {"enc", "CKM_RSA_AES_KEY_WRAP"}}},
                                          {"ciphertext", detail::encode_base64url(ciphertext)},
                                          {"generator", generator}};
        return file.dump(2);
    });
}

} // namespace keywright::formats
