// SPDX-License-Identifier: Apache-2.0
// Uses of keys, counted in windows of time, so that one that is used more than it should be is noticed: G04. A count
// that passes its limit is an alert, which is data; whom it wakes is the product's business.
// Depends on: core. Use, one call for each use, or for each block of uses that a service reserves:
//     if (const auto alert = record(counters, limits, {.key = print, .what = key_operation::unwrap, .at = now})) …
#pragma once

#include <keywright/core/ids.hpp>
#include <keywright/core/inline_list.hpp>
#include <keywright/core/time.hpp>

#include <cstdint>
#include <optional>

namespace keywright::policy {

enum class key_operation : std::uint8_t { wrap, unwrap, open_lease, sign };

/// `times` uses of one key, the last of them at `at`. The event of the stream.
struct key_use {
    fingerprint key;
    key_operation what = key_operation::wrap;
    instant at{};
    std::uint64_t times = 1;
};

/// At most `most` uses within `window`; a window begins with the first use after the one before is over. Half-open:
/// what comes exactly `window` later begins the next.
struct use_limit {
    key_operation what = key_operation::wrap;
    seconds window;
    std::uint64_t most = 0;
};

/// A key was used more often than it should have been. Once for each window, at the use that passed the limit.
struct use_alert {
    fingerprint key;
    key_operation what = key_operation::wrap;
    instant since = never; ///< when the window began
    std::uint64_t count = 0;
    std::uint64_t most = 0;
    friend constexpr bool operator==(const use_alert&, const use_alert&) = default;
};

struct use_counter {
    fingerprint key;
    key_operation what = key_operation::wrap;
    instant since = never;
    std::uint64_t count = 0;
    friend constexpr bool operator==(const use_counter&, const use_counter&) = default;
};

/// The windows of up to `Keys` (key, operation) pairs. A plain value; not thread safe.
template <std::size_t Keys = 64>
struct use_counters {
    inline_list<use_counter, Keys> windows;
    std::uint64_t forgotten = 0; ///< windows that had to make room while they may still have been open
    friend constexpr bool operator==(const use_counters&, const use_counters&) = default;
};

namespace detail {

/// The pair's window; made where there is none, in the place of the one that began first where there is no room.
template <std::size_t Keys>
constexpr use_counter& window_of(use_counters<Keys>& counters, const key_use& use) {
    std::size_t oldest = 0;
    for (std::size_t i = 0; i < counters.windows.size(); ++i) {
        if (counters.windows[i].key == use.key && counters.windows[i].what == use.what) return counters.windows[i];
        if (counters.windows[i].since < counters.windows[oldest].since) oldest = i;
    }
    if (counters.windows.full()) {
        counters.windows.erase_at(oldest);
        ++counters.forgotten;
    }
    counters.windows.push_back({use.key, use.what, use.at, 0});
    return counters.windows[counters.windows.size() - 1];
}

} // namespace detail

/// Counts, and says whether this use is the one that passed the limit. Operations without a limit are not counted. A
/// clock that steps back stays in the window that is open. A count stops at its greatest value.
template <std::size_t Keys, class Limits>
constexpr std::optional<use_alert> record(use_counters<Keys>& counters, const Limits& limits, const key_use& use) {
    for (const use_limit& limit : limits) {
        if (limit.what != use.what) continue;
        use_counter& window = detail::window_of(counters, use);
        if (use.at >= window.since + limit.window) window.since = use.at, window.count = 0;
        const bool had_passed = window.count > limit.most;
        window.count = window.count > UINT64_MAX - use.times ? UINT64_MAX : window.count + use.times;
        if (had_passed || window.count <= limit.most) return std::nullopt;
        return use_alert{use.key, use.what, window.since, window.count, limit.most};
    }
    return std::nullopt;
}

} // namespace keywright::policy
