// SPDX-License-Identifier: Apache-2.0
// What of a tenant is under the customer's key, and what is not, as of the day that each source was written: T04, P11,
// P13, P22 and the products of finance and operations. Data, not rules: nothing is refused by it.
// Depends on: core. Use:
//     for (const auto& gap : uncovered(finance_and_operations_coverage, uses::commerce | uses::recommendations, now)) …
#pragma once

#include <keywright/core/inline_list.hpp>
#include <keywright/core/time.hpp>

#include <array>
#include <cstdint>
#include <string_view>

namespace keywright::profiles {

/// What a tenant uses, as far as an answer depends on it: a set.
struct circumstances {
    std::uint32_t bits = 0;
    constexpr bool all_of(circumstances wanted) const { return (bits & wanted.bits) == wanted.bits; }
    constexpr bool any_of(circumstances wanted) const { return (bits & wanted.bits) != 0; }
    friend constexpr circumstances operator|(circumstances a, circumstances b) { return {a.bits | b.bits}; }
    friend constexpr bool operator==(circumstances, circumstances) = default;
};

namespace uses {
inline constexpr circumstances supply_chain{1U << 0};
inline constexpr circumstances human_resources{1U << 1}; ///< by way of a finance-and-operations environment
inline constexpr circumstances human_resources_alone{1U << 2};
inline constexpr circumstances finance{1U << 3};
inline constexpr circumstances commerce{1U << 4};
inline constexpr circumstances e_commerce{1U << 5};
inline constexpr circumstances recommendations{1U << 6};
inline constexpr circumstances scale_units_elsewhere{1U << 7}; ///< in another geography than the environment
inline constexpr circumstances e_commerce_elsewhere{1U << 8};
inline constexpr circumstances ratings_elsewhere{1U << 9};
inline constexpr circumstances lifecycle_services{1U << 10};
inline constexpr circumstances tax_calculation{1U << 11};
inline constexpr circumstances electronic_invoicing{1U << 12};
inline constexpr circumstances other_add_ins{1U << 13};
/// The regulatory configuration service that stands alone.
inline constexpr circumstances configuration_service{1U << 14};
} // namespace uses

/// What a source says of the time when it will be otherwise.
struct expectation {
    bool stated = false;
    instant last_day = never; ///< its first moment; `never`: no date is given
    /// The day is over and the row still says what it said. Without a date it never is.
    constexpr bool stale(instant now) const { return happened(last_day) && now >= last_day + days(1); }
};

struct coverage_row {
    std::string_view what;
    bool covered = false;
    std::string_view why;
    circumstances when{};   ///< the row speaks of a tenant that uses all of these …
    circumstances unless{}; ///< … and none of those
    expectation expected{};

    constexpr bool speaks_of(circumstances tenant) const { return tenant.all_of(when) && !tenant.any_of(unless); }
};

template <std::size_t N>
struct coverage_table {
    std::array<coverage_row, N> rows;
    instant as_of; ///< of the source, and so of every row
};

/// What is not under the customer's key, and how much that answer is worth.
struct gap {
    coverage_row row;
    instant as_of = never;
    bool stale = false; ///< the source expected it to be covered by now
};

/// The question that a table answers: what of this tenant is not under its key? In the order of the table.
template <std::size_t N>
constexpr inline_list<gap, N> uncovered(const coverage_table<N>& table, circumstances tenant, instant now) {
    inline_list<gap, N> gaps;
    for (const coverage_row& row : table.rows)
        if (!row.covered && row.speaks_of(tenant)) gaps.push_back({row, table.as_of, row.expected.stale(now)});
    return gaps;
}

// --- the tables ---

namespace detail {
inline constexpr expectation late_2023{true, instant{1703980800}}; // 2023-12-31
inline constexpr expectation some_day{true, never};
} // namespace detail

/// T04, as of 2020-04-17: only the environment's SQL database; the other services use keys of their own.
inline constexpr coverage_table<5> power_platform_coverage{{{{"environment database", true, "encrypted under the environment's keys"},
                                                             {"relevance search", false, "uses its own key"},
                                                             {"mobile offline", false, "uses its own key"},
                                                             {"activity log", false, "uses its own key"},
                                                             {"server-side sync", false, "uses its own key"}}},
                                                           instant{1587081600}};

/// P11 and P22, as of 2024-01-31: an environment in a policy.
inline constexpr coverage_table<6> environment_coverage{
    {{{"environment data", true, "encrypted under the environment's keys"},
      {"flow definitions", true, "flows run on infrastructure of their own, one partition for each environment"},
      {"flow run history", true, "kept in the environment's partition, with inputs and outputs"},
      {"app source", false, "stays under the provider's key"},
      {"app icons", false, "stay under the provider's key"},
      {"connector settings", false, "stay under the provider's key"}}},
    instant{1706659200}};

/// P13 and the products of finance and operations, as of 2023-07-19: an environment in a policy.
inline constexpr coverage_table<18> finance_and_operations_coverage{
    {{{"SQL databases", true, "of the environment"},
      {"storage accounts", true, "of the environment"},
      {"Supply Chain Management", true, "all that is specific to the environment", uses::supply_chain},
      {"Human Resources", true, "all that is specific to the environment", uses::human_resources},
      {"Human Resources, stand-alone", false, "migrate to a finance-and-operations environment first", uses::human_resources_alone},
      {"Finance", true, "all that is specific to the environment", uses::finance},
      {"Finance data in the regulatory configuration service",
       false,
       "the service stands alone",
       uses::finance | uses::configuration_service,
       {},
       detail::late_2023},
      {"Commerce", true, "all that is specific to the environment", uses::commerce},
      {"e-commerce content", false, "its content management is not supported yet", uses::commerce | uses::e_commerce, {}, detail::some_day},
      {"recommendations", false, "not supported", uses::commerce | uses::recommendations},
      {"scale units elsewhere", false, "in another geography than the environment", uses::commerce | uses::scale_units_elsewhere},
      {"e-commerce elsewhere", false, "in another geography than the environment", uses::commerce | uses::e_commerce_elsewhere},
      {"ratings and reviews elsewhere", false, "in another geography than the environment", uses::commerce | uses::ratings_elsewhere},
      {"Lifecycle Services data",
       false,
       "files, methodologies, recordings and project metadata",
       uses::lifecycle_services,
       {},
       detail::some_day},
      {"Tax Calculation",
       false,
       "runs on the regulatory configuration service that stands alone",
       uses::tax_calculation | uses::configuration_service,
       {},
       detail::late_2023},
      {"Electronic Invoicing",
       false,
       "runs on the regulatory configuration service that stands alone",
       uses::electronic_invoicing | uses::configuration_service,
       {},
       detail::late_2023},
      {"Tax Calculation and Electronic Invoicing",
       true,
       "without the stand-alone service they are as every other add-in",
       {},
       uses::configuration_service},
      {"other add-ins", true, "every one", uses::other_add_ins}}},
    instant{1689724800}};

} // namespace keywright::profiles
