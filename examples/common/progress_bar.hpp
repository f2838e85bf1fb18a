// SPDX-License-Identifier: Apache-2.0
// How far the work is, on a terminal only.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>
#include <unistd.h>

namespace example {

class progress_bar {
public:
    /// `total` bytes; 0 where that is not known.
    progress_bar(std::uint64_t total, bool wanted) : total_(total), shown_(wanted && ::isatty(STDERR_FILENO) != 0) {}
    progress_bar(const progress_bar&) = delete;
    progress_bar& operator=(const progress_bar&) = delete;
    ~progress_bar() { clear(); }

    /// Redrawn ten times a second at the most.
    void at(std::uint64_t done) {
        const auto now = std::chrono::steady_clock::now();
        if (!shown_ || now - drawn_ < std::chrono::milliseconds(100)) return;
        drawn_ = now;
        const std::chrono::duration<double> passed = now - begun_;
        const double mib = static_cast<double>(done) / (1 << 20), rate = mib / std::max(passed.count(), 0.001);
        if (total_ == 0) {
            fmt::print(stderr, "\r\033[K{:.0f} MiB, {:.0f} MiB/s", mib, rate);
        } else {
            const auto full = static_cast<std::size_t>(std::min(done, total_) * width / total_);
            fmt::print(stderr, "\r\033[K[{:-<{}}] {:>3} %, {:.0f} MiB/s", std::string(full, '#'), width,
                       std::min(done, total_) * 100 / total_, rate);
        }
        std::fflush(stderr);
        dirty_ = true;
    }
    /// Before anything else is written to the terminal.
    void clear() {
        if (dirty_) std::fputs("\r\033[K", stderr);
        dirty_ = false;
    }

private:
    static constexpr std::size_t width = 30;
    std::uint64_t total_;
    bool shown_, dirty_ = false;
    std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now(), drawn_{};
};

} // namespace example
