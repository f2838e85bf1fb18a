// SPDX-License-Identifier: Apache-2.0
// Which algorithms may protect something new: G11, G17. The library names one only as `approved<"…">`, so that one which
// is not on the list does not compile; a profile may narrow the list (profiles/algorithms.hpp). What only reads the files
// of others is not bound by it.
// Depends on: core/fixed_text, core/inline_list. Use: `Botan::HashFunction::create_or_throw(approved<"SHA-256">)`.
#pragma once

#include <keywright/core/fixed_text.hpp>
#include <keywright/core/inline_list.hpp>

#include <initializer_list>

namespace keywright {

/// Algorithms by the names that Botan has for them. Requires of the names: static storage, 32 at the most.
class algorithm_list {
public:
    constexpr algorithm_list(std::initializer_list<std::string_view> names) {
        for (const std::string_view each : names) names_.push_back(each);
    }
    constexpr algorithm_list and_also(std::initializer_list<std::string_view> more) const {
        algorithm_list longer = *this;
        for (const std::string_view each : more) longer.names_.push_back(each);
        return longer;
    }
    constexpr bool holds(std::string_view name) const {
        for (const std::string_view each : names_)
            if (each == name) return true;
        return false;
    }
    constexpr const auto& names() const { return names_; }

private:
    inline_list<std::string_view, 32> names_;
};

/// AES (FIPS 197) in GCM (SP 800-38D), XTS (SP 800-38E) and wrapping keys (SP 800-38F), SHA-2 (FIPS 180-4), HMAC (FIPS 198-1), HKDF
/// (SP 800-56C), RSA-OAEP (SP 800-56B; with SHA-1 only where the format of others prescribes it, and never to sign), RSA,
/// ECDSA and Ed25519 signatures (FIPS 186-5), PBKDF2 with AES-256-CBC (SP 800-132). The algorithms are fit for FIPS 140;
/// whether the module that computes them is validated is a matter of how Botan was built.
inline constexpr algorithm_list fips_140_algorithms{"AES-256",
                                                    "AES-256/CBC",
                                                    "AES-128/GCM",
                                                    "AES-192/GCM",
                                                    "AES-256/GCM",
                                                    "SHA-256",
                                                    "SHA-384",
                                                    "HMAC(SHA-256)",
                                                    "HMAC(SHA-512)",
                                                    "HKDF(SHA-256)",
                                                    "AES-256/XTS",
                                                    "OAEP(SHA-1)",
                                                    "OAEP(SHA-1,MGF1(SHA-1))",
                                                    "OAEP(SHA-256)",
                                                    "OAEP(SHA-384)",
                                                    "OAEP(SHA-512)",
                                                    "PKCS1v15(SHA-256)",
                                                    "secp256r1",
                                                    "secp384r1",
                                                    "Pure"};

/// What formats of others prescribe, and no protection of ours rests on: the name that a PFX gives a key, PFX files for
/// programs of long ago (pfx_profile::legacy_compatible), old messages that are read.
inline constexpr algorithm_list algorithms_of_old_programs{"SHA-1", "HMAC(SHA-1)", "TripleDES/CBC", "PKCS1v15"};

/// Those fit for FIPS 140, and what none of its publications names: AES-GCM-SIV (RFC 8452) and AES-SIV (RFC 5297), which a repeated nonce does
/// not break, and Argon2id (RFC 9106), by which the file vault makes a guess at its passphrase dear.
inline constexpr algorithm_list approved_algorithms = fips_140_algorithms.and_also({"AES-256/GCM-SIV", "AES-256/SIV", "Argon2id"});

namespace detail {

template <fixed_text Name>
consteval const char* approved_name() {
    static_assert(approved_algorithms.holds(Name.view()),
                  "algorithm: not on the list of approved algorithms (G11, G17); see keywright/core/algorithms.hpp");
    return Name.chars;
}

template <fixed_text Name>
consteval const char* old_name() {
    static_assert(algorithms_of_old_programs.holds(Name.view()),
                  "algorithm: not on the list of what programs of long ago need; see keywright/core/algorithms.hpp");
    return Name.chars;
}

} // namespace detail

/// The name, if it is on the list.
template <fixed_text Name>
inline constexpr const char* approved = detail::approved_name<Name>();

/// The name of one that is approved for nothing else, where a caller asked by name for what old programs can read or did
/// write. Each such place is one for an auditor to look at.
template <fixed_text Name>
inline constexpr const char* for_old_programs = detail::old_name<Name>();

/// What a part of the library uses: a part that others can leave out has `using algorithms = keywright::algorithms<…>`.
template <fixed_text... Names>
struct algorithms {};

/// What every service uses, whichever parts it is composed of.
using library_algorithms = algorithms<"AES-256", "AES-128/GCM", "AES-192/GCM", "AES-256/GCM", "SHA-256", "HMAC(SHA-256)", "HMAC(SHA-512)",
                                      "HKDF(SHA-256)", "OAEP(SHA-1)", "OAEP(SHA-1,MGF1(SHA-1))", "OAEP(SHA-256)", "OAEP(SHA-384)",
                                      "OAEP(SHA-512)", "PKCS1v15(SHA-256)", "Pure", "AES-256/CBC", "SHA-384", "secp256r1", "secp384r1">;

} // namespace keywright
