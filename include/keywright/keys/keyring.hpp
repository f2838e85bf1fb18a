// SPDX-License-Identifier: Apache-2.0
// Who makes and opens the data key of a message: the environment's lease, or a raw AES or RSA key as the AWS
// Encryption SDK's raw keyrings use them.
// Depends on: keys/lease, keys/wrap, Botan (RSA-OAEP).
// Use: `environment_keyring(lease)`, `raw_aes_keyring::make("ns", "name", key)`, `raw_rsa_keyring::make(...)`.
#pragma once

#include <keywright/core/algorithms.hpp>
#include <keywright/keys/lease.hpp>

#include <botan/rsa.h>

#include <span>

namespace keywright::keys {

/// A fresh data key and the entries that carry it in the header.
struct encryption_materials {
    secret_bytes data_key; ///< 32 bytes
    std::vector<wrapped_key> entries;
};

// --- the capabilities, each a name that a compiler prints ---

/// `on_encrypt(context)`: a fresh random data key of 32 bytes, wrapped, and bound to the context where the wrap can.
template <class K>
concept makes_data_keys = requires(const K& k, const encryption_context& context) {
    { k.on_encrypt(context) } -> std::same_as<result<encryption_materials>>;
};
/// `on_decrypt(context, entries)`: the data key in the first entry that opens. not_mine when no entry is this
/// keyring's; authentication_failed when one is and does not open; unavailable, locked, expired as they come.
template <class K>
concept opens_data_keys = requires(const K& k, const encryption_context& context, std::span<const entry_view> entries) {
    { k.on_decrypt(context, entries) } -> std::same_as<result<secret_bytes>>;
};
/// `check()`: whether a data key that it gave may still be used; asked per frame. Must not itself seal or open messages.
template <class K>
concept revokes_data_keys = requires(const K& k) {
    { k.check() } -> std::same_as<result<void>>;
};

/// Satisfied by a keyring that several threads may use at once. Nearest to copy: raw_aes_keyring below.
template <class K>
concept keyring = makes_data_keys<K> && opens_data_keys<K> && revokes_data_keys<K>;

/// Says in one sentence what a type lacks; put `static_assert(check_keyring<my_keyring>());` under the class.
template <class K>
consteval bool check_keyring() {
    static_assert(makes_data_keys<K>, "keyring: needs `result<encryption_materials> on_encrypt(const encryption_context&) const`; "
                                      "see keywright/keys/keyring.hpp");
    static_assert(opens_data_keys<K>, "keyring: needs `result<secret_bytes> on_decrypt(const encryption_context&, "
                                      "std::span<const entry_view>) const`; see keywright/keys/keyring.hpp");
    static_assert(revokes_data_keys<K>, "keyring: needs `result<void> check() const`; see keywright/keys/keyring.hpp");
    return keyring<K>;
}

namespace detail {

/// Makes a data key and wraps it once.
template <class Wrap>
result<encryption_materials> materials_of(Wrap&& wrap) {
    auto key = random_secret();
    if (!key) return pass(key);
    auto entry = wrap(*key);
    if (!entry) return pass(entry);
    encryption_materials made{std::move(*key), {}};
    made.entries.push_back(std::move(*entry));
    return made;
}

/// The first entry that opens; a forged one does not hide a good one behind it, anything else ends the search.
template <class Unwrap>
result<secret_bytes> first_that_opens(std::span<const entry_view> entries, Unwrap&& unwrap) {
    error last{errc::not_mine, "keyring: no entry of the message is of this keyring"};
    for (const auto& entry : entries) {
        result<secret_bytes> key = unwrap(entry);
        if (key && key->size() == 32) return key;
        if (key)
            last = {errc::authentication_failed, "keyring: the entry holds no data key of 32 bytes"};
        else if (key.error().code == errc::authentication_failed)
            last = key.error();
        else if (key.error().code != errc::not_mine)
            return key;
    }
    return tl::unexpected(last);
}

} // namespace detail

/// The message keys of an environment's lease. An official client opens what this writes with a raw AES keyring of
/// namespace `keywright` and the environment key's name and bytes. Requires: the lease outlives it.
class environment_keyring {
public:
    explicit environment_keyring(const data_key_lease& lease) noexcept : lease_(&lease) {}
    explicit environment_keyring(data_key_lease&&) = delete;

