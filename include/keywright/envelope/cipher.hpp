// SPDX-License-Identifier: Apache-2.0
// The keyed half of a message: derives its keys from the data key, writes or proves the header's tag, seals or opens
// frames in place. Used by sealer, opener and message; a consumer needs those.
// Depends on: envelope/suite, keys/hierarchy (random bytes), Botan (HMAC-SHA-512, AES-256-GCM).
#pragma once

#include <keywright/core/algorithms.hpp>
#include <keywright/envelope/suite.hpp>
#include <keywright/envelope/uncommitted.hpp>
#include <keywright/keys/hierarchy.hpp>

#include <botan/mac.h>

#include <memory>
#include <string_view>

namespace keywright::envelope {

// Keys of format version 2 (HKDF-SHA-512, RFC 5869; IKM = data key, salt = message id, 32 bytes each):
//   encryption key  info = suite id, 2 bytes || "DERIVEKEY"
//   commitment      info = "COMMITKEY"
// Of version 1: envelope/uncommitted.hpp.
// Header tag: AES-GCM, IV 12 zero bytes (version 1: as the header says), no plaintext, associated data = the header
//             before IV and tag || the serialised pairs of the context that the header leaves out.
// Content:    associated data = message id || label || u32 sequence || u64 plaintext length.

// Why no nonce comes twice under one key: the key of header and frames comes from the data key and 32 random bytes of id, and
// no function writes two messages with one id, which `begin_sealing` draws anew even where a cache gives the data key again. Under
// that key the header's IV is zero, and it is tagged once; a frame's is its number, which begins at 1, and each number
// is sealed once: a sealer counts up, and of several threads each number is handed to one.

/// What a piece of content is, as its associated data says.
enum class content_kind : unsigned char { frame, final_frame, unframed };
/// A piece of content, and its place in the message.
struct content_place {
    content_kind kind = content_kind::frame;
    std::uint32_t sequence = 1; ///< of the frame, from 1
};

/// One direction of one message at a time. Wiped on destruction. Thread safety: one thread at a time.
class message_cipher {
public:
    using direction = Botan::Cipher_Dir;

    /// internal: Botan lacks an algorithm.
    [[nodiscard]] static result<message_cipher> make(direction d) {
        auto gcm = keywright::detail::aes_gcm::make(message_id{}, d);
        if (!gcm) return pass(gcm);
        return keywright::detail::botan_boundary(errc::internal, "message: HMAC-SHA-512 could not be made", [&] {
            return message_cipher(d, std::move(*gcm), Botan::MessageAuthenticationCode::create_or_throw(approved<"HMAC(SHA-512)">));
        });
    }

    /// Begins a message of its own with an id that nobody chose. A data key seals one message: it is taken.
    /// misused: it has not 32 bytes; unavailable: the system's generator failed. Requires: a suite that commits.
    [[nodiscard]] result<commitment> begin_sealing(secret_bytes&& data_key, const algorithm_suite& suite = committing_suite) {
        keywright::detail::random_supply random(sizeof(message_id));
        return begin_sealing(std::move(data_key), suite, random);
    }
    /// The same with an id out of what is drawn together.
    [[nodiscard]] result<commitment> begin_sealing(secret_bytes&& data_key, const algorithm_suite& suite,
                                                   keywright::detail::random_supply& random) {
        expects(suite.commits(), "message_cipher: only suites with key commitment are written");
        const secret_bytes key = std::move(data_key);
        if (auto drawn = random.take(id_); !drawn) return pass(drawn);
        suite_ = &suite;
        header_is_open_ = true;
        return derive(key);
    }
    /// Begins somebody's message. authentication_failed: it commits to another key than the one given, or that key is
    /// not one of the suite's.
    [[nodiscard]] result<void> begin_opening(const secret_bytes& data_key, const algorithm_suite& suite, const message_id& id,
                                             const commitment& committed) {
        suite_ = &suite;
        id_ = id;
        if (data_key.size() != suite.key_bytes)
            return fail(errc::authentication_failed, "message: the data key has another suite's length");
        if (!suite.commits()) return derive_uncommitted(data_key);
        const auto derived = derive(data_key);
        if (!derived) return pass(derived);
        if (!Botan::constant_time_compare(*derived, committed))
            return fail(errc::authentication_failed, "message: it does not commit to this data key");
        return {};
    }
    /// Another one for frames of the same message, for another thread. It writes no header tag and begins no message.
    [[nodiscard]] result<message_cipher> twin() const {
        auto gcm = keywright::detail::aes_gcm::make(byte_view(key_).first(key_bytes_), direction_);
        if (!gcm) return pass(gcm);
        message_cipher made(direction_, std::move(*gcm), nullptr);
        made.suite_ = suite_;
        made.id_ = id_;
        return made;
    }
    /// Wipes the keys.
    void forget() {
        gcm_.forget();
        if (hmac_) hmac_->clear(); // a twin has none
        Botan::secure_scrub_memory(key_.data(), key_.size());
        header_is_open_ = false;
    }

