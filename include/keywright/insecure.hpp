// SPDX-License-Identifier: Apache-2.0
// The one door to raw secrets, in no umbrella header: whoever includes this is found by a search for its name.
// Depends on: core/secret_bytes. Use: `insecure::export_secret(key, insecure::secret_access{"escrow ceremony"})`.
#pragma once

#include <keywright/core/contract.hpp>
#include <keywright/core/secret_bytes.hpp>

namespace keywright::insecure {

/// Proof that somebody decided to see a secret, and why.
class secret_access {
public:
    secret_access() = delete; // secret_access: say why the secret has to be seen
    /// `reason` is for the reader of the code; it must be a literal and is not stored.
    explicit constexpr secret_access(const char* reason) { expects(reason != nullptr && *reason != '\0', "secret_access: give a reason"); }
};

/// The bytes of a secret, not copied; valid as long as the secret is. Do not copy, print or store them.
inline byte_view export_secret(const secret_bytes& secret, const secret_access&) noexcept { return detail::reveal(secret); }
void export_secret(const secret_bytes&) = delete; // export_secret: say why, with secret_access{"…"}

} // namespace keywright::insecure
