// SPDX-License-Identifier: Apache-2.0
// SAYS: reveal: the secret would be wiped before its bytes are used; name it first
// A view of a secret that dies at the end of the line would read freed memory.
#include <keywright/core/secret_bytes.hpp>

std::uint8_t first() {
#ifndef FIXED
    return keywright::detail::reveal(keywright::secret_bytes(1))[0];
#else
    const keywright::secret_bytes secret(1);
    return keywright::detail::reveal(secret)[0];
#endif
}
