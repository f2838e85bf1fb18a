// SPDX-License-Identifier: Apache-2.0
// The only form in which keys leave the library: an environment's keys, ready for use, for a bounded time and a
// bounded number of uses, and dead as soon as the epoch moves on.
// Depends on: keys/epoch, keys/hierarchy, keys/wrap.
// Use: `auto lease = data_key_lease::grant(watch, epoch, std::move(keys), {.max_age = std::chrono::minutes(5)});`
//      then `lease->check()` per use, `lease->wrap(...)`, `lease->unwrap(...)`, or hand it to envelope/.
#pragma once

#include <keywright/keys/epoch.hpp>
#include <keywright/keys/hierarchy.hpp>

#include <memory>

namespace keywright::keys {

/// How often a key may still be used to encrypt, by everybody who has a copy of this. Thread safety: concurrent.
class use_count {
public:
    use_count(std::uint64_t uses = 0) : left_(std::make_shared<std::atomic<std::uint64_t>>(uses)) {}

    /// Takes one; false when none is left.
    bool take() noexcept {
        std::uint64_t left = left_->load(std::memory_order_relaxed);
        while (left > 0 && !left_->compare_exchange_weak(left, left - 1, std::memory_order_relaxed)) {}
        return left > 0;
    }
    void add(std::uint64_t uses) noexcept { left_->fetch_add(uses); }
    std::uint64_t left() const noexcept { return left_->load(); }

private:
    std::shared_ptr<std::atomic<std::uint64_t>> left_;
};

/// One environment key that goes into a lease.
struct leased_key {
    environment_key_name name;
    secret_bytes key;        ///< 32 bytes
    bool primary = false;    ///< new data is wrapped under it; at most one per purpose. The others are for reading
    use_count uses{};        ///< wraps that the store has reserved; leases may share them. Only for a primary key
};

struct lease_bounds {
    std::chrono::nanoseconds max_age = std::chrono::minutes(5);
    epoch_watch::time_source now = running_time;
};

/// Holds an environment's keys of all purposes. Move-only, cannot be printed or read back; keys are wiped when it is
/// destroyed, and when a use finds it locked or expired.
/// Thread safety: concurrent, also with `epoch_watch::raise`; moving and destroying need it alone.
class data_key_lease {
public:
    data_key_lease(const data_key_lease&) = delete; // data_key_lease: keys have one holder; move it, or ask for another one
    data_key_lease& operator=(const data_key_lease&) = delete;
    data_key_lease(data_key_lease&&) noexcept = default;
    data_key_lease& operator=(data_key_lease&&) noexcept = default;
    ~data_key_lease() = default;

    /// `epoch` is the one at which the keys were unwrapped. misused: no keys, a key that is not 32 bytes, a name twice,
    /// keys of two environments, or two primaries of one purpose. `keys` are wiped either way.
    [[nodiscard]] static result<data_key_lease> grant(std::shared_ptr<epoch_watch> watch, std::uint64_t epoch, std::vector<leased_key> keys,
                                                      lease_bounds bounds = {}) {
        expects(watch != nullptr, "data_key_lease: there is an epoch to watch");
        if (keys.empty()) return fail(errc::misused, "lease: expected one key or more");
        auto held = std::make_unique<state>();
        held->watch = std::move(watch);
        held->epoch = epoch;
        held->bounds = bounds;
        held->expires_at = bounds.now() + bounds.max_age;
        held->environment = keys.front().name.environment;
        for (auto& key : keys)
            if (auto taken = held->take(key); !taken) return pass(taken);
        return data_key_lease(std::move(held));
    }

    /// Whether it may be used now: one load of the epoch and one look at the clock. locked, expired, or unavailable
    /// when the epoch cannot be read. After locked and expired the keys are gone.
    [[nodiscard]] result<void> check() const {
        auto& held = *state_;
        if (held.bounds.now() >= held.expires_at) return held.drop(fail(errc::expired, "lease: its time is over; get a new one"));
        auto current = held.watch->check(held.epoch);
        if (!current && current.error().code == errc::locked) return held.drop(tl::unexpected(current.error()));
        return current;
    }

    /// Whether this process knows of a lock since it was granted, however old it is: one load, nobody is asked.
    bool is_known_locked() const noexcept { return !state_->watch->stands_at(state_->epoch); }

