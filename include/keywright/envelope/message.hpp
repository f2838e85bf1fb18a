// SPDX-License-Identifier: Apache-2.0
// Whole messages in memory, in the AWS Encryption SDK's message format version 2: what the official clients read and
// write. For files see adapters/file/message_file.hpp, for streams envelope/sealer.hpp and envelope/opener.hpp.
// Depends on: envelope/begin, envelope/body.
// Use: `auto m = seal(lease, data, context);` and `auto data = open(lease, *m);`
#pragma once

#include <keywright/envelope/begin.hpp>
#include <keywright/envelope/body.hpp>

namespace keywright::envelope {

/// Reads a message's header without any key; nothing of it is proven. `message` may go on or be cut off behind the
/// header. malformed, unsupported, limit_exceeded.
[[nodiscard]] inline result<message_info> inspect_header(byte_view message, read_limits limits = {}) {
    // To look is not to trust: every known suite is shown, and any order of the context.
    limits.unsorted_context = true;
    const auto header = parse_header(message, limits, commitment_policy::require_encrypt_allow_decrypt);
    if (!header) return pass(header);
    return info_of(*header);
}

namespace detail {

/// A cipher of this thread's for one call. Making one costs as much as a small message, so it stays; no key stays in
/// it, because whoever borrows it returns it empty.
class borrowed_cipher {
public:
    explicit borrowed_cipher(Botan::Cipher_Dir direction) : cipher_(kept(direction)) {}
    borrowed_cipher(const borrowed_cipher&) = delete;
    borrowed_cipher& operator=(const borrowed_cipher&) = delete;
    ~borrowed_cipher() {
        if (cipher_) cipher_->forget();
    }
    result<message_cipher>& get() noexcept { return cipher_; }

private:
    static result<message_cipher>& kept(Botan::Cipher_Dir direction) {
        thread_local auto sealing = message_cipher::make(Botan::Cipher_Dir::Encryption);
        thread_local auto opening = message_cipher::make(Botan::Cipher_Dir::Decryption);
        return direction == Botan::Cipher_Dir::Encryption ? sealing : opening;
    }
    result<message_cipher>& cipher_;
};

/// Takes the footer off the end of a signed message's body. Walks the regular frames by their length alone.
inline result<byte_view> take_footer(const message_header& header, byte_view& body) {
    const std::size_t whole = header.frame_length + frame_overhead;
    std::size_t at = 0;
    if (header.framed)
        while (body.size() - at >= whole && !is_final(body.subspan(at))) at += whole;
    const auto last = last_piece_size(body.subspan(at), header.framed, header.frame_length);
    if (!last) return pass(last);
    const byte_view footer = body.subspan(at + *last);
    body = body.first(at + *last);
    return footer;
}

/// Opens whatever body a message has; returns how much of `out` is plaintext. The room is asked for by its size.
template <class Room>
result<byte_span> open_content(const body_tools& with, const message_header& header, byte_view body, Room&& room) {
    if (!header.framed) {
        const auto content = read_unframed(body);
        if (!content) return pass(content);
        if (auto usable = with.keys.check(); !usable) return pass(usable);
        result<byte_span> out = room(content->ciphertext.size());
        if (!out) return out;
        std::copy(content->ciphertext.begin(), content->ciphertext.end(), out->begin());
        if (auto opened = content->open(with.cipher, *out); !opened) return pass(opened);
        return out;
    }
    const auto at = body_layout::of_body(body.size(), header.frame_length);
    if (!at) return pass(at);
    result<byte_span> out = room(at->plaintext_size());
    if (!out) return out;
    if (auto opened = open_body(with, *at, body, *out); !opened) {
        Botan::secure_scrub_memory(out->data(), out->size());
        return pass(opened);
    }
    return out;
}

/// Opens a message into room that is asked for when its header and, where it has one, its signature are proven.
template <class Room>
result<byte_span> open_whole(const keys::key_ref& keys, byte_view message, const open_options& options, Room&& room) {
    borrowed_cipher borrowed(Botan::Cipher_Dir::Decryption);
    if (!borrowed.get()) return pass(borrowed.get());
    auto begun = begin_reading(*borrowed.get(), keys, message, options);
    if (!begun) return pass(begun);
    auto body = message.subspan(begun->header.size);
    if (begun->verifier) {
        const auto footer = take_footer(begun->header, body);
        if (!footer) return pass(footer);
        begun->verifier->update(body);
        if (auto holds = begun->verifier->finish(*footer); !holds) return pass(holds);
    }
    return open_content({*borrowed.get(), keys, begun->verifier ? 1 : options.threads}, begun->header, body, room);
}

struct sealing {
    const keys::key_ref& keys;
    const keys::encryption_context& context;
    const seal_options& options;
};
/// Seals into room that is asked for when the header is made: `room(header, size) -> result<byte_span>` puts it at the
/// front. Returns the whole message.
template <class Room>
result<byte_span> seal_whole(byte_view plaintext, const sealing& how, Room&& room) {
    const auto& [keys, context, options] = how;
    borrowed_cipher borrowed(Botan::Cipher_Dir::Encryption);
    if (!borrowed.get()) return pass(borrowed.get());
    auto begun = begin_message(*borrowed.get(), keys, context, options, plaintext.size());
    if (!begun) return pass(begun);
    const auto at = body_layout::of_plaintext(plaintext.size(), options.frame_length);
    if (!at) return pass(at);
    const std::size_t front = begun->header.size(), back = front + at->body_size();
    result<byte_span> out = room(std::move(begun->header), back + (begun->signer ? longest_footer : 0));
    if (!out) return out;
    const auto body = out->subspan(front, at->body_size());
    auto sealed = seal_body({*borrowed.get(), keys, begun->signer ? 1 : options.threads}, *at, plaintext, body);
    std::size_t size = back;
    if (sealed && begun->signer) {
        begun->signer->update(body);
        const auto footer = begun->signer->finish();
        if (!footer) sealed = pass(footer);
        if (footer) std::copy(footer->begin(), footer->end(), out->begin() + static_cast<std::ptrdiff_t>(back));
        if (footer) size += footer->size();
    }
    if (!sealed) {
        Botan::secure_scrub_memory(body.data(), body.size());
        return pass(sealed);
    }
    return out->first(size);
}

} // namespace detail

/// Encrypts `plaintext` as one message under a fresh data key. `keys` is a lease or a keyring; the context travels in
/// the clear, is proven on opening, and is bound into the wrap. Fails with what the key source says (locked, expired,
/// exhausted, unavailable); misused for a frame length out of bounds. Thread safety: concurrent.
[[nodiscard]] inline result<bytes> seal(const keys::key_ref& keys, byte_view plaintext, const keys::encryption_context& context = {},
                                        const seal_options& options = {}) {
    bytes message;
    const auto sealed = detail::seal_whole(plaintext, {keys, context, options}, [&](bytes&& header, std::size_t size) -> result<byte_span> {
        message = std::move(header);
        message.resize(size);
        return byte_span(message);
    });
    if (!sealed) return pass(sealed);
    message.resize(sealed->size());
    return message;
}

/// Opens one whole message; all of its plaintext or none. malformed, unsupported, limit_exceeded for what it is;
/// not_mine when its keys are others'; authentication_failed, of the signature, too; what the key source says.
/// Thread safety: concurrent.
[[nodiscard]] inline result<bytes> open(const keys::key_ref& keys, byte_view message, const open_options& options = {}) {
    bytes out;
    const auto opened = detail::open_whole(keys, message, options, [&](std::uint64_t size) -> result<byte_span> {
        out.resize(static_cast<std::size_t>(size));
        return byte_span(out);
    });
    if (!opened) return pass(opened);
    return out;
}

// --- the same into memory of the caller's, which is neither taken nor touched twice ---

/// What is room enough for a message with a header that readers take: see read_limits.
constexpr std::uint64_t sealed_bound(std::uint64_t plaintext_size, std::uint32_t frame_length) noexcept {
    const std::uint64_t frames = frame_length == 0 ? 0 : plaintext_size / frame_length;
    return read_limits{}.max_header + plaintext_size + frames * frame_overhead + final_overhead + longest_footer;
}
/// As `seal`, into the front of `out`, which must not overlap `plaintext`; returns the message's size. limit_exceeded:
/// it does not fit. After a failure the message is no message, and nothing of the plaintext is left in `out`.
[[nodiscard]] inline result<std::size_t> seal_into(const keys::key_ref& keys, byte_view plaintext, byte_span out,
                                                   const keys::encryption_context& context = {}, const seal_options& options = {}) {
    const auto sealed = detail::seal_whole(plaintext, {keys, context, options}, [&](bytes&& header, std::size_t size) -> result<byte_span> {
        if (out.size() < size) return fail(errc::limit_exceeded, "message: the room is too small; sealed_bound says what is enough");
        std::copy(header.begin(), header.end(), out.begin());
        return out.first(size);
    });
    if (!sealed) return pass(sealed);
    return sealed->size();
}
/// As `open`, into the front of `out`, which must not overlap `message`; returns the plaintext's size, which is below the
/// message's. limit_exceeded: it does not fit. After a failure nothing of the plaintext is left in `out`.
[[nodiscard]] inline result<std::size_t> open_into(const keys::key_ref& keys, byte_view message, byte_span out,
                                                   const open_options& options = {}) {
    const auto opened = detail::open_whole(keys, message, options, [&](std::uint64_t size) -> result<byte_span> {
        if (out.size() < size) return fail(errc::limit_exceeded, "message: the room is too small; the message's own size is enough");
        return out.first(static_cast<std::size_t>(size));
    });
    if (!opened) return pass(opened);
    return opened->size();
}

} // namespace keywright::envelope
