// SPDX-License-Identifier: Apache-2.0
// SAYS: export_secret: say why, with secret_access
// Raw secrets have one door, and it asks why.
#include <keywright/insecure.hpp>

std::size_t seen(const keywright::secret_bytes& secret) {
#ifndef FIXED
    return keywright::insecure::export_secret(secret).size();
#else
    return keywright::insecure::export_secret(secret, keywright::insecure::secret_access{"a test of the door"}).size();
#endif
}
