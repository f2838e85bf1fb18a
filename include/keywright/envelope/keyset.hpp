// SPDX-License-Identifier: Apache-2.0
// The keys of encrypted fields: one primary that seals, older ones that open, in Tink's format. A keyset lives in the
// product's store wrapped by the environment's field key, and goes to and from other programs as a Tink keyset.
// Depends on: keys/lease, formats/tink_keyset.
// Use: `auto keys = keyset::generate(field_suite::aes256_gcm_siv);`
//      `auto stored = keys->wrap(lease, context)->serialised();`
#pragma once

#include <keywright/formats/tink_keyset.hpp>
#include <keywright/keys/lease.hpp>

#include <iterator>

namespace keywright::envelope {

// Wrapped by an environment: an entry as in keys/wrap.hpp under the environment's field key, whose plaintext is the
// serialised Tink Keyset. `as_tink` gives the same bytes as a Tink EncryptedKeyset (IV || ciphertext || tag), which a
// Tink client opens with an AES-GCM key without prefix, the environment's field key, and the serialised context as
// associated data.

/// How a field is encrypted. GCM-SIV (RFC 8452) is the one to take: a nonce that repeats would show only that two
/// fields of one row are equal. GCM is there for readers that know nothing else, SIV (RFC 5297) to look for equal values.
enum class field_suite : unsigned char { aes256_gcm, aes256_gcm_siv, aes256_siv };
static_assert(static_cast<int>(field_suite::aes256_siv) == static_cast<int>(formats::tink_key_type::aes_siv));

/// As many fields as one AES-GCM key seals under random nonces, by all processes together; then the next key is made.
inline constexpr std::uint64_t gcm_uses_per_key = std::uint64_t{1} << 31;
inline constexpr std::uint64_t gcm_uses_per_block = std::uint64_t{1} << 24;

/// Owns field keys. Move-only; wiped on destruction; never printed. Thread safety: const members concurrently.
class keyset {
public:
    /// A new one with one fresh key. unavailable: the system's generator failed.
    [[nodiscard]] static result<keyset> generate(field_suite suite) {
        keyset made;
        if (auto added = made.rotate(suite); !added) return pass(added);
        return made;
    }
    /// Somebody's. malformed: no keys, an id twice, or no enabled primary key; unsupported: a key of another length, or
    /// keys that look up mixed with others.
    [[nodiscard]] static result<keyset> from(formats::tink_keyset&& keys) {
        if (auto whole = formats::detail::check_ids(keys.primary, formats::info_of(keys).keys); !whole) return pass(whole);
        keyset made;
        made.keys_ = std::move(keys);
        for (const formats::tink_key& key : made.keys_.keys) {
            if (key.info.status == formats::tink_status::destroyed) continue;
            if (key.key.size() != formats::detail::row_of(key.info.type).key_bytes)
                return fail(errc::unsupported, "keyset: a key has a length that is not offered, expected 256 bits, of AES-SIV 512");
            if (key.info.status == formats::tink_status::enabled && looks_up(key.info.type) != made.deterministic())
                return fail(errc::unsupported, "keyset: it mixes AES-SIV with other keys; keep keys for look-ups in a keyset of their own");
        }
        return made;
    }
    /// One key of another program's, whose fields carry no prefix. Fails as `from`.
    [[nodiscard]] static result<keyset> of_raw_key(field_suite suite, secret_bytes&& key) {
        formats::tink_keyset one{1, {}};
        one.keys.push_back(
            {{static_cast<formats::tink_key_type>(suite), formats::tink_status::enabled, 1, formats::tink_prefix::raw}, std::move(key)});
        return from(std::move(one));
    }

    /// Adds a fresh key and makes it primary; the older ones go on opening. After it, save the keyset before it is used.
    /// misused: a suite that does not go with the others; limit_exceeded: 24 keys are there.
    [[nodiscard]] result<void> rotate(field_suite suite) {
        const auto type = static_cast<formats::tink_key_type>(suite);
        if (!keys_.keys.empty() && looks_up(type) != deterministic())
            return fail(errc::misused, "keyset: expected keys of AES-SIV alone or none; keep keys for look-ups in a keyset of their own");
        if (keys_.keys.size() >= formats::tink_keyset_keys)
            return fail(errc::limit_exceeded, "keyset: expected at most 24 keys, it holds them all; begin a new one");
        auto key = keys::random_secret(formats::detail::row_of(type).key_bytes);
        if (!key) return pass(key);
        const auto id = fresh_id();
        if (!id) return pass(id);
        keys_.keys.push_back({{type, formats::tink_status::enabled, *id, formats::tink_prefix::tink}, std::move(*key)});
        keys_.primary = *id;
        uses_ = {};
        return {};
    }
    /// The keys of an older keyset open from now on, too; this one's primary goes on sealing. There may be any number of
    /// them, but above 24 keys it can neither be stored nor exported.
    /// misused: keys for look-ups beside others, or an id twice.
    [[nodiscard]] result<void> add_older(keyset&& older) {
        if (older.deterministic() != deterministic())
            return fail(errc::misused, "keyset: expected keys of AES-SIV alone or none; keep keys for look-ups in a keyset of their own");
        for (const formats::tink_key& key : older.keys_.keys)
            if (has(key.info.id)) return fail(errc::misused, "keyset: two of its keys would have one id");
        std::move(older.keys_.keys.begin(), older.keys_.keys.end(), std::back_inserter(keys_.keys));
        return {};
    }
    /// Takes a key out of use: what it sealed does not open until it is enabled again. misused: it is the primary one;
    /// not_found: there is none of that id.
    [[nodiscard]] result<void> disable(std::uint32_t id) { return set_status(id, formats::tink_status::disabled); }
    /// Opens what it sealed again. Fails as `disable`.
    [[nodiscard]] result<void> enable(std::uint32_t id) { return set_status(id, formats::tink_status::enabled); }

