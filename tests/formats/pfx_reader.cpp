// SPDX-License-Identifier: Apache-2.0
#include <keywright/formats/pfx_reader.hpp>

#include "craft.hpp"

#include <utility>

using namespace keywright;
using namespace keywright::formats;
using samples::secret;

namespace {

const pfx_options lenient{.without_mac = accept_unauthenticated{"made by this test"}};

bytes pkcs8() { return samples::load("byok/target-p256.p8.der"); }
bytes der_of(const pfx_key& key) {
    const auto der = Botan::PKCS8::BER_encode(*key.key);
    return {der.begin(), der.end()};
}
bytes shrouded(std::size_t iterations = 10, std::string_view password = "x") {
    return craft::shrouded_key(craft::pbes2(iterations), craft::encrypt(pkcs8(), password, iterations));
}
bytes hidden(const bytes& contents, std::string_view password = "x") {
    return craft::encrypted_safe(craft::pbes2(10), craft::encrypt(contents, password, 10));
}
template <class Opened>
errc code_of(const Opened& opened) {
    REQUIRE_FALSE(opened);
    CHECK(std::string(opened.error().text).starts_with("pfx: "));
    return opened.error().code;
}

} // namespace

TEST_CASE("open_pfx: a key comes out as the very key that went in") {
    const bytes file = craft::pfx({craft::plain_safe({shrouded()})}, "x", 5);
    const auto opened = open_pfx(file, secret("x"));
    REQUIRE(opened);
    REQUIRE(opened->keys.size() == 1);
    CHECK(der_of(opened->keys[0]) == pkcs8());
    CHECK(opened->keys[0].encrypted);
    CHECK(opened->has_mac);
    CHECK(opened->keys_protected());
}

TEST_CASE("open_pfx: a key in the clear is not protected, whatever the MAC's password") {
    const auto opened = open_pfx(craft::pfx({craft::plain_safe({craft::plain_key(pkcs8()), shrouded()})}, "x", 5), secret("x"));
    REQUIRE(opened);
    CHECK(opened->has_password);
    CHECK_FALSE(opened->keys[0].encrypted);
    CHECK(opened->keys[1].encrypted);
    CHECK_FALSE(opened->keys_protected());
}

TEST_CASE("open_pfx: a plain key within an encrypted safe is protected") {
    const auto opened = open_pfx(craft::pfx({hidden(craft::seq({craft::plain_key(pkcs8())}))}, "x", 5), secret("x"));
    REQUIRE(opened);
    CHECK(opened->keys_protected());
}

TEST_CASE("open_pfx: no password and an empty password are different inputs") {
    SUBCASE("an encrypted file asks for a password, and no derivation runs") {
        pfx_work work;
        CHECK(code_of(open_pfx(samples::load("pfx/ossl-empty-pw.p12"), no_password, {.work = &work})) == errc::password_needed);
        CHECK(work.derivations == 0);
        CHECK(open_pfx(samples::load("pfx/ossl-empty-pw.p12"), secret("")));
    }
    SUBCASE("a MAC made with a password asks for it") {
        CHECK(code_of(open_pfx(samples::load("pfx/ossl-pbe-none.p12"), no_password)) == errc::password_needed);
    }
    SUBCASE("a file made without one opens without one, and has none") {
        for (const char* file : {"pfx/pyca38-noenc.p12", "pfx/pyca48-noenc.p12", "pfx/forge-null-pw.p12"}) {
            CAPTURE(std::string(file));
            const auto opened = open_pfx(samples::load(file), no_password);
            REQUIRE(opened);
            CHECK_FALSE(opened->has_password);
            CHECK_FALSE(opened->keys_protected());
        }
    }
    SUBCASE("an empty password protects nothing") {
        const auto opened = open_pfx(samples::load("pfx/ossl-empty-pw.p12"), secret(""));
        REQUIRE(opened);
        CHECK(opened->keys[0].encrypted);
        CHECK_FALSE(opened->has_password);
        CHECK_FALSE(opened->keys_protected());
    }
    SUBCASE("any password opens what nothing protects, and that is not called a password") {
        const auto opened = open_pfx(samples::load("pfx/ossl-none-nomac.p12"), secret("whatever"), lenient);
        REQUIRE(opened);
        CHECK_FALSE(opened->has_password);
    }
}

