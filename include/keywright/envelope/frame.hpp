// SPDX-License-Identifier: Apache-2.0
// Frames, sealed and opened where they lie: no memory is taken and nothing is copied.
// Depends on: envelope/cipher.
#pragma once

#include <keywright/envelope/cipher.hpp>

namespace keywright::envelope {

// Layout, big-endian; the IV is 8 zero bytes and the sequence, which starts at 1 and leaves no gap:
//   regular   u32 sequence, 12 IV, frame length bytes of ciphertext, 16 tag
//   final     FFFFFFFF, u32 sequence, 12 IV, u32 n, n bytes of ciphertext (0 to frame length), 16 tag
//   unframed  12 IV, u64 n, n bytes of ciphertext, 16 tag (read only)

inline constexpr std::uint32_t end_marker = 0xFFFFFFFF;
inline constexpr std::size_t frame_prefix = 4 + 12;              ///< bytes of a regular frame before its ciphertext
inline constexpr std::size_t final_prefix = 4 + 4 + 12 + 4;      ///< of a final frame
inline constexpr std::size_t unframed_prefix = 12 + 8;
inline constexpr std::size_t frame_tag = 16;
inline constexpr std::size_t frame_overhead = frame_prefix + frame_tag;
inline constexpr std::size_t final_overhead = final_prefix + frame_tag;

/// Whether a regular frame of this number may be written: the numbers end before the end marker.
constexpr bool may_be_regular(std::uint32_t sequence) noexcept { return sequence != 0 && sequence < end_marker; }

namespace detail {

inline void store_iv(std::uint32_t sequence, std::uint8_t* out) noexcept {
    std::fill_n(out, 8, std::uint8_t{0});
    store_be(sequence, out + 8);
}

} // namespace detail

/// Makes a regular frame of `frame`, whose plaintext lies behind room for the prefix and before room for the tag.
[[nodiscard]] inline result<void> seal_regular(message_cipher& cipher, std::uint32_t sequence, byte_span frame) {
    store_be(sequence, frame.data());
    detail::store_iv(sequence, frame.data() + 4);
    return cipher.seal({content_kind::frame, sequence}, frame.subspan(4, 12), frame.subspan(frame_prefix, frame.size() - frame_overhead),
                       frame.last(frame_tag));
}
/// The same for the final frame, with room for final_prefix.
[[nodiscard]] inline result<void> seal_final(message_cipher& cipher, std::uint32_t sequence, byte_span frame) {
    const std::size_t size = frame.size() - final_overhead;
    store_be(end_marker, frame.data());
    store_be(sequence, frame.data() + 4);
    detail::store_iv(sequence, frame.data() + 8);
    store_be(static_cast<std::uint32_t>(size), frame.data() + 20);
    return cipher.seal({content_kind::final_frame, sequence}, frame.subspan(8, 12), frame.subspan(final_prefix, size),
                       frame.last(frame_tag));
}

/// One piece of content, read and not opened: views into the bytes that it was read from.
struct frame_view {
    content_place at;
    byte_view iv, ciphertext, tag;

    /// Decrypts `data`, which holds the ciphertext or a copy of it, in place. authentication_failed, and it is zeroed.
    [[nodiscard]] result<void> open(message_cipher& cipher, byte_span data) const { return cipher.open(at, iv, data, tag); }
};

/// Whether the end marker stands at the front of `in`.
inline bool is_final(byte_view in) noexcept { return in.size() >= 4 && load_be<std::uint32_t>(in.data()) == end_marker; }

/// Reads a regular frame out of exactly its bytes. malformed: another number than expected. Writers choose IVs; the
/// tag proves them.
[[nodiscard]] inline result<frame_view> read_regular(byte_view in, std::uint32_t expected) {
    if (load_be<std::uint32_t>(in.data()) != expected || !may_be_regular(expected))
        return fail(errc::malformed, "message: expected the next frame in sequence");
    return frame_view{
        {content_kind::frame, expected}, in.subspan(4, 12), in.subspan(frame_prefix, in.size() - frame_overhead), in.last(frame_tag)};
}
/// Reads the final frame, which must fill `in` to its last byte. malformed otherwise.
[[nodiscard]] inline result<frame_view> read_final(byte_view in, std::uint32_t expected, std::uint32_t frame_length) {
    if (in.size() < final_overhead || !is_final(in)) return fail(errc::malformed, "message: it ends before or within its final frame");
    if (load_be<std::uint32_t>(in.data() + 4) != expected || expected == 0)
        return fail(errc::malformed, "message: expected the next frame in sequence");
    const std::size_t size = load_be<std::uint32_t>(in.data() + 20);
    if (size > frame_length) return fail(errc::malformed, "message: the final frame is longer than the frame length");
    if (in.size() - final_overhead < size) return fail(errc::malformed, "message: it ends before or within its final frame");
    if (in.size() - final_overhead > size) return fail(errc::malformed, "message: bytes follow the final frame");
    return frame_view{{content_kind::final_frame, expected}, in.subspan(8, 12), in.subspan(final_prefix, size), in.last(frame_tag)};
}
/// Reads the body of an unframed message, which must fill `in` to its last byte. malformed otherwise.
[[nodiscard]] inline result<frame_view> read_unframed(byte_view in) {
    const std::size_t around = unframed_prefix + frame_tag;
    if (in.size() < around || load_be<std::uint64_t>(in.data() + 12) != in.size() - around)
        return fail(errc::malformed, "message: the unframed content is truncated, or bytes follow it");
    return frame_view{{content_kind::unframed, 1}, in.first(12), in.subspan(unframed_prefix, in.size() - around), in.last(frame_tag)};
}

/// How long the last piece of a body at the front of `in` is: a final frame, or the content of an unframed message.
/// What follows it is the footer of a signed message. malformed: `in` ends before or within it, or it is too long.
[[nodiscard]] inline result<std::size_t> last_piece_size(byte_view in, bool framed, std::uint32_t frame_length) {
    const std::size_t prefix = framed ? final_prefix : unframed_prefix;
    if (in.size() < prefix + frame_tag || (framed && !is_final(in)))
        return fail(errc::malformed, "message: it ends before or within its final frame");
    const std::uint64_t size = framed ? load_be<std::uint32_t>(in.data() + 20) : load_be<std::uint64_t>(in.data() + 12);
    if (framed && size > frame_length) return fail(errc::malformed, "message: the final frame is longer than the frame length");
    if (size > in.size() - prefix - frame_tag) return fail(errc::malformed, "message: it ends before or within its final frame");
    return prefix + static_cast<std::size_t>(size) + frame_tag;
}

} // namespace keywright::envelope
