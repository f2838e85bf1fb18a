// SPDX-License-Identifier: Apache-2.0
// Weak RSA keys by name: keys that somebody else can break, although they sign, verify and look like any other. What
// is not found here is not thereby strong; what is found must not protect anything.
// Depends on: keys/detail/rsa_numbers, core, Botan. Use: `for (const weakness w : *weaknesses_of(key)) explain(w)`.
#pragma once

#include <keywright/core/bytes.hpp>
#include <keywright/core/inline_list.hpp>
#include <keywright/detail/botan_boundary.hpp>
#include <keywright/keys/detail/rsa_numbers.hpp>

#include <botan/pk_keys.h>
#include <botan/x509_key.h>

#include <span>

namespace keywright::keys {

/// Printed by name, so names are stable; numbers are not.
enum class weakness : unsigned char {
    low_exponent,  ///< e is below 65537
    even_exponent, ///< e is even: no private half can exist
    small_factor,  ///< a prime below 2^16 divides the modulus
    roca,          ///< the fingerprint of CVE-2017-15361
    close_primes,  ///< Fermat's method finds them, or they are closer than FIPS 186-5 allows
    low_private_exponent, ///< d is at most 2^(bits/2)
    shared_factor, ///< a prime of this modulus is in another known modulus, so both are broken
};
inline constexpr std::size_t weakness_kinds = static_cast<std::size_t>(weakness::shared_factor) + 1;

constexpr const char* name(weakness w) noexcept {
    switch (w) {
    case weakness::low_exponent: return "low_exponent";
    case weakness::even_exponent: return "even_exponent";
    case weakness::small_factor: return "small_factor";
    case weakness::roca: return "roca";
    case weakness::close_primes: return "close_primes";
    case weakness::low_private_exponent: return "low_private_exponent";
    case weakness::shared_factor: return "shared_factor";
    }
    return "unknown";
}

/// A sentence with static storage in the form of an error's text: what is wrong, and what to do.
constexpr const char* explain(weakness w) noexcept {
    switch (w) {
    case weakness::low_exponent: return "key: weak: the public exponent is below 65537; make a new key with the exponent 65537";
    case weakness::even_exponent: return "key: weak: the public exponent is even, so this is no RSA key; make a new one";
    case weakness::small_factor: return "key: weak: a prime below 65536 divides the modulus; make a new key with other software";
    case weakness::roca:
        return "key: weak: the modulus has the ROCA fingerprint of Infineon's library (CVE-2017-15361), so its primes can be found; make a new key outside that smart card or TPM";
    case weakness::close_primes:
        return "key: weak: its two primes are too close to each other, so they can be found; make a new key with other software";
    case weakness::low_private_exponent:
        return "key: weak: the private exponent is too low, so it can be found; make a new key with other software";
    case weakness::shared_factor:
        return "key: weak: it shares a prime with an earlier key of this ring, so both can be broken; make a new key with a better source of randomness";
    }
    return "key: weak";
}

using weakness_list = inline_list<weakness, weakness_kinds>;

/// The longest key that is looked at; a hostile file may hold one that would take minutes.
inline constexpr std::size_t longest_inspected_bits = 8192;
/// The most other keys that one is compared with.
inline constexpr std::size_t most_compared_keys = 64;

namespace detail {

inline bool is_rsa(const Botan::Public_Key& key) { return key.algo_name() == "RSA"; }

inline void note_public(weakness_list& found, const Botan::BigInt& n, const Botan::BigInt& e) {
    if (e < 65537) found.push_back(weakness::low_exponent);
    if (e.is_even()) found.push_back(weakness::even_exponent);
    if (has_small_factor(n)) found.push_back(weakness::small_factor);
    if (has_roca_fingerprint(n)) found.push_back(weakness::roca);
}
inline void note_numbers(weakness_list& found, const Botan::Private_Key& key) {
    const std::size_t bits = key.get_int_field("n").bits();
    const Botan::BigInt &p = key.get_int_field("p"), &q = key.get_int_field("q");
    if (too_close(p, q, bits)) found.push_back(weakness::close_primes);
    if (too_low(key.get_int_field("d"), p, q, bits)) found.push_back(weakness::low_private_exponent);
}
/// Of a public half, only primes so close that the modulus gives them away are seen.
inline void note_numbers(weakness_list& found, const Botan::Public_Key& key) {
    const Botan::BigInt& n = key.get_int_field("n");
    if (!n.is_even() && splits_by_fermat(n)) found.push_back(weakness::close_primes);
}
/// `other`: a SubjectPublicKeyInfo. A key of another algorithm, and the same key, share nothing.
inline bool shares_factor(const Botan::BigInt& n, byte_view other) {
    const auto loaded = Botan::X509::load_key(other);
    if (!is_rsa(*loaded)) return false;
    const Botan::BigInt& theirs = loaded->get_int_field("n");
    return theirs != n && theirs.bits() <= longest_inspected_bits && Botan::gcd(n, theirs) != 1;
}

template <class Key>
result<weakness_list> weaknesses_of(const Key& key, std::span<const bytes> earlier) {
    weakness_list found;
    if (!is_rsa(key)) return found;
    const Botan::BigInt& n = key.get_int_field("n");
    if (n.bits() > longest_inspected_bits)
        return fail(errc::limit_exceeded, "key: expected at most 8192 bits, it is longer and is not inspected");
    if (earlier.size() > most_compared_keys)
        return fail(errc::limit_exceeded, "key: expected at most 64 earlier keys to compare with, there are more");
    return keywright::detail::botan_boundary(errc::internal, "key: an earlier public key does not load", [&] {
        note_public(found, n, key.get_int_field("e"));
        note_numbers(found, key);
        const auto shares = [&](const bytes& other) { return shares_factor(n, other); };
        if (std::any_of(earlier.begin(), earlier.end(), shares)) found.push_back(weakness::shared_factor);
        return found;
    });
}

} // namespace detail

/// What is weak about a key, in the order of the enumeration; empty for keys that are not RSA. `earlier`:
/// SubjectPublicKeyInfos of keys that may share a prime with this one. Which of the two is called goes by the type of the
/// reference: only a Private_Key is asked for its private numbers, so that no type information is needed at run time.
/// Fails with limit_exceeded above `longest_inspected_bits` or `most_compared_keys`, with malformed or unsupported
/// when one of `earlier` does not load. Thread safety: functions of their arguments.
[[nodiscard]] inline result<weakness_list> weaknesses_of(const Botan::Public_Key& key, std::span<const bytes> earlier = {}) {
    return detail::weaknesses_of(key, earlier);
}
/// \overload
[[nodiscard]] inline result<weakness_list> weaknesses_of(const Botan::Private_Key& key, std::span<const bytes> earlier = {}) {
    return detail::weaknesses_of(key, earlier);
}

} // namespace keywright::keys
