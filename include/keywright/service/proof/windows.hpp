// SPDX-License-Identifier: Apache-2.0
// Every window of some bytes against the key checks: 32 bytes for secrets, and for primes as many as they have, in
// either byte order.
// Depends on: service/proof/checks. Nearest user: service/proof/chunk.hpp.
#pragma once

#include <keywright/service/proof/checks.hpp>

#include <botan/mem_ops.h>

namespace keywright::service::detail {

// What is not hashed, and why nothing is missed by that:
//   a window of 32 equal bytes    its check is one of 256, computed beforehand
//   a window that is no prime     even; or divisible by 3, 5, 7, 11, 13, 17, 19, 23 or 29; or without its highest bit.
// A prime of more than a byte has none of these factors. Its highest bit: with a modulus of 16n bits and primes of n
// bytes, p = N/q > 2^(16n-1) / 2^8n = 2^(8n-1). For other sizes only a first byte of zero is ruled out, by what a check
// is taken of. So of random windows 4 in 50 are hashed, and their residues cost a multiplication a byte.

/// Primes of one size.
class prime_windows {
public:
    explicit prime_windows(std::size_t modulus_bits)
        : modulus_bits_(modulus_bits), size_((modulus_bits + 15) / 16), first_at_least_(modulus_bits % 16 == 0 ? 0x80 : 0x01) {
        for (std::size_t i = 0; i < size_; ++i) power_ = power_ * 256 % product;
        enters_ = power_ * inverse % product;
        for (std::size_t b = 0; b < 256; ++b) leaves_[b] = (product - b * power_ % product) % product;
    }
    std::size_t modulus_bits() const noexcept { return modulus_bits_; }
    std::size_t size() const noexcept { return size_; }
    void add(const key_check& check) { checks_.add(check); }

    /// `report(start)` for each window that starts below `starts` and is one of the primes.
    template <class Report>
    void scan(byte_view data, std::size_t starts, window_hasher& hash, Report&& report) {
        if (data.size() < size_ || starts == 0) return;
        starts = std::min(starts, data.size() - size_ + 1);
        std::uint64_t big = 0, little = 0; // the window as a number, in either order, modulo the product
        for (std::size_t i = 0; i < size_; ++i) {
            big = (big * 256 + data[i]) % product;
            little = (little * 256 + data[size_ - 1 - i]) % product;
        }
        for (std::size_t start = 0;; ++start) {
            const auto window = data.subspan(start, size_);
            const auto first = window.front(), last = window.back();
            if ((last & 1) != 0 && first >= first_at_least_ && has_no_factor(big) && checks_.has(hash(window))) report(start);
            if ((first & 1) != 0 && last >= first_at_least_ && has_no_factor(little) && checks_.has(hash(reversed(window)))) report(start);
            if (start + 1 >= starts) break;
            const std::uint64_t next = data[start + size_];
            big = (big * 256 + leaves_[first] + next) % product;
            little = ((little + product - first) % product * inverse + next * enters_) % product;
        }
    }

private:
    static constexpr std::uint64_t product = std::uint64_t{3} * 5 * 7 * 11 * 13 * 17 * 19 * 23 * 29;
    static constexpr std::uint64_t inverse = [] { // of 256: eight times half
        std::uint64_t value = 1;
        for (int i = 0; i < 8; ++i) value = value % 2 == 0 ? value / 2 : (value + product) / 2;
        return value;
    }();
    static_assert(product < (std::uint64_t{1} << 32) && inverse * 256 % product == 1);

    static bool has_no_factor(std::uint64_t residue) noexcept {
        return residue % 3 != 0 && residue % 5 != 0 && residue % 7 != 0 && residue % 11 != 0 && residue % 13 != 0 && residue % 17 != 0 &&
               residue % 19 != 0 && residue % 23 != 0 && residue % 29 != 0;
    }
    byte_view reversed(byte_view window) {
        reversed_.assign(window.rbegin(), window.rend());
        return reversed_;
    }

    std::size_t modulus_bits_;
    std::size_t size_;
    std::uint8_t first_at_least_;
    std::uint64_t power_ = 1; // 256^size
    std::uint64_t enters_ = 0;                  // 256^(size - 1): what the highest byte of the little order weighs
    std::array<std::uint64_t, 256> leaves_{};   // minus byte * 256^size: what a byte takes along that leaves in front
    digest_set checks_;
    Botan::secure_vector<std::uint8_t> reversed_;
};

/// All checks of a proof. Thread safety: one thread at a time; each thread copies its own.
class windows {
public:
    explicit windows(const key_checks& checks) {
        for (const auto& check : checks.secrets) secrets_.add(check);
        for (const auto& prime : checks.primes) {
            auto size = std::find_if(primes_.begin(), primes_.end(), [&](const auto& p) { return p.modulus_bits() == prime.modulus_bits; });
            if (size == primes_.end()) size = primes_.emplace(size, prime.modulus_bits);
            size->add(prime.check);
        }
        for (std::size_t b = 0; b < 256; ++b) constant_[b] = secrets_.has(hash_(filled_with(static_cast<std::uint8_t>(b))));
    }

    /// `report(is_prime, start)` for each window that starts below `starts`. Throws Botan's exceptions.
    template <class Report>
    void scan(byte_view data, std::size_t starts, Report&& report) {
        if (!secrets_.empty()) scan_secrets(data, starts, [&](std::size_t start) { report(false, start); });
        for (auto& size : primes_) size.scan(data, starts, hash_, [&](std::size_t start) { report(true, start); });
    }

private:
    static constexpr std::size_t secret_size = 32;

    static std::array<std::uint8_t, secret_size> filled_with(std::uint8_t b) {
        std::array<std::uint8_t, secret_size> all;
        all.fill(b);
        return all;
    }
    template <class Report>
    void scan_secrets(byte_view data, std::size_t starts, Report&& report) {
        std::size_t equal = 0; // bytes up to here that are the same
        for (std::size_t end = 0; end < data.size(); ++end) {
            equal = end > 0 && data[end] == data[end - 1] ? equal + 1 : 1;
            if (end + 1 < secret_size) continue;
            const auto start = end + 1 - secret_size;
            if (start >= starts) return;
            if (equal >= secret_size ? constant_.test(data[end]) : secrets_.has(hash_(data.subspan(start, secret_size)))) report(start);
        }
    }

    digest_set secrets_;
    std::bitset<256> constant_;
    std::vector<prime_windows> primes_;
    window_hasher hash_;
};

} // namespace keywright::service::detail
