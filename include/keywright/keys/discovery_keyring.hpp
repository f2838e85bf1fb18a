// SPDX-License-Identifier: Apache-2.0
// Opens messages whose keys are not known beforehand: the entries say which key they are under, and a function of the
// caller's finds the keyring for it. It only reads: what is sealed names its keys.
// Depends on: keys/keyring.
// Use: `discovery_keyring found("keywright", [&](const entry_view& e) { return keyrings.of(key_name(e)); });`
#pragma once

#include <keywright/keys/keyring.hpp>

namespace keywright::keys {

/// The key's name in an entry of a raw AES keyring; all of the provider info for others.
inline std::string_view key_name(const entry_view& entry) noexcept {
    constexpr std::size_t tail = 4 + 4 + 12;
    const byte_view info = entry.provider_info;
    const bool aes = info.size() > tail && load_be<std::uint32_t>(info.data() + info.size() - tail) == 128 &&
                     load_be<std::uint32_t>(info.data() + info.size() - tail + 4) == 12;
    return as_text(aes ? info.first(info.size() - tail) : info);
}

/// Finds a keyring for an entry: not_mine where there is none; whatever else fails, such as unavailable, is passed on
/// if no other entry opens.
template <class F>
concept finds_keyrings = requires(const F& find, const entry_view& entry) {
    { **find(entry) } -> keyring;
    { find(entry).error() } -> std::convertible_to<error>;
};

/// `Find` returns `result<std::shared_ptr<const K>>` of a keyring K. For one message at a time, because `check` asks the
/// keyring that opened the last one; it is cheap to make. Thread safety: one thread at a time.
template <finds_keyrings Find>
class discovery_keyring {
public:
    /// Only entries of this provider (a raw keyring's namespace) are looked at.
    discovery_keyring(std::string provider_id, Find find) : provider_id_(std::move(provider_id)), find_(std::move(find)) {}

    [[nodiscard]] result<encryption_materials> on_encrypt(const encryption_context&) const {
        return fail(errc::misused, "keyring: a discovery keyring only reads; seal with the keyring that is meant");
    }
    [[nodiscard]] result<secret_bytes> on_decrypt(const encryption_context& context, std::span<const entry_view> entries) const {
        error last{errc::not_mine, "keyring: no entry of the message names a key that is known here"};
        for (const entry_view& entry : entries) {
            if (entry.provider_id != provider_id_) continue;
            auto key = open(context, entry);
            if (key) return key;
            if (key.error().code != errc::not_mine && !last.retryable()) last = key.error();
        }
        return tl::unexpected(last);
    }
    /// Asks the keyring that opened the message: a lock of its environment stops what is read through this.
    [[nodiscard]] result<void> check() const { return used_ == nullptr ? result<void>{} : used_->check(); }

private:
    using pointer = std::remove_cvref_t<decltype(*std::declval<const Find&>()(std::declval<const entry_view&>()))>;

    result<secret_bytes> open(const encryption_context& context, const entry_view& entry) const {
        auto found = find_(entry);
        if (!found) return pass(found);
        auto key = (*found)->on_decrypt(context, {&entry, 1});
        if (key) used_ = std::move(*found);
        return key;
    }

    std::string provider_id_;
    Find find_;
    mutable pointer used_{};
};

} // namespace keywright::keys
