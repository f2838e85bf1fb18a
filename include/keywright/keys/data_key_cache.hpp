// SPDX-License-Identifier: Apache-2.0
// Data keys that serve more than one message, where asking the keyring for each costs too much: a remote key service, or
// many small messages. How long, for how many messages and for how many bytes is for the caller to say: there is no default
// and no "for ever".
// Depends on: keys/keyring.
// Use: `auto cache = data_key_cache::make({.max_age = 60s, .max_messages = 1000, .max_bytes = 1 << 30});`
//      `const caching_keyring cached(*cache, lease);` and `envelope::seal(cached, data, context)`.
#pragma once

#include <keywright/keys/keyring.hpp>

#include <list>
#include <map>
#include <tuple>

namespace keywright::keys {

// Why messages under one data key do not share a nonce: each derives its frames' key from the data key and an id of its
// own, 32 random bytes drawn anew for every message and never cached; within a message the IV is the frame's number.
// What is kept is reached by name only, and a name is everything that decides what the keyring would say:
//   u64 number of the caching_keyring || 'S' || context            for sealing
//   u64 number of the caching_keyring || 'O' || u32 n, context || entries   for opening

/// What one data key is good for. All three are needed: zero, or more than a day, 2^32 messages or 2^50 bytes, is misused.
struct cache_bounds {
    std::chrono::nanoseconds max_age; ///< from when the keyring was asked; used before it is over, not at its end
    std::uint64_t max_messages;       ///< sealed, or opened, under one data key
    std::uint64_t max_bytes;          ///< of plaintext sealed under one data key
};

struct cache_options {
    std::size_t max_entries = 1000; ///< of all keyrings together; the one used longest ago makes room
    /// From this long before its end, one use asks for the next data key while all others go on with this one. Should the
    /// keyring be unavailable then, this one serves to its end. Zero: whoever comes after the end asks.
    std::chrono::nanoseconds refresh_ahead{0};
    epoch_watch::time_source now = running_time;
};

/// Holds data keys in memory that is wiped. Thread safety: concurrent; moving and destroying need it alone.
class data_key_cache {
public:
    /// misused: bounds or options out of range.
    [[nodiscard]] static result<data_key_cache> make(cache_bounds bounds, cache_options options = {}) {
        const bool bounded = bounds.max_age > std::chrono::nanoseconds(0) && bounds.max_age <= std::chrono::hours(24) &&
                             bounds.max_messages > 0 && bounds.max_messages <= std::uint64_t{1} << 32 && bounds.max_bytes > 0 &&
                             bounds.max_bytes <= std::uint64_t{1} << 50;
        if (!bounded) return fail(errc::misused, "cache: expected bounds of age (a day at most), messages (2^32) and bytes (2^50)");
        if (options.max_entries == 0 || options.refresh_ahead < std::chrono::nanoseconds(0) || options.refresh_ahead >= bounds.max_age)
            return fail(errc::misused, "cache: expected room for an entry, and a refresh within the bound of age");
        data_key_cache made;
        made.state_ = std::make_unique<state>(bounds, options);
        return made;
    }

    /// How many data keys are held, for sealing and for opening.
    std::size_t size() const {
        const std::scoped_lock alone(state_->busy);
        return state_->held.size();
    }
    /// Wipes what is too old. What is not used is not looked at, so a service that idles calls this from time to time.
    void wipe_expired() {
        const auto now = state_->options.now();
        const std::scoped_lock alone(state_->busy);
        for (auto at = state_->held.begin(); at != state_->held.end();) {
            const auto here = at++;
            if (state_->is_over(here->second, now)) state_->erase(here);
        }
    }
    /// Wipes everything.
    void clear() {
        const std::scoped_lock alone(state_->busy);
        state_->by_use.clear();
        state_->held.clear();
    }

private:
    friend class caching_keyring;

    struct held_key {
        encryption_materials materials;
        std::chrono::nanoseconds asked_at, refresh_at;
        std::uint64_t messages, bytes_sealed;
        std::list<const std::string*>::iterator used; // its place in by_use
    };
    using map = std::map<std::string, held_key>;

    struct state {
        cache_bounds bounds;
        cache_options options;
        std::mutex busy;
        map held;                       // guarded by busy, like all below
        std::list<const std::string*> by_use; // names, the latest first
        std::uint64_t keyrings = 0;

        state(const cache_bounds& b, const cache_options& o) noexcept : bounds(b), options(o) {}
        bool is_over(const held_key& one, std::chrono::nanoseconds now) const noexcept { return now - one.asked_at >= bounds.max_age; }
        void erase(map::iterator at) {
            by_use.erase(at->second.used);
            held.erase(at);
        }
    };

