// SPDX-License-Identifier: Apache-2.0
// A clock that stands still until it is told to move. A test double: it knows nothing of the time outside.
// Depends on: ports/clock. Use: `memory::manual_clock clock{instant{0}}; clock.advance(hours(72));`
#pragma once

#include <keywright/ports/clock.hpp>

#include <atomic>

namespace keywright::memory {

/// Thread safe. Not copied or moved: a copy would be a second clock that nobody winds.
class manual_clock {
public:
    explicit manual_clock(instant start = instant{0}) noexcept : now_(start.since_epoch) {}
    manual_clock(const manual_clock&) = delete;
    manual_clock& operator=(const manual_clock&) = delete;

    [[nodiscard]] result<instant> now() const {
        const instant moment{now_.load()};
        if (!happened(moment)) return fail(errc::unavailable, "manual clock: the time is not known; set it first");
        return moment;
    }
    /// To any moment, earlier ones too.
    void set(instant moment) noexcept { now_ = moment.since_epoch; }
    /// By a span, which may be negative. Requires: the time is known.
    void advance(seconds span) noexcept { now_ += span.count; }
    /// From now on `now` fails with unavailable, until `set`.
    void lose() noexcept { now_ = never.since_epoch; }

private:
    std::atomic<std::int64_t> now_;
};

static_assert(ports::check_clock<manual_clock>());

} // namespace keywright::memory
