// SPDX-License-Identifier: Apache-2.0
#include <keywright/formats/byok_writer.hpp>

#include "samples.hpp"

#include <botan/rsa.h>
#include <botan/system_rng.h>

using namespace keywright;
using namespace keywright::formats;

namespace {

const char* const kid = "https://v.vault.azure.net/keys/k/0123";

std::unique_ptr<Botan::Private_Key> key(const char* file) {
    return Botan::PKCS8::load_key(std::span<const std::uint8_t>(samples::load(std::string("byok/") + file)));
}
std::unique_ptr<Botan::Private_Key> kek() {
    const bytes pem = samples::load("byok/kek2048.pem");
    Botan::DataSource_Memory source(pem);
    return Botan::PKCS8::load_key(source);
}

} // namespace

TEST_CASE("write_byok: its file names the import key and opens with it") {
    for (const char* target : {"target-rsa2048.p8.der", "target-p521.p8.der"}) {
        const auto text = write_byok(*key(target), {*kek(), kid, "keywright test"}, Botan::system_rng());
        REQUIRE(text);
        const auto file = read_byok(as_bytes(*text));
        REQUIRE(file);
        CHECK(names_kek(*file, kid));
        CHECK(file->generator == "keywright test");
        const auto opened = open_byok(*file, 256, [](byte_view c1) {
            return result<secret_bytes>(
                secret_bytes(Botan::PK_Decryptor_EME(*kek(), Botan::system_rng(), "OAEP(SHA-1,MGF1(SHA-1))").decrypt(c1)));
        });
        REQUIRE(opened);
        CHECK((*opened)->private_key_info() == key(target)->private_key_info());
    }
}

TEST_CASE("write_byok: OpenSSL unwraps it by the documented recipe") {
    if (!samples::have("openssl") || !samples::have("xxd")) return;
    const auto text = write_byok(*key("target-rsa2048.p8.der"), {*kek(), kid}, Botan::system_rng());
    REQUIRE(text);
    const auto file = read_byok(as_bytes(*text));
    REQUIRE(file);
    const samples::scratch folder;
    const byte_view c = file->ciphertext;
    const std::string c1 = folder.write("c1", c.first(256)), c2 = folder.write("c2", c.subspan(256));
    const auto r = samples::run(
        "K=$(openssl pkeyutl -decrypt -inkey " KEYWRIGHT_TEST_DATA "/byok/kek2048.pem -in " + c1 +
        " -pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha1 -pkeyopt rsa_mgf1_md:sha1 | xxd -p -c64) && openssl enc -d -id-aes256-wrap-pad -K $K -iv A65959A6 -in " +
        c2 + " | openssl pkey -inform DER -pubout -outform DER | sha256sum");
    CHECK(r.out.find("db14ac9e92ccd3ff70fff15cad79f731ac6c3124f322f68cd678fb38157c8bdd") != std::string::npos);
}

TEST_CASE("write_byok: a symmetric key of 16, 24 or 32 bytes comes back bare, of another length none is written") {
    for (std::size_t size = 0; size <= 40; ++size) {
        const bytes raw(size, 9);
        const auto text = write_byok(secret_bytes(byte_view(raw)), {*kek(), kid}, Botan::system_rng());
        if (size != 16 && size != 24 && size != 32) {
            REQUIRE_FALSE(text);
            CHECK(text.error().code == errc::unsupported);
            continue;
        }
        REQUIRE(text);
        const auto opened = open_byok_symmetric(*read_byok(as_bytes(*text)), 256, [](byte_view c1) {
            return result<secret_bytes>(
                secret_bytes(Botan::PK_Decryptor_EME(*kek(), Botan::system_rng(), "OAEP(SHA-1,MGF1(SHA-1))").decrypt(c1)));
        });
        REQUIRE(opened);
        CHECK(equal(*opened, secret_bytes(byte_view(raw))));
    }
}

TEST_CASE("write_byok: refuses an id without a version, a generator above 1 KiB, and a key that is no RSA key of 2048, 3072 or 4096 bits") {
    const auto target = key("target-p256.p8.der");
    const auto code_of = [&](const byok_writing& how) {
        const auto text = write_byok(*target, how, Botan::system_rng());
        return text ? errc::internal : text.error().code;
    };
    CHECK(code_of({*kek(), "https://v/keys/k"}) == errc::malformed);
    CHECK(code_of({*kek(), kid, std::string(1025, 'g')}) == errc::limit_exceeded);
    CHECK(write_byok(*target, {*kek(), kid, std::string(1024, 'g')}, Botan::system_rng()));
    CHECK(code_of({*target, kid}) == errc::unsupported);
    CHECK(code_of({Botan::RSA_PrivateKey(Botan::system_rng(), 1024), kid}) == errc::unsupported);
}
