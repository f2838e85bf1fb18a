// SPDX-License-Identifier: Apache-2.0
// What went wrong, told to a person: with what, why, what to do next, and the exit code.
#pragma once

#include "exit_codes.hpp"

#include <keywright/core/result.hpp>

#include <string>

namespace example {

struct trouble {
    exit_code code = exit_code::failed;
    std::string subject; ///< a path, or an argument
    std::string text;
    std::string next{}; ///< what to do; empty where the text has it
};

template <class T>
using outcome = tl::expected<T, trouble>;

/// The library's failure, about `subject`.
tl::unexpected<trouble> trouble_of(const keywright::error& e, std::string subject);
inline tl::unexpected<trouble> trouble_of(exit_code code, std::string subject, std::string text, std::string next = {}) {
    return tl::unexpected(trouble{code, std::move(subject), std::move(text), std::move(next)});
}
template <class T>
tl::unexpected<trouble> pass_on(const outcome<T>& failed) {
    return tl::unexpected(failed.error());
}

/// On stderr: "program: subject: text", and what to do next on a line of its own.
void tell(std::string_view program, const trouble& t, bool colours);

} // namespace example
