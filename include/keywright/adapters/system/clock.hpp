// SPDX-License-Identifier: Apache-2.0
// The machine's wall clock. It steps when somebody or something sets it; see ports/clock.hpp for what that may do.
// Depends on: ports/clock. Use: `auto now = system_clock{}.now();`
#pragma once

#include <keywright/ports/clock.hpp>

#include <cerrno>

#include <time.h>

namespace keywright {

/// CLOCK_REALTIME, rounded down to the second. Thread safe; a plain value.
class system_clock {
public:
    /// Fails with unavailable when the system does not tell, or tells a moment before 1970: a machine whose clock has
    /// never been set.
    [[nodiscard]] result<instant> now() const {
        timespec moment{};
        if (::clock_gettime(CLOCK_REALTIME, &moment) != 0)
            return fail(errc::unavailable, "system clock: expected CLOCK_REALTIME to be readable", errno);
        if (moment.tv_sec < 0) return fail(errc::unavailable, "system clock: expected a moment after 1970; set the machine's clock");
        return instant{moment.tv_sec};
    }
};

static_assert(ports::check_clock<system_clock>());

} // namespace keywright
