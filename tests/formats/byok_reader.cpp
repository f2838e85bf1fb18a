// SPDX-License-Identifier: Apache-2.0
// Files made with OpenSSL and inside SoftHSM, unwrapped with the import keys they were made for.
#include "craft.hpp"

#include <keywright/formats/byok_reader.hpp>
#include <keywright/insecure.hpp>
#include <keywright/keys/fingerprint.hpp>

#include <botan/pubkey.h>
#include <botan/system_rng.h>

using namespace keywright;
using namespace keywright::formats;

namespace {

constexpr insecure::secret_access shown{"a test compares it"};

/// What a vault does: OAEP with SHA-1 under one import key. Counts its calls.
class test_vault {
public:
    explicit test_vault(int bits) : bytes_(static_cast<std::size_t>(bits) / 8) {
        const bytes pem = samples::load("byok/kek" + std::to_string(bits) + ".pem");
        Botan::DataSource_Memory source(pem);
        key_ = Botan::PKCS8::load_key(source);
    }
    result<secret_bytes> operator()(byte_view c1) {
        ++calls;
        return keywright::detail::botan_boundary(errc::authentication_failed, "vault: does not open", [&] {
            return secret_bytes(Botan::PK_Decryptor_EME(*key_, Botan::system_rng(), "OAEP(SHA-1,MGF1(SHA-1))").decrypt(c1));
        });
    }
    std::size_t kek_bytes() const { return bytes_; }
    const Botan::Private_Key& key() const { return *key_; }
    int calls = 0;

private:
    std::unique_ptr<Botan::Private_Key> key_;
    std::size_t bytes_;
};

struct sample {
    const char* file;
    int kek;
    const char* plain;
    const char* spki_sha256; // openssl pkey -inform DER -pubout -outform DER | sha256sum
};
const sample good[] = {
    {"rsa2048-kek2048", 2048, "target-rsa2048.p8.der", "db14ac9e92ccd3ff70fff15cad79f731ac6c3124f322f68cd678fb38157c8bdd"},
    {"rsa2048-kek3072", 3072, "target-rsa2048.p8.der", "db14ac9e92ccd3ff70fff15cad79f731ac6c3124f322f68cd678fb38157c8bdd"},
    {"rsa2048-kek4096", 4096, "target-rsa2048.p8.der", "db14ac9e92ccd3ff70fff15cad79f731ac6c3124f322f68cd678fb38157c8bdd"},
    {"rsa3072-kek4096", 4096, "target-rsa3072.p8.der", "2f0dc149f9b6723cc386237351cae0aaf28a8c300556f91aa148dbf5b6b35ae4"},
    {"rsa4096-kek4096", 4096, "target-rsa4096.p8.der", "28e47c15ffeb997c06bd94e9a1bd9f539003a73761b57deabcaabbc8de6ac90e"},
    {"p256-kek4096", 4096, "target-p256.p8.der", "d24272fb1d8a0af84ba7c7a98cf9d2da63ec1547479bd7e01bb1071b4a2ccb83"},
    {"p384-kek2048", 2048, "target-p384.p8.der", "5125260e41830f70f882d54bc5b2a3d0fb9b40baedf6a006ee1e0f1ca90d72f1"},
    {"p521-kek2048", 2048, "target-p521.p8.der", "e847d7bf87e3d9097e64669b0466f08b0323c6f626c17940c482198b75b57023"},
    {"softhsm-rsa-kek2048", 2048, "softhsm-rsa.plain.der", "ed836433cf52301b6b0e4a36554e059094594ed68672ccc748ee74059de150c6"},
    {"softhsm-p256-kek2048", 2048, "softhsm-p256.plain.der", "61d5406b7a5a6caadce9e263a704117da5d1d8cf2b5319cbd4d21c687555b0ce"},
    {"softhsm-p384-kek2048", 2048, "softhsm-p384.plain.der", "f60bf9c066d1b1c7d491ca8441fa766ab69bbe65e910cf9044e7d69e0a4b505a"},
    {"softhsm-p521-kek2048", 2048, "softhsm-p521.plain.der", "dcb22c2192ca377e69707ff332fe095307af0d5276453f955153d72c3c040f73"},
};

byok_file read(const std::string& name) {
    const auto file = read_byok(samples::load("byok/" + name + ".byok"));
    REQUIRE_MESSAGE(file, name);
    return *file;
}
std::string valid_json() {
    return R"({"schema_version":"1.0.0","header":{"kid":"https://v.vault.azure.net/keys/k/1","alg":"dir","enc":"CKM_RSA_AES_KEY_WRAP"},"ciphertext":"AAAA","generator":"g"})";
}
std::string with(std::string_view from, std::string_view to) {
    std::string json = valid_json();
    const auto at = json.find(from);
    REQUIRE(at != std::string::npos);
    return json.replace(at, from.size(), to);
}
std::string refused(std::string_view json) {
    const auto file = read_byok(as_bytes(json));
    REQUIRE_FALSE(file);
    return std::string(name(file.error().code)) + " " + file.error().text;
}
/// `plain` wrapped for the 2048-bit import key as a producer would, whatever it is.
byok_file wrapping(const test_vault& vault, byte_view plain, std::size_t aes_bytes = 32) {
    const Botan::secure_vector<std::uint8_t> aes_key(aes_bytes, 7);
    const auto aes = Botan::BlockCipher::create_or_throw("AES-" + std::to_string(8 * aes_bytes));
    aes->set_key(aes_key);
    bytes c = Botan::PK_Encryptor_EME(vault.key(), Botan::system_rng(), "OAEP(SHA-1,MGF1(SHA-1))").encrypt(aes_key, Botan::system_rng());
    append(c, Botan::nist_key_wrap_padded(plain, *aes));
    return {"https://v/keys/k/1", "test", std::move(c)};
}

} // namespace

