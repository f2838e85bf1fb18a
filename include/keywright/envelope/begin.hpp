// SPDX-License-Identifier: Apache-2.0
// How a message begins, written or read: the data key, what derives from it, and the header with its proof.
// What sealer, opener and message share; a consumer needs those.
// Depends on: envelope/cipher, envelope/header, envelope/signature, keys/keyring.
#pragma once

#include <keywright/envelope/cipher.hpp>
#include <keywright/envelope/header.hpp>
#include <keywright/envelope/signature.hpp>
#include <keywright/keys/keyring.hpp>

#include <algorithm>

namespace keywright::envelope {

struct seal_options {
    /// Bytes of plaintext per frame, 1 to 16 MiB: what a reader must hold before it may use any. 4096 is what other
    /// SDKs write; long files want more (envelope/message.hpp).
    std::uint32_t frame_length = 4096;
    /// Whether it is signed, too (0x0578, ECDSA P-384): then a reader who may decrypt cannot have made it. Costs one
    /// core's SHA-384 over the whole message, and readers of streams must wait for the end.
    bool sign = false;
    /// Keys of the context whose pairs are not written into the header: whoever opens it must know them.
    std::vector<std::string> left_out{};
    commitment_policy policy{};
    /// How many threads work on one unsigned message, the calling one among them; 0: as many as the machine runs at once.
    /// For whole messages and files: they end with the call, and each asks the key source. Streams are their caller's, and a
    /// signature is one core's.
    unsigned threads = 1;
};

/// The decision to take plaintext of a signed message from a stream before its signature is verified. Without it a
/// stream does not open signed messages. The last frame waits for the signature all the same.
class before_signature {
public:
    before_signature() = delete; // before_signature: say why plaintext may be taken before it is verified
    /// `reason` is for the reader of the code; it must be a literal and is not stored.
    explicit constexpr before_signature(const char* reason) {
        expects(reason != nullptr && *reason != '\0', "before_signature: give a reason");
    }
};

struct open_options {
    read_limits limits{};
    /// Pairs that the message's context must have; others may stand beside them.
    keys::encryption_context expected{};
    /// Keys that its context must have, whatever their values.
    std::vector<std::string> required_keys{};
    /// Pairs that its header leaves out: what `left_out` named when it was sealed.
    keys::encryption_context left_out{};
    commitment_policy policy{};
    /// Of streams only: see before_signature.
    std::optional<before_signature> release{};
    /// As in seal_options.
    unsigned threads = 1;
};

/// What a message says about itself.
struct message_info {
    std::uint16_t suite = 0;
    bool is_signed = false;
    keys::encryption_context context; ///< as its header has it
    message_id id{};                  ///< of format version 1: 16 bytes, then zeros
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
    message_info info{h.suite->id, h.suite->is_signed(), h.context, h.id, h.framed, h.frame_length, h.size, {}};
    for (const auto& e : h.entries)
        info.entries.push_back({std::string(e.provider_id), bytes(e.provider_info.begin(), e.provider_info.end())});
    return info;
}

/// A message that has begun.
struct begun_message {
    bytes header;                         ///< with its tag
    std::optional<message_signer> signer; ///< fed with the header
};

namespace detail {

inline result<void> check_options(const seal_options& options, const keys::encryption_context& context) {
    if (options.frame_length == 0 || options.frame_length > largest_frame)
        return fail(errc::misused, "message: expected a frame length of 1 byte to 16 MiB");
    if (options.policy == commitment_policy::forbid_encrypt_allow_decrypt)
        return fail(errc::misused, "message: its policy forbids key commitment, and nothing is sealed without");
    for (const std::string& key : options.left_out)
        if (!context.find(key)) return fail(errc::misused, "message: expected left_out to name keys of the context, one is not in it");
    return {};
}

/// Who signs, where the suite asks for that, and into `with_key` the context with the key that verifies it.
inline result<std::optional<message_signer>> signer_of(const algorithm_suite& suite, const keys::encryption_context& context,
                                                       keys::encryption_context& with_key) {
    if (!suite.is_signed()) return std::nullopt;
    auto signer = message_signer::make(suite.signature);
    if (!signer) return pass(signer);
    auto added = context.with_verification_key(verification_key_name, signer->verification_key());
    if (!added) return pass(added);
    with_key = std::move(*added);
    return std::move(*signer);
}

/// The header with its tag: over `unwritten`, too, which is not in it.
inline result<bytes> tagged(message_cipher& cipher, bytes&& header, byte_view unwritten) {
    const std::size_t written = header.size();
    append(header, unwritten);
    std::array<std::uint8_t, header_tag_size> tag{};
    if (auto sealed = cipher.seal_header(header, tag); !sealed) return pass(sealed);
    header.resize(written);
    append(header, tag);
    return std::move(header);
}

} // namespace detail

/// Begins a new message, of `size` bytes if that is known, under a fresh data key. misused: options that do not fit; else as
/// the key source.
[[nodiscard]] inline result<begun_message> begin_message(message_cipher& cipher, const keys::key_ref& keys,
                                                         const keys::encryption_context& context, const seal_options& options,
                                                         std::optional<std::uint64_t> size = std::nullopt) {
    if (auto fine = detail::check_options(options, context); !fine) return pass(fine);
    const algorithm_suite& suite = options.sign ? signed_suite : committing_suite;
    begun_message begun;
    keys::encryption_context with_key, written;
    auto signer = detail::signer_of(suite, context, with_key);
    if (!signer) return pass(signer);
    const keys::encryption_context* whole = *signer ? &with_key : &context;
    begun.signer = std::move(*signer);
    keywright::detail::random_supply random(sizeof(message_id));
    auto materials = keys.on_encrypt(*whole, {size, &random});
    if (!materials) return pass(materials);
    const auto committed = cipher.begin_sealing(std::move(materials->data_key), suite, random);
    if (!committed) return pass(committed);
    bytes unwritten; // under the tag, and not in the header
    if (!options.left_out.empty()) {
        unwritten = whole->filtered(options.left_out, true).serialise();
        written = whole->filtered(options.left_out, false);
        whole = &written;
    }
    auto header = serialise_header({suite, cipher.id(), *whole, materials->entries, options.frame_length, *committed});
    if (!header) return pass(header);
    auto whole_header = detail::tagged(cipher, std::move(*header), unwritten);
    if (!whole_header) return pass(whole_header);
    begun.header = std::move(*whole_header);
    if (begun.signer) begun.signer->update(begun.header);
    return begun;
}

/// A message whose header is proven.
struct opened_header {
    message_header header;                    ///< its entries are views of what was read
    std::optional<message_verifier> verifier; ///< fed with the header
};

namespace detail {

/// The whole context, in `room` where the reader adds to what the header has.
inline result<const keys::encryption_context*> whole_context(const message_header& header, const open_options& options,
                                                             keys::encryption_context& room) {
    constexpr const char* other = "message: its context is not the expected one";
    const keys::encryption_context* whole = &header.context;
    if (!options.left_out.empty()) {
        auto joined = header.context.joined(options.left_out);
        if (!joined) return fail(errc::authentication_failed, other);
        room = std::move(*joined);
        whole = &room;
    }
    if (!whole->contains(options.expected)) return fail(errc::authentication_failed, other);
    for (const std::string& key : options.required_keys)
        if (!whole->find(key)) return fail(errc::authentication_failed, "message: its context lacks a required key");
    return whole;
}

/// Proves the header's tag; pairs that the header leaves out stand behind it, under the tag.
inline result<void> prove_header(message_cipher& cipher, const message_header& header, byte_view in,
                                 const keys::encryption_context& left_out) {
    const auto tag = in.first(header.size).last(header_tag_size);
    const byte_view iv = header.suite->commits() ? byte_view{} : byte_view(header.iv);
    const byte_view tagged = in.first(header.tagged());
    if (left_out.empty()) return cipher.open_header(iv, tagged, tag);
    std::vector<std::string> there;
    for (const auto& pair : header.context.pairs()) there.push_back(pair.first);
    bytes all(tagged.begin(), tagged.end());
    append(all, left_out.filtered(there, false).serialise());
    return cipher.open_header(iv, all, tag);
}

} // namespace detail

/// Reads and proves the header at the front of `in`: entries, then commitment, then tag.
[[nodiscard]] inline result<opened_header> begin_reading(message_cipher& cipher, const keys::key_ref& keys, byte_view in,
                                                         const open_options& options) {
    auto header = parse_header(in, options.limits, options.policy);
    if (!header) return pass(header);
    keys::encryption_context room;
    const auto context = detail::whole_context(*header, options, room);
    if (!context) return pass(context);
    const auto data_key = keys.on_decrypt(**context, header->entries);
    if (!data_key) return pass(data_key);
    if (auto begun = cipher.begin_opening(*data_key, *header->suite, header->id, header->committed); !begun) return pass(begun);
    if (auto proven = detail::prove_header(cipher, *header, in, options.left_out); !proven) return pass(proven);
    opened_header opened{std::move(*header), {}};
    if (opened.header.suite->is_signed()) {
        auto verifier = message_verifier::make(opened.header.suite->signature, *opened.header.context.find(verification_key_name));
        if (!verifier) return pass(verifier);
        verifier->update(in.first(opened.header.size));
        opened.verifier = std::move(*verifier);
    }
    return opened;
}

namespace detail {

/// Feeds `data` to a sealer or an opener and what comes out to `sink`, whose failure `refused` makes the machine's own.
template <class Machine, class Sink, class Refused>
result<void> push(Machine& machine, byte_view data, Sink& sink, const Refused& refused) {
    do {
        const auto to = machine.room();
        const std::size_t n = std::min(to.size(), data.size());
        std::copy_n(data.begin(), n, to.begin());
        data = data.subspan(n);
        auto out = machine.filled(n);
        if (!out) return pass(out);
        if (out->empty()) continue;
        if (const result<void> taken = sink(*out); !taken) return refused(taken);
    } while (!data.empty());
    return {};
}

} // namespace detail

} // namespace keywright::envelope
