// SPDX-License-Identifier: Apache-2.0
// Writes a message piece by piece in bounded memory: one frame.
// Depends on: envelope/begin, envelope/frame.
// Use: `auto s = sealer::begin(lease, context);`, write out `s->header()`, then
//      `s->write(data, sink)` as often as needed and `s->finish()`, whose bytes end the message.
#pragma once

#include <keywright/envelope/begin.hpp>
#include <keywright/envelope/frame.hpp>

namespace keywright::envelope {

/// Seals one message. What is written before `finish` succeeded is no message: every reader refuses it as truncated.
/// The key source is asked before every frame and must outlive this. A failure is final: each later call returns it.
/// Thread safety: one thread at a time. Move-only.
class [[nodiscard]] sealer {
public:
    /// Makes the header, under a fresh data key. Fails as `begin_message`; `keys` is copied, what it refers to is not.
    [[nodiscard]] static result<sealer> begin(keys::key_ref keys, const keys::encryption_context& context, seal_options options = {}) {
        auto cipher = message_cipher::make(Botan::Cipher_Dir::Encryption);
        if (!cipher) return pass(cipher);
        auto begun = begin_message(*cipher, keys, context, options);
        if (!begun) return pass(begun);
        return sealer(keys, std::move(*cipher), std::move(*begun), options.frame_length);
    }

    /// The message's first bytes.
    const bytes& header() const noexcept { return begun_.header; }

    /// Where the next plaintext goes, to be read into without a copy; never empty, except after failure or finish.
    byte_span room() noexcept {
        if (ended_) return {};
        return byte_span(buffer_).subspan(final_prefix + have_, frame_length_ - have_);
    }
    /// The first `n` bytes of `room()` are filled. Returns bytes of the message, valid until the next call, or none
    /// yet. misused after finish; what the key source says; limit_exceeded after 2^32 - 2 full frames.
    [[nodiscard]] result<byte_view> filled(std::size_t n) {
        if (ended_) return tl::unexpected(*ended_);
        expects(n <= frame_length_ - have_, "sealer: at most as much as there was room for");
        have_ += n;
        if (have_ < frame_length_) return byte_view{};
        have_ = 0;
        if (!may_be_regular(sequence_)) return end(fail(errc::limit_exceeded, "message: more frames than the format counts"));
        const auto frame = byte_span(buffer_).subspan(final_prefix - frame_prefix, frame_length_ + frame_overhead);
        if (auto usable = keys_.check(); !usable) return end(pass(usable));
        if (auto sealed = seal_regular(cipher_, sequence_++, frame); !sealed) return end(pass(sealed));
        if (begun_.signer) begun_.signer->update(frame);
        return byte_view(frame);
    }
    /// Seals `data`; `sink(byte_view) -> result<void>` gets the message's bytes, and its failure is final. Fails as
    /// `filled`, and with what the sink says.
    template <class Sink>
    [[nodiscard]] result<void> write(byte_view data, Sink&& sink) {
        const auto refused = [this](const result<void>& taken) { return pass(end(pass(taken))); };
        return detail::push(*this, data, sink, refused);
    }
    /// The message's last bytes, valid as long as this. misused when called again.
    [[nodiscard("sealer: these bytes end the message; without them it is none")]] result<byte_view> finish() {
        if (ended_) return tl::unexpected(*ended_);
        if (auto usable = keys_.check(); !usable) return end(pass(usable));
        auto frame = byte_span(buffer_).first(final_overhead + have_);
        if (auto sealed = seal_final(cipher_, sequence_, frame); !sealed) return end(pass(sealed));
        if (begun_.signer) {
            begun_.signer->update(frame);
            const auto footer = begun_.signer->finish();
            if (!footer) return end(pass(footer));
            std::copy(footer->begin(), footer->end(), buffer_.begin() + static_cast<std::ptrdiff_t>(frame.size()));
            frame = byte_span(buffer_).first(frame.size() + footer->size());
        }
        cipher_.forget();
        ended_ = error{errc::misused, "message: it is finished; a sealer writes one"};
        return byte_view(frame);
    }

private:
    sealer(keys::key_ref keys, message_cipher&& cipher, begun_message&& begun, std::uint32_t frame_length)
        : keys_(keys), cipher_(std::move(cipher)), begun_(std::move(begun)),
          buffer_(final_overhead + frame_length + (begun_.signer ? longest_footer : 0)), frame_length_(frame_length) {}

    // Nothing of a failed message stays in memory, neither plaintext nor keys.
    result<byte_view> end(tl::unexpected<error> why) {
        ended_ = why.value();
        cipher_.forget();
        Botan::secure_scrub_memory(buffer_.data(), buffer_.size());
        return why;
    }

    keys::key_ref keys_;
    message_cipher cipher_;
    begun_message begun_;
    Botan::secure_vector<std::uint8_t> buffer_; // final_prefix, plaintext, tag: either kind of frame lies in it; a footer behind
    std::size_t frame_length_;
    std::size_t have_ = 0;
    std::uint32_t sequence_ = 1;
    std::optional<error> ended_;
};

} // namespace keywright::envelope
