// SPDX-License-Identifier: Apache-2.0
#include <keywright/profiles/coverage.hpp>

#include <doctest/doctest.h>

namespace {

using keywright::profiles::power_platform_coverage;

TEST_CASE("T04: of power_platform only the environment's database is covered; four services use keys of their own") {
    std::size_t covered = 0;
    for (const auto& row : power_platform_coverage.rows) {
        CAPTURE(row.what);
        CHECK(row.covered == (row.what == "environment database"));
        CHECK_FALSE(row.why.empty());
        covered += row.covered ? 1U : 0U;
    }
    CHECK(covered == 1);
    CHECK(power_platform_coverage.rows.size() == 5);
}

// `date -u -d 2020-04-17 +%s`
static_assert(power_platform_coverage.as_of.since_epoch == 1587081600);

} // namespace
