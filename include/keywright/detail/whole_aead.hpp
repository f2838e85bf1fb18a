// SPDX-License-Identifier: Apache-2.0
// An AEAD of Botan's for small texts, one whole text a call: both directions kept keyed, one buffer reused, so that a
// call neither looks anything up by name, nor runs a key schedule, nor takes memory.
// Depends on: core, Botan. Use: `auto a = whole_aead::make("AES-256/GCM-SIV", key); a->seal(nonce, ad, text, out);`
#pragma once

#include <keywright/core/bytes.hpp>
#include <keywright/core/result.hpp>
#include <keywright/detail/botan_boundary.hpp>

#include <botan/aead.h>
#include <botan/mem_ops.h>
#include <botan/secmem.h>

#include <memory>
#include <string>

namespace keywright::detail {

/// Wiped on destruction; move-only. Thread safety: one thread at a time.
class whole_aead {
public:
    static constexpr std::size_t tag_size = 16;

    /// `name` as Botan spells it, with a tag of 16 bytes; misused for a key of another size than the cipher's.
    [[nodiscard]] static result<whole_aead> make(const std::string& name, byte_view key) {
        return botan_boundary(errc::misused, "aead: the cipher does not take this key", [&] {
            whole_aead made(Botan::AEAD_Mode::create_or_throw(name, Botan::Cipher_Dir::Encryption),
                            Botan::AEAD_Mode::create_or_throw(name, Botan::Cipher_Dir::Decryption));
            made.seal_->set_key(key);
            made.open_->set_key(key);
            return made;
        });
    }

    /// Writes ciphertext and tag, in the order of the cipher's own standard. `nonce` may be empty where the cipher has
    /// none. Requires: `out` is `tag_size` bytes longer than `text`.
    [[nodiscard]] result<void> seal(byte_view nonce, byte_view ad, byte_view text, byte_span out) {
        return run(*seal_, {nonce, ad, text, out}, "aead: encryption failed");
    }
    /// Writes the plaintext. authentication_failed: the tag does not fit, and `out` is as it was.
    /// Requires: `sealed` has `tag_size` bytes or more, and `out` is that much shorter.
    [[nodiscard]] result<void> open(byte_view nonce, byte_view ad, byte_view sealed, byte_span out) {
        return run(*open_, {nonce, ad, sealed, out}, "aead: the tag does not fit");
    }

private:
    whole_aead(std::unique_ptr<Botan::AEAD_Mode> seal, std::unique_ptr<Botan::AEAD_Mode> open) noexcept
        : seal_(std::move(seal)), open_(std::move(open)) {}

    struct one_use {
        byte_view nonce, ad, in;
        byte_span out;
    };
    result<void> run(Botan::AEAD_Mode& mode, const one_use& of, const char* failed) {
        auto done = botan_boundary(errc::internal, failed, [&] {
            mode.set_associated_data(of.ad); // SIV: an empty one is one component, as RFC 5297 users and Tink have it
            mode.start(of.nonce);
            buffer_.assign(of.in.begin(), of.in.end());
            mode.finish(buffer_);
            Botan::copy_mem(of.out.data(), buffer_.data(), of.out.size());
        });
        Botan::secure_scrub_memory(buffer_.data(), buffer_.size());
        if (!done) mode.reset();
        return done;
    }

    std::unique_ptr<Botan::AEAD_Mode> seal_, open_;
    Botan::secure_vector<std::uint8_t> buffer_;
};

} // namespace keywright::detail
