// SPDX-License-Identifier: Apache-2.0
// How the formats layer walks BER: Botan's decoder throws, and so does a step that refuses; both end here, as values.
// Depends on: detail/botan_boundary, Botan.
#pragma once

#include <keywright/core/bytes.hpp>
#include <keywright/detail/botan_boundary.hpp>

#include <botan/asn1_obj.h>
#include <botan/ber_dec.h>
#include <botan/bigint.h>

namespace keywright::formats::detail {

/// Carries an error out of a walk. Thrown by `refuse` and caught by `ber_walk`, so it never leaves the layer.
struct walk_refused {
    error why;
};

[[noreturn]] inline void refuse(errc code, const char* text) { throw walk_refused{error{code, text}}; }

/// Runs a walk: its value; what it refused; or malformed with `text` where Botan could not decode.
template <class Work>
[[nodiscard]] auto ber_walk(const char* text, Work&& work) -> result<std::invoke_result_t<Work&>> {
    try {
        return keywright::detail::botan_boundary(errc::malformed, text, work);
    } catch (const walk_refused& refusal) {
        return fail(refusal.why.code, refusal.why.text);
    }
}

/// Unwraps a result inside a walk.
template <class T>
T value_or_refuse(result<T>&& r) {
    if (!r) throw walk_refused{r.error()};
    if constexpr (!std::is_void_v<T>) return *std::move(r);
}

/// BER with few indefinite lengths (NSS and BouncyCastle write them), no object larger than the file.
inline Botan::BER_Decoder ber(byte_view data) {
    return Botan::BER_Decoder(data, Botan::BER_Decoder::Limits::BER(16).with_max_object_size(data.size()));
}

/// The next INTEGER as a count. Negative is malformed; what does not fit is given as the greatest number, so that
/// the limit that is checked next refuses it by its own name.
inline std::uint64_t count(Botan::BER_Decoder& in, const char* negative) {
    Botan::BigInt n;
    in.decode(n);
    if (n.signum() < 0) refuse(errc::malformed, negative);
    if (n.bits() > 63) return UINT64_MAX;
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < 8; ++i) value |= std::uint64_t{n.byte_at(i)} << (8 * i);
    return value;
}

} // namespace keywright::formats::detail
