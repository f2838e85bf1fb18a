// SPDX-License-Identifier: Apache-2.0
#include <keywright/keys/acceptance.hpp>

#include "../formats/craft.hpp"

#include <botan/ber_dec.h>
#include <botan/ed25519.h>
#include <botan/rsa.h>
#include <botan/system_rng.h>

using namespace keywright;
using keys::key_algorithm;

namespace {

std::unique_ptr<Botan::Private_Key> load(const bytes& der) { return Botan::PKCS8::load_key(std::span<const std::uint8_t>(der)); }
std::unique_ptr<Botan::Private_Key> target(const char* name) { return load(samples::load(std::string("byok/target-") + name + ".p8.der")); }

/// target-rsa2048 with one of its nine PKCS#1 numbers exchanged.
std::unique_ptr<Botan::Private_Key> rsa_with(std::size_t field, const Botan::BigInt& value) {
    const bytes pkcs1 = samples::load("byok/target-rsa2048.pkcs1.der");
    Botan::BER_Decoder in{std::span<const std::uint8_t>(pkcs1)};
    auto numbers = in.start_sequence();
    bytes content;
    for (std::size_t i = 0; i < 9; ++i) {
        Botan::BigInt n;
        numbers.decode(n);
        bytes der;
        Botan::DER_Encoder(der).encode(i == field ? value : n);
        append(content, der);
    }
    const bytes algorithm = craft::seq({craft::oid("1.2.840.113549.1.1.1"), craft::tlv(0x05, {})});
    return load(craft::seq({craft::integer(0), algorithm, craft::octets(craft::tlv(0x30, content))}));
}

} // namespace

TEST_CASE("inspect: algorithm, length and halves of every kind of key") {
    struct row {
        const char* name;
        key_algorithm algorithm;
        std::size_t bits;
        std::uint64_t exponent;
    };
    const row rows[] = {{"rsa2048", key_algorithm::rsa, 2048, 65537}, {"rsa3072", key_algorithm::rsa, 3072, 65537},
                        {"rsa4096", key_algorithm::rsa, 4096, 65537}, {"p256", key_algorithm::ec, 256, 0},
                        {"p384", key_algorithm::ec, 384, 0},          {"p521", key_algorithm::ec, 521, 0}};
    for (const row& r : rows) {
        CAPTURE(std::string(r.name));
        const auto key = target(r.name);
        const auto facts = keys::inspect(*key, Botan::system_rng());
        REQUIRE(facts);
        CHECK(facts->algorithm == r.algorithm);
        CHECK(facts->bits == r.bits);
        CHECK(facts->public_exponent == r.exponent);
        CHECK(facts->has_private);
        CHECK(facts->halves_match);
        CHECK(facts->identity.print == keys::fingerprint_of(*key)->print);
    }
    const auto other = keys::inspect(Botan::Ed25519_PrivateKey(Botan::system_rng()), Botan::system_rng());
    REQUIRE(other);
    CHECK(other->algorithm == key_algorithm::other);
    CHECK(other->halves_match);
}

TEST_CASE("inspect_public: a public key has no private half") {
    const auto key = target("rsa2048");
    const auto facts = keys::inspect_public(*key->public_key());
    REQUIRE(facts);
    CHECK_FALSE(facts->has_private);
    CHECK_FALSE(facts->halves_match);
    CHECK(facts->bits == 2048);
    CHECK(facts->public_exponent == 65537);
    CHECK(facts->identity.print == keys::fingerprint_of(*key)->print);
}

TEST_CASE("inspect: a key that would sign for minutes is refused before it signs") {
    // p is no prime and no one asks: the product is what counts. 2^8187 + 1 and 2^8188 + 1, times 17 (5 bits).
    const auto made = [](std::size_t bits) {
        Botan::BigInt p = Botan::BigInt::power_of_2(bits - 5) + 1;
        return Botan::RSA_PrivateKey(p, Botan::BigInt(17), Botan::BigInt(65537), Botan::BigInt(3), p * 17);
    };
    CHECK(made(8192).key_length() == 8192);
    CHECK(keys::inspect(made(8192), Botan::system_rng()));
    const auto refused = keys::inspect(made(8193), Botan::system_rng());
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == errc::limit_exceeded);
}

TEST_CASE("inspect: halves that do not belong together are seen") {
    CHECK(keys::inspect(*rsa_with(99, 0), Botan::system_rng())->halves_match); // nothing exchanged
    SUBCASE("another public exponent") {
        const auto facts = keys::inspect(*rsa_with(2, 3), Botan::system_rng());
        REQUIRE(facts);
        CHECK(facts->public_exponent == 3);
        CHECK_FALSE(facts->halves_match);
    }
    SUBCASE("another modulus does not even load") {
        const Botan::BigInt n = dynamic_cast<const Botan::RSA_PublicKey&>(*target("rsa2048")).get_n();
        CHECK_THROWS(rsa_with(1, n + 2));
    }
}
