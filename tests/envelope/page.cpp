// SPDX-License-Identifier: Apache-2.0
// Sealed pages: the layout beside a bare AEAD, every bit, every place, every size.
#include <keywright/detail/whole_aead.hpp>
#include <keywright/envelope/page.hpp>

#include "page_samples.hpp"

#include <doctest/doctest.h>

namespace {

using namespace keywright;
using namespace page_samples;
using envelope::page_kind;
using envelope::page_suite;

secret_bytes key_of(std::uint8_t byte) { return secret_bytes(byte_view(bytes(32, byte))); }
envelope::page_cipher cipher_of(page_suite suite, std::uint8_t key = 7, const envelope::file_identity& of = file, std::uint8_t slot = 0) {
    auto made = envelope::page_cipher::make(suite, key_of(key), of, slot);
    REQUIRE(made.has_value());
    return std::move(*made);
}
bytes sealed_by(envelope::page_cipher& cipher, const envelope::page_place& place, byte_view page) {
    const auto sealed = cipher.seal(place, page);
    REQUIRE(sealed.has_value());
    return bytes(sealed->begin(), sealed->end());
}
errc code_of(envelope::page_cipher& cipher, const envelope::page_place& place, byte_view sealed) {
    bytes out(sealed.size(), 0xee);
    const auto opened = cipher.open(place, sealed, out);
    REQUIRE_FALSE(opened.has_value());
    CHECK(out == bytes(sealed.size())); // nothing of a page that does not prove true
    return opened.error().code;
}

constexpr envelope::page_place here{page_kind::log, 0x01020304, 0x1112131415161718, 0x2122232425262728};

} // namespace

TEST_CASE("page: what is sealed is a plain AEAD message over the documented associated data") {
    const bytes ad{0, 1, 2, 3, 4,    5,    6,    7,    8,    9,    10,   11,   12,   13,   14,   15,   3,    0,    0,    0,
                   1, 2, 3, 4, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x27, 0x28};
    REQUIRE(ad.size() == 40);
    const bytes page = page_of(512);
    for (const auto suite : {page_suite::aes256_gcm_siv, page_suite::aes256_gcm}) {
        auto cipher = cipher_of(suite);
        const bytes sealed = sealed_by(cipher, here, page);
        REQUIRE(sealed.size() == 512);
        const byte_view tail = byte_view(sealed).last(32);
        bytes message(sealed.begin(), sealed.begin() + 480);
        append(message, tail.subspan(12, 16));
        auto bare = detail::whole_aead::make(suite == page_suite::aes256_gcm ? "AES-256/GCM" : "AES-256/GCM-SIV", bytes(32, 7));
        REQUIRE(bare.has_value());
        bytes text(480);
        REQUIRE(bare->open(tail.first(12), ad, message, text).has_value());
        CHECK(std::equal(text.begin(), text.end(), page.begin()));
        CHECK(bytes(tail.begin() + 28, tail.end()) == bytes(4));
        CHECK(as_text(envelope::page_cipher::nonce_of(sealed)) == as_text(tail.first(12)));
    }
}

TEST_CASE("page: every page size comes back as it was, in place and elsewhere, and never twice the same") {
    for (const auto suite : {page_suite::aes256_gcm_siv, page_suite::aes256_gcm}) {
        auto cipher = cipher_of(suite);
        for (std::size_t size = 512; size <= 65'536; size *= 2) {
            CAPTURE(size);
            const bytes page = page_of(size);
            bytes sealed = sealed_by(cipher, here, page);
            CHECK(sealed != sealed_by(cipher, here, page));
            bytes out(size, 0xee);
            REQUIRE(cipher.open(here, sealed, out).has_value());
            CHECK(out == page);
            REQUIRE(cipher.open(here, sealed, sealed).has_value());
            CHECK(sealed == page);
            REQUIRE(cipher.seal(here, page, out).has_value());
            REQUIRE(cipher.seal(here, sealed, sealed).has_value());
            CHECK(out != sealed);
            for (bytes* each : {&out, &sealed}) {
                CHECK(*each != page);
                REQUIRE(cipher.open(here, *each, *each).has_value());
                CHECK(*each == page);
            }
        }
    }
    CHECK_FALSE(envelope::is_page_size(256));
    CHECK(envelope::is_page_size(512));
    CHECK_FALSE(envelope::is_page_size(513));
    CHECK_FALSE(envelope::is_page_size(3 * 512));
    CHECK(envelope::is_page_size(65'536));
    CHECK_FALSE(envelope::is_page_size(131'072));
}

TEST_CASE("page: with any bit flipped it does not open, and the next good one does") {
    for (const auto suite : {page_suite::aes256_gcm_siv, page_suite::aes256_gcm}) {
        auto cipher = cipher_of(suite);
        const bytes sealed = sealed_by(cipher, here, page_of(512));
        for (std::size_t bit = 0; bit < 8 * sealed.size(); ++bit) {
            CAPTURE(bit);
            bytes changed = sealed;
            changed[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
            REQUIRE(code_of(cipher, here, changed) == errc::authentication_failed);
        }
        bytes out(512);
        CHECK(cipher.open(here, sealed, out).has_value());
    }
}

TEST_CASE("page: it opens at its own place only, under its own key, file and slot") {
    for (const auto suite : {page_suite::aes256_gcm_siv, page_suite::aes256_gcm}) {
        auto cipher = cipher_of(suite);
        const bytes sealed = sealed_by(cipher, here, page_of(512));
        auto elsewhere = here;
        elsewhere.kind = page_kind::journal;
        CHECK(code_of(cipher, elsewhere, sealed) == errc::authentication_failed);
        elsewhere = here;
        elsewhere.number += 1;
        CHECK(code_of(cipher, elsewhere, sealed) == errc::authentication_failed);
        elsewhere = here;
        elsewhere.salts += 1;
        CHECK(code_of(cipher, elsewhere, sealed) == errc::authentication_failed);
        elsewhere = here;
        elsewhere.offset += 1;
        CHECK(code_of(cipher, elsewhere, sealed) == errc::authentication_failed);
        auto other_key = cipher_of(suite, 8);
        CHECK(code_of(other_key, here, sealed) == errc::authentication_failed);
        auto other_file = cipher_of(suite, 7, {1});
        CHECK(code_of(other_file, here, sealed) == errc::authentication_failed);
        auto other_slot = cipher_of(suite, 7, file, 1);
        CHECK(code_of(other_slot, here, sealed) == errc::authentication_failed);
        CHECK(envelope::page_cipher::slot_of(sealed_by(other_slot, here, page_of(512))) == 1);
    }
}

TEST_CASE("page: one that uses the bytes of the seal itself is refused") {
    auto cipher = cipher_of(page_suite::aes256_gcm_siv);
    for (std::size_t at = 480; at < 512; ++at) {
        bytes page = page_of(512);
        page[at] = 1;
        const auto sealed = cipher.seal(here, page);
        REQUIRE_FALSE(sealed.has_value());
        CHECK(sealed.error().code == errc::misused);
        bytes out(512, 0xee);
        CHECK_FALSE(cipher.seal(here, page, out).has_value());
        CHECK(out == bytes(512));
    }
    bytes page = page_of(512);
    page[479] = 1;
    CHECK(cipher.seal(here, page).has_value());
}
