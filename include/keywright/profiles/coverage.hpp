// SPDX-License-Identifier: Apache-2.0
// T04: what of an environment is under the customer's key, and what is not, as of the day the source was written.
// Depends on: core.
#pragma once

#include <keywright/core/time.hpp>

#include <array>
#include <string_view>

namespace keywright::profiles {

struct coverage_row {
    std::string_view what;
    bool covered = false;
    std::string_view why;
};

struct coverage_table {
    std::array<coverage_row, 5> rows;
    instant as_of;
};

/// Only the environment's SQL database; the other services use keys of their own. As of 2020-04-17.
inline constexpr coverage_table power_platform_coverage{{{{"environment database", true, "encrypted under the environment's keys"},
                                                          {"relevance search", false, "uses its own key"},
                                                          {"mobile offline", false, "uses its own key"},
                                                          {"activity log", false, "uses its own key"},
                                                          {"server-side sync", false, "uses its own key"}}},
                                                        instant{1587081600}};

} // namespace keywright::profiles
