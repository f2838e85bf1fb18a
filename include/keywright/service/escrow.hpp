// SPDX-License-Identifier: Apache-2.0
// What a customer's key opens by itself: an environment's keys, from the store's records and that key, without the provider's
// vault and without asking the policy. For drills, and for the day on which nothing else is left. It takes nothing away:
// whoever has key and records can do the same with other tools.
// Depends on: service/environment_keys, ports/held_key.
// Use: `auto lease = open_with_key(store, {ring, environment, backup.key_version}, key);`
#pragma once

#include <keywright/keys/fingerprint.hpp>
#include <keywright/ports/held_key.hpp>
#include <keywright/service/environment_keys.hpp>

namespace keywright::service {

/// Which keys: those of an environment, of one version (the environment's own, or a backup's) and all others in reach.
struct escrowed {
    ring_id ring;
    environment_id environment;
    std::uint64_t version = 1;
};

namespace detail {

/// What `custody` asks of its parts, with one key for a vault.
template <class Store>
struct escrow_parts {
    struct one_key {
        std::string id;
        std::shared_ptr<ports::held_key> key;
        result<secret_bytes> unwrap(std::string_view of, byte_view wrapped) const {
            if (of == id) return key->unwrap(wrapped);
            return fail(errc::not_found, "escrow: expected the key that the environment hangs on, found another");
        }
        result<secret_bytes> slot_secret(std::string_view) const {
            return fail(errc::locked, "escrow: the environment hangs on the provider's key, not on the customer's");
        }
    };
    struct no_clock {
        result<instant> now() const { return fail(errc::unavailable, "escrow: there is no clock"); }
    };

    Store& store;
    one_key vault;
    no_clock clock{};
    options how{};
    std::shared_ptr<use_blocks> uses{};
};

} // namespace detail

/// A lease that reads, and dies with nothing but its owner. Fails with locked when that key is not the one that everything
/// hangs on, or the environment is on the provider's; not_found: there are no such keys; as the store.
template <class Store>
[[nodiscard]] result<keys::data_key_lease> open_with_key(Store& store, const escrowed& what, const Botan::Private_Key& key) {
    const auto identity = keys::fingerprint_of(key);
    if (!identity) return pass(identity);
    const auto whole = keywright::detail::botan_boundary(errc::misused, "escrow: expected a whole private key",
                                                         [&] { return secret_bytes(key.private_key_info()); });
    if (!whole) return pass(whole);
    auto held = ports::held_key::from_pkcs8(ports::key_purpose::customer, *whole);
    if (!held) return pass(held);
    using parts_type = detail::escrow_parts<Store>;
    parts_type parts{store, {vault_ids::customer(what.ring, identity->print), std::move(*held)}};
    custody<parts_type> chain(parts, what.ring);
    auto found = key_opener<parts_type>(chain).open({what.environment, what.version});
    if (!found) return pass(found);
    return keys::data_key_lease::grant(std::make_shared<keys::epoch_watch>(0), 0, std::move(*found),
                                       {.max_age = std::chrono::hours(24 * 365)});
}

} // namespace keywright::service
