// SPDX-License-Identifier: Apache-2.0
// JSON Web Keys (RFC 7517): the public half of an import key is written as one, for tools that do not take PEM; a key
// that somebody hands in as one is recognised and sent on its way, not read, because a private JWK is a key in the clear.
// Depends on: Botan, nlohmann/json. In no umbrella. Use: `auto text = public_jwk(kek, kid);`
#pragma once

#include <keywright/detail/botan_boundary.hpp>
#include <keywright/formats/byok_json.hpp>
#include <keywright/formats/detail/base64url.hpp>
#include <keywright/formats/key_file.hpp>

#include <botan/bigint.h>
#include <botan/pk_keys.h>
#include <botan/x509_key.h>

#include <string>

namespace keywright::formats {

/// A public key as PEM, SubjectPublicKeyInfo: what BYOK tools of vendors read.
[[nodiscard]] inline std::string public_pem(const Botan::Public_Key& key) { return Botan::X509::PEM_encode(key); }

/// An RSA import key as JWK, with `kid` and key_ops `import`, as Azure shows its own; UTF-8, one line.
/// Fails with unsupported (no RSA key), internal (kid is not UTF-8). Thread safety: a function of its arguments.
[[nodiscard]] inline result<std::string> public_jwk(const Botan::Public_Key& key, std::string_view kid) {
    if (key.algo_name() != "RSA") return fail(errc::unsupported, "jwk: expected an RSA key");
    return keywright::detail::botan_boundary(errc::internal, "jwk: the key could not be written", [&] {
        const auto number = [&](const char* name) { return detail::encode_base64url(key.get_int_field(name).serialize()); };
        const nlohmann::ordered_json jwk{
            {"kty", "RSA"}, {"kid", kid}, {"key_ops", nlohmann::ordered_json::array({"import"})}, {"n", number("n")}, {"e", number("e")}};
        return jwk.dump();
    });
}

namespace detail {

inline error explain_key(const nlohmann::json& jwk) {
    const std::string_view kty = text_member(jwk, "kty");
    if (kty == "oct")
        return {errc::unsupported, "jwk: this is a symmetric key in the clear, which no PFX holds; wrap it for the import key as a BYOK "
                                   "transfer file, in the HSM that holds it"};
    if (kty != "RSA" && kty != "EC" && kty != "OKP")
        return {errc::unsupported, "jwk: kty is missing or unknown, expected RSA, EC, OKP or oct"};
    if (jwk.contains("d")) return explain(key_file_kind::jwk_private, key_file_kind::pfx);
    return explain(key_file_kind::jwk_public, key_file_kind::pfx);
}

} // namespace detail

/// Why a file that is JSON is no key file, and the way out. Never fails otherwise: the answer is the error.
/// Secrets: what a private JWK holds is parsed and released, not kept; the file is the caller's to wipe.
[[nodiscard]] inline error explain_json(byte_view file) {
    if (file.size() > byok_file_bytes) return {errc::limit_exceeded, "jwk: the file is larger than 64 KiB"};
    const auto json = detail::parse_unambiguous(as_text(file));
    if (!json) return json.error();
    if (json->contains("schema_version")) return explain(key_file_kind::byok, key_file_kind::pfx);
    const auto keys = json->find("keys");
    if (keys != json->end() && keys->is_array())
        return {errc::unsupported, "jwk: this is a set of keys; take the one that is meant out of `keys`"};
    if (!json->contains("kty")) return explain(key_file_kind::json, key_file_kind::pfx);
    return detail::explain_key(*json);
}

} // namespace keywright::formats
