// SPDX-License-Identifier: Apache-2.0
// The encryption and MAC schemes of a PFX: read from an AlgorithmIdentifier without running anything, priced, and
// run once their price is reserved. Ciphers, hashes, PBKDF2, scrypt and HMAC are Botan's.
// Depends on: detail/pfx_kdf, Botan.
#pragma once

#include <keywright/formats/detail/pfx_kdf.hpp>

#include <botan/cipher_mode.h>
#include <botan/mac.h>
#include <botan/pwdhash.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>

namespace keywright::formats::detail {

using secure = Botan::secure_vector<std::uint8_t>;

/// Where an algorithm stands in the file; error texts name it.
enum class pfx_place : unsigned char { safe, key };

enum class kdf_kind : unsigned char { pkcs12, pbkdf2, scrypt };

/// A key derivation with all its parameters. `hash` belongs to pkcs12 and pbkdf2.
struct kdf_scheme {
    kdf_kind kind = kdf_kind::pkcs12;
    const char* hash = "";
    bytes salt;
    std::uint64_t iterations = 0;       // scrypt: N
    std::uint64_t r = 0, p = 0;
    std::size_t key_bytes = 0;
    kdf_cost cost;
};

/// Encryption under a password.
struct pbe_scheme {
    kdf_scheme kdf;
    const char* cipher = "";
    bytes iv; // pkcs12: empty, the IV is derived
};

// --- tables ---

struct named_oid {
    std::string_view oid;
    const char* name;
    std::size_t bytes;
};
/// HMAC as PRF and as PBMAC1's MAC (PKCS#5, RFC 8018, NIST); bytes = the hash's length.
inline constexpr std::array<named_oid, 11> hmac_hashes{{{"1.2.840.113549.2.7", "SHA-1", 20},
                                                        {"1.2.840.113549.2.8", "SHA-224", 28},
                                                        {"1.2.840.113549.2.9", "SHA-256", 32},
                                                        {"1.2.840.113549.2.10", "SHA-384", 48},
                                                        {"1.2.840.113549.2.11", "SHA-512", 64},
                                                        {"1.2.840.113549.2.13", "SHA-512-256", 32},
                                                        {"2.16.840.1.101.3.4.2.13", "SHA-3(224)", 28},
                                                        {"2.16.840.1.101.3.4.2.14", "SHA-3(256)", 32},
                                                        {"2.16.840.1.101.3.4.2.15", "SHA-3(384)", 48},
                                                        {"2.16.840.1.101.3.4.2.16", "SHA-3(512)", 64},
                                                        {"1.2.840.113549.2.6", "MD5", 16}}};
/// Digests of the classic MAC.
inline constexpr std::array<named_oid, 13> mac_hashes{{{"1.3.14.3.2.26", "SHA-1", 20},
                                                       {"2.16.840.1.101.3.4.2.4", "SHA-224", 28},
                                                       {"2.16.840.1.101.3.4.2.1", "SHA-256", 32},
                                                       {"2.16.840.1.101.3.4.2.2", "SHA-384", 48},
                                                       {"2.16.840.1.101.3.4.2.3", "SHA-512", 64},
                                                       {"2.16.840.1.101.3.4.2.6", "SHA-512-256", 32},
                                                       {"2.16.840.1.101.3.4.2.7", "SHA-3(224)", 28},
                                                       {"2.16.840.1.101.3.4.2.8", "SHA-3(256)", 32},
                                                       {"2.16.840.1.101.3.4.2.9", "SHA-3(384)", 48},
                                                       {"2.16.840.1.101.3.4.2.10", "SHA-3(512)", 64},
                                                       {"1.2.840.113549.2.5", "MD5", 16},
                                                       {"1.3.36.3.2.1", "RIPEMD-160", 20},
                                                       {"1.2.156.10197.1.401", "SM3", 32}}};
/// Ciphers of PBES2, all CBC; bytes = the key's length.
inline constexpr std::array<named_oid, 11> pbes2_ciphers{{{"2.16.840.1.101.3.4.1.2", "AES-128/CBC", 16},
                                                          {"2.16.840.1.101.3.4.1.22", "AES-192/CBC", 24},
                                                          {"2.16.840.1.101.3.4.1.42", "AES-256/CBC", 32},
                                                          {"1.2.840.113549.3.7", "TripleDES/CBC", 24},
                                                          {"1.2.392.200011.61.1.1.1.2", "Camellia-128/CBC", 16},
                                                          {"1.2.392.200011.61.1.1.1.3", "Camellia-192/CBC", 24},
                                                          {"1.2.392.200011.61.1.1.1.4", "Camellia-256/CBC", 32},
                                                          {"1.2.410.200046.1.1.2", "ARIA-128/CBC", 16},
                                                          {"1.2.410.200046.1.1.7", "ARIA-192/CBC", 24},
                                                          {"1.2.410.200046.1.1.12", "ARIA-256/CBC", 32},
                                                          {"1.2.156.10197.1.104.2", "SM4/CBC", 16}}};

/// What is refused by name.
struct refused_oid {
    std::string_view oid;
    const char* safe;
    const char* key;
};
template <std::size_t N>
struct literal {
    char text[N]{};
    constexpr literal(const char (&from)[N]) { std::copy_n(from, N, text); } // NOLINT(google-explicit-constructor)
};
/// An error text needs static storage: what is used where, and the cure.
template <literal Place, literal Algorithm>
constexpr auto refusal_text() {
    constexpr literal before = " uses ";
    constexpr literal cure =
        ", which is not offered; convert the file: openssl pkcs12 -legacy -in old.pfx -nodes | openssl pkcs12 -export -out new.pfx";
    std::array<char, sizeof Place.text + sizeof Algorithm.text + sizeof before.text + sizeof cure.text> out{};
    char* end = std::copy_n(Place.text, sizeof Place.text - 1, out.data());
    end = std::copy_n(before.text, sizeof before.text - 1, end);
    end = std::copy_n(Algorithm.text, sizeof Algorithm.text - 1, end);
    std::copy_n(cure.text, sizeof cure.text, end);
    return out;
}
template <literal Place, literal Algorithm>
inline constexpr auto refusal = refusal_text<Place, Algorithm>();
template <literal Algorithm>
constexpr refused_oid refused(std::string_view oid) {
    return {oid, refusal<"pfx: an encrypted safe", Algorithm>.data(), refusal<"pfx: a key bag", Algorithm>.data()};
}
inline constexpr std::array<refused_oid, 10> refused_pbe{
    {refused<"PKCS#12 RC4-128">("1.2.840.113549.1.12.1.1"), refused<"PKCS#12 RC4-40">("1.2.840.113549.1.12.1.2"),
     refused<"PKCS#12 RC2-128">("1.2.840.113549.1.12.1.5"), refused<"PKCS#12 RC2-40">("1.2.840.113549.1.12.1.6"),
     refused<"PKCS#5 MD2 with DES">("1.2.840.113549.1.5.1"), refused<"PKCS#5 MD5 with DES">("1.2.840.113549.1.5.3"),
     refused<"PKCS#5 MD2 with RC2">("1.2.840.113549.1.5.4"), refused<"PKCS#5 MD5 with RC2">("1.2.840.113549.1.5.6"),
     refused<"PKCS#5 SHA-1 with DES">("1.2.840.113549.1.5.10"), refused<"PKCS#5 SHA-1 with RC2">("1.2.840.113549.1.5.11")}};

template <class Table>
const typename Table::value_type* find_oid(const Table& table, const Botan::AlgorithmIdentifier& algorithm) {
    const std::string oid = algorithm.oid().to_string();
    for (const auto& row : table)
        if (row.oid == oid) return &row;
    return nullptr;
}

// --- reading ---

/// PBKDF2's parameters: SEQUENCE { salt, iterations, keyLength OPTIONAL, prf DEFAULT HMAC-SHA-1 }.
/// `key_bytes` 0: keyLength is required (PBMAC1); else it must agree where it is given.
inline kdf_scheme read_pbkdf2(byte_view parameters, std::size_t key_bytes) {
    kdf_scheme kdf;
    kdf.kind = kdf_kind::pbkdf2;
    kdf.hash = "SHA-1";
    kdf.key_bytes = key_bytes;
    std::size_t hash_bytes = 20;
    auto outer = ber(parameters);
    auto in = outer.start_sequence();
    in.decode(kdf.salt, Botan::ASN1_Type::OctetString);
    kdf.iterations = count(in, "pfx: PBKDF2 has a negative iteration count");
    std::optional<std::size_t> length;
    in.decode_optional(length, Botan::ASN1_Type::Integer, Botan::ASN1_Class::Universal);
    if (in.more_items()) {
        Botan::AlgorithmIdentifier prf;
        in.decode(prf);
        const auto* row = find_oid(hmac_hashes, prf);
        if (row == nullptr)
            refuse(errc::unsupported,
                   "pfx: PBKDF2 uses a pseudo-random function that is not offered, expected HMAC with SHA-1, SHA-2 or SHA-3");
        kdf.hash = row->name;
        hash_bytes = row->bytes;
    }
    in.end_cons();
    outer.verify_end();
    if (key_bytes == 0) {
        // RFC 9879: present, and 20 bytes at least; the upper bound is ours, no HMAC here has a longer block.
        if (!length || *length < 20 || *length > 256) refuse(errc::malformed, "pfx: PBMAC1 needs a key length of 20 to 256 bytes");
        kdf.key_bytes = *length;
    } else if (length && *length != key_bytes) {
        refuse(errc::malformed, "pfx: PBKDF2's key length does not fit the cipher");
    }
    kdf.cost = {kdf.iterations, (kdf.key_bytes + hash_bytes - 1) / hash_bytes, 0};
    return kdf;
}

/// scrypt's parameters (RFC 7914): SEQUENCE { salt, N, r, p, keyLength OPTIONAL }.
inline kdf_scheme read_scrypt(byte_view parameters, std::size_t key_bytes) {
    kdf_scheme kdf;
    kdf.kind = kdf_kind::scrypt;
    kdf.key_bytes = key_bytes;
    auto outer = ber(parameters);
    auto in = outer.start_sequence();
    in.decode(kdf.salt, Botan::ASN1_Type::OctetString);
    kdf.iterations = count(in, "pfx: scrypt has a negative cost");
    kdf.r = count(in, "pfx: scrypt has a negative block size");
    kdf.p = count(in, "pfx: scrypt has a negative parallelism");
    std::optional<std::size_t> length;
    in.decode_optional(length, Botan::ASN1_Type::Integer, Botan::ASN1_Class::Universal);
    in.end_cons();
    outer.verify_end();
    if (kdf.iterations < 2 || (kdf.iterations & (kdf.iterations - 1)) != 0 || kdf.r == 0 || kdf.p == 0 || (length && *length != key_bytes))
        refuse(errc::malformed, "pfx: scrypt's parameters are not valid, expected N a power of two, r and p at least 1");
    if (kdf.iterations > (1u << 26) || kdf.r > 1024 || kdf.p > 1024)
        refuse(errc::limit_exceeded, "pfx: scrypt asks for more memory than the limit `scrypt_bytes` allows");
    kdf.cost = {2 * kdf.iterations * kdf.r * kdf.p, 1, static_cast<std::size_t>(128 * kdf.iterations * kdf.r)};
    return kdf;
}

/// PBES2's parameters: SEQUENCE { kdf, cipher { IV } }.
inline pbe_scheme read_pbes2(byte_view parameters) {
    Botan::AlgorithmIdentifier kdf, cipher;
    auto outer = ber(parameters);
    auto in = outer.start_sequence();
    in.decode(kdf).decode(cipher);
    in.end_cons();
    outer.verify_end();
    const auto* row = find_oid(pbes2_ciphers, cipher);
    if (row == nullptr)
        refuse(errc::unsupported, "pfx: PBES2 uses a cipher that is not offered, expected AES, 3DES, Camellia, ARIA or SM4 in CBC mode");
    pbe_scheme scheme;
    scheme.cipher = row->name;
    ber(cipher.parameters()).decode(scheme.iv, Botan::ASN1_Type::OctetString).verify_end();
    const std::string oid = kdf.oid().to_string();
    if (oid == "1.2.840.113549.1.5.12")
        scheme.kdf = read_pbkdf2(kdf.parameters(), row->bytes);
    else if (oid == "1.3.6.1.4.1.11591.4.11")
        scheme.kdf = read_scrypt(kdf.parameters(), row->bytes);
    else
        refuse(errc::unsupported, "pfx: PBES2 uses a key derivation that is not offered, expected PBKDF2 or scrypt");
    return scheme;
}

/// Any encryption scheme. Refuses by name what is not offered; runs nothing.
inline pbe_scheme read_pbe(const Botan::AlgorithmIdentifier& algorithm, pfx_place place) {
    const std::string oid = algorithm.oid().to_string();
    if (oid == "1.2.840.113549.1.5.13") return read_pbes2(algorithm.parameters());
    const bool triple = oid == "1.2.840.113549.1.12.1.3";
    if (!triple && oid != "1.2.840.113549.1.12.1.4") {
        if (const auto* row = find_oid(refused_pbe, algorithm)) refuse(errc::unsupported, place == pfx_place::safe ? row->safe : row->key);
        refuse(errc::unsupported, place == pfx_place::safe ? "pfx: an encrypted safe uses an encryption algorithm that is not known"
                                                           : "pfx: a key bag uses an encryption algorithm that is not known");
    }
    pbe_scheme scheme;
    scheme.cipher = "TripleDES/CBC";
    scheme.kdf.hash = "SHA-1";
    scheme.kdf.key_bytes = triple ? 24 : 16;
    auto outer = ber(algorithm.parameters());
    auto in = outer.start_sequence();
    in.decode(scheme.kdf.salt, Botan::ASN1_Type::OctetString);
    scheme.kdf.iterations = count(in, "pfx: an encryption has a negative iteration count");
    in.end_cons();
    outer.verify_end();
    scheme.kdf.cost = {scheme.kdf.iterations, 3, 0};
    return scheme;
}

// --- running: the cost is reserved by now ---

inline secure derive(const kdf_scheme& kdf, kdf_use use, std::size_t size, const pfx_password& password) {
    if (kdf.kind == kdf_kind::pkcs12)
        return pkcs12_kdf(*Botan::HashFunction::create_or_throw(kdf.hash), use, password.utf16, kdf.salt, kdf.iterations, size);
    secure out(size);
    const auto n = static_cast<std::size_t>(kdf.iterations);
    const auto hash = kdf.kind == kdf_kind::scrypt
                          ? Botan::PasswordHashFamily::create_or_throw("Scrypt")->from_params(n, static_cast<std::size_t>(kdf.r),
                                                                                              static_cast<std::size_t>(kdf.p))
                          : Botan::PasswordHashFamily::create_or_throw(std::string("PBKDF2(HMAC(") + kdf.hash + "))")->from_iterations(n);
    hash->hash(out, as_text(password.utf8), kdf.salt);
    return out;
}

/// The plaintext; throws what Botan throws when the padding is wrong.
inline secure decrypt(const pbe_scheme& scheme, byte_view ciphertext, const pfx_password& password, pfx_work& work) {
    note_run(work, scheme.kdf.cost);
    secure key = derive(scheme.kdf, kdf_use::key, scheme.kdf.key_bytes, password);
    if (scheme.kdf.kind == kdf_kind::pkcs12 && key.size() == 16) key.insert(key.end(), key.begin(), key.begin() + 8); // two-key 3DES
    const auto cipher = Botan::Cipher_Mode::create_or_throw(scheme.cipher, Botan::Cipher_Dir::Decryption);
    const secure iv =
        scheme.kdf.kind == kdf_kind::pkcs12 ? derive(scheme.kdf, kdf_use::iv, 8, password) : secure(scheme.iv.begin(), scheme.iv.end());
    cipher->set_key(key);
    cipher->start(iv);
    secure buffer(ciphertext.begin(), ciphertext.end());
    cipher->finish(buffer);
    return buffer;
}

} // namespace keywright::formats::detail
