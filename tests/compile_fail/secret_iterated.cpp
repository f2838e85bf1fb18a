// SPDX-License-Identifier: Apache-2.0
// SAYS: secret_bytes: what has iterators is copied by accident; see keywright/insecure.hpp
// What has iterators gets copied by accident.
#include <keywright/core/secret_bytes.hpp>

std::size_t count(const keywright::secret_bytes& secret) {
#ifndef FIXED
    std::size_t n = 0;
    for (const auto byte : secret) n += byte;
    return n;
#else
    return secret.size();
#endif
}
