// SPDX-License-Identifier: Apache-2.0
// Whole messages in memory, in the AWS Encryption SDK's message format version 2: what the official clients read and
// write. For files see adapters/file/message_file.hpp, for streams envelope/sealer.hpp and envelope/opener.hpp.
// Depends on: envelope/begin, envelope/frame.
// Use: `auto m = seal(lease, data, context);` and `auto data = open(lease, *m);`
#pragma once

#include <keywright/envelope/begin.hpp>
#include <keywright/envelope/frame.hpp>

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

/// Opens all content of `body` into `out`, which is as large as `body`; returns how much of it is plaintext.
inline result<std::size_t> open_body(message_cipher& cipher, const keys::key_ref& keys, const message_header& header, byte_view body,
                                     byte_span out) {
    std::size_t size = 0;
    const auto take = [&](const result<frame_view>& frame) -> result<void> {
        if (!frame) return pass(frame);
        if (auto usable = keys.check(); !usable) return usable;
        const auto data = out.subspan(size, frame->ciphertext.size());
        std::copy(frame->ciphertext.begin(), frame->ciphertext.end(), data.begin());
        size += data.size();
        return frame->open(cipher, data);
    };
    std::uint32_t sequence = 1;
    const std::size_t whole = header.frame_length + frame_overhead;
    for (; header.framed && body.size() >= whole && !is_final(body); body = body.subspan(whole), ++sequence)
        if (auto taken = take(read_regular(body.first(whole), sequence)); !taken) return pass(taken);
    auto taken = take(header.framed ? read_final(body, sequence, header.frame_length) : read_unframed(body));
    if (!taken) return pass(taken);
    return size;
}

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

} // namespace detail

/// Encrypts `plaintext` as one message under a fresh data key. `keys` is a lease or a keyring; the context travels in
/// the clear, is proven on opening, and is bound into the wrap. Fails with what the key source says (locked, expired,
/// exhausted, unavailable); misused for a frame length out of bounds. Thread safety: concurrent.
[[nodiscard]] inline result<bytes> seal(const keys::key_ref& keys, byte_view plaintext, const keys::encryption_context& context = {},
                                        const seal_options& options = {}) {
    detail::borrowed_cipher borrowed(Botan::Cipher_Dir::Encryption);
    if (!borrowed.get()) return pass(borrowed.get());
    message_cipher& cipher = *borrowed.get();
    auto begun = begin_message(cipher, keys, context, options);
    if (!begun) return pass(begun);
    bytes& message = begun->header;

    const std::size_t frame_length = options.frame_length;
    const std::size_t regular = plaintext.empty() ? 0 : (plaintext.size() - 1) / frame_length;
    if (regular >= end_marker - 1) return fail(errc::limit_exceeded, "message: more frames than the format counts");
    std::size_t at = message.size();
    const std::size_t body = at;
    message.reserve(at + plaintext.size() + regular * frame_overhead + final_overhead + (begun->signer ? longest_footer : 0));
    message.resize(at + plaintext.size() + regular * frame_overhead + final_overhead);
    for (std::uint32_t sequence = 1; sequence <= regular + 1; ++sequence) {
        const bool is_last = sequence == regular + 1;
        const auto data = plaintext.first(is_last ? plaintext.size() : frame_length);
        const auto frame = byte_span(message).subspan(at, data.size() + (is_last ? final_overhead : frame_overhead));
        if (auto usable = keys.check(); !usable) return pass(usable);
        std::copy(data.begin(), data.end(), frame.subspan(is_last ? final_prefix : frame_prefix).begin());
        auto sealed = is_last ? seal_final(cipher, sequence, frame) : seal_regular(cipher, sequence, frame);
        if (!sealed) return pass(sealed);
        plaintext = plaintext.subspan(data.size());
        at += frame.size();
    }
    if (begun->signer) {
        begun->signer->update(byte_view(message).subspan(body));
        const auto footer = begun->signer->finish();
        if (!footer) return pass(footer);
        append(message, *footer);
    }
    return std::move(message);
}

/// Opens one whole message; all of its plaintext or none. malformed, unsupported, limit_exceeded for what it is;
/// not_mine when its keys are others'; authentication_failed, of the signature, too; what the key source says.
/// Thread safety: concurrent.
[[nodiscard]] inline result<bytes> open(const keys::key_ref& keys, byte_view message, const open_options& options = {}) {
    detail::borrowed_cipher borrowed(Botan::Cipher_Dir::Decryption);
    if (!borrowed.get()) return pass(borrowed.get());
    auto begun = begin_reading(*borrowed.get(), keys, message, options);
    if (!begun) return pass(begun);
    auto body = message.subspan(begun->header.size);
    if (begun->verifier) {
        const auto footer = detail::take_footer(begun->header, body);
        if (!footer) return pass(footer);
        begun->verifier->update(body);
        if (auto holds = begun->verifier->finish(*footer); !holds) return pass(holds);
    }
    bytes out(body.size());
    const auto size = detail::open_body(*borrowed.get(), keys, begun->header, body, out);
    if (!size) {
        Botan::secure_scrub_memory(out.data(), out.size());
        return pass(size);
    }
    out.resize(*size);
    return out;
}

} // namespace keywright::envelope
