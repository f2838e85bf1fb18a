// SPDX-License-Identifier: Apache-2.0
// Reads Azure key transfer files (.byok): a JSON header that names the import key (KEK), and a private key under it.
// The header can be read without any key; who holds the KEK, usually a vault, unwraps 32 bytes and never shows it.
//
//   { "schema_version": "1.0.0",
//     "header": { "kid": KEK's versioned id, "alg": "dir", "enc": "CKM_RSA_AES_KEY_WRAP" },
//     "ciphertext": base64url(C1 || C2), "generator": free text }
//   C1  RSAES-OAEP (SHA-1, MGF1 with SHA-1, empty label) of an AES-256 key, as long as the KEK's modulus
//   C2  AES-KWP (RFC 5649) of the PKCS#8 PrivateKeyInfo, or of a bare symmetric key
//
// The header is not authenticated, and anybody who has the public KEK can make a valid file: a .byok keeps a key
// secret, it never says whose it is. Show the imported key's fingerprint for comparison.
// Depends on: Botan, nlohmann/json. In no umbrella; CMake target keywright::byok. Use:
//   auto file = read_byok(data);
//   auto key  = open_byok(*file, 256, [&](byte_view c1) { return vault.unwrap(id, c1); });
#pragma once

#include <keywright/core/secret_bytes.hpp>
#include <keywright/detail/botan_boundary.hpp>
#include <keywright/formats/byok_json.hpp>
#include <keywright/formats/detail/base64url.hpp>
#include <keywright/formats/key_file.hpp>

#include <botan/block_cipher.h>
#include <botan/nist_keywrap.h>
#include <botan/pkcs8.h>

#include <concepts>
#include <memory>
#include <string>
#include <vector>