TEST_CASE("open_pfx: a password that is not UTF-8 is malformed") {
    const auto opened = open_pfx(samples::load("pfx/ossl-default-p256.p12"), secret("caf\xe9"));
    CHECK(code_of(opened) == errc::malformed);
}

TEST_CASE("open_pfx: a file without a MAC is refused before any derivation, unless that is accepted") {
    const bytes file = craft::pfx_without_mac({craft::plain_safe({shrouded()})});
    pfx_work work;
    CHECK(code_of(open_pfx(file, secret("x"), {.work = &work})) == errc::unauthenticated);
    CHECK(work.derivations == 0);
    CHECK(open_pfx(file, secret("x"), lenient));
}

TEST_CASE("open_pfx: the MAC is verified before anything is decrypted") {
    pfx_work work;
    const bytes file = craft::pfx({hidden(craft::seq({shrouded()}))}, "x", 5);
    CHECK(code_of(open_pfx(file, secret("y"), {.work = &work})) == errc::authentication_failed);
    CHECK(work.derivations == 1);
    CHECK(work.cost == 5);
}

TEST_CASE("open_pfx: one outcome for a wrong password and for an altered file") {
    bytes file = craft::pfx({craft::plain_safe({shrouded()})}, "x", 5);
    const auto wrong = open_pfx(file, secret("y"));
    file[file.size() / 2] ^= 1; // in the key's ciphertext
    const auto altered = open_pfx(file, secret("x"));
    REQUIRE_FALSE(wrong);
    REQUIRE_FALSE(altered);
    CHECK(wrong.error().code == errc::authentication_failed);
    CHECK(altered.error().code == errc::authentication_failed);
    CHECK(std::string(wrong.error().text) == altered.error().text);
}

TEST_CASE("open_pfx: a key with a password of its own is told, behind a good MAC") {
    const auto opened = open_pfx(craft::pfx({craft::plain_safe({shrouded(10, "another")})}, "x", 5), secret("x"));
    CHECK(code_of(opened) == errc::authentication_failed);
    CHECK(std::string(opened.error().text).find("password of its own") != std::string::npos);
}

TEST_CASE("open_pfx: rubbish behind a good MAC is malformed, not a wrong password") {
    CHECK(code_of(open_pfx(craft::pfx({hidden(bytes{1, 2, 3})}, "x", 5), secret("x"))) == errc::malformed);
    const bytes no_key = craft::shrouded_key(craft::pbes2(10), craft::encrypt(bytes{0x30, 0x00}, "x", 10));
    CHECK(code_of(open_pfx(craft::pfx({craft::plain_safe({no_key})}, "x", 5), secret("x"))) == errc::malformed);
    // PEM in a key bag is text, not a key: Botan's loader would take it.
    const std::string pem = "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n";
    const bytes text = craft::shrouded_key(craft::pbes2(10), craft::encrypt(as_bytes(pem), "x", 10));
    CHECK(code_of(open_pfx(craft::pfx({craft::plain_safe({text})}, "x", 5), secret("x"))) == errc::malformed);
}

TEST_CASE("open_pfx: all keys come out with their own names") {
    const auto opened = open_pfx(samples::load("pfx/kt-multikey.p12"), secret("test1234"));
    REQUIRE(opened);
    REQUIRE(opened->keys.size() == 2);
    CHECK(opened->keys[0].friendly_name == "k1");
    CHECK(opened->keys[1].friendly_name == "k2");
    CHECK(opened->keys[0].certificate != opened->keys[1].certificate);
}

