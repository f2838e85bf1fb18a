// SPDX-License-Identifier: Apache-2.0
// Views of bytes and big-endian numbers, for formats. Nothing secret lives in these types; see core/secret_bytes.hpp.
// Depends on: nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace keywright {

using byte_view = std::span<const std::uint8_t>;
using byte_span = std::span<std::uint8_t>;
using bytes = std::vector<std::uint8_t>;

/// The bytes of a text, not copied.
inline byte_view as_bytes(std::string_view text) { return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}; }
/// Bytes seen as text, not copied and not checked.
inline std::string_view as_text(byte_view data) { return {reinterpret_cast<const char*>(data.data()), data.size()}; }

/// Writes the low 8 * sizeof...(bytes) bits of a number, most significant byte first.
template <class Unsigned>
constexpr void store_be(Unsigned value, std::uint8_t* out) {
    for (std::size_t i = 0; i < sizeof(Unsigned); ++i) out[i] = static_cast<std::uint8_t>(value >> (8 * (sizeof(Unsigned) - 1 - i)));
}
/// Reads sizeof(Unsigned) bytes, most significant first.
template <class Unsigned>
constexpr Unsigned load_be(const std::uint8_t* in) {
    Unsigned value = 0;
    for (std::size_t i = 0; i < sizeof(Unsigned); ++i) value = static_cast<Unsigned>((value << 8) | in[i]);
    return value;
}
/// Appends a number, most significant byte first.
template <class Unsigned>
void append_be(bytes& out, Unsigned value) {
    std::uint8_t raw[sizeof(Unsigned)];
    store_be(value, raw);
    out.insert(out.end(), raw, raw + sizeof raw);
}
inline void append(bytes& out, byte_view data) { out.insert(out.end(), data.begin(), data.end()); }

} // namespace keywright
