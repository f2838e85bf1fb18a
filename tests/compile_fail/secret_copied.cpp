// EXPECT: use of deleted function || call to deleted constructor
// SPDX-License-Identifier: Apache-2.0
// A second owner of a secret is made on purpose, by clone(), or not at all.
#include <keywright/core/secret_bytes.hpp>

keywright::secret_bytes second(const keywright::secret_bytes& secret) {
#ifndef FIXED
    return secret;
#else
    return secret.clone();
#endif
}
