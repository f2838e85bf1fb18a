// SPDX-License-Identifier: Apache-2.0
// SAYS: keywright: a secret is not printed; print the name or the fingerprint of its key
// A secret has no text, not even when everything that looks like a range has one.
#include <fmt/ranges.h>
#include <keywright/core/secret_bytes.hpp>
#include <keywright/format.hpp>

#include <string>

std::string text(const keywright::secret_bytes& secret) {
#ifndef FIXED
    return fmt::format("{}", secret);
#else
    return fmt::format("{}", secret.size());
#endif
}
