// SPDX-License-Identifier: Apache-2.0
#include <keywright/policy/key_use.hpp>

#include <doctest/doctest.h>

#include <array>

namespace {

using namespace keywright;
using namespace keywright::policy;

constexpr instant t0{1'700'000'000};
constexpr seconds second{1};
constexpr std::array limits{use_limit{key_operation::unwrap, minutes(10), 3}, use_limit{key_operation::open_lease, hours(1), 0}};

constexpr fingerprint key(std::uint8_t n) {
    fingerprint print;
    print.bytes[0] = n;
    return print;
}
constexpr key_use unwraps(instant at, std::uint64_t times = 1, std::uint8_t n = 1) { return {key(n), key_operation::unwrap, at, times}; }

TEST_CASE("key_use: at the limit all is well, one use more is an alert, and the next one is not told again") {
    use_counters<> counters;
    for (int i = 0; i < 3; ++i) CHECK_FALSE(record(counters, limits, unwraps(t0)).has_value());
    CHECK(record(counters, limits, unwraps(t0 + second)) == use_alert{key(1), key_operation::unwrap, t0, 4, 3});
    CHECK_FALSE(record(counters, limits, unwraps(t0 + second)).has_value());
}

TEST_CASE("key_use: a window is half-open, and the use that ends it begins the next") {
    use_counters<> counters;
    static_cast<void>(record(counters, limits, unwraps(t0, 3)));
    use_counters<> later = counters;
    CHECK(record(counters, limits, unwraps(t0 + minutes(10) - second)).has_value());
    CHECK_FALSE(record(later, limits, unwraps(t0 + minutes(10), 3)).has_value());
    CHECK(record(later, limits, unwraps(t0 + minutes(20) - second)) == use_alert{key(1), key_operation::unwrap, t0 + minutes(10), 4, 3});
}

TEST_CASE("key_use: each window alerts anew") {
    use_counters<> counters;
    CHECK(record(counters, limits, unwraps(t0, 4)).has_value());
    CHECK(record(counters, limits, unwraps(t0 + minutes(10), 4)).has_value());
}

TEST_CASE("key_use: keys and operations are counted apart") {
    use_counters<> counters;
    CHECK_FALSE(record(counters, limits, unwraps(t0, 3, 1)).has_value());
    CHECK_FALSE(record(counters, limits, unwraps(t0, 3, 2)).has_value());
    CHECK(record(counters, limits, {key(1), key_operation::open_lease, t0}).has_value()); // of which none is expected
    CHECK(record(counters, limits, unwraps(t0, 1, 2)).has_value());
}

TEST_CASE("key_use: an operation without a limit is not counted") {
    use_counters<> counters;
    CHECK_FALSE(record(counters, limits, {key(1), key_operation::sign, t0, UINT64_MAX}).has_value());
    CHECK(counters.windows.empty());
}

TEST_CASE("key_use: a clock that steps back opens no new window") {
    use_counters<> counters;
    static_cast<void>(record(counters, limits, unwraps(t0, 3)));
    CHECK(record(counters, limits, unwraps(t0 - days(1))).has_value());
}

TEST_CASE("key_use: a count does not start again at zero") {
    use_counters<> counters;
    CHECK(record(counters, limits, unwraps(t0, UINT64_MAX)).has_value());
    CHECK_FALSE(record(counters, limits, unwraps(t0, UINT64_MAX)).has_value());
    CHECK(counters.windows[0].count == UINT64_MAX);
}

TEST_CASE("key_use: where there is no room the window that began first makes room, and that is counted") {
    use_counters<2> counters;
    static_cast<void>(record(counters, limits, unwraps(t0 + second, 3, 1)));
    static_cast<void>(record(counters, limits, unwraps(t0, 3, 2)));
    static_cast<void>(record(counters, limits, unwraps(t0 + second, 3, 3)));
    CHECK(counters.forgotten == 1);
    CHECK(record(counters, limits, unwraps(t0 + second, 1, 1)).has_value()); // key 2 was forgotten, not key 1
    CHECK(counters.forgotten == 1);
}

TEST_CASE("key_use: two alerts that differ in one value differ") {
    const use_alert one{key(1), key_operation::unwrap, t0, 4, 3};
    CHECK(one == use_alert{key(1), key_operation::unwrap, t0, 4, 3});
    CHECK_FALSE(one == use_alert{key(2), key_operation::unwrap, t0, 4, 3});
    CHECK_FALSE(one == use_alert{key(1), key_operation::wrap, t0, 4, 3});
    CHECK_FALSE(one == use_alert{key(1), key_operation::unwrap, t0 + second, 4, 3});
    CHECK_FALSE(one == use_alert{key(1), key_operation::unwrap, t0, 5, 3});
    CHECK_FALSE(one == use_alert{key(1), key_operation::unwrap, t0, 4, 4});
}

constexpr bool works_at_compile_time() {
    use_counters<1> counters;
    return !record(counters, limits, unwraps(t0, 3)).has_value() && record(counters, limits, unwraps(t0)).has_value();
}
static_assert(works_at_compile_time());

} // namespace
