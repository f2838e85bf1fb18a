// SPDX-License-Identifier: Apache-2.0
// A key vault in memory: the reference that says what the port means, and the one to copy for a new adapter. Keys die
// with the object, so it is for tests and for processes that load their keys anew at each start.
// Depends on: ports/key_vault, Botan. Use: `memory::key_vault vault; vault.stage("tenant/eu/2026", purpose, key);`
#pragma once

#include <keywright/core/secret_bytes.hpp>
#include <keywright/ports/held_key.hpp>
#include <keywright/ports/key_vault.hpp>

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace keywright::memory {

/// See ports/key_vault.hpp for what each call means and how it fails; malformed for an id that breaks the port's rule.
/// Thread safety: every call from any thread. Its destructor, as always, from one.
class key_vault {
public:
    key_vault() = default;
    key_vault(const key_vault&) = delete;
    key_vault& operator=(const key_vault&) = delete;

    [[nodiscard]] result<ports::vault_entry> stage(std::string_view id, ports::key_purpose purpose, const Botan::Private_Key& key) {
        auto entry = ports::describe_key(id, purpose, key);
        if (!entry) return entry;
        auto whole =
            detail::botan_boundary(errc::misused, "key vault: expected a whole private key", [&] { return key.private_key_info(); });
        if (!whole) return pass(whole);
        auto held = ports::held_key::from_pkcs8(purpose, *whole);
        if (!held) return pass(held);
        return insert({std::move(*entry), std::move(*held), {}});
    }

    [[nodiscard]] result<ports::vault_entry> stage_slot(std::string_view id) {
        auto secret = detail::random_secret(ports::slot_bytes);
        if (!secret) return pass(secret);
        auto entry = ports::describe_slot(id, *secret);
        if (!entry) return entry;
        return insert({std::move(*entry), nullptr, std::move(*secret)});
    }

    [[nodiscard]] result<void> publish(std::string_view id) {
        const std::lock_guard lock(mutex_);
        const auto at = keys_.find(id);
        if (at == keys_.end()) return none();
        at->second.entry.published = true;
        return {};
    }

    [[nodiscard]] result<void> destroy(std::string_view id) {
        const auto held = key_of(id);
        if (!held) return {};
        // Waits for unwraps under way, so not under the vault's mutex; erased only then, so that a second destroy of
        // the same key waits as well.
        if (*held != nullptr) (*held)->close();
        const std::lock_guard lock(mutex_);
        const auto at = keys_.find(id);
        if (at != keys_.end() && at->second.key == *held) keys_.erase(at);
        return {};
    }

    [[nodiscard]] result<ports::vault_entry> find(std::string_view id) {
        const std::lock_guard lock(mutex_);
        const auto at = keys_.find(id);
        if (at == keys_.end()) return none();
        return at->second.entry;
    }

    [[nodiscard]] result<std::vector<ports::vault_entry>> list(std::string_view prefix) {
        const std::lock_guard lock(mutex_);
        std::vector<ports::vault_entry> found;
        for (auto at = keys_.lower_bound(prefix); at != keys_.end() && at->first.starts_with(prefix); ++at)
            found.push_back(at->second.entry);
        return found;
    }

    [[nodiscard]] result<std::vector<std::string>> abandoned() {
        const std::lock_guard lock(mutex_);
        std::vector<std::string> ids;
        for (const auto& [id, key] : keys_)
            if (!key.entry.published && key.owner != process_) ids.push_back(id);
        return ids;
    }

    [[nodiscard]] result<secret_bytes> unwrap(std::string_view id, byte_view ciphertext) {
        const auto held = key_of(id);
        if (!held) return pass(held);
        if (*held == nullptr) return fail(errc::misused, "key vault: a slot does not unwrap");
        return (*held)->unwrap(ciphertext);
    }

    [[nodiscard]] result<secret_bytes> slot_secret(std::string_view id) {
        const std::lock_guard lock(mutex_);
        const auto at = keys_.find(id);
        if (at == keys_.end()) return none();
        if (at->second.key) return fail(errc::misused, "key vault: only a slot gives out its bytes");
        return at->second.slot.clone();
    }

    [[nodiscard]] result<bytes> sign(std::string_view id, byte_view message) {
        const auto held = key_of(id);
        if (!held) return pass(held);
        if (*held == nullptr) return fail(errc::misused, "key vault: a slot does not sign");
        return (*held)->sign(message);
    }

    /// As if the process that staged keys until now had died and another used the vault: for tests of recovery.
    void restart() {
        const std::lock_guard lock(mutex_);
        ++process_;
    }

private:
    struct kept {
        ports::vault_entry entry;
        std::shared_ptr<ports::held_key> key; ///< none for slots
        secret_bytes slot;
        unsigned owner = 0;
    };

    static tl::unexpected<error> none() { return fail(errc::not_found, "key vault: no key has this id"); }

    result<ports::vault_entry> insert(kept made) {
        const std::lock_guard lock(mutex_);
        made.owner = process_;
        auto entry = made.entry;
        if (!keys_.try_emplace(entry.id, std::move(made)).second) return fail(errc::already_exists, "key vault: the id is taken");
        return entry;
    }

    result<std::shared_ptr<ports::held_key>> key_of(std::string_view id) {
        const std::lock_guard lock(mutex_);
        const auto at = keys_.find(id);
        if (at == keys_.end()) return none();
        return at->second.key;
    }

    std::mutex mutex_;
    std::map<std::string, kept, std::less<>> keys_;
    unsigned process_ = 0;
};

static_assert(ports::check_key_vault<key_vault>());

} // namespace keywright::memory
