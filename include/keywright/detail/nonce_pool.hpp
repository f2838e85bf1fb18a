// SPDX-License-Identifier: Apache-2.0
// Random 96-bit nonces, drawn from the system's generator many at a time: a call to it costs as much as the encryption
// of a small field. No nonce is given twice: each leaves the pool once, and a forked child throws the pool away that it
// shares with its parent.
// Depends on: core, Botan. Use: `auto nonce = pool.next();`
#pragma once

#include <keywright/core/bytes.hpp>
#include <keywright/core/result.hpp>
#include <keywright/detail/botan_boundary.hpp>

#include <botan/system_rng.h>

#include <array>
#include <atomic>

#if __has_include(<pthread.h>)
#include <pthread.h>
#endif

namespace keywright::detail {

/// How many forks lie between this process and the one that first asked; nullopt where nobody tells us of forks.
class fork_watch {
public:
    static bool available() noexcept { return state().registered; }
    static std::uint64_t forks() noexcept { return state().forks.load(std::memory_order_relaxed); }

private:
    struct shared {
        std::atomic<std::uint64_t> forks{0};
        bool registered = false;
        shared() noexcept {
#if __has_include(<pthread.h>)
            registered = pthread_atfork(nullptr, nullptr, [] { state().forks.fetch_add(1, std::memory_order_relaxed); }) == 0;
#endif
        }
    };
    static shared& state() noexcept {
        static shared one;
        return one;
    }
};

/// Thread safety: one thread at a time. A copy of the whole machine, taken while it runs, copies the pool, too.
class nonce_pool {
public:
    static constexpr std::size_t nonce_size = 12;
    using nonce = std::array<std::uint8_t, nonce_size>;

    /// A nonce that nobody else has. unavailable: the system's generator failed.
    [[nodiscard]] result<nonce> next() {
        if (left_ == 0 || !fork_watch::available() || forks_ != fork_watch::forks())
            if (auto filled = fill(); !filled) return pass(filled);
        return nonces_[--left_];
    }

private:
    result<void> fill() {
        left_ = 0;
        auto drawn = botan_boundary(errc::unavailable, "nonce: the system's generator failed",
                                    [this] { Botan::system_rng().randomize({nonces_.front().data(), sizeof nonces_}); });
        if (!drawn) return drawn;
        forks_ = fork_watch::forks();
        left_ = nonces_.size();
        return {};
    }

    std::array<nonce, 128> nonces_{};
    std::size_t left_ = 0;
    std::uint64_t forks_ = 0;
};

} // namespace keywright::detail
