// SPDX-License-Identifier: Apache-2.0
// SAYS: secret_bytes: a secret is not copied; move it, or clone() it on purpose
// SAYS: secret_bytes: compared by equal(a, b), in constant time
// SAYS: secret_bytes: what has iterators is copied by accident; see keywright/insecure.hpp
// SAYS: secret_bytes: not printed or streamed; see keywright/insecure.hpp
// SAYS: reveal: the secret would be wiped before its bytes are used; name it first
// SAYS: export_secret: say why, with secret_access
// SAYS: secret_access: say why the secret has to be seen
// EXPECT: cannot convert || no matching constructor
// Each is a way by which a secret gets a second place, or leaves by its timing, through an iterator, a view that outlives it,
// a door that nobody opened on purpose, or a context, which stands in the clear beside the ciphertext.
#include <keywright/insecure.hpp>
#include <keywright/keys/context.hpp>

#include <ostream>

using namespace keywright;

#ifndef FIXED
secret_bytes second(const secret_bytes& secret) { return secret; }
bool same(const secret_bytes& a, const secret_bytes& b) { return a == b; }
int sum(const secret_bytes& secret) {
    int n = 0;
    for (const auto byte : secret) n += byte;
    return n;
}
void written(std::ostream& out, const secret_bytes& secret) { out << secret; }
std::uint8_t first() { return detail::reveal(secret_bytes(1))[0]; }
std::size_t seen(const secret_bytes& secret) { return insecure::export_secret(secret).size(); }
std::size_t seen_for_no_reason(const secret_bytes& secret) { return insecure::export_secret(secret, insecure::secret_access{}).size(); }
auto bound_to(const secret_bytes& token) { return keys::encryption_context::make({{"token", token}}); }
#else
secret_bytes second(const secret_bytes& secret) { return secret.clone(); }
bool same(const secret_bytes& a, const secret_bytes& b) { return equal(a, b); }
std::size_t seen(const secret_bytes& secret) {
    return insecure::export_secret(secret, insecure::secret_access{"a test of the door"}).size();
}
auto bound_to(const secret_bytes& token) { return keys::encryption_context::make({{"size", std::to_string(token.size())}}); }
#endif
