// SPDX-License-Identifier: Apache-2.0
// SAYS: clock: needs `result<instant> now() const`; see keywright/ports/clock.hpp
// A clock that cannot say "I do not know" would have to invent a time.
#include <keywright/ports/clock.hpp>

struct my_clock {
#ifndef FIXED
    keywright::instant now() const;
#else
    keywright::result<keywright::instant> now() const;
#endif
};
static_assert(keywright::ports::check_clock<my_clock>());
