// SPDX-License-Identifier: Apache-2.0
// Every sample and every single fault, with the layer that is named. Nothing here has a private key.
#include <keywright/formats/byok_diagnose.hpp>

#include "samples.hpp"

#include <filesystem>
#include <set>

using namespace keywright;
using namespace keywright::formats;

namespace {

const std::string kid = "https://v.vault.azure.net/keys/k/1";

/// A well-formed file for a 2048-bit key, holding what AES-256 takes: 256 + 40 bytes.
std::string valid_json(std::size_t ciphertext_bytes = 296) {
    return "{\"schema_version\":\"1.0.0\",\"header\":{\"kid\":\"" + kid +
           "\",\"alg\":\"dir\",\"enc\":\"CKM_RSA_AES_KEY_WRAP\"},\"ciphertext\":\"" +
           formats::detail::encode_base64url(bytes(ciphertext_bytes, 1)) + "\",\"generator\":\"g\"}";
}
std::string with(const std::string& from, const std::string& to) {
    std::string json = valid_json();
    const auto at = json.find(from);
    REQUIRE(at != std::string::npos);
    return json.replace(at, from.size(), to);
}
byok_diagnosis of(std::string_view text) { return diagnose_byok(as_bytes(text), {.kid = kid, .kek_bytes = 256}); }

} // namespace

TEST_CASE("diagnose_byok: every sample, by what its name says it holds") {
    struct row {
        const char* file;
        std::size_t kek_bytes;
        byok_layer layer;
        const char* seems_to_hold;
    };
    constexpr auto wrapping = byok_layer::wrapping;
    const row rows[] = {
        {"oct256-kek4096", 512, wrapping, "an AES-256 key"},
        {"p256-kek4096", 512, wrapping, "a P-256 key"},
        {"p384-kek2048", 256, wrapping, "a P-384 key"},
        {"p521-kek2048", 256, wrapping, "a P-521 key"},
        {"rsa2048-kek2048", 256, wrapping, "an RSA-2048 key"},
        {"rsa2048-kek3072", 384, wrapping, "an RSA-2048 key"},
        {"rsa2048-kek4096", 512, wrapping, "an RSA-2048 key"},
        {"rsa3072-kek4096", 512, wrapping, "an RSA-3072 key"},
        {"rsa4096-kek4096", 512, wrapping, "an RSA-4096 key"},
        {"softhsm-aes-kek2048", 256, wrapping, "an AES-256 key"},
        {"softhsm-p256-kek2048", 256, wrapping, "a P-256 key without its public half"},
        {"softhsm-p384-kek2048", 256, wrapping, "a P-384 key without its public half"},
        {"softhsm-p521-kek2048", 256, wrapping, "a P-521 key without its public half"},
        {"softhsm-rsa-kek2048", 256, wrapping, "an RSA-2048 key"},
        // The two faulty ones are so within what the import key wraps: nothing of it is told from outside.
        {"rsa2048-kek4096-oaepsha256", 512, wrapping, "an RSA-2048 key"},
        {"rsa2048-kek4096-pkcs1plain", 512, wrapping, ""},
    };
    std::set<std::string> seen;
    const char* text = nullptr;
    for (const row& r : rows) {
        CAPTURE(std::string(r.file));
        seen.insert(r.file);
        const bytes file = samples::load(std::string("byok/") + r.file + ".byok");
        const auto d = diagnose_byok(file, {.kek_bytes = r.kek_bytes});
        CHECK(d.layer == r.layer);
        CHECK(std::string(d.seems_to_hold) == r.seems_to_hold);
        CHECK((text == nullptr || d.text == text)); // one sentence for all
        text = d.text;
        CHECK(diagnose_byok(file, {.kid = kid}).layer == byok_layer::key_id);
        CHECK(diagnose_byok(file, {}).layer == wrapping);
    }
    for (const auto& entry : std::filesystem::directory_iterator(KEYWRIGHT_TEST_DATA "/byok"))
        if (entry.path().extension() == ".byok") CHECK_MESSAGE(seen.contains(entry.path().stem().string()), entry.path().string());
}

TEST_CASE("diagnose_byok: one fault at a time, each at its own layer") {
    struct row {
        const char* fault;
        std::string text;
        byok_layer layer;
    };
    const row rows[] = {
        {"none", valid_json(), byok_layer::wrapping},
        {"empty", "", byok_layer::file},
        {"too large", valid_json() + std::string(byok_file_bytes, ' '), byok_layer::file},
        {"PEM", "-----BEGIN PRIVATE KEY-----\n", byok_layer::file},
        {"its own base64", "eyJzY2hlbWFfdmVyc2lvbiI6IjEuMC4wIn0", byok_layer::file},
        {"cut", valid_json().substr(0, 300), byok_layer::json},
        {"a member twice", with("\"alg\"", "\"kid\":\"x\",\"alg\""), byok_layer::json},
        {"schema", with("1.0.0", "1.0"), byok_layer::schema},
        {"no header", with("\"header\"", "\"heading\""), byok_layer::header},
        {"alg", with("dir", "RSA-OAEP"), byok_layer::header},
        {"enc", with("CKM_RSA_AES_KEY_WRAP", "RSA_AES_KEY_WRAP_256"), byok_layer::header},
        {"unversioned kid", with("/k/1", "/k"), byok_layer::header},
        {"base64", with("AQEB", "AQ+B"), byok_layer::encoding},
        {"generator", with("\"g\"", "\"" + std::string(1025, 'g') + "\""), byok_layer::encoding},
        {"another version", with("/k/1", "/k/2"), byok_layer::key_id},
        {"C1 alone", valid_json(256), byok_layer::lengths},
        {"C2 of 8 bytes", valid_json(264), byok_layer::lengths},
        {"C2 of 15 bytes", valid_json(271), byok_layer::lengths},
        {"C2 of 16 bytes", valid_json(272), byok_layer::wrapping},
        {"C2 of 17 bytes", valid_json(273), byok_layer::lengths},
    };
    for (const row& r : rows) {
        CAPTURE(std::string(r.fault));
        const auto d = of(r.text);
        CHECK(d.layer == r.layer);
        CHECK(std::string(d.text).size() > 20);
    }
}

TEST_CASE("diagnose_byok: whatever the import key wraps, the answer is the same") {
    const auto answer = of(valid_json());
    std::string other = valid_json();
    const auto at = other.find("ciphertext") + 13;
    for (std::size_t i = 0; i < 390; ++i) other[at + i] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[i % 26];
    const auto changed = of(other);
    CHECK(changed.layer == answer.layer);
    CHECK(changed.code == answer.code);
    CHECK(changed.text == answer.text);
    CHECK(changed.seems_to_hold == answer.seems_to_hold);
}
