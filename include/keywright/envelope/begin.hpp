// SPDX-License-Identifier: Apache-2.0
// How a message begins, written or read: the data key, what derives from it, and the header with its proof.
// What sealer, opener and message share; a consumer needs those.
// Depends on: envelope/cipher, envelope/header, keys/keyring.
#pragma once

#include <keywright/envelope/cipher.hpp>
#include <keywright/envelope/header.hpp>
#include <keywright/keys/keyring.hpp>

namespace keywright::envelope {

struct seal_options {
    /// Bytes of plaintext per frame, 1 to 16 MiB: what a reader must hold before it may use any. 4096 is what other
    /// SDKs write; long files want more (envelope/message.hpp).
    std::uint32_t frame_length = 4096;
};

struct open_options {
    read_limits limits{};
    /// Pairs that the message's context must have; others may stand beside them.
    keys::encryption_context expected{};
};

/// What a message says about itself.
struct message_info {
    keys::encryption_context context;
    message_id id{};
    bool framed = true;
    std::uint32_t frame_length = 0;
    std::size_t header_size = 0; ///< bytes
    struct entry {
        std::string provider_id;
        bytes provider_info; ///< for provider `keywright`: key name, 00000080, 0000000C, IV
    };
    std::vector<entry> entries; ///< who can open it
};

inline message_info info_of(const message_header& h) {
    message_info info{h.context, h.id, h.framed, h.frame_length, h.size, {}};
    for (const auto& e : h.entries)
        info.entries.push_back({std::string(e.provider_id), bytes(e.provider_info.begin(), e.provider_info.end())});
    return info;
}

/// Begins a new message under a fresh data key; returns its header, tag included.
[[nodiscard]] inline result<bytes> begin_message(message_cipher& cipher, const keys::key_ref& keys, const keys::encryption_context& context,
                                                 const seal_options& options) {
    if (options.frame_length == 0 || options.frame_length > largest_frame)
        return fail(errc::misused, "message: expected a frame length of 1 byte to 16 MiB");
    auto materials = keys.on_encrypt(context);
    if (!materials) return pass(materials);
    const auto committed = cipher.begin_sealing(std::move(materials->data_key));
    if (!committed) return pass(committed);
    auto header = serialise_header(cipher.id(), context, materials->entries, options.frame_length, *committed);
    if (!header) return header;
    const std::size_t size = header->size();
    header->resize(size + header_tag_size);
    auto sealed = cipher.seal_header(byte_view(*header).first(size), byte_span(*header).subspan(size));
    if (!sealed) return pass(sealed);
    return header;
}

/// Reads and proves the header at the front of `in`: entries, then commitment, then tag. Its entries are views of `in`.
[[nodiscard]] inline result<message_header> begin_reading(message_cipher& cipher, const keys::key_ref& keys, byte_view in,
                                                          const open_options& options) {
    auto header = parse_header(in, options.limits);
    if (!header) return header;
    if (!header->context.contains(options.expected))
        return fail(errc::authentication_failed, "message: its context is not the expected one");
    const auto data_key = keys.on_decrypt(header->context, header->entries);
    if (!data_key) return pass(data_key);
    if (auto begun = cipher.begin_opening(*data_key, header->id, header->committed); !begun) return pass(begun);
    const auto whole = in.first(header->size);
    auto proven = cipher.open_header(whole.first(header->size - header_tag_size), whole.last(header_tag_size));
    if (!proven) return pass(proven);
    return header;
}

} // namespace keywright::envelope
