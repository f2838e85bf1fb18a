// SPDX-License-Identifier: Apache-2.0
// What kind of file somebody handed in, told from its first bytes; cheap, and nothing is decoded. A reader decides
// whether the file is any good, this only which reader to ask, or which sentence to show.
// Depends on: core, formats/limits. Use: `if (recognise(file) == key_file_kind::pfx) …`
#pragma once

#include <keywright/core/bytes.hpp>
#include <keywright/core/result.hpp>
#include <keywright/formats/limits.hpp>

namespace keywright::formats {

enum class key_file_kind : unsigned char {
    empty,
    pfx,             ///< PKCS#12
    byok,            ///< JSON with a schema_version: an Azure key transfer file
    json,            ///< other JSON
    byok_in_base64,  ///< a transfer file as the `key_hsm` value of a REST request
    jws,             ///< JWS or JWE, compact
    pem_private_key, ///< a private key as text, in the clear or encrypted
    pem,             ///< other PEM
    der_private_key, ///< PKCS#8, PKCS#1 or SEC1
    der,             ///< other DER: a certificate, a public key
    xml,
    text,
    binary, ///< none of the above; a legacy nCipher package is one of these
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

inline key_file_kind recognise_der(byte_view data) {
    const ber_header outer = read_ber_header(data, 0);
    const ber_header first = outer.begin != 0 ? read_ber_header(data, outer.begin) : ber_header{};
    // A text may begin with `0`, too: a SEQUENCE has a first member, and a short one is as long as the file.
    if (outer.tag != 0x30 || (outer.begin == 2 && data[1] < 0x80 && outer.length != data.size() - 2)) return key_file_kind::binary;
    if (first.begin == 0 || (first.tag != 0x02 && first.tag != 0x30)) return key_file_kind::binary;
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

} // namespace detail

/// The kind of a file, from its content alone. Reads at most the first 64 KiB.
[[nodiscard]] inline key_file_kind recognise(byte_view file) {
    if (file.empty()) return key_file_kind::empty;
    if (const auto kind = detail::recognise_der(file); kind != key_file_kind::binary) return kind;
    std::string_view text = as_text(file.first(std::min(file.size(), byok_file_bytes)));
    if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
    text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
    if (text.empty()) return key_file_kind::text;
    if (text[0] == '{') return detail::contains(text, "\"schema_version\"") ? key_file_kind::byok : key_file_kind::json;
    if (text.starts_with("-----BEGIN "))
        return detail::contains(text.substr(0, 64), "PRIVATE KEY-----") ? key_file_kind::pem_private_key : key_file_kind::pem;
    if (text.starts_with("eyJ") || text.starts_with("ew0K") || text.starts_with("ewo")) return detail::recognise_base64(text);
    if (text[0] == '<') return key_file_kind::xml;
    const bool printable =
        std::all_of(text.begin(), text.end(), [](char c) { return (c >= 0x20 && c < 0x7f) || c == '\t' || c == '\r' || c == '\n'; });
    return printable ? key_file_kind::text : key_file_kind::binary;
}

/// Why a file of this kind is not what was expected, and what to do; for `expected` pfx or byok.
[[nodiscard]] inline error explain(key_file_kind found, key_file_kind expected) {
    const bool byok = expected == key_file_kind::byok;
    switch (found) {
    case key_file_kind::empty: return {errc::malformed, byok ? "byok: the file is empty" : "pfx: the file is empty"};
    case key_file_kind::pfx: return {errc::malformed, "byok: this is DER, a PFX; expected a key transfer file (JSON)"};
    case key_file_kind::byok: return {errc::malformed, "pfx: this is a BYOK key transfer file (JSON); expected a PFX"};
    case key_file_kind::json:
        return {errc::malformed,
                byok ? "byok: this is JSON, but not a key transfer file: it has no schema_version" : "pfx: this is JSON; expected a PFX"};
    case key_file_kind::byok_in_base64:
        return {errc::malformed, "key file: this is base64 of a transfer file, the `key_hsm` value of a REST request; decode it first"};
    case key_file_kind::jws: return {errc::malformed, "key file: this is a JWS or JWE, not a transfer file or PFX"};
    case key_file_kind::pem_private_key:
        return {
            errc::malformed,
            "key file: this is PEM, and looks like a private key that nothing wraps; make a PFX of it, or a transfer file with the vendor's BYOK tool"};
    case key_file_kind::pem: return {errc::malformed, "key file: this is PEM; expected a PFX or a key transfer file (JSON)"};
    case key_file_kind::der_private_key:
        return {
            errc::malformed,
            "key file: this is DER, a private key that nothing wraps; make a PFX of it, or a transfer file with the vendor's BYOK tool"};
    case key_file_kind::der: return {errc::malformed, "key file: this is DER, but neither a PFX nor a private key"};
    case key_file_kind::xml:
        return {errc::malformed,
                "key file: this is XML (an Azure RMS trusted publishing domain?); expected a PFX or a key transfer file (JSON)"};
    case key_file_kind::text: return {errc::malformed, "key file: this is text; expected a PFX or a key transfer file (JSON)"};
    case key_file_kind::binary: break;
    }
    return {
        errc::malformed,
        byok
            ? "byok: this is a legacy nCipher BYOK package (before 2021) or no transfer file at all; make a new one with the vendor's current BYOK tool"
            : "pfx: this is not a PFX"};
}

} // namespace keywright::formats
