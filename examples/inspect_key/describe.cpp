// SPDX-License-Identifier: Apache-2.0
// Files that are no PFX: what each kind is, and what its open part says. Nothing secret is decoded, and what comes out
// of a file is escaped where it is shown.
#include "examine.hpp"

#include <keywright/formats/byok_diagnose.hpp>

#include <botan/base64.h>
#include <fmt/format.h>

#include <array>
#include <map>

namespace inspect_key {

using namespace keywright;
using formats::key_file_kind;

namespace {

struct kind_row {
    key_file_kind kind;
    const char* word; // stable
    const char* sentence;
};
constexpr std::array kinds{
    kind_row{key_file_kind::empty, "empty", "an empty file"},
    kind_row{key_file_kind::byok, "byok", "a BYOK key transfer file (JSON)"},
    kind_row{key_file_kind::json, "json", "JSON"},
    kind_row{key_file_kind::byok_in_base64, "byok_in_base64", "base64 of a JSON object, perhaps of a BYOK transfer file"},
    kind_row{key_file_kind::jws, "jose", "a JWS or JWE in its compact form"},
    kind_row{key_file_kind::pem_private_key, "pem_private_key", "PEM with a private key"},
    kind_row{key_file_kind::pem, "pem", "PEM without a private key at its beginning"},
    kind_row{key_file_kind::der_private_key, "der_private_key", "DER of a private key that nothing wraps"},
    kind_row{key_file_kind::der, "der", "DER, but neither a PFX nor a private key: a certificate, a public key, a CMS"},
    kind_row{key_file_kind::pem_encrypted_key, "pem_encrypted_key", "PEM of an encrypted PKCS#8 key"},
    kind_row{key_file_kind::der_encrypted_key, "der_encrypted_key", "an encrypted PKCS#8 key"},
    kind_row{key_file_kind::openssh_key, "openssh_key", "a private key of OpenSSH"},
    kind_row{key_file_kind::jwk_private, "jwk", "a JSON Web Key"},
    kind_row{key_file_kind::jwk_public, "jwk", "a JSON Web Key"},
    kind_row{key_file_kind::pem_pfx, "pem_pfx", "a PFX as text"},
    kind_row{key_file_kind::der_in_base64, "der_in_base64", "base64 of DER without PEM's lines, such as a PFX as text"},
    kind_row{key_file_kind::xml, "xml", "XML"},
    kind_row{key_file_kind::text, "text", "text"},
};

constexpr std::size_t text_that_is_read = 64 << 10;

void note(report& r, const char* name, std::string value) { r.details.emplace_back(name, std::move(value)); }

// --- BYOK ---

void describe_byok(report& r, const bytes& content) {
    const auto file = formats::read_byok(content);
    if (!file) {
        r.trouble = file.error();
        return;
    }
    note(r, "kek", file->kid);
    note(r, "wrapping", "RSAES-OAEP (SHA-1) and AES-KWP, CKM_RSA_AES_KEY_WRAP");
    if (!file->generator.empty()) note(r, "generator", file->generator);
    const std::size_t size = file->ciphertext.size();
    note(r, "ciphertext_bytes", std::to_string(size));
    const auto fits = guess_transfer(content);
    if (fits.kek_bits == 0) {
        note(r, "fits", "no import key of 2048, 3072 or 4096 bits");
        return;
    }
    note(r, "kek_bits", std::to_string(fits.kek_bits));
    note(r, "c1_bytes", std::to_string(fits.kek_bits / 8));
    note(r, "c2_bytes", std::to_string(size - fits.kek_bits / 8));
    note(r, "holds", fits.what);
}

// --- PEM and JOSE ---

void describe_pem(report& r, std::string_view text) {
    std::map<std::string, std::size_t> labels;
    constexpr std::string_view begin = "-----BEGIN ", end = "-----";
    for (std::size_t at = 0; (at = text.find(begin, at)) != std::string_view::npos;) {
        at += begin.size();
        const auto stop = text.find(end, at);
        if (stop == std::string_view::npos || stop - at > 64) break;
        ++labels[std::string(text.substr(at, stop - at))];
    }
    for (const auto& [label, times] : labels) note(r, "block", times == 1 ? label : fmt::format("{} ({} times)", label, times));
    const bool secret = text.find("ENCRYPTED") != std::string_view::npos;
    if (r.kind != "pem")
        note(r, "private_key", secret ? "encrypted under a password" : "not under a password that is seen here: protect this file");
}

/// The members of a JSON object that say what it is, and none that is secret.
void describe_json(report& r, const nlohmann::json& object) {
    for (const char* member : {"kty", "crv", "use", "alg", "enc", "typ", "kid", "schema_version"}) {
        const auto found = object.find(member);
        if (found != object.end() && found->is_string()) note(r, member, found->get<std::string>());
    }
    if (!object.contains("kty")) return;
    const bool open = object.contains("d") || object.contains("k");
    note(r, "private_key", open ? "in the clear: protect this file" : "not there");
}
void describe_json_text(report& r, std::string_view text) {
    // No key file is nested deeper; the parser is not recursive, but what it returns is destroyed recursively.
    const auto shallow = [](int depth, nlohmann::json::parse_event_t, nlohmann::json&) { return depth < 8; };
    const auto json = nlohmann::json::parse(text, shallow, false);
    if (json.is_object()) describe_json(r, json);
}
void describe_jose(report& r, std::string_view text) {
    const auto dots = std::count(text.begin(), text.end(), '.');
    note(r, "form", dots == 4 ? "JWE, encrypted" : "JWS, signed; not encrypted");
    std::string header(text.substr(0, std::min(text.find('.'), std::size_t{4096})));
    std::replace(header.begin(), header.end(), '-', '+');
    std::replace(header.begin(), header.end(), '_', '/');
    header.resize((header.size() + 3) / 4 * 4, '=');
    bytes decoded(Botan::base64_decode_max_output(header.size()));
    try {
        decoded.resize(Botan::base64_decode(decoded.data(), header));
    } catch (const Botan::Exception&) {
        return;
    }
    describe_json_text(r, as_text(decoded));
}

// --- others that people send ---

struct mark {
    std::string_view begin;
    const char* what;
};
constexpr std::array marks{
    mark{"\xfe\xed\xfe\xed", "a Java keystore (JKS)"}, mark{"\xce\xce\xce\xce", "a Java keystore (JCEKS)"},
    mark{"PuTTY-User-Key-File-", "a PuTTY key"},       mark{"ssh-rsa ", "an SSH public key"},
    mark{"ecdsa-sha2-", "an SSH public key"},          mark{"ssh-ed25519 ", "an SSH public key"},
};

void describe_other(report& r, std::string_view text) {
    for (const mark& m : marks)
        if (text.starts_with(m.begin)) note(r, "looks_like", m.what);
    if (r.kind != "xml") return;
    for (const auto& [word, what] :
         {mark{"RSAKeyValue", "an RSA key as .NET writes it"}, mark{"XrML", "an Azure RMS trusted publishing domain"}})
        if (text.find(word) != std::string_view::npos) note(r, "looks_like", what);
}

} // namespace

transfer_guess guess_transfer(byte_view file) {
    for (const unsigned kek : {256u, 384u, 512u}) {
        const auto diagnosis = formats::diagnose_byok(file, {.kid = {}, .kek_bytes = kek});
        if (*diagnosis.seems_to_hold != '\0') return {kek * 8, diagnosis.seems_to_hold};
    }
    return {};
}

void describe(report& r, const bytes& content, key_file_kind kind) {
    r.kind = "binary";
    r.description = "bytes of no kind that is known here; a legacy nCipher BYOK package looks so, too";
    std::string_view text = as_text(content).substr(0, text_that_is_read);
    if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
    for (const auto& row : kinds)
        if (row.kind == kind) r.kind = row.word, r.description = row.sentence;
    switch (kind) {
    case key_file_kind::byok: return describe_byok(r, content);
    case key_file_kind::pem_private_key:
    case key_file_kind::pem_encrypted_key:
    case key_file_kind::openssh_key:
    case key_file_kind::pem: describe_pem(r, text); break;
    case key_file_kind::jwk_private:
    case key_file_kind::jwk_public: describe_json_text(r, text); break;
    case key_file_kind::jws: describe_jose(r, text); break;
    default: describe_other(r, text);
    }
    r.trouble = formats::explain(kind, key_file_kind::pfx);
}

} // namespace inspect_key
