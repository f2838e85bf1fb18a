// SPDX-License-Identifier: Apache-2.0
// SAYS: secret_bytes: a secret is not copied; move it, or clone() it on purpose
// A second owner of a secret is made on purpose, by clone(), or not at all.
#include <keywright/core/secret_bytes.hpp>

keywright::secret_bytes second(const keywright::secret_bytes& secret) {
#ifndef FIXED
    return secret;
#else
    return secret.clone();
#endif
}
