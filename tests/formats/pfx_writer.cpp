// SPDX-License-Identifier: Apache-2.0
// What we write is opened by ourselves, and by four other people's programs, with the key unchanged.
#include "samples.hpp"

#include <keywright/formats/pfx_reader.hpp>
#include <keywright/formats/pfx_writer.hpp>
#include <keywright/insecure.hpp>

#include <botan/rsa.h>
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
std::string quoted(std::string_view password) { return "'" + std::string(password) + "'"; }
/// SHA-256 of target-rsa2048's SubjectPublicKeyInfo, as `openssl pkey` prints it.
const std::string spki_sha256 = "db14ac9e92ccd3ff70fff15cad79f731ac6c3124f322f68cd678fb38157c8bdd";

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

TEST_CASE("write_pfx: 600 000 iterations unless asked otherwise, within the reader's limits") {
    pfx_work work;
    const auto opened = open_pfx(written({.friendly_name = "k", .not_before = may_2026}, "pw"), secret("pw"), {.work = &work});
    REQUIRE(opened);
    CHECK(work.cost == 1'800'000);
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
    CHECK(code_of(cheap(), "\xf0\x9f\x94\x91") == errc::unsupported);
    pfx_writing how = cheap();
    how.friendly_name = "\xf0\x9f\x94\x91";
    CHECK(code_of(how, "pw") == errc::unsupported);
    how = cheap();
    how.certificate = bytes{1, 2, 3};
    CHECK(code_of(how, "pw") == errc::malformed);
    how = cheap();
    how.valid_for = seconds{0};
    CHECK(code_of(how, "pw") == errc::misused);
    for (const std::size_t iterations : {std::size_t{0}, std::size_t{999}, std::size_t{2'000'001}}) {
        how = cheap();
        how.iterations = iterations;
        CHECK(code_of(how, "pw") == errc::limit_exceeded);
    }
}

TEST_CASE("write_pfx: OpenSSL opens it and finds the same key") {
    if (!samples::have("openssl")) return;
    const samples::scratch folder;
    for (const std::string_view password : {"test1234",
                                            "Schl\xc3\xbc\xc3\x9f"
                                            "el-\xc3\x84\xc3\x96",
                                            " lead trail "}) {
        CAPTURE(password);
        const std::string file = folder.write("o.pfx", written(cheap(), password));
        const auto r = samples::run("openssl pkcs12 -in " + file + " -passin pass:" + quoted(password) +
                                    " -nodes -nocerts | openssl pkey -pubout -outform DER | sha256sum");
        CHECK(r.out.find(spki_sha256) != std::string::npos);
        CHECK(samples::run("openssl pkcs12 -in " + file + " -passin pass:wrong -nodes -nocerts").status != 0);
    }
    const auto info = samples::run("openssl pkcs12 -info -noout -in " + folder.write("o.pfx", written(cheap(), "pw")) + " -passin pass:pw");
    CHECK(info.out.find("MAC: sha256, Iteration 1000") != std::string::npos);
    CHECK(info.out.find("PBES2, PBKDF2, AES-256-CBC, Iteration 1000, PRF hmacWithSHA256") != std::string::npos);
}

TEST_CASE("write_pfx: GnuTLS opens it and finds the same key") {
    if (!samples::have("certtool")) return;
    const samples::scratch folder;
    const std::string file = folder.write("g.pfx", written(cheap(), "test1234"));
    const auto r =
        samples::run("certtool --p12-info --inder --infile " + file + " --password test1234 | certtool -k --pkcs8 --password test1234");
    CHECK(r.out.find("sha256:" + spki_sha256) != std::string::npos);
}

TEST_CASE("write_pfx: NSS imports it under its name") {
    if (!samples::have("pk12util") || !samples::have("certutil")) return;
    const samples::scratch folder;
    const std::string file =
        folder.write("n.pfx", written({.friendly_name = "tenant-key", .not_before = may_2026, .iterations = 1000}, "test1234"));
    REQUIRE(samples::run("certutil -N -d sql:" + folder.folder() + " --empty-password").status == 0);
    const auto r = samples::run("pk12util -i " + file + " -d sql:" + folder.folder() + " -W test1234");
    CHECK_MESSAGE(r.status == 0, r.out);
    CHECK(samples::run("certutil -K -d sql:" + folder.folder()).out.find("tenant-key") != std::string::npos);
}

TEST_CASE("write_pfx: keytool lists it under its name") {
    if (!samples::have("keytool")) return;
    const samples::scratch folder;
    const std::string file =
        folder.write("k.pfx", written({.friendly_name = "tenant-key", .not_before = may_2026, .iterations = 1000}, "test1234"));
    const auto r = samples::run("keytool -list -storetype PKCS12 -keystore " + file + " -storepass test1234");
    CHECK_MESSAGE(r.status == 0, r.out);
    CHECK(r.out.find("PrivateKeyEntry") != std::string::npos);
    CHECK(r.out.find("tenant-key") != std::string::npos);
}
