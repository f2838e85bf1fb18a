// SPDX-License-Identifier: Apache-2.0
// A key vault in memory: the reference that says what the port means, and the one to copy for a new adapter. Keys die
// with the object, so it is for tests and for processes that load their keys anew at each start.
// Depends on: ports/held_key, ports/vault_shelf. Use: `memory::key_vault vault; vault.stage("tenant/eu/2026", purpose, key);`
#pragma once

#include <keywright/core/secret_bytes.hpp>
#include <keywright/ports/held_key.hpp>
#include <keywright/ports/vault_shelf.hpp>

#include <memory>
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
        return keys_.put(std::move(*entry), {std::move(*held), {}});
    }

    [[nodiscard]] result<ports::vault_entry> stage_slot(std::string_view id) {
        auto secret = detail::random_secret(ports::slot_bytes);
        if (!secret) return pass(secret);
        auto entry = ports::describe_slot(id, *secret);
        if (!entry) return entry;
        return keys_.put(std::move(*entry), {nullptr, std::move(*secret)});
    }

    [[nodiscard]] result<void> publish(std::string_view id) { return keys_.publish(id); }
    [[nodiscard]] result<ports::vault_entry> find(std::string_view id) { return keys_.find(id); }
    [[nodiscard]] result<std::vector<ports::vault_entry>> list(std::string_view prefix) { return keys_.list(prefix); }
    [[nodiscard]] result<std::vector<std::string>> abandoned() { return keys_.abandoned(); }

    [[nodiscard]] result<void> destroy(std::string_view id) {
        const auto held = key_of(id);
        if (!held) return {};
        // Waits for unwraps under way, so not while the shelf does; dropped only then, so that a second destroy of the same
        // key waits as well.
        if (*held != nullptr) (*held)->close();
        return keys_.drop_if(id, [&](const kept& now) { return now.key == *held; });
    }

    [[nodiscard]] result<secret_bytes> unwrap(std::string_view id, byte_view ciphertext) {
        const auto held = key_of(id);
        if (!held) return pass(held);
        if (*held == nullptr) return fail(errc::misused, "key vault: a slot does not unwrap");
        return (*held)->unwrap(ciphertext);
    }

    [[nodiscard]] result<secret_bytes> slot_secret(std::string_view id) {
        return keys_.use(id, [](const ports::vault_entry&, kept& found) -> result<secret_bytes> {
            if (found.key) return fail(errc::misused, "key vault: only a slot gives out its bytes");
            return found.slot.clone();
        });
    }

    [[nodiscard]] result<bytes> sign(std::string_view id, byte_view message) {
        const auto held = key_of(id);
        if (!held) return pass(held);
        if (*held == nullptr) return fail(errc::misused, "key vault: a slot does not sign");
        return (*held)->sign(message);
    }

    /// As if the process that staged keys until now had died and another used the vault: for tests of recovery.
    void restart() { keys_.restart(); }

private:
    struct kept {
        std::shared_ptr<ports::held_key> key; ///< none for slots
        secret_bytes slot;
    };

    result<std::shared_ptr<ports::held_key>> key_of(std::string_view id) {
        return keys_.use(id, [](const ports::vault_entry&, kept& found) -> result<std::shared_ptr<ports::held_key>> { return found.key; });
    }

    ports::vault_shelf<kept> keys_;
};

static_assert(ports::check_key_vault<key_vault>());

} // namespace keywright::memory