TEST_CASE("open_byok: files of OpenSSL and SoftHSM give the key that was wrapped") {
    for (const sample& s : good) {
        CAPTURE(std::string(s.file));
        test_vault vault(s.kek);
        const byok_file file = read(s.file);
        const auto plain = unwrap_byok(file, vault.kek_bytes(), vault);
        REQUIRE(plain);
        const bytes expected = samples::load(std::string("byok/") + s.plain);
        const byte_view raw = insecure::export_secret(*plain, shown);
        CHECK(bytes(raw.begin(), raw.end()) == expected);
        const auto key = open_byok(file, vault.kek_bytes(), vault);
        REQUIRE(key);
        CHECK(samples::hex(keys::fingerprint_of(**key)->print.bytes) == s.spki_sha256);
        CHECK(vault.calls == 2);
    }
}

TEST_CASE("unwrap_byok: a symmetric key comes out bare, and is no private key") {
    const bytes oct256 = samples::load("byok/target-oct256.bin");
    test_vault of_4096(4096), of_2048(2048);
    CHECK(equal(open_byok_symmetric(read("oct256-kek4096"), 512, of_4096).value(), secret_bytes(byte_view(oct256))));
    const auto no_secret = open_byok_symmetric(read("softhsm-p256-kek2048"), 256, of_2048);
    REQUIRE_FALSE(no_secret);
    CHECK(no_secret.error().code == errc::unsupported);
    for (const auto& [name, kek] : {std::pair{"oct256-kek4096", 4096}, std::pair{"softhsm-aes-kek2048", 2048}}) {
        CAPTURE(std::string(name));
        test_vault vault(kek);
        const auto plain = unwrap_byok(read(name), vault.kek_bytes(), vault);
        REQUIRE(plain);
        CHECK(plain->size() == 32);
        const auto key = open_byok(read(name), vault.kek_bytes(), vault);
        REQUIRE_FALSE(key);
        CHECK(key.error().code == errc::unsupported);
        CHECK(equal(open_byok_symmetric(read(name), vault.kek_bytes(), vault).value(), *plain));
    }
}

