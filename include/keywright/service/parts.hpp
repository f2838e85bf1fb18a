// SPDX-License-Identifier: Apache-2.0
// The parts that a service is composed of, by reference: the caller owns them and lets them outlive the service.
// Depends on: ports, service/use_blocks.
#pragma once

#include <keywright/policy/key_use.hpp>
#include <keywright/ports/clock.hpp>
#include <keywright/ports/content_store.hpp>
#include <keywright/ports/key_vault.hpp>
#include <keywright/ports/notifier.hpp>
#include <keywright/ports/state_store.hpp>
#include <keywright/service/use_blocks.hpp>

#include <chrono>
#include <functional>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace keywright::service {

/// Told of long work: what is being done, how much of it, out of how much. Must not throw.
using progress = std::function<void(std::string_view what, std::uint64_t done, std::uint64_t total)>;

/// Told of each use of a customer's key, for policy::record to count. May be called by several threads at once; must
/// not throw.
using key_use_sink = std::function<void(const policy::key_use&)>;

struct data_move; // service/field_keys.hpp

struct options {
    /// How old the epoch that a lease goes by may be. A change that ends leases waits this long before it takes effect,
    /// so that no other process still uses one from before it: all services on one store must agree on it.
    std::chrono::milliseconds epoch_refresh = std::chrono::seconds(1);
    /// Bounds of a lease that `open` grants.
    std::chrono::seconds lease_age = std::chrono::minutes(5);
    /// Of a PFX that is generated; 600 000 is what OWASP advises for PBKDF2-HMAC-SHA-256.
    std::size_t pfx_iterations = 600'000;
    /// How many records a rotation re-wraps in one commit.
    std::size_t rotation_batch = 1000;
    /// Called when this process has ended leases by a lock, or whatever else takes an environment's keys away, on the thread that
    /// does, before the work that waits for it: for what uses keys for longer than a moment, such as
    /// `[] { sqlite::interrupt_locked(); sqlite::wipe_page_caches(); }`. Must not throw.
    std::function<void()> on_leases_ended{};
    progress on_progress{};
    key_use_sink on_key_use{};
    /// Seals anew, in place, the fields and databases of an environment that is about to go back to the provider's key, where
    /// they live outside of the content store, which the service does not reach. Called with the environment down, again after a kill; its failure is the
    /// return's. Without it such a return is given up, because what older keys have sealed stays behind the customer's.
    /// An apply needs no such help: the older keys go behind the ring, and open until the product has sealed anew.
    std::function<result<void>(const data_move&)> before_return{};
};

template <class Store, class Vault, class Clock, class Notifier, class Content>
struct parts {
    static_assert(ports::check_state_store<Store>());
    static_assert(ports::check_key_vault<Vault>());
    static_assert(ports::check_clock<Clock>());
    static_assert(ports::check_notifier<Notifier>());
    static_assert(ports::check_content_store<Content>());

    Store& store;
    Vault& vault;
    const Clock& clock;
    Notifier& notifier;
    Content& content;
    options how;

    static constexpr auto content_purposes = ports::content_purposes<Content>();

    std::shared_ptr<use_blocks> uses = std::make_shared<use_blocks>();
};

/// Every record under a prefix, in the order of keys. For what is few by nature: effects, secrets, an environment's keys.
/// Fails as the store's `scan`.
template <class Store>
[[nodiscard]] result<std::vector<ports::record>> scan_all(Store& store, const std::string& prefix) {
    constexpr std::size_t at_once = 1000;
    std::vector<ports::record> all;
    for (;;) {
        auto page = store.scan(prefix, all.empty() ? std::string() : all.back().key, at_once);
        if (!page) return page;
        const bool is_last = page->size() < at_once; // a store gives fewer only at the end
        all.insert(all.end(), std::make_move_iterator(page->begin()), std::make_move_iterator(page->end()));
        if (is_last) return all;
    }
}

} // namespace keywright::service
