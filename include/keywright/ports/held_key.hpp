// SPDX-License-Identifier: Apache-2.0
// What every vault of RSA and Ed25519 keys does alike, so that one of your own only keeps them: how an entry describes a key, and
// one key in memory with the decryptors that were made for it. Making a decryptor costs a second private operation, so
// they are kept; they belong to the key and not to threads, so that destroying the key reaches them all.
// Depends on: ports/key_vault, Botan. Use:
//     auto entry = describe_key(id, purpose, key);
//     auto held = held_key::from_pkcs8(purpose, der);   held->unwrap(ciphertext);
#pragma once

#include <keywright/core/algorithms.hpp>
#include <keywright/core/bytes.hpp>
#include <keywright/core/result.hpp>
#include <keywright/core/secret_bytes.hpp>
#include <keywright/detail/botan_boundary.hpp>
#include <keywright/ports/key_vault.hpp>

#include <botan/bigint.h>
#include <botan/hash.h>
#include <botan/pk_keys.h>
#include <botan/pkcs8.h>
#include <botan/pubkey.h>
#include <botan/system_rng.h>

#include <algorithm>
#include <condition_variable>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <string_view>
#include <utility>
#include <vector>

namespace keywright::ports {

inline constexpr std::size_t slot_bytes = 32;

/// 1 to 200 bytes of `a-z 0-9 . _ / -`.
constexpr bool valid_vault_id(std::string_view id) noexcept {
    const auto allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '/' || c == '-';
    };
    return !id.empty() && id.size() <= 200 && std::all_of(id.begin(), id.end(), allowed);
}

[[nodiscard]] constexpr result<void> check_vault_id(std::string_view id) {
    if (!valid_vault_id(id)) return fail(errc::malformed, "key vault: expected an id of 1 to 200 bytes out of a-z 0-9 . _ / -");
    return {};
}

} // namespace keywright::ports

namespace keywright::detail {

inline fingerprint sha256(std::initializer_list<byte_view> parts) {
    const auto hash = Botan::HashFunction::create_or_throw(approved<"SHA-256">);
    for (const auto part : parts) hash->update(part);
    fingerprint digest;
    hash->final(digest.bytes);
    return digest;
}

/// Appends SHA-256("keywright key check 1" || secret).
inline void append_key_check(bytes& out, byte_view secret) { append(out, sha256({as_bytes("keywright key check 1"), secret}).bytes); }

[[nodiscard]] inline result<secret_bytes> random_secret(std::size_t size) {
    return botan_boundary(errc::unavailable, "key vault: the system gave no random bytes", [size] {
        secret_bytes made(size);
        Botan::system_rng().randomize(reveal_writable(made));
        return made;
    });
}

} // namespace keywright::detail

namespace keywright::ports {

// --- what an entry says about a key ---

/// misused when a key of this kind cannot serve the purpose.
[[nodiscard]] inline result<void> check_purpose(key_purpose purpose, const Botan::Private_Key& key) {
    using enum key_purpose;
    const auto kind = key.algo_name();
    switch (purpose) {
    case customer:
    case provider:
    case import: // below, a decryption with OAEP and SHA-256 is not possible; beyond, an operation takes minutes
        if (kind == "RSA" && key.key_length() >= 1024 && key.key_length() <= 16384) return {};
        return fail(errc::misused, "key vault: expected an RSA key of 1024 to 16384 bits for this purpose");
    case audit:
        if (kind == "Ed25519") return {};
        return fail(errc::misused, "key vault: expected an Ed25519 key for purpose audit");
    case slot: break;
    }
    return fail(errc::misused, "key vault: a slot is made by stage_slot, not from a key");
}

namespace detail {

inline void describe(vault_entry& entry, const Botan::Private_Key& key) {
    entry.public_key = key.subject_public_key();
    entry.print = keywright::detail::sha256({entry.public_key});
    if (entry.purpose == key_purpose::audit) {
        const auto raw = key.raw_private_key_bits(); // the 32-byte seed, then the public key
        keywright::detail::append_key_check(entry.key_check, byte_view(raw).first(32));
    } else {
        for (const auto* prime : {"p", "q"})
            keywright::detail::append_key_check(entry.key_check, key.get_int_field(prime).serialize<Botan::secure_vector<std::uint8_t>>());
    }
}

} // namespace detail

/// The entry of a key, not published. As check_vault_id and check_purpose; misused also for a key that is not whole.
[[nodiscard]] inline result<vault_entry> describe_key(std::string_view id, key_purpose purpose, const Botan::Private_Key& key) {
    if (auto valid = check_vault_id(id); !valid) return pass(valid);
    if (auto fits = check_purpose(purpose, key); !fits) return pass(fits);
    return keywright::detail::botan_boundary(errc::misused, "key vault: expected a whole private key", [&] {
        vault_entry entry;
        entry.id = id;
        entry.purpose = purpose;
        detail::describe(entry, key);
        return entry;
    });
}

/// The entry of a slot, not published. As check_vault_id.
[[nodiscard]] inline result<vault_entry> describe_slot(std::string_view id, const secret_bytes& secret) {
    if (auto valid = check_vault_id(id); !valid) return pass(valid);
    vault_entry entry;
    entry.id = id;
    entry.purpose = key_purpose::slot;
    keywright::detail::append_key_check(entry.key_check, keywright::detail::reveal(secret));
    return entry;
}

// --- the key itself ---

/// Safe to use from several threads at once; holds as many decryptors as there were threads at the busiest moment.
class held_key {
public:
    /// Requires: the key passed check_purpose. The PKCS#8 bytes (DER) stay the caller's.
    [[nodiscard]] static result<std::shared_ptr<held_key>> from_pkcs8(key_purpose purpose, byte_view der) {
        return keywright::detail::botan_boundary(errc::corrupt, "key vault: a kept key does not load", [&] {
            return std::shared_ptr<held_key>(new held_key(purpose, Botan::PKCS8::load_key(der)));
        });
    }
    [[nodiscard]] static result<std::shared_ptr<held_key>> from_pkcs8(key_purpose purpose, const secret_bytes& der) {
        return from_pkcs8(purpose, keywright::detail::reveal(der));
    }
    held_key(const held_key&) = delete;
    held_key& operator=(const held_key&) = delete;

