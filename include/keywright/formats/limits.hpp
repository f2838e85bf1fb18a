// SPDX-License-Identifier: Apache-2.0
// How much a key file may cost before it is refused. Every bound is checked before the work that it bounds is done.
// Limits can only be lowered from the standard ones; whoever must raise them says so with a type of another name.
// Depends on: nothing. Use: `pfx_limits{{.total_cost = 1'000'000}}`.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace keywright::formats {

/// The bounds of a PFX file. The defaults are the standard ones: the dearest file that today's producers make by
/// default (NSS, 3DES, 600 000 iterations) costs 4 200 000, and the dearest that is let in takes two to three seconds.
struct pfx_bounds {
    std::size_t file_bytes = std::size_t{1} << 20;    ///< the whole file
    std::size_t depth = 10;                           ///< SafeContents within SafeContents, the outermost counted
    std::size_t safes = 64;                           ///< AuthenticatedSafe's members, encrypted or not
    std::size_t bags = 256;                           ///< keys, certificates and all others, hidden ones included
    std::size_t key_bytes = std::size_t{16} << 10;    ///< one private key or certificate key, DER
    std::size_t certificate_bytes = std::size_t{64} << 10; ///< one certificate, DER
    std::uint64_t iterations = 2'000'000;             ///< of one key derivation (scrypt: 2 N r p)
    std::uint64_t total_cost = 10'000'000;            ///< sum over all derivations, see pfx_limits below
    std::size_t scrypt_bytes = std::size_t{32} << 20; ///< memory of one scrypt, 128 r (N + p + 1)
};

/// The greatest depth that any limits allow: what recursion may use of the stack.
inline constexpr std::size_t pfx_deepest = 64;

/// Bounds that are in force. The cost that `total_cost` bounds, in units of one iteration of PBKDF2 with SHA-256: PBKDF2
/// and a classic MAC count their iterations once for each block of output, PKCS#12 encryption three times (it derives a
/// key of two blocks and an IV), scrypt 2 N r p; slower hashes count for more (PBKDF2 with SHA-512 four times, with SHA-3
/// seven times). Where one derivation serves several bags (same salt, same parameters) it runs, and counts, once.
class pfx_limits {
public:
    /// The standard ones.
    constexpr pfx_limits() = default;
    /// Lower ones. A bound above the standard one is taken down to it.
    constexpr explicit pfx_limits(const pfx_bounds& lowered) : bounds_(lower(lowered, pfx_bounds{})) {}

    constexpr const pfx_bounds& bounds() const noexcept { return bounds_; }

private:
    friend struct raised_pfx_limits;
    static constexpr pfx_bounds lower(const pfx_bounds& a, const pfx_bounds& b) {
        return {std::min(a.file_bytes, b.file_bytes),
                std::min(a.depth, b.depth),
                std::min(a.safes, b.safes),
                std::min(a.bags, b.bags),
                std::min(a.key_bytes, b.key_bytes),
                std::min(a.certificate_bytes, b.certificate_bytes),
                std::min(a.iterations, b.iterations),
                std::min(a.total_cost, b.total_cost),
                std::min(a.scrypt_bytes, b.scrypt_bytes)};
    }
    pfx_bounds bounds_;
};

/// Bounds above the standard ones, for files from a trusted hand: `raised_pfx_limits{{.total_cost = 50'000'000}}`.
/// Time grows with total_cost (10 000 000 is two to three seconds). Depth stays below `pfx_deepest` whatever is asked.
struct raised_pfx_limits {
    pfx_bounds bounds;
    constexpr operator pfx_limits() const { // NOLINT(google-explicit-constructor): the type's name is the decision
        pfx_limits raised;
        raised.bounds_ = bounds;
        raised.bounds_.depth = std::min(bounds.depth, pfx_deepest);
        return raised;
    }
};

/// An encrypted private key as PEM: the largest that `key_bytes` allows takes 22 KiB.
inline constexpr std::size_t encrypted_key_bytes = std::size_t{64} << 10;

/// A BYOK transfer file: the largest legal one holds about 4 KiB.
inline constexpr std::size_t byok_file_bytes = std::size_t{64} << 10;
/// Its free text: longer ones are refused.
inline constexpr std::size_t byok_generator_bytes = 1024;

} // namespace keywright::formats
