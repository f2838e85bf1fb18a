// SPDX-License-Identifier: Apache-2.0
// The body of a message whose size is known beforehand: where each frame lies, so that frames are sealed and opened
// in any order, by several threads. Each frame has a key, an IV and associated data that its own number fixes, so the bytes
// are the same whoever makes them.
// Depends on: envelope/frame, keys/keyring, detail/in_pieces. Used by message and adapters/file; a consumer needs those.
#pragma once

#include <keywright/detail/in_pieces.hpp>
#include <keywright/envelope/frame.hpp>
#include <keywright/keys/keyring.hpp>

#include <algorithm>

namespace keywright::envelope {

/// Where the frames of a body lie: `regular` ones, all of `frame_length`, and the final one.
struct body_layout {
    std::uint32_t frame_length = 1;
    std::uint64_t regular = 0;
    std::uint64_t last = 0; ///< bytes of plaintext in the final frame

    /// Of a message to be written. limit_exceeded: more frames than the format counts. Requires: frame_length > 0.
    [[nodiscard]] static constexpr result<body_layout> of_plaintext(std::uint64_t size, std::uint32_t frame_length) {
        const std::uint64_t regular = size == 0 ? 0 : (size - 1) / frame_length;
        if (regular >= end_marker - 1) return fail(errc::limit_exceeded, "message: more frames than the format counts");
        return body_layout{frame_length, regular, size - regular * frame_length};
    }
    /// Of a framed body of `size` bytes that has been written: no two layouts have one size. Where no layout has it,
    /// `last` is above `frame_length`, and reading the final frame says what is wrong. malformed: too short for any.
    [[nodiscard]] static constexpr result<body_layout> of_body(std::uint64_t size, std::uint32_t frame_length) {
        if (size < final_overhead) return fail(errc::malformed, "message: it ends before or within its final frame");
        const std::uint64_t regular = (size - final_overhead) / (frame_length + frame_overhead);
        if (regular >= end_marker) return fail(errc::malformed, "message: more frames than the format counts");
        return body_layout{frame_length, regular, size - final_overhead - regular * (frame_length + frame_overhead)};
    }

    constexpr std::size_t frame_size() const noexcept { return frame_length + frame_overhead; }
    constexpr std::uint64_t body_size() const noexcept { return regular * frame_size() + final_overhead + last; }
    constexpr std::uint64_t plaintext_size() const noexcept { return regular * frame_length + std::min<std::uint64_t>(last, frame_length); }

    /// Frames are worked on some at a time: enough that handing them out costs nothing, few enough that they stay in a
    /// core's second cache. The last piece is the final frame alone.
    constexpr std::uint64_t frames_per_piece() const noexcept { return std::max<std::uint64_t>(1, piece_bytes / frame_size()); }
    constexpr std::uint64_t pieces() const noexcept { return (regular + frames_per_piece() - 1) / frames_per_piece() + 1; }
    /// The regular frames of a piece: their first, from 0, and how many.
    struct range {
        std::uint64_t first, count;
    };
    constexpr range frames_of(std::uint64_t piece) const noexcept {
        const std::uint64_t first = std::min(piece * frames_per_piece(), regular);
        return {first, std::min(frames_per_piece(), regular - first)};
    }
    constexpr bool is_final(std::uint64_t piece) const noexcept { return piece + 1 == pieces(); }

    static constexpr std::size_t piece_bytes = 128 * 1024 + frame_overhead;
};

namespace detail {

/// A cipher for each of several threads, all of one message. Requires: the first outlives this.
class cipher_team {
public:
    [[nodiscard]] static result<cipher_team> make(message_cipher& first, std::size_t workers) {
        cipher_team team(first);
        while (team.twins_.size() + 1 < workers) {
            auto twin = first.twin();
            if (!twin) return pass(twin);
            team.twins_.push_back(std::move(*twin));
        }
        return team;
    }
    message_cipher& of(std::size_t worker) noexcept { return worker == 0 ? *first_ : twins_[worker - 1]; }

private:
    explicit cipher_team(message_cipher& first) noexcept : first_(&first) {}
    message_cipher* first_;
    std::vector<message_cipher> twins_;
};

constexpr std::uint32_t number_of(std::uint64_t frame) noexcept { return static_cast<std::uint32_t>(frame + 1); }

/// What a body is sealed or opened with.
struct body_tools {
    message_cipher& cipher;
    const keys::key_ref& keys; ///< asked before each frame
    unsigned threads;          ///< at most; 0: as many as there are cores
};

/// Seals `plaintext` into `body`, which has the layout's size. After a failure `body` is to be wiped.
inline result<void> seal_body(const body_tools& with, const body_layout& at, byte_view plaintext, byte_span body) {
    const std::size_t workers = keywright::detail::workers_for(with.threads, at.pieces());
    auto team = cipher_team::make(with.cipher, workers);
    if (!team) return pass(team);
    const auto seal_one = [&](message_cipher& c, std::uint64_t frame) -> result<void> {
        const bool is_last = frame == at.regular;
        const auto data = plaintext.subspan(frame * at.frame_length, is_last ? at.last : at.frame_length);
        const auto to = body.subspan(frame * at.frame_size(), data.size() + (is_last ? final_overhead : frame_overhead));
        if (auto usable = with.keys.check(); !usable) return usable;
        std::copy(data.begin(), data.end(), to.subspan(is_last ? final_prefix : frame_prefix).begin());
        return is_last ? seal_final(c, number_of(frame), to) : seal_regular(c, number_of(frame), to);
    };
    return keywright::detail::in_pieces(workers, at.pieces(), [&](std::size_t worker, std::uint64_t piece) -> result<void> {
        if (at.is_final(piece)) return seal_one(team->of(worker), at.regular);
        const auto [first, count] = at.frames_of(piece);
        for (std::uint64_t frame = first; frame < first + count; ++frame)
            if (auto sealed = seal_one(team->of(worker), frame); !sealed) return sealed;
        return {};
    });
}

/// Opens a framed `body` into `out`, which has room for the layout's plaintext. After a failure `out` is to be wiped.
inline result<void> open_body(const body_tools& with, const body_layout& at, byte_view body, byte_span out) {
    const std::size_t workers = keywright::detail::workers_for(with.threads, at.pieces());
    auto team = cipher_team::make(with.cipher, workers);
    if (!team) return pass(team);
    const auto open_one = [&](message_cipher& c, std::uint64_t frame) -> result<void> {
        const auto from = body.subspan(frame * at.frame_size());
        const auto read = frame == at.regular ? read_final(from, number_of(frame), at.frame_length)
                                              : read_regular(from.first(at.frame_size()), number_of(frame));
        if (!read) return pass(read);
        if (auto usable = with.keys.check(); !usable) return usable;
        const auto data = out.subspan(frame * at.frame_length, read->ciphertext.size());
        std::copy(read->ciphertext.begin(), read->ciphertext.end(), data.begin());
        return read->open(c, data);
    };
    return keywright::detail::in_pieces(workers, at.pieces(), [&](std::size_t worker, std::uint64_t piece) -> result<void> {
        if (at.is_final(piece)) return open_one(team->of(worker), at.regular);
        const auto [first, count] = at.frames_of(piece);
        for (std::uint64_t frame = first; frame < first + count; ++frame)
            if (auto opened = open_one(team->of(worker), frame); !opened) return opened;
        return {};
    });
}

} // namespace detail

} // namespace keywright::envelope
