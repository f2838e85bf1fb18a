// SPDX-License-Identifier: Apache-2.0
// How one symmetric key is kept under another: one record for the store, for headers and for messages alike, the
// encrypted-data-key entry of the AWS Encryption SDK as its raw AES keyring writes it.
// Depends on: keys/context, core, Botan (AES-GCM, system generator).
// Use: `auto k = kek::make(secret); auto w = wrap_key(*k, "ring/contoso/eu/1", context, key);`
//      `auto key = unwrap_key(*k, "ring/contoso/eu/1", context, w->view());`
#pragma once

#include <keywright/core/secret_bytes.hpp>
#include <keywright/detail/aes_gcm.hpp>
#include <keywright/detail/random_supply.hpp>
#include <keywright/keys/context.hpp>

#include <botan/system_rng.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

namespace keywright::keys {

// Layout of an entry, big-endian (AWS Encryption SDK, message header, "Encrypted Data Key(s)" and raw AES keyring):
//   u16 n, provider id        `keywright`; for a raw AES keyring of the consumer's, its key namespace
//   u16 n, provider info      key name || 00000080 (tag bits) || 0000000C (IV bytes) || IV, 12 random bytes
//   u16 n, ciphertext         AES-GCM(key) || tag, 16 bytes; associated data: the serialised encryption context

/// The provider id of every wrap of ours.
inline constexpr std::string_view provider = "keywright";

/// One entry, read and not copied: valid as long as the bytes that it was read from.
struct entry_view {
    std::string_view provider_id;
    byte_view provider_info;
    byte_view ciphertext;
};

/// Reads one entry from the front of `in` and moves `in` behind it. malformed when it is truncated.
[[nodiscard]] inline result<entry_view> take_entry(byte_view& in) {
    const auto field = [&in](byte_view& out) {
        if (in.size() < 2) return false;
        const std::size_t n = load_be<std::uint16_t>(in.data());
        if (in.size() - 2 < n) return false;
        out = in.subspan(2, n);
        in = in.subspan(2 + n);
        return true;
    };
    byte_view id, info, ciphertext;
    if (!field(id) || !field(info) || !field(ciphertext)) return fail(errc::malformed, "wrap: the entry is truncated");
    return entry_view{as_text(id), info, ciphertext};
}

/// Owns one serialised entry; what the store keeps is `serialised()`. Not secret. A plain value.
class wrapped_key {
public:
    /// Reads a record; malformed when it is truncated, or bytes follow.
    [[nodiscard]] static result<wrapped_key> parse(byte_view record) {
        byte_view rest = record;
        auto entry = take_entry(rest);
        if (!entry) return pass(entry);
        if (!rest.empty()) return fail(errc::malformed, "wrap: bytes follow the entry");
        return wrapped_key(bytes(record.begin(), record.end()));
    }
    /// Makes an entry of its three fields. Requires: each at most 65 535 bytes.
    static wrapped_key of(std::string_view provider_id, byte_view provider_info, byte_view ciphertext) {
        bytes record;
        record.reserve(6 + provider_id.size() + provider_info.size() + ciphertext.size());
        for (const byte_view field : {as_bytes(provider_id), provider_info, ciphertext}) {
            expects(field.size() <= 65'535, "wrapped_key: a field has at most 65535 bytes");
            append_be(record, static_cast<std::uint16_t>(field.size()));
            append(record, field);
        }
        return wrapped_key(std::move(record));
    }

    const bytes& serialised() const noexcept { return record_; }
    entry_view view() const noexcept {
        byte_view in = record_;
        return *take_entry(in); // the record was checked when this was made
    }

private:
    friend class kek;
    explicit wrapped_key(bytes&& record) noexcept : record_(std::move(record)) {}
    bytes record_;
};

/// What an entry is bound to: the ids that stand in it, and the serialised context.
struct entry_ids {
    std::string_view provider_id, key_name;
    byte_view aad;
};

/// A key-encryption key, expanded and ready; wiped on destruction, cannot be read back. Move-only.
/// Thread safety: one thread at a time (a lease adds the lock).
class kek {
public:
    /// From 16, 24 or 32 bytes; misused for another size.
    [[nodiscard]] static result<kek> make(const secret_bytes& key) {
        auto seal = keywright::detail::aes_gcm::make(keywright::detail::reveal(key), Botan::Cipher_Dir::Encryption);
        if (!seal) return pass(seal);
        auto open = keywright::detail::aes_gcm::make(keywright::detail::reveal(key), Botan::Cipher_Dir::Decryption);
        if (!open) return pass(open);
        return kek(std::move(*seal), std::move(*open));
    }

