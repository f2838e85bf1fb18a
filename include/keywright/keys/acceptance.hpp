// SPDX-License-Identifier: Apache-2.0
// The facts about a key that a rule may ask for, free of any policy: what it is, how long, whether both halves are
// there and belong together. Refusing a key is a profile's business; whether it can be broken is keys/weakness.
// Depends on: keys/fingerprint, keys/weakness, Botan. Use: `inspect(*opened.key, rng)`.
#pragma once

#include <keywright/core/algorithms.hpp>
#include <keywright/keys/fingerprint.hpp>
#include <keywright/keys/weakness.hpp>

#include <botan/bigint.h>
#include <botan/pk_keys.h>
#include <botan/pubkey.h>
#include <botan/rng.h>

#include <string>

namespace keywright::keys {

enum class key_algorithm : unsigned char { rsa, ec, other };

struct key_facts {
    key_algorithm algorithm = key_algorithm::other;
    std::size_t bits = 0; ///< of the RSA modulus or the curve's order; what Botan says for others
    bool has_private = false;
    bool halves_match = false; ///< what the private half signs, the public half verifies; RSA: and opens what it seals
    std::uint64_t public_exponent = 0; ///< RSA only; UINT64_MAX when it does not fit
    public_half identity;
};

namespace detail {

inline key_algorithm algorithm_of(const Botan::Public_Key& key) {
    const std::string name = key.algo_name();
    if (name == "RSA") return key_algorithm::rsa;
    return name == "ECDSA" || name == "ECDH" ? key_algorithm::ec : key_algorithm::other;
}

inline std::uint64_t exponent_of(const Botan::Public_Key& key) {
    const Botan::BigInt& e = key.get_int_field("e");
    if (e.bits() > 64) return UINT64_MAX;
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < 8; ++i) value |= std::uint64_t{e.byte_at(i)} << (8 * i);
    return value;
}

/// Signs 32 random bytes and verifies them against the public half as it will be stored. A key that cannot even
/// sign (halves that disagree make Botan throw) does not match.
inline bool signs_for(const Botan::Private_Key& key, const public_half& identity, Botan::RandomNumberGenerator& rng) {
    const std::string padding = algorithm_of(key) == key_algorithm::rsa  ? approved<"PKCS1v15(SHA-256)">
                                : algorithm_of(key) == key_algorithm::ec ? approved<"SHA-256">
                                                                         : "";
    const auto matched = keywright::detail::botan_boundary(errc::internal, "key: the halves do not match", [&] {
        const auto message = rng.random_vec<bytes>(32);
        const auto signature = Botan::PK_Signer(key, rng, padding).sign_message(message, rng);
        const auto stored = Botan::X509::load_key(identity.spki);
        return Botan::PK_Verifier(*stored, padding).verify_message(message, signature);
    });
    return matched.value_or(false);
}

/// Seals 16 random bytes with the public half as it will be stored, and opens them again: RSAES-OAEP with SHA-256, as
/// everything that the key will protect. A modulus too short for it (below 656 bits) is judged by its signature alone.
inline bool opens_for(const Botan::Private_Key& key, const public_half& identity, Botan::RandomNumberGenerator& rng) {
    const auto matched = keywright::detail::botan_boundary(errc::internal, "key: the halves do not match", [&] {
        const auto stored = Botan::X509::load_key(identity.spki);
        const Botan::PK_Encryptor_EME seal(*stored, rng, approved<"OAEP(SHA-256)">);
        const auto message = rng.random_vec<bytes>(16);
        if (seal.maximum_input_size() < message.size()) return true;
        const auto opened = Botan::PK_Decryptor_EME(key, rng, approved<"OAEP(SHA-256)">).decrypt(seal.encrypt(message, rng));
        return std::equal(opened.begin(), opened.end(), message.begin(), message.end());
    });
    return matched.value_or(false);
}

inline result<key_facts> public_facts(const Botan::Public_Key& key) {
    auto identity = fingerprint_of(key);
    if (!identity) return pass(identity);
    key_facts facts;
    facts.algorithm = algorithm_of(key);
    facts.bits = key.key_length();
    if (facts.algorithm == key_algorithm::rsa) facts.public_exponent = exponent_of(key);
    facts.identity = std::move(*identity);
    return facts;
}

} // namespace detail

/// Of a public key alone: has_private and halves_match are false. Fails as fingerprint_of. Thread safety: a function of its
/// argument.
[[nodiscard]] inline result<key_facts> inspect_public(const Botan::Public_Key& key) { return detail::public_facts(key); }

/// Of a private key; costs a signature and a decryption. A key that only agrees or encrypts (X25519) never matches.
/// Fails with limit_exceeded above `longest_inspected_bits` (8192 bits sign in 0.1 s), with internal or malformed when the public half cannot be
/// encoded. Thread safety: as `rng`.
[[nodiscard]] inline result<key_facts> inspect(const Botan::Private_Key& key, Botan::RandomNumberGenerator& rng) {
    auto facts = detail::public_facts(key);
    if (!facts) return facts;
    if (facts->bits > longest_inspected_bits)
        return fail(errc::limit_exceeded, "key: expected at most 8192 bits, it is longer and is not inspected");
    facts->has_private = true;
    facts->halves_match = detail::signs_for(key, facts->identity, rng);
    if (facts->algorithm == key_algorithm::rsa) facts->halves_match = facts->halves_match && detail::opens_for(key, facts->identity, rng);
    return facts;
}

} // namespace keywright::keys