    /// Fails with not_found after `close`, misused when the purpose is not one that unwraps, authentication_failed.
    [[nodiscard]] result<secret_bytes> unwrap(byte_view ciphertext) {
        if (purpose_ == key_purpose::audit) return fail(errc::misused, "key vault: an audit key signs and does not unwrap");
        const in_use guard(*this);
        if (!guard) return gone();
        auto decryptor =
            keywright::detail::botan_boundary(errc::internal, "key vault: the key cannot be made ready", [this] { return take(); });
        if (!decryptor) return pass(decryptor);
        auto opened =
            keywright::detail::botan_boundary(errc::authentication_failed, "key vault: the wrapped secret does not open with this key",
                                              [&] { return secret_bytes((*decryptor)->decrypt(ciphertext)); });
        put_back(std::move(*decryptor));
        return opened;
    }

    /// Fails with not_found after `close`, misused when the purpose is not audit.
    [[nodiscard]] result<bytes> sign(byte_view message) {
        if (purpose_ != key_purpose::audit) return fail(errc::misused, "key vault: only a key of purpose audit signs");
        const in_use guard(*this);
        if (!guard) return gone();
        return keywright::detail::botan_boundary(errc::internal, "key vault: signing failed", [&] {
            Botan::PK_Signer signer(*key_, Botan::system_rng(), approved<"Pure">);
            return signer.sign_message(message, Botan::system_rng());
        });
    }

    /// Waits for the operations that are under way (each takes milliseconds), then wipes key and decryptors.
    void close() {
        std::unique_lock lock(mutex_);
        closed_ = true;
        idle_changed_.wait(lock, [this] { return users_ == 0; });
        decryptors_.clear();
        key_.reset();
    }

private:
    held_key(key_purpose purpose, std::unique_ptr<Botan::Private_Key> key) : purpose_(purpose), key_(std::move(key)) {}

    static tl::unexpected<error> gone() { return fail(errc::not_found, "key vault: the key has been destroyed"); }

    /// While one of these is true, `close` waits and key_ stays.
    class in_use {
    public:
        explicit in_use(held_key& held) : held_(held) {
            const std::lock_guard lock(held_.mutex_);
            if (!held_.closed_) {
                entered_ = true;
                ++held_.users_;
            }
        }
        in_use(const in_use&) = delete;
        in_use& operator=(const in_use&) = delete;
        ~in_use() {
            if (!entered_) return;
            const std::lock_guard lock(held_.mutex_);
            if (--held_.users_ == 0) held_.idle_changed_.notify_all();
        }
        explicit operator bool() const noexcept { return entered_; }

    private:
        held_key& held_;
        bool entered_ = false;
    };

    std::unique_ptr<Botan::PK_Decryptor> take() {
        {
            const std::lock_guard lock(mutex_);
            if (!decryptors_.empty()) {
                auto taken = std::move(decryptors_.back());
                decryptors_.pop_back();
                return taken;
            }
        }
        const auto* padding = purpose_ == key_purpose::import ? approved<"OAEP(SHA-1)"> : approved<"OAEP(SHA-256)">;
        return std::make_unique<Botan::PK_Decryptor_EME>(*key_, Botan::system_rng(), padding);
    }
    void put_back(std::unique_ptr<Botan::PK_Decryptor> decryptor) {
        const std::lock_guard lock(mutex_);
        decryptors_.push_back(std::move(decryptor));
    }

    const key_purpose purpose_;
    std::unique_ptr<Botan::Private_Key> key_;
    std::mutex mutex_;
    std::condition_variable idle_changed_;
    std::vector<std::unique_ptr<Botan::PK_Decryptor>> decryptors_;
    std::size_t users_ = 0;
    bool closed_ = false;
};

} // namespace keywright::ports
