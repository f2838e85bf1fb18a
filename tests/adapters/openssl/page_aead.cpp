// SPDX-License-Identifier: Apache-2.0
// OpenSSL's pages beside Botan's: the same bytes, both ways, every bit; what OpenSSL leaves behind, in memory and in its list
// of errors.
#include <keywright/adapters/openssl/page_aead.hpp>

#include "../../envelope/page_samples.hpp"

#include <botan/hex.h>
#include <doctest/doctest.h>
#include <openssl/crypto.h>

#include <cstdlib>
#include <cstring>
#include <set>

#include <malloc.h>

namespace {

using namespace keywright;
using namespace page_samples;
using envelope::page_suite;

// --- what OpenSSL does with memory ---

/// Its allocations, from before its first one on.
struct memory {
    std::size_t taken = 0;
    std::string_view secret{}; // looked for in what is given back
    bool gave_secret_back = false;
    std::set<void*> blocks{};

    bool holds_secret() const {
        return std::any_of(blocks.begin(), blocks.end(), [this](void* block) { return stands_in(block); });
    }
    void* keep(void* block) {
        ++taken;
        blocks.insert(block);
        return block;
    }
    void forget(void* block) {
        if (block == nullptr) return;
        gave_secret_back = gave_secret_back || stands_in(block);
        blocks.erase(block);
    }

private:
    bool stands_in(void* block) const {
        return !secret.empty() && ::memmem(block, ::malloc_usable_size(block), secret.data(), secret.size()) != nullptr;
    }
};
memory& of_openssl() {
    static auto& all = *new memory; // OpenSSL gives back after static objects are gone
    return all;
}
const bool is_watched = CRYPTO_set_mem_functions([](std::size_t size, const char*, int) { return of_openssl().keep(std::malloc(size)); },
                                                 [](void* block, std::size_t size, const char*, int) {
                                                     of_openssl().forget(block);
                                                     return of_openssl().keep(std::realloc(block, size));
                                                 },
                                                 [](void* block, const char*, int) {
                                                     of_openssl().forget(block);
                                                     std::free(block);
                                                 }) == 1;

// --- pages ---

constexpr envelope::page_place here{envelope::page_kind::log, 0x01020304, 0x1112131415161718, 0x2122232425262728};

constexpr std::string_view key_text = "a key of 32 bytes for these tests";
secret_bytes key() { return secret_bytes(as_bytes(key_text).first(32)); }

envelope::page_cipher cipher_of(page_suite suite, envelope::page_engine engine) {
    auto made = envelope::page_cipher::make({suite, engine}, key(), file);
    REQUIRE(made.has_value());
    return std::move(*made);
}
bytes sealed_by(envelope::page_cipher& cipher, byte_view page) {
    const auto sealed = cipher.seal(here, page);
    REQUIRE(sealed.has_value());
    return bytes(sealed->begin(), sealed->end());
}

} // namespace

TEST_CASE("openssl: a page that one library seals the other opens, of every size, in place and elsewhere") {
    for (const auto suite : {page_suite::aes256_gcm, page_suite::aes256_gcm_siv}) {
        auto ours = cipher_of(suite, openssl::pages), botans = cipher_of(suite, envelope::botan_pages);
        for (std::size_t size = envelope::smallest_page; size <= envelope::largest_page; size *= 2) {
            CAPTURE(size);
            const bytes page = page_of(size);
            for (auto* sealing : {&ours, &botans}) {
                auto& opening = sealing == &ours ? botans : ours;
                bytes sealed = sealed_by(*sealing, page), out(size, 0xee);
                CHECK(opening.open(here, sealed, out).has_value());
                CHECK(out == page);
                const byte_span landed = opening.landing(out);
                std::copy(sealed.begin(), sealed.end(), landed.begin());
                CHECK(opening.open(here, landed, out).has_value());
                CHECK(out == page);
                CHECK(opening.open(here, sealed, sealed).has_value());
                CHECK(sealed == page);
            }
        }
    }
}

