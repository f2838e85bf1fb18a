// SPDX-License-Identifier: Apache-2.0
// A keyring of one AES key of the consumer's, as the AWS Encryption SDK's raw AES keyring.
// Depends on: keys/keyring. Use: `auto k = raw_aes_keyring::make("namespace", "name", key);`
#pragma once

#include <keywright/keys/keyring.hpp>

namespace keywright::keys {

/// AES-GCM under a key of the consumer's, as the AWS Encryption SDK's raw AES keyring. Thread safety: concurrent.
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

    [[nodiscard]] result<wrapped_key> wrap(const encryption_context& context, const secret_bytes& key) const {
        const std::scoped_lock alone(state_->busy);
        return state_->key.wrap(state_->name_space, state_->name, context.serialise(), key);
    }
    [[nodiscard]] result<encryption_materials> on_encrypt(const encryption_context& context, const message_needs& needs = {}) const {
        return detail::materials_of(needs, [&](const secret_bytes& key, auto& random) {
            const std::scoped_lock alone(state_->busy);
            return state_->key.wrap({state_->name_space, state_->name, context.serialise()}, key, random);
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
static_assert(check_keyring<raw_aes_keyring>() && wraps_data_keys<raw_aes_keyring>);

} // namespace keywright::keys
