// SPDX-License-Identifier: Apache-2.0
// keys/hierarchy: derivations against another implementation's, the RSA wrap, the names.
#include <keywright/keys/hierarchy.hpp>

#include "helpers.hpp"

#include <botan/ec_group.h>
#include <botan/ecdsa.h>
#include <botan/rsa.h>
#include <doctest/doctest.h>

using namespace keywright;
using keys::data_purpose;
using keys::environment_key_name;

namespace {
const tenant_id contoso{"contoso"};
const region_id eu{"eu"};
const environment_id prod{"prod"};
} // namespace

// Expected values: HKDF and hashlib of Python (`cryptography` 50), secrets 00..1f and 20..3f.
TEST_CASE("hkdf: the example of RFC 5869, A.3, which has neither salt nor info") {
    const auto key = detail::hkdf("HKDF(SHA-256)", bytes(22, 0x0b), {}, 42);
    CHECK(test::seen(key.value()) == test::hex("8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"));
    CHECK(detail::hkdf("HKDF(SHA-256)", bytes(22, 0x0b), {}, 255 * 32).has_value());
    CHECK_FALSE(detail::hkdf("HKDF(SHA-256)", bytes(22, 0x0b), {}, 255 * 32 + 1).has_value());
}

TEST_CASE("ring_kek: as another HKDF derives it") {
    const auto key = keys::ring_kek(test::counting(0), 3, eu, contoso).value();
    CHECK(test::seen(key) == test::hex("c421a24ac3a3fd7fe75cf035de6d79ee2c699a5a36a24244ec828f1c709111ed"));
    CHECK_FALSE(equal(key, keys::ring_kek(test::counting(0), 4, eu, contoso).value()));
    CHECK_FALSE(equal(key, keys::ring_kek(test::counting(0), 3, region_id{"us"}, contoso).value()));
    CHECK_FALSE(equal(key, keys::ring_kek(test::counting(0), 3, eu, tenant_id{"fabrikam"}).value()));
    CHECK_FALSE(equal(key, keys::ring_kek(test::counting(1), 3, eu, contoso).value()));
    CHECK(keys::ring_kek(secret_bytes(31), 3, eu, contoso).error().code == errc::misused);
    CHECK(keys::ring_kek(secret_bytes(33), 3, eu, contoso).error().code == errc::misused);
}

TEST_CASE("provider_environment_kek: takes both secrets, as another HKDF derives it") {
    const keys::scope place{.tenant = contoso, .region = eu, .environment = prod};
    const auto key = keys::provider_environment_kek(test::counting(0), test::counting(32), place).value();
    CHECK(test::seen(key) == test::hex("d3ad5beef26d4d985e1fa55481ca1e8a979504f32a919a2c88d8ed793f9e3be6"));
    CHECK_FALSE(equal(key, keys::provider_environment_kek(test::counting(0), test::counting(33), place).value()));
    CHECK_FALSE(equal(key, keys::provider_environment_kek(test::counting(1), test::counting(32), place).value()));
    CHECK(keys::provider_environment_kek(test::counting(0), secret_bytes(31), place).error().code == errc::misused);
}

TEST_CASE("key_check: SHA-256 over the label and the key") {
    const auto check = keys::key_check(test::counting(0)).value();
    CHECK(bytes(check.begin(), check.end()) == test::hex("c57b3fa4e052239686285912536daec9a705efc238d46b4697ab86a8a6b37679"));
}

TEST_CASE("random_secret: of the size asked for, never the same") {
    CHECK(keys::random_secret().value().size() == 32);
    CHECK_FALSE(equal(keys::random_secret().value(), keys::random_secret().value()));
}

TEST_CASE("wrap_ring_secret: opens with RSAES-OAEP, SHA-256 for both hashes, and with nothing else") {
    const Botan::RSA_PrivateKey key(Botan::system_rng(), 2048);
    const auto wrapped = keys::wrap_ring_secret(key.subject_public_key(), test::counting(0)).value();
    CHECK(wrapped.size() == 256);
    Botan::PK_Decryptor_EME right(key, Botan::system_rng(), "OAEP(SHA-256,MGF1(SHA-256))");
    CHECK(test::seen(secret_bytes(right.decrypt(wrapped))) == test::seen(test::counting(0)));
    Botan::PK_Decryptor_EME other(key, Botan::system_rng(), "OAEP(SHA-256,MGF1(SHA-1))");
    CHECK_THROWS(other.decrypt(wrapped));
    CHECK(keys::wrap_ring_secret(key.subject_public_key(), test::counting(0)).value() != wrapped);
}

TEST_CASE("wrap_ring_secret: refuses short RSA keys, other algorithms and bytes that are no key") {
    const Botan::RSA_PrivateKey small(Botan::system_rng(), 1024);
    CHECK(keys::wrap_ring_secret(small.subject_public_key(), test::counting(0)).error().code == errc::unsupported);
    const Botan::ECDSA_PrivateKey curve(Botan::system_rng(), Botan::EC_Group::from_name("secp256r1"));
    CHECK(keys::wrap_ring_secret(curve.subject_public_key(), test::counting(0)).error().code == errc::unsupported);
    CHECK(keys::wrap_ring_secret({}, test::counting(0)).error().code == errc::malformed);
    CHECK(keys::wrap_ring_secret(test::hex("3003020100"), test::counting(0)).error().code == errc::malformed);
}

TEST_CASE("key names: what they are, and no two things share one") {
    CHECK(keys::ring_key_name(contoso, eu, 3) == "ring/contoso/eu/3");
    CHECK(keys::slot_key_name(contoso, eu, prod) == "slot/contoso/eu/prod");
    CHECK(environment_key_name{prod, data_purpose::field, 12}.text() == "prod.field.12");
}

TEST_CASE("environment_key_name: parses what it writes, with dots in the environment's id") {
    for (const char* id : {"prod", "a.b", "x.message.1", "field"})
        for (const auto purpose : {data_purpose::message, data_purpose::field, data_purpose::page})
            for (const std::uint64_t version : {std::uint64_t{1}, std::uint64_t{10}, ~std::uint64_t{0}}) {
                const environment_key_name made{environment_id{id}, purpose, version};
                CAPTURE(made.text());
                CHECK(environment_key_name::parse(made.text()).value() == made);
            }
}

TEST_CASE("environment_key_name: refuses everything else") {
    for (const char* text : {"", ".", "..", "prod", "prod.message", "prod.message.", "prod.message.0", "prod.message.01", "prod.message.-1",
                             "prod.message.+1", "prod.message.1x", "prod.message.18446744073709551616", "prod.other.1", ".message.1",
                             "message.1", "pr/od.message.1", "prod.Message.1", "prod.message.1.", "prod..1"}) {
        CAPTURE(std::string(text));
        CHECK(environment_key_name::parse(text).error().code == errc::malformed);
    }
}
