// SPDX-License-Identifier: Apache-2.0
// Who encrypts pages: one key, ready for the next page. Botan is the default; another library that is faster on a machine
// writes the same bytes (adapters/openssl/page_aead).
// Depends on: core, Botan (AES-256-GCM-SIV, AES-256-GCM). Use: `auto aead = botan_pages(page_suite::aes256_gcm, key);`
#pragma once

#include <keywright/core/algorithms.hpp>
#include <keywright/core/secret_bytes.hpp>
#include <keywright/detail/botan_boundary.hpp>

#include <botan/aead.h>

#include <memory>

namespace keywright::envelope {

/// How pages are encrypted; the number stands in the file's header. GCM-SIV (RFC 8452) is the one to take: a file key
/// seals as many pages as a disk can hold. With GCM (SP 800-38D) a file is to be given a new key before 2^32 page writes.
enum class page_suite : unsigned char { aes256_gcm_siv = 1, aes256_gcm = 2 };

/// An AEAD with 12-byte nonces and 16-byte tags under one key, both directions kept keyed, so that a page costs no key
/// schedule, no lookup by name and no allocation. Whoever derives from it wipes the key on destruction. That no nonce comes
/// twice is the care of page_cipher, whoever encrypts. Thread safety: one thread at a time.
class page_aead {
public:
    static constexpr std::size_t tag_size = 16;

    struct inputs {
        byte_view nonce, associated_data;
    };

    page_aead() = default;
    page_aead(const page_aead&) = delete;
    page_aead& operator=(const page_aead&) = delete;
    virtual ~page_aead() = default;

    /// Writes the ciphertext, as long as `text`, and the tag, 16 bytes. internal: the library failed. What `out` is after an error, its owner wipes. It may be
    /// where `text` stands.
    [[nodiscard]] virtual result<void> seal(const inputs& of, byte_view text, byte_span out, byte_span tag) = 0;
    /// Writes the plaintext, as long as `text`. authentication_failed: the tag does not fit; what `out` is then, its owner
    /// wipes. `out` may be where `text` stands, and `text` what `landing` gave.
    [[nodiscard]] virtual result<void> open(const inputs& of, byte_view text, byte_view tag, byte_span out) = 0;
    /// Where ciphertext that is to be opened into `out` is best read to, as large as `out`: there, unless it has to lie in
    /// memory of its own. Valid until the next call.
    virtual byte_span landing(byte_span out) { return out; }
};

/// Makes one: `key` has 32 bytes, else misused. A function of no state, so that it can be handed on as a plain value.
using page_engine = result<std::unique_ptr<page_aead>> (*)(page_suite suite, const secret_bytes& key);

namespace detail {

/// Botan's modes. GCM works where a page stands; GCM-SIV wants a whole message in a vector of its own.
class botan_page_aead final : public page_aead {
public:
    botan_page_aead(const char* name, byte_view key)
        : seal_(Botan::AEAD_Mode::create_or_throw(name, Botan::Cipher_Dir::Encryption)),
          open_(Botan::AEAD_Mode::create_or_throw(name, Botan::Cipher_Dir::Decryption)) {
        seal_->set_key(key);
        open_->set_key(key);
    }

    result<void> seal(const inputs& of, byte_view text, byte_span out, byte_span tag) override {
        auto sealed = keywright::detail::botan_boundary(errc::internal, "page: encryption failed", [&] {
            begin(*seal_, of);
            if (seal_->requires_entire_message())
                seal_whole(text, out, tag);
            else
                seal_in_place(text, out, tag);
        });
        if (!sealed) Botan::secure_scrub_memory(buffer_.data(), buffer_.size());
        return sealed;
    }
    result<void> open(const inputs& of, byte_view text, byte_view tag, byte_span out) override {
        auto opened = keywright::detail::botan_boundary(errc::authentication_failed, "page: the tag does not fit", [&] {
            begin(*open_, of);
            if (open_->requires_entire_message())
                open_whole(text, tag, out);
            else
                open_in_place(text, tag, out);
        });
        if (!opened) {
            open_->reset();
            Botan::secure_scrub_memory(buffer_.data(), buffer_.size());
        }
        return opened;
    }
    byte_span landing(byte_span out) override {
        if (!open_->requires_entire_message()) return out;
        buffer_.resize(out.size());
        return buffer_;
    }

private:
    static void begin(Botan::AEAD_Mode& mode, const inputs& of) {
        mode.set_associated_data(of.associated_data);
        mode.start(of.nonce);
    }
    void seal_whole(byte_view text, byte_span out, byte_span tag) {
        buffer_.assign(text.begin(), text.end());
        seal_->finish(buffer_);
        Botan::copy_mem(out.data(), buffer_.data(), text.size());
        Botan::copy_mem(tag.data(), buffer_.data() + text.size(), tag_size);
    }
    void seal_in_place(byte_view text, byte_span out, byte_span tag) {
        if (out.data() != text.data()) Botan::copy_mem(out.data(), text.data(), text.size());
        seal_->process(out);
        buffer_.clear();
        seal_->finish(buffer_);
        Botan::copy_mem(tag.data(), buffer_.data(), tag_size);
    }
    void open_whole(byte_view text, byte_view tag, byte_span out) {
        if (text.data() != buffer_.data()) buffer_.assign(text.begin(), text.end());
        buffer_.resize(text.size());
        buffer_.insert(buffer_.end(), tag.begin(), tag.end());
        open_->finish(buffer_);
        Botan::copy_mem(out.data(), buffer_.data(), text.size());
    }
    void open_in_place(byte_view text, byte_view tag, byte_span out) {
        if (out.data() != text.data()) Botan::copy_mem(out.data(), text.data(), text.size());
        open_->process(out);
        buffer_.assign(tag.begin(), tag.end());
        open_->finish(buffer_);
    }

    std::unique_ptr<Botan::AEAD_Mode> seal_, open_;
    Botan::secure_vector<std::uint8_t> buffer_;
};

} // namespace detail

/// Botan's AES-256-GCM-SIV and AES-256-GCM. misused: `key` has not 32 bytes.
[[nodiscard]] inline result<std::unique_ptr<page_aead>> botan_pages(page_suite suite, const secret_bytes& key) {
    const char* name = suite == page_suite::aes256_gcm ? approved<"AES-256/GCM"> : approved<"AES-256/GCM-SIV">;
    return keywright::detail::botan_boundary(errc::misused, "page: expected a key of 32 bytes", [&]() -> std::unique_ptr<page_aead> {
        return std::make_unique<detail::botan_page_aead>(name, keywright::detail::reveal(key));
    });
}

/// A suite, which a file keeps, and who computes it, which may be another one each time.
struct page_method {
    page_suite suite;
    page_engine engine;

    page_method(page_suite s, page_engine by = botan_pages) noexcept : suite(s), engine(by) {} // implicit: a suite is a method
};

} // namespace keywright::envelope
