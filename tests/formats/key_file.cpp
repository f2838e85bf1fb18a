// SPDX-License-Identifier: Apache-2.0
#include <keywright/formats/key_file.hpp>

#include "samples.hpp"

#include <filesystem>

using namespace keywright;
using namespace keywright::formats;
using kind = key_file_kind;

TEST_CASE("recognise: every kind by its first bytes") {
    struct row {
        const char* name;
        std::string_view content;
        kind expected;
    };
    using namespace std::string_view_literals;
    const row rows[] = {
        {"nothing", ""sv, kind::empty},
        {"blank", " \n"sv, kind::text},
        {"transfer file", "{\"schema_version\":\"1.0.0\"}"sv, kind::byok},
        {"transfer file, byte order mark and spaces", "\xef\xbb\xbf \r\n\t{ \"schema_version\" : 1}"sv, kind::byok},
        {"other JSON", "{\"a\":\"RSA\"}"sv, kind::json},
        {"JSON Web Key, public", "{\"kty\":\"RSA\",\"n\":\"AQAB\"}"sv, kind::jwk_public},
        {"JSON Web Key, private", "{\"kty\":\"EC\",\"d\":\"AQAB\"}"sv, kind::jwk_private},
        {"JSON Web Key, symmetric", "{ \"k\":\"AQAB\", \"kty\" : \"oct\"}"sv, kind::jwk_private},
        {"transfer file in base64", "eyJzY2hlbWFfdmVyc2lvbiI6IjEuMC4wIn0"sv, kind::byok_in_base64},
        {"transfer file in base64, begun with a line end", "ewogICJzY2hlbWFfdmVyc2lvbiI6"sv, kind::byok_in_base64},
        {"JWS", "eyJhbGciOiJSUzI1NiJ9.e30.c2ln"sv, kind::jws},
        {"JWE", "eyJhbGciOiJkaXIifQ..aXY.Y3Q.dGFn"sv, kind::jws},
        {"PKCS#8 as PEM", "-----BEGIN PRIVATE KEY-----\nMII"sv, kind::pem_private_key},
        {"PKCS#1 as PEM", "-----BEGIN RSA PRIVATE KEY-----\nMII"sv, kind::pem_private_key},
        {"encrypted PKCS#8 as PEM", "\n-----BEGIN ENCRYPTED PRIVATE KEY-----\nMII"sv, kind::pem_encrypted_key},
        {"remarks before it", "Bag Attributes\n    localKeyID: 01\n-----BEGIN PRIVATE KEY-----\nMII"sv, kind::pem_private_key},
        {"remarks within a line", "a -----BEGIN PRIVATE KEY-----\nMII"sv, kind::text},
        {"OpenSSH", "-----BEGIN OPENSSH PRIVATE KEY-----\nb3B"sv, kind::openssh_key},
        {"PFX as PEM", "-----BEGIN PKCS12-----\nMII"sv, kind::pem_pfx},
        {"public key as PEM", "-----BEGIN PUBLIC KEY-----\nMII"sv, kind::pem},
        {"certificate as PEM", "-----BEGIN CERTIFICATE-----\nMII"sv, kind::pem},
        {"PFX, DER", "\x30\x82\x09\x00\x02\x01\x03\x30\x82"sv, kind::pfx},
        {"PFX, BER of indefinite length", "\x30\x80\x02\x01\x03\x30\x80"sv, kind::pfx},
        {"PKCS#8", "\x30\x82\x04\xbd\x02\x01\x00\x30\x0d"sv, kind::der_private_key},
        {"PKCS#1", "\x30\x82\x04\xa3\x02\x01\x00\x02\x82"sv, kind::der_private_key},
        {"short PKCS#8", "\x30\x06\x02\x01\x00\x30\x01\x00"sv, kind::der_private_key},
        {"SEC1", "\x30\x05\x02\x01\x01\x04\x00"sv, kind::der_private_key},
        {"encrypted PKCS#8, PBES2", "\x30\x82\x05\x00\x30\x40\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0d\x30\x33"sv,
         kind::der_encrypted_key},
        {"encrypted PKCS#8, PKCS#12", "\x30\x82\x05\x00\x30\x1c\x06\x0a\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x01\x03"sv,
         kind::der_encrypted_key},
        {"RSA public key", "\x30\x82\x01\x22\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00"sv, kind::der},
        {"encryption cut", "\x30\x82\x05\x00\x30\x40\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01"sv, kind::der},
        {"DER in base64, too short", "MIIJwAIBAzCCCYYGCSqGSIb3DQEHAaCCCXcEgglz"sv, kind::text},
        {"zeros as text", "0000000000"sv, kind::text},
        {"SEC1, P-521", "\x30\x81\xdc\x02\x01\x01\x04\x42"sv, kind::der_private_key},
        {"certificate, DER", "\x30\x82\x03\x00\x30\x82\x02\x00"sv, kind::der},
        {"DER of version 2", "\x30\x82\x03\x00\x02\x01\x02\x30"sv, kind::der},
        {"cut after two bytes", "\x30\x82"sv, kind::binary},
        {"cut after the version", "\x30\x82\x09\x00\x02\x01\x03"sv, kind::der},
        {"RMS trusted publishing domain", "<?xml version=\"1.0\"?>"sv, kind::xml},
        {"text", "hello"sv, kind::text},
        {"text that begins with 0", "0 1 2"sv, kind::text},
        {"binary", "\x01\x02\xff"sv, kind::binary},
    };
    for (const row& r : rows) {
        CAPTURE(std::string(r.name));
        CHECK(recognise(as_bytes(r.content)) == r.expected);
    }
}