namespace keywright::formats {

/// A transfer file from the outside in. All but the last can be judged without any key.
enum class byok_layer : unsigned char {
    file,       ///< its size, and whether it is a transfer file at all
    json,       ///< the JSON text
    schema,     ///< schema_version
    header,     ///< alg, enc, and that kid is a versioned id
    encoding,   ///< ciphertext as base64url, the generator's length
    key_id,     ///< whether kid names the import key at hand
    lengths,    ///< whether C1 and C2 fit that key
    wrapping,   ///< OAEP, KWP and what is inside: only the import key's holder can tell
};

/// A transfer file's readable part. Nothing in it is authenticated.
struct byok_file {
    std::string kid;       ///< the KEK's id, versioned: https://VAULT/keys/NAME/VERSION
    std::string generator; ///< free text of the tool that made it; escape before printing
    bytes ciphertext;      ///< C1 || C2
};

namespace detail {

/// A KEK's id in parts; empty parts when it is not https://HOST/keys/NAME/VERSION.
struct kek_id {
    std::string_view host, name, version;
    bool complete() const noexcept { return !host.empty() && !name.empty() && !version.empty(); }
};
inline kek_id split_kek_id(std::string_view kid) {
    constexpr std::string_view scheme = "https://";
    if (!kid.starts_with(scheme)) return {};
    kid.remove_prefix(scheme.size());
    const auto path = kid.find('/');
    if (path == std::string_view::npos || !kid.substr(path).starts_with("/keys/")) return {};
    const std::string_view rest = kid.substr(path + 6);
    const auto slash = rest.find('/');
    if (slash == std::string_view::npos || rest.find('/', slash + 1) != std::string_view::npos) return {};
    return {kid.substr(0, path), rest.substr(0, slash), rest.substr(slash + 1)};
}
inline bool same_host(std::string_view a, std::string_view b) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

inline result<void> check_schema(std::string_view version) {
    if (version == "1.0.0") return {};
    if (version == "1.0")
        return fail(errc::unsupported, "byok: schema_version 1.0 is a secure key release, not a key transfer file; expected 1.0.0");
    return fail(errc::unsupported, "byok: schema_version is unknown, expected 1.0.0");
}
inline result<void> check_header(const nlohmann::json& header) {
    const std::string_view enc = text_member(header, "enc");
    if (enc == "RSA_AES_KEY_WRAP_256" || enc == "RSA_AES_KEY_WRAP_384")
        return fail(errc::unsupported, "byok: header.enc belongs to secure key release, expected CKM_RSA_AES_KEY_WRAP");
    if (enc != "CKM_RSA_AES_KEY_WRAP") return fail(errc::unsupported, "byok: header.enc is unknown, expected CKM_RSA_AES_KEY_WRAP");
    if (text_member(header, "alg") != "dir") return fail(errc::unsupported, "byok: header.alg is unknown, expected dir");
    if (!split_kek_id(text_member(header, "kid")).complete())
        return fail(errc::malformed, "byok: header.kid is not a versioned key id, expected https://VAULT/keys/NAME/VERSION");
    return {};
}

} // namespace detail

namespace detail {

/// `at` is the layer that was reached: on failure, the one at fault.
inline result<byok_file> read_byok_layers(byte_view file, byok_layer& at) {
    at = byok_layer::file;
    if (file.size() > byok_file_bytes)
        return fail(errc::limit_exceeded, "byok: the file is larger than 64 KiB, a transfer file has about 4");
    if (const auto kind = recognise(file); kind != key_file_kind::byok) return tl::unexpected(explain(kind, key_file_kind::byok));
    at = byok_layer::json;
    const auto json = parse_unambiguous(as_text(file));
    if (!json) return pass(json);
    at = byok_layer::schema;
    if (auto r = check_schema(text_member(*json, "schema_version")); !r) return pass(r);
    at = byok_layer::header;
    const auto header = json->find("header");
    if (header == json->end()) return fail(errc::malformed, "byok: there is no header");
    if (auto r = check_header(*header); !r) return pass(r);
    at = byok_layer::encoding;
    auto ciphertext = decode_base64url(text_member(*json, "ciphertext"));
    if (!ciphertext || ciphertext->empty()) return fail(errc::malformed, "byok: ciphertext is missing or not base64url");
    const std::string_view generator = text_member(*json, "generator");
    if (generator.size() > byok_generator_bytes) return fail(errc::limit_exceeded, "byok: generator is longer than 1024 bytes");
    return byok_file{std::string(text_member(*header, "kid")), std::string(generator), std::move(*ciphertext)};
}

/// C1 is as long as the KEK's modulus, C2 is a KWP of at least one byte.
inline result<void> check_lengths(const byok_file& file, std::size_t kek_bytes) {
    const std::size_t size = file.ciphertext.size();
    if (size < kek_bytes + 16 || (size - kek_bytes) % 8 != 0)
        return fail(errc::malformed, "byok: the ciphertext's length does not fit the import key");
    return {};
}

} // namespace detail

/// Reads the header and takes the ciphertext apart from its encoding. No key is needed and nothing is decrypted.
/// Fails with malformed (with a sentence for what the file seems to be instead), unsupported (another schema or
/// wrapping), limit_exceeded (above 64 KiB, or a generator above 1 KiB). Thread safety: a function of its argument.
[[nodiscard]] inline result<byok_file> read_byok(byte_view file) {
    byok_layer at{};
    return detail::read_byok_layers(file, at);
}

/// Whether the file was made for this KEK: host without regard to case, name and version exactly. False for an id
/// without a version.
[[nodiscard]] inline bool names_kek(const byok_file& file, std::string_view kek) {
    const auto a = detail::split_kek_id(file.kid), b = detail::split_kek_id(kek);
    return a.complete() && b.complete() && detail::same_host(a.host, b.host) && a.name == b.name && a.version == b.version;
}

/// Unwraps C1: RSAES-OAEP with SHA-1, MGF1 with SHA-1, empty label. A vault's key of purpose `import` does.
template <class Unwrap>
concept unwraps_transfer_key = requires(Unwrap& unwrap, byte_view c1) {
    { unwrap(c1) } -> std::same_as<result<secret_bytes>>;
};

/// The bytes that were wrapped: a PKCS#8 key as its producer wrote it, or a bare symmetric key. `kek_bytes` is the
/// length of the KEK's modulus (256, 384 or 512).
/// Fails with malformed (lengths that cannot be), authentication_failed (another KEK, or altered: one error for both
/// layers, so that there is no oracle), and whatever `unwrap` fails with otherwise, such as unavailable.
template <unwraps_transfer_key Unwrap>
[[nodiscard]] result<secret_bytes> unwrap_byok(const byok_file& file, std::size_t kek_bytes, Unwrap&& unwrap) {
    const byte_view all = file.ciphertext;
    if (auto fit = detail::check_lengths(file, kek_bytes); !fit) return pass(fit);
    constexpr const char* wrong = "byok: the file was made for another import key, or was altered";
    const result<secret_bytes> aes_key = unwrap(all.first(kek_bytes));
    if (!aes_key) return aes_key.error().code == errc::authentication_failed ? fail(errc::authentication_failed, wrong) : pass(aes_key);
    if (aes_key->size() != 32) return fail(errc::authentication_failed, wrong);
    return keywright::detail::botan_boundary(errc::authentication_failed, wrong, [&] {
        const auto aes = Botan::BlockCipher::create_or_throw("AES-256");
        aes->set_key(keywright::detail::reveal(*aes_key));
        return secret_bytes(Botan::nist_key_unwrap_padded(all.subspan(kek_bytes), *aes));
    });
}

namespace detail {

/// The sizes of AES keys; no private key is that short.
inline bool is_symmetric(byte_view plain) { return plain.size() == 16 || plain.size() == 24 || plain.size() == 32; }

/// The PrivateKeyInfo without what some HSMs add: SoftHSM pads with zeros to a multiple of 8.
inline result<byte_view> trim_pkcs8(byte_view plain) {
    if (is_symmetric(plain)) return fail(errc::unsupported, "byok: the file holds a symmetric key, expected a private key");
    const ber_header outer = read_ber_header(plain, 0);
    if (outer.begin == 0 || outer.tag != 0x30 || outer.length > plain.size() - outer.begin)
        return fail(errc::malformed, "byok: what was wrapped is not DER, expected a PKCS#8 private key");
    const std::size_t size = outer.begin + outer.length;
    const byte_view tail = plain.subspan(size);
    if (tail.size() > 7 || std::any_of(tail.begin(), tail.end(), [](std::uint8_t b) { return b != 0; }))
        return fail(errc::malformed, "byok: bytes follow the private key");
    const ber_header version = read_ber_header(plain, outer.begin);
    const std::size_t second = version.begin + version.length;
    if (version.begin == 0 || version.tag != 0x02 || version.length != 1 || second >= size)
        return fail(errc::malformed, "byok: what was wrapped is not a PKCS#8 private key");
    if (plain[second] == 0x02 && plain[version.begin] == 0)
        return fail(errc::malformed,
                    "byok: a PKCS#1 key was wrapped, expected PKCS#8; make the file again after `openssl pkcs8 -topk8 -nocrypt`");
    if (plain[second] == 0x04 && plain[version.begin] == 1)
        return fail(errc::malformed,
                    "byok: a SEC1 key was wrapped, expected PKCS#8; make the file again after `openssl pkcs8 -topk8 -nocrypt`");
    return plain.first(size);
}

} // namespace detail

/// The private key in a transfer file. As unwrap_byok; also malformed when what was wrapped is not PKCS#8 (PKCS#1 and
/// SEC1 are named), unsupported for a symmetric key or an unknown algorithm. Secrets: intermediate bytes are wiped.
template <unwraps_transfer_key Unwrap>
[[nodiscard]] result<std::unique_ptr<Botan::Private_Key>> open_byok(const byok_file& file, std::size_t kek_bytes, Unwrap&& unwrap) {
    const auto plain = unwrap_byok(file, kek_bytes, unwrap);
    if (!plain) return pass(plain);
    const auto pkcs8 = detail::trim_pkcs8(keywright::detail::reveal(*plain));
    if (!pkcs8) return pass(pkcs8);
    return keywright::detail::botan_boundary(errc::internal, "byok: the private key does not load: damaged, or of an unknown algorithm",
                                             [&] { return Botan::PKCS8::load_key(*pkcs8); });
}

/// The symmetric key in a transfer file, 16, 24 or 32 bytes. As unwrap_byok; also unsupported when it holds anything
/// else. A private key goes through open_byok.
template <unwraps_transfer_key Unwrap>
[[nodiscard]] result<secret_bytes> open_byok_symmetric(const byok_file& file, std::size_t kek_bytes, Unwrap&& unwrap) {
    auto plain = unwrap_byok(file, kek_bytes, unwrap);
    if (plain && !detail::is_symmetric(keywright::detail::reveal(*plain)))
        return fail(errc::unsupported, "byok: the file holds no symmetric key, expected 16, 24 or 32 bytes");
    return plain;
}

} // namespace keywright::formats
