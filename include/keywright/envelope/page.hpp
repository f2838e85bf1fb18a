// SPDX-License-Identifier: Apache-2.0
// One page of a database, sealed in place: what it holds, where it stands and whose file it is of are all proved when it
// is opened. Knows nothing of SQLite.
// Depends on: envelope/page_aead.
// Use: `auto cipher = page_cipher::make(page_suite::aes256_gcm_siv, key, file);`
//      `auto sealed = cipher->seal({page_kind::database, 7}, page);` and back `cipher->open(place, *sealed, out)`
#pragma once

#include <keywright/core/contract.hpp>
#include <keywright/detail/nonce_pool.hpp>
#include <keywright/envelope/page_aead.hpp>

#include <algorithm>

namespace keywright::envelope {

// A sealed page, as long as the page itself, whose last 32 bytes its owner leaves unused and zero:
//   ciphertext          page size - 32
//   nonce               12 random bytes
//   tag                 16
//   key slot            1, which of the file's two keys sealed it
//   00 00 00
// Associated data, 40 bytes, big-endian: file identity 16 || kind 1 || 00 00 00 || page number 4 || salts 8 || offset 8.
// Salts and offset are those of a frame in a write-ahead log, zero elsewhere.

/// What kind of place a page stands in. The same page sealed for one does not open in another.
enum class page_kind : unsigned char { database = 1, journal = 2, log = 3 };

struct page_place {
    page_kind kind = page_kind::database;
    std::uint32_t number = 0; ///< 1 for the first
    std::uint64_t salts = 0;  ///< of a log: what tells one filling of it from the next
    std::uint64_t offset = 0; ///< of a log: where the frame begins
};

/// Tells one file from another; random, not secret.
using file_identity = std::array<std::uint8_t, 16>;

/// How many bytes at the end of each page are the seal's.
inline constexpr std::size_t page_reserve = 32;
/// From a page's end back to the byte that says with which key it is sealed.
inline constexpr std::size_t slot_from_end = 4;
inline constexpr std::size_t smallest_page = 512, largest_page = 65'536;
constexpr bool is_page_size(std::uint64_t size) noexcept {
    return size >= smallest_page && size <= largest_page && (size & (size - 1)) == 0;
}

/// Both directions, kept keyed. Move-only; wiped on destruction, with the last page in it. Takes memory once, for the largest
/// page that it meets.
/// Thread safety: one thread at a time.
class page_cipher {
public:
    using algorithms = keywright::algorithms<"AES-256/GCM", "AES-256/GCM-SIV">; ///< by suite

    /// `key` has 32 bytes, else misused, and seals pages of `file` only; `slot` is its number there, 0 or 1.
    [[nodiscard]] static result<page_cipher> make(const page_method& how, const secret_bytes& key, const file_identity& file,
                                                  std::uint8_t slot = 0) {
        auto aead = how.engine(how.suite, key);
        if (!aead) return pass(aead);
        page_cipher made(std::move(*aead));
        std::copy(file.begin(), file.end(), made.ad_.begin());
        made.slot_ = slot;
        return made;
    }

    /// The sealed page, valid until the next call. misused: the page's last 32 bytes are not zero, so something else
    /// stands where the seal goes. unavailable: the system's generator failed. Requires: `is_page_size(page.size())`.
    [[nodiscard]] result<byte_view> seal(const page_place& place, byte_view page) {
        buffer_.resize(page.size());
        if (auto sealed = seal(place, page, buffer_); !sealed) return pass(sealed);
        return byte_view(buffer_);
    }
    /// The same into `out`, as large as the page; zero after an error.
    [[nodiscard]] result<void> seal(const page_place& place, byte_view page, byte_span out) {
        expects(is_page_size(page.size()) && out.size() == page.size(),
                "page_cipher: a page has a power of two of bytes, 512 to 65536, sealed as many");
        auto sealed = seal_into(place, page, out);
        if (!sealed) Botan::secure_scrub_memory(out.data(), out.size());
        return sealed;
    }