    /// Wraps `key` under the primary key of a purpose, bound to the serialised context; takes one use. As `check`;
    /// exhausted when no use is left, not_found when the lease has no primary key of that purpose.
    [[nodiscard]] result<wrapped_key> wrap(data_purpose purpose, byte_view context, const secret_bytes& key) const {
        keywright::detail::random_supply random(keywright::detail::aes_gcm::iv_size);
        return wrap(purpose, context, key, random);
    }
    /// The same with an IV out of what is drawn together.
    [[nodiscard]] result<wrapped_key> wrap(data_purpose purpose, byte_view context, const secret_bytes& key,
                                           keywright::detail::random_supply& random) const {
        if (auto usable = check(); !usable) return pass(usable);
        held_key* under = state_->primary[static_cast<std::size_t>(purpose)];
        if (under == nullptr) return fail(errc::not_found, "lease: no primary key of that purpose; get a lease for writing");
        if (!under->uses.take()) return fail(errc::exhausted, "lease: its uses are spent; get a new one");
        const std::scoped_lock alone(under->busy);
        if (!under->ready) return gone();
        return under->ready->wrap({provider, under->name, context}, key, random);
    }

    /// Opens an entry that was made under one of the lease's keys of that purpose. As `check`; not_mine when the entry
    /// names none of them, authentication_failed when it does not open.
    [[nodiscard]] result<secret_bytes> unwrap(data_purpose purpose, byte_view context, const entry_view& entry) const {
        if (auto usable = check(); !usable) return pass(usable);
        for (auto& under : state_->keys) {
            if (under->purpose != purpose || !kek::is_of(entry, provider, under->name)) continue;
            const std::scoped_lock alone(under->busy);
            if (!under->ready) return gone();
            return under->ready->unwrap(provider, under->name, context, entry);
        }
        return fail(errc::not_mine, "lease: the entry names none of its keys");
    }

    const environment_id& environment() const noexcept { return state_->environment; }
    /// Wraps left under the primary key of a purpose; 0 when there is none.
    std::uint64_t uses_left(data_purpose purpose) const noexcept {
        const held_key* key = state_->primary[static_cast<std::size_t>(purpose)];
        return key == nullptr ? 0 : key->uses.left();
    }

private:
    struct held_key {
        std::string name;
        data_purpose purpose;
        use_count uses;
        std::mutex busy;
        std::optional<kek> ready; // guarded by busy; empty after drop

        held_key(const environment_key_name& n, use_count&& u, kek&& k)
            : name(n.text()), purpose(n.purpose), uses(std::move(u)), ready(std::move(k)) {}
    };

    struct state {
        std::shared_ptr<epoch_watch> watch;
        std::uint64_t epoch = 0;
        lease_bounds bounds;
        std::chrono::nanoseconds expires_at{};
        environment_id environment;
        std::vector<std::unique_ptr<held_key>> keys;
        std::array<held_key*, data_purpose_names.size()> primary{};

        result<void> take(leased_key& key) {
            auto& slot = primary[static_cast<std::size_t>(key.name.purpose)];
            if (key.key.size() != 32) return fail(errc::misused, "lease: expected keys of 32 bytes");
            if (key.name.environment != environment) return fail(errc::misused, "lease: expected keys of one environment");
            if (key.primary && slot != nullptr) return fail(errc::misused, "lease: expected one primary key per purpose");
            for (const auto& other : keys)
                if (other->name == key.name.text()) return fail(errc::misused, "lease: expected each key once");
            auto ready = kek::make(key.key);
            if (!ready) return pass(ready);
            keys.push_back(std::make_unique<held_key>(key.name, key.primary ? std::move(key.uses) : use_count(), std::move(*ready)));
            if (key.primary) slot = keys.back().get();
            key.key = {};
            return {};
        }
        // Nothing can be done with a dead lease, so its keys need not wait in memory for its owner to notice.
        result<void> drop(tl::unexpected<error> reason) {
            for (auto& key : keys) {
                const std::scoped_lock alone(key->busy);
                key->ready.reset();
            }
            return reason;
        }
    };

    // Another thread has just dropped the keys; it has the exact reason.
    static tl::unexpected<error> gone() { return fail(errc::locked, "lease: locked or expired during this use; get a new one"); }

    explicit data_key_lease(std::unique_ptr<state> held) noexcept : state_(std::move(held)) {}
    std::unique_ptr<state> state_;
};

/// The leases of data that comes under other keys; one and the same lease may be both. Requires: they outlive this.
struct key_change {
    const data_key_lease& opens; ///< what there is
    const data_key_lease& seals; ///< what is made of it
};

} // namespace keywright::keys
