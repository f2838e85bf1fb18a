// SPDX-License-Identifier: Apache-2.0
// Somebody who writes a clock, and holds it against our suite.
#define DOCTEST_CONFIG_IMPLEMENT
#include <keywright/testing/clock_suite.hpp>

#include <doctest/doctest.h>

#include <cstdio>

namespace {

struct my_clock {
    keywright::result<keywright::instant> now() const { return keywright::instant{1'700'000'000}; }
};

} // namespace

TEST_CASE("my clock") { keywright::testing::clock_suite(my_clock{}); }

int main(int argc, char** argv) {
    doctest::Context context(argc, argv);
    context.setOption("minimal", true);
    if (context.run() == 0) std::puts("testing: works");
}
