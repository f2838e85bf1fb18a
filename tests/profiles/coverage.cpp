// SPDX-License-Identifier: Apache-2.0
// Expected answers are the sources' own sentences, written down a second time.
#include <keywright/profiles/coverage.hpp>

#include <doctest/doctest.h>

#include <initializer_list>

namespace {

using namespace keywright;
using namespace keywright::profiles;
namespace uses = profiles::uses;

// `date -u -d 2024-01-01 +%s`
constexpr instant new_year_2024{1704067200};
constexpr seconds second{1};

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

// `date -u -d 2020-04-17 +%s`, likewise 2024-01-31 and 2023-07-19
static_assert(power_platform_coverage.as_of.since_epoch == 1587081600);
static_assert(environment_coverage.as_of.since_epoch == 1706659200);
static_assert(finance_and_operations_coverage.as_of.since_epoch == 1689724800);

/// Exactly these gaps, in the order of the table.
template <std::size_t N>
constexpr bool lacks(const coverage_table<N>& table, circumstances tenant, std::initializer_list<std::string_view> expected) {
    const auto gaps = uncovered(table, tenant, new_year_2024 - second);
    if (gaps.size() != expected.size()) return false;
    std::size_t i = 0;
    for (const std::string_view what : expected)
        if (gaps[i++].row.what != what) return false;
    return true;
}
constexpr bool finance_lacks(circumstances tenant, std::initializer_list<std::string_view> expected) {
    return lacks(finance_and_operations_coverage, tenant, expected);
}
template <std::size_t N>
constexpr bool covers(const coverage_table<N>& table, circumstances tenant, std::string_view what) {
    for (const coverage_row& row : table.rows)
        if (row.what == what && row.covered && row.speaks_of(tenant)) return true;
    return false;
}

TEST_CASE("P11: data, flows and run history are covered; app source, icons and connector settings are not") {
    CHECK(lacks(environment_coverage, {}, {"app source", "app icons", "connector settings"}));
    CHECK(covers(environment_coverage, {}, "environment data"));
    CHECK(covers(environment_coverage, {}, "flow definitions"));
    CHECK(covers(environment_coverage, {}, "flow run history"));
}

TEST_CASE("P22: flows run partitioned by environment, and the row says so") {
    CHECK(environment_coverage.rows[1].why.find("one partition for each environment") != std::string_view::npos);
}

TEST_CASE("P13: an environment's SQL databases and its storage accounts are covered, whatever the tenant uses") {
    CHECK(finance_lacks({}, {}));
    CHECK(covers(finance_and_operations_coverage, {}, "SQL databases"));
    CHECK(covers(finance_and_operations_coverage, {}, "storage accounts"));
}

TEST_CASE("coverage: what of a tenant is not under its key") {
    struct row {
        std::string_view name;
        circumstances tenant;
        std::initializer_list<std::string_view> gaps;
    };
    const row rows[] = {
        {"Supply Chain Management is covered in full", uses::supply_chain, {}},
        {"Human Resources is, by way of a finance-and-operations environment", uses::human_resources, {}},
        {"standing alone it is not", uses::human_resources_alone, {"Human Resources, stand-alone"}},
        {"Finance is covered in full", uses::finance, {}},
        {"except its data in the configuration service that stands alone",
         uses::finance | uses::configuration_service,
         {"Finance data in the regulatory configuration service"}},
        {"that service alone, used by nothing, is no gap", uses::configuration_service, {}},
        {"Commerce is covered in full", uses::commerce, {}},
        {"except e-commerce content and recommendations",
         uses::commerce | uses::e_commerce | uses::recommendations,
         {"e-commerce content", "recommendations"}},
        {"and except what is in another geography",
         uses::commerce | uses::scale_units_elsewhere | uses::e_commerce_elsewhere | uses::ratings_elsewhere,
         {"scale units elsewhere", "e-commerce elsewhere", "ratings and reviews elsewhere"}},
        {"Lifecycle Services data is not covered", uses::lifecycle_services, {"Lifecycle Services data"}},
        {"Tax Calculation and Electronic Invoicing are", uses::tax_calculation | uses::electronic_invoicing, {}},
        {"but not on the configuration service that stands alone",
         uses::tax_calculation | uses::electronic_invoicing | uses::configuration_service,
         {"Tax Calculation", "Electronic Invoicing"}},
        {"every other add-in is, on that service too", uses::other_add_ins | uses::configuration_service, {}},
    };
    for (const row& each : rows) {
        CAPTURE(each.name);
        CHECK(finance_lacks(each.tenant, each.gaps));
    }
}

constexpr bool stale_at(circumstances tenant, instant now) {
    const auto gaps = uncovered(finance_and_operations_coverage, tenant, now);
    return gaps.size() == 1 && gaps[0].stale;
}

TEST_CASE("coverage: late 2023 is stale from the first second after 2023-12-31, an undated expectation never") {
    constexpr circumstances dated[] = {uses::finance | uses::configuration_service, uses::tax_calculation | uses::configuration_service,
                                       uses::electronic_invoicing | uses::configuration_service};
    for (const circumstances tenant : dated) {
        CHECK_FALSE(stale_at(tenant, new_year_2024 - second));
        CHECK(stale_at(tenant, new_year_2024));
        CHECK(stale_at(tenant, new_year_2024 + days(3650)));
    }
    for (const circumstances tenant : {uses::commerce | uses::e_commerce, uses::lifecycle_services}) {
        const auto gaps = uncovered(finance_and_operations_coverage, tenant, new_year_2024 + days(3650));
        REQUIRE(gaps.size() == 1);
        CHECK(gaps[0].row.expected.stated);
        CHECK_FALSE(gaps[0].stale);
    }
    CHECK_FALSE(stale_at(uses::human_resources_alone, new_year_2024 + days(3650)));
}

TEST_CASE("coverage: each answer carries the day of its source") {
    for (const gap& each : uncovered(power_platform_coverage, {}, new_year_2024)) CHECK(each.as_of.since_epoch == 1587081600);
    for (const gap& each : uncovered(environment_coverage, {}, new_year_2024)) CHECK(each.as_of.since_epoch == 1706659200);
    for (const gap& each : uncovered(finance_and_operations_coverage, uses::lifecycle_services, new_year_2024))
        CHECK(each.as_of.since_epoch == 1689724800);
}

} // namespace
