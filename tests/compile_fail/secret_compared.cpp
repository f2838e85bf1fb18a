// EXPECT: no match for || invalid operands to binary expression
// SPDX-License-Identifier: Apache-2.0
// == would tell by its timing where two secrets differ.
#include <keywright/core/secret_bytes.hpp>

bool same(const keywright::secret_bytes& a, const keywright::secret_bytes& b) {
#ifndef FIXED
    return a == b;
#else
    return equal(a, b);
#endif
}
