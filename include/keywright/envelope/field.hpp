// SPDX-License-Identifier: Apache-2.0
// Small values, each encrypted alone, in Tink's wire format: cells of a database, tokens, names. What seals them knows
// nothing of tables; envelope/column.hpp binds a value to its place, and is what products use.
// Depends on: envelope/keyset, detail/whole_aead, detail/nonce_pool.
// Use: `auto cipher = field_cipher::make(keys, lease); auto sealed = cipher->seal(associated_data, value);`
#pragma once

#include <keywright/core/algorithms.hpp>
#include <keywright/detail/nonce_pool.hpp>
#include <keywright/detail/whole_aead.hpp>
#include <keywright/envelope/keyset.hpp>

namespace keywright::envelope {

// Layout (Tink): prefix || body.
//   prefix  01 || u32 key id; 00 || u32 key id of a legacy or crunchy key; nothing of a raw one
//   body    AES-256-GCM, AES-256-GCM-SIV: 12 nonce || ciphertext || 16 tag;   AES-256-SIV: 16 SIV || ciphertext
// So a field is 33 bytes longer than its value, for look-ups 21.
//
// Nonces are 96 random bits, never the caller's and never given twice by a process (detail/nonce_pool.hpp). Under one
// AES-GCM key there are at most 2^31, by all processes together, so that two are equal with a chance below 2^-34; under
// GCM-SIV equal ones would only show that two values with the same associated data are equal.

/// The largest value of a field; larger ones are files.
inline constexpr std::size_t largest_field = std::size_t{1} << 20;

/// Seals and opens fields under a keyset, for as long as its lease lives. Keyed once: make one per thread and keep it.
/// Thread safety: one thread at a time.
class field_cipher {
public:
    using algorithms = keywright::algorithms<"AES-256/GCM", "AES-256/GCM-SIV", "AES-256/SIV">; ///< by the keyset's type

    /// `lease` is checked on every use and must outlive this. The keyset need not: its keys are taken over. internal: Botan
    /// lacks the algorithm.
    [[nodiscard]] static result<field_cipher> make(const keyset& keys, const keys::data_key_lease& lease) { return make_for(keys, &lease); }
    void make(const keyset& keys, keys::data_key_lease&& lease) = delete;
    /// For a keyset that belongs to no environment, such as one of another system's: no lock reaches it.
    [[nodiscard]] static result<field_cipher> make_unleased(const keyset& keys) { return make_for(keys, nullptr); }

    /// How much longer a field is than its value: 33 bytes, for look-ups 21; less under a key without prefix.
    std::size_t overhead() const noexcept {
        return prefix_size(primary()) + nonce_size(primary()) + keywright::detail::whole_aead::tag_size;
    }

    /// Writes the field of `value` into `out`, which is overhead() longer. Takes no memory once warm.
    /// Fails with what the lease says (locked, expired, unavailable), exhausted (AES-GCM: reserve more uses of the
    /// keyset), limit_exceeded (above 1 MiB), misused (another length of `out`).
    [[nodiscard]] result<void> seal(byte_view associated_data, byte_view value, byte_span out) {
        if (auto usable = check(); !usable) return usable;
        if (value.size() > largest_field) return fail(errc::limit_exceeded, "field: the value is larger than 1 MiB; seal it as a message");
        if (out.size() != value.size() + overhead()) return fail(errc::misused, "field: expected room for the value and its overhead");
        return seal_under(primary(), associated_data, value, out);
    }
    /// The same into memory of its own.
    [[nodiscard]] result<bytes> seal(byte_view associated_data, byte_view value) {
        bytes out(std::min(value.size(), largest_field + 1) + overhead());
        if (auto sealed = seal(associated_data, value, out); !sealed) return pass(sealed);
        return out;
    }

    /// The value. Fails with what the lease says, not_mine (no enabled key of the keyset made it), authentication_failed
    /// (altered, or sealed with other associated data), limit_exceeded.
    [[nodiscard]] result<bytes> open(byte_view associated_data, byte_view field) { return open_as<bytes>(associated_data, field); }
    /// The same, of a value that is wiped when it goes. Fails as `open`.
    [[nodiscard]] result<secret_bytes> open_secret(byte_view associated_data, byte_view field) {
        auto value = open_as<Botan::secure_vector<std::uint8_t>>(associated_data, field);
        if (!value) return pass(value);
        return secret_bytes(std::move(*value));
    }