TEST_CASE("open_pfx: a certificate is a key's only when it holds its public key") {
    const auto chain = open_pfx(samples::load("pfx/ossl-chain.p12"), secret("test1234"));
    REQUIRE(chain);
    CHECK(chain->keys[0].match == certificate_match::matched);
    CHECK(chain->other_certificates.size() == 1);
    const bytes certificate = chain->keys[0].certificate;
    const bytes id{1, 2, 3};
    SUBCASE("one that claims a foreign key by its local key id is a mismatch") {
        const auto opened = open_pfx(craft::pfx({craft::plain_safe({craft::with_local_key_id(shrouded(), id),
                                                                    craft::with_local_key_id(craft::certificate(certificate), id)})},
                                                "x", 5),
                                     secret("x"));
        REQUIRE(opened);
        CHECK(opened->keys[0].match == certificate_match::mismatch);
        CHECK(opened->keys[0].certificate.empty());
        CHECK(opened->keys[0].local_key_id == id);
        REQUIRE(opened->other_certificates.size() == 1);
        CHECK(opened->other_certificates[0].der == certificate);
    }
    SUBCASE("one that claims nothing is just another certificate") {
        const auto opened = open_pfx(craft::pfx({craft::plain_safe({shrouded(), craft::certificate(certificate)})}, "x", 5), secret("x"));
        REQUIRE(opened);
        CHECK(opened->keys[0].match == certificate_match::none);
    }
    SUBCASE("one that is no certificate at all does not stand in the key's way") {
        const auto opened =
            open_pfx(craft::pfx({craft::plain_safe({shrouded(), craft::certificate(bytes{1, 2, 3})})}, "x", 5), secret("x"));
        REQUIRE(opened);
        CHECK(opened->other_certificates.size() == 1);
    }
}

TEST_CASE("open_pfx: RSA-1024, RSA-4096 and EC keys are read; refusing them is a policy's business") {
    for (const char* file : {"pfx/ossl-default-rsa1024.p12", "pfx/ossl-default-rsa4096.p12", "pfx/ossl-default-p256.p12",
                             "pfx/ossl-default-p521.p12", "pfx/ossl-default-ed25519.p12"}) {
        CAPTURE(std::string(file));
        CHECK(open_pfx(samples::load(file), secret("test1234")));
    }
}

TEST_CASE("open_pfx: what a bag holds that is neither key nor certificate is listed") {
    const auto opened = open_pfx(samples::load("pfx/kt-seckey.p12"), secret("test1234"));
    REQUIRE(opened);
    CHECK(opened->keys.empty());
    CHECK(opened->other_bags == std::vector<std::string>{"1.2.840.113549.1.12.10.1.5"});
}

TEST_CASE("open_pfx: a refused algorithm is named with its place and the cure, before any derivation") {
    const bytes rc2 = craft::seq({craft::oid("1.2.840.113549.1.12.1.6"), craft::seq({craft::octets(craft::salt), craft::integer(1)})});
    const bytes unknown = craft::seq({craft::oid("1.2.3.4"), craft::seq({})});
    const auto text_of = [](const bytes& file) {
        pfx_work work;
        const auto opened = open_pfx(file, secret("x"), {.work = &work});
        CHECK(work.derivations == 0);
        CHECK(code_of(opened) == errc::unsupported);
        return std::string(opened.error().text);
    };
    const std::string safe = text_of(craft::pfx({craft::encrypted_safe(rc2, bytes(8))}, "x", 5));
    CHECK(
        safe ==
        "pfx: an encrypted safe uses PKCS#12 RC2-40, which is not offered; convert the file: openssl pkcs12 -legacy -in old.pfx -nodes | openssl pkcs12 -export -out new.pfx");
    CHECK(text_of(craft::pfx({craft::plain_safe({craft::shrouded_key(rc2, bytes(8))})}, "x", 5))
              .starts_with("pfx: a key bag uses PKCS#12 RC2-40"));
    CHECK(text_of(craft::pfx({craft::plain_safe({craft::shrouded_key(unknown, bytes(8))})}, "x", 5)).find("not known") !=
          std::string::npos);
}

