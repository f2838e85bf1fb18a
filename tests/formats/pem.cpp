// SPDX-License-Identifier: Apache-2.0
// Encrypted PKCS#8 as OpenSSL and certtool write it, what is refused by its price or its scheme, and what each sentence
// of `explain` tells its reader to do, done.
#include <keywright/formats/pem.hpp>

#include "craft.hpp"

#include <keywright/formats/jwk.hpp>
#include <keywright/formats/pfx_reader.hpp>
#include <keywright/keys/fingerprint.hpp>

using namespace keywright;
using namespace keywright::formats;
using samples::secret;

namespace {

/// SHA-256 of the SubjectPublicKeyInfo of target-rsa2048 and target-p256, as `openssl pkey` gives it.
const std::string rsa_print = "db14ac9e92ccd3ff70fff15cad79f731ac6c3124f322f68cd678fb38157c8bdd";
const std::string ec_print = "d24272fb1d8a0af84ba7c7a98cf9d2da63ec1547479bd7e01bb1071b4a2ccb83";
const std::string target = KEYWRIGHT_TEST_DATA "/byok/target-rsa2048.p8.der";

bytes made(const samples::scratch& folder, const std::string& command) {
    const auto done = samples::run("cd " + folder.folder() + " && " + command);
    REQUIRE_MESSAGE(done.status == 0, command, ": ", done.out);
    std::ifstream in(folder.file("out"), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}
std::string outcome(byte_view file, std::string_view password, const pfx_limits& limits = {}) {
    const auto opened = open_encrypted_key(file, secret(password), limits);
    if (!opened) return std::string(name(opened.error().code)) + " " + opened.error().text;
    return samples::hex(keys::fingerprint_of(*opened->key)->print.bytes);
}
bytes encrypted_with(const bytes& algorithm, std::size_t ciphertext = 64) {
    return craft::seq({algorithm, craft::octets(bytes(ciphertext, 7))});
}
/// What a sentence tells its reader to type; it stands at the end.
std::string command_in(const std::string& text) {
    for (const std::string lead : {"make a PFX of it: ", "decode it first: ", "decode it: "})
        if (const auto at = text.find(lead); at != std::string::npos) return text.substr(at + lead.size());
    return "false";
}

} // namespace

TEST_CASE("open_encrypted_key: OpenSSL's files, PEM and DER, by every scheme that is offered") {
    const samples::scratch folder;
    for (const char* scheme : {"-v2 aes-256-cbc -iter 2048", "-v2 aes-128-cbc -v2prf hmacWithSHA1 -iter 2048", "-v2 des3 -iter 2048",
                               "-scrypt -scrypt_N 1024", "-v1 PBE-SHA1-3DES -iter 2048"})
        for (const char* form : {"PEM", "DER"})
            for (const std::string password : {"test1234",
                                               "Schl\xc3\xbc\xc3\x9f"
                                               "el",
                                               "pass\xf0\x9f\x94\x91wort"}) {
                CAPTURE(std::string(scheme));
                CAPTURE(password);
                const bytes file = made(folder, "openssl pkcs8 -topk8 -inform DER -in " + target + " -outform " + form +
                                                    " -out out -passout 'pass:" + password + "' " + scheme);
                CHECK(recognise(file) == (form[0] == 'P' ? key_file_kind::pem_encrypted_key : key_file_kind::der_encrypted_key));
                CHECK(outcome(file, password) == rsa_print);
                CHECK(outcome(file, "wrong") == "authentication_failed pkcs8: wrong password, or the file was altered");
            }
}

TEST_CASE("open_encrypted_key: remarks before the PEM block, and line ends of another system, do no harm") {
    const samples::scratch folder;
    const bytes file = made(folder, "openssl pkcs8 -topk8 -inform DER -in " + target + " -out out -passout pass:pw -iter 1000");
    std::string text = "Bag Attributes\n    friendlyName: k\n" + std::string(as_text(file));
    CHECK(outcome(as_bytes(text), "pw") == rsa_print);
    for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos; at += 2) text.insert(at, "\r");
    CHECK(outcome(as_bytes(text), "pw") == rsa_print);
}

