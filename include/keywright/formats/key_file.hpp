// SPDX-License-Identifier: Apache-2.0
// What kind of file somebody handed in, told from its first bytes; cheap, and nothing is decoded. A reader decides
// whether the file is any good, this only which reader to ask, or which sentence to show.
// Depends on: core, formats/limits. Use: `if (recognise(file) == key_file_kind::pfx) …`
#pragma once

#include <keywright/core/bytes.hpp>
#include <keywright/core/result.hpp>
#include <keywright/formats/limits.hpp>

#include <algorithm>
#include <array>

namespace keywright::formats {

enum class key_file_kind : unsigned char {
    empty,
    pfx,                ///< PKCS#12
    byok,               ///< JSON with a schema_version: an Azure key transfer file
    json,               ///< other JSON
    byok_in_base64,     ///< a transfer file as the `key_hsm` value of a REST request
    jws,                ///< JWS or JWE, compact
    pem_private_key,    ///< a private key as text: PKCS#8, PKCS#1 or SEC1, in the clear or as OpenSSL encrypted it before 1.0
    pem,                ///< other PEM: a certificate, a public key
    der_private_key,    ///< PKCS#8, PKCS#1 or SEC1
    der,                ///< other DER: a certificate, a public key
    xml,
    text,
    binary,             ///< none of all these; a legacy nCipher package is one
    pem_encrypted_key,  ///< encrypted PKCS#8 as text
    der_encrypted_key,  ///< encrypted PKCS#8
    openssh_key,
    jwk_private,        ///< a JSON Web Key with its private half, or a symmetric one
    jwk_public,
    pem_pfx,            ///< a PFX as text, as GnuTLS writes it unless told otherwise
    der_in_base64,      ///< a PFX or a key of DER as base64 without PEM's lines
};

namespace detail {

/// One BER header: the tag, the length and where the contents begin. Bounded by what is there; no multi-byte tags.
struct ber_header {
    std::uint8_t tag = 0;
    std::size_t begin = 0;  // 0: there is no header
    std::size_t length = 0; // what is left, for an indefinite length
};
inline ber_header read_ber_header(byte_view data, std::size_t at) {
    if (data.size() < at + 2 || (data[at] & 0x1f) == 0x1f) return {};
    const std::uint8_t first = data[at + 1];
    if (first < 0x80) return {data[at], at + 2, first};
    const std::size_t more = first & 0x7fu;
    if (more == 0) return {data[at], at + 2, data.size() - at - 2};
    if (more > 4 || data.size() < at + 2 + more) return {};
    std::size_t length = 0;
    for (std::size_t i = 0; i < more; ++i) length = (length << 8) | data[at + 2 + i];
    return {data[at], at + 2 + more, length};
}

/// Whether an AlgorithmIdentifier's contents begin with an encryption of PKCS#5 (1.2.840.113549.1.5) or PKCS#12.
inline bool names_pbe(byte_view algorithm) {
    constexpr std::array<std::uint8_t, 7> pkcs{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01};
    if (algorithm.size() < 11 || algorithm[0] != 0x06 || !std::equal(pkcs.begin(), pkcs.end(), algorithm.begin() + 2)) return false;
    return algorithm[9] == 0x05 || (algorithm[9] == 0x0c && algorithm[10] == 0x01);
}

inline key_file_kind recognise_der(byte_view data) {
    const ber_header outer = read_ber_header(data, 0);
    const ber_header first = outer.begin != 0 ? read_ber_header(data, outer.begin) : ber_header{};
    // A text may begin with `0`, too: a SEQUENCE has a first member, and a short one is as long as the file.
    if (outer.tag != 0x30 || (outer.begin == 2 && data[1] < 0x80 && outer.length != data.size() - 2)) return key_file_kind::binary;
    if (first.begin == 0 || (first.tag != 0x02 && first.tag != 0x30)) return key_file_kind::binary;
    if (first.tag == 0x30 && names_pbe(data.subspan(first.begin))) return key_file_kind::der_encrypted_key;
    if (first.tag == 0x30 || first.length != 1 || data.size() < first.begin + 2) return key_file_kind::der;
    const std::uint8_t version = data[first.begin];
    const std::uint8_t second = data[first.begin + 1];
    if (version == 3 && second == 0x30) return key_file_kind::pfx;
    const bool pkcs8 = version <= 1 && second == 0x30, pkcs1 = version == 0 && second == 0x02, sec1 = version == 1 && second == 0x04;
    return pkcs8 || pkcs1 || sec1 ? key_file_kind::der_private_key : key_file_kind::der;
}

inline bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

/// `eyJ` is base64 of `{"`; two or four dots make it JWS or JWE.
inline key_file_kind recognise_base64(std::string_view text) {
    const auto dots = std::count(text.begin(), text.end(), '.');
    return dots == 2 || dots == 4 ? key_file_kind::jws : key_file_kind::byok_in_base64;
}

/// By the first block's label. Tools write remarks before it.
inline key_file_kind recognise_pem(std::string_view text) {
    const std::string_view label = text.substr(0, 64);
    if (contains(label, "BEGIN ENCRYPTED PRIVATE KEY-----")) return key_file_kind::pem_encrypted_key;
    if (contains(label, "BEGIN PKCS12-----")) return key_file_kind::pem_pfx;
    if (contains(label, "BEGIN OPENSSH PRIVATE KEY-----")) return key_file_kind::openssh_key;
    return contains(label, "PRIVATE KEY-----") ? key_file_kind::pem_private_key : key_file_kind::pem;
}
/// JSON without being parsed; formats/jwk.hpp does that.
inline key_file_kind recognise_json(std::string_view text) {
    if (contains(text, "\"schema_version\"")) return key_file_kind::byok;
    if (!contains(text, "\"kty\"")) return key_file_kind::json;
    return contains(text, "\"d\"") || contains(text, "\"k\"") ? key_file_kind::jwk_private : key_file_kind::jwk_public;
}
/// `MI` is base64 of a SEQUENCE of 256 bytes or more (30 82); nothing but base64 follows, in lines or not.
inline bool is_der_in_base64(std::string_view text) {
    const auto allowed = [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '+' || c == '/' || c == '-' || c == '_' ||
               c == '=' || c == '\r' || c == '\n';
    };
    return text.size() >= 256 && text.starts_with("MI") && std::all_of(text.begin(), text.end(), allowed);
}

inline key_file_kind recognise_text(std::string_view text) {
    if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
    text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
    if (text.empty()) return key_file_kind::text;
    if (text[0] == '{') return recognise_json(text);
    if (const auto pem = text.find("-----BEGIN "); pem == 0 || (pem != std::string_view::npos && text[pem - 1] == '\n'))
        return recognise_pem(text.substr(pem));
    if (text.starts_with("eyJ") || text.starts_with("ew0K") || text.starts_with("ewo")) return recognise_base64(text);
    if (is_der_in_base64(text)) return key_file_kind::der_in_base64;
    if (text[0] == '<') return key_file_kind::xml;
    const bool printable =
        std::all_of(text.begin(), text.end(), [](char c) { return (c >= 0x20 && c < 0x7f) || c == '\t' || c == '\r' || c == '\n'; });
    return printable ? key_file_kind::text : key_file_kind::binary;
}

} // namespace detail

/// The kind of a file, from its content alone. Reads at most the first 64 KiB.
[[nodiscard]] inline key_file_kind recognise(byte_view file) {
    if (file.empty()) return key_file_kind::empty;
    if (const auto kind = detail::recognise_der(file); kind != key_file_kind::binary) return kind;
    return detail::recognise_text(as_text(file.first(std::min(file.size(), byok_file_bytes))));
}

/// Why a file of this kind is not what was expected, and what to do, to the command that makes a PFX of it; for
/// `expected` pfx or byok.
[[nodiscard]] inline error explain(key_file_kind found, key_file_kind expected) {
    using kind = key_file_kind;
    const bool byok = expected == kind::byok;
    const auto malformed = [](const char* text) { return error{errc::malformed, text}; };
    switch (found) {
    case kind::empty: return malformed(byok ? "byok: the file is empty" : "pfx: the file is empty");
    case kind::pfx: return malformed("byok: this is DER, a PFX; expected a key transfer file (JSON)");
    case kind::byok: return malformed("pfx: this is a BYOK key transfer file (JSON); expected a PFX");
    case kind::json:
        return malformed(byok ? "byok: this is JSON, but not a key transfer file: it has no schema_version"
                              : "pfx: this is JSON; expected a PFX");
    case kind::byok_in_base64:
        return malformed("key file: this is base64 of a transfer file, the `key_hsm` value of a REST request; decode it first");
    case kind::pem_pfx:
        return malformed("key file: this is a PFX as text; take off its first and last line and decode it: "
                         "sed '/^-----/d' <file | base64 -d >key.pfx");
    case kind::der_in_base64:
        return malformed("key file: this is base64 of DER, such as a PFX that a program handed out as text; decode it first: "
                         "base64 -d <file >key.pfx");
    case kind::jws: return malformed("key file: this is a JWS or JWE, not a transfer file or PFX");
    case kind::jwk_private:
        return malformed("key file: this is a JSON Web Key with its secret half, which nothing wraps; make a PFX of it: "
                         "node -e 'process.stdout.write(crypto.createPrivateKey({key:JSON.parse(fs.readFileSync(0)),format:\"jwk\"})"
                         ".export({type:\"pkcs8\",format:\"pem\"}))' <key.jwk | "
                         "openssl pkcs12 -export -nocerts -inkey /dev/stdin -out key.pfx");
    case kind::jwk_public: return malformed("key file: this is a JSON Web Key without its private half; export the key again with it");
    case kind::pem_private_key:
        return malformed("key file: this is PEM, and looks like a private key that nothing wraps; make a PFX of it: "
                         "openssl pkcs12 -export -nocerts -inkey key.pem -out key.pfx");
    case kind::pem_encrypted_key:
        return malformed("key file: this is PEM, an encrypted PKCS#8 key; make a PFX of it: "
                         "openssl pkcs12 -export -nocerts -inkey key.pem -out key.pfx");
    case kind::openssh_key:
        return malformed("key file: this is a private key of OpenSSH; make a PFX of it: ssh-keygen -p -m PKCS8 -f key && "
                         "openssl pkcs12 -export -nocerts -inkey key -out key.pfx");
    case kind::pem:
        return malformed("key file: this is PEM, but holds no private key at its beginning; expected a PFX or a key transfer file (JSON)");
    case kind::der_private_key:
        return malformed("key file: this is DER, a private key that nothing wraps; make a PFX of it: "
                         "openssl pkey -inform DER -in key.der | openssl pkcs12 -export -nocerts -inkey /dev/stdin -out key.pfx");
    case kind::der_encrypted_key:
        return malformed("key file: this is DER, an encrypted PKCS#8 key; make a PFX of it: "
                         "openssl pkey -inform DER -in key.der | openssl pkcs12 -export -nocerts -inkey /dev/stdin -out key.pfx");
    case kind::der: return malformed("key file: this is DER, but neither a PFX nor a private key: a certificate or a public key");
    case kind::xml:
        return malformed("key file: this is XML (an Azure RMS trusted publishing domain?); expected a PFX or a key transfer file (JSON)");
    case kind::text: return malformed("key file: this is text; expected a PFX or a key transfer file (JSON)");
    case kind::binary: break;
    }
    return malformed(byok ? "byok: this is a legacy nCipher BYOK package (before 2021) or no transfer file at all; make a new one with the "
                            "vendor's current BYOK tool"
                          : "pfx: this is not a PFX");
}

} // namespace keywright::formats
