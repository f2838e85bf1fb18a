// SPDX-License-Identifier: Apache-2.0
// Dates and keys as `openssl x509 -dates` and `openssl pkey -pubout | sha256sum` print them.
#include <keywright/keys/certificate_facts.hpp>

#include "../formats/samples.hpp"

#include <keywright/core/hex.hpp>
#include <keywright/formats/pfx_reader.hpp>

#include <botan/base64.h>

using namespace keywright;
using keys::certificate_standing;

namespace {

bytes certificate_of(const char* pfx) {
    const auto opened = formats::open_pfx(samples::load(std::string("pfx/") + pfx), samples::secret("test1234"));
    REQUIRE(opened);
    return opened->keys.at(0).certificate;
}
fingerprint print(std::string_view hex) { return *parse_fingerprint(hex); }

const fingerprint rsa2048 = print("ae3ada55efb11d0e7ab576c3fa85e4c4301feb33f653b8ba58f2be3eddecbcf0");
const fingerprint rsa3072 = print("9b872a2470fc1d2c76aa1ebcd299d455638897be2a5ac8c4cca5bb4aca261a69");

// openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -days 2900000
constexpr const char* far_future =
    "MIIBdDCCARmgAwIBAgIUcE8t0hnVTBO2QzvKO1P2S45PzyowCgYIKoZIzj0EAwIwDjEMMAoGA1UEAwwDZmFyMCAXDTI2MTEyNjA1NTQ0MFoYDz"
    "k5NjYxMTAxMDU1NDQwWjAOMQwwCgYDVQQDDANmYXIwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAS0UGc/OKJlQ/xG/Ox+eHHlSPfkMa8fhtlq"
    "lYjn9hy6ywLm7l+J7txCtRh+KzYc3CgDGnfFTIajYaryH9LbLr1Ko1MwUTAdBgNVHQ4EFgQUwwM2p94YVb9DOgFQFgVStZT/kMQwHwYDVR0jBB"
    "gwFoAUwwM2p94YVb9DOgFQFgVStZT/kMQwDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNJADBGAiEAjES4fIPi6gjtdL/Rc+I9kzN3xpWY"
    "irfPo7tpLKJON7QCIQDQYhxO6+7+GqiZtUx5jw0MP54+7e74JWtyJ9j9mGHMbA==";

} // namespace

TEST_CASE("certificate_facts_of: whose key it holds, and for when") {
    const auto facts = keys::certificate_facts_of(certificate_of("ossl-default-rsa2048.p12"), rsa2048);
    REQUIRE(facts);
    CHECK(facts->of_this_key);
    CHECK(to_text(facts->not_before) == "2026-11-22T00:33:22Z");
    CHECK(to_text(facts->not_after) == "2036-11-19T00:33:22Z");
    const auto of_another = keys::certificate_facts_of(certificate_of("ossl-default-rsa2048.p12"), rsa3072);
    REQUIRE(of_another);
    CHECK_FALSE(of_another->of_this_key);
}

TEST_CASE("certificate_facts: both ends belong to the period of validity") {
    const auto facts = keys::certificate_facts_of(certificate_of("ossl-default-rsa2048.p12"), rsa2048);
    REQUIRE(facts);
    CHECK(facts->standing(facts->not_before - seconds{1}) == certificate_standing::not_yet_valid);
    CHECK(facts->standing(facts->not_before) == certificate_standing::valid);
    CHECK(facts->standing(facts->not_after) == certificate_standing::valid);
    CHECK(facts->standing(facts->not_after + seconds{1}) == certificate_standing::expired);
}

TEST_CASE("certificate_facts_of: a certificate without an end in sight has its date") {
    const auto der = Botan::base64_decode(far_future);
    const auto facts = keys::certificate_facts_of(der, print("638f3f3f5a3ba5fd00154154813b52d5661b4d2655ed324c81ba4af205d68283"));
    REQUIRE(facts);
    CHECK(facts->of_this_key);
    CHECK(to_text(facts->not_after) == "9966-11-01T05:54:40Z");
}

TEST_CASE("certificate_facts_of: what is no certificate is malformed, at every truncation") {
    const bytes whole = certificate_of("ossl-default-rsa2048.p12");
    for (std::size_t size = 0; size < whole.size(); size += 7) {
        const auto facts = keys::certificate_facts_of(byte_view(whole).first(size), rsa2048);
        REQUIRE_FALSE(facts);
        CHECK(facts.error().code == errc::malformed);
    }
}
