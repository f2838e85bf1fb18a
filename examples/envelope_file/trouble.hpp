// SPDX-License-Identifier: Apache-2.0
// What goes wrong here is told as in the other examples.
#pragma once

#include "../common/trouble.hpp"

namespace envelope_file {

using example::exit_code;
using example::outcome;
using example::pass_on;
using example::trouble;
using example::trouble_of;

inline void tell(const trouble& t, bool colours) { example::tell("envelope_file", t, colours); }

} // namespace envelope_file
