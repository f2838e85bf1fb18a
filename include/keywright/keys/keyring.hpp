// SPDX-License-Identifier: Apache-2.0
// Who makes and opens the data key of a message: the concept, the keyring of an environment's lease, and how one is
// handed over. Others: keys/raw_aes_keyring, raw_rsa_keyring, multi_keyring, discovery_keyring.
// Depends on: keys/lease, keys/wrap. Use: `environment_keyring(lease)`, or the lease itself.
#pragma once

#include <keywright/keys/lease.hpp>

#include <span>

namespace keywright::keys {

/// A fresh data key and the entries that carry it in the header.
struct encryption_materials {
    secret_bytes data_key; ///< 32 bytes
    std::vector<wrapped_key> entries;
};

/// What is known of the message for which a data key is asked. A keyring may look at it; most need not.
struct message_needs {
    std::optional<std::uint64_t> plaintext_size{};           ///< bytes; none of a stream, which ends when it ends
    keywright::detail::random_supply* random = nullptr; ///< drawn together with the message's id
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

/// `on_encrypt(context, needs)`: the same for a keyring that wants to know what the key is for.
template <class K>
concept hears_needs = requires(const K& k, const encryption_context& context, const message_needs& needs) {
    { k.on_encrypt(context, needs) } -> std::same_as<result<encryption_materials>>;
};

/// `wrap(context, data_key)`: one more entry for somebody else's data key; what a multi_keyring asks of its children. Not
/// every keyring can: one that reads only, or one that lets a service make the data key.
template <class K>
concept wraps_data_keys = requires(const K& k, const encryption_context& context, const secret_bytes& key) {
    { k.wrap(context, key) } -> std::same_as<result<wrapped_key>>;
};

/// Satisfied by a keyring that several threads may use at once. Nearest to copy: keys/raw_aes_keyring.hpp.
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

/// Makes a data key and wraps it once: `wrap(key, random)`.
template <class Wrap>
result<encryption_materials> materials_of(const message_needs& needs, Wrap&& wrap) {
    constexpr std::size_t key_size = 32;
    keywright::detail::random_supply own(0);
    auto& random = needs.random == nullptr ? own : *needs.random;
    random.expect(key_size + keywright::detail::aes_gcm::iv_size);
    secret_bytes key(key_size);
    if (auto drawn = random.take(keywright::detail::reveal_writable(key)); !drawn) return pass(drawn);
    auto entry = wrap(key, random);
    if (!entry) return pass(entry);
    encryption_materials made{std::move(key), {}};
    made.entries.push_back(std::move(*entry));
    return made;
}

/// The first entry that opens; a forged one does not hide a good one behind it, anything else ends the search.
template <class Unwrap>
result<secret_bytes> first_that_opens(std::span<const entry_view> entries, Unwrap&& unwrap) {
    error last{errc::not_mine, "keyring: no entry of the message is of this keyring"};
    for (const auto& entry : entries) {
        result<secret_bytes> key = unwrap(entry);
        if (key && (key->size() == 16 || key->size() == 24 || key->size() == 32)) return key; // the suite says which
        if (key)
            last = {errc::authentication_failed, "keyring: the entry holds no data key"};
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

    [[nodiscard]] result<wrapped_key> wrap(const encryption_context& context, const secret_bytes& key) const {
        return lease_->wrap(data_purpose::message, context.serialise(), key);
    }
    [[nodiscard]] result<encryption_materials> on_encrypt(const encryption_context& context, const message_needs& needs = {}) const {
        return detail::materials_of(needs, [&](const secret_bytes& key, auto& random) {
            return lease_->wrap(data_purpose::message, context.serialise(), key, random);
        });
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
static_assert(check_keyring<environment_keyring>() && wraps_data_keys<environment_keyring>);

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
        : source_(&source), on_encrypt_([](const void* s, const encryption_context& c, const message_needs& n) {
              if constexpr (hears_needs<std::remove_cvref_t<decltype(as_keyring(source))>>)
                  return as_keyring(*static_cast<const T*>(s)).on_encrypt(c, n);
              else
                  return as_keyring(*static_cast<const T*>(s)).on_encrypt(c);
          }),
          on_decrypt_([](const void* s, const encryption_context& c, std::span<const entry_view> e) {
              return as_keyring(*static_cast<const T*>(s)).on_decrypt(c, e);
          }),
          check_([](const void* s) { return as_keyring(*static_cast<const T*>(s)).check(); }) {
        if constexpr (wraps_data_keys<std::remove_cvref_t<decltype(as_keyring(source))>>)
            wrap_ = [](const void* s, const encryption_context& c, const secret_bytes& key) {
                return as_keyring(*static_cast<const T*>(s)).wrap(c, key);
            };
    }
    template <key_source T>
    key_ref(const T&&) = delete; // key_ref: a temporary is gone before the message is finished; name it first

    [[nodiscard]] result<encryption_materials> on_encrypt(const encryption_context& context, const message_needs& needs = {}) const {
        return on_encrypt_(source_, context, needs);
    }
    [[nodiscard]] result<secret_bytes> on_decrypt(const encryption_context& context, std::span<const entry_view> entries) const {
        return on_decrypt_(source_, context, entries);
    }
    [[nodiscard]] result<void> check() const { return check_(source_); }
    /// misused: the keyring makes data keys of its own only.
    [[nodiscard]] result<wrapped_key> wrap(const encryption_context& context, const secret_bytes& key) const {
        if (wrap_ == nullptr) return fail(errc::misused, "keyring: it cannot wrap a data key that another keyring made");
        return wrap_(source_, context, key);
    }

private:
    const void* source_;
    result<encryption_materials> (*on_encrypt_)(const void*, const encryption_context&, const message_needs&);
    result<secret_bytes> (*on_decrypt_)(const void*, const encryption_context&, std::span<const entry_view>);
    result<void> (*check_)(const void*);
    result<wrapped_key> (*wrap_)(const void*, const encryption_context&, const secret_bytes&) = nullptr;
};

} // namespace keywright::keys
