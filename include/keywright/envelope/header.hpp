// SPDX-License-Identifier: Apache-2.0
// A message's header: read with limits before memory is taken, written once.
// Depends on: envelope/suite, envelope/signature (a pair's name), keys/context, keys/wrap.
// Use: `auto h = parse_header(bytes, {});`
#pragma once

#include <keywright/envelope/signature.hpp>
#include <keywright/envelope/suite.hpp>
#include <keywright/keys/wrap.hpp>

#include <algorithm>
#include <vector>

namespace keywright::envelope {

// Layout (AWS Encryption SDK), big-endian. Format version 2:
//   u8 version 02, u16 suite, 32 message id
//   u16 length of the context, the context (keys/context.hpp; nothing at all when it is empty)
//   u16 number of entries, the entries (keys/wrap.hpp)
//   u8 content type: 1 unframed, 2 framed; u32 frame length, 0 when unframed
//   32 commitment, 16 tag over all bytes before it
// Version 1 (read only): u8 01, u8 type 80, u16 suite, 16 message id, context and entries as above, u8 content type,
//   u32 zero, u8 IV length 0C, u32 frame length, then 12 IV, 16 tag over all bytes before the IV.

inline constexpr std::size_t header_tag_size = 16;

/// A header, read but not proven. The entries are views into the bytes that were parsed.
struct message_header {
    const algorithm_suite* suite = &committing_suite;
    message_id id{};
    keys::encryption_context context; ///< as far as the header has it
    std::vector<keys::entry_view> entries;
    bool framed = true;
    std::uint32_t frame_length = 0; ///< bytes of plaintext in each frame but the last
    commitment committed{};         ///< of version 2
    std::array<std::uint8_t, 12> iv{}; ///< of version 1
    std::size_t size = 0;              ///< bytes, with the tag

