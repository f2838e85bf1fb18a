// SPDX-License-Identifier: Apache-2.0
// The command line.
#pragma once

#include "../common/key_options.hpp"
#include "trouble.hpp"

#include <keywright/envelope/begin.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace envelope_file {

/// What encrypted files' names end with.
inline constexpr std::string_view suffix = ".esdk";

enum class action : unsigned char { encrypt, decrypt, inspect };

struct options {
    action what = action::encrypt;
    std::string in = "-", out;
    example::key_file_options keys;
    example::environment_options environment;

    keywright::keys::encryption_context context;
    std::vector<std::string> required_keys;
    bool bind_names = false;

    std::uint32_t frame_length = 0;
    unsigned threads = 1;
    bool sign = false, before_signature = false, unsorted_context = false;
    keywright::keys::commitment_policy policy{};

    bool force = false, as_json = false, quiet = false, no_colour = false;

    bool colours(int descriptor) const { return example::wants_colours(descriptor, no_colour); }
    example::intent how() const { return what == action::encrypt ? example::intent::write : example::intent::read; }
};

/// Parses; where that is all there is to do (--help, a mistake), the exit code is the error half.
tl::expected<options, int> parse(int argc, char** argv);

} // namespace envelope_file
