// SPDX-License-Identifier: Apache-2.0
// A consumer of the library: links Botan and fmt.
#if __has_include(<keywright/keywright.hpp>)
#include <keywright/keywright.hpp>
#endif
#include <keywright/core/secret_bytes.hpp>
#include <keywright/detail/botan_boundary.hpp>

#include <botan/hash.h>
#include <fmt/format.h>

int main() {
    const auto size = keywright::detail::botan_boundary(keywright::errc::internal, "consumer: hash",
                                                        [] { return Botan::HashFunction::create_or_throw("SHA-256")->output_length(); });
    const keywright::secret_bytes secret(32);
    if (!size || *size != secret.size()) return 1;
    fmt::print("keywright: works\n");
}
