// SPDX-License-Identifier: Apache-2.0
// What SQLite spills: temporary tables, sorters, statement journals. Written in pieces of any size, never read by another
// handle and gone with it; so it is encrypted under a random key, and what proves each piece stays in memory.
// Depends on: detail/aes_gcm, SQLite's file methods. Used by encrypted_vfs.
#pragma once

#include <keywright/adapters/sqlite/database.hpp>
#include <keywright/detail/aes_gcm.hpp>
#include <keywright/keys/hierarchy.hpp>

#include <optional>
#include <vector>

namespace keywright::sqlite::detail {

// The file below: pieces of 4096 bytes, each AES-256-GCM under the file's own key; nonce = number of the write, 12 bytes;
// associated data = number of the piece, 8 bytes. Tags and numbers of writes are in memory: 24 bytes a piece.

/// Thread safety: one thread at a time.
class temporary_file {
public:
    [[nodiscard]] static result<temporary_file> make(sqlite3_file* below) {
        const auto key = keys::random_secret();
        if (!key) return pass(key);
        auto seal = keywright::detail::aes_gcm::make(keywright::detail::reveal(*key), Botan::Cipher_Dir::Encryption);
        if (!seal) return pass(seal);
        auto open = keywright::detail::aes_gcm::make(keywright::detail::reveal(*key), Botan::Cipher_Dir::Decryption);
        if (!open) return pass(open);
        return temporary_file(below, std::move(*seal), std::move(*open));
    }

    int read(byte_span out, std::int64_t offset) {
        const std::int64_t there = std::clamp<std::int64_t>(size_ - offset, 0, static_cast<std::int64_t>(out.size()));
        const auto known = static_cast<std::size_t>(there);
        std::fill(out.begin() + there, out.end(), std::uint8_t{0});
        for (std::size_t done = 0; done < known;) {
            const auto part = part_of(offset + static_cast<std::int64_t>(done), known - done);
            if (const int code = hold(part.piece); code != SQLITE_OK) return code;
            std::copy_n(held_.begin() + static_cast<std::ptrdiff_t>(part.within), part.size,
                        out.begin() + static_cast<std::ptrdiff_t>(done));
            done += part.size;
        }
        return known == out.size() ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
    }
    int write(byte_view data, std::int64_t offset) {
        for (std::size_t done = 0; done < data.size();) {
            const auto part = part_of(offset + static_cast<std::int64_t>(done), data.size() - done);
            if (const int code = hold(part.piece); code != SQLITE_OK) return code;
            std::copy_n(data.begin() + static_cast<std::ptrdiff_t>(done), part.size,
                        held_.begin() + static_cast<std::ptrdiff_t>(part.within));
            is_dirty_ = true;
            done += part.size;
        }
        size_ = std::max(size_, offset + static_cast<std::int64_t>(data.size()));
        return SQLITE_OK;
    }
    /// What is cut off stays below, sealed and unreachable, until it is written over.
    int truncate(std::int64_t size) {
        if (size >= size_) return SQLITE_OK;
        if (size % piece_size != 0) {
            if (const int code = hold(static_cast<std::size_t>(size / piece_size)); code != SQLITE_OK) return code;
            std::fill(held_.begin() + size % piece_size, held_.end(), std::uint8_t{0});
            is_dirty_ = true;
        }
        size_ = size;
        const auto pieces = static_cast<std::size_t>((size + piece_size - 1) / piece_size);
        pieces_.resize(std::min(pieces_.size(), pieces));
        if (held_number_ && *held_number_ >= pieces) held_number_.reset(), is_dirty_ = false;
        return SQLITE_OK;
    }
    int sync(int) { return SQLITE_OK; } // nobody reads it after a crash
    int size(sqlite3_int64* out) {
        *out = size_;
        return SQLITE_OK;
    }

private:
    static constexpr std::int64_t piece_size = 4096;
    struct proof {
        std::uint64_t write = 0; // 0: never written, so all zero
        std::array<std::uint8_t, keywright::detail::aes_gcm::tag_size> tag{};
    };
    struct span_of_piece {
        std::size_t piece, within, size;
    };

    temporary_file(sqlite3_file* below, keywright::detail::aes_gcm&& seal, keywright::detail::aes_gcm&& open)
        : below_(below), seal_(std::move(seal)), open_(std::move(open)), held_(piece_size) {}

    static span_of_piece part_of(std::int64_t offset, std::size_t left) noexcept {
        const auto within = static_cast<std::size_t>(offset % piece_size);
        return {static_cast<std::size_t>(offset / piece_size), within, std::min(left, static_cast<std::size_t>(piece_size) - within)};
    }
    static std::array<std::uint8_t, 12> nonce_of(std::uint64_t write) noexcept {
        std::array<std::uint8_t, 12> nonce{};
        store_be(write, nonce.data() + 4);
        return nonce;
    }
    static std::array<std::uint8_t, 8> number_bytes(std::size_t piece) noexcept {
        std::array<std::uint8_t, 8> out;
        store_be(static_cast<std::uint64_t>(piece), out.data());
        return out;
    }

    /// Makes `piece` the one in `held_`.
    int hold(std::size_t piece) {
        if (held_number_ == piece) return SQLITE_OK;
        if (const int code = put_away(); code != SQLITE_OK) return code;
        held_number_.reset();
        if (piece >= pieces_.size() || pieces_[piece].write == 0) {
            std::fill(held_.begin(), held_.end(), std::uint8_t{0});
        } else {
            const int code = below_->pMethods->xRead(below_, held_.data(), piece_size, static_cast<sqlite3_int64>(piece) * piece_size);
            if (code != SQLITE_OK) return code == SQLITE_IOERR_SHORT_READ ? SQLITE_IOERR_DATA : code;
            const auto& known = pieces_[piece];
            if (!open_.open(nonce_of(known.write), number_bytes(piece), held_, known.tag)) return SQLITE_IOERR_DATA;
        }
        held_number_ = piece;
        return SQLITE_OK;
    }
    /// SQLite was told that `held_` is written, so it stays in memory until it is.
    int put_away() {
        if (!held_number_ || !is_dirty_) return SQLITE_OK;
        const std::size_t piece = *held_number_;
        if (pieces_.size() <= piece) pieces_.resize(piece + 1);
        proof fresh{.write = ++writes_};
        sealed_.assign(held_.begin(), held_.end());
        if (!seal_.seal(nonce_of(fresh.write), number_bytes(piece), sealed_, fresh.tag)) return SQLITE_IOERR_WRITE;
        const int code = below_->pMethods->xWrite(below_, sealed_.data(), piece_size, static_cast<sqlite3_int64>(piece) * piece_size);
        if (code != SQLITE_OK) return code;
        pieces_[piece] = fresh;
        is_dirty_ = false;
        return SQLITE_OK;
    }

    sqlite3_file* below_;
    keywright::detail::aes_gcm seal_, open_;
    Botan::secure_vector<std::uint8_t> held_; // one piece in the clear
    Botan::secure_vector<std::uint8_t> sealed_; // where it is sealed
    std::optional<std::size_t> held_number_;
    bool is_dirty_ = false;
    std::int64_t size_ = 0;
    std::uint64_t writes_ = 0;
    std::vector<proof> pieces_;
};

} // namespace keywright::sqlite::detail
