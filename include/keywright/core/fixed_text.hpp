// SPDX-License-Identifier: Apache-2.0
// Text that can be a template argument: `rule_tag<"T18">`, `approved<"SHA-256">`.
// Depends on: nothing.
#pragma once

#include <cstddef>
#include <string_view>

namespace keywright {

template <std::size_t N>
struct fixed_text {
    char chars[N]{};
    constexpr fixed_text(const char (&text)[N]) { // NOLINT(google-explicit-constructor): so that "T18" can be an argument
        for (std::size_t i = 0; i < N; ++i) chars[i] = text[i];
    }
    constexpr std::string_view view() const { return {chars, N - 1}; }
};

} // namespace keywright
