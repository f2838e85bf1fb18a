// SPDX-License-Identifier: Apache-2.0
// Project Wycheproof's vectors, through the paths that keywright itself takes:
//   wycheproof_vectors FOLDER     of its JSON files; prints a line for each, and fails where one ends otherwise
// Every vector is counted: it opens, it is refused, or its parameters are none that the path admits (another size of IV,
// key or output, a label). The counts stand in the table at the end.
#include <keywright/detail/hkdf.hpp>
#include <keywright/envelope/field.hpp>
#include <keywright/formats/byok_reader.hpp>
#include <keywright/insecure.hpp>
#include <keywright/keys/raw_rsa_keyring.hpp>

#include <botan/data_src.h>
#include <botan/hex.h>
#include <botan/pkcs8.h>
#include <nlohmann/json.hpp>

#include <cstdio>
#include <fstream>
#include <map>

using namespace keywright;
using json = nlohmann::json;

namespace {

enum class ending { opens, refused, not_applicable, wrong };

bytes hex(const json& test, const char* field) { return Botan::hex_decode(test.at(field).get<std::string>()); }
bytes joined(byte_view a, byte_view b) {
    bytes all(a.begin(), a.end());
    append(all, b);
    return all;
}
/// What it came to, if that is what the vector says. `acceptable` may end either way.
ending judged(const json& test, const std::optional<bytes>& found, const bytes& expected) {
    const auto says = test.at("result").get<std::string>();
    if (found && (says == "invalid" || *found != expected)) return ending::wrong;
    if (!found && says == "valid") return ending::wrong;
    return found ? ending::opens : ending::refused;
}
std::optional<bytes> seen(const result<secret_bytes>& secret) {
    if (!secret) return std::nullopt;
    const byte_view v = insecure::export_secret(*secret, insecure::secret_access{"compared in a test"});
    return bytes(v.begin(), v.end());
}

// --- one vector, each by one path ---

/// Messages and their frames: in place, both directions.
ending gcm(const json& group, const json& test) {
    if (group.at("ivSize") != 96 || group.at("tagSize") != 128) return ending::not_applicable;
    const bytes key = hex(test, "key"), iv = hex(test, "iv"), aad = hex(test, "aad"), text = hex(test, "msg"), tag = hex(test, "tag");
    bytes data = hex(test, "ct");
    const bool opened = detail::aes_gcm::make(key, Botan::Cipher_Dir::Decryption).value().open(iv, aad, data, tag).has_value();
    const auto end = judged(test, opened ? std::optional(data) : std::nullopt, text);
    if (end != ending::opens) return end;
    bytes sealed = text, made(16);
    if (!detail::aes_gcm::make(key, Botan::Cipher_Dir::Encryption).value().seal(iv, aad, sealed, made)) return ending::wrong;
    return sealed == hex(test, "ct") && made == tag ? end : ending::wrong;
}

/// Wrapped keys: the same vector as an entry of a header or of the store.
ending gcm_wrap(const json& group, const json& test) {
    const bytes text = hex(test, "msg"), iv = hex(test, "iv");
    if (group.at("ivSize") != 96 || group.at("tagSize") != 128 || text.empty()) return ending::not_applicable;
    const bytes info = joined(Botan::hex_decode("6e000000800000000c"), iv); // name `n`, tag bits, IV bytes
    const auto entry = keys::wrapped_key::of("p", info, joined(hex(test, "ct"), hex(test, "tag")));
    auto under = keys::kek::make(secret_bytes(hex(test, "key"))).value();
    return judged(test, seen(under.unwrap("p", "n", hex(test, "aad"), entry.view())), text);
}

/// Fields under a keyset of one raw key; `whole_aead`, which seals them, in the other direction.
ending field(envelope::field_suite suite, const char* name, const json& group, const json& test) {
    if (group.at("ivSize") != 96 || group.at("tagSize") != 128 || group.at("keySize") != 256) return ending::not_applicable;
    const bytes key = hex(test, "key"), iv = hex(test, "iv"), aad = hex(test, "aad"), text = hex(test, "msg");
    const bytes sealed = joined(hex(test, "ct"), hex(test, "tag"));
    auto cipher = envelope::field_cipher::make_unleased(envelope::keyset::of_raw_key(suite, secret_bytes(byte_view(key))).value()).value();
    const auto opened = cipher.open(aad, joined(iv, sealed));
    const auto end = judged(test, opened ? std::optional(*opened) : std::nullopt, text);
    if (end != ending::opens) return end;
    bytes made(text.size() + 16);
    const auto done = detail::whole_aead::make(name, key).value().seal(iv, aad, text, made);
    return done && made == sealed ? end : ending::wrong;
}
ending gcm_field(const json& group, const json& test) { return field(envelope::field_suite::aes256_gcm, "AES-256/GCM", group, test); }
ending gcm_siv_field(const json& group, const json& test) {
    return field(envelope::field_suite::aes256_gcm_siv, "AES-256/GCM-SIV", group, test);
}

/// AES-SIV with a nonce. Fields for look-ups have none; what is below them takes one.
ending siv(const json& group, const json& test) {
    if (group.at("keySize") != 512) return ending::not_applicable;
    const bytes iv = hex(test, "iv"), aad = hex(test, "aad"), text = hex(test, "msg"), sealed = joined(hex(test, "tag"), hex(test, "ct"));
    auto aead = detail::whole_aead::make("AES-256/SIV", hex(test, "key")).value();
    if (sealed.size() < 16) return ending::not_applicable;
    bytes out(sealed.size() - 16);
    const bool opened = aead.open(iv, aad, sealed, out).has_value();
    const auto end = judged(test, opened ? std::optional(out) : std::nullopt, text);
    if (end != ending::opens) return end;
    bytes made(text.size() + 16);
    return aead.seal(iv, aad, text, made) && made == sealed ? end : ending::wrong;
}

/// The inner wrap of a BYOK file, whose outer one gives the vector's key.
ending kwp(const json& group, const json& test) {
    if (group.at("keySize") != 256) return ending::not_applicable;
    constexpr std::size_t outer = 256;
    const formats::byok_file file{"", "", joined(bytes(outer), hex(test, "ct"))};
    const auto unwrapped =
        formats::unwrap_byok(file, outer, [&](byte_view) { return result<secret_bytes>(secret_bytes(hex(test, "key"))); });
    return judged(test, seen(unwrapped), hex(test, "msg"));
}
/// Nothing here wraps by AES-KW without padding.
ending kw(const json&, const json&) { return ending::not_applicable; }

/// Derived keys have no salt; format version 2, whose salt is the message's id, is proven by its own known answers.
ending hkdf(const char* name, const json& test) {
    if (!test.at("salt").get<std::string>().empty() || test.at("result") != "valid") return ending::not_applicable;
    const auto found = detail::hkdf(name, hex(test, "ikm"), hex(test, "info"), test.at("size").get<std::size_t>());
    return judged(test, seen(found), hex(test, "okm"));
}
ending hkdf_sha256(const json&, const json& test) { return hkdf("HKDF(SHA-256)", test); }
ending hkdf_sha384(const json&, const json& test) { return hkdf("HKDF(SHA-384)", test); }

/// A raw RSA keyring's entry. What opens to something that is no data key is refused as a forged one, and counted apart.
ending oaep(const json& group, const json& test) {
    static const std::map<std::string, keys::oaep_hash> hashes{{"SHA-1", keys::oaep_hash::sha1},
                                                               {"SHA-256", keys::oaep_hash::sha256},
                                                               {"SHA-384", keys::oaep_hash::sha384},
                                                               {"SHA-512", keys::oaep_hash::sha512}};
    const auto hash = hashes.find(group.at("sha").get<std::string>());
    const bool ours = hash != hashes.end() && group.at("mgfSha") == group.at("sha") && group.at("keySize") >= 2048;
    if (!ours || !test.at("label").get<std::string>().empty()) return ending::not_applicable;
    static std::string kept_pem; // a key serves all vectors of its group
    static std::shared_ptr<const Botan::Private_Key> kept;
    const auto pem = group.at("privateKeyPem").get<std::string>();
    if (kept_pem != pem) {
        Botan::DataSource_Memory source(hex(group, "privateKeyPkcs8"));
        kept = Botan::PKCS8::load_key(source);
        kept_pem = pem;
    }
    const auto keyring = keys::raw_rsa_keyring::make("p", "n", hash->second, kept).value();
    const auto entry = keys::wrapped_key::of("p", as_bytes("n"), hex(test, "ct"));
    const auto view = entry.view();
    const auto found = keyring.on_decrypt({}, {&view, 1});
    const bytes text = hex(test, "msg");
    const bool data_key = text.size() == 16 || text.size() == 24 || text.size() == 32;
    if (test.at("result") == "valid" && !data_key)
        return !found && found.error().code == errc::authentication_failed ? ending::refused : ending::wrong;
    if (!found && found.error().code != errc::authentication_failed) return ending::wrong;
    return judged(test, seen(found), text);
}

// --- all of them ---

struct row {
    const char* file;
    const char* path;
    ending (*run)(const json&, const json&);
    int opens, refused, not_applicable;
};
constexpr row rows[] = {
    {"aes_gcm", "frames", gcm, 116, 81, 119},
    {"aes_gcm", "wrapped keys", gcm_wrap, 112, 81, 123},
    {"aes_gcm", "fields", gcm_field, 39, 27, 250},
    {"aes_gcm_siv", "fields", gcm_siv_field, 69, 34, 99},
    {"aead_aes_siv_cmac", "below look-ups", siv, 84, 216, 600},
    {"aes_kwp", "BYOK", kwp, 25, 69, 160},
    {"aes_wrap", "(nothing wraps by it)", kw, 0, 0, 165},
    {"hkdf_sha256", "derived keys", hkdf_sha256, 23, 0, 63},
    {"hkdf_sha384", "format version 1", hkdf_sha384, 22, 0, 61},
    {"rsa_oaep_2048_sha1_mgf1sha1", "raw RSA keyring", oaep, 1, 28, 7},
    {"rsa_oaep_2048_sha224_mgf1sha1", "raw RSA keyring", oaep, 0, 0, 31},
    {"rsa_oaep_2048_sha224_mgf1sha224", "raw RSA keyring", oaep, 0, 0, 35},
    {"rsa_oaep_2048_sha256_mgf1sha1", "raw RSA keyring", oaep, 0, 0, 31},
    {"rsa_oaep_2048_sha256_mgf1sha256", "raw RSA keyring", oaep, 1, 28, 8},
    {"rsa_oaep_2048_sha384_mgf1sha1", "raw RSA keyring", oaep, 0, 0, 31},
    {"rsa_oaep_2048_sha384_mgf1sha384", "raw RSA keyring", oaep, 1, 27, 6},
    {"rsa_oaep_2048_sha512_224_mgf1sha1", "raw RSA keyring", oaep, 0, 0, 32},
    {"rsa_oaep_2048_sha512_224_mgf1sha512_224", "raw RSA keyring", oaep, 0, 0, 35},
    {"rsa_oaep_2048_sha512_mgf1sha1", "raw RSA keyring", oaep, 0, 0, 31},
    {"rsa_oaep_2048_sha512_mgf1sha512", "raw RSA keyring", oaep, 1, 28, 4},
    {"rsa_oaep_3072_sha256_mgf1sha1", "raw RSA keyring", oaep, 0, 0, 32},
    {"rsa_oaep_3072_sha256_mgf1sha256", "raw RSA keyring", oaep, 1, 28, 8},
    {"rsa_oaep_3072_sha512_256_mgf1sha1", "raw RSA keyring", oaep, 0, 0, 31},
    {"rsa_oaep_3072_sha512_256_mgf1sha512_256", "raw RSA keyring", oaep, 0, 0, 37},
    {"rsa_oaep_3072_sha512_mgf1sha1", "raw RSA keyring", oaep, 0, 0, 31},
    {"rsa_oaep_3072_sha512_mgf1sha512", "raw RSA keyring", oaep, 1, 27, 5},
    {"rsa_oaep_4096_sha256_mgf1sha1", "raw RSA keyring", oaep, 0, 0, 32},
    {"rsa_oaep_4096_sha256_mgf1sha256", "raw RSA keyring", oaep, 1, 28, 8},
    {"rsa_oaep_4096_sha512_mgf1sha1", "raw RSA keyring", oaep, 0, 0, 31},
    {"rsa_oaep_4096_sha512_mgf1sha512", "raw RSA keyring", oaep, 1, 28, 7},
    {"rsa_oaep_misc", "raw RSA keyring", oaep, 0, 45, 350},
};

int run(const row& r, const std::string& folder) {
    std::ifstream in(folder + "/" + r.file + "_test.json");
    const json all = json::parse(in);
    std::array<int, 4> counts{};
    for (const auto& group : all.at("testGroups"))
        for (const auto& test : group.at("tests")) {
            const auto end = r.run(group, test);
            ++counts[static_cast<std::size_t>(end)];
            if (end == ending::wrong) std::printf("%s, %s: vector %d is wrong\n", r.file, r.path, test.at("tcId").get<int>());
        }
    const auto [opens, refused, not_applicable, wrong] = counts;
    std::printf("%-40s %-22s %4d open, %4d are refused, %4d do not apply\n", r.file, r.path, opens, refused, not_applicable);
    const bool as_counted = opens == r.opens && refused == r.refused && not_applicable == r.not_applicable && wrong == 0;
    const bool complete = opens + refused + not_applicable + wrong == all.at("numberOfTests").get<int>();
    if (!as_counted || !complete) std::printf("  expected %d, %d, %d\n", r.opens, r.refused, r.not_applicable);
    return as_counted && complete ? 0 : 1;
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 2) return 2;
    int failed = 0;
    for (const row& r : rows) failed += run(r, argv[1]);
    return failed == 0 ? 0 : 1;
}
