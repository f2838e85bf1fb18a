// SPDX-License-Identifier: Apache-2.0
// Which algorithms may protect something new: G11, G17. The library names one only as `approved<"…">`, so that one which
// is not on the list does not compile; a profile may narrow the list (profiles/algorithms.hpp). What only reads the files
// of others is not bound by it.
// Depends on: core/fixed_text. Use: `Botan::HashFunction::create_or_throw(approved<"SHA-256">)`.
#pragma once

#include <keywright/core/fixed_text.hpp>

#include <array>

namespace keywright {

/// Algorithms by the names that Botan has for them.
struct algorithm_list {
    std::array<std::string_view, 24> names{};
    constexpr bool holds(std::string_view name) const {
        for (const std::string_view each : names)
            if (!name.empty() && each == name) return true;
        return false;
    }
};

/// AES (FIPS 197) in GCM (SP 800-38D) and wrapping keys (SP 800-38F), SHA-2 (FIPS 180-4), HMAC (FIPS 198-1), HKDF
/// (SP 800-56C), RSA-OAEP (SP 800-56B; with SHA-1 only where the format of others prescribes it, and never to sign), RSA
/// and Ed25519 signatures (FIPS 186-5), PBKDF2 with AES-256-CBC (SP 800-132). The algorithms are fit for FIPS 140;
/// whether the module that computes them is validated is a matter of how Botan was built.
inline constexpr algorithm_list fips_140_algorithms{
    {"AES-256", "AES-128/GCM", "AES-192/GCM", "AES-256/GCM", "SHA-256", "HMAC(SHA-512)", "HKDF(SHA-256)", "OAEP(SHA-1)",
     "OAEP(SHA-1,MGF1(SHA-1))", "OAEP(SHA-256)", "OAEP(SHA-384)", "OAEP(SHA-512)", "PKCS1v15(SHA-256)", "Pure", "PBES2-SHA256-AES256"}};

/// Those, and Argon2id (RFC 9106), by which the file vault makes a guess at its passphrase dear.
inline constexpr algorithm_list approved_algorithms = [] {
    algorithm_list list = fips_140_algorithms;
    for (std::string_view& each : list.names)
        if (each.empty()) {
            each = "Argon2id";
            break;
        }
    return list;
}();

namespace detail {

template <fixed_text Name>
consteval const char* approved_name() {
    static_assert(approved_algorithms.holds(Name.view()),
                  "algorithm: not on the list of approved algorithms (G11, G17); see keywright/core/algorithms.hpp");
    return Name.chars;
}

} // namespace detail

/// The name, if it is on the list.
template <fixed_text Name>
inline constexpr const char* approved = detail::approved_name<Name>();

/// What a part of the library uses: a part that others can leave out has `using algorithms = keywright::algorithms<…>`.
template <fixed_text... Names>
struct algorithms {};

/// What every service uses, whichever parts it is composed of.
using library_algorithms = algorithms<"AES-256", "AES-128/GCM", "AES-192/GCM", "AES-256/GCM", "SHA-256", "HMAC(SHA-512)", "HKDF(SHA-256)",
                                      "OAEP(SHA-1)", "OAEP(SHA-1,MGF1(SHA-1))", "OAEP(SHA-256)", "OAEP(SHA-384)", "OAEP(SHA-512)",
                                      "PKCS1v15(SHA-256)", "Pure", "PBES2-SHA256-AES256">;

} // namespace keywright
