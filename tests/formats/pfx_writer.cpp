// SPDX-License-Identifier: Apache-2.0
// What is written, and what is refused. That other people's programs open it is tests/interop/pfx's to show.
#include "craft.hpp"

#include <keywright/formats/pfx_reader.hpp>
#include <keywright/formats/pfx_writer.hpp>
#include <keywright/insecure.hpp>

#include <botan/ed25519.h>
#include <botan/system_rng.h>

using namespace keywright;
using namespace keywright::formats;
using samples::secret;

namespace {

constexpr insecure::secret_access shown{"a test compares it"};
constexpr instant may_2026{1'777'600'000};

std::unique_ptr<Botan::Private_Key> rsa_key() {
    return Botan::PKCS8::load_key(std::span<const std::uint8_t>(samples::load("byok/target-rsa2048.p8.der")));
}
pfx_writing cheap() { return {.friendly_name = "Schl\xc3\xbcssel 1", .not_before = may_2026, .iterations = 1000}; }
bytes written(const pfx_writing& how, std::string_view password) {
    const auto file = write_pfx(*rsa_key(), how, secret(password), Botan::system_rng());
    REQUIRE_MESSAGE(file, file.error().text);
    const byte_view raw = insecure::export_secret(*file, shown);
    return {raw.begin(), raw.end()};
}
bytes certificate_of(const Botan::Private_Key& key) {
    Botan::X509_Cert_Options options;
    options.common_name = "c";
    return Botan::X509::create_self_signed_cert(options, key, "SHA-256", Botan::system_rng()).BER_encode();
}
std::unique_ptr<Botan::Private_Key> ec_key() {
    return Botan::PKCS8::load_key(std::span<const std::uint8_t>(samples::load("byok/target-p256.p8.der")));
}
const std::string key_emoji = "\xf0\x9f\x94\x91"; // U+1F511, a surrogate pair in UTF-16
constexpr pfx_profile profiles[] = {pfx_profile::modern, pfx_profile::pbmac1, pfx_profile::legacy_compatible};

/// How often `part` occurs in `whole`.
int occurrences(const bytes& whole, const bytes& part) {
    int found = 0;
    for (auto at = whole.begin(); (at = std::search(at, whole.end(), part.begin(), part.end())) != whole.end(); ++at) ++found;
    return found;
}

} // namespace

TEST_CASE("write_pfx: the file opens with its password, key, certificate and name in place") {
    const bytes file = written(cheap(), "p\xc3\xa4ss word");
    pfx_work work;
    const auto opened = open_pfx(file, secret("p\xc3\xa4ss word"), {.work = &work});
    REQUIRE(opened);
    REQUIRE(opened->keys.size() == 1);
    CHECK(opened->keys[0].key->private_key_info() == rsa_key()->private_key_info());
    CHECK(opened->keys[0].friendly_name == "Schl\xc3\xbcssel 1");
    CHECK(opened->keys[0].match == certificate_match::matched);
    CHECK(opened->keys_protected());
    CHECK(work.cost == 3000); // MAC, certificates, key
    CHECK_FALSE(open_pfx(file, secret("pass word")));
}

TEST_CASE("write_pfx: 600 000 iterations unless asked otherwise (100 000 in the old form), within the reader's limits") {
    pfx_work work;
    const auto opened = open_pfx(written({.friendly_name = "k", .not_before = may_2026}, "pw"), secret("pw"), {.work = &work});
    REQUIRE(opened);
    CHECK(work.cost == 1'800'000);
    pfx_work old;
    const auto legacy = open_pfx(written({.friendly_name = "k", .not_before = may_2026, .profile = pfx_profile::legacy_compatible}, "pw"),
                                 secret("pw"), {.work = &old});
    REQUIRE(legacy);
    CHECK(old.cost == 700'000);
}

TEST_CASE("write_pfx: the certificate is self-signed with SHA-256, for the time asked") {
    const auto opened =
        open_pfx(written({.friendly_name = "k", .not_before = may_2026, .valid_for = days(1), .iterations = 1000}, "pw"), secret("pw"));
    REQUIRE(opened);
    const Botan::X509_Certificate certificate(opened->keys[0].certificate);
    CHECK(certificate.is_self_signed());
    CHECK(certificate.check_signature(*rsa_key()));
    CHECK(certificate.signature_algorithm().oid().to_string() == "1.2.840.113549.1.1.11");
    CHECK(certificate.not_before().time_since_epoch() == 1'777'600'000);
    CHECK(certificate.not_after().time_since_epoch() == 1'777'686'400);
    CHECK(certificate.subject_dn().get_first_attribute("X520.CommonName") == "k");
}

TEST_CASE("write_pfx: the caller's certificate is kept, another key's is refused") {
    const auto opened = open_pfx(written(cheap(), "pw"), secret("pw"));
    REQUIRE(opened);
    pfx_writing how = cheap();
    how.certificate = opened->keys[0].certificate;
    const auto again = open_pfx(written(how, "pw"), secret("pw"));
    REQUIRE(again);
    CHECK(again->keys[0].certificate == *how.certificate);
    const auto ec = Botan::PKCS8::load_key(std::span<const std::uint8_t>(samples::load("byok/target-p256.p8.der")));
    const auto refused = write_pfx(*ec, how, secret("pw"), Botan::system_rng());
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == errc::misused);
}

TEST_CASE("write_pfx: refuses what it cannot write well") {
    const auto code_of = [](const pfx_writing& how, std::string_view password) {
        const auto file = write_pfx(*rsa_key(), how, secret(password), Botan::system_rng());
        return file ? errc::internal : file.error().code;
    };
    CHECK(code_of(cheap(), "") == errc::password_needed);
    CHECK(code_of(cheap(), "caf\xe9") == errc::malformed);
    pfx_writing how = cheap();
    how.friendly_name = "\xed\xa0\x80"; // a lone surrogate
    CHECK(code_of(how, "pw") == errc::malformed);
    how.friendly_name = std::string(1025, 'a');
    CHECK(code_of(how, "pw") == errc::limit_exceeded);
    how = cheap();
    how.certificate = bytes{1, 2, 3};
    CHECK(code_of(how, "pw") == errc::malformed);
    how = cheap();
    how.valid_for = seconds{0};
    CHECK(code_of(how, "pw") == errc::misused);
    for (const std::size_t iterations : {std::size_t{1}, std::size_t{999}, std::size_t{2'000'001}}) {
        how = cheap();
        how.iterations = iterations;
        CHECK(code_of(how, "pw") == errc::limit_exceeded);
    }
    how.profile = pfx_profile::legacy_compatible;
    how.iterations = 1'000'001;
    CHECK(code_of(how, "pw") == errc::limit_exceeded);
}

TEST_CASE("write_pfx: each profile is what its name says") {
    struct row {
        pfx_profile profile;
        std::vector<const char*> there, not_there;
        std::uint64_t cost; // at 1000 iterations, as pfx_limits counts it
    };
    const char* const pbes2 = "1.2.840.113549.1.5.13";
    const char* const aes256 = "2.16.840.1.101.3.4.1.42";
    const char* const pbmac1 = "1.2.840.113549.1.5.14";
    const char* const sha1_3des = "1.2.840.113549.1.12.1.3";
    const char* const sha1 = "1.3.14.3.2.26";
    const char* const sha256 = "2.16.840.1.101.3.4.2.1";
    const row rows[] = {{pfx_profile::modern, {pbes2, aes256, sha256}, {pbmac1, sha1_3des, sha1}, 3000},
                        {pfx_profile::pbmac1, {pbes2, aes256, pbmac1}, {sha1_3des, sha1}, 3000},
                        {pfx_profile::legacy_compatible, {sha1_3des, sha1}, {pbes2, aes256, pbmac1}, 7000}};
    for (const row& r : rows) {
        pfx_writing how = cheap();
        how.profile = r.profile;
        const bytes file = written(how, "pw");
        for (const char* oid : r.there) CHECK_MESSAGE(occurrences(file, craft::oid(oid)) > 0, oid);
        for (const char* oid : r.not_there) CHECK_MESSAGE(occurrences(file, craft::oid(oid)) == 0, oid);
        pfx_work work;
        const auto opened = open_pfx(file, secret("pw"), {.work = &work});
        REQUIRE(opened);
        CHECK(work.cost == r.cost);
        CHECK(opened->keys[0].match == certificate_match::matched);
        CHECK(opened->keys_protected());
        CHECK_FALSE(open_pfx(file, secret("pw2")));
    }
}

TEST_CASE("write_pfx: passwords and names of any characters come back, in every profile") {
    const std::string texts[] = {"a", " lead trail ",
                                 "Schl\xc3\xbc\xc3\x9f"
                                 "el",
                                 key_emoji + "\xe2\x82\xac" + key_emoji, std::string(200, 'x')};
    for (const pfx_profile profile : profiles)
        for (const std::string& text : texts) {
            CAPTURE(text);
            pfx_writing how = cheap();
            how.profile = profile;
            how.friendly_name = text;
            const auto opened = open_pfx(written(how, text), secret(text));
            REQUIRE(opened);
            CHECK(opened->keys[0].friendly_name == text);
        }
    // U+1F511 is d83d dd11 in UTF-16 (The Unicode Standard, table 3-5).
    pfx_writing how = cheap();
    how.friendly_name = key_emoji;
    how.certificate = certificate_of(*rsa_key());
    CHECK(occurrences(written(how, "pw"), {0x1e, 0x04, 0xd8, 0x3d, 0xdd, 0x11}) == 1); // the key's; the other is encrypted
}

TEST_CASE("write_pfx: a name above 64 bytes stays the alias and is no common name") {
    for (const std::size_t size : {std::size_t{63}, std::size_t{64}, std::size_t{65}, std::size_t{1024}}) {
        pfx_writing how = cheap();
        how.friendly_name = std::string(size, 'n');
        const auto opened = open_pfx(written(how, "pw"), secret("pw"));
        REQUIRE(opened);
        CHECK(opened->keys[0].friendly_name == how.friendly_name);
        const Botan::X509_Certificate certificate(opened->keys[0].certificate);
        CHECK(certificate.subject_dn().get_first_attribute("X520.CommonName") == (size <= 64 ? how.friendly_name : "key"));
    }
}

TEST_CASE("write_pfx: keys of every kind, with a certificate that verifies") {
    std::vector<std::unique_ptr<Botan::Private_Key>> keys;
    keys.push_back(ec_key());
    keys.push_back(Botan::PKCS8::load_key(std::span<const std::uint8_t>(samples::load("byok/target-p521.p8.der"))));
    keys.push_back(std::make_unique<Botan::Ed25519_PrivateKey>(Botan::system_rng()));
    for (const auto& key : keys) {
        CAPTURE(key->algo_name());
        const auto file = write_pfx(*key, cheap(), secret("pw"), Botan::system_rng());
        REQUIRE_MESSAGE(file, file.error().text);
        const auto opened = open_pfx(insecure::export_secret(*file, shown), secret("pw"));
        REQUIRE(opened);
        CHECK(opened->keys[0].key->private_key_info() == key->private_key_info());
        CHECK(opened->keys[0].match == certificate_match::matched);
        CHECK(Botan::X509_Certificate(opened->keys[0].certificate).check_signature(*key));
    }
}

TEST_CASE("write_pfx: salts, initialisation vectors and so the files are new each time") {
    pfx_writing how = cheap();
    how.certificate = certificate_of(*rsa_key());
    for (const pfx_profile profile : profiles) {
        how.profile = profile;
        CHECK(written(how, "pw") != written(how, "pw"));
    }
}
