// SPDX-License-Identifier: Apache-2.0
// Moments as text: RFC 3339 in UTC, to the second.
// Depends on: core/time, <chrono> (so: in no policy header).
#pragma once

#include <keywright/core/result.hpp>
#include <keywright/core/time.hpp>

#include <charconv>
#include <chrono>
#include <cstdio>
#include <string>
#include <string_view>

namespace keywright {

/// `2026-11-25T06:00:00Z`. Requires: a year from 0 to 9999; `never` gives "never".
inline std::string to_text(instant t) {
    if (!happened(t)) return "never";
    using namespace std::chrono;
    const sys_seconds moment{std::chrono::seconds{t.since_epoch}};
    const auto day = floor<std::chrono::days>(moment);
    const year_month_day date{day};
    const hh_mm_ss time{moment - day};
    char out[64];
    std::snprintf(out, sizeof out, "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                  static_cast<unsigned>(date.day()), static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                  static_cast<int>(time.seconds().count()));
    return out;
}

/// Reads exactly `YYYY-MM-DDThh:mm:ssZ`. Fails with malformed, also for a day that does not exist.
[[nodiscard]] inline result<instant> parse_instant(std::string_view text) {
    constexpr std::string_view shape = "0000-00-00T00:00:00Z";
    const auto wrong = fail(errc::malformed, "time: expected a moment in UTC such as 2026-11-25T06:00:00Z");
    if (text.size() != shape.size()) return wrong;
    for (std::size_t i = 0; i < shape.size(); ++i)
        if (shape[i] == '0' ? (text[i] < '0' || text[i] > '9') : text[i] != shape[i]) return wrong;
    const auto number = [&](std::size_t at, std::size_t digits) {
        int value = 0;
        std::from_chars(text.data() + at, text.data() + at + digits, value);
        return value;
    };
    using namespace std::chrono;
    const year_month_day date{year{number(0, 4)}, month{static_cast<unsigned>(number(5, 2))}, day{static_cast<unsigned>(number(8, 2))}};
    if (!date.ok() || number(11, 2) > 23 || number(14, 2) > 59 || number(17, 2) > 59) return wrong;
    const auto moment =
        sys_days{date} + std::chrono::hours{number(11, 2)} + std::chrono::minutes{number(14, 2)} + std::chrono::seconds{number(17, 2)};
    return instant{moment.time_since_epoch().count()};
}

} // namespace keywright
