// SPDX-License-Identifier: Apache-2.0
// Text out of somebody else's file, made fit for a terminal.
#pragma once

#include <string>
#include <string_view>

namespace example {

/// What could move a cursor, hide or reorder text, written as \u{...}; what is no UTF-8 as U+FFFD.
std::string printable(std::string_view raw);
/// The same for text that is the answer itself: quotes, backslashes, tabs and line feeds stay what they are.
std::string readable(std::string_view raw);

} // namespace example
