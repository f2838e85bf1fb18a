// SPDX-License-Identifier: Apache-2.0
// The header of a file of pages and what its key gives, beside derivations and blocks made by hand.
#include <keywright/envelope/page_header.hpp>
#include <keywright/envelope/page_keys.hpp>

#include <doctest/doctest.h>

namespace {

using namespace keywright;
using envelope::page_header;
using envelope::page_suite;

constexpr envelope::file_identity file{0xa0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

secret_bytes file_key() { return secret_bytes(byte_view(bytes(32, 0x42))); }
envelope::page_keys derived() {
    auto made = envelope::page_keys::derive(file_key(), page_suite::aes256_gcm_siv, file);
    REQUIRE(made.has_value());
    return std::move(*made);
}
/// As RFC 5869 has it, by HMACs: no salt is a salt of zeros.
bytes hkdf_by_hand(std::string_view label, std::size_t size) {
    auto hmac = Botan::MessageAuthenticationCode::create_or_throw("HMAC(SHA-256)");
    hmac->set_key(bytes(32));
    hmac->update(bytes(32, 0x42));
    const auto pseudo_random_key = hmac->final_stdvec();
    bytes info(label.begin(), label.end());
    info.push_back(0);
    info.push_back(1);
    append(info, file);
    bytes out, block;
    for (std::uint8_t counter = 1; out.size() < size; ++counter) {
        hmac->set_key(pseudo_random_key);
        hmac->update(block);
        hmac->update(info);
        hmac->update(counter);
        block = hmac->final_stdvec();
        append(out, block);
    }
    return out;
}
bytes aes(byte_view key, bytes block) {
    auto cipher = Botan::BlockCipher::create_or_throw("AES-256");
    cipher->set_key(key);
    cipher->encrypt(block.data());
    return block;
}

page_header a_header(std::string_view key_name = "prod.page.1") {
    auto under = keys::kek::make(secret_bytes(byte_view(bytes(32, 9))));
    REQUIRE(under.has_value());
    auto wrapped = under->wrap(keys::provider, key_name, envelope::file_key_context(environment_id{"prod"}, file), file_key());
    REQUIRE(wrapped.has_value());
    page_header header(std::move(*wrapped));
    header.page_size = 4096;
    header.sequence = 0x0102030405060708;
    header.populated = true;
    header.file = file;
    return header;
}
bytes sealed(const page_header& header) {
    auto keys = derived();
    auto slot = header.seal(keys.header_mac());
    REQUIRE(slot.has_value());
    return std::move(*slot);
}
/// As the reader goes: what it says, or why not.
errc code_of(byte_view slot) {
    const auto read = page_header::parse(slot);
    if (!read) return read.error().code;
    auto keys = derived();
    const auto proved = page_header::prove(slot, keys.header_mac());
    REQUIRE_FALSE(proved.has_value());
    return proved.error().code;
}

} // namespace

TEST_CASE("page header: it is laid out as documented, and read as it was written") {
    const auto header = a_header();
    const bytes slot = sealed(header);
    REQUIRE(slot.size() == 4096);
    const bytes front{'k', 'e', 'y', 'w', 'r', 'i', 'g',  'h', 't', ' ', 'p', 'a', 'g', 'e', 's', 0,
                      0,   1,   1,   1,   0,   0,   0x10, 0,   1,   2,   3,   4,   5,   6,   7,   8};
    CHECK(bytes(slot.begin(), slot.begin() + 32) == front);
    CHECK(std::equal(file.begin(), file.end(), slot.begin() + 32));
    CHECK(bytes(slot.begin() + 48, slot.begin() + 52) == bytes(4));
    const auto& entry = header.key.serialised();
    CHECK(load_be<std::uint16_t>(slot.data() + 52) == entry.size());
    CHECK(std::equal(entry.begin(), entry.end(), slot.begin() + 54));
    auto hmac = Botan::MessageAuthenticationCode::create_or_throw("HMAC(SHA-256)");
    hmac->set_key(byte_view(hkdf_by_hand("keywright page header 1", 32)));
    hmac->update(byte_view(slot).first(4064));
    CHECK(hmac->verify_mac(byte_view(slot).last(32)));

    const auto read = page_header::parse(slot);
    REQUIRE(read.has_value());
    auto keys = derived();
    CHECK(page_header::prove(slot, keys.header_mac()).has_value());
    CHECK(read->suite == page_suite::aes256_gcm_siv);
    CHECK(read->populated);
    CHECK(read->page_size == 4096);
    CHECK(read->sequence == 0x0102030405060708);
    CHECK(read->file == file);
    CHECK(read->key.serialised() == entry);
}

TEST_CASE("page header: any byte changed is noticed") {
    const bytes slot = sealed(a_header());
    for (std::size_t at = 0; at < slot.size(); ++at) {
        CAPTURE(at);
        bytes changed = slot;
        changed[at] ^= static_cast<std::uint8_t>(1 << at % 8);
        const errc code = code_of(changed);
        REQUIRE((code == errc::malformed || code == errc::unsupported || code == errc::authentication_failed));
    }
}

TEST_CASE("page header: sizes, versions and suites beyond what there is are refused") {
    const bytes slot = sealed(a_header());
    const auto with = [&slot](std::size_t at, bytes value) {
        bytes changed = slot;
        std::copy(value.begin(), value.end(), changed.begin() + static_cast<std::ptrdiff_t>(at));
        return code_of(changed);
    };
    CHECK(with(16, {0, 0}) == errc::unsupported);
    CHECK(with(16, {0, 2}) == errc::unsupported);
    CHECK(with(18, {0}) == errc::unsupported);
    CHECK(with(18, {3}) == errc::unsupported);
    CHECK(with(18, {2}) == errc::authentication_failed);
    CHECK(with(19, {2}) == errc::malformed);
    CHECK(with(20, {0, 0, 1, 0}) == errc::malformed);
    CHECK(with(20, {0, 0, 2, 0}) == errc::authentication_failed);
    CHECK(with(20, {0, 0, 2, 1}) == errc::malformed);
    CHECK(with(20, {0, 1, 0, 0}) == errc::authentication_failed);
    CHECK(with(20, {0, 2, 0, 0}) == errc::malformed);
    CHECK(with(48, {1}) == errc::authentication_failed);
    CHECK(with(48, {2}) == errc::malformed);
    CHECK(with(49, {1}) == errc::malformed);
    CHECK(with(50, {0, 1}) == errc::malformed);       // an entry of one byte is none
    CHECK(with(50, {0x0f, 0x4d}) == errc::malformed); // one byte beyond the place for both
    CHECK(with(50, {0xff, 0xff}) == errc::malformed);
    CHECK(with(52, {0x0f, 0xab}) == errc::malformed); // one byte beyond the place for it
    CHECK(with(52, {0xff, 0xff}) == errc::malformed);
    CHECK(with(52, {0, 0}) == errc::malformed);
    CHECK(with(4063, {1}) == errc::malformed);
}

TEST_CASE("page header: the other slot's key follows behind the one that seals, and is read back") {
    auto header = a_header();
    const bytes one = sealed(header);
    header.sealing_slot = 1;
    header.other = a_header("prod.page.2").key;
    const bytes both = sealed(header);
    const auto &entry = header.key.serialised(), &other = header.other->serialised();
    CHECK(other != entry);
    CHECK(bytes(both.begin() + 48, both.begin() + 50) == bytes{1, 0});
    CHECK(load_be<std::uint16_t>(both.data() + 50) == other.size());
    CHECK(load_be<std::uint16_t>(both.data() + 52) == entry.size());
    CHECK(std::equal(entry.begin(), entry.end(), both.begin() + 54));
    CHECK(std::equal(other.begin(), other.end(), both.begin() + 54 + static_cast<std::ptrdiff_t>(entry.size())));
    const auto read = page_header::parse(both);
    REQUIRE(read.has_value());
    CHECK(read->sealing_slot == 1);
    CHECK(read->key.serialised() == entry);
    REQUIRE(read->other.has_value());
    CHECK(read->other->serialised() == other);
    // Without them the bytes are those that were written before there could be two.
    header.sealing_slot = 0;
    header.other.reset();
    CHECK(sealed(header) == one);
    const auto alone = page_header::parse(one);
    REQUIRE(alone.has_value());
    CHECK(alone->sealing_slot == 0);
    CHECK_FALSE(alone->other.has_value());
    for (std::size_t at = 0; at < both.size(); at += 3) {
        CAPTURE(at);
        bytes changed = both;
        changed[at] ^= static_cast<std::uint8_t>(1 << at % 8);
        const errc code = code_of(changed);
        REQUIRE((code == errc::malformed || code == errc::unsupported || code == errc::authentication_failed));
    }
}

TEST_CASE("page header: an entry that fills it to the last byte fits, one byte more does not") {
    // An entry is 6 + 9 + name + 20 + 48 bytes; there is room for 4010.
    const std::string name(4010 - 83, 'n');
    CHECK(page_header::parse(sealed(a_header(name))).has_value());
    auto keys = derived();
    const auto more = a_header(name + "n").seal(keys.header_mac());
    REQUIRE_FALSE(more.has_value());
    CHECK(more.error().code == errc::limit_exceeded);

    auto two = a_header(std::string(4010 - 83 - 94, 'n')); // the other entry has 94 bytes
    two.other = a_header().key;
    REQUIRE(two.other->serialised().size() == 94);
    CHECK(page_header::parse(sealed(two)).has_value());
    two.key = a_header(std::string(4010 - 83 - 93, 'n')).key;
    CHECK_FALSE(two.seal(keys.header_mac()).has_value());
}

TEST_CASE("page keys: a frame's block is AES-256-XTS with the offset as data unit, by hand from IEEE 1619") {
    const bytes both = hkdf_by_hand("keywright page frame 1", 64);
    std::array<std::uint8_t, 16> block;
    for (std::size_t i = 0; i < block.size(); ++i) block[i] = static_cast<std::uint8_t>(i);
    const bytes plain(block.begin(), block.end());
    auto keys = derived();
    REQUIRE(keys.hide_frame(0x0102030405, block).has_value());

    bytes unit{5, 4, 3, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    const bytes tweak = aes(byte_view(both).last(32), unit);
    bytes expected = plain;
    for (std::size_t i = 0; i < 16; ++i) expected[i] ^= tweak[i];
    expected = aes(byte_view(both).first(32), expected);
    for (std::size_t i = 0; i < 16; ++i) expected[i] ^= tweak[i];
    CHECK(bytes(block.begin(), block.end()) == expected);

    auto elsewhere = block;
    REQUIRE(keys.show_frame(0x0102030405, block).has_value());
    CHECK(bytes(block.begin(), block.end()) == plain);
    REQUIRE(keys.show_frame(0x0102030406, elsewhere).has_value());
    CHECK(bytes(elsewhere.begin(), elsewhere.end()) != plain);
}

TEST_CASE("page keys: a checksum is masked by the block of its page's nonce, and masked twice it is as it was") {
    const bytes nonce{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    bytes block = nonce;
    block.resize(16);
    const bytes mask = aes(hkdf_by_hand("keywright page checksum 1", 32), block);
    std::array<std::uint8_t, 4> checksum{0xde, 0xad, 0xbe, 0xef};
    auto keys = derived();
    REQUIRE(keys.mask_checksum(nonce, checksum).has_value());
    CHECK(checksum == std::array<std::uint8_t, 4>{static_cast<std::uint8_t>(0xde ^ mask[0]), static_cast<std::uint8_t>(0xad ^ mask[1]),
                                                  static_cast<std::uint8_t>(0xbe ^ mask[2]), static_cast<std::uint8_t>(0xef ^ mask[3])});
    REQUIRE(keys.mask_checksum(nonce, checksum).has_value());
    CHECK(checksum == std::array<std::uint8_t, 4>{0xde, 0xad, 0xbe, 0xef});
}

TEST_CASE("page keys: another suite, another file and another length of key give other keys or none") {
    const bytes slot = sealed(a_header());
    const auto proves = [&slot](page_suite suite, const envelope::file_identity& of) {
        auto keys = envelope::page_keys::derive(file_key(), suite, of);
        REQUIRE(keys.has_value());
        return page_header::prove(slot, keys->header_mac()).has_value();
    };
    CHECK(proves(page_suite::aes256_gcm_siv, file));
    CHECK_FALSE(proves(page_suite::aes256_gcm, file));
    CHECK_FALSE(proves(page_suite::aes256_gcm_siv, {}));
    CHECK_FALSE(envelope::page_keys::derive(secret_bytes(31), page_suite::aes256_gcm, file).has_value());
    CHECK_FALSE(envelope::page_keys::derive(secret_bytes(33), page_suite::aes256_gcm, file).has_value());
}
