// SPDX-License-Identifier: Apache-2.0
// What a proof looks for without knowing it: keys of which only SHA-256("keywright key check 1" || key) was kept, so
// every window of every byte is hashed and looked up.
// Depends on: core, ports/key_vault, Botan (SHA-256). Nearest user: service/proof/windows.hpp.
#pragma once

#include <keywright/core/algorithms.hpp>
#include <keywright/detail/botan_boundary.hpp>
#include <keywright/ports/key_vault.hpp>

#include <botan/hash.h>
#include <botan/x509_key.h>

#include <algorithm>
#include <array>
#include <bitset>
#include <memory>
#include <vector>

namespace keywright::service {

using key_check = std::array<std::uint8_t, 32>;

/// A prime factor of an RSA key: the check of its big-endian bytes without leading zeros.
struct prime_check {
    key_check check{};
    std::size_t modulus_bits = 0; ///< of the key; the prime is taken to have half of them
};

/// Keys that must not be found any more.
struct key_checks {
    std::vector<key_check> secrets; ///< of 32 bytes: ring secrets, slots, environment keys, seeds
    std::vector<prime_check> primes;

    /// What a vault said about a key when it held it. malformed: the public key or the checks are not as the port says.
    [[nodiscard]] result<void> add(const ports::vault_entry& entry) {
        const auto wrong = [] { return fail(errc::malformed, "proof: expected a vault entry with key checks of 32 bytes"); };
        if (entry.key_check.empty() || entry.key_check.size() % 32 != 0) return wrong();
        std::size_t modulus_bits = 0;
        const bool is_rsa = entry.purpose != ports::key_purpose::slot && entry.purpose != ports::key_purpose::audit;
        if (is_rsa) {
            auto key = keywright::detail::botan_boundary(errc::malformed, "proof: expected a SubjectPublicKeyInfo in DER",
                                                         [&entry] { return Botan::X509::load_key(entry.public_key); });
            if (!key) return pass(key);
            modulus_bits = (*key)->key_length();
            if (modulus_bits == 0) return wrong();
        }
        for (std::size_t at = 0; at < entry.key_check.size(); at += 32) {
            key_check check{};
            std::copy_n(entry.key_check.begin() + static_cast<std::ptrdiff_t>(at), check.size(), check.begin());
            if (is_rsa)
                primes.push_back({check, modulus_bits});
            else
                secrets.push_back(check);
        }
        return {};
    }
};

namespace detail {

/// Digests, asked for a million times a second and nearly never there. A plain value.
class digest_set {
public:
    void add(const key_check& digest) {
        digests_.insert(std::upper_bound(digests_.begin(), digests_.end(), digest), digest);
        starts_.set(start_of(digest));
    }
    bool empty() const noexcept { return digests_.empty(); }
    bool has(const key_check& digest) const noexcept {
        return starts_.test(start_of(digest)) && std::binary_search(digests_.begin(), digests_.end(), digest);
    }

private:
    static std::size_t start_of(const key_check& digest) noexcept { return load_be<std::uint16_t>(digest.data()); }
    std::vector<key_check> digests_;
    std::bitset<65536> starts_;
};

/// The check of a window. 21 bytes of label and 32 of key are one block of SHA-256. Throws Botan's exceptions.
class window_hasher {
public:
    const key_check& operator()(byte_view window) {
        hash_->update(reinterpret_cast<const std::uint8_t*>(label.data()), label.size());
        hash_->update(window.data(), window.size());
        hash_->final(digest_.data());
        return digest_;
    }

private:
    static constexpr std::string_view label = "keywright key check 1";
    std::unique_ptr<Botan::HashFunction> hash_ = Botan::HashFunction::create_or_throw(approved<"SHA-256">);
    key_check digest_{};
};

} // namespace detail
} // namespace keywright::service
