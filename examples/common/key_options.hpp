// SPDX-License-Identifier: Apache-2.0
// What the programs that take keys have in common on their command lines.
#pragma once

#include "environment.hpp"
#include "key_files.hpp"

#include <initializer_list>

namespace CLI {
class App;
}

namespace example {

void add_key_files(CLI::App& group, key_file_options& into);
void add_environment(CLI::App& group, environment_options& into);
void add_output(CLI::App& app, bool& quiet, bool& no_colour);

/// The table of exit codes for a program's help, without those that it never ends with.
std::string exit_code_lines(std::initializer_list<exit_code> never);

/// Whether to colour what goes to a descriptor: on a terminal, unless --no-color or NO_COLOR says no.
bool wants_colours(int descriptor, bool no_colour);

} // namespace example