    [[nodiscard]] result<encryption_materials> on_encrypt(const encryption_context& context) const {
        return detail::materials_of([&](const secret_bytes& key) { return lease_->wrap(data_purpose::message, context.serialise(), key); });
    }
    [[nodiscard]] result<secret_bytes> on_decrypt(const encryption_context& context, std::span<const entry_view> entries) const {
        const bytes aad = context.serialise();
        return detail::first_that_opens(entries,
                                        [&](const entry_view& entry) { return lease_->unwrap(data_purpose::message, aad, entry); });
    }
    [[nodiscard]] result<void> check() const { return lease_->check(); }

private:
    const data_key_lease* lease_;
};
static_assert(check_keyring<environment_keyring>());

/// AES-GCM under a key of the consumer's, as the AWS Encryption SDK's raw AES keyring.
class raw_aes_keyring {
public:
    /// `name_space` and `name` as the other side's keyring has them; 16, 24 or 32 bytes of key. misused for another
    /// size or an empty id.
    [[nodiscard]] static result<raw_aes_keyring> make(std::string name_space, std::string name, const secret_bytes& key) {
        if (name_space.empty() || name.empty()) return fail(errc::misused, "keyring: expected a namespace and a name");
        auto ready = kek::make(key);
        if (!ready) return pass(ready);
        raw_aes_keyring made;
        made.state_ = std::make_unique<state>(std::move(name_space), std::move(name), std::move(*ready));
        return made;
    }

    [[nodiscard]] result<encryption_materials> on_encrypt(const encryption_context& context) const {
        return detail::materials_of([&](const secret_bytes& key) {
            const std::scoped_lock alone(state_->busy);
            return state_->key.wrap(state_->name_space, state_->name, context.serialise(), key);
        });
    }
    [[nodiscard]] result<secret_bytes> on_decrypt(const encryption_context& context, std::span<const entry_view> entries) const {
        const bytes aad = context.serialise();
        const std::scoped_lock alone(state_->busy);
        return detail::first_that_opens(
            entries, [&](const entry_view& entry) { return state_->key.unwrap(state_->name_space, state_->name, aad, entry); });
    }
    [[nodiscard]] result<void> check() const { return {}; }

private:
    struct state {
        std::string name_space, name;
        kek key;
        std::mutex busy{};
        state(std::string&& s, std::string&& n, kek&& k) : name_space(std::move(s)), name(std::move(n)), key(std::move(k)) {}
    };
    raw_aes_keyring() = default;
    std::unique_ptr<state> state_;
};
static_assert(check_keyring<raw_aes_keyring>());

/// The hash of RSAES-OAEP and of its MGF1.
enum class oaep_hash : unsigned char { sha1, sha256, sha384, sha512 };

/// RSAES-OAEP (RFC 8017, empty label) under a key of the consumer's, as the AWS Encryption SDK's raw RSA keyring.
/// The context is not bound by this wrap, only by the message's header.
class raw_rsa_keyring {
public:
    /// Writes only. `spki`: SubjectPublicKeyInfo in DER. malformed; unsupported: not RSA, or below 2048 bits.
    [[nodiscard]] static result<raw_rsa_keyring> for_encryption(std::string name_space, std::string name, oaep_hash hash, byte_view spki) {
        auto key = keywright::detail::botan_boundary(errc::malformed, "keyring: expected a SubjectPublicKeyInfo in DER",
                                                     [spki] { return Botan::X509::load_key(spki); });
        if (!key) return pass(key);
        return make(std::move(name_space), std::move(name), hash, std::move(*key), nullptr);
    }
    /// Writes and reads.
    [[nodiscard]] static result<raw_rsa_keyring> make(std::string name_space, std::string name, oaep_hash hash,
                                                      std::shared_ptr<const Botan::Private_Key> key) {
        if (key == nullptr) return fail(errc::misused, "keyring: expected a private key");
        auto open_half = keywright::detail::botan_boundary(errc::internal, "keyring: no public half", [&] { return key->public_key(); });
        if (!open_half) return pass(open_half);
        return make(std::move(name_space), std::move(name), hash, std::move(*open_half), std::move(key));
    }

