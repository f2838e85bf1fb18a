// SPDX-License-Identifier: Apache-2.0
// Moves a message to other keys in one pass: opened and proven, and encrypted anew under a fresh data key and a fresh id. It
// is never re-wrapped: the data key of a finished message stays that message's (envelope/cipher.hpp says why).
// Depends on: envelope/opener, envelope/sealer.
// Use: `auto moved = reseal(old_lease, new_lease, message);` For files: file::reseal_file.
#pragma once

#include <keywright/envelope/opener.hpp>
#include <keywright/envelope/sealer.hpp>

namespace keywright::envelope {

struct reseal_options {
    open_options opening{};
    /// `sign` adds a signature; a message that has one is signed anew in any case.
    seal_options sealing{};
    /// Instead of the message's own, which is what its header has and opening.left_out.
    std::optional<keys::encryption_context> context{};
};

/// Moves one message that comes in pieces. What it writes is no message before `finish` has succeeded, and that is when
/// the old one, with its signature, has been proven to its end. One frame of plaintext is in memory, or 64 KiB of small ones.
/// Both key sources are asked before every frame and must outlive this. A failure is final.
/// Thread safety: one thread at a time. Move-only.
class [[nodiscard]] resealer {
public:
    resealer(keys::key_ref from, keys::key_ref to, reseal_options options = {})
        : to_(to), options_(std::move(options)), opener_(from, releasing(options_.opening)) {}

    /// What the old message says about itself; proven, and there, once its header has been read.
    const std::optional<message_info>& info() const noexcept { return opener_.info(); }

    /// Where the next bytes of the old message go; see opener.
    byte_span room() { return opener_.room(); }
    /// The first `n` bytes of `room()` are filled; `sink(byte_view) -> result<void>` gets bytes of the new message. Fails
    /// as opener and sealer do, and with what the sink says.
    template <class Sink>
    [[nodiscard]] result<void> filled(std::size_t n, Sink&& sink) {
        const auto out = opener_.filled(n);
        if (!out) return pass(out);
        return move_on(*out, sink);
    }
    /// The same of bytes that lie elsewhere.
    template <class Sink>
    [[nodiscard]] result<void> write(byte_view data, Sink&& sink) {
        if (auto begun = opener_.write(data, [&](byte_view out) { return move_on(out, sink); }); !begun) return begun;
        return move_on({}, sink);
    }
    /// Says that the old message ends here; the sink gets the end of the new one. Fails as `filled`; malformed: the old one
    /// is not whole.
    template <class Sink>
    [[nodiscard]] result<void> finish(Sink&& sink) {
        const auto rest = opener_.finish();
        if (!rest) return pass(rest);
        if (auto moved = move_on(*rest, sink); !moved) return moved;
        const auto last = sealer_->finish();
        if (!last) return pass(last);
        return sink(*last);
    }

private:
    static open_options releasing(open_options options) {
        if (!options.release) options.release = before_signature("only ciphertext comes out, and no end of it before the signature holds");
        return options;
    }

    template <class Sink>
    result<void> move_on(byte_view plaintext, Sink&& sink) {
        if (!sealer_ && info()) {
            auto context = new_context();
            if (!context) return pass(context);
            options_.sealing.sign = options_.sealing.sign || info()->is_signed;
            auto begun = sealer::begin(to_, *context, options_.sealing);
            if (!begun) return pass(begun);
            sealer_.emplace(std::move(*begun));
            if (result<void> taken = sink(sealer_->header()); !taken) return taken;
        }
        if (plaintext.empty()) return {};
        return sealer_->write(plaintext, sink);
    }
    // A verification key is of the old signature.
    result<keys::encryption_context> new_context() const {
        if (options_.context) return *options_.context;
        return info()->context.filtered({std::string(verification_key_name)}, false).joined(options_.opening.left_out);
    }

    keys::key_ref to_;
    reseal_options options_;
    opener opener_;
    std::optional<sealer> sealer_; // begun when the old header is proven
};

/// The same for a whole message in memory: the new one or nothing. Fails as the resealer.
[[nodiscard]] inline result<bytes> reseal(const keys::key_ref& from, const keys::key_ref& to, byte_view message,
                                          reseal_options options = {}) {
    resealer moving(from, to, std::move(options));
    bytes out;
    out.reserve(message.size() + 512);
    const auto collect = [&out](byte_view data) -> result<void> {
        append(out, data);
        return {};
    };
    if (auto moved = moving.write(message, collect); !moved) return pass(moved);
    if (auto moved = moving.finish(collect); !moved) return pass(moved);
    return out;
}

} // namespace keywright::envelope