TEST_CASE("recognise: every sample is what its folder says") {
    std::size_t pfx = 0, byok = 0;
    for (const auto& entry : std::filesystem::directory_iterator(KEYWRIGHT_TEST_DATA "/pfx")) {
        if (entry.path().extension() != ".p12") continue;
        const std::string file = entry.path().filename().string();
        const auto found = recognise(samples::load("pfx/" + file));
        CAPTURE(file);
        if (file == "evil-empty.p12")
            CHECK(found == kind::empty);
        else if (file == "evil-pem.p12")
            CHECK(found != kind::pfx);
        else if (file == "ver-int-long.p12")
            CHECK(found == kind::der); // its version takes two bytes
        else
            CHECK(found == kind::pfx);
        ++pfx;
    }
    for (const auto& entry : std::filesystem::directory_iterator(KEYWRIGHT_TEST_DATA "/byok")) {
        if (entry.path().extension() != ".byok") continue;
        CHECK(recognise(samples::load("byok/" + entry.path().filename().string())) == kind::byok);
        ++byok;
    }
    CHECK(pfx == 200);
    CHECK(byok == 16);
    CHECK(recognise(samples::load("byok/target-rsa2048.p8.der")) == kind::der_private_key);
    CHECK(recognise(samples::load("byok/target-rsa2048.pkcs1.der")) == kind::der_private_key);
    CHECK(recognise(samples::load("byok/kek2048.pem")) == kind::pem_private_key);
    CHECK(recognise(as_bytes(std::string("MII") + std::string(252, 'A'))) == kind::text);
    CHECK(recognise(as_bytes(std::string("MII") + std::string(253, 'A'))) == kind::der_in_base64);
    CHECK(recognise(as_bytes(std::string("MII") + std::string(253, ' '))) == kind::text);
}

TEST_CASE("explain: a sentence for every kind, whichever was expected") {
    for (int k = 0; k <= static_cast<int>(kind::der_in_base64); ++k) {
        for (const kind expected : {kind::pfx, kind::byok}) {
            if (static_cast<kind>(k) == expected) continue;
            const error why = explain(static_cast<kind>(k), expected);
            CHECK(why.code == errc::malformed);
            CHECK(std::string(why.text).size() > 20);
        }
    }
    CHECK(std::string(explain(kind::binary, kind::byok).text).find("nCipher") != std::string::npos);
    CHECK(std::string(explain(kind::byok_in_base64, kind::byok).text).find("decode it first") != std::string::npos);
}
