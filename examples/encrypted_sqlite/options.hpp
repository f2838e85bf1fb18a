// SPDX-License-Identifier: Apache-2.0
// The command line.
#pragma once

#include "../common/key_options.hpp"
#include "rows.hpp"

#include <keywright/envelope/page.hpp>

#include <string>
#include <vector>

namespace encrypted_sqlite {

enum class action : unsigned char { shell, inspect, verify, convert };
enum class way : unsigned char { none, encrypted, clear };

struct options {
    action what = action::shell;
    std::string file;
    std::vector<std::string> sql; ///< statements and dot commands; none: from standard input

    std::string key; ///< a file of 32 bytes, or a message around them that `keys` open
    example::key_file_options keys;
    example::environment_options environment;

    keywright::envelope::page_suite suite = keywright::envelope::page_suite::aes256_gcm_siv;
    bool read_only = false;
    way to = way::none;
    bool keep_old_bytes = false;

    row_mode mode = row_mode::list;
    bool headers = false;
    bool as_json = false, quiet = false, no_colour = false;

    bool colours(int descriptor) const { return example::wants_colours(descriptor, no_colour); }
    bool has_key() const { return !key.empty() || !environment.name.empty(); }
};

/// Parses; where that is all there is to do (--help, a mistake), the exit code is the error half.
tl::expected<options, int> parse(int argc, char** argv);

} // namespace encrypted_sqlite
