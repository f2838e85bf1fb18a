// SPDX-License-Identifier: Apache-2.0
// Botan's AES-GCM, kept keyed and driven in place: no lookup by name, no key schedule and no allocation per call.
// Depends on: core, Botan. Use: `auto g = aes_gcm::make(key, Botan::Cipher_Dir::Encryption); g->seal(iv, aad, data, tag);`
#pragma once

#include <keywright/core/algorithms.hpp>
#include <keywright/core/bytes.hpp>
#include <keywright/core/result.hpp>
#include <keywright/detail/botan_boundary.hpp>

#include <botan/aead.h>
#include <botan/mem_ops.h>
#include <botan/secmem.h>

#include <memory>

namespace keywright::detail {

/// One direction of AES-GCM with 12-byte IVs and 16-byte tags (NIST SP 800-38D). Wiped on destruction; move-only.
/// Thread safety: one thread at a time.
class aes_gcm {
public:
    static constexpr std::size_t iv_size = 12;
    static constexpr std::size_t tag_size = 16;

    /// Keyed with 16, 24 or 32 bytes; misused for another size.
    [[nodiscard]] static result<aes_gcm> make(byte_view key, Botan::Cipher_Dir direction) {
        const char* name = key.size() == 16   ? approved<"AES-128/GCM">
                           : key.size() == 24 ? approved<"AES-192/GCM">
                           : key.size() == 32 ? approved<"AES-256/GCM">
                                              : nullptr;
        if (name == nullptr) return fail(errc::misused, "aes-gcm: expected a key of 16, 24 or 32 bytes");
        return botan_boundary(errc::internal, "aes-gcm: the cipher could not be made", [&] {
            aes_gcm made(Botan::AEAD_Mode::create_or_throw(name, direction));
            made.mode_->set_key(key);
            return made;
        });
    }

    /// Another key of the same size.
    [[nodiscard]] result<void> rekey(byte_view key) {
        return botan_boundary(errc::internal, "aes-gcm: the key was not taken", [&] { mode_->set_key(key); });
    }
    /// Wipes the key; `rekey` comes next.
    void forget() { mode_->clear(); }

    /// Encrypts `data` in place and writes the tag. Requires: the direction is encryption, 12-byte `iv`, 16-byte `tag`.
    [[nodiscard]] result<void> seal(byte_view iv, byte_view aad, byte_span data, byte_span tag) {
        auto sealed = botan_boundary(errc::internal, "aes-gcm: encryption failed", [&] {
            start(iv, aad, data);
            tag_.clear();
            mode_->finish(tag_);
            Botan::copy_mem(tag.data(), tag_.data(), tag_size);
        });
        if (!sealed) mode_->reset();
        return sealed;
    }
    /// Decrypts `data` in place. authentication_failed: the tag does not fit, and `data` is zeroed.
    /// Requires: the direction is decryption, 12-byte `iv`, 16-byte `tag`.
    [[nodiscard]] result<void> open(byte_view iv, byte_view aad, byte_span data, byte_view tag) {
        auto opened = botan_boundary(errc::internal, "aes-gcm: the tag does not fit", [&] {
            start(iv, aad, data);
            tag_.assign(tag.begin(), tag.end());
            mode_->finish(tag_);
        });
        if (!opened) {
            mode_->reset();
            Botan::secure_scrub_memory(data.data(), data.size());
        }
        return opened;
    }

private:
    explicit aes_gcm(std::unique_ptr<Botan::AEAD_Mode> mode) : mode_(std::move(mode)) { tag_.reserve(tag_size); }

    // Botan's GCM works through whole messages in `process`, so that `finish` is left with the tag alone and the data
    // needs no secure_vector of its own.
    void start(byte_view iv, byte_view aad, byte_span data) {
        mode_->set_associated_data(aad);
        mode_->start(iv);
        mode_->process(data);
    }

    std::unique_ptr<Botan::AEAD_Mode> mode_;
    Botan::secure_vector<std::uint8_t> tag_;
};

} // namespace keywright::detail
