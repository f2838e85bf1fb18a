// SPDX-License-Identifier: Apache-2.0
// What time it is. A clock may step; policy takes the later of it and the latest moment ever committed, so a step
// back makes nothing legal earlier. A step forward is the clock's own duty to prevent.
// Depends on: core. Nearest adapter to copy: adapters/system/clock.hpp.
#pragma once

#include <keywright/core/result.hpp>
#include <keywright/core/time.hpp>

#include <concepts>

namespace keywright::ports {

/// `now()`: the present moment, or unavailable when it is not known.
template <class C>
concept tells_time = requires(const C& c) {
    { c.now() } -> std::same_as<result<instant>>;
};

/// Satisfied by a source of time that several threads may ask at once.
template <class C>
concept clock = tells_time<C>;

template <class C>
consteval bool check_clock() {
    static_assert(tells_time<C>, "clock: needs `result<instant> now() const`; see keywright/ports/clock.hpp");
    return clock<C>;
}

} // namespace keywright::ports
