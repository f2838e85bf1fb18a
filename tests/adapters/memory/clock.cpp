// SPDX-License-Identifier: Apache-2.0
// The manual clock does as it is told.
#include <keywright/adapters/memory/clock.hpp>
#include <keywright/testing/clock_suite.hpp>

#include <doctest/doctest.h>

using namespace keywright;

TEST_CASE("memory::manual_clock: passes the suite") { testing::clock_suite(memory::manual_clock{}); }

TEST_CASE("memory::manual_clock: stands still until it is told to move") {
    memory::manual_clock clock{instant{1000}};
    CHECK(clock.now().value() == instant{1000});
    clock.advance(hours(72));
    CHECK(clock.now().value() == instant{1000 + 72 * 3600});
    clock.advance(seconds{-1});
    CHECK(clock.now().value() == instant{999 + 72 * 3600});
    clock.set(instant{5});
    CHECK(clock.now().value() == instant{5});
}

TEST_CASE("memory::manual_clock: a lost time is unavailable until it is set") {
    memory::manual_clock clock;
    clock.lose();
    REQUIRE_FALSE(clock.now().has_value());
    CHECK(clock.now().error().code == errc::unavailable);
    clock.set(instant{5});
    CHECK(clock.now().value() == instant{5});
}
