// SPDX-License-Identifier: Apache-2.0
// How a program's command line is read, and a mistake in it told.
#pragma once

#include "exit_codes.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cstdio>
#include <optional>
#include <string>
#include <vector>

namespace example {

/// Empty where the program goes on; else what it ends with: after --help, or a mistake. `check` finds what CLI11 cannot know
/// and throws like it.
template <class Check>
std::optional<int> parse(CLI::App& app, int argc, char** argv, Check&& check) {
    try {
        app.parse(argc, argv);
        check();
    } catch (const CLI::ParseError& e) {
        if (e.get_exit_code() == 0) return app.exit(e);
        // CLI11 tells of what is missing first; often it is there, misspelt.
        const auto unknown = e.get_name() == "ExtrasError" ? std::vector<std::string>() : app.remaining(true);
        if (!unknown.empty())
            fmt::print(stderr, "{}: `{}` is not known here; {} (see --help)\n", app.get_name(), unknown.front(), e.what());
        else
            fmt::print(stderr, "{}: {} (see --help)\n", app.get_name(), e.what());
        return static_cast<int>(exit_code::usage);
    }
    return {};
}
inline std::optional<int> parse(CLI::App& app, int argc, char** argv) {
    return parse(app, argc, argv, [] {});
}

} // namespace example
