// SPDX-License-Identifier: Apache-2.0
// Everything that one file key gives: the seal of pages and of the header, and what hides the checksums that SQLite
// writes beside pages, because a checksum of a page of which all but one field is known tells that field.
// Depends on: envelope/page, Botan (HKDF-SHA-256, HMAC-SHA-256, AES-256 in XTS).
// Use: `auto keys = page_keys::derive(file_key, suite, file);` then `keys->pages`, `keys->header_mac()`.
#pragma once

#include <keywright/envelope/page.hpp>

#include <botan/block_cipher.h>
#include <botan/cipher_mode.h>
#include <botan/kdf.h>
#include <botan/mac.h>

namespace keywright::envelope {

// Derivations: HKDF-SHA-256 (RFC 5869), IKM = file key, no salt, info = label || 00 || suite || file identity
//   "keywright page seal 1"     32 bytes  pages
//   "keywright page header 1"   32 bytes  HMAC-SHA-256 of the header
//   "keywright page frame 1"    64 bytes  AES-256-XTS: bytes 8 to 23 (salts, checksums) of a frame header in a write-ahead
//                                         log, one block; data unit = where the frame begins in the file, 16 bytes
//                                         little-endian (IEEE 1619)
//   "keywright page backup 1"   32 bytes  HMAC-SHA-256 at the end of a backup (envelope/page_backup.hpp)
//   "keywright page checksum 1" 32 bytes  AES-256: the checksum after a page in a rollback journal, 4 bytes, XOR the first
//                                         4 of the encrypted block nonce of that page || 00 00 00 00

/// Move-only; wiped on destruction. Thread safety: one thread at a time.
class page_keys {
public:
    using algorithms = keywright::algorithms<"AES-256/XTS">; ///< beside the pages' and the library's own
    using frame_block = std::span<std::uint8_t, 16>;

    /// `file_key` has 32 bytes, else misused; `slot` is its number in the file, 0 or 1.
    [[nodiscard]] static result<page_keys> derive(const secret_bytes& file_key, const page_method& how, const file_identity& file,
                                                  std::uint8_t slot = 0) {
        if (file_key.size() != 32) return fail(errc::misused, "pages: expected a file key of 32 bytes");
        const auto expand = [&](std::string_view label, std::size_t size) {
            return expanded(file_key, info_of(label, how.suite, file), size);
        };
        auto pages = expand("keywright page seal 1", 32);
        auto header = expand("keywright page header 1", 32);
        auto backup = expand("keywright page backup 1", 32);
        auto frame = expand("keywright page frame 1", 64);
        auto checksum = expand("keywright page checksum 1", 32);
        for (const auto* key : {&pages, &header, &backup, &frame, &checksum})
            if (!*key) return pass(*key);
        auto cipher = page_cipher::make(how, *pages, file, slot);
        if (!cipher) return pass(cipher);
        page_keys made(std::move(*cipher));
        auto keyed = keywright::detail::botan_boundary(errc::internal, "pages: a cipher could not be made", [&] {
            made.header_ = keyed_mac(*header);
            made.backup_ = keyed_mac(*backup);
            made.keep(keywright::detail::reveal(*frame), keywright::detail::reveal(*checksum));
        });
        if (!keyed) return pass(keyed);
        return made;
    }

    page_cipher pages;

    Botan::MessageAuthenticationCode& header_mac() noexcept { return *header_; }
    Botan::MessageAuthenticationCode& backup_mac() noexcept { return *backup_; }

    /// In place; `offset` is where the frame begins, in bytes. internal: Botan failed, here and below.
    [[nodiscard]] result<void> hide_frame(std::uint64_t offset, frame_block block) { return run(*hide_, offset, block); }
    [[nodiscard]] result<void> show_frame(std::uint64_t offset, frame_block block) { return run(*show_, offset, block); }

    /// In place, both ways; `nonce` is that of the sealed page before it.
    [[nodiscard]] result<void> mask_checksum(byte_view nonce, std::span<std::uint8_t, 4> checksum) {
        return keywright::detail::botan_boundary(errc::internal, "pages: AES-256 failed", [&] {
            std::array<std::uint8_t, 16> block{};
            std::copy(nonce.begin(), nonce.end(), block.begin());
            checksum_->encrypt(block.data());
            for (std::size_t i = 0; i < checksum.size(); ++i) checksum[i] ^= block[i];
        });
    }

private:
    explicit page_keys(page_cipher&& cipher) noexcept : pages(std::move(cipher)) {}

    static bytes info_of(std::string_view label, page_suite suite, const file_identity& file) {
        bytes info(label.begin(), label.end());
        info.push_back(0);
        info.push_back(static_cast<std::uint8_t>(suite));
        append(info, file);
        return info;
    }
    static result<secret_bytes> expanded(const secret_bytes& file_key, const bytes& info, std::size_t size) {
        return keywright::detail::botan_boundary(errc::internal, "pages: HKDF failed", [&] {
            secret_bytes out(size);
            Botan::KDF::create_or_throw(approved<"HKDF(SHA-256)">)
                ->derive_key(keywright::detail::reveal_writable(out), keywright::detail::reveal(file_key), {}, info);
            return out;
        });
    }
    static std::unique_ptr<Botan::MessageAuthenticationCode> keyed_mac(const secret_bytes& key) {
        auto mac = Botan::MessageAuthenticationCode::create_or_throw(approved<"HMAC(SHA-256)">);
        mac->set_key(keywright::detail::reveal(key));
        return mac;
    }
    void keep(byte_view frame, byte_view checksum) {
        hide_ = Botan::Cipher_Mode::create_or_throw(approved<"AES-256/XTS">, Botan::Cipher_Dir::Encryption);
        show_ = Botan::Cipher_Mode::create_or_throw(approved<"AES-256/XTS">, Botan::Cipher_Dir::Decryption);
        hide_->set_key(frame);
        show_->set_key(frame);
        checksum_ = Botan::BlockCipher::create_or_throw(approved<"AES-256">);
        checksum_->set_key(checksum);
    }
    result<void> run(Botan::Cipher_Mode& mode, std::uint64_t offset, frame_block block) {
        return keywright::detail::botan_boundary(errc::internal, "pages: AES-256-XTS failed", [&] {
            std::array<std::uint8_t, 16> unit{};
            for (std::size_t i = 0; i < 8; ++i) unit[i] = static_cast<std::uint8_t>(offset >> (8 * i));
            mode.start(unit);
            block_.assign(block.begin(), block.end());
            mode.finish(block_);
            std::copy(block_.begin(), block_.end(), block.begin());
        });
    }

    std::unique_ptr<Botan::MessageAuthenticationCode> header_, backup_;
    std::unique_ptr<Botan::Cipher_Mode> hide_, show_;
    std::unique_ptr<Botan::BlockCipher> checksum_;
    Botan::secure_vector<std::uint8_t> block_;
};

} // namespace keywright::envelope
