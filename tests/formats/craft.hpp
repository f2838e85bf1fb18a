// SPDX-License-Identifier: Apache-2.0
// Makes PFX files that no producer would: any iteration count, depth, number of bags, things hidden in encrypted safes.
// Written with Botan's encoder and its PBKDF2 and PKCS12-KDF, so that it shares no code with the reader.
#pragma once

#include "samples.hpp"

#include <botan/bigint.h>
#include <botan/cipher_mode.h>
#include <botan/der_enc.h>
#include <botan/mac.h>
#include <botan/pkcs8.h>
#include <botan/pwdhash.h>

#include <initializer_list>

namespace craft {

using keywright::byte_view;
using keywright::bytes;

inline bytes tlv(std::uint8_t tag, byte_view content) {
    bytes out{tag};
    const std::size_t size = content.size();
    const int more = size < 0x80 ? 0 : size < 0x100 ? 1 : size < 0x10000 ? 2 : 3; // DER: the shortest form
    if (more > 0) out.push_back(static_cast<std::uint8_t>(0x80 + more));
    for (int shift = more > 0 ? 8 * (more - 1) : 0; shift >= 0; shift -= 8) out.push_back(static_cast<std::uint8_t>(size >> shift));
    keywright::append(out, content);
    return out;
}
inline bytes join(std::initializer_list<bytes> parts) {
    bytes out;
    for (const bytes& p : parts) keywright::append(out, p);
    return out;
}
inline bytes seq(std::initializer_list<bytes> parts) { return tlv(0x30, join(parts)); }
inline bytes explicit0(byte_view content) { return tlv(0xa0, content); }
inline bytes octets(byte_view content) { return tlv(0x04, content); }
inline bytes oid(const char* text) {
    bytes out;
    Botan::DER_Encoder(out).encode(Botan::OID(text));
    return out;
}
inline bytes integer(std::uint64_t n) {
    bytes out;
    Botan::DER_Encoder(out).encode(Botan::BigInt::from_u64(n));
    return out;
}
inline const bytes salt{1, 2, 3, 4, 5, 6, 7, 8};
inline const bytes other_salt{8, 7, 6, 5, 4, 3, 2, 1}; // what shares a salt and a count is derived once
inline const bytes third_salt{9, 9, 9, 9, 9, 9, 9, 9};
inline const bytes iv(16, 7);

/// PBES2, PBKDF2-HMAC-SHA-256, AES-256-CBC.
inline bytes pbes2(std::uint64_t iterations, byte_view with = salt) {
    const bytes prf = seq({oid("1.2.840.113549.2.9"), tlv(0x05, {})});
    return seq({oid("1.2.840.113549.1.5.13"), seq({seq({oid("1.2.840.113549.1.5.12"), seq({octets(with), integer(iterations), prf})}),
                                                   seq({oid("2.16.840.1.101.3.4.1.42"), octets(iv)})})});
}
inline bytes pbe_3des(std::uint64_t iterations) { return seq({oid("1.2.840.113549.1.12.1.3"), seq({octets(salt), integer(iterations)})}); }
inline bytes pbes2_scrypt(std::uint64_t n, std::uint64_t r, std::uint64_t p) {
    return seq(
        {oid("1.2.840.113549.1.5.13"), seq({seq({oid("1.3.6.1.4.1.11591.4.11"), seq({octets(salt), integer(n), integer(r), integer(p)})}),
                                            seq({oid("2.16.840.1.101.3.4.1.42"), octets(iv)})})});
}
inline bytes encrypt(byte_view plain, std::string_view password, std::size_t iterations, byte_view with = salt) {
    Botan::secure_vector<std::uint8_t> key(32), buffer(plain.begin(), plain.end());
    Botan::PasswordHashFamily::create_or_throw("PBKDF2(HMAC(SHA-256))")->from_iterations(iterations)->hash(key, password, with);
    const auto cipher = Botan::Cipher_Mode::create_or_throw("AES-256/CBC", Botan::Cipher_Dir::Encryption);
    cipher->set_key(key);
    cipher->start(iv);
    cipher->finish(buffer);
    return {buffer.begin(), buffer.end()};
}

// --- bags and safes ---

inline bytes bag(const char* id, byte_view value) { return seq({oid(id), explicit0(value)}); }
inline bytes plain_key(byte_view pkcs8) { return bag("1.2.840.113549.1.12.10.1.1", pkcs8); }
inline bytes shrouded_key(const bytes& algorithm, byte_view ciphertext) {
    return bag("1.2.840.113549.1.12.10.1.2", seq({algorithm, octets(ciphertext)}));
}
inline bytes certificate(byte_view der) {
    return bag("1.2.840.113549.1.12.10.1.3", seq({oid("1.2.840.113549.1.9.22.1"), explicit0(octets(der))}));
}
inline bytes unknown_bag() { return bag("1.2.840.113549.1.12.10.1.5", seq({})); }
inline bytes nested(const bytes& contents, std::size_t times) {
    bytes out = contents;
    for (std::size_t i = 0; i < times; ++i) out = bag("1.2.840.113549.1.12.10.1.6", tlv(0x30, out));
    return out;
}
inline bytes with_attribute(const bytes& whole_bag, const char* id, const bytes& value) {
    const bytes attribute = tlv(0x31, seq({oid(id), tlv(0x31, value)}));
    bytes content(whole_bag.begin() + (whole_bag[1] < 0x80 ? 2 : whole_bag[1] - 0x80 + 2), whole_bag.end());
    keywright::append(content, attribute);
    return tlv(0x30, content);
}
inline bytes with_local_key_id(const bytes& whole_bag, byte_view id) {
    return with_attribute(whole_bag, "1.2.840.113549.1.9.21", octets(id));
}
inline bytes plain_safe(std::initializer_list<bytes> bags) { return seq({oid("1.2.840.113549.1.7.1"), explicit0(octets(seq(bags)))}); }
inline bytes encrypted_safe(const bytes& algorithm, byte_view ciphertext) {
    return seq(
        {oid("1.2.840.113549.1.7.6"), explicit0(seq({integer(0), seq({oid("1.2.840.113549.1.7.1"), algorithm, tlv(0x80, ciphertext)})}))});
}

inline bytes pfx_without_mac(std::initializer_list<bytes> safes) {
    return seq({integer(3), seq({oid("1.2.840.113549.1.7.1"), explicit0(octets(seq(safes)))})});
}
inline bytes pfx(std::initializer_list<bytes> safes, std::string_view password, std::size_t iterations) {
    const bytes content = seq(safes);
    Botan::secure_vector<std::uint8_t> key(32);
    Botan::PasswordHashFamily::create_or_throw("PKCS12-KDF(SHA-256,3)")->from_iterations(iterations)->hash(key, password, salt);
    const auto hmac = Botan::MessageAuthenticationCode::create_or_throw("HMAC(SHA-256)");
    hmac->set_key(key);
    hmac->update(content);
    const auto tag = hmac->final();
    const bytes digest = seq({seq({oid("2.16.840.1.101.3.4.2.1")}), octets(tag)});
    return seq(
        {integer(3), seq({oid("1.2.840.113549.1.7.1"), explicit0(octets(content))}), seq({digest, octets(salt), integer(iterations)})});
}

} // namespace craft