    /// Whether equal values give equal ciphertexts.
    bool deterministic() const noexcept { return looks_up(primary().info.type); }
    field_suite suite() const noexcept { return static_cast<field_suite>(primary().info.type); }
    std::uint32_t primary_id() const noexcept { return keys_.primary; }
    bool has(std::uint32_t id) const noexcept {
        return std::any_of(keys_.keys.begin(), keys_.keys.end(), [id](const auto& k) { return k.info.id == id; });
    }
    formats::tink_keyset_info info() const { return formats::info_of(keys_); }

    // --- how often an AES-GCM key was used ---

    struct reservation {
        std::uint64_t used = 0;   ///< store this beside the keyset, in one commit that fails if another came between
        bool new_primary = false; ///< then store the keyset, too
    };
    /// Takes `block` uses of an AES-GCM primary, for this process and all ciphers that it makes of this keyset; once
    /// 2^31 are spent, of a fresh primary. `used` is what was stored last, 0 at first. Save what it says, and only then
    /// seal. Other suites need none: nothing changes. misused: a block of none, or above 2^31.
    [[nodiscard]] result<reservation> reserve(std::uint64_t used, std::uint64_t block = gcm_uses_per_block) {
        if (suite() != field_suite::aes256_gcm) return reservation{used, false};
        if (block == 0 || block > gcm_uses_per_key) return fail(errc::misused, "keyset: expected a block of 1 to 2^31 uses");
        reservation r{used + block, used > gcm_uses_per_key - block};
        if (r.new_primary) {
            if (auto moved = rotate(field_suite::aes256_gcm); !moved) return pass(moved);
            r.used = block;
        }
        uses_.add(block);
        return r;
    }
    /// Ciphers made of this keyset from now on take the uses of its AES-GCM primary from `uses`, which somebody else reserves.
    void draw_from(keys::use_count uses) noexcept { uses_ = std::move(uses); }

    // --- under an environment, and to and from Tink ---

    /// The keyset as the environment's store keeps it, bound to `context`. Fails as lease.wrap.
    [[nodiscard]] result<keys::wrapped_key> wrap(const keys::data_key_lease& lease, const keys::encryption_context& context) const {
        return lease.wrap(keys::data_purpose::field, context.serialise(), serialise());
    }
    /// Fails as lease.unwrap.
    [[nodiscard]] static result<keyset> unwrap(const keys::data_key_lease& lease, const keys::encryption_context& context,
                                               const keys::wrapped_key& stored) {
        const auto plain = lease.unwrap(keys::data_purpose::field, context.serialise(), stored.view());
        if (!plain) return pass(plain);
        auto parsed = formats::parse_tink_keyset(*plain);
        if (!parsed) return pass(parsed);
        return from(std::move(*parsed));
    }
    /// Its plaintext, a serialised Tink Keyset: for whoever wraps it otherwise.
    secret_bytes serialise() const { return formats::serialise_tink_keyset(keys_); }
    /// A wrapped keyset as a Tink EncryptedKeyset. Requires: `stored` is what `wrap` of this keyset gave.
    [[nodiscard]] formats::tink_encrypted_keyset as_tink(const keys::wrapped_key& stored) const {
        const auto entry = stored.view();
        const auto iv = entry.provider_info.last(keywright::detail::aes_gcm::iv_size);
        bytes encrypted(iv.begin(), iv.end());
        append(encrypted, entry.ciphertext);
        return {std::move(encrypted), info()};
    }

private:
    friend class field_cipher;

    keyset() = default;
    static constexpr bool looks_up(formats::tink_key_type type) noexcept { return type == formats::tink_key_type::aes_siv; }
    const formats::tink_key& primary() const noexcept {
        return *std::find_if(keys_.keys.begin(), keys_.keys.end(), [this](const auto& k) { return k.info.id == keys_.primary; });
    }
    result<std::uint32_t> fresh_id() const {
        return keywright::detail::botan_boundary(errc::unavailable, "keyset: the system's generator failed", [this] {
            std::array<std::uint8_t, 4> raw{};
            std::uint32_t id = 0;
            do {
                Botan::system_rng().randomize(raw);
                id = load_be<std::uint32_t>(raw.data());
            } while (id == 0 || has(id));
            return id;
        });
    }
    result<void> set_status(std::uint32_t id, formats::tink_status status) {
        if (id == keys_.primary) return fail(errc::misused, "keyset: the primary key stays enabled; rotate first");
        for (formats::tink_key& key : keys_.keys) {
            if (key.info.id != id || key.info.status == formats::tink_status::destroyed) continue;
            key.info.status = status;
            return {};
        }
        return fail(errc::not_found, "keyset: expected the id of one of its keys, there is none of this one");
    }

    formats::tink_keyset keys_;
    keys::use_count uses_;
};

} // namespace keywright::envelope