TEST_CASE("open_byok: another OAEP hash, another import key and altered bytes are one outcome") {
    test_vault vault(4096), other(2048);
    const auto hash = open_byok(read("rsa2048-kek4096-oaepsha256"), 512, vault);
    const auto kek = open_byok(wrapping(other, bytes(40, 1)), 256, [&](byte_view c1) { return test_vault(3072)(c1); });
    byok_file file = read("rsa2048-kek4096");
    file.ciphertext.back() ^= 1;
    const auto altered = open_byok(file, 512, vault);
    const auto aes128 = open_byok(wrapping(other, bytes(40, 1), 16), 256, other);
    for (const auto* outcome : {&hash, &kek, &altered, &aes128}) {
        REQUIRE_FALSE(*outcome);
        CHECK(outcome->error().code == errc::authentication_failed);
        CHECK(std::string(outcome->error().text) == "byok: the file was made for another import key, or was altered");
    }
}

TEST_CASE("open_byok: every flipped bit of the ciphertext is refused") {
    test_vault vault(2048);
    const byok_file file = read("softhsm-p256-kek2048");
    REQUIRE(file.ciphertext.size() == 256 + 80);
    // In C1 one bit of each 16 bytes, a private operation each; in C2 all, under the key that the vault gives.
    const auto aes_key = vault(byte_view(file.ciphertext).first(256));
    REQUIRE(aes_key);
    for (std::size_t bit = 0; bit < file.ciphertext.size() * 8; bit += bit < 256 * 8 ? 131 : 1) {
        byok_file flipped = file;
        flipped.ciphertext[bit / 8] ^= static_cast<std::uint8_t>(1u << (bit % 8));
        const auto opened = bit / 8 < 256 ? open_byok(flipped, 256, vault)
                                          : open_byok(flipped, 256, [&](byte_view) { return result<secret_bytes>(aes_key->clone()); });
        CAPTURE(bit);
        CHECK_FALSE(opened);
        if (!opened) CHECK(opened.error().code == errc::authentication_failed);
    }
}

TEST_CASE("open_byok: lengths that cannot be are refused without asking the vault") {
    test_vault vault(2048);
    byok_file file = read("softhsm-p256-kek2048");
    for (const std::size_t size : {0u, 1u, 255u, 256u, 264u, 271u, 273u}) {
        byok_file cut = file;
        cut.ciphertext.resize(size);
        const auto opened = open_byok(cut, 256, vault);
        REQUIRE_FALSE(opened);
        CHECK(opened.error().code == errc::malformed);
    }
    CHECK(vault.calls == 0);
    file.ciphertext.resize(272);
    CHECK_FALSE(open_byok(file, 256, vault));
    CHECK(vault.calls == 1);
}

TEST_CASE("open_byok: a vault that cannot be asked is not a forged file") {
    const auto opened = open_byok(read("softhsm-p256-kek2048"), 256,
                                  [](byte_view) -> result<secret_bytes> { return fail(errc::unavailable, "vault: no answer"); });
    REQUIRE_FALSE(opened);
    CHECK(opened.error().code == errc::unavailable);
    CHECK(opened.error().retryable());
}

TEST_CASE("open_byok: up to seven zeros may follow the key, nothing else") {
    test_vault vault(2048);
    const bytes key = samples::load("byok/target-p256.p8.der");
    const auto text_of = [&](bytes plain) {
        const auto opened = open_byok(wrapping(vault, plain), 256, vault);
        return opened ? std::string("ok") : std::string(opened.error().text);
    };
    for (std::size_t zeros = 0; zeros <= 8; ++zeros) {
        bytes padded = key;
        padded.resize(key.size() + zeros);
        CHECK((text_of(padded) == "ok") == (zeros <= 7));
    }
    bytes other = key;
    other.push_back(1);
    CHECK(text_of(other) == "byok: bytes follow the private key");
}

