// SPDX-License-Identifier: Apache-2.0
// Moments and spans in whole seconds. Policy needs no more, and <chrono> costs 0.26 s of every consumer's
// compilation: it stays at the edges (core/time_text.hpp).
// Depends on: nothing.
#pragma once

#include <compare>
#include <cstdint>

namespace keywright {

/// A span of time in seconds; may be negative.
struct seconds {
    std::int64_t count = 0;
    friend constexpr auto operator<=>(const seconds&, const seconds&) = default;
    friend constexpr seconds operator+(seconds a, seconds b) { return {a.count + b.count}; }
    friend constexpr seconds operator-(seconds a, seconds b) { return {a.count - b.count}; }
    friend constexpr seconds operator*(seconds a, std::int64_t n) { return {a.count * n}; }
};

constexpr seconds minutes(std::int64_t n) { return {n * 60}; }
constexpr seconds hours(std::int64_t n) { return {n * 3600}; }
constexpr seconds days(std::int64_t n) { return {n * 86400}; }

/// A moment: seconds since 1970-01-01T00:00:00Z, leap seconds not counted (POSIX time).
struct instant {
    std::int64_t since_epoch = 0;
    friend constexpr auto operator<=>(const instant&, const instant&) = default;
    friend constexpr instant operator+(instant t, seconds d) { return {t.since_epoch + d.count}; }
    friend constexpr instant operator-(instant t, seconds d) { return {t.since_epoch - d.count}; }
    friend constexpr seconds operator-(instant a, instant b) { return {a.since_epoch - b.since_epoch}; }
};

/// "Has not happened": earlier than every moment that a clock gives.
inline constexpr instant never{INT64_MIN / 4};

constexpr bool happened(instant t) { return t != never; }
constexpr instant later(instant a, instant b) { return a < b ? b : a; }

} // namespace keywright
