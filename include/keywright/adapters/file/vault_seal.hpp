// SPDX-License-Identifier: Apache-2.0
// How a file vault seals a key. Two secrets are needed to open it: what Argon2id makes of the passphrase, and the
// key's own slot key, which destruction overwrites. Without either the sealed bytes tell nothing.
//     master   = Argon2id(passphrase, salt and costs of the header, version 0x13), 32 bytes
//     seal key = HKDF-SHA-256(master || slot key, no salt, "keywright vault seal 1" || 00 || id), 32 bytes
// Depends on: adapters/file/vault_format, Botan.
#pragma once

#include <keywright/adapters/file/vault_format.hpp>
#include <keywright/core/algorithms.hpp>
#include <keywright/detail/botan_boundary.hpp>

#include <botan/aead.h>
#include <botan/kdf.h>
#include <botan/pwdhash.h>
#include <botan/system_rng.h>

#include <memory>
#include <string_view>

namespace keywright::file::detail {

/// Costs what the costs say. Requires: check_costs passed.
[[nodiscard]] inline result<secret_bytes> master_of(const secret_bytes& passphrase, const argon2_costs& costs, const random_id& salt) {
    using namespace keywright::detail;
    if (passphrase.empty()) return fail(errc::password_needed, "vault: expected a passphrase, found none");
    return botan_boundary(errc::internal, "vault: Argon2id failed", [&] {
        const auto hash =
            Botan::PasswordHashFamily::create_or_throw(approved<"Argon2id">)->from_params(costs.memory_kib, costs.passes, costs.lanes);
        secret_bytes master(32);
        const auto out = reveal_writable(master);
        const auto text = as_text(reveal(passphrase));
        hash->derive_key(out.data(), out.size(), text.data(), text.size(), salt.data(), salt.size());
        return master;
    });
}

/// HKDF-SHA-256, no salt, 32 bytes; the info is `name`, a zero byte, `context`. Throws Botan's exceptions.
inline secret_bytes derive(byte_view secret, std::string_view name, byte_view context) {
    bytes info;
    append(info, as_bytes(name));
    info.push_back(0);
    append(info, context);
    secret_bytes key(32);
    Botan::KDF::create_or_throw(approved<"HKDF(SHA-256)">)->derive_key(keywright::detail::reveal_writable(key), secret, {}, info);
    return key;
}

/// The header's passphrase_check, see vault_format.hpp.
[[nodiscard]] inline result<secret_bytes> passphrase_check(const secret_bytes& master, const vault_header& header) {
    return keywright::detail::botan_boundary(errc::internal, "vault: the passphrase check failed to compute", [&] {
        return derive(keywright::detail::reveal(master), "keywright vault check 1", header_prefix(header));
    });
}

/// Throws Botan's exceptions.
inline std::unique_ptr<Botan::AEAD_Mode> seal_cipher(Botan::Cipher_Dir direction, const secret_bytes& master, const secret_bytes& slot_key,
                                                     std::string_view id) {
    using namespace keywright::detail;
    secret_bytes both(reveal(master).size() + reveal(slot_key).size());
    const auto middle = std::ranges::copy(reveal(master), reveal_writable(both).begin()).out;
    std::ranges::copy(reveal(slot_key), middle);
    auto cipher = Botan::AEAD_Mode::create_or_throw(approved<"AES-256/GCM">, direction);
    const auto key = derive(reveal(both), "keywright vault seal 1", as_bytes(id));
    cipher->set_key(reveal(key));
    return cipher;
}

/// The bytes of a sealed key file.
[[nodiscard]] inline result<bytes> seal(const secret_bytes& master, const slot_block& slot, const ports::vault_entry& entry,
                                        const secret_bytes& secret) {
    using namespace keywright::detail;
    return botan_boundary(errc::internal, "vault: sealing failed", [&] {
        auto out = write_associated(entry, slot.serial);
        const auto cipher = seal_cipher(Botan::Cipher_Dir::Encryption, master, slot.key, entry.id);
        cipher->set_associated_data(out);
        bytes nonce(nonce_size);
        Botan::system_rng().randomize(nonce);
        cipher->start(nonce);
        Botan::secure_vector<std::uint8_t> text(reveal(secret).begin(), reveal(secret).end());
        cipher->finish(text);
        append(out, nonce);
        append(out, text);
        return out;
    });
}

/// The secret of a sealed key; corrupt when it is not what was sealed under this slot key.
[[nodiscard]] inline result<secret_bytes> unseal(const secret_bytes& master, const slot_block& slot, const sealed_key& sealed) {
    return keywright::detail::botan_boundary(errc::corrupt, "vault: a sealed key does not open; its file or its slot is damaged", [&] {
        const auto cipher = seal_cipher(Botan::Cipher_Dir::Decryption, master, slot.key, sealed.entry.id);
        cipher->set_associated_data(sealed.associated);
        cipher->start(sealed.nonce);
        Botan::secure_vector<std::uint8_t> text(sealed.ciphertext.begin(), sealed.ciphertext.end());
        cipher->finish(text);
        return secret_bytes(std::move(text));
    });
}

} // namespace keywright::file::detail
