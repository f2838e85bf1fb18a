// SPDX-License-Identifier: Apache-2.0
// A notifier that keeps notices in a list and tells nobody. A test double: to reach people, take file::outbox or
// write one of your own.
// Depends on: ports/notifier. Use: `memory::notifier told; ...; CHECK(told.notices().size() == 3);`
#pragma once

#include <keywright/ports/notifier.hpp>

#include <algorithm>
#include <mutex>
#include <vector>

namespace keywright::memory {

/// Thread safe.
class notifier {
public:
    [[nodiscard]] result<void> deliver(const ports::notice& message) {
        if (!ports::valid_notice_id(message.id)) return fail(errc::malformed, "memory notifier: expected a notice id of a-z 0-9 . -");
        const std::lock_guard guard(mutex_);
        const auto same = [&](const ports::notice& other) { return other.id == message.id; };
        if (std::none_of(notices_.begin(), notices_.end(), same)) notices_.push_back(message);
        return {};
    }

    /// What was delivered so far, in order.
    std::vector<ports::notice> notices() const {
        const std::lock_guard guard(mutex_);
        return notices_;
    }
    /// Forgets everything, ids too.
    void clear() {
        const std::lock_guard guard(mutex_);
        notices_.clear();
    }

private:
    mutable std::mutex mutex_;
    std::vector<ports::notice> notices_;
};

static_assert(ports::check_notifier<notifier>());

} // namespace keywright::memory
