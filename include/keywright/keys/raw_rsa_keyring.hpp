// SPDX-License-Identifier: Apache-2.0
// A keyring of one RSA key of the consumer's, as the AWS Encryption SDK's raw RSA keyring.
// Depends on: keys/keyring, keys/commitment_policy, Botan (RSA-OAEP).
// Use: `auto k = raw_rsa_keyring::make("namespace", "name", oaep_hash::sha256, private_key);`
#pragma once

#include <keywright/core/algorithms.hpp>
#include <keywright/keys/commitment_policy.hpp>
#include <keywright/keys/keyring.hpp>

#include <botan/rsa.h>

namespace keywright::keys {

/// The hash of RSAES-OAEP and of its MGF1.
enum class oaep_hash : unsigned char { sha1, sha256, sha384, sha512 };

/// RSAES-OAEP (RFC 8017, empty label) under a key of the consumer's, as the AWS Encryption SDK's raw RSA keyring.
/// The context is not bound by this wrap, only by the message's header. Thread safety: concurrent.
class raw_rsa_keyring {
public:
    /// Writes only. `spki`: SubjectPublicKeyInfo in DER. malformed; else as `make`.
    [[nodiscard]] static result<raw_rsa_keyring> for_encryption(std::string name_space, std::string name, oaep_hash hash, byte_view spki) {
        auto key = keywright::detail::botan_boundary(errc::malformed, "keyring: expected a SubjectPublicKeyInfo in DER",
                                                     [spki] { return Botan::X509::load_key(spki); });
        if (!key) return pass(key);
        return make_of({std::move(name_space), std::move(name), padding_of(hash)}, std::move(*key), nullptr);
    }
    /// Writes and reads. unsupported: not RSA, or below 2048 bits; misused: no key, or an empty id.
    [[nodiscard]] static result<raw_rsa_keyring> make(std::string name_space, std::string name, oaep_hash hash,
                                                      std::shared_ptr<const Botan::Private_Key> key) {
        return make_of_private({std::move(name_space), std::move(name), padding_of(hash)}, std::move(key));
    }
    /// Reads entries under PKCS#1 v1.5, for old messages whose data key has `data_key_bytes` (16, 24 or 32, as their suite
    /// has it). misused under the default policy: that padding is no longer safe to write, and is not.
    [[nodiscard]] static result<raw_rsa_keyring> for_reading_pkcs1(std::string name_space, std::string name,
                                                                   std::shared_ptr<const Botan::Private_Key> key, commitment_policy policy,
                                                                   std::size_t data_key_bytes = 32) {
        if (!allows_reading_uncommitted(policy))
            return fail(errc::misused, "keyring: PKCS#1 v1.5 is read under the policy require_encrypt_allow_decrypt only");
        if (data_key_bytes != 16 && data_key_bytes != 24 && data_key_bytes != 32)
            return fail(errc::misused, "keyring: expected data keys of 16, 24 or 32 bytes");
        return make_of_private({std::move(name_space), std::move(name), for_old_programs<"PKCS1v15">, data_key_bytes}, std::move(key));
    }