TEST_CASE("open_pfx: the MAC may use any digest of Botan's, and PBMAC1 any of its HMACs") {
    using hash = std::pair<const char*, const char*>;
    const bytes content = craft::seq({craft::plain_safe({shrouded()})});
    const auto file = [&](const char* name, const Botan::secure_vector<std::uint8_t>& key, const bytes& algorithm) {
        const auto hmac = Botan::MessageAuthenticationCode::create_or_throw("HMAC(" + std::string(name) + ")");
        hmac->set_key(key);
        hmac->update(content);
        const bytes digest = craft::seq({algorithm, craft::octets(hmac->final())});
        return craft::seq({craft::integer(3), craft::seq({craft::oid("1.2.840.113549.1.7.1"), craft::explicit0(craft::octets(content))}),
                           craft::seq({digest, craft::octets(craft::salt), craft::integer(2)})});
    };
    // Object identifiers as `openssl list -objects` and NIST's register have them.
    for (const auto& [name, id] :
         {hash{"SHA-1", "1.3.14.3.2.26"}, hash{"SHA-224", "2.16.840.1.101.3.4.2.4"}, hash{"SHA-256", "2.16.840.1.101.3.4.2.1"},
          hash{"SHA-384", "2.16.840.1.101.3.4.2.2"}, hash{"SHA-512", "2.16.840.1.101.3.4.2.3"},
          hash{"SHA-512-256", "2.16.840.1.101.3.4.2.6"}, hash{"SHA-3(224)", "2.16.840.1.101.3.4.2.7"},
          hash{"SHA-3(256)", "2.16.840.1.101.3.4.2.8"}, hash{"SHA-3(384)", "2.16.840.1.101.3.4.2.9"},
          hash{"SHA-3(512)", "2.16.840.1.101.3.4.2.10"}, hash{"MD5", "1.2.840.113549.2.5"}, hash{"MD4", "1.2.840.113549.2.4"},
          hash{"RIPEMD-160", "1.3.36.3.2.1"}, hash{"SM3", "1.2.156.10197.1.401"}}) {
        CAPTURE(std::string(name));
        Botan::secure_vector<std::uint8_t> key(Botan::HashFunction::create_or_throw(name)->output_length());
        Botan::PasswordHashFamily::create_or_throw("PKCS12-KDF(" + std::string(name) + ",3)")
            ->from_iterations(2)
            ->hash(key, "x", craft::salt);
        const bytes made = file(name, key, craft::seq({craft::oid(id)}));
        CHECK(open_pfx(made, secret("x")));
        CHECK(code_of(open_pfx(made, secret("y"))) == errc::authentication_failed);
    }
    for (const auto& [name, id] :
         {hash{"SHA-1", "1.2.840.113549.2.7"}, hash{"SHA-224", "1.2.840.113549.2.8"}, hash{"SHA-256", "1.2.840.113549.2.9"},
          hash{"SHA-384", "1.2.840.113549.2.10"}, hash{"SHA-512", "1.2.840.113549.2.11"}, hash{"SHA-512-256", "1.2.840.113549.2.13"},
          hash{"SHA-3(224)", "2.16.840.1.101.3.4.2.13"}, hash{"SHA-3(256)", "2.16.840.1.101.3.4.2.14"},
          hash{"SHA-3(384)", "2.16.840.1.101.3.4.2.15"}, hash{"SHA-3(512)", "2.16.840.1.101.3.4.2.16"}}) {
        CAPTURE(std::string(name));
        Botan::secure_vector<std::uint8_t> key(33);
        Botan::PasswordHashFamily::create_or_throw("PBKDF2(HMAC(" + std::string(name) + "))")
            ->from_iterations(2)
            ->hash(key, "x", craft::salt);
        const bytes kdf =
            craft::seq({craft::oid("1.2.840.113549.1.5.12"),
                        craft::seq({craft::octets(craft::salt), craft::integer(2), craft::integer(33), craft::seq({craft::oid(id)})})});
        const bytes made =
            file(name, key, craft::seq({craft::oid("1.2.840.113549.1.5.14"), craft::seq({kdf, craft::seq({craft::oid(id)})})}));
        CHECK(open_pfx(made, secret("x")));
        CHECK(code_of(open_pfx(made, secret("y"))) == errc::authentication_failed);
    }
}

