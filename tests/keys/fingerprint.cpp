// SPDX-License-Identifier: Apache-2.0
// Fingerprints against `openssl pkey -pubout -outform DER | sha256sum`.
#include "../formats/craft.hpp"

#include <keywright/keys/fingerprint.hpp>

using namespace keywright;

namespace {

std::unique_ptr<Botan::Private_Key> load(const bytes& der) { return Botan::PKCS8::load_key(std::span<const std::uint8_t>(der)); }
std::string print_of(const Botan::Public_Key& key) {
    const auto half = keys::fingerprint_of(key);
    REQUIRE(half);
    return samples::hex(half->print.bytes);
}
bytes bit_string(byte_view content) {
    bytes with_count{0};
    append(with_count, content);
    return craft::tlv(0x03, with_count);
}
/// RSASSA-PSS restricted to SHA-256 (RFC 4055): hash, MGF1 and salt length are parameters of the key.
bytes pss_algorithm() {
    const bytes sha256 = craft::seq({craft::oid("2.16.840.1.101.3.4.2.1"), craft::tlv(0x05, {})});
    const bytes mgf1 = craft::seq({craft::oid("1.2.840.113549.1.1.8"), sha256});
    return craft::seq({craft::oid("1.2.840.113549.1.1.10"),
                       craft::seq({craft::tlv(0xa0, sha256), craft::tlv(0xa1, mgf1), craft::tlv(0xa2, craft::integer(32))})});
}
const std::string rsa2048_sha256 = "db14ac9e92ccd3ff70fff15cad79f731ac6c3124f322f68cd678fb38157c8bdd";

} // namespace

TEST_CASE("fingerprint_of: what openssl prints, for RSA and EC keys") {
    CHECK(print_of(*load(samples::load("byok/target-rsa2048.p8.der"))) == rsa2048_sha256);
    CHECK(print_of(*load(samples::load("byok/target-rsa3072.p8.der"))) ==
          "2f0dc149f9b6723cc386237351cae0aaf28a8c300556f91aa148dbf5b6b35ae4");
    CHECK(print_of(*load(samples::load("byok/target-p256.p8.der"))) == "d24272fb1d8a0af84ba7c7a98cf9d2da63ec1547479bd7e01bb1071b4a2ccb83");
    CHECK(print_of(*load(samples::load("byok/target-p521.p8.der"))) == "e847d7bf87e3d9097e64669b0466f08b0323c6f626c17940c482198b75b57023");
}

TEST_CASE("fingerprint_of: what the installed openssl prints") {
    if (!samples::have("openssl")) return;
    for (const char* file : {"target-rsa4096.p8.der", "target-p384.p8.der", "softhsm-rsa.plain.der", "softhsm-p384.plain.der"}) {
        const auto openssl = samples::run(std::string("openssl pkey -inform DER -in " KEYWRIGHT_TEST_DATA "/byok/") + file +
                                          " -pubout -outform DER | sha256sum");
        CHECK(openssl.out.substr(0, 64) == print_of(*load(samples::load(std::string("byok/") + file))));
    }
}

TEST_CASE("fingerprint_of: the SubjectPublicKeyInfo is openssl's, byte for byte") {
    if (!samples::have("openssl")) return;
    const auto half = keys::fingerprint_of(*load(samples::load("byok/target-rsa2048.p8.der")));
    REQUIRE(half);
    const samples::scratch folder;
    REQUIRE(samples::run("openssl pkey -inform DER -in " KEYWRIGHT_TEST_DATA "/byok/target-rsa2048.p8.der -pubout -outform DER -out " +
                         folder.file("spki"))
                .status == 0);
    CHECK(samples::run("cmp " + folder.file("spki") + " " + folder.write("ours", half->spki)).status == 0);
}

TEST_CASE("fingerprint_of: an RSA key restricted to PSS is the same key") {
    const bytes pkcs1 = samples::load("byok/target-rsa2048.pkcs1.der");
    const auto restricted = load(craft::seq({craft::integer(0), pss_algorithm(), craft::octets(pkcs1)}));
    CHECK(print_of(*restricted) == rsa2048_sha256);
    const auto plain = load(samples::load("byok/target-rsa2048.p8.der"));
    const auto half = keys::fingerprint_of(craft::seq({pss_algorithm(), bit_string(plain->public_key_bits())}));
    REQUIRE(half);
    CHECK(samples::hex(half->print.bytes) == rsa2048_sha256);
    CHECK(half->spki == plain->subject_public_key());
}

TEST_CASE("fingerprint_of: rsaEncryption without its NULL is the same key") {
    const auto plain = load(samples::load("byok/target-rsa2048.p8.der"));
    const auto half =
        keys::fingerprint_of(craft::seq({craft::seq({craft::oid("1.2.840.113549.1.1.1")}), bit_string(plain->public_key_bits())}));
    REQUIRE(half);
    CHECK(samples::hex(half->print.bytes) == rsa2048_sha256);
}

TEST_CASE("fingerprint_of: what is no public key is refused") {
    for (const bytes& bad :
         {bytes{}, bytes{1, 2, 3}, craft::seq({}), craft::seq({craft::seq({craft::oid("1.2.3.4")}), bit_string(bytes(8))})}) {
        const auto half = keys::fingerprint_of(bad);
        CHECK_FALSE(half);
    }
}
