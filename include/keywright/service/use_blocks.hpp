// SPDX-License-Identifier: Apache-2.0
// How often a key was used: 2^31 times at the most by all processes together, so that two random nonces under it are
// equal with a chance below 2^-34. Uses are reserved from the store in blocks before they are used; what a process has
// left of a block serves all its leases of that key, and is lost only when the process ends.
// Depends on: keys/lease, ports/state_store, service/records.
#pragma once

#include <keywright/keys/lease.hpp>
#include <keywright/ports/state_store.hpp>
#include <keywright/service/records.hpp>

#include <map>
#include <mutex>

namespace keywright::service {

inline constexpr std::uint64_t uses_per_key = std::uint64_t{1} << 31;
inline constexpr std::uint64_t uses_per_block = std::uint64_t{1} << 24;

/// Takes a block of a key's uses. exhausted: all 2^31 are spent.
template <class Store>
[[nodiscard]] result<void> reserve_uses(Store& store, const ring_id& ring, std::string_view name) {
    const std::string key = records::uses(ring, name);
    for (int attempt = 0; attempt < 16; ++attempt) {
        const auto found = store.load(key);
        if (!found && found.error().code != errc::not_found) return pass(found);
        if (found && found->value.size() != 8) return fail(errc::corrupt, "custody: the count of a key's uses is damaged");
        const std::uint64_t used = found ? load_be<std::uint64_t>(found->value.data()) : 0;
        if (used > uses_per_key - uses_per_block)
            return fail(errc::exhausted, "custody: the environment's key has been used 2^31 times; it needs its next key");
        bytes value;
        append_be(value, used + uses_per_block);
        ports::batch batch;
        batch.put(key, found ? found->version : 0, std::move(value));
        auto committed = store.commit(batch);
        if (committed || committed.error().code != errc::version_conflict) return committed;
    }
    return fail(errc::version_conflict, "custody: too many processes reserve uses of one key at once");
}

/// What a process has left of its blocks. Thread safety: concurrent.
class use_blocks {
public:
    /// The uses that this process has of a key, topped up from the store when they run low. exhausted: none are left
    /// here nor there.
    template <class Store>
    [[nodiscard]] result<keys::use_count> of(Store& store, const ring_id& ring, std::string_view name) {
        keys::use_count mine = known(records::uses(ring, name));
        if (mine.left() >= low) return mine;
        const auto reserved = reserve_uses(store, ring, name);
        if (reserved) mine.add(uses_per_block);
        if (!reserved && (reserved.error().code != errc::exhausted || mine.left() == 0)) return pass(reserved);
        return mine;
    }

private:
    static constexpr std::uint64_t low = uses_per_block / 16;

    keys::use_count known(const std::string& record) {
        const std::scoped_lock alone(busy_);
        return known_[record];
    }

    std::mutex busy_;
    std::map<std::string, keys::use_count> known_;
};

} // namespace keywright::service
