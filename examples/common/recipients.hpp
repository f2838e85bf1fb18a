// SPDX-License-Identifier: Apache-2.0
// All keys of the command line as one keyring.
#pragma once

#include "environment.hpp"
#include "key_files.hpp"

#include <keywright/keys/multi_keyring.hpp>

#include <deque>

namespace example {

class recipients {
public:
    /// The environment may have no name, where there is none.
    static outcome<std::unique_ptr<recipients>> open(const key_file_options& files, const environment_options& where, intent how);

    /// For one message: whatever one of the keys opens, it opens; what it seals, each of them opens.
    outcome<keywright::keys::multi_keyring> keyring();

private:
    std::unique_ptr<environment> environment_;
    std::deque<keywright::keys::raw_aes_keyring> aes_;
    std::deque<keywright::keys::raw_rsa_keyring> rsa_;
};

/// Says afterwards whether a keyring gave a data key: a message that is then not genuine was changed, and one that never
/// came so far has other keys.
class witness {
public:
    explicit witness(const keywright::keys::key_ref& behind) : behind_(behind) {}

    keywright::result<keywright::keys::encryption_materials> on_encrypt(const keywright::keys::encryption_context& context) const {
        return behind_.on_encrypt(context);
    }
    keywright::result<keywright::secret_bytes> on_decrypt(const keywright::keys::encryption_context& context,
                                                          std::span<const keywright::keys::entry_view> entries) const {
        auto key = behind_.on_decrypt(context, entries);
        opened_ = opened_ || key.has_value();
        return key;
    }
    keywright::result<void> check() const { return behind_.check(); }

    bool opened() const { return opened_; }

private:
    keywright::keys::key_ref behind_;
    mutable bool opened_ = false;
};
static_assert(keywright::keys::check_keyring<witness>());

} // namespace example
