// SPDX-License-Identifier: Apache-2.0
// A timeline as one page that needs nothing beside itself: no script, no font, no network; light and dark.
#pragma once

#include "timeline.hpp"

#include <string>

namespace simulate {

std::string draw_page(const timeline& t);

} // namespace simulate
