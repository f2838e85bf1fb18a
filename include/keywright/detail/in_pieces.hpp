// SPDX-License-Identifier: Apache-2.0
// Work in pieces, one after another or by several threads, which live no longer than the call. Pieces are handed out in
// order, and where several fail, the first in that order is what the caller hears of.
// Depends on: core. Use: `auto done = in_pieces(2, 100, [&](std::size_t worker, std::uint64_t piece) -> result<void> {...});`
#pragma once

#include <keywright/core/result.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace keywright::detail {

/// How many threads `pieces` are worth: those asked for (0: as many as the machine runs at once), but at least two
/// pieces for each, because starting one costs as much as a piece. The calling thread is one of them.
inline std::size_t workers_for(unsigned threads, std::uint64_t pieces) {
    const std::uint64_t wanted = threads != 0 ? threads : std::max(1U, std::thread::hardware_concurrency());
    return static_cast<std::size_t>(std::clamp<std::uint64_t>(pieces / 2, 1, wanted));
}

/// What the threads of one call know of each other.
class piece_queue {
public:
    explicit piece_queue(std::uint64_t count) noexcept : count_(count) {}

    /// The next piece; none when all are taken or one has failed. Whoever took an earlier piece than the failed one
    /// finishes it, so the earliest failure is always found.
    std::optional<std::uint64_t> take() noexcept {
        if (stopped_.load(std::memory_order_relaxed)) return std::nullopt;
        const std::uint64_t piece = next_.fetch_add(1, std::memory_order_relaxed);
        return piece < count_ ? std::optional(piece) : std::nullopt;
    }
    void failed(std::uint64_t piece, error why) {
        const std::scoped_lock alone(ending_);
        if (!why_ || piece < failed_at_) why_ = why, failed_at_ = piece;
        stopped_ = true;
    }
    void thrown(std::exception_ptr what) noexcept {
        const std::scoped_lock alone(ending_);
        thrown_ = std::move(what);
        stopped_ = true;
    }
    /// For the caller, when all threads have ended.
    result<void> end() {
        if (thrown_) std::rethrow_exception(thrown_);
        return why_ ? tl::unexpected(*why_) : result<void>{};
    }

private:
    std::uint64_t count_;
    std::atomic<std::uint64_t> next_{0};
    std::atomic<bool> stopped_{false};
    std::mutex ending_;
    std::uint64_t failed_at_ = 0;
    std::optional<error> why_;
    std::exception_ptr thrown_;
};

/// Calls `work(worker, piece) -> result<void>` for pieces 0 to `count` - 1, by workers 0 (the calling thread) to
/// `workers` - 1, or fewer where the system gives no more threads. Returns, or throws, when all of them have ended.
template <class Work>
[[nodiscard]] result<void> in_pieces(std::size_t workers, std::uint64_t count, Work&& work) {
    piece_queue queue(count);
    const auto run = [&](std::size_t worker) noexcept {
        try {
            while (const auto piece = queue.take())
                if (result<void> done = work(worker, *piece); !done) queue.failed(*piece, done.error());
        } catch (...) {
            queue.thrown(std::current_exception());
        }
    };
    std::vector<std::thread> others;
    others.reserve(workers - 1);
    try {
        while (others.size() + 1 < workers) others.emplace_back(run, others.size() + 1);
    } catch (const std::exception&) { // NOLINT(bugprone-empty-catch): those that have started do the work
    }
    run(0);
    for (auto& other : others) other.join();
    return queue.end();
}

} // namespace keywright::detail