TEST_CASE("open_byok: PKCS#1 and SEC1 are named with the cure") {
    test_vault vault(4096), small(2048);
    const auto pkcs1 = open_byok(read("rsa2048-kek4096-pkcs1plain"), 512, vault);
    REQUIRE_FALSE(pkcs1);
    CHECK(pkcs1.error().code == errc::malformed);
    CHECK(std::string(pkcs1.error().text).find("PKCS#1") != std::string::npos);
    CHECK(std::string(pkcs1.error().text).find("openssl pkcs8 -topk8 -nocrypt") != std::string::npos);
    const auto sec1 = open_byok(wrapping(small, craft::seq({craft::integer(1), craft::octets(bytes(32, 5))})), 256, small);
    REQUIRE_FALSE(sec1);
    CHECK(std::string(sec1.error().text).find("SEC1") != std::string::npos);
    for (const bytes& rubbish : {bytes(20, 1), craft::seq({}), craft::seq({craft::integer(0)}), craft::seq({craft::octets(bytes(21))}),
                                 bytes{0x30, 0x84, 0xff, 0xff, 0xff, 0xff}}) {
        const auto opened = open_byok(wrapping(small, rubbish), 256, small);
        REQUIRE_FALSE(opened);
        CHECK(opened.error().code == errc::malformed);
    }
}

TEST_CASE("read_byok: the import key's id is read without any key") {
    const byok_file file = read("rsa2048-kek4096");
    CHECK(file.kid.ends_with(".vault.azure.net/keys/kek4096/00112233445566778899aabbccddeeff"));
    CHECK(file.generator.starts_with("openssl 3.0"));
    CHECK(file.ciphertext.size() == 512 + 1232); // C1 and C2 for RSA-2048 under a 4096-bit key
}

TEST_CASE("names_kek: host without case, name and version exactly, a version always") {
    const byok_file file{"https://My-Vault.vault.azure.net/keys/Kek/0123", "", {}};
    CHECK(names_kek(file, "https://my-vault.VAULT.azure.net/keys/Kek/0123"));
    for (const char* other : {"https://my-vault.vault.azure.net/keys/kek/0123", "https://my-vault.vault.azure.net/keys/Kek/0124",
                              "https://my-vault.vault.azure.net/keys/Kek", "https://my-vault.vault.azure.net/keys/Kek/",
                              "https://other.vault.azure.net/keys/Kek/0123", "http://my-vault.vault.azure.net/keys/Kek/0123",
                              "https://my-vault.vault.azure.net/keys/Kek/0123/", "https://my-vault.vault.azure.net/secrets/Kek/0123", ""})
        CHECK_MESSAGE(!names_kek(file, other), other);
    CHECK_FALSE(names_kek({"https://v/keys/k", "", {}}, "https://v/keys/k"));
}