TEST_CASE("openssl: AES-256-GCM is what its authors' test case 16 says") {
    // McGrew and Viega, The Galois/Counter Mode of Operation, appendix B
    const auto of_hex = [](const char* digits) { return bytes(Botan::hex_decode(digits)); };
    const bytes k = of_hex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308");
    const bytes nonce = of_hex("cafebabefacedbaddecaf888"), ad = of_hex("feedfacedeadbeeffeedfacedeadbeefabaddad2");
    const bytes text = of_hex("d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
                              "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39");
    const bytes expected = of_hex("522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
                                  "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b");
    for (const auto engine : {openssl::pages, envelope::botan_pages}) {
        auto aead = engine(page_suite::aes256_gcm, secret_bytes(byte_view(k)));
        REQUIRE(aead.has_value());
        bytes sealed(76), in_place = text;
        in_place.resize(76);
        for (const byte_view from : {byte_view(text), byte_view(in_place).first(60)}) {
            bytes& into = from.data() == text.data() ? sealed : in_place;
            REQUIRE((*aead)->seal({nonce, ad}, from, byte_span(into).first(60), byte_span(into).last(16)).has_value());
            CHECK(into == expected);
        }
        bytes out(text.size());
        REQUIRE((*aead)->open({nonce, ad}, byte_view(expected).first(60), byte_view(expected).last(16), out).has_value());
        CHECK(out == text);
    }
}

TEST_CASE("openssl: with any bit flipped a page does not open, the next good one does, and nobody finds an error on the list") {
    auto cipher = cipher_of(page_suite::aes256_gcm, openssl::pages);
    const bytes sealed = sealed_by(cipher, page_of(512));
    ERR_clear_error();
    for (std::size_t bit = 0; bit < 8 * sealed.size(); ++bit) {
        CAPTURE(bit);
        bytes changed = sealed, out(512, 0xee);
        changed[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
        const auto opened = cipher.open(here, changed, out);
        REQUIRE_FALSE(opened.has_value());
        REQUIRE(opened.error().code == errc::authentication_failed);
        REQUIRE(out == bytes(512)); // nothing of a page that does not prove true
        REQUIRE(cipher.open(here, sealed, out).has_value());
    }
    CHECK(ERR_peek_error() == 0);
    ERR_new();
    ERR_set_error(ERR_LIB_USER, 42, nullptr); // the application's own
    bytes changed = sealed, out(512);
    changed[7] ^= 1;
    CHECK_FALSE(cipher.open(here, changed, out).has_value());
    CHECK_FALSE(openssl::page_aead::make(secret_bytes(31)).has_value());
    CHECK(ERR_GET_REASON(ERR_get_error()) == 42);
    CHECK(ERR_peek_error() == 0);
}

TEST_CASE("openssl: a key has 32 bytes") {
    for (const auto suite : {page_suite::aes256_gcm, page_suite::aes256_gcm_siv})
        for (const std::size_t size : {0u, 31u, 32u, 33u}) {
            CAPTURE(size);
            const auto made = openssl::pages(suite, secret_bytes(size));
            CHECK(made.has_value() == (size == 32));
            if (!made) CHECK(made.error().code == errc::misused);
        }
}

TEST_CASE("openssl: a page takes no memory, and none that held the key is given back before it is wiped") {
    REQUIRE(is_watched);
    auto& memory = of_openssl();
    memory.secret = key_text.substr(0, 16); // a schedule of AES begins with the key
    void* forgotten = OPENSSL_malloc(64);
    std::memcpy(forgotten, key_text.data(), 32);
    OPENSSL_free(forgotten);
    CHECK(std::exchange(memory.gave_secret_back, false)); // one that is not wiped is found
    {
        auto cipher = cipher_of(page_suite::aes256_gcm, openssl::pages);
        CHECK(memory.holds_secret());
        const bytes page = page_of(4096);
        bytes sealed = sealed_by(cipher, page), out(4096);
        REQUIRE(cipher.open(here, sealed, out).has_value());
        const std::size_t before = memory.taken;
        for (int i = 0; i < 100; ++i) {
            sealed = sealed_by(cipher, page);
            REQUIRE(cipher.open(here, sealed, out).has_value());
        }
        CHECK(memory.taken == before);
    }
    CHECK_FALSE(memory.holds_secret());
    CHECK_FALSE(memory.gave_secret_back);
    memory.secret = {};
}
