// SPDX-License-Identifier: Apache-2.0
// OpenSSL's AES-256-GCM for the pages of encrypted databases: from release 3.1 on, and on processors with VAES, a page takes
// less than half of Botan's time. The bytes are the same, so a file goes back and forth between the two, and GCM's bound is the
// same, too: a new file key before 2^32 page writes.
// Depends on: envelope/page_aead, OpenSSL 3 (libcrypto).
// Use: `sqlite::open("prod.db", source, {.suite = page_suite::aes256_gcm, .engine = openssl::pages});`
#pragma once

#include <keywright/core/contract.hpp>
#include <keywright/envelope/page_aead.hpp>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <array>

namespace keywright::openssl {

/// Both directions as contexts of EVP, which wipes what it frees. Fails with OpenSSL's reason as the native code, and leaves it
/// on OpenSSL's list of errors; a page that does not open leaves nothing there. Thread safety: one thread at a time.
class page_aead final : public envelope::page_aead {
public:
    /// `key` has 32 bytes, else misused. unavailable: OpenSSL gives no AES-256-GCM, as its configuration may have it.
    [[nodiscard]] static result<std::unique_ptr<envelope::page_aead>> make(const secret_bytes& key) {
        if (key.size() != 32) return fail(errc::misused, "openssl: expected a key of 32 bytes");
        auto made = std::unique_ptr<page_aead>(new page_aead);
        const auto* bytes = keywright::detail::reveal(key).data();
        const bool is_keyed = made->seal_ && made->open_ &&
                              EVP_EncryptInit_ex(made->seal_.get(), EVP_aes_256_gcm(), nullptr, bytes, nullptr) == 1 &&
                              EVP_DecryptInit_ex(made->open_.get(), EVP_aes_256_gcm(), nullptr, bytes, nullptr) == 1;
        if (!is_keyed) return fail(errc::unavailable, "openssl: expected AES-256-GCM, see its configuration", reason());
        return made;
    }

    result<void> seal(const inputs& of, byte_view text, byte_span out, byte_span tag) override {
        int done = 0;
        const bool is_sealed =
            EVP_EncryptInit_ex(seal_.get(), nullptr, nullptr, nullptr, of.nonce.data()) == 1 &&
            EVP_EncryptUpdate(seal_.get(), nullptr, &done, of.associated_data.data(), size_of(of.associated_data)) == 1 &&
            EVP_EncryptUpdate(seal_.get(), out.data(), &done, text.data(), size_of(text)) == 1 &&
            EVP_EncryptFinal_ex(seal_.get(), out.data() + text.size(), &done) == 1 &&
            EVP_CIPHER_CTX_get_params(seal_.get(), parameter(tag.data()).data()) == 1;
        if (!is_sealed) return fail(errc::internal, "openssl: expected to encrypt a page", reason());
        return {};
    }
    result<void> open(const inputs& of, byte_view text, byte_view tag, byte_span out) override {
        std::array<std::uint8_t, tag_size> expected;
        std::copy(tag.begin(), tag.end(), expected.begin()); // EVP takes what it could write to
        int done = 0;
        const bool is_open = EVP_DecryptInit_ex2(open_.get(), nullptr, nullptr, of.nonce.data(), parameter(expected.data()).data()) == 1 &&
                             EVP_DecryptUpdate(open_.get(), nullptr, &done, of.associated_data.data(), size_of(of.associated_data)) == 1 &&
                             EVP_DecryptUpdate(open_.get(), out.data(), &done, text.data(), size_of(text)) == 1;
        if (!is_open) return fail(errc::internal, "openssl: expected to decrypt a page", reason());
        if (EVP_DecryptFinal_ex(open_.get(), out.data() + text.size(), &done) != 1)
            return fail(errc::authentication_failed, "openssl: the tag does not fit");
        return {};
    }

private:
    struct freed {
        void operator()(EVP_CIPHER_CTX* context) const noexcept { EVP_CIPHER_CTX_free(context); }
    };
    using context = std::unique_ptr<EVP_CIPHER_CTX, freed>;

    page_aead() noexcept : seal_(EVP_CIPHER_CTX_new()), open_(EVP_CIPHER_CTX_new()) {}

    /// The tag as EVP hands it on itself: as a control it would go through another translation, at each page.
    static std::array<OSSL_PARAM, 2> parameter(std::uint8_t* tag) noexcept {
        return {OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, tag, tag_size), OSSL_PARAM_construct_end()};
    }
    static int size_of(byte_view part) noexcept {
        expects(part.size() <= 65'536, "openssl: a page has 65536 bytes at the most");
        return static_cast<int>(part.size());
    }

    static int reason() noexcept { return ERR_GET_REASON(ERR_peek_last_error()); }

    context seal_, open_;
};

/// An engine. AES-256-GCM is OpenSSL's, AES-256-GCM-SIV is Botan's: OpenSSL has it from 3.2 on, and far slower.
[[nodiscard]] inline result<std::unique_ptr<envelope::page_aead>> pages(envelope::page_suite suite, const secret_bytes& key) {
    return suite == envelope::page_suite::aes256_gcm ? page_aead::make(key) : envelope::botan_pages(suite, key);
}

} // namespace keywright::openssl
