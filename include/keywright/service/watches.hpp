// SPDX-License-Identifier: Apache-2.0
// One epoch watch for each environment that this process has leases of, so that a lock here ends them at once and a
// lock elsewhere within the refresh.
// Depends on: keys/epoch, service/transact.
#pragma once

#include <keywright/keys/epoch.hpp>
#include <keywright/service/transact.hpp>

#include <functional>
#include <map>
#include <memory>
#include <mutex>

namespace keywright::service {

/// What leases of `l.environment` are checked against: the locks of its ring, what was done to itself, and the
/// revocations of the policy that it is in.
inline std::uint64_t lease_epoch(const loaded& l) {
    return policy::lease_epoch(l.ring.value, l.environment->value) + (l.vault_policy ? l.vault_policy->value.epoch : 0);
}

/// Thread safety: concurrent. Leases hold on to their watch; the store must outlive them.
class watches {
public:
    /// `refresh`: how old an epoch may be; `options::epoch_refresh`. `ended`: `options::on_leases_ended`.
    explicit watches(std::chrono::nanoseconds refresh, std::function<void()> ended = {}) : refresh_(refresh), ended_(std::move(ended)) {}

    /// The watch of `l.environment` in the policy that it is in now.
    template <class Store>
    std::shared_ptr<keys::epoch_watch> watch(Store& store, const ring_id& ring, const loaded& l) {
        const auto epoch = lease_epoch(l);
        const std::scoped_lock alone(busy_);
        auto& known = known_[key(ring, l.environment->value)];
        if (known == nullptr || known->has_ended()) { // it may have left this policy, and come back
            const auto read = [&store, s = subject{ring, l.environment->value.id},
                               mine = l.environment->value.membership.policy]() -> result<std::uint64_t> {
                const auto now = load(store, s);
                if (!now) return pass(now);
                // Epochs of two policies do not compare: whoever was granted under another one has nothing any more.
                return now->environment->value.membership.policy == mine ? lease_epoch(*now) : keys::epoch_watch::end;
            };
            // How old `epoch` is by now, only the caller's vault knows: the first use asks again.
            known = std::make_shared<keys::epoch_watch>(epoch, read, keys::running_time() - refresh_, refresh_);
        }
        known->raise(epoch);
        return known;
    }
    /// Every lease of the ring that was granted below `epoch` is dead when this returns.
    void raise(const ring_id& ring, std::uint64_t epoch) {
        raise_each(records::environments(ring), [&](const std::string&) { return epoch; });
    }
    /// Every lease of `l.environment` that was granted in an earlier state is.
    void raise(const ring_id& ring, const loaded& l) {
        const auto& env = l.environment->value;
        const std::string mine = key(ring, env);
        raise_each(records::environment(ring, env.id) + "/",
                   [&](const std::string& key) { return key == mine ? lease_epoch(l) : keys::epoch_watch::end; });
    }
    /// Leases of a policy's environments see its state at their next use.
    void ask_again(const ring_id& ring, const policy_id& policy) {
        for_each(records::environments(ring),
                 [suffix = "/" + std::string(policy.view())](const std::string& key, keys::epoch_watch& watch) {
                     if (key.ends_with(suffix)) watch.ask_again();
                 });
    }

private:
    /// `environment/<t>/<r>/<e>/<policy>`; in no policy: nothing behind the last slash.
    static std::string key(const ring_id& ring, const policy::environment_state& env) {
        return records::environment(ring, env.id) + "/" + std::string(env.membership.policy.view());
    }
    /// `to(key)`: the epoch for that watch.
    template <class To>
    void raise_each(const std::string& prefix, const To& to) {
        bool has_raised = false;
        for_each(prefix, [&](const std::string& key, keys::epoch_watch& watch) { has_raised = watch.raise(to(key)) || has_raised; });
        if (has_raised && ended_) ended_();
    }
    template <class Work>
    void for_each(const std::string& prefix, const Work& work) {
        const std::scoped_lock alone(busy_);
        for (auto it = known_.lower_bound(prefix); it != known_.end() && it->first.starts_with(prefix); ++it) work(it->first, *it->second);
    }

    std::chrono::nanoseconds refresh_;
    std::function<void()> ended_;
    std::mutex busy_;
    std::map<std::string, std::shared_ptr<keys::epoch_watch>> known_;
};

} // namespace keywright::service
