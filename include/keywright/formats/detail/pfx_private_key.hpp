// SPDX-License-Identifier: Apache-2.0
// Loads a key bag's PKCS#8. Only algorithms whose keys load in bounded time reach Botan: no groups that would have to be
// proven prime, no curves that describe themselves, no keys that are trees of other keys.
// Depends on: detail/ber_walk, Botan.
#pragma once

#include <keywright/formats/detail/ber_walk.hpp>

#include <botan/pkcs8.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string_view>

namespace keywright::formats::detail {

/// RSA, RSASSA-PSS, Ed25519, Ed448, X25519, X448.
inline constexpr std::array<std::string_view, 6> offered_keys{"1.2.840.113549.1.1.1", "1.2.840.113549.1.1.10", "1.3.101.112",
                                                              "1.3.101.113",          "1.3.101.110",           "1.3.101.111"};

/// Whether the algorithm of a PrivateKeyInfo (with a version) or of a SubjectPublicKeyInfo is one of these, or EC on a
/// named curve.
inline bool loads_cheaply(byte_view der, bool with_version) {
    const auto offered = ber_walk("", [&] {
        auto outer = ber(der);
        auto in = outer.start_sequence();
        if (with_version) in.get_next_object();
        Botan::AlgorithmIdentifier algorithm;
        in.decode(algorithm);
        const std::string oid = algorithm.oid().to_string();
        if (oid == "1.2.840.10045.2.1") return !algorithm.parameters().empty() && algorithm.parameters()[0] == 0x06;
        return std::find(offered_keys.begin(), offered_keys.end(), oid) != offered_keys.end();
    });
    return offered && *offered;
}

inline result<std::unique_ptr<Botan::Private_Key>> load_private_key(byte_view der) {
    // Botan would also take PEM and encrypted forms here; a key bag holds a PrivateKeyInfo and nothing else.
    if (der.empty() || der[0] != 0x30) return fail(errc::malformed, "pfx: a key bag does not hold a PKCS#8 key");
    const auto well_formed = ber_walk("pfx: a key bag does not hold a PKCS#8 key", [&] {
        Botan::AlgorithmIdentifier algorithm;
        auto outer = ber(der);
        auto in = outer.start_sequence();
        count(in, "pfx: a private key has a negative version");
        in.decode(algorithm);
        outer.verify_end();
    });
    if (!well_formed) return pass(well_formed);
    if (!loads_cheaply(der, true))
        return fail(errc::unsupported, "pfx: a private key is of an algorithm that is not offered, expected RSA, EC on a named curve, "
                                       "Ed25519, Ed448, X25519 or X448");
    return keywright::detail::botan_boundary(errc::internal, "pfx: a private key does not load: damaged, or of an unknown algorithm",
                                             [&] { return Botan::PKCS8::load_key(std::span<const std::uint8_t>(der)); });
}

} // namespace keywright::formats::detail