    /// The entry of `key` (1 to 4096 bytes) under the given ids, bound to the serialised context `aad`.
    /// The IV is 12 bytes of the system's generator: at most 2^32 wraps under one key, by all processes together.
    /// misused: another size of key; limit_exceeded: an id above 65 535 bytes; unavailable: that generator failed.
    [[nodiscard]] result<wrapped_key> wrap(std::string_view provider_id, std::string_view key_name, byte_view aad,
                                           const secret_bytes& key) {
        keywright::detail::random_supply random(iv_size);
        return wrap({provider_id, key_name, aad}, key, random);
    }
    /// The same with an IV out of what is drawn together.
    [[nodiscard]] result<wrapped_key> wrap(const entry_ids& under, const secret_bytes& key, keywright::detail::random_supply& random) {
        std::array<std::uint8_t, iv_size> iv{};
        if (auto drawn = random.take(iv); !drawn) return pass(drawn);
        return wrap_with(iv, under, key);
    }
    /// The key in an entry. not_mine: other ids, or lengths that these ids never have; authentication_failed: another
    /// key, another context or changed bytes.
    [[nodiscard]] result<secret_bytes> unwrap(std::string_view provider_id, std::string_view key_name, byte_view aad,
                                              const entry_view& entry) {
        if (!is_of(entry, provider_id, key_name)) return fail(errc::not_mine, "wrap: the entry names another provider or key");
        const std::size_t size = entry.ciphertext.size() - tag_size;
        secret_bytes key(entry.ciphertext.first(size));
        auto opened =
            open_.open(entry.provider_info.last(iv_size), aad, keywright::detail::reveal_writable(key), entry.ciphertext.last(tag_size));
        if (!opened) return pass(opened);
        return key;
    }

    /// Whether an entry is one that `wrap` with these ids makes, as far as is seen without the key.
    static bool is_of(const entry_view& entry, std::string_view provider_id, std::string_view key_name) noexcept {
        const byte_view info = entry.provider_info;
        return entry.provider_id == provider_id && info.size() == key_name.size() + lengths.size() + iv_size &&
               as_text(info.first(key_name.size())) == key_name &&
               std::equal(lengths.begin(), lengths.end(), info.begin() + static_cast<std::ptrdiff_t>(key_name.size())) &&
               entry.ciphertext.size() > tag_size && entry.ciphertext.size() <= largest_key + tag_size;
    }

private:
    friend class rewrapper;
    static constexpr std::size_t iv_size = keywright::detail::aes_gcm::iv_size;
    static constexpr std::size_t tag_size = keywright::detail::aes_gcm::tag_size;
    static constexpr std::size_t largest_key = 4096;
    static constexpr std::array<std::uint8_t, 8> lengths{0, 0, 0, 8 * tag_size, 0, 0, 0, iv_size};

    kek(keywright::detail::aes_gcm&& seal, keywright::detail::aes_gcm&& open) noexcept : seal_(std::move(seal)), open_(std::move(open)) {}

