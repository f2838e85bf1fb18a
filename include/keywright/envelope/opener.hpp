// SPDX-License-Identifier: Apache-2.0
// Reads a message piece by piece in bounded memory: one frame, or 64 KiB of small ones.
// Depends on: envelope/begin, envelope/frame.
// Use: `opener o(lease);`, `o.write(data, sink)` as often as needed, and `o.finish()`, whose bytes end the plaintext.
#pragma once

#include <keywright/envelope/begin.hpp>
#include <keywright/envelope/frame.hpp>

namespace keywright::envelope {

/// Opens one message. Plaintext comes out only after its frame's tag has proved it, but that the message is whole is
/// known only when `finish` succeeds: until then, keep what came out where nobody takes it for the whole. A signed
/// message is refused (unauthenticated) unless open_options::release says that this holds for its signature, too.
/// The key source is asked before every frame and must outlive this. A failure is final: each later call returns it.
/// Thread safety: one thread at a time. Move-only.
class [[nodiscard]] opener {
public:
    explicit opener(keys::key_ref keys, open_options options = {}) : keys_(keys), options_(std::move(options)) {}

    /// What the message says about itself; proven, and there, once the header has been read.
    const std::optional<message_info>& info() const noexcept { return info_; }

    /// Where the next bytes of the message go, to be read into without a copy; never empty, except after failure or
    /// finish.
    byte_span room() {
        if (ended_) return {};
        if (begin_ > 0) { // what a caller has seen by now makes room for what is left over
            std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_), buffer_.begin() + static_cast<std::ptrdiff_t>(have_),
                      buffer_.begin());
            have_ -= std::exchange(begin_, 0);
        }
        if (buffer_.size() < want_) buffer_.resize(want_);
        return byte_span(buffer_).subspan(have_, want_ - have_);
    }
    /// The first `n` bytes of `room()` are filled. Returns plaintext, valid until the next call, or none yet.
    /// malformed, unsupported, limit_exceeded; authentication_failed; misused after finish; what the key source says.
    [[nodiscard]] result<byte_view> filled(std::size_t n) {
        if (ended_) return tl::unexpected(*ended_);
        expects(begin_ == 0 && n <= want_ - have_, "opener: at most as much as there was room for");
        have_ += n;
        while (have_ - begin_ >= want_) {
            auto out = info_ ? read_frames() : read_header();
            if (!out) return end(pass(out));
            if (!out->empty()) return out;
        }
        return byte_view{};
    }
    /// Opens `data`; `sink(byte_view) -> result<void>` gets the plaintext, and its failure is final. Fails as `filled`,
    /// and with what the sink says.
    template <class Sink>
    [[nodiscard]] result<void> write(byte_view data, Sink&& sink) {
        const auto refused = [this](const result<void>& taken) { return pass(end(pass(taken))); };
        return detail::push(*this, data, sink, refused);
    }
    /// Says that the message ends here. Returns the last of the plaintext, valid as long as this, or malformed when
    /// the message is not whole.
    [[nodiscard("opener: only this says that the message is whole")]] result<byte_view> finish() {
        if (ended_) return tl::unexpected(*ended_);
        room(); // moves what is left over to the front
        if (!info_) return end(fail(errc::malformed, "message: the header is truncated"));
        if (info_->framed)
            if (auto whole = open_regulars(); !whole) return end(pass(whole));
        const auto rest = byte_span(buffer_).subspan(begin_, have_ - begin_);
        std::size_t piece = rest.size();
        if (verifier_) {
            const auto size = last_piece_size(rest, info_->framed, info_->frame_length);
            if (!size) return end(pass(size));
            piece = *size;
        }
        const byte_view footer = rest.subspan(piece);
        auto last = info_->framed ? read_final(rest.first(piece), sequence_, info_->frame_length) : read_unframed(rest.first(piece));
        if (!last) return end(pass(last));
        if (verifier_) {
            verifier_->update(rest.first(piece));
            if (auto holds = verifier_->finish(footer); !holds) return end(pass(holds));
        }
        if (auto opened = open(*last); !opened) return end(pass(opened));
        cipher_->forget();
        ended_ = error{errc::misused, "message: it is finished; an opener reads one"};
        return byte_view(buffer_).subspan(frame_prefix, out_ - frame_prefix);
    }

