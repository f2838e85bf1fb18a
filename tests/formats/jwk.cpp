// SPDX-License-Identifier: Apache-2.0
#include <keywright/formats/jwk.hpp>

#include "samples.hpp"

#include <botan/pkcs8.h>
#include <botan/rsa.h>

using namespace keywright;
using namespace keywright::formats;

namespace {

// RFC 7517, appendix A.1 and A.2, and RFC 7515, appendix A.1; the numbers are cut where only names count.
const std::string rfc_modulus =
    "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXAr"
    "wl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2"
    "NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";
const char* const ec_private =
    R"({"kty":"EC","crv":"P-256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM","d":"870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE"})";
const char* const ec_public =
    R"({"kty":"EC","crv":"P-256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM","use":"enc","kid":"1"})";
const char* const symmetric =
    R"({"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"})";

bool says(std::string_view file, std::string_view part) {
    return std::string_view(explain_json(as_bytes(file)).text).find(part) != std::string_view::npos;
}

} // namespace

TEST_CASE("public_jwk: the key of RFC 7517 has the members that stand there") {
    const auto n = formats::detail::decode_base64url(rfc_modulus);
    REQUIRE(n);
    const Botan::RSA_PublicKey key(Botan::BigInt::from_bytes(*n), Botan::BigInt(65537));
    const auto jwk = public_jwk(key, "https://v.example/keys/k/1");
    REQUIRE(jwk);
    CHECK(*jwk == R"({"kty":"RSA","kid":"https://v.example/keys/k/1","key_ops":["import"],"n":")" + rfc_modulus + R"(","e":"AQAB"})");
    CHECK(recognise(as_bytes(*jwk)) == key_file_kind::jwk_public);
}

TEST_CASE("public_jwk: holds nothing of a private key, and refuses what is no RSA key") {
    const auto rsa = Botan::PKCS8::load_key(std::span<const std::uint8_t>(samples::load("byok/target-rsa2048.p8.der")));
    const auto jwk = public_jwk(*rsa, "k");
    REQUIRE(jwk);
    CHECK(jwk->find("\"d\"") == std::string::npos);
    CHECK(jwk->find("\"p\"") == std::string::npos);
    const auto ec = Botan::PKCS8::load_key(std::span<const std::uint8_t>(samples::load("byok/target-p256.p8.der")));
    CHECK(public_jwk(*ec, "k").error().code == errc::unsupported);
    CHECK(public_jwk(*rsa, "\xff").error().code == errc::internal);
}

TEST_CASE("explain_json: each kind of JSON Web Key is named with its way out") {
    CHECK(says(ec_private, "openssl pkcs12 -export"));
    CHECK(says(ec_public, "without its private half"));
    CHECK(says(symmetric, "symmetric key in the clear"));
    CHECK(says(R"({"keys":[)" + std::string(ec_public) + "]}", "a set of keys"));
    CHECK(says(R"({"kty":"LMS"})", "kty"));
    CHECK(says(R"({"kty":7})", "kty"));
    CHECK(says(R"({"a":1})", "this is JSON"));
    CHECK(says(R"({"schema_version":"1.0.0"})", "BYOK"));
    CHECK(says(R"({"kty":"RSA","kty":"EC"})", "twice"));
    CHECK(says("[1]", "does not parse"));
    CHECK(says("{", "does not parse"));
}

TEST_CASE("explain_json: 64 KiB") {
    const auto code_at = [](std::size_t size) {
        std::string text = ec_public;
        text.resize(size, ' ');
        return explain_json(as_bytes(text)).code;
    };
    CHECK(code_at(byok_file_bytes - 1) == errc::malformed);
    CHECK(code_at(byok_file_bytes) == errc::malformed);
    CHECK(code_at(byok_file_bytes + 1) == errc::limit_exceeded);
}