    const message_id& id() const noexcept { return id_; }
    const algorithm_suite& suite() const noexcept { return *suite_; }

    /// Writes the tag over `header`: once per message. A second tag under the same key and zero IV would give away
    /// GCM's authentication key, and with it every frame.
    [[nodiscard]] result<void> seal_header(byte_view header, byte_span tag) {
        expects(header_is_open_, "message_cipher: one header tag per message");
        header_is_open_ = false;
        return gcm_.seal(zero_iv, header, {}, tag);
    }
    /// `iv`: empty where the suite has it zero. authentication_failed: the tag does not fit.
    [[nodiscard]] result<void> open_header(byte_view iv, byte_view header, byte_view tag) {
        return gcm_.open(iv.empty() ? byte_view(zero_iv) : iv, header, {}, tag);
    }

    /// Encrypts `data` in place, under an `iv` of 12 bytes that no other piece has, and writes the 16 bytes of `tag`.
    [[nodiscard]] result<void> seal(const content_place& at, byte_view iv, byte_span data, byte_span tag) {
        return gcm_.seal(iv, associated_data(at, data.size()), data, tag);
    }
    /// Decrypts `data` in place. authentication_failed: the tag does not fit, and `data` is zeroed.
    [[nodiscard]] result<void> open(const content_place& at, byte_view iv, byte_span data, byte_view tag) {
        return gcm_.open(iv, associated_data(at, data.size()), data, tag);
    }

private:
    static constexpr std::array<std::uint8_t, keywright::detail::aes_gcm::iv_size> zero_iv{};
    static constexpr std::array<std::string_view, 3> labels{"AWSKMSEncryptionClient Frame", "AWSKMSEncryptionClient Final Frame",
                                                            "AWSKMSEncryptionClient Single Block"};

    message_cipher(direction d, keywright::detail::aes_gcm&& gcm, std::unique_ptr<Botan::MessageAuthenticationCode> hmac) noexcept
        : direction_(d), gcm_(std::move(gcm)), hmac_(std::move(hmac)) {}

    // HKDF written as its HMACs: one extraction serves both outputs, and neither needs a second block.
    result<commitment> derive(const secret_bytes& data_key) {
        if (data_key.size() != 32) return fail(errc::misused, "message: expected a data key of 32 bytes");
        return keywright::detail::botan_boundary(errc::internal, "message: key derivation failed", [&] {
            hmac_->set_key(id_);
            hmac_->update(keywright::detail::reveal(data_key));
            hmac_->final(key_);
            hmac_->set_key(key_);
            hmac_->update(commitment_info);
            hmac_->final(key_);
            commitment out{};
            std::copy_n(key_.begin(), out.size(), out.begin());
            hmac_->update_be(suite_->id);
            hmac_->update(encryption_info);
            hmac_->final(key_);
            if (auto keyed = rekey(out.size()); !keyed) throw Botan::Internal_Error("rekey");
            return out;
        });
    }

    result<void> derive_uncommitted(const secret_bytes& data_key) {
        const auto key = detail::uncommitted_key(*suite_, data_key, id_);
        if (!key) return pass(key);
        Botan::copy_mem(key_.data(), keywright::detail::reveal(*key).data(), key->size());
        return rekey(key->size());
    }
    // The key stands at the front of key_.
    result<void> rekey(std::size_t size) {
        const auto key = byte_view(key_).first(size);
        if (size == key_bytes_) return gcm_.rekey(key);
        auto made = keywright::detail::aes_gcm::make(key, direction_);
        if (!made) return pass(made);
        gcm_ = std::move(*made);
        key_bytes_ = size;
        return {};
    }

    byte_view associated_data(const content_place& at, std::uint64_t length) noexcept {
        const auto label = labels[static_cast<std::size_t>(at.kind)];
        std::uint8_t* out = std::copy_n(id_.begin(), suite_->id_bytes(), aad_.begin());
        out = std::copy(label.begin(), label.end(), out);
        store_be(at.sequence, out);
        store_be(length, out + 4);
        return byte_view(aad_).first(suite_->id_bytes() + label.size() + 12);
    }

    // The block counter of HKDF's expansion, 01, is the last byte of each.
    static constexpr std::array<std::uint8_t, 10> encryption_info{'D', 'E', 'R', 'I', 'V', 'E', 'K', 'E', 'Y', 1};
    static constexpr std::array<std::uint8_t, 10> commitment_info{'C', 'O', 'M', 'M', 'I', 'T', 'K', 'E', 'Y', 1};

    direction direction_;
    keywright::detail::aes_gcm gcm_;
    Botan::secure_vector<std::uint8_t> key_ = Botan::secure_vector<std::uint8_t>(64); // HMAC's output; then the content key, for twins
    std::size_t key_bytes_ = 32; // of what gcm_ was made for
    std::unique_ptr<Botan::MessageAuthenticationCode> hmac_;
    const algorithm_suite* suite_ = &committing_suite;
    message_id id_{};
    std::array<std::uint8_t, 96> aad_{};
    bool header_is_open_ = false;
};

} // namespace keywright::envelope