    [[nodiscard]] result<encryption_materials> on_encrypt(const encryption_context&) const {
        return detail::materials_of([this](const secret_bytes& key) -> result<wrapped_key> {
            auto wrapped = keywright::detail::botan_boundary(errc::internal, "keyring: RSA-OAEP encryption failed", [&] {
                const Botan::PK_Encryptor_EME oaep(*state_->public_key, Botan::system_rng(), state_->padding);
                return oaep.encrypt(keywright::detail::reveal(key), Botan::system_rng());
            });
            if (!wrapped) return pass(wrapped);
            return wrapped_key::of(state_->name_space, as_bytes(state_->name), *wrapped);
        });
    }
    [[nodiscard]] result<secret_bytes> on_decrypt(const encryption_context&, std::span<const entry_view> entries) const {
        return detail::first_that_opens(entries, [this](const entry_view& entry) -> result<secret_bytes> {
            const bool mine = entry.provider_id == state_->name_space && as_text(entry.provider_info) == state_->name;
            if (!mine || state_->private_key == nullptr) return fail(errc::not_mine, "keyring: the entry names another key");
            return state_->decrypt(entry.ciphertext);
        });
    }
    [[nodiscard]] result<void> check() const { return {}; }

private:
    struct state {
        std::string name_space, name;
        const char* padding = "";
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
                if (one == nullptr) one = std::make_unique<Botan::PK_Decryptor_EME>(*private_key, Botan::system_rng(), padding);
                return secret_bytes(one->decrypt(ciphertext));
            });
            const std::scoped_lock alone(busy);
            if (one != nullptr && idle.size() < 16) idle.push_back(std::move(one));
            return opened;
        }
    };

    static result<raw_rsa_keyring> make(std::string name_space, std::string name, oaep_hash hash,
                                        std::unique_ptr<Botan::Public_Key> open_half, std::shared_ptr<const Botan::Private_Key> key) {
        static constexpr std::array paddings{approved<"OAEP(SHA-1)">, approved<"OAEP(SHA-256)">, approved<"OAEP(SHA-384)">, approved<"OAEP(SHA-512)">};
        if (name_space.empty() || name.empty()) return fail(errc::misused, "keyring: expected a namespace and a name");
        if (open_half->algo_name() != "RSA" || open_half->key_length() < 2048)
            return fail(errc::unsupported, "keyring: expected an RSA key of 2048 bits or more");
        raw_rsa_keyring made;
        made.state_ = std::make_unique<state>();
        made.state_->name_space = std::move(name_space);
        made.state_->name = std::move(name);
        made.state_->padding = paddings[static_cast<std::size_t>(hash)];
        made.state_->public_key = std::move(open_half);
        made.state_->private_key = std::move(key);
        return made;
    }

    raw_rsa_keyring() = default;
    std::unique_ptr<state> state_;
};
static_assert(check_keyring<raw_rsa_keyring>());

// --- handing one over ---

/// A keyring for whatever carries keys, so that a lease can be handed over as it is.
inline environment_keyring as_keyring(const data_key_lease& lease) noexcept { return environment_keyring(lease); }
template <keyring K>
const K& as_keyring(const K& k) noexcept {
    return k; // NOLINT(bugprone-return-const-ref-from-parameter): only calls of key_ref, which refers to it anyway
}

/// What seals and opens: a lease or a keyring.
template <class T>
concept key_source = requires(const T& t) { as_keyring(t); };

/// Refers to a lease or a keyring of any type, which must outlive it, and whatever it is handed to.
class key_ref {
public:
    template <key_source T>
    key_ref(const T& source) noexcept
        : source_(&source),
          on_encrypt_([](const void* s, const encryption_context& c) { return as_keyring(*static_cast<const T*>(s)).on_encrypt(c); }),
          on_decrypt_([](const void* s, const encryption_context& c, std::span<const entry_view> e) {
              return as_keyring(*static_cast<const T*>(s)).on_decrypt(c, e);
          }),
          check_([](const void* s) { return as_keyring(*static_cast<const T*>(s)).check(); }) {}
    template <key_source T>
    key_ref(const T&&) = delete;

    [[nodiscard]] result<encryption_materials> on_encrypt(const encryption_context& context) const { return on_encrypt_(source_, context); }
    [[nodiscard]] result<secret_bytes> on_decrypt(const encryption_context& context, std::span<const entry_view> entries) const {
        return on_decrypt_(source_, context, entries);
    }
    [[nodiscard]] result<void> check() const { return check_(source_); }

private:
    const void* source_;
    result<encryption_materials> (*on_encrypt_)(const void*, const encryption_context&);
    result<secret_bytes> (*on_decrypt_)(const void*, const encryption_context&, std::span<const entry_view>);
    result<void> (*check_)(const void*);
};

} // namespace keywright::keys