    /// Writes the page, its last 32 bytes zero. authentication_failed: altered, of another place, file or key; then `out`
    /// is zero. `out` may be where `sealed` stands, and `sealed` the `landing`. Requires: both of one page size.
    [[nodiscard]] result<void> open(const page_place& place, byte_view sealed, byte_span out) {
        expects(is_page_size(sealed.size()) && out.size() == sealed.size(), "page_cipher: two pages of one size");
        std::array<std::uint8_t, page_reserve> tail;
        std::copy(sealed.end() - page_reserve, sealed.end(), tail.begin());
        const bool fits = tail[slot_at] == slot_ && is_zero(byte_view(tail).last(3));
        const auto text = sealed.first(sealed.size() - page_reserve);
        auto opened = fits ? aead_->open({byte_view(tail).first(nonce_size), ad_of(place)}, text, byte_view(tail).subspan(tag_at, tag_size),
                                         out.first(text.size()))
                           : result<void>(fail(errc::authentication_failed, altered));
        if (!opened) {
            Botan::secure_scrub_memory(out.data(), out.size());
            if (opened.error().code == errc::authentication_failed) return fail(errc::authentication_failed, altered);
            return opened;
        }
        std::fill(out.end() - page_reserve, out.end(), std::uint8_t{0});
        return opened;
    }

    /// Where the sealed page that is to be opened into `out` is best read to, which spares a copy. Valid until the next call.
    byte_span landing(byte_span out) { return aead_->landing(out); }

    /// The nonce of a sealed page.
    static byte_view nonce_of(byte_view sealed) noexcept { return sealed.last(page_reserve).first(nonce_size); }
    static std::uint8_t slot_of(byte_view sealed) noexcept { return sealed.last(page_reserve)[slot_at]; }

private:
    static constexpr std::size_t nonce_size = keywright::detail::nonce_pool::nonce_size, tag_size = page_aead::tag_size;
    static constexpr std::size_t tag_at = nonce_size, slot_at = page_reserve - slot_from_end;
    static constexpr const char* altered = "page: it was altered, or belongs to another place, file or key";

    result<void> seal_into(const page_place& place, byte_view page, byte_span out) {
        if (!is_zero(page.last(page_reserve))) return fail(errc::misused, "page: expected its last 32 bytes to be unused and zero");
        const auto nonce = nonces_.next();
        if (!nonce) return pass(nonce);
        const std::size_t size = page.size() - page_reserve;
        const byte_span tail = out.last(page_reserve);
        if (auto sealed = aead_->seal({*nonce, ad_of(place)}, page.first(size), out.first(size), tail.subspan(tag_at, tag_size)); !sealed)
            return sealed;
        std::copy(nonce->begin(), nonce->end(), tail.begin());
        std::fill(tail.begin() + slot_at, tail.end(), std::uint8_t{0});
        tail[slot_at] = slot_;
        return {};
    }
    explicit page_cipher(std::unique_ptr<page_aead> aead) noexcept : aead_(std::move(aead)) {}

    static bool is_zero(byte_view data) noexcept {
        return std::all_of(data.begin(), data.end(), [](std::uint8_t byte) { return byte == 0; });
    }
    byte_view ad_of(const page_place& place) noexcept {
        ad_[16] = static_cast<std::uint8_t>(place.kind);
        store_be(place.number, ad_.data() + 20);
        store_be(place.salts, ad_.data() + 24);
        store_be(place.offset, ad_.data() + 32);
        return ad_;
    }

    std::unique_ptr<page_aead> aead_;
    Botan::secure_vector<std::uint8_t> buffer_; // the page sealed last
    keywright::detail::nonce_pool nonces_;
    std::array<std::uint8_t, 40> ad_{};
    std::uint8_t slot_ = 0;
};

} // namespace keywright::envelope
