// SPDX-License-Identifier: Apache-2.0
// Answers as JSON lines, for programs. Written straight into one buffer: a scenario may have millions of lines.
#pragma once

#include "session.hpp"

#include <string>

namespace simulate {

struct output_options {
    bool state = false;   ///< of the rings that the line was about
    bool effects = false; ///< what is to be done because of the events
};

/// Appends one line, with its line feed.
void write_json(std::string& out, const answer& a, const output_options& how);
void write_operation(std::string& out, const operation& o);

} // namespace simulate
