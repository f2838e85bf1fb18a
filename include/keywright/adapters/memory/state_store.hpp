// SPDX-License-Identifier: Apache-2.0
// A state store in the memory of one process: the reference for what a store does, and the nearest one to copy.
// It is a full store for tests and short-lived tools; what it holds is gone with it.
// Depends on: ports/record_map. Use: `memory::state_store store; auto done = store.commit(batch);`
#pragma once

#include <keywright/ports/record_map.hpp>

#include <memory>
#include <mutex>

namespace keywright::memory {

/// See ports/state_store.hpp. Thread safe; movable while no other thread uses it. A call never waits for anything but
/// another thread's call.
class state_store {
public:
    [[nodiscard]] result<ports::record> load(std::string_view key) const {
        const std::lock_guard guard(shelf_->mutex);
        return shelf_->records.load(key);
    }
    [[nodiscard]] result<std::vector<ports::record>> scan(std::string_view prefix, std::string_view after, std::size_t limit) const {
        const std::lock_guard guard(shelf_->mutex);
        return shelf_->records.scan(prefix, after, limit);
    }
    [[nodiscard]] result<void> commit(const ports::batch& batch) {
        const std::lock_guard guard(shelf_->mutex);
        return shelf_->records.commit(batch);
    }
    /// Nothing is kept at rest, so there is nothing to do.
    [[nodiscard]] result<void> scrub() { return {}; }

private:
    struct shelf {
        std::mutex mutex;
        ports::record_map records;
    };
    std::unique_ptr<shelf> shelf_ = std::make_unique<shelf>();
};

static_assert(ports::check_state_store<state_store>());

} // namespace keywright::memory
