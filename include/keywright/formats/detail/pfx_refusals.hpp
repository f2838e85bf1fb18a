// SPDX-License-Identifier: Apache-2.0
// What a PFX may use and is refused by name: the sentence says where it stands, what it is and what to do. Error texts
// need static storage, so each sentence is put together by the compiler, once for each place.
// Depends on: nothing. Use: `refuse(errc::unsupported, text_at<" uses a thing">.in(pfx_place::key))`.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

namespace keywright::formats::detail {

/// Where an algorithm stands in the file; error texts name it.
enum class pfx_place : unsigned char { mac, safe, key };

template <std::size_t N>
struct literal {
    char text[N]{};
    constexpr literal(const char (&from)[N]) { std::copy_n(from, N, text); } // NOLINT(google-explicit-constructor)
};
template <literal First, literal Second>
constexpr auto join() {
    char out[sizeof First.text + sizeof Second.text - 1]{};
    std::copy_n(Second.text, sizeof Second.text, std::copy_n(First.text, sizeof First.text - 1, out));
    return literal(out);
}
/// Keeps a sentence.
template <literal Text>
inline constexpr literal stored = Text;

/// One sentence, begun by each place.
struct placed_text {
    const char* mac;
    const char* safe;
    const char* key;
    constexpr const char* in(pfx_place place) const noexcept {
        return place == pfx_place::mac ? mac : place == pfx_place::safe ? safe : key;
    }
};
template <literal Rest>
inline constexpr placed_text text_at{stored<join<"pfx: the MAC", Rest>()>.text, stored<join<"pfx: an encrypted safe", Rest>()>.text,
                                     stored<join<"pfx: a key bag", Rest>()>.text};

// --- algorithms ---

struct refused_oid {
    std::string_view oid;
    placed_text text;
};
/// With a cure: OpenSSL 3 reads these.
template <literal Algorithm>
constexpr refused_oid convertible(std::string_view oid) {
    return {oid, text_at<join<join<" uses ", Algorithm>(), ", which is not offered; convert the file: openssl pkcs12 -legacy -in old.pfx "
                                                           "-nodes | openssl pkcs12 -export -out new.pfx">()>};
}
template <literal Algorithm>
constexpr refused_oid refused(std::string_view oid) {
    return {oid, text_at<join<join<" uses ", Algorithm>(), ", which is not offered; export the key again with a current program">()>};
}
/// Encryption of RFC 7292 and PKCS#5 v1.
inline constexpr std::array<refused_oid, 10> refused_pbe{
    {convertible<"PKCS#12 RC4-128">("1.2.840.113549.1.12.1.1"), convertible<"PKCS#12 RC4-40">("1.2.840.113549.1.12.1.2"),
     convertible<"PKCS#12 RC2-128">("1.2.840.113549.1.12.1.5"), convertible<"PKCS#12 RC2-40">("1.2.840.113549.1.12.1.6"),
     refused<"PKCS#5 MD2 with DES">("1.2.840.113549.1.5.1"), convertible<"PKCS#5 MD5 with DES">("1.2.840.113549.1.5.3"),
     refused<"PKCS#5 MD2 with RC2">("1.2.840.113549.1.5.4"), convertible<"PKCS#5 MD5 with RC2">("1.2.840.113549.1.5.6"),
     convertible<"PKCS#5 SHA-1 with DES">("1.2.840.113549.1.5.10"), convertible<"PKCS#5 SHA-1 with RC2">("1.2.840.113549.1.5.11")}};
/// Ciphers within PBES2.
inline constexpr std::array<refused_oid, 9> refused_ciphers{
    {convertible<"PBES2 with RC2">("1.2.840.113549.3.2"), refused<"PBES2 with RC5">("1.2.840.113549.3.9"),
     convertible<"PBES2 with DES">("1.3.14.3.2.7"), convertible<"PBES2 with Blowfish">("1.3.6.1.4.1.3029.1.2"),
     convertible<"PBES2 with CAST-128">("1.2.840.113533.7.66.10"), convertible<"PBES2 with SEED">("1.2.410.200004.1.4"),
     refused<"PBES2 with AES-128-GCM">("2.16.840.1.101.3.4.1.6"), refused<"PBES2 with AES-192-GCM">("2.16.840.1.101.3.4.1.26"),
     refused<"PBES2 with AES-256-GCM">("2.16.840.1.101.3.4.1.46")}};
/// Digests of the classic MAC.
inline constexpr std::array<refused_oid, 5> refused_digests{
    {refused<"MD2">("1.2.840.113549.2.2"), convertible<"SHA-512/224">("2.16.840.1.101.3.4.2.5"),
     convertible<"Whirlpool">("1.0.10118.3.0.55"), refused<"GOST R 34.11-2012 (256)">("1.2.643.7.1.1.2.2"),
     refused<"GOST R 34.11-2012 (512)">("1.2.643.7.1.1.2.3")}};

} // namespace keywright::formats::detail