TEST_CASE("open_pfx: a wrong password, a bad MAC and bad padding run the same operations in the same order") {
    using enum pfx_step;
    const auto steps_of = [](const bytes& file, std::string_view password) {
        pfx_work work;
        const auto opened = open_pfx(file, secret(password), {.without_mac = accept_unauthenticated{"compared here"}, .work = &work});
        CHECK_FALSE(opened);
        if (!opened) CHECK(opened.error().code == errc::authentication_failed);
        return work;
    };
    const auto same = [&](const bytes& good, const bytes& altered, const std::vector<pfx_step>& expected) {
        const pfx_work wrong = steps_of(good, "y"), bad = steps_of(altered, "x");
        CHECK(wrong.steps == expected);
        CHECK(bad.steps == expected);
        CHECK(wrong.cost == bad.cost);
        CHECK(wrong.derivations == bad.derivations);
    };
    const auto flipped = [](bytes file, std::size_t from_end) {
        file[file.size() - from_end] ^= 1;
        return file;
    };
    SUBCASE("with a MAC, nothing is decrypted") {
        const bytes file = craft::pfx({hidden(craft::seq({shrouded()})), craft::plain_safe({shrouded()})}, "x", 5);
        same(file, flipped(file, 20), {derive_mac_key, check_mac});             // the MAC
        same(file, flipped(file, file.size() / 2), {derive_mac_key, check_mac}); // a ciphertext
    }
    SUBCASE("without one, all that is visible is, wherever the padding is bad") {
        const auto other = [] {
            return craft::shrouded_key(craft::pbes2(7, craft::other_salt), craft::encrypt(pkcs8(), "x", 7, craft::other_salt));
        };
        const bytes safe = hidden(craft::seq({other()}));
        const bytes file = craft::pfx_without_mac({safe, craft::plain_safe({other()})});
        const std::vector<pfx_step> all{derive_key, decrypt, derive_key, decrypt};
        same(file, flipped(file, 1), all); // the key's padding, which stands last
        bytes bad_safe = safe;
        bad_safe.back() ^= 1; // the safe's padding
        same(file, craft::pfx_without_mac({bad_safe, craft::plain_safe({other()})}), all);
    }
    SUBCASE("an empty password is tried in both its forms, whatever is wrong") {
        const bytes file = craft::pfx({craft::plain_safe({shrouded(10, "")})}, "", 5);
        pfx_work wrong, bad;
        CHECK_FALSE(open_pfx(craft::pfx({craft::plain_safe({shrouded(10, "")})}, "z", 5), secret(""), {.work = &wrong}));
        CHECK_FALSE(open_pfx(flipped(file, 20), secret(""), {.work = &bad}));
        CHECK(wrong.steps == std::vector<pfx_step>{derive_mac_key, check_mac, derive_mac_key, check_mac});
        CHECK(bad.steps == wrong.steps);
        CHECK(bad.cost == wrong.cost);
    }
}

TEST_CASE("open_pfx: an algorithm that is refused for a key does not reach Botan, and one that is known does") {
    CHECK(open_pfx(samples::load("pfx/ossl-default-ed25519.p12"), secret("test1234")));
    const auto dsa = craft::seq({craft::integer(0), craft::seq({craft::oid("1.2.840.10040.4.1")}), craft::octets(bytes{2, 1, 1})});
    CHECK(code_of(open_pfx(craft::pfx({craft::plain_safe({craft::plain_key(dsa)})}, "x", 5), secret("x"))) == errc::unsupported);
}