    /// A data key for one more message; `ask` where it is time for the next. None when there is none to be used.
    struct taken {
        std::optional<encryption_materials> materials;
        bool ask = true;
    };
    taken take(const std::string& name, std::uint64_t size) const {
        const auto now = state_->options.now();
        const std::scoped_lock alone(state_->busy);
        const auto at = state_->held.find(name);
        if (at == state_->held.end()) return {};
        held_key& one = at->second;
        const bool spent = one.messages >= state_->bounds.max_messages || size > state_->bounds.max_bytes - one.bytes_sealed;
        if (spent || state_->is_over(one, now)) {
            state_->erase(at);
            return {};
        }
        ++one.messages;
        one.bytes_sealed += size;
        state_->by_use.splice(state_->by_use.begin(), state_->by_use, one.used);
        const bool ask = now >= one.refresh_at;
        if (ask) one.refresh_at = now + state_->options.refresh_ahead / 4; // one asks; should it fail, another does then
        return {copy_of(one.materials), ask};
    }
    void put(std::string&& name, const encryption_materials& materials, std::chrono::nanoseconds asked_at, std::uint64_t size) const {
        const auto refresh_at = asked_at + state_->bounds.max_age - state_->options.refresh_ahead;
        const std::scoped_lock alone(state_->busy);
        if (const auto old = state_->held.find(name); old != state_->held.end()) state_->erase(old);
        while (state_->held.size() >= state_->options.max_entries) state_->erase(state_->held.find(*state_->by_use.back()));
        const auto at = state_->held.emplace(std::move(name), held_key{copy_of(materials), asked_at, refresh_at, 1, size, {}}).first;
        state_->by_use.push_front(&at->first);
        at->second.used = state_->by_use.begin();
    }
    void forget(const std::string& front) const {
        const std::scoped_lock alone(state_->busy);
        for (auto at = state_->held.lower_bound(front); at != state_->held.end() && at->first.starts_with(front);) state_->erase(at++);
    }
    static encryption_materials copy_of(const encryption_materials& one) { return {one.data_key.clone(), one.entries}; }

    data_key_cache() = default;
    std::unique_ptr<state> state_;
};

/// A keyring whose data keys are kept in a cache, each to its bounds. Before every use, and before every frame, it asks the
/// keyring below whether keys may still be used: so a lock or a revocation stops cached keys exactly when it stops that
/// keyring (a lease: at once in this process, within the epoch's refresh across processes), and the first use that
/// hears of it wipes all that this keyring has in the cache, as does destroying it. A keyring whose `check` knows
/// nothing of revocations leaves cached keys usable up to max_age.
/// Not cached: what is sealed as a stream, whose size is not known; signed messages, each of which has a key of its own in
/// its context; messages above max_bytes; names above 16 KiB. Requires: the cache and the keyring outlive it.
/// Thread safety: as the keyring's; of several threads that miss at once, each asks, and none waits for another.
class caching_keyring {
public:
    caching_keyring(data_key_cache& cache, key_ref below) : cache_(&cache), below_(below) {
        const std::scoped_lock alone(cache.state_->busy);
        bytes number;
        append_be(number, ++cache.state_->keyrings);
        front_ = as_text(number);
    }
    caching_keyring(const caching_keyring&) = delete;
    caching_keyring& operator=(const caching_keyring&) = delete;
    ~caching_keyring() { cache_->forget(front_); }

    [[nodiscard]] result<encryption_materials> on_encrypt(const encryption_context& context, const message_needs& needs = {}) const {
        if (auto usable = check(); !usable) return pass(usable);
        const auto& [bounds, options] = std::tie(cache_->state_->bounds, cache_->state_->options);
        if (!needs.plaintext_size || *needs.plaintext_size > bounds.max_bytes || is_signed(context))
            return below_.on_encrypt(context, needs);
        std::string name = name_of('S', context.serialise());
        if (name.size() > longest_name) return below_.on_encrypt(context, needs);
        auto found = cache_->take(name, *needs.plaintext_size);
        if (!found.ask) return std::move(*found.materials);
        const auto asked_at = options.now();
        auto made = below_.on_encrypt(context, needs);
        if (made) cache_->put(std::move(name), *made, asked_at, *needs.plaintext_size);
        const bool go_on = !made && found.materials && check();
        return go_on ? std::move(*found.materials) : std::move(made);
    }
    [[nodiscard]] result<secret_bytes> on_decrypt(const encryption_context& context, std::span<const entry_view> entries) const {
        if (auto usable = check(); !usable) return pass(usable);
        std::string name = name_of(context, entries);
        if (name.size() > longest_name) return below_.on_decrypt(context, entries);
        if (auto found = cache_->take(name, 0); found.materials) return std::move(found.materials->data_key);
        const auto asked_at = cache_->state_->options.now();
        auto key = below_.on_decrypt(context, entries);
        if (key) cache_->put(std::move(name), {key->clone(), {}}, asked_at, 0);
        return key;
    }
    [[nodiscard]] result<void> check() const {
        auto usable = below_.check();
        if (!usable && !usable.error().retryable()) cache_->forget(front_);
        return usable;
    }

private:
    static constexpr std::size_t longest_name = 16 * 1024;

    static bool is_signed(const encryption_context& context) noexcept {
        return std::any_of(context.pairs().begin(), context.pairs().end(),
                           [](const auto& p) { return p.first.starts_with("aws-crypto-"); });
    }
    std::string name_of(char kind, byte_view rest) const {
        std::string name;
        name.reserve(front_.size() + 1 + rest.size());
        name.append(front_).push_back(kind);
        return name.append(as_text(rest));
    }
    std::string name_of(const encryption_context& context, std::span<const entry_view> entries) const {
        const bytes pairs = context.serialise();
        bytes rest;
        append_be(rest, static_cast<std::uint32_t>(pairs.size()));
        append(rest, pairs);
        for (const entry_view& entry : entries)
            append(rest, wrapped_key::of(entry.provider_id, entry.provider_info, entry.ciphertext).serialised());
        return name_of('O', rest);
    }

    data_key_cache* cache_;
    key_ref below_;
    std::string front_; // of all its names
};
static_assert(check_keyring<caching_keyring>());

} // namespace keywright::keys
