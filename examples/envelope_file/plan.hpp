// SPDX-License-Identifier: Apache-2.0
// Which files are read, and what is made of each: names in, names out, nothing opened yet.
#pragma once

#include "options.hpp"

namespace envelope_file {

/// One message. Either side may be -.
struct transfer {
    std::string from, to;
    std::string name;         ///< within its folder; of a single file its own name
    std::uint64_t size = 0;   ///< bytes of `from`, 0 where that is not known
};

struct plan {
    std::vector<transfer> files;
    std::vector<std::pair<std::string, std::string>> folders; ///< to be made: a new one, and the one that it mirrors
    std::vector<std::string> passed_over;                     ///< neither files nor folders, or to decrypt and without .esdk
    std::uint64_t total = 0;                                  ///< bytes
};

outcome<plan> plan_of(const options& given);

} // namespace envelope_file
