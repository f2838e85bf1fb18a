// SPDX-License-Identifier: Apache-2.0
// SAYS: secret_bytes: compared by equal(a, b), in constant time
// == would tell by its timing where two secrets differ.
#include <keywright/core/secret_bytes.hpp>

bool same(const keywright::secret_bytes& a, const keywright::secret_bytes& b) {
#ifndef FIXED
    return a == b;
#else
    return equal(a, b);
#endif
}
