// SPDX-License-Identifier: Apache-2.0
// A message's header: read with limits before memory is taken, written once.
// Depends on: envelope/suite, keys/context, keys/wrap.
// Use: `auto h = parse_header(bytes, {});`
#pragma once

#include <keywright/envelope/suite.hpp>
#include <keywright/keys/wrap.hpp>

#include <algorithm>
#include <vector>

namespace keywright::envelope {

// Layout (AWS Encryption SDK, message format version 2), big-endian:
//   u8 version 02, u16 suite 0478, 32 message id
//   u16 length of the context, the context (keys/context.hpp; nothing at all when it is empty)
//   u16 number of entries, the entries (keys/wrap.hpp)
//   u8 content type: 1 unframed, 2 framed; u32 frame length, 0 when unframed
//   32 commitment, 16 tag over all bytes before it

inline constexpr std::size_t header_tag_size = 16;

/// A header, read but not proven. The entries are views into the bytes that were parsed.
struct message_header {
    message_id id{};
    keys::encryption_context context;
    std::vector<keys::entry_view> entries;
    bool framed = true;
    std::uint32_t frame_length = 0; ///< bytes of plaintext in each frame but the last
    commitment committed{};
    std::size_t size = 0; ///< bytes, with the tag
};

/// How many bytes of a message are needed before one can say more: the header's whole size when that many are there.
/// Takes no memory. malformed, unsupported, limit_exceeded as soon as the bytes at hand tell.
[[nodiscard]] inline result<std::size_t> header_needs(byte_view in, const read_limits& limits) {
    std::size_t at = 0;
    const auto has = [&](std::size_t n) { return in.size() >= at && in.size() - at >= n; };
    const auto u16 = [&] { return std::size_t{load_be<std::uint16_t>(in.data() + at)}; };
    if (!has(3)) return at + 3;
    if (auto known = check_suite(in[0], load_be<std::uint16_t>(in.data() + 1)); !known) return pass(known);
    at = 3 + sizeof(message_id);
    if (!has(2)) return at + 2;
    at += 2 + u16();
    if (!has(2)) return at + 2;
    const std::size_t entries = u16();
    at += 2;
    if (entries == 0) return fail(errc::malformed, "message: expected one encrypted data key or more");
    if (entries > limits.max_entries) return fail(errc::limit_exceeded, "message: more encrypted data keys than the limit allows");
    for (std::size_t field = 0; field < 3 * entries; ++field) {
        if (!has(2)) return at + 2;
        at += 2 + u16();
        if (at > limits.max_header) return fail(errc::limit_exceeded, "message: a header longer than the limit allows");
    }
    at += 1 + 4 + sizeof(commitment) + header_tag_size;
    if (at > limits.max_header) return fail(errc::limit_exceeded, "message: a header longer than the limit allows");
    return at;
}

/// Reads the header at the front of `in`; what follows it is not looked at. malformed (also when truncated),
/// unsupported, limit_exceeded.
[[nodiscard]] inline result<message_header> parse_header(byte_view in, const read_limits& limits) {
    const auto size = header_needs(in, limits);
    if (!size) return pass(size);
    if (in.size() < *size) return fail(errc::malformed, "message: the header is truncated");
    message_header h;
    h.size = *size;
    std::copy_n(in.begin() + 3, h.id.size(), h.id.begin());
    in = in.first(*size).subspan(3 + h.id.size());

    const std::size_t context_size = load_be<std::uint16_t>(in.data());
    auto context = keys::encryption_context::parse(in.subspan(2, context_size));
    if (!context) return pass(context);
    if (context->find("aws-crypto-public-key")) return fail(errc::malformed, "message: a verification key in a message that is not signed");
    h.context = std::move(*context);
    in = in.subspan(2 + context_size);

    h.entries.resize(load_be<std::uint16_t>(in.data()));
    in = in.subspan(2);
    for (auto& entry : h.entries) {
        auto taken = keys::take_entry(in);
        if (!taken) return pass(taken);
        entry = *taken;
    }
    const std::uint8_t content_type = in[0];
    h.framed = content_type == 2;
    h.frame_length = load_be<std::uint32_t>(in.data() + 1);
    if (content_type != 1 && content_type != 2) return fail(errc::malformed, "message: expected content type 1 or 2");
    if (h.framed == (h.frame_length == 0)) return fail(errc::malformed, "message: the frame length does not fit the content type");
    if (h.frame_length > limits.max_frame) return fail(errc::limit_exceeded, "message: frames longer than the limit allows");
    std::copy_n(in.begin() + 5, h.committed.size(), h.committed.begin());
    return h;
}

/// The bytes of a framed header before its tag. limit_exceeded when the context or the entries do not fit.
[[nodiscard]] inline result<bytes> serialise_header(const message_id& id, const keys::encryption_context& context,
                                                    const std::vector<keys::wrapped_key>& entries, std::uint32_t frame_length,
                                                    const commitment& committed) {
    if (entries.empty() || entries.size() > 65'535) return fail(errc::limit_exceeded, "message: expected 1 to 65535 encrypted data keys");
    const bytes pairs = context.serialise();
    bytes out;
    out.reserve(256 + pairs.size() + entries.size() * entries.front().serialised().size());
    out.push_back(format_version);
    append_be(out, suite_id);
    append(out, id);
    append_be(out, static_cast<std::uint16_t>(pairs.size()));
    append(out, pairs);
    append_be(out, static_cast<std::uint16_t>(entries.size()));
    for (const auto& entry : entries) append(out, entry.serialised());
    out.push_back(2);
    append_be(out, frame_length);
    append(out, committed);
    return out;
}

} // namespace keywright::envelope
