// SPDX-License-Identifier: Apache-2.0
// The header in front of a file of sealed pages: its key, wrapped by the environment's page key, and what is needed to
// read it. Two copies are kept and written in turn, so that one is whole whenever the writing stops.
// Depends on: envelope/page, keys/wrap, Botan (HMAC-SHA-256).
// Use: `auto header = page_header::parse(slot_bytes);` then unwrap its key, derive, `prove(slot_bytes, mac)`.
#pragma once

#include <keywright/core/hex.hpp>
#include <keywright/envelope/page.hpp>
#include <keywright/keys/hierarchy.hpp>

#include <botan/mac.h>

#include <optional>

namespace keywright::envelope {

// Layout of one copy, 4096 bytes, big-endian; the file begins with two of them, page 1 follows at 8192:
//   0     16  "keywright pages\0"
//   16    2   version, 1
//   18    1   suite: 1 AES-256-GCM-SIV, 2 AES-256-GCM
//   19    1   flags: 1 = pages were written and synced; a file without any is then a file that was cut
//   20    4   page size
//   24    8   sequence: of two copies that prove true the larger one counts
//   32    16  file identity
//   48    1   slot of the key that seals new pages, 0 or 1; every page says in which slot the key is that sealed it
//   49    1   zero
//   50    2   m, size of the other slot's entry; 0 where no page needs that key
//   52    2   n, size of the entry
//   54    n   the file key, 32 bytes, as an entry of keys/wrap.hpp; context{environment, file (identity in hex), purpose=page}
//   54+n  m   the other slot's key, the same way, while pages are given a new one
//   ...       zero
//   4064  32  HMAC-SHA-256 of all before it, under a key derived from the file key (envelope/page_keys.hpp)
inline constexpr std::size_t header_slot_size = 4096;
inline constexpr std::size_t header_size = 2 * header_slot_size;
inline constexpr std::size_t identity_at = 32; // in either copy
inline constexpr std::string_view header_magic{"keywright pages\0", 16};

/// What the wrap of a file's key is bound to.
inline bytes file_key_context(const environment_id& environment, const file_identity& file) {
    auto made = keys::encryption_context::make({{"environment", std::string(environment.view())},
                                                {"file", to_hex(file)},
                                                {"purpose", std::string(name(keys::data_purpose::page))}});
    expects(made.has_value(), "file_key_context: three short texts");
    return made->serialise();
}

/// One copy. Not secret. Until `prove` has held, nothing in it is to be believed but what its bytes mean.
class page_header {
public:
    page_suite suite = page_suite::aes256_gcm_siv;
    bool populated = false;
    std::uint32_t page_size = 0;
    std::uint64_t sequence = 0;
    file_identity file{};
    std::uint8_t sealing_slot = 0; ///< of `key`, which seals what is written
    keys::wrapped_key key;
    std::optional<keys::wrapped_key> other; ///< of the other slot, which some pages are still sealed with

    /// A header that `seal` has still to finish.
    explicit page_header(keys::wrapped_key&& wrapped) noexcept : key(std::move(wrapped)) {}

    /// Reads one copy. malformed: no such header, or cut; unsupported: a later version or another suite.
    /// Requires: `header_slot_size` bytes.
    [[nodiscard]] static result<page_header> parse(byte_view slot) {
        expects(slot.size() == header_slot_size, "page_header: one copy has 4096 bytes");
        if (as_text(slot.first(16)) != header_magic) return fail(errc::malformed, "pages: expected the header of a keywright file");
        if (load_be<std::uint16_t>(slot.data() + 16) != 1)
            return fail(errc::unsupported, "pages: expected format version 1; use the program that wrote it");
        if (slot[18] != 1 && slot[18] != 2) return fail(errc::unsupported, "pages: expected suite 1 or 2");
        const std::size_t n = load_be<std::uint16_t>(slot.data() + 52), m = load_be<std::uint16_t>(slot.data() + 50);
        const bool is_whole = slot[19] <= 1 && is_page_size(load_be<std::uint32_t>(slot.data() + 20)) && slot[48] <= 1 && slot[49] == 0 &&
                              n + m <= room && is_zero(slot.subspan(entry_at + n + m, room - n - m));
        if (!is_whole) return fail(errc::malformed, "pages: the header is damaged");
        auto wrapped = keys::wrapped_key::parse(slot.subspan(entry_at, n));
        auto second = m > 0 ? keys::wrapped_key::parse(slot.subspan(entry_at + n, m)) : wrapped;
        if (!wrapped || !second) return fail(errc::malformed, "pages: the header's wrapped key is damaged");
        page_header read(std::move(*wrapped));
        if (m > 0) read.other = std::move(*second);
        read.sealing_slot = slot[48];
        read.suite = static_cast<page_suite>(slot[18]);
        read.populated = slot[19] == 1;
        read.page_size = load_be<std::uint32_t>(slot.data() + 20);
        read.sequence = load_be<std::uint64_t>(slot.data() + 24);
        std::copy_n(slot.begin() + identity_at, read.file.size(), read.file.begin());
        return read;
    }

    /// The 4096 bytes, sealed; `mac` is that of `key`. limit_exceeded: the wrapped keys do not fit (their names are too long).
    [[nodiscard]] result<bytes> seal(Botan::MessageAuthenticationCode& mac) const {
        const byte_view entry = key.serialised(), second = other ? byte_view(other->serialised()) : byte_view{};
        if (entry.size() + second.size() > room) return fail(errc::limit_exceeded, "pages: the wrapped key does not fit into the header");
        bytes out(header_slot_size);
        std::copy(header_magic.begin(), header_magic.end(), out.begin());
        store_be(std::uint16_t{1}, out.data() + 16);
        out[18] = static_cast<std::uint8_t>(suite);
        out[19] = populated ? 1 : 0;
        store_be(page_size, out.data() + 20);
        store_be(sequence, out.data() + 24);
        std::copy(file.begin(), file.end(), out.begin() + identity_at);
        out[48] = sealing_slot;
        store_be(static_cast<std::uint16_t>(second.size()), out.data() + 50);
        store_be(static_cast<std::uint16_t>(entry.size()), out.data() + 52);
        std::copy(second.begin(), second.end(), std::copy(entry.begin(), entry.end(), out.begin() + entry_at));
        auto proof = keywright::detail::botan_boundary(errc::internal, "pages: HMAC-SHA-256 failed", [&] {
            mac.update(byte_view(out).first(mac_at));
            mac.final(byte_span(out).last(mac_size));
        });
        if (!proof) return pass(proof);
        return out;
    }

    /// Whether this copy was sealed by who holds the file key. authentication_failed otherwise.
    [[nodiscard]] static result<void> prove(byte_view slot, Botan::MessageAuthenticationCode& mac) {
        auto holds = keywright::detail::botan_boundary(errc::internal, "pages: HMAC-SHA-256 failed", [&] {
            mac.update(slot.first(mac_at));
            return mac.verify_mac(slot.subspan(mac_at, mac_size));
        });
        if (!holds) return pass(holds);
        if (!*holds) return fail(errc::authentication_failed, "pages: the header was altered");
        return {};
    }

private:
    static constexpr std::size_t entry_at = 54, mac_size = 32, mac_at = header_slot_size - mac_size, room = mac_at - entry_at;
    static bool is_zero(byte_view data) noexcept {
        return std::all_of(data.begin(), data.end(), [](std::uint8_t byte) { return byte == 0; });
    }
};

} // namespace keywright::envelope
