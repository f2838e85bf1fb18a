// SPDX-License-Identifier: Apache-2.0
// Runs the schemes of a PFX whose price is reserved: keys from the password, each derivation once, MACs and decryption.
// Ciphers, hashes, PBKDF2, scrypt and HMAC are Botan's. What runs is written down, so that tests can compare it.
// Depends on: detail/pfx_schemes, Botan.
#pragma once

#include <keywright/formats/detail/pfx_schemes.hpp>

#include <botan/cipher_mode.h>
#include <botan/mac.h>
#include <botan/pwdhash.h>

#include <vector>

namespace keywright::formats::detail {

inline secure derive(const kdf_scheme& kdf, kdf_use use, std::size_t size, const pfx_password& password) {
    if (kdf.kind == kdf_kind::pkcs12)
        return pkcs12_kdf(*Botan::HashFunction::create_or_throw(kdf.hash), {use, password.utf16, kdf.salt, kdf.iterations}, size);
    secure out(size);
    const auto n = static_cast<std::size_t>(kdf.iterations);
    const auto hash = kdf.kind == kdf_kind::scrypt
                          ? Botan::PasswordHashFamily::create_or_throw("Scrypt")->from_params(n, static_cast<std::size_t>(kdf.r),
                                                                                              static_cast<std::size_t>(kdf.p))
                          : Botan::PasswordHashFamily::create_or_throw("PBKDF2(HMAC(" + std::string(kdf.hash) + "))")->from_iterations(n);
    hash->hash(out, as_text(password.utf8), kdf.salt);
    return out;
}

/// A password at work on one file.
class pfx_unlocker {
public:
    pfx_unlocker(pfx_password&& password, pfx_work& work) : password_(std::move(password)), work_(work) {}

    const pfx_password& password() const noexcept { return password_; }
    /// The empty password in its other form.
    void use_zero_length_form() {
        password_.use_zero_length_form();
        derived_.clear();
    }

    bool mac_holds(const kdf_scheme& kdf, std::string_view hash, byte_view message, byte_view value) {
        note_run(work_, pfx_step::derive_mac_key, kdf.cost);
        const auto hmac = Botan::MessageAuthenticationCode::create_or_throw("HMAC(" + std::string(hash) + ")");
        hmac->set_key(derive(kdf, kdf_use::mac, kdf.key_bytes, password_));
        work_.steps.push_back(pfx_step::check_mac);
        hmac->update(message);
        return Botan::constant_time_compare(hmac->final(), value);
    }

    /// The plaintext; nullopt where the padding is wrong. Requires: a ciphertext of whole blocks, as read_pbe has it.
    std::optional<secure> decrypt(const pbe_scheme& scheme, byte_view ciphertext) {
        const auto& keys = keys_of(scheme.kdf);
        work_.steps.push_back(pfx_step::decrypt);
        const auto cipher = Botan::Cipher_Mode::create_or_throw(scheme.cipher, Botan::Cipher_Dir::Decryption);
        cipher->set_key(keys.key);
        cipher->start(scheme.kdf.kind == kdf_kind::pkcs12 ? byte_view(keys.iv) : byte_view(scheme.iv));
        secure buffer(ciphertext.begin(), ciphertext.end());
        try {
            cipher->finish(buffer);
        } catch (const Botan::Decoding_Error&) {
            return std::nullopt;
        }
        return buffer;
    }

private:
    struct derived {
        kdf_scheme from;
        secure key, iv;
    };
    /// Files may encrypt all their bags under one salt: what was derived is kept until the file is open.
    const derived& keys_of(const kdf_scheme& kdf) {
        for (const derived& d : derived_)
            if (d.from == kdf) return d;
        note_run(work_, pfx_step::derive_key, kdf.cost);
        derived fresh{kdf, derive(kdf, kdf_use::key, kdf.key_bytes, password_), {}};
        if (kdf.kind == kdf_kind::pkcs12) {
            fresh.iv = derive(kdf, kdf_use::iv, 8, password_);
            if (kdf.key_bytes == 16) fresh.key.insert(fresh.key.end(), fresh.key.begin(), fresh.key.begin() + 8); // two-key 3DES
        }
        return derived_.emplace_back(std::move(fresh));
    }

    pfx_password password_;
    pfx_work& work_;
    std::vector<derived> derived_;
};

} // namespace keywright::formats::detail
