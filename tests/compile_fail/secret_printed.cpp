// EXPECT: Cannot format an argument || fallback_formatter<keywright::secret_bytes>
// SPDX-License-Identifier: Apache-2.0
// A secret has no text, not even when everything that looks like a range has one.
#include <keywright/core/secret_bytes.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string>

std::string text(const keywright::secret_bytes& secret) {
#ifndef FIXED
    return fmt::format("{}", secret);
#else
    return fmt::format("{}", secret.size());
#endif
}
