// SPDX-License-Identifier: Apache-2.0
// Several keyrings as one: whatever one of them opens, it opens, and what it seals, each of them opens. An escrow key is
// one more of them, chosen when sealing.
// Depends on: keys/keyring. Use: `const multi_keyring both(lease, {escrow});`
#pragma once

#include <keywright/keys/keyring.hpp>

namespace keywright::keys {

/// Refers to its keyrings, which must outlive it. Thread safety: as theirs.
class multi_keyring {
public:
    /// `generator` makes the data key, the others wrap it, too; all in this order when reading.
    explicit multi_keyring(key_ref generator, std::vector<key_ref> others = {}) : all_(std::move(others)) {
        all_.insert(all_.begin(), generator);
    }

    /// An entry of every keyring, or nothing: a recipient that is left out silently would find that out too late.
    /// Fails with what the first that fails says; misused: one of the others cannot wrap.
    [[nodiscard]] result<encryption_materials> on_encrypt(const encryption_context& context, const message_needs& needs = {}) const {
        auto materials = all_.front().on_encrypt(context, needs);
        if (!materials) return materials;
        for (std::size_t i = 1; i < all_.size(); ++i) {
            auto entry = all_[i].wrap(context, materials->data_key);
            if (!entry) return pass(entry);
            materials->entries.push_back(std::move(*entry));
        }
        return materials;
    }
    [[nodiscard]] result<wrapped_key> wrap(const encryption_context& context, const secret_bytes& key) const = delete; // several entries

    /// The first that opens one. One that cannot be asked, or is locked, does not stand in another's way. If none opens,
    /// the failure that may still be mended wins: unavailable, then locked and the like, then forged, then not_mine.
    [[nodiscard]] result<secret_bytes> on_decrypt(const encryption_context& context, std::span<const entry_view> entries) const {
        error worst{errc::not_mine, "keyring: no entry of the message is of these keyrings"};
        for (const key_ref& one : all_) {
            auto key = one.on_decrypt(context, entries);
            if (key) return key;
            if (weight(key.error()) > weight(worst)) worst = key.error();
        }
        return tl::unexpected(worst);
    }
    /// As the first of them that may not be used any more: whoever means to go on without the environment, an escrow after a
    /// lock, uses its keyring alone.
    [[nodiscard]] result<void> check() const {
        for (const key_ref& one : all_)
            if (auto usable = one.check(); !usable) return usable;
        return {};
    }

private:
    static int weight(const error& e) noexcept {
        if (e.retryable()) return 3;
        return e.code == errc::not_mine ? 0 : e.code == errc::authentication_failed ? 1 : 2;
    }
    std::vector<key_ref> all_;
};
static_assert(check_keyring<multi_keyring>());

} // namespace keywright::keys
