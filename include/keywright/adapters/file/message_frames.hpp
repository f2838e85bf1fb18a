// SPDX-License-Identifier: Apache-2.0
// The frames of one message between two files, read, worked on and written at their own places by several threads.
// Used by adapters/file/message_file.hpp; a consumer needs that.
// Depends on: envelope/body, adapters/file/durable.
#pragma once

#include <keywright/adapters/file/durable.hpp>
#include <keywright/envelope/body.hpp>

namespace keywright::file::detail {

/// Memory that the frames of one call take together, however many threads are asked for.
inline constexpr std::size_t frames_memory = 64 * 1024 * 1024;

/// Where plaintext and body lie in their files, and which threads do what.
struct frame_files {
    const descriptor& in;
    const descriptor& out;
    std::uint64_t body_offset = 0; ///< of the message's first frame, in whichever of the two is the message
    envelope::body_layout at;
};

/// Seals or opens pieces of a body, each worker in a buffer of its own: one piece, or one frame where frames are longer.
class frame_workers {
public:
    /// Buffers are as large as the file needs, whatever its header says of frames.
    [[nodiscard]] static result<frame_workers> make(envelope::message_cipher& cipher, keys::key_ref keys, const frame_files& files,
                                                    unsigned threads) {
        const auto& at = files.at;
        const std::size_t size =
            std::max<std::size_t>(std::min(at.frames_per_piece(), at.regular) * at.frame_size(), envelope::final_overhead + at.last);
        const std::size_t workers =
            std::min(keywright::detail::workers_for(threads, at.pieces()), std::max<std::size_t>(1, frames_memory / size));
        auto team = envelope::detail::cipher_team::make(cipher, workers);
        if (!team) return pass(team);
        frame_workers made(std::move(*team), keys, files);
        made.buffers_.assign(workers, Botan::secure_vector<std::uint8_t>(size));
        return made;
    }

    std::size_t count() const noexcept { return buffers_.size(); }

    /// Returns how many bytes of the source the piece was.
    [[nodiscard]] result<std::size_t> seal(std::size_t worker, std::uint64_t piece) {
        if (at().is_final(piece)) return seal_last(worker);
        const auto [first, count] = at().frames_of(piece);
        const std::size_t length = at().frame_length, size = at().frame_size();
        const auto frames = byte_span(buffers_[worker]).first(count * size);
        // All plaintext in one read, as far to the right as it will go; then each frame's moves left to its place.
        const auto plain = frames.subspan(envelope::frame_prefix + (count - 1) * envelope::frame_overhead, count * length);
        if (auto got = read_exactly_at(files_.in, first * length, plain); !got) return pass(got);
        for (std::size_t i = 0; i < count; ++i) {
            const auto frame = frames.subspan(i * size, size);
            const auto from = plain.subspan(i * length, length);
            if (auto usable = keys_.check(); !usable) return pass(usable);
            if (i + 1 < count) std::copy(from.begin(), from.end(), frame.begin() + envelope::frame_prefix);
            auto sealed = envelope::seal_regular(team_.of(worker), envelope::detail::number_of(first + i), frame);
            if (!sealed) return pass(sealed);
        }
        if (auto wrote = write_fully_at(files_.out, files_.body_offset + first * size, frames); !wrote) return pass(wrote);
        return plain.size();
    }
    [[nodiscard]] result<std::size_t> open(std::size_t worker, std::uint64_t piece) {
        if (at().is_final(piece)) return open_last(worker);
        const auto [first, count] = at().frames_of(piece);
        const std::size_t length = at().frame_length, size = at().frame_size();
        const auto frames = byte_span(buffers_[worker]).first(count * size);
        if (auto got = read_exactly_at(files_.in, files_.body_offset + first * size, frames); !got) return pass(got);
        for (std::size_t i = 0; i < count; ++i) {
            const auto read = envelope::read_regular(frames.subspan(i * size, size), envelope::detail::number_of(first + i));
            if (!read) return pass(read);
            const auto data = frames.subspan(i * size + envelope::frame_prefix, length);
            if (auto opened = open_in_place(worker, *read, data); !opened) return pass(opened);
            // The first stays where it is, the others join it: room for them are tags that are read.
            if (i > 0)
                std::copy(data.begin(), data.end(), frames.begin() + static_cast<std::ptrdiff_t>(envelope::frame_prefix + i * length));
        }
        const auto plain = frames.subspan(envelope::frame_prefix, count * length);
        if (auto wrote = write_fully_at(files_.out, first * length, plain); !wrote) return pass(wrote);
        return frames.size();
    }

private:
    frame_workers(envelope::detail::cipher_team&& team, keys::key_ref keys, const frame_files& files) noexcept
        : team_(std::move(team)), keys_(keys), files_(files) {}

    const envelope::body_layout& at() const noexcept { return files_.at; }

    result<std::size_t> seal_last(std::size_t worker) {
        const auto frame = byte_span(buffers_[worker]).first(envelope::final_overhead + at().last);
        const auto plain = frame.subspan(envelope::final_prefix, at().last);
        if (auto got = read_exactly_at(files_.in, at().regular * at().frame_length, plain); !got) return pass(got);
        if (auto usable = keys_.check(); !usable) return pass(usable);
        auto sealed = envelope::seal_final(team_.of(worker), envelope::detail::number_of(at().regular), frame);
        if (!sealed) return pass(sealed);
        const auto offset = files_.body_offset + at().regular * at().frame_size();
        if (auto wrote = write_fully_at(files_.out, offset, frame); !wrote) return pass(wrote);
        return plain.size();
    }
    result<std::size_t> open_last(std::size_t worker) {
        if (at().last > at().frame_length) return fail(errc::malformed, "message: it ends before or within its final frame");
        const auto frame = byte_span(buffers_[worker]).first(envelope::final_overhead + at().last);
        const auto offset = files_.body_offset + at().regular * at().frame_size();
        if (auto got = read_exactly_at(files_.in, offset, frame); !got) return pass(got);
        const auto read = envelope::read_final(frame, envelope::detail::number_of(at().regular), at().frame_length);
        if (!read) return pass(read);
        const auto data = frame.subspan(envelope::final_prefix, at().last);
        if (auto opened = open_in_place(worker, *read, data); !opened) return pass(opened);
        if (auto wrote = write_fully_at(files_.out, at().regular * at().frame_length, data); !wrote) return pass(wrote);
        return frame.size();
    }
    result<void> open_in_place(std::size_t worker, const envelope::frame_view& frame, byte_span data) {
        if (auto usable = keys_.check(); !usable) return usable;
        return frame.open(team_.of(worker), data);
    }

    envelope::detail::cipher_team team_;
    keys::key_ref keys_;
    frame_files files_;
    std::vector<Botan::secure_vector<std::uint8_t>> buffers_;
};

} // namespace keywright::file::detail
