// SPDX-License-Identifier: Apache-2.0
// Reproducible chance for the random walks: the same seed, the same walk, on every machine.
#pragma once

#include <cstdint>

namespace keywright::testing {

class dice {
public:
    explicit dice(std::uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15U + 1) {}
    std::uint32_t below(std::uint32_t n) {
        state_ ^= state_ << 13;
        state_ ^= state_ >> 7;
        state_ ^= state_ << 17;
        return static_cast<std::uint32_t>(state_ >> 33) % n;
    }
    bool percent(std::uint32_t n) { return below(100) < n; }

private:
    std::uint64_t state_;
};

} // namespace keywright::testing
