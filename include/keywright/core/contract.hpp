// SPDX-License-Identifier: Apache-2.0
// Preconditions. A broken one is a bug in the program: it stops there, in release builds too, because going on
// with a wrong key or a wrong state costs more than a restart.
// Depends on: nothing.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace keywright {

/// Prints one line and aborts. Not constexpr on purpose: in a constant expression a broken contract does not compile.
[[noreturn]] inline void contract_broken(const char* sentence) noexcept {
    std::fputs("keywright: precondition broken: ", stderr);
    std::fputs(sentence, stderr);
    std::fputc('\n', stderr);
    std::abort();
}

/// Checks what the caller must guarantee; `sentence` says what that is.
constexpr void expects(bool condition, const char* sentence) noexcept {
    if (!condition) contract_broken(sentence);
}

} // namespace keywright