    static result<void> random(byte_span out) {
        return keywright::detail::botan_boundary(errc::unavailable, "wrap: the system's generator failed",
                                                 [out] { Botan::system_rng().randomize(out); });
    }
    // Builds the record in place: one allocation, and the key is encrypted where it will stay.
    result<wrapped_key> wrap_with(byte_view iv, const entry_ids& under, const secret_bytes& key) {
        const auto& [provider_id, key_name, aad] = under;
        const std::size_t info_size = key_name.size() + lengths.size() + iv_size;
        if (key.empty() || key.size() > largest_key) return fail(errc::misused, "wrap: expected a key of 1 to 4096 bytes");
        if (provider_id.size() > 65'535 || info_size > 65'535)
            return fail(errc::limit_exceeded, "wrap: expected a provider id and a key name below 65535 bytes, one is longer");
        bytes record(6 + provider_id.size() + info_size + key.size() + tag_size);
        std::uint8_t* out = record.data();
        const auto put = [&out](byte_view part) { out = std::copy(part.begin(), part.end(), out); };
        const auto put_size = [&out](std::size_t size) {
            store_be(static_cast<std::uint16_t>(size), out);
            out += 2;
        };
        put_size(provider_id.size());
        put(as_bytes(provider_id));
        put_size(info_size);
        put(as_bytes(key_name));
        put(lengths);
        put(iv);
        put_size(key.size() + tag_size);
        put(keywright::detail::reveal(key));
        const byte_span sealed = byte_span(record).last(key.size() + tag_size);
        if (auto done = seal_.seal(iv, aad, sealed.first(key.size()), sealed.last(tag_size)); !done) {
            Botan::secure_scrub_memory(sealed.data(), sealed.size());
            return pass(done);
        }
        return wrapped_key(std::move(record));
    }

    keywright::detail::aes_gcm seal_;
    keywright::detail::aes_gcm open_;
};

/// Wraps a key for the store or for a header of ours: provider id `keywright`. See kek::wrap.
[[nodiscard]] inline result<wrapped_key> wrap_key(kek& under, std::string_view key_name, const encryption_context& context,
                                                  const secret_bytes& key) {
    return under.wrap(provider, key_name, context.serialise(), key);
}
/// Opens what `wrap_key` made with the same key, name and context. See kek::unwrap.
[[nodiscard]] inline result<secret_bytes> unwrap_key(kek& under, std::string_view key_name, const encryption_context& context,
                                                     const entry_view& entry) {
    return under.unwrap(provider, key_name, context.serialise(), entry);
}

/// Moves records from one key to another, a million a second: IVs are drawn 64 at a time. For the span of one
/// function, as in a rotation; after fork() only one of the two processes may go on with it, because IVs in hand
/// would be used twice. Thread safety: one thread at a time, which has both keys to itself.
class rewrapper {
public:
    /// Requires: both keys outlive this.
    rewrapper(kek& from, std::string from_name, kek& to, std::string to_name)
        : from_(from), to_(to), from_name_(std::move(from_name)), to_name_(std::move(to_name)) {}
    rewrapper(const rewrapper&) = delete;
    rewrapper& operator=(const rewrapper&) = delete;

    /// `entry`, opened under the first key and `from_aad`, wrapped under the second and `to_aad` (serialised contexts). Fails as
    /// kek::unwrap and kek::wrap.
    [[nodiscard]] result<wrapped_key> operator()(const entry_view& entry, byte_view from_aad, byte_view to_aad) {
        auto key = from_.unwrap(provider, from_name_, from_aad, entry);
        if (!key) return pass(key);
        if (next_ == ivs_.size()) {
            if (auto drawn = kek::random(ivs_); !drawn) return pass(drawn);
            next_ = 0;
        }
        const auto iv = byte_view(ivs_).subspan(next_, kek::iv_size);
        next_ += kek::iv_size;
        return to_.wrap_with(iv, {provider, to_name_, to_aad}, *key);
    }

private:
    kek& from_;
    kek& to_;
    std::string from_name_, to_name_;
    std::array<std::uint8_t, 64 * kek::iv_size> ivs_{};
    std::size_t next_ = sizeof ivs_;
};

} // namespace keywright::keys
