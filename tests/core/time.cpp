// SPDX-License-Identifier: Apache-2.0
// core/time: whole seconds; the calendar that results are held against is the C library's.
#include <keywright/core/time.hpp>

#include <doctest/doctest.h>

#include <ctime>

using namespace keywright;

TEST_CASE("seconds: minutes, hours and days are what a clock on the wall says") {
    CHECK(minutes(1) == seconds{60});
    CHECK(hours(72) == seconds{259'200});
    CHECK(days(28) == seconds{2'419'200});
    CHECK(days(-1) == seconds{-86'400});
    CHECK(hours(1) * 24 == days(1));
    CHECK(days(1) - hours(1) == hours(23));
    CHECK(hours(71) + minutes(59) + seconds{59} < hours(72));
}

TEST_CASE("instant: 28 days after 2024-02-15 is 2024-03-14, across a leap day") {
    std::tm calendar{};
    calendar.tm_year = 2024 - 1900;
    calendar.tm_mon = 1;
    calendar.tm_mday = 15;
    const instant start{timegm(&calendar)};
    const std::time_t end = (start + days(28)).since_epoch;
    std::tm reached{};
    REQUIRE(gmtime_r(&end, &reached) != nullptr);
    CHECK(reached.tm_mon == 2);
    CHECK(reached.tm_mday == 14);
    CHECK(instant{end} - start == days(28));
    CHECK(instant{end} - days(28) == start);
}

TEST_CASE("instant: never is before every moment and has not happened") {
    CHECK_FALSE(happened(never));
    CHECK(happened(instant{0}));
    CHECK(happened(instant{-1}));
    CHECK(never < instant{-100'000'000'000});
    CHECK(later(never, instant{5}) == instant{5});
    CHECK(later(instant{5}, never) == instant{5});
    CHECK(later(instant{5}, instant{6}) == instant{6});
}
