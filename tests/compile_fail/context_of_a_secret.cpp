// SPDX-License-Identifier: Apache-2.0
// EXPECT: cannot convert || no matching constructor
// A context stands in the clear beside the ciphertext, so a secret does not become a pair of it.
#include <keywright/core/secret_bytes.hpp>
#include <keywright/keys/context.hpp>

auto bound_to(const keywright::secret_bytes& token) {
#ifndef FIXED
    return keywright::keys::encryption_context::make({{"token", token}});
#else
    return keywright::keys::encryption_context::make({{"token size", std::to_string(token.size())}});
#endif
}
