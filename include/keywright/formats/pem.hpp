// SPDX-License-Identifier: Apache-2.0
// Opens a private key in encrypted PKCS#8 (RFC 5958), PEM or DER, by the schemes and within the limits of a PFX: such a
// key is safe on its way, and only its wrapping is another. A key in the clear is not read; `explain` says how a PFX is
// made of it.
//
//   EncryptedPrivateKeyInfo  SEQUENCE { encryption AlgorithmIdentifier, encrypted OCTET STRING }
//
// Depends on: formats/key_file, formats/detail, Botan. Use: `auto opened = open_encrypted_key(file, password);`
#pragma once

#include <keywright/core/secret_bytes.hpp>
#include <keywright/formats/detail/pfx_private_key.hpp>
#include <keywright/formats/detail/pfx_unlock.hpp>
#include <keywright/formats/key_file.hpp>

#include <botan/base64.h>

#include <memory>
#include <string_view>

namespace keywright::formats {

/// A private key and the kind of file that it came in: pem_encrypted_key or der_encrypted_key.
struct opened_key {
    std::unique_ptr<Botan::Private_Key> key;
    key_file_kind origin = key_file_kind::der_encrypted_key;
};

namespace detail {

/// The base64 between the lines of the first block with this label; empty when it is not there or does not end.
inline std::string_view pem_body(std::string_view text, std::string_view begin, std::string_view end) {
    const auto from = text.find(begin);
    if (from == std::string_view::npos) return {};
    text.remove_prefix(from + begin.size());
    const auto to = text.find(end);
    return to == std::string_view::npos ? std::string_view() : text.substr(0, to);
}

/// What stands in the block "ENCRYPTED PRIVATE KEY".
inline bytes decode_encrypted_pem(byte_view file) {
    const auto body = pem_body(as_text(file), "-----BEGIN ENCRYPTED PRIVATE KEY-----", "-----END ENCRYPTED PRIVATE KEY-----");
    if (body.empty()) refuse(errc::malformed, "pkcs8: the PEM block has no end");
    const secure der = Botan::base64_decode(body);
    return {der.begin(), der.end()};
}

struct encrypted_key {
    pbe_scheme scheme;
    bytes ciphertext;
};

/// The structure, priced by its scheme. What read_pbe refuses it refuses in a PFX's words; here they are a key's.
inline encrypted_key read_encrypted_key(byte_view der, const pfx_bounds& bounds) {
    encrypted_key key;
    Botan::AlgorithmIdentifier algorithm;
    auto outer = ber(der);
    auto in = outer.start_sequence();
    in.decode(algorithm).decode(key.ciphertext, Botan::ASN1_Type::OctetString);
    in.verify_end();
    outer.verify_end();
    if (key.ciphertext.size() > bounds.key_bytes)
        refuse(errc::limit_exceeded, "pkcs8: the private key is longer than the limit `key_bytes` allows");
    auto scheme = ber_walk("pkcs8: the encryption's parameters do not decode",
                           [&] { return read_pbe(algorithm, key.ciphertext.size(), pfx_place::key); });
    if (!scheme && scheme.error().code == errc::unsupported)
        refuse(errc::unsupported,
               "pkcs8: the key is encrypted in a way that is not offered, expected PBES2 with AES or 3DES; make a PFX of "
               "it: openssl pkcs12 -export -nocerts -inkey key.pem -out key.pfx");
    if (!scheme && scheme.error().code == errc::limit_exceeded)
        refuse(errc::limit_exceeded, "pkcs8: the key derivation asks for more than the limits allow");
    if (!scheme) refuse(errc::malformed, "pkcs8: the encryption's parameters, or the length of what it encrypted, are not valid");
    key.scheme = *std::move(scheme);
    kdf_budget budget(bounds);
    const auto fits = ber_walk("", [&] { budget.reserve(key.scheme.kdf.cost); });
    if (!fits && fits.error().code == errc::malformed) refuse(errc::malformed, "pkcs8: the iteration count is 0, expected at least 1");
    if (!fits)
        refuse(errc::limit_exceeded,
               "pkcs8: the key derivation asks for more than the limits `iterations`, `total_cost` or `scrypt_bytes` allow");
    return key;
}

inline std::unique_ptr<Botan::Private_Key> decrypt_key(const encrypted_key& key, byte_view password, pfx_work& work) {
    constexpr const char* wrong = "pkcs8: wrong password, or the file was altered";
    pfx_unlocker unlocker(encode_password(password), work);
    const auto opened =
        keywright::detail::botan_boundary(errc::internal, wrong, [&] { return unlocker.decrypt(key.scheme, key.ciphertext); });
    if (!opened && opened.error().code == errc::unsupported)
        refuse(errc::unsupported, "pkcs8: Botan was built without a cipher or hash that this file uses");
    // There is no MAC, and padding alone fits one wrong password in 256: rubbish is what a wrong password looks like, too.
    if (!opened || !*opened) refuse(errc::authentication_failed, wrong);
    auto loaded = load_private_key(**opened);
    if (!loaded && loaded.error().code == errc::unsupported)
        refuse(errc::unsupported,
               "pkcs8: the private key is of an algorithm that is not offered, expected RSA, EC on a named curve, Ed25519, "
               "Ed448, X25519 or X448");
    if (!loaded && loaded.error().code == errc::malformed) refuse(errc::authentication_failed, wrong);
    return value_or_refuse(std::move(loaded));
}

} // namespace detail

/// Opens encrypted PKCS#8. `password` is UTF-8; `work`, if given, is told what it cost, also when it fails.
/// Fails with malformed (with a sentence for what the file is instead), limit_exceeded (before any derivation runs; the
/// file: 64 KiB), unsupported (the text has the way out), authentication_failed (wrong password, or altered: there is
/// no MAC in this format, so damage that decrypts to a key cannot be told; compare the fingerprint).
/// Secrets: what was decrypted is wiped. Thread safety: a function of its arguments.
[[nodiscard]] inline result<opened_key> open_encrypted_key(byte_view file, const secret_bytes& password, const pfx_limits& limits = {},
                                                           pfx_work* work = nullptr) {
    if (file.size() > encrypted_key_bytes) return fail(errc::limit_exceeded, "pkcs8: expected a file of at most 64 KiB, it is larger");
    const auto origin = recognise(file);
    if (origin != key_file_kind::pem_encrypted_key && origin != key_file_kind::der_encrypted_key)
        return tl::unexpected(origin == key_file_kind::pfx
                                  ? error{errc::malformed, "pkcs8: this is a PFX; expected an encrypted private key"}
                                  : explain(origin, key_file_kind::pfx));
    pfx_work unused;
    return detail::ber_walk("pkcs8: damaged: its structure does not decode", [&] {
        const bytes decoded = origin == key_file_kind::pem_encrypted_key ? detail::decode_encrypted_pem(file) : bytes();
        const auto key = detail::read_encrypted_key(decoded.empty() ? file : byte_view(decoded), limits.bounds());
        return opened_key{detail::decrypt_key(key, keywright::detail::reveal(password), work != nullptr ? *work : unused), origin};
    });
}

} // namespace keywright::formats