    [[nodiscard]] result<wrapped_key> wrap(const encryption_context&, const secret_bytes& key) const {
        if (state_->id.pkcs1_bytes != 0) return fail(errc::misused, "keyring: PKCS#1 v1.5 is only read");
        auto wrapped = keywright::detail::botan_boundary(errc::internal, "keyring: RSA-OAEP encryption failed", [&] {
            const Botan::PK_Encryptor_EME oaep(*state_->public_key, Botan::system_rng(), state_->id.padding);
            return oaep.encrypt(keywright::detail::reveal(key), Botan::system_rng());
        });
        if (!wrapped) return pass(wrapped);
        return wrapped_key::of(state_->id.name_space, as_bytes(state_->id.name), *wrapped);
    }
    [[nodiscard]] result<encryption_materials> on_encrypt(const encryption_context& context) const {
        return detail::materials_of({}, [&](const secret_bytes& key, auto&) { return wrap(context, key); });
    }
    [[nodiscard]] result<secret_bytes> on_decrypt(const encryption_context&, std::span<const entry_view> entries) const {
        if (state_->private_key == nullptr)
            return fail(errc::not_mine, "keyring: it has the public half of its key, and only writes; opening takes the private one");
        return detail::first_that_opens(entries, [this](const entry_view& entry) -> result<secret_bytes> {
            const bool mine = entry.provider_id == state_->id.name_space && as_text(entry.provider_info) == state_->id.name;
            if (!mine) return fail(errc::not_mine, "keyring: the entry names another key");
            return state_->decrypt(entry.ciphertext);
        });
    }
    [[nodiscard]] result<void> check() const { return {}; }

private:
    struct identity {
        std::string name_space, name;
        const char* padding = "";
        std::size_t pkcs1_bytes = 0; // of the data key, under PKCS#1 v1.5
    };
    struct state {
        identity id;
        std::unique_ptr<Botan::Public_Key> public_key;
        std::shared_ptr<const Botan::Private_Key> private_key;
        std::mutex busy{};
        std::vector<std::unique_ptr<Botan::PK_Decryptor_EME>> idle{}; // a new one costs a second private operation

        result<secret_bytes> decrypt(byte_view ciphertext) {
            std::unique_ptr<Botan::PK_Decryptor_EME> one;
            {
                const std::scoped_lock alone(busy);
                if (!idle.empty()) {
                    one = std::move(idle.back());
                    idle.pop_back();
                }
            }
            auto opened = keywright::detail::botan_boundary(errc::authentication_failed, "keyring: the entry does not open", [&] {
                if (one == nullptr) one = std::make_unique<Botan::PK_Decryptor_EME>(*private_key, Botan::system_rng(), id.padding);
                if (id.pkcs1_bytes == 0) return secret_bytes(one->decrypt(ciphertext));
                // Whoever sends ciphertexts must not learn which are padded well: a random key then fails as a wrong one does.
                return secret_bytes(one->decrypt_or_random(ciphertext.data(), ciphertext.size(), id.pkcs1_bytes, Botan::system_rng()));
            });
            const std::scoped_lock alone(busy);
            if (one != nullptr && idle.size() < 16) idle.push_back(std::move(one));
            return opened;
        }
    };

    static const char* padding_of(oaep_hash hash) {
        static constexpr std::array paddings{approved<"OAEP(SHA-1)">, approved<"OAEP(SHA-256)">, approved<"OAEP(SHA-384)">,
                                             approved<"OAEP(SHA-512)">};
        return paddings[static_cast<std::size_t>(hash)];
    }
    static result<raw_rsa_keyring> make_of_private(identity&& id, std::shared_ptr<const Botan::Private_Key> key) {
        if (key == nullptr) return fail(errc::misused, "keyring: expected a private key");
        auto open_half = keywright::detail::botan_boundary(errc::internal, "keyring: no public half", [&] { return key->public_key(); });
        if (!open_half) return pass(open_half);
        return make_of(std::move(id), std::move(*open_half), std::move(key));
    }
    static result<raw_rsa_keyring> make_of(identity&& id, std::unique_ptr<Botan::Public_Key> open_half,
                                           std::shared_ptr<const Botan::Private_Key> key) {
        if (id.name_space.empty() || id.name.empty()) return fail(errc::misused, "keyring: expected a namespace and a name");
        if (open_half->algo_name() != "RSA" || open_half->key_length() < 2048)
            return fail(errc::unsupported, "keyring: expected an RSA key of 2048 bits or more");
        raw_rsa_keyring made;
        made.state_ = std::make_unique<state>();
        made.state_->id = std::move(id);
        made.state_->public_key = std::move(open_half);
        made.state_->private_key = std::move(key);
        return made;
    }

    raw_rsa_keyring() = default;
    std::unique_ptr<state> state_;
};
static_assert(check_keyring<raw_rsa_keyring>() && wraps_data_keys<raw_rsa_keyring>);

} // namespace keywright::keys
