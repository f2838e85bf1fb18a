// SPDX-License-Identifier: Apache-2.0
// The machine's clock against another reading of it.
#include <keywright/adapters/system/clock.hpp>
#include <keywright/testing/clock_suite.hpp>

#include <doctest/doctest.h>

#include <ctime>

using namespace keywright;

TEST_CASE("system_clock: passes the suite") { testing::clock_suite(system_clock{}); }

TEST_CASE("system_clock: tells what time() tells, rounded down") {
    // A second may pass between the readings, and time() may lag by a tick of the kernel's.
    const auto before = std::time(nullptr);
    const auto now = system_clock{}.now();
    const auto after = std::time(nullptr);
    REQUIRE(now.has_value());
    CHECK(now->since_epoch >= before);
    CHECK(now->since_epoch <= after + 1);
}
