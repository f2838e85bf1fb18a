// SPDX-License-Identifier: Apache-2.0
// The encryption and MAC schemes of a PFX: read from an AlgorithmIdentifier without running anything, and priced.
// What is not offered is refused by its name and its place; pfx_unlock.hpp runs the rest.
// Depends on: detail/pfx_kdf, detail/pfx_refusals, Botan.
#pragma once

#include <keywright/formats/detail/pfx_kdf.hpp>
#include <keywright/formats/detail/pfx_refusals.hpp>

#include <array>
#include <optional>
#include <string>

namespace keywright::formats::detail {

using secure = Botan::secure_vector<std::uint8_t>;

enum class kdf_kind : unsigned char { pkcs12, pbkdf2, scrypt };

/// A key derivation with all its parameters. `hash` belongs to pkcs12 and pbkdf2.
struct kdf_scheme {
    kdf_kind kind = kdf_kind::pkcs12;
    std::string_view hash;
    bytes salt;
    std::uint64_t iterations = 0; // scrypt: N
    std::uint64_t r = 0, p = 0;
    std::size_t key_bytes = 0;
    kdf_cost cost;
    bool operator==(const kdf_scheme&) const = default;
};

/// Encryption under a password.
struct pbe_scheme {
    kdf_scheme kdf;
    std::string_view cipher;
    std::size_t block_bytes = 8;
    bytes iv; // pkcs12: empty, the IV is derived
};

// --- tables ---

/// A hash: the length of its value, and what one iteration costs where PBKDF2 with SHA-256 is 1, rounded up. Measured
/// with SHA-NI, for HMAC as PRF and for the bare hash of the classic MAC.
struct hash_row {
    std::string_view oid;
    std::string_view name;
    std::size_t bytes;
    std::uint64_t weight;
};
/// HMAC as PRF and as PBMAC1's MAC (PKCS#5, RFC 8018, NIST).
inline constexpr std::array<hash_row, 11> hmac_hashes{{{"1.2.840.113549.2.7", "SHA-1", 20, 1},
                                                       {"1.2.840.113549.2.8", "SHA-224", 28, 1},
                                                       {"1.2.840.113549.2.9", "SHA-256", 32, 1},
                                                       {"1.2.840.113549.2.10", "SHA-384", 48, 4},
                                                       {"1.2.840.113549.2.11", "SHA-512", 64, 4},
                                                       {"1.2.840.113549.2.13", "SHA-512-256", 32, 4},
                                                       {"2.16.840.1.101.3.4.2.13", "SHA-3(224)", 28, 7},
                                                       {"2.16.840.1.101.3.4.2.14", "SHA-3(256)", 32, 7},
                                                       {"2.16.840.1.101.3.4.2.15", "SHA-3(384)", 48, 7},
                                                       {"2.16.840.1.101.3.4.2.16", "SHA-3(512)", 64, 7},
                                                       {"1.2.840.113549.2.6", "MD5", 16, 2}}};
/// Digests of the classic MAC: every hash that has an object identifier in Botan.
inline constexpr std::array<hash_row, 14> mac_hashes{{{"1.3.14.3.2.26", "SHA-1", 20, 1},
                                                      {"2.16.840.1.101.3.4.2.4", "SHA-224", 28, 1},
                                                      {"2.16.840.1.101.3.4.2.1", "SHA-256", 32, 1},
                                                      {"2.16.840.1.101.3.4.2.2", "SHA-384", 48, 1},
                                                      {"2.16.840.1.101.3.4.2.3", "SHA-512", 64, 1},
                                                      {"2.16.840.1.101.3.4.2.6", "SHA-512-256", 32, 1},
                                                      {"2.16.840.1.101.3.4.2.7", "SHA-3(224)", 28, 2},
                                                      {"2.16.840.1.101.3.4.2.8", "SHA-3(256)", 32, 2},
                                                      {"2.16.840.1.101.3.4.2.9", "SHA-3(384)", 48, 2},
                                                      {"2.16.840.1.101.3.4.2.10", "SHA-3(512)", 64, 2},
                                                      {"1.2.840.113549.2.5", "MD5", 16, 1},
                                                      {"1.2.840.113549.2.4", "MD4", 16, 1},
                                                      {"1.3.36.3.2.1", "RIPEMD-160", 20, 1},
                                                      {"1.2.156.10197.1.401", "SM3", 32, 1}}};
/// Ciphers of PBES2, all CBC.
struct cipher_row {
    std::string_view oid;
    std::string_view name;
    std::size_t key_bytes;
    std::size_t block_bytes;
};
inline constexpr std::array<cipher_row, 11> pbes2_ciphers{{{"2.16.840.1.101.3.4.1.2", "AES-128/CBC", 16, 16},
                                                           {"2.16.840.1.101.3.4.1.22", "AES-192/CBC", 24, 16},
                                                           {"2.16.840.1.101.3.4.1.42", "AES-256/CBC", 32, 16},
                                                           {"1.2.840.113549.3.7", "TripleDES/CBC", 24, 8},
                                                           {"1.2.392.200011.61.1.1.1.2", "Camellia-128/CBC", 16, 16},
                                                           {"1.2.392.200011.61.1.1.1.3", "Camellia-192/CBC", 24, 16},
                                                           {"1.2.392.200011.61.1.1.1.4", "Camellia-256/CBC", 32, 16},
                                                           {"1.2.410.200046.1.1.2", "ARIA-128/CBC", 16, 16},
                                                           {"1.2.410.200046.1.1.7", "ARIA-192/CBC", 24, 16},
                                                           {"1.2.410.200046.1.1.12", "ARIA-256/CBC", 32, 16},
                                                           {"1.2.156.10197.1.104.2", "SM4/CBC", 16, 16}}};

template <class Table>
const typename Table::value_type* find_oid(const Table& table, const Botan::AlgorithmIdentifier& algorithm) {
    const std::string oid = algorithm.oid().to_string();
    for (const auto& row : table)
        if (row.oid == oid) return &row;
    return nullptr;
}

// --- reading ---

/// HMAC-SHA-1 where nothing more is there.
inline const hash_row* read_prf(Botan::BER_Decoder& in, pfx_place place) {
    if (!in.more_items()) return hmac_hashes.data();
    Botan::AlgorithmIdentifier id;
    in.decode(id);
    const hash_row* prf = find_oid(hmac_hashes, id);
    if (prf == nullptr)
        refuse(errc::unsupported, text_at<" uses PBKDF2 with a pseudo-random function that is not offered, expected HMAC "
                                          "with SHA-1, SHA-2, SHA-3 or MD5">.in(place));
    return prf;
}

/// PBKDF2's parameters: SEQUENCE { salt, iterations, keyLength OPTIONAL, prf DEFAULT HMAC-SHA-1 }.
/// `key_bytes` 0: keyLength is required (PBMAC1); else it must agree where it is given.
inline kdf_scheme read_pbkdf2(byte_view parameters, std::size_t key_bytes, pfx_place place) {
    kdf_scheme kdf;
    kdf.kind = kdf_kind::pbkdf2;
    kdf.key_bytes = key_bytes;
    auto outer = ber(parameters);
    auto in = outer.start_sequence();
    in.decode(kdf.salt, Botan::ASN1_Type::OctetString);
    kdf.iterations = count(in, "pfx: PBKDF2 has a negative iteration count");
    std::optional<std::size_t> length;
    in.decode_optional(length, Botan::ASN1_Type::Integer, Botan::ASN1_Class::Universal);
    const hash_row* prf = read_prf(in, place);
    in.end_cons();
    outer.verify_end();
    kdf.hash = prf->name;
    if (key_bytes == 0) {
        // RFC 9879: present, and 20 bytes at least; the upper bound is ours, no HMAC here has a longer block.
        if (!length || *length < 20 || *length > 256) refuse(errc::malformed, "pfx: PBMAC1 needs a key length of 20 to 256 bytes");
        kdf.key_bytes = *length;
    } else if (length && *length != key_bytes) {
        refuse(errc::malformed, "pfx: PBKDF2's key length does not fit the cipher");
    }
    kdf.cost = {kdf.iterations, (kdf.key_bytes + prf->bytes - 1) / prf->bytes * prf->weight, 0};
    return kdf;
}

/// scrypt's parameters (RFC 7914): SEQUENCE { salt, N, r, p, keyLength OPTIONAL }.
inline kdf_scheme read_scrypt(byte_view parameters, std::size_t key_bytes, pfx_place place) {
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
    // Botan's own bounds, which no limit raises.
    if (kdf.iterations > (1u << 22)) refuse(errc::limit_exceeded, "pfx: scrypt asks for more memory than the limit `scrypt_bytes` allows");
    if (kdf.r > 256 || kdf.p > 1024)
        refuse(errc::unsupported,
               text_at<" uses scrypt with a block size above 256 or a parallelism above 1024, which is not offered">.in(place));
    kdf.cost = {2 * kdf.iterations * kdf.r * kdf.p, 1, static_cast<std::size_t>(128 * kdf.r * (kdf.iterations + kdf.p + 1))};
    return kdf;
}

/// PBES2's parameters: SEQUENCE { kdf, cipher { IV } }.
inline pbe_scheme read_pbes2(byte_view parameters, pfx_place place) {
    Botan::AlgorithmIdentifier kdf, cipher;
    auto outer = ber(parameters);
    auto in = outer.start_sequence();
    in.decode(kdf).decode(cipher);
    in.end_cons();
    outer.verify_end();
    const auto* row = find_oid(pbes2_ciphers, cipher);
    if (row == nullptr) {
        if (const auto* named = find_oid(refused_ciphers, cipher)) refuse(errc::unsupported, named->text.in(place));
        refuse(errc::unsupported,
               text_at<" uses PBES2 with a cipher that is not known, expected AES, 3DES, Camellia, ARIA or SM4 in CBC mode">.in(place));
    }
    pbe_scheme scheme;
    scheme.cipher = row->name;
    scheme.block_bytes = row->block_bytes;
    ber(cipher.parameters()).decode(scheme.iv, Botan::ASN1_Type::OctetString).verify_end();
    if (scheme.iv.size() != row->block_bytes) refuse(errc::malformed, "pfx: PBES2 has an IV that is not as long as its cipher's block");
    const std::string oid = kdf.oid().to_string();
    if (oid == "1.2.840.113549.1.5.12")
        scheme.kdf = read_pbkdf2(kdf.parameters(), row->key_bytes, place);
    else if (oid == "1.3.6.1.4.1.11591.4.11")
        scheme.kdf = read_scrypt(kdf.parameters(), row->key_bytes, place);
    else
        refuse(errc::unsupported, text_at<" uses PBES2 with a key derivation that is not offered, expected PBKDF2 or scrypt">.in(place));
    return scheme;
}

/// PBE of RFC 7292, appendix C, with three-key or two-key 3DES: SEQUENCE { salt, iterations }.
inline pbe_scheme read_pkcs12_3des(byte_view parameters, std::size_t key_bytes) {
    pbe_scheme scheme;
    scheme.cipher = "TripleDES/CBC";
    scheme.kdf.hash = "SHA-1";
    scheme.kdf.key_bytes = key_bytes;
    auto outer = ber(parameters);
    auto in = outer.start_sequence();
    in.decode(scheme.kdf.salt, Botan::ASN1_Type::OctetString);
    scheme.kdf.iterations = count(in, "pfx: an encryption has a negative iteration count");
    in.end_cons();
    outer.verify_end();
    scheme.kdf.cost = {scheme.kdf.iterations, 3, 0};
    return scheme;
}

/// Any encryption scheme over so many bytes. Refuses by name what is not offered; runs nothing.
inline pbe_scheme read_pbe(const Botan::AlgorithmIdentifier& algorithm, std::size_t ciphertext_bytes, pfx_place place) {
    const std::string oid = algorithm.oid().to_string();
    pbe_scheme scheme;
    if (oid == "1.2.840.113549.1.5.13") {
        scheme = read_pbes2(algorithm.parameters(), place);
    } else if (oid == "1.2.840.113549.1.12.1.3") {
        scheme = read_pkcs12_3des(algorithm.parameters(), 24);
    } else if (oid == "1.2.840.113549.1.12.1.4") {
        scheme = read_pkcs12_3des(algorithm.parameters(), 16);
    } else {
        if (const auto* row = find_oid(refused_pbe, algorithm)) refuse(errc::unsupported, row->text.in(place));
        refuse(errc::unsupported, text_at<" uses an encryption algorithm that is not known">.in(place));
    }
    if (ciphertext_bytes == 0 || ciphertext_bytes % scheme.block_bytes != 0)
        refuse(errc::malformed, text_at<" holds a ciphertext that is not a whole number of its cipher's blocks">.in(place));
    return scheme;
}

} // namespace keywright::formats::detail