    /// How many of its bytes the tag covers.
    std::size_t tagged() const noexcept { return size - header_tag_size - (suite->commits() ? 0 : iv.size()); }
};

namespace detail {

// Sizes around context and entries.
constexpr std::size_t header_front(const algorithm_suite& s) noexcept { return (s.commits() ? 3 : 4) + s.id_bytes(); }
constexpr std::size_t header_back(const algorithm_suite& s) noexcept { return s.commits() ? 1 + 4 + 32 + 16 : 1 + 4 + 1 + 4 + 12 + 16; }

/// The suite, as soon as enough bytes are there; nullptr before.
inline result<const algorithm_suite*> suite_of(byte_view in, commitment_policy policy) {
    if (in.empty()) return nullptr;
    if (in[0] != 1 && in[0] != 2) return find_suite(in[0], 0, policy);
    const std::size_t at = in[0] == 1 ? 2 : 1;
    if (in.size() < at + 2) return nullptr;
    if (in[0] == 1 && in[1] != 0x80) return fail(errc::malformed, "message: expected message type 80");
    return find_suite(in[0], load_be<std::uint16_t>(in.data() + at), policy);
}

} // namespace detail

/// How many bytes of a message are needed before one can say more: the header's whole size when that many are there.
/// Takes no memory. malformed, unsupported, limit_exceeded as soon as the bytes at hand tell.
[[nodiscard]] inline result<std::size_t> header_needs(byte_view in, const read_limits& limits, commitment_policy policy = {}) {
    const auto suite = detail::suite_of(in, policy);
    if (!suite) return pass(suite);
    if (*suite == nullptr) return in.empty() || in[0] == 2 ? 3 : 4;
    std::size_t at = detail::header_front(**suite);
    const auto has = [&](std::size_t n) { return in.size() >= at && in.size() - at >= n; };
    const auto u16 = [&] { return std::size_t{load_be<std::uint16_t>(in.data() + at)}; };
    if (!has(2)) return at + 2;
    at += 2 + u16();
    if (!has(2)) return at + 2;
    const std::size_t entries = u16();
    at += 2;
    if (entries == 0) return fail(errc::malformed, "message: expected one encrypted data key or more");
    if (entries > limits.max_entries) return fail(errc::limit_exceeded, "message: it has more encrypted data keys than read_limits allows");
    for (std::size_t field = 0; field < 3 * entries; ++field) {
        if (!has(2)) return at + 2;
        at += 2 + u16();
        if (at > limits.max_header) return fail(errc::limit_exceeded, "message: its header is longer than read_limits allows");
    }
    at += detail::header_back(**suite);
    if (at > limits.max_header) return fail(errc::limit_exceeded, "message: its header is longer than read_limits allows");
    return at;
}

namespace detail {

/// What follows the entries: content type, frame length, and what proves the header.
inline result<void> parse_back(message_header& h, byte_view in, const read_limits& limits) {
    const std::uint8_t content_type = in[0];
    in = in.subspan(1);
    if (content_type != 1 && content_type != 2) return fail(errc::malformed, "message: expected content type 1 or 2");
    if (!h.suite->commits()) {
        if (load_be<std::uint32_t>(in.data()) != 0 || in[4] != 12) return fail(errc::malformed, "message: expected IVs of 12 bytes");
        in = in.subspan(5);
    }
    h.framed = content_type == 2;
    h.frame_length = load_be<std::uint32_t>(in.data());
    if (h.framed == (h.frame_length == 0)) return fail(errc::malformed, "message: the frame length does not fit the content type");
    if (h.frame_length > limits.max_frame) return fail(errc::limit_exceeded, "message: its frames are longer than read_limits allows");
    if (h.suite->commits())
        std::copy_n(in.begin() + 4, h.committed.size(), h.committed.begin());
    else
        std::copy_n(in.begin() + 4, h.iv.size(), h.iv.begin());
    return {};
}

} // namespace detail

/// Reads the header at the front of `in`; what follows it is not looked at. malformed (also when truncated),
/// unsupported, limit_exceeded.
[[nodiscard]] inline result<message_header> parse_header(byte_view in, const read_limits& limits, commitment_policy policy = {}) {
    const auto size = header_needs(in, limits, policy);
    if (!size) return pass(size);
    if (in.size() < *size) return fail(errc::malformed, "message: the header is truncated");
    message_header h;
    h.suite = detail::suite_of(in, policy).value();
    h.size = *size;
    const std::size_t front = detail::header_front(*h.suite);
    std::copy_n(in.begin() + static_cast<std::ptrdiff_t>(front - h.suite->id_bytes()), h.suite->id_bytes(), h.id.begin());
    in = in.first(*size).subspan(front);

    const std::size_t context_size = load_be<std::uint16_t>(in.data());
    const auto pairs = in.subspan(2, context_size);
    auto context = limits.unsorted_context ? keys::encryption_context::parse_unsorted(pairs) : keys::encryption_context::parse(pairs);
    if (!context) return pass(context);
    if (context->find(verification_key_name).has_value() != h.suite->is_signed())
        return fail(errc::malformed, "message: a verification key stands in signed messages, and only there");
    h.context = std::move(*context);
    in = in.subspan(2 + context_size);

    h.entries.resize(load_be<std::uint16_t>(in.data()));
    in = in.subspan(2);
    for (auto& entry : h.entries) {
        auto taken = keys::take_entry(in);
        if (!taken) return pass(taken);
        entry = *taken;
    }
    if (auto parsed = detail::parse_back(h, in, limits); !parsed) return pass(parsed);
    return h;
}

/// What a header is made of.
struct header_parts {
    const algorithm_suite& suite;
    const message_id& id;
    const keys::encryption_context& context; ///< what of it is written
    const std::vector<keys::wrapped_key>& entries;
    std::uint32_t frame_length;
    const commitment& committed;
};
/// The bytes of a framed header of version 2 before its tag. limit_exceeded when the entries do not fit.
[[nodiscard]] inline result<bytes> serialise_header(const header_parts& h) {
    if (h.entries.empty() || h.entries.size() > 65'535)
        return fail(errc::limit_exceeded, "message: expected 1 to 65535 encrypted data keys");
    const bytes pairs = h.context.serialise();
    bytes out;
    out.reserve(256 + pairs.size() + h.entries.size() * h.entries.front().serialised().size());
    out.push_back(h.suite.version);
    append_be(out, h.suite.id);
    append(out, h.id);
    append_be(out, static_cast<std::uint16_t>(pairs.size()));
    append(out, pairs);
    append_be(out, static_cast<std::uint16_t>(h.entries.size()));
    for (const auto& entry : h.entries) append(out, entry.serialised());
    out.push_back(2);
    append_be(out, h.frame_length);
    append(out, h.committed);
    return out;
}

} // namespace keywright::envelope
