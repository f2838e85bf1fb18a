// SPDX-License-Identifier: Apache-2.0
// The number that a lock raises, and how every use of a key comes to know it: at once within the process, within
// `refresh` across processes, and a process that cannot ask uses nothing.
// Depends on: core. Use: `auto watch = std::make_shared<epoch_watch>(7, [&] { return read_epoch(store); });`
#pragma once

#include <keywright/core/result.hpp>

#include <atomic>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <functional>
#include <mutex>
#include <utility>

#if __has_include(<time.h>)
#include <time.h>
#endif

namespace keywright::keys {

/// Time that only runs forward, for bounds on use: where the system has one, a clock that also counts while it sleeps,
/// so that a lease does not come back alive with a resumed machine.
inline std::chrono::nanoseconds running_time() noexcept {
#ifdef CLOCK_BOOTTIME
    timespec now{};
    if (::clock_gettime(CLOCK_BOOTTIME, &now) == 0) return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
#endif
    return std::chrono::steady_clock::now().time_since_epoch();
}

/// Reads the epoch from where all processes see it. Must give up within a deadline of its own; any error means
/// that nothing is known. Called by one thread at a time.
template <class F>
concept epoch_source = std::copy_constructible<F> && requires(F f) {
    { f() } -> std::same_as<result<std::uint64_t>>;
};

/// The current epoch of one ring or environment, shared by all its leases. Epochs only grow.
/// Thread safety: concurrent. Blocks only when the epoch is to be read again, as long as the source takes.
class epoch_watch {
public:
    using time_source = std::chrono::nanoseconds (*)() noexcept;

    /// For state that only this process changes: nothing is ever read again.
    explicit epoch_watch(std::uint64_t epoch) : current_(epoch) {}

    /// `epoch` was read at `running_time()` `read_at` or later. It is read again by the first use after `refresh`.
    template <epoch_source Source>
    epoch_watch(std::uint64_t epoch, Source source, std::chrono::nanoseconds read_at,
                std::chrono::nanoseconds refresh = std::chrono::seconds(1), time_source now = running_time)
        : current_(epoch), read_at_(read_at.count()), refresh_(refresh), source_(std::move(source)), now_(now) {}

    epoch_watch(const epoch_watch&) = delete;
    epoch_watch& operator=(const epoch_watch&) = delete;

    /// A lock in this process: every use that begins after this returns sees it. Never lowers; true when it raised.
    bool raise(std::uint64_t epoch) noexcept {
        std::uint64_t seen = current_.load();
        while (seen < epoch && !current_.compare_exchange_weak(seen, epoch)) {}
        return seen < epoch;
    }

    /// What was known is not relied on any more: the next use reads the epoch first. For whoever knows that it has moved
    /// on, and not how far.
    void ask_again() {
        const std::scoped_lock no_reader(reading_);
        read_at_.store(now_().count() - refresh_.count(), std::memory_order_release);
    }

    /// An epoch that nothing was granted at: whoever watches it has nothing for good.
    static constexpr std::uint64_t end = ~std::uint64_t{0};
    bool has_ended() const noexcept { return current_.load() == end; }
    /// Whether that is the epoch as far as is known here. Reads nothing.
    bool stands_at(std::uint64_t epoch) const noexcept { return current_.load() == epoch; }

    /// Whether what was granted at `granted` may still be used. locked: the epoch has moved on; unavailable: it is
    /// older than `refresh` and could not be read.
    [[nodiscard]] result<void> check(std::uint64_t granted) {
        if (is_stale())
            if (auto read = read_again(); !read) return read;
        if (!stands_at(granted)) return fail(errc::locked, "lease: the environment was locked or its keys replaced since; get a new one");
        return {};
    }

private:
    bool is_stale() const noexcept {
        return source_ != nullptr && now_().count() - read_at_.load(std::memory_order_acquire) >= refresh_.count();
    }
    result<void> read_again() {
        const std::scoped_lock one_reader(reading_);
        if (!is_stale()) return {}; // another thread has read it while this one waited
        // Dated before the question: an answer may already be as old as the question when it arrives.
        const auto asked_at = now_();
        const auto epoch = source_();
        if (!epoch)
            return fail(errc::unavailable,
                        "lease: the epoch could not be read, so nothing may be used; try again when the store can be reached",
                        epoch.error().native);
        raise(*epoch);
        read_at_.store(asked_at.count(), std::memory_order_release);
        return {};
    }

    std::atomic<std::uint64_t> current_;
    std::atomic<std::int64_t> read_at_{0};
    std::chrono::nanoseconds refresh_{0};
    std::function<result<std::uint64_t>()> source_;
    time_source now_ = running_time;
    std::mutex reading_;
};

} // namespace keywright::keys
