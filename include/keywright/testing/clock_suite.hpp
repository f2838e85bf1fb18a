// SPDX-License-Identifier: Apache-2.0
// What every clock must pass. A clock may step, so nothing here demands that it never goes back.
// Depends on: ports/clock, doctest. Use: `TEST_CASE("my_clock") { my_clock c; keywright::testing::clock_suite(c); }`
#pragma once

#include <keywright/ports/clock.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace keywright::testing {

/// `clock` must know the time while the suite runs.
template <ports::clock Clock>
void clock_suite(const Clock& clock) {
    const auto now = clock.now();
    REQUIRE(now.has_value());
    CHECK(happened(*now));
    CHECK(now->since_epoch >= 0); // seconds of POSIX time, not of another epoch before it
    CHECK(now->since_epoch < 253402300800); // the year 10000: seconds, not milliseconds

    std::atomic<int> failures{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([&] {
            for (int n = 0; n < 1000; ++n)
                if (!clock.now()) ++failures;
        });
    for (auto& thread : threads) thread.join();
    CHECK(failures == 0);
}

} // namespace keywright::testing