TEST_CASE("read_byok: each rule of the header") {
    CHECK(read_byok(as_bytes(valid_json())));
    CHECK(read_byok(as_bytes("\xef\xbb\xbf\n " + valid_json() + "\n")));
    CHECK(read_byok(as_bytes(with("AAAA", "AA=="))));
    CHECK(read_byok(as_bytes(with("AAAA", "AA"))));
    CHECK(read_byok(as_bytes(with(",\"generator\":\"g\"", ""))));
    CHECK(read_byok(as_bytes(with("\"generator\":\"g\"", "\"other\":[1,{\"a\":2}]"))));
    CHECK(refused(with("1.0.0", "1.0")).find("secure key release") != std::string::npos);
    CHECK(refused(with("1.0.0", "2.0.0")).starts_with("unsupported"));
    CHECK(refused(with("\"1.0.0\"", "1")).starts_with("unsupported"));
    CHECK(refused(with("CKM_RSA_AES_KEY_WRAP", "RSA_AES_KEY_WRAP_256")).find("secure key release") != std::string::npos);
    CHECK(refused(with("CKM_RSA_AES_KEY_WRAP", "A256KW")).starts_with("unsupported"));
    CHECK(refused(with("dir", "RSA-OAEP")).starts_with("unsupported"));
    CHECK(refused(with("/k/1", "/k")).find("header.kid") != std::string::npos);
    CHECK(refused(with("\"header\"", "\"heading\"")).find("no header") != std::string::npos);
    CHECK(refused(with("AAAA", "")).find("ciphertext") != std::string::npos);
    CHECK(refused(with("AAAA", "+/+/")).find("base64url") != std::string::npos);
    CHECK(refused(with("\"AAAA\"", "4")).find("ciphertext") != std::string::npos);
    CHECK(refused(with("\"alg\"", "\"kid\":\"https://w/keys/k/2\",\"alg\"")).find("twice") != std::string::npos);
    CHECK(refused(with("\"generator\"", "\"ciphertext\":\"BBBB\",\"generator\"")).find("twice") != std::string::npos);
    CHECK(refused(with("\"g\"}", "\"g\"")).starts_with("malformed"));
    CHECK(refused(valid_json() + "x").starts_with("malformed"));
    CHECK(refused(with("\"g\"", "\"\xff\"")).starts_with("malformed"));
}

TEST_CASE("read_byok: 64 KiB of file, 1 KiB of generator") {
    const auto padded = [](std::size_t size) {
        std::string json = valid_json();
        json.resize(size, ' ');
        return read_byok(as_bytes(json));
    };
    CHECK(padded(byok_file_bytes - 1));
    CHECK(padded(byok_file_bytes));
    REQUIRE_FALSE(padded(byok_file_bytes + 1));
    CHECK(padded(byok_file_bytes + 1).error().code == errc::limit_exceeded);
    const auto generator = [](std::size_t size) { return read_byok(as_bytes(with("\"g\"", "\"" + std::string(size, 'g') + "\""))); };
    CHECK(generator(1023));
    CHECK(generator(1024));
    REQUIRE_FALSE(generator(1025));
    CHECK(generator(1025).error().code == errc::limit_exceeded);
}

TEST_CASE("read_byok: what is no transfer file is told what it seems to be") {
    CHECK(refused("").find("empty") != std::string::npos);
    CHECK(refused("{\"a\":1}").find("no schema_version") != std::string::npos);
    CHECK(refused("eyJzY2hlbWFfdmVyc2lvbiI6IjEuMC4wIn0").find("decode it first") != std::string::npos);
    CHECK(refused("MIIJ" + std::string(300, 'A')).find("base64 -d") != std::string::npos);
    CHECK(refused("-----BEGIN PRIVATE KEY-----\n").find("private key that nothing wraps") != std::string::npos);
    CHECK(refused("\x01\x02\xff").find("nCipher") != std::string::npos);
    const bytes pfx = samples::load("pfx/ossl-default-p256.p12");
    CHECK(refused(as_text(pfx)).find("a PFX") != std::string::npos);
}

TEST_CASE("read_byok: no truncation is accepted") {
    const bytes file = samples::load("byok/softhsm-p256-kek2048.byok");
    std::size_t end = file.size();
    while (end > 0 && file[end - 1] != '}') --end;
    for (std::size_t n = 0; n < end; ++n) CHECK_FALSE(read_byok(bytes(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(n))));
}

TEST_CASE("read_byok: among thousands of members one that occurs twice is found") {
    std::string json = "{\"schema_version\":\"1.0.0\"";
    for (int i = 0; json.size() < byok_file_bytes - 16; ++i) json += ",\"" + std::to_string(i) + "\":0";
    CHECK(refused(json + "}").find("no header") != std::string::npos);
    CHECK(refused(json + ",\"7\":0}").find("twice") != std::string::npos);
}