TEST_CASE("open_encrypted_key: the price is known before a derivation runs") {
    struct row {
        bytes algorithm;
        bool runs;
    };
    const pfx_limits low{{.iterations = 10'000, .total_cost = 20'000, .scrypt_bytes = 1u << 20}};
    const row rows[] = {{craft::pbes2(9'999), true},
                        {craft::pbes2(10'000), true},
                        {craft::pbes2(10'001), false},
                        {craft::pbe_3des(6'666), true}, // three times 6 666 is below 20 000
                        {craft::pbe_3des(6'667), false},
                        {craft::pbes2_scrypt(512, 8, 1), true}, // 2 N r p = 8 192
                        {craft::pbes2_scrypt(1024, 8, 1), false},
                        {craft::pbes2_scrypt(16384, 8, 1), false}, // 16 MiB
                        {craft::pbes2(0), false},
                        {craft::pbes2(UINT64_MAX), false}};
    for (const row& r : rows) {
        pfx_work work;
        const auto opened = open_encrypted_key(encrypted_with(r.algorithm), secret("pw"), low, &work);
        REQUIRE_FALSE(opened);
        CHECK(work.derivations == (r.runs ? 1 : 0));
        CHECK(work.cost <= 20'000);
        CHECK((opened.error().code == errc::authentication_failed) == r.runs);
    }
}

TEST_CASE("open_encrypted_key: what is refused names the layer and the way out") {
    const samples::scratch folder;
    CHECK(outcome(
              encrypted_with(craft::seq({craft::oid("1.2.840.113549.1.5.3"), craft::seq({craft::octets(craft::salt), craft::integer(1)})})),
              "pw")
              .find("make a PFX of it: openssl pkcs12 -export") != std::string::npos); // MD5 with DES
    const bytes good =
        made(folder, "openssl pkcs8 -topk8 -inform DER -in " + target + " -outform DER -out out -passout pass:pw -iter 1000");
    for (std::size_t size = 1; size < good.size(); size += 1 + size / 40)
        CHECK_FALSE(open_encrypted_key(byte_view(good).first(size), secret("pw")));
    bytes longer = good;
    longer.push_back(0);
    CHECK(outcome(longer, "pw").starts_with("malformed"));
    CHECK(outcome(samples::load("byok/target-rsa2048.p8.der"), "pw").find("openssl pkey -inform DER") != std::string::npos);
    CHECK(outcome(samples::load("pfx/ossl-default-p256.p12"), "pw").find("this is a PFX") != std::string::npos);
    CHECK(outcome(as_bytes("-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIB"), "pw") == "malformed pkcs8: the PEM block has no end");
    CHECK(outcome(as_bytes("-----BEGIN ENCRYPTED PRIVATE KEY-----\n!\n-----END ENCRYPTED PRIVATE KEY-----\n"), "pw")
              .starts_with("malformed"));
}

TEST_CASE("open_encrypted_key: sizes of file and key at the limit and one above") {
    const auto file_of = [](std::size_t size) {
        std::string text = "-----BEGIN ENCRYPTED PRIVATE KEY-----\n!\n-----END ENCRYPTED PRIVATE KEY-----\n";
        text.resize(size, '\n');
        return outcome(as_bytes(text), "pw");
    };
    CHECK(file_of(encrypted_key_bytes).starts_with("malformed"));
    CHECK(file_of(encrypted_key_bytes + 1).starts_with("limit_exceeded"));
    CHECK(outcome(encrypted_with(craft::pbes2(1), 16 * 1024), "pw").starts_with("authentication_failed"));
    CHECK(outcome(encrypted_with(craft::pbes2(1), 16 * 1024 + 1), "pw").starts_with("limit_exceeded"));
}

TEST_CASE("explain: the command that each sentence names makes a PFX that opens") {
    struct row {
        key_file_kind kind;
        std::string make; // the file that is refused, as `file` of its own name
        std::string name;
    };
    if (!samples::have("openssl")) return;
    const std::string ec = KEYWRIGHT_TEST_DATA "/byok/target-p256.p8.der";
    const row rows[] = {
        {key_file_kind::pem_private_key, "openssl pkey -inform DER -in " + ec + " -out key.pem", "key.pem"},
        {key_file_kind::pem_private_key, "openssl ec -inform DER -in " + ec + " -out key.pem", "key.pem"},
        {key_file_kind::der_private_key, "openssl ec -inform DER -in " + ec + " -outform DER -out key.der", "key.der"},
        {key_file_kind::der_private_key, "cp " + ec + " key.der", "key.der"},
        {key_file_kind::pem_encrypted_key, "openssl pkcs8 -topk8 -inform DER -in " + ec + " -passout pass:in -iter 1000 -out key.pem",
         "key.pem"},
        {key_file_kind::der_encrypted_key,
         "openssl pkcs8 -topk8 -inform DER -in " + ec + " -passout pass:in -iter 1000 -outform DER -out key.der", "key.der"},
        {key_file_kind::pem_pfx,
         "openssl pkey -inform DER -in " + ec +
             " | openssl pkcs12 -export -nocerts -inkey /dev/stdin -passout pass:out -out o && "
             "(echo -----BEGIN PKCS12-----; base64 o; echo -----END PKCS12-----) > file",
         "file"},
        {key_file_kind::der_in_base64,
         "openssl pkey -inform DER -in " + ec +
             " | openssl pkcs12 -export -nocerts -inkey /dev/stdin -passout pass:out -out o && base64 o > file",
         "file"},
        {key_file_kind::openssh_key,
         "openssl ec -inform DER -in " + ec + " -out key 2>/dev/null && chmod 600 key && ssh-keygen -p -N '' -f key", "key"},
        {key_file_kind::jwk_private, "", "key.jwk"},
    };
    for (const row& r : rows) {
        const samples::scratch folder;
        CAPTURE(static_cast<int>(r.kind));
        if (r.kind == key_file_kind::openssh_key && !samples::have("ssh-keygen")) continue;
        if (r.kind == key_file_kind::jwk_private) {
            if (!samples::have("node")) continue;
            folder.write(
                r.name,
                as_bytes(
                    R"({"kty":"EC","crv":"P-256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM","d":"870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE"})"));
        } else {
            REQUIRE(samples::run("cd " + folder.folder() + " && " + r.make).status == 0);
        }
        std::ifstream in(folder.file(r.name), std::ios::binary);
        const bytes file{std::istreambuf_iterator<char>(in), {}};
        REQUIRE(recognise(file) == r.kind);
        std::string command = command_in(explain(r.kind, key_file_kind::pfx).text);
        if (const auto at = command.find("openssl pkcs12"); at != std::string::npos)
            command.insert(at + 14,
                           r.kind == key_file_kind::pem_encrypted_key ? " -passin pass:in -passout pass:out" : " -passout pass:out");
        if (const auto at = command.find("openssl pkey"); at != std::string::npos) command.insert(at + 12, " -passin pass:in");
        if (const auto at = command.find("ssh-keygen -p"); at != std::string::npos) command.insert(at + 13, " -N ''");
        const auto ran = samples::run("cd " + folder.folder() + " && " + command);
        CHECK_MESSAGE(ran.status == 0, command, ": ", ran.out);
        std::ifstream made(folder.file("key.pfx"), std::ios::binary);
        const bytes pfx{std::istreambuf_iterator<char>(made), {}};
        const auto opened = open_pfx(pfx, secret("out"));
        REQUIRE_MESSAGE(opened, command);
        REQUIRE(opened->keys.size() == 1);
        if (r.kind != key_file_kind::jwk_private) CHECK(samples::hex(keys::fingerprint_of(*opened->keys[0].key)->print.bytes) == ec_print);
    }
}
