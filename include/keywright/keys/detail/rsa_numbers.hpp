// SPDX-License-Identifier: Apache-2.0
// Questions to an RSA key's numbers that a break of it begins with. Each is bounded by the modulus' length alone, and
// no question is a proof of strength. Public numbers only are handled in variable time; `d`, `p` and `q` meet Botan's
// comparisons and divisions once, when a customer's key is taken in.
// Depends on: Botan (BigInt, PRIMES).
#pragma once

#include <botan/bigint.h>
#include <botan/numthry.h>

#include <cstdint>
#include <numeric>

namespace keywright::keys::detail {

// --- small factors ---

/// Whether 2 or an odd prime below 2^16 divides n.
inline bool has_small_factor(const Botan::BigInt& n) {
    if (n.is_even()) return true;
    constexpr std::uint16_t last = 65521;
    for (const std::uint16_t* prime = Botan::PRIMES;; ++prime) {
        if (n % Botan::word{*prime} == 0) return true;
        if (*prime == last) return false;
    }
}

// --- ROCA ---

/// 65537's powers modulo a small prime: at which exponent they meet `wanted`, and after how many they come again.
struct small_log {
    bool found = false;
    std::uint64_t exponent = 0;
    std::uint64_t order = 0;
};
inline small_log log_of_65537(std::uint64_t wanted, std::uint64_t prime) {
    small_log log;
    std::uint64_t power = 1;
    do {
        if (power == wanted) log.found = true, log.exponent = log.order;
        power = power * (65537 % prime) % prime;
        ++log.order;
    } while (power != 1);
    return log;
}

/// Whether n has a discrete logarithm to the base 65537 modulo the product of the 38 odd primes up to 167, as every
/// modulus of Infineon's RSALib has (CVE-2017-15361; Nemec, Sys, Svenda, Klinec, Matyas: The Return of Coppersmith's
/// Attack, CCS 2017, section 2.3). The logarithms modulo each prime have to exist and to agree; of random numbers one
/// in 2^150 passes.
inline bool has_roca_fingerprint(const Botan::BigInt& n) {
    constexpr std::size_t primes = 38;
    std::uint64_t exponent = 0, period = 1; // INVARIANT: period < 2^62, exponent < period
    for (std::size_t i = 0; i < primes; ++i) {
        const std::uint64_t prime = Botan::PRIMES[i];
        const small_log log = log_of_65537(n % Botan::word{Botan::PRIMES[i]}, prime);
        if (!log.found) return false;
        const std::uint64_t both = std::lcm(period, log.order);
        while (exponent < both && exponent % log.order != log.exponent) exponent += period;
        if (exponent >= both) return false;
        period = both;
    }
    return true;
}

// --- primes close to each other ---

/// The integer square root, rounded down, by Newton's iteration from above. Requires: n > 0.
inline Botan::BigInt square_root(const Botan::BigInt& n) {
    Botan::BigInt root = Botan::BigInt::power_of_2((n.bits() + 1) / 2);
    while (true) {
        Botan::BigInt next = (root + n / root) >> 1;
        if (next >= root) return root;
        root = std::move(next);
    }
}
inline bool is_square(const Botan::BigInt& n) {
    const unsigned low = n.byte_at(0) & 15u; // squares end so; three in four others do not
    if (low != 0 && low != 1 && low != 4 && low != 9) return false;
    if (n.is_zero()) return true;
    const Botan::BigInt root = square_root(n);
    return root * root == n;
}

/// Steps of Fermat's method that are tried; keys that were found in the field fell within a few (CVE-2022-26320).
inline constexpr std::size_t fermat_steps = 100;

/// Whether Fermat's method splits n within `fermat_steps`: n = a^2 - b^2 with a from the root of n on. Requires: n odd.
inline bool splits_by_fermat(const Botan::BigInt& n) {
    Botan::BigInt a = square_root(n);
    if (a * a == n) return true;
    a += 1;
    Botan::BigInt rest = a * a - n;
    for (std::size_t step = 0; step < fermat_steps; ++step) {
        if (is_square(rest)) return true;
        rest += (a << 1) + 1;
        a += 1;
    }
    return false;
}

/// FIPS 186-5, A.1.3: |p - q| > 2^(bits/2 - 100).
inline bool too_close(const Botan::BigInt& p, const Botan::BigInt& q, std::size_t bits) {
    const Botan::BigInt distance = p > q ? p - q : q - p;
    return bits <= 200 || distance <= Botan::BigInt::power_of_2(bits / 2 - 100);
}

// --- a low private exponent ---

/// FIPS 186-5, A.1.1: d > 2^(bits/2), of the smallest d that decrypts, whichever the file holds.
inline bool too_low(const Botan::BigInt& d, const Botan::BigInt& p, const Botan::BigInt& q, std::size_t bits) {
    const Botan::BigInt p1 = p - 1, q1 = q - 1;
    const Botan::BigInt smallest = d % (p1 * q1 / Botan::gcd(p1, q1));
    return smallest <= Botan::BigInt::power_of_2(bits / 2);
}

} // namespace keywright::keys::detail
