// SPDX-License-Identifier: Apache-2.0
// One epoch watch for each environment that this process has leases of, so that a lock here ends them at once and a
// lock elsewhere within the refresh.
// Depends on: keys/epoch, service/transact.
#pragma once

#include <keywright/keys/epoch.hpp>
#include <keywright/service/transact.hpp>

#include <map>
#include <memory>
#include <mutex>

namespace keywright::service {

/// Thread safety: concurrent. Leases hold on to their watch; the store must outlive them.
class watches {
public:
    /// `refresh`: how old an epoch may be; `options::epoch_refresh`.
    explicit watches(std::chrono::nanoseconds refresh) : refresh_(refresh) {}

    template <class Store>
    std::shared_ptr<keys::epoch_watch> watch(Store& store, const ring_id& ring, const environment_id& environment, std::uint64_t epoch) {
        const std::scoped_lock alone(busy_);
        auto& known = known_[records::environment(ring, environment)];
        if (known == nullptr) {
            const auto read = [&store, s = subject{ring, environment}]() -> result<std::uint64_t> {
                const auto l = load(store, s);
                if (!l) return pass(l);
                return policy::lease_epoch(l->ring.value, l->environment->value);
            };
            // How old `epoch` is by now, only the caller's vault knows: the first use asks again.
            known = std::make_shared<keys::epoch_watch>(epoch, read, keys::running_time() - refresh_, refresh_);
        }
        known->raise(epoch);
        return known;
    }
    /// Every lease of the ring that was granted below `epoch` is dead when this returns.
    void raise(const ring_id& ring, std::uint64_t epoch) {
        const std::scoped_lock alone(busy_);
        const std::string prefix = records::environments(ring);
        for (auto it = known_.lower_bound(prefix); it != known_.end() && it->first.starts_with(prefix); ++it) it->second->raise(epoch);
    }
    void raise(const ring_id& ring, const environment_id& environment, std::uint64_t epoch) {
        const std::scoped_lock alone(busy_);
        if (const auto it = known_.find(records::environment(ring, environment)); it != known_.end()) it->second->raise(epoch);
    }

private:
    std::chrono::nanoseconds refresh_;
    std::mutex busy_;
    std::map<std::string, std::shared_ptr<keys::epoch_watch>> known_;
};

} // namespace keywright::service