    /// The fields that `value` may stand as, the primary key's first: what to look for in a column of a deterministic
    /// keyset, also while it still holds fields of older keys. misused for another keyset.
    [[nodiscard]] result<std::vector<bytes>> look_up(byte_view associated_data, byte_view value) {
        if (auto usable = check(); !usable) return pass(usable);
        if (!primary().looks_up)
            return fail(errc::misused, "field: only a deterministic keyset (AES-SIV) gives equal fields for equal values");
        if (value.size() > largest_field) return fail(errc::limit_exceeded, "field: the value is larger than 1 MiB");
        std::vector<bytes> found;
        for (held& key : keys_) {
            bytes out(prefix_size(key) + value.size() + keywright::detail::whole_aead::tag_size);
            if (auto sealed = seal_under(key, associated_data, value, out); !sealed) return pass(sealed);
            found.push_back(std::move(out));
        }
        return found;
    }

    bool deterministic() const noexcept { return primary().looks_up; }

private:
    struct held {
        std::array<std::uint8_t, 5> prefix{};
        bool has_prefix = true;
        bool looks_up = false;
        bool counts = false; // AES-GCM
        keywright::detail::whole_aead aead;
    };

    static constexpr std::array<const char*, 3> names{approved<"AES-256/GCM">, approved<"AES-256/GCM-SIV">, approved<"AES-256/SIV">};

    static result<held> hold(const formats::tink_key& key) {
        auto aead = keywright::detail::whole_aead::make(names[static_cast<std::size_t>(key.info.type)], keywright::detail::reveal(key.key));
        if (!aead) return pass(aead);
        held made{.prefix = {},
                  .has_prefix = key.info.prefix != formats::tink_prefix::raw,
                  .looks_up = key.info.type == formats::tink_key_type::aes_siv,
                  .counts = key.info.type == formats::tink_key_type::aes_gcm,
                  .aead = std::move(*aead)};
        made.prefix[0] = key.info.prefix == formats::tink_prefix::tink ? 1 : 0;
        store_be(key.info.id, made.prefix.data() + 1);
        return made;
    }
    static result<field_cipher> make_for(const keyset& keys, const keys::data_key_lease* lease) {
        field_cipher made(lease, keys.uses_);
        for (const formats::tink_key& key : keys.keys_.keys) {
            if (key.info.status != formats::tink_status::enabled) continue;
            auto one = hold(key);
            if (!one) return pass(one);
            made.keys_.push_back(std::move(*one));
            if (key.info.id == keys.primary_id()) std::swap(made.keys_.front(), made.keys_.back());
        }
        return made;
    }

    field_cipher(const keys::data_key_lease* lease, keys::use_count uses) noexcept : lease_(lease), uses_(std::move(uses)) {}

    held& primary() noexcept { return keys_.front(); }
    const held& primary() const noexcept { return keys_.front(); }
    static std::size_t prefix_size(const held& key) noexcept { return key.has_prefix ? key.prefix.size() : 0; }
    static std::size_t nonce_size(const held& key) noexcept { return key.looks_up ? 0 : keywright::detail::nonce_pool::nonce_size; }
    static bool made_by(const held& key, byte_view field) noexcept {
        return !key.has_prefix || std::equal(key.prefix.begin(), key.prefix.end(), field.begin());
    }

    template <class Value>
    result<Value> open_as(byte_view associated_data, byte_view field) {
        if (auto usable = check(); !usable) return pass(usable);
        if (field.size() > largest_field + 64)
            return fail(errc::limit_exceeded, "field: expected at most 1 MiB and its overhead, it is longer");
        error last{errc::not_mine, "field: made under no enabled key of this keyset"};
        for (held& key : keys_) {
            const std::size_t head = prefix_size(key) + nonce_size(key);
            if (field.size() < head + keywright::detail::whole_aead::tag_size || !made_by(key, field)) continue;
            Value value(field.size() - head - keywright::detail::whole_aead::tag_size);
            auto opened = key.aead.open(field.subspan(prefix_size(key), nonce_size(key)), associated_data, field.subspan(head), value);
            if (opened) return value;
            last = {errc::authentication_failed, "field: it was altered, or belongs to another place"};
        }
        return tl::unexpected(last);
    }
    result<void> check() const { return lease_ == nullptr ? result<void>{} : lease_->check(); }
    result<void> seal_under(held& key, byte_view associated_data, byte_view value, byte_span out) {
        if (key.counts && !uses_.take())
            return fail(errc::exhausted, "field: the uses of its AES-GCM key are spent; reserve more of the keyset");
        std::copy_n(key.prefix.begin(), prefix_size(key), out.begin());
        const byte_span nonce = out.subspan(prefix_size(key), nonce_size(key));
        if (!nonce.empty()) {
            const auto drawn = nonces_.next();
            if (!drawn) return pass(drawn);
            std::copy(drawn->begin(), drawn->end(), nonce.begin());
        }
        return key.aead.seal(nonce, associated_data, value, out.subspan(prefix_size(key) + nonce.size()));
    }

    std::vector<held> keys_; // the primary one first
    const keys::data_key_lease* lease_;
    keys::use_count uses_;
    keywright::detail::nonce_pool nonces_;
};

} // namespace keywright::envelope
