// SPDX-License-Identifier: Apache-2.0
// A state store in the memory of one process: the reference for what a store does, and the nearest one to copy.
// It is a full store for tests and short-lived tools; what it holds is gone with it.
// Depends on: ports/state_store. Use: `memory::state_store store; auto done = store.commit(batch);`
#pragma once

#include <keywright/ports/state_store.hpp>

#include <map>
#include <memory>
#include <mutex>

namespace keywright::memory {

/// See ports/state_store.hpp. Thread safe; movable while no other thread uses it. A call never waits for anything but
/// another thread's call.
class state_store {
public:
    [[nodiscard]] result<ports::record> load(std::string_view key) const {
        if (const auto valid = ports::check_key(key); !valid) return pass(valid);
        const std::lock_guard guard(shelf_->mutex);
        const auto found = shelf_->slots.find(key);
        if (found == shelf_->slots.end()) return fail(errc::not_found, "memory store: no record has this key");
        return ports::record{found->first, found->second.version, found->second.value};
    }

    [[nodiscard]] result<std::vector<ports::record>> scan(std::string_view prefix, std::string_view after, std::size_t limit) const {
        std::vector<ports::record> page;
        const std::lock_guard guard(shelf_->mutex);
        auto next = shelf_->slots.lower_bound(ports::first_key_of_scan(prefix, after));
        for (; next != shelf_->slots.end() && page.size() < limit && next->first.starts_with(prefix); ++next)
            page.push_back({next->first, next->second.version, next->second.value});
        return page;
    }

    [[nodiscard]] result<void> commit(const ports::batch& batch) {
        if (const auto valid = ports::check_batch(batch); !valid) return valid;
        const std::lock_guard guard(shelf_->mutex);
        for (const auto& write : batch.writes())
            if (write.expected && *write.expected != version_of(write.key))
                return fail(errc::version_conflict, "memory store: a record has another version than expected; load and decide again");
        apply(batch);
        return {};
    }

    /// Nothing is kept at rest, so there is nothing to do.
    [[nodiscard]] result<void> scrub() { return {}; }

private:
    struct slot {
        std::uint64_t version;
        bytes value;
    };
    using slot_map = std::map<std::string, slot, std::less<>>;
    struct shelf {
        std::mutex mutex;
        slot_map slots;
        std::uint64_t last_commit = 0;
    };

    std::uint64_t version_of(std::string_view key) const {
        const auto found = shelf_->slots.find(key);
        return found == shelf_->slots.end() ? 0 : found->second.version;
    }

    /// All that needs memory happens on the side, before the first change: the rest cannot fail half way.
    void apply(const ports::batch& batch) {
        slot_map written;
        bool changes = false;
        for (const auto& write : batch.writes()) {
            if (write.only_check) continue;
            changes = true;
            if (write.value)
                written.insert_or_assign(write.key, slot{shelf_->last_commit + 1, *write.value});
            else
                written.erase(write.key);
        }
        if (!changes) return;
        for (const auto& write : batch.writes())
            if (!write.only_check) shelf_->slots.erase(write.key);
        shelf_->slots.merge(written);
        ++shelf_->last_commit;
    }

    std::unique_ptr<shelf> shelf_ = std::make_unique<shelf>();
};

static_assert(ports::check_state_store<state_store>());

} // namespace keywright::memory