private:
    // Enough small frames at a time that reading and writing files is not what costs.
    static constexpr std::size_t batch = 64 * 1024;

    result<byte_view> read_header() {
        const auto in = byte_view(buffer_).first(have_);
        const auto needs = header_needs(in, options_.limits, options_.policy);
        if (!needs) return pass(needs);
        want_ = *needs;
        if (have_ < want_) return byte_view{};
        auto cipher = message_cipher::make(Botan::Cipher_Dir::Decryption);
        if (!cipher) return pass(cipher);
        auto begun = begin_reading(*cipher, keys_, in, options_);
        if (!begun) return pass(begun);
        if (begun->verifier && !options_.release)
            return fail(errc::unauthenticated,
                        "message: it is signed, and a stream gives plaintext before its signature is verified; open it "
                        "whole, or ask for that with open_options::release");
        cipher_ = std::move(*cipher);
        info_ = info_of(begun->header);
        verifier_ = std::move(begun->verifier);
        frame_size_ = begun->header.frame_length + frame_overhead;
        have_ = 0;
        want_ = info_->framed ? std::max<std::size_t>(1, batch / frame_size_) * frame_size_ : unframed_prefix;
        return byte_view{};
    }

    // Called when `want_` bytes are there. Sets it to what the next call needs.
    result<byte_view> read_frames() {
        if (!info_->framed) return size_unframed();
        if (auto opened = open_regulars(); !opened) return pass(opened);
        const auto rest = byte_view(buffer_).subspan(begin_, have_ - begin_);
        if (is_final(rest)) {
            if (auto sized = size_final(rest); !sized) return pass(sized);
        }
        return byte_view(buffer_).subspan(frame_prefix, out_ - frame_prefix);
    }
    // A last frame is opened by `finish` alone, so one byte more than it needs is one too many.
    result<void> size_final(byte_view rest) {
        want_ = final_prefix;
        if (rest.size() < want_) return {};
        const std::size_t size = load_be<std::uint32_t>(rest.data() + 20);
        if (size > info_->frame_length) return fail(errc::malformed, "message: the final frame is longer than the frame length");
        return size_end(final_overhead + size, rest);
    }
    // Behind the last piece stands nothing, or a footer.
    result<void> size_end(std::size_t piece, byte_view rest) {
        if (!verifier_) {
            want_ = piece + 1;
            if (rest.size() >= want_) return fail(errc::malformed, "message: bytes follow the final frame");
            return {};
        }
        want_ = piece + 2;
        if (rest.size() < want_) return {};
        const std::size_t footer = 2 + std::size_t{load_be<std::uint16_t>(rest.data() + piece)};
        if (footer > longest_footer) return fail(errc::malformed, "message: the signature is longer than any of its curve");
        want_ = piece + footer + 1;
        if (rest.size() >= want_) return fail(errc::malformed, "message: bytes follow the signature");
        return {};
    }
    result<byte_view> size_unframed() {
        const auto rest = byte_view(buffer_).first(have_);
        const auto size = load_be<std::uint64_t>(rest.data() + 12);
        if (size > options_.limits.max_frame)
            return fail(errc::limit_exceeded, "message: its unframed content is longer than read_limits allows");
        if (auto sized = size_end(unframed_prefix + static_cast<std::size_t>(size) + frame_tag, rest); !sized) return pass(sized);
        return byte_view{};
    }

    // Opens all whole regular frames in the buffer and lays their plaintexts side by side.
    result<void> open_regulars() {
        out_ = frame_prefix;
        while (have_ - begin_ >= frame_size_) {
            const auto frame = byte_view(buffer_).subspan(begin_, frame_size_);
            if (is_final(frame)) return {};
            const auto read = read_regular(frame, sequence_);
            if (!read) return pass(read);
            if (verifier_) verifier_->update(frame);
            if (auto opened = open(*read); !opened) return opened;
            begin_ += frame_size_;
            ++sequence_;
        }
        return {};
    }
    result<void> open(const frame_view& frame) {
        if (auto usable = keys_.check(); !usable) return usable;
        const auto at = static_cast<std::size_t>(frame.ciphertext.data() - buffer_.data());
        const auto data = byte_span(buffer_).subspan(at, frame.ciphertext.size());
        if (auto opened = frame.open(*cipher_, data); !opened) return opened;
        if (at != out_) std::copy(data.begin(), data.end(), buffer_.begin() + static_cast<std::ptrdiff_t>(out_));
        out_ += data.size();
        return {};
    }

    result<byte_view> end(tl::unexpected<error> why) {
        ended_ = why.value();
        if (cipher_) cipher_->forget();
        Botan::secure_scrub_memory(buffer_.data(), buffer_.size());
        return why;
    }

    keys::key_ref keys_;
    open_options options_;
    std::optional<message_cipher> cipher_;
    std::optional<message_verifier> verifier_;
    std::optional<message_info> info_;
    Botan::secure_vector<std::uint8_t> buffer_;
    std::size_t begin_ = 0;      // of what is not read yet
    std::size_t have_ = 0;       // end of what is there
    std::size_t want_ = 3;       // bytes from begin_ before the next step
    std::size_t out_ = frame_prefix; // end of the plaintext, which begins behind the room of one frame's prefix
    std::size_t frame_size_ = 0; // of a regular frame
    std::uint32_t sequence_ = 1;
    std::optional<error> ended_;
};

} // namespace keywright::envelope
