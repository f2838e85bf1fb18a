// SPDX-License-Identifier: Apache-2.0
// A state store that fails when it is told to, for tests of what stands on a store.
// Depends on: ports/state_store. Use: `testing::failing_store store(real); store.fail_call(3, {errc::unavailable});`
#pragma once

#include <keywright/ports/state_store.hpp>

#include <mutex>
#include <optional>

namespace keywright::testing {

/// Whether the failing call does nothing, or does its work and loses the answer (as when a connection breaks, or the
/// process is killed, after the commit).
enum class failing : unsigned char { before, after };

/// Wraps a store that outlives it. load, scan, commit and scrub are all calls, counted from 1. Thread safe.
template <ports::state_store Store>
class failing_store {
public:
    explicit failing_store(Store& below) : below_(&below) {}

    /// The call of this number fails, once; a later order replaces this one. 0: none.
    void fail_call(std::uint64_t number, error with, failing when = failing::before) {
        const std::lock_guard guard(mutex_);
        plan_ = {number, with, when, false};
    }
    /// From now on every call fails, until fail_call(0, {}).
    void fail_all(error with, failing when = failing::before) {
        const std::lock_guard guard(mutex_);
        plan_ = {0, with, when, true};
    }
    /// From now on only commits are calls: what a kill between two writes leaves, in fewer runs.
    void count_commits_only() {
        const std::lock_guard guard(mutex_);
        only_commits_ = true;
    }

    /// How many calls there were: run a scenario once, then once more for each of its calls.
    std::uint64_t calls() const {
        const std::lock_guard guard(mutex_);
        return calls_;
    }
    void reset_calls() {
        const std::lock_guard guard(mutex_);
        calls_ = 0;
    }

    [[nodiscard]] result<ports::record> load(std::string_view key) {
        return pass_on([&] { return below_->load(key); });
    }
    [[nodiscard]] result<std::vector<ports::record>> scan(std::string_view prefix, std::string_view after, std::size_t limit) {
        return pass_on([&] { return below_->scan(prefix, after, limit); });
    }
    [[nodiscard]] result<void> commit(const ports::batch& batch) {
        return pass_on([&] { return below_->commit(batch); }, true);
    }
    [[nodiscard]] result<void> scrub() {
        return pass_on([&] { return below_->scrub(); });
    }

private:
    struct order {
        std::uint64_t number = 0;
        error with;
        failing when = failing::before;
        bool all = false;
    };

    std::optional<order> plan_for_this_call(bool is_commit) {
        const std::lock_guard guard(mutex_);
        if (only_commits_ && !is_commit) return std::nullopt;
        ++calls_;
        if (plan_.all || plan_.number == calls_) return plan_;
        return std::nullopt;
    }

    template <class Call>
    auto pass_on(Call&& call, bool is_commit = false) -> decltype(call()) {
        const auto plan = plan_for_this_call(is_commit);
        if (plan && plan->when == failing::before) return tl::unexpected<error>(plan->with);
        auto answer = call();
        if (plan) return tl::unexpected<error>(plan->with);
        return answer;
    }

    Store* below_;
    mutable std::mutex mutex_;
    std::uint64_t calls_ = 0;
    bool only_commits_ = false;
    order plan_;
};

} // namespace keywright::testing
