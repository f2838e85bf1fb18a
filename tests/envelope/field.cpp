// SPDX-License-Identifier: Apache-2.0
#include "field_helpers.hpp"

#include <doctest/doctest.h>

#include <set>
#include <sys/wait.h>
#include <unistd.h>

using namespace keywright;
using namespace keywright::test;
using envelope::field_cipher;
using envelope::field_suite;
using envelope::keyset;

namespace {

constexpr field_suite suites[] = {field_suite::aes256_gcm, field_suite::aes256_gcm_siv, field_suite::aes256_siv};

keyset ready(field_suite suite) {
    auto keys = fresh(suite);
    (void)keys.reserve(0).value();
    return keys;
}
bytes joined(std::initializer_list<byte_view> parts) {
    bytes all;
    for (const byte_view part : parts) append(all, part);
    return all;
}

} // namespace

TEST_CASE("field: what Tink sealed opens, under every kind of keyset, primary and older keys alike") {
    std::size_t opened = 0;
    for (const char* name : {"gcm", "gcm_siv", "gcm_siv_raw", "siv", "rotated", "siv_rotated"}) {
        CAPTURE(std::string(name));
        auto cipher = unleased(tink_keyset_of(name));
        for (const auto& row : tink_fields_of(name)) {
            const auto value = cipher.open(row.associated_data, row.field);
            REQUIRE(value.has_value());
            CHECK(*value == row.value);
            CHECK(cipher.open(as_bytes("elsewhere"), row.field).error().code == errc::authentication_failed);
            ++opened;
        }
    }
    CHECK(opened == 72);
}

TEST_CASE("field: AES-256-GCM-SIV opens the examples of RFC 8452, C.2") {
    bytes key(32);
    key[0] = 1;
    bytes nonce(12);
    nonce[0] = 3;
    auto cipher = unleased(keyset::of_raw_key(field_suite::aes256_gcm_siv, secret_bytes(byte_view(key))).value());
    CHECK(cipher.open({}, joined({nonce, hex("07f5f4169bbf55a8400cd47ea6fd400f")})).value().empty());
    CHECK(cipher.open({}, joined({nonce, hex("c2ef328e5c71c83b843122130f7364b761e0b97427e3df28")})).value() == hex("0100000000000000"));
    CHECK(cipher.open(hex("01"), joined({nonce, hex("1de22967237a813291213f267e3b452f02d01ae33e4ec854")})).value() ==
          hex("0200000000000000"));
}

TEST_CASE("whole_aead: AES-SIV seals and opens the example of RFC 5297, A.1") {
    auto siv = detail::whole_aead::make("AES-128/SIV", hex("fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff")).value();
    const bytes ad = hex("101112131415161718191a1b1c1d1e1f2021222324252627"), text = hex("112233445566778899aabbccddee");
    bytes sealed(text.size() + 16), opened(text.size());
    REQUIRE(siv.seal({}, ad, text, sealed).has_value());
    CHECK(sealed == hex("85632d07c6e8f37f950acd320a2ecc9340c02b9690c4dc04daef7f6afe5c"));
    REQUIRE(siv.open({}, ad, sealed, opened).has_value());
    CHECK(opened == text);
}

TEST_CASE("field: what is sealed opens again, and is 33 bytes longer, for look-ups 21") {
    for (const field_suite suite : suites) {
        auto cipher = unleased(ready(suite));
        CHECK(cipher.overhead() == (suite == field_suite::aes256_siv ? 21 : 33));
        for (const std::size_t size : {0U, 1U, 15U, 16U, 17U, 64U, 4096U}) {
            const bytes value(size, 'v');
            const auto sealed = cipher.seal(as_bytes("ad"), value).value();
            CHECK(sealed.size() == size + cipher.overhead());
            CHECK(cipher.open(as_bytes("ad"), sealed).value() == value);
            CHECK(seen(cipher.open_secret(as_bytes("ad"), sealed).value()) == value);
        }
    }
}

TEST_CASE("field: every flipped bit and every truncation is refused, and so is what follows") {
    for (const field_suite suite : suites) {
        auto cipher = unleased(ready(suite));
        const auto sealed = cipher.seal(as_bytes("ad"), as_bytes("value")).value();
        for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
            auto changed = sealed;
            changed[bit / 8] = static_cast<std::uint8_t>(changed[bit / 8] ^ (1u << (bit % 8)));
            // Of the prefix: no key; behind it: forged.
            CHECK(cipher.open(as_bytes("ad"), changed).error().code == (bit < 40 ? errc::not_mine : errc::authentication_failed));
        }
        for (std::size_t size = 0; size < sealed.size(); ++size)
            CHECK_FALSE(cipher.open(as_bytes("ad"), byte_view(sealed).first(size)).has_value());
        CHECK(cipher.open(as_bytes("ad"), joined({sealed, as_bytes("x")})).error().code == errc::authentication_failed);
        CHECK(cipher.open(as_bytes("AD"), sealed).error().code == errc::authentication_failed);
        // A failure leaves nothing behind that the next call trips over.
        CHECK(cipher.open(as_bytes("ad"), sealed).value() == bytes{'v', 'a', 'l', 'u', 'e'});
    }
}

TEST_CASE("field: values end at 1 MiB, and the room for a field must fit") {
    auto cipher = unleased(fresh(field_suite::aes256_gcm_siv));
    bytes value(envelope::largest_field);
    const auto sealed = cipher.seal({}, value).value();
    CHECK(cipher.open({}, sealed).value() == value);
    value.push_back(0);
    CHECK(cipher.seal({}, value).error().code == errc::limit_exceeded);
    CHECK(cipher.open({}, bytes(envelope::largest_field + 65)).error().code == errc::limit_exceeded);
    bytes out(34);
    CHECK(cipher.seal({}, as_bytes("x"), out).has_value());
    CHECK(cipher.seal({}, as_bytes("xy"), out).error().code == errc::misused);
}

TEST_CASE("field: no two of 100 000 fields share a nonce, and equal values look different") {
    auto cipher = unleased(fresh(field_suite::aes256_gcm_siv));
    std::set<bytes> nonces;
    bytes out(33 + 1);
    for (int i = 0; i < 100'000; ++i) {
        REQUIRE(cipher.seal({}, as_bytes("v"), out).has_value());
        nonces.insert(bytes(out.begin() + 5, out.begin() + 17));
    }
    CHECK(nonces.size() == 100'000);
}

TEST_CASE("field: a child of fork does not give the nonces that its parent gives") {
    keywright::detail::nonce_pool pool;
    (void)pool.next().value(); // filled, and copied by the fork
    int pipes[2];
    REQUIRE(pipe(pipes) == 0);
    const pid_t child = fork();
    if (child == 0) {
        const auto nonce = pool.next();
        const auto written = nonce ? write(pipes[1], nonce->data(), nonce->size()) : 0;
        _exit(written == 12 ? 0 : 1);
    }
    keywright::detail::nonce_pool::nonce theirs{};
    CHECK(read(pipes[0], theirs.data(), theirs.size()) == 12);
    int status = 0;
    waitpid(child, &status, 0);
    close(pipes[0]);
    close(pipes[1]);
    CHECK(status == 0);
    CHECK(pool.next().value() != theirs);
}

TEST_CASE("field: a raised epoch ends a cipher at once, and so does an epoch that cannot be read") {
    const auto watch = std::make_shared<keys::epoch_watch>(1);
    const auto lease = field_lease(watch);
    const auto keys = fresh(field_suite::aes256_gcm_siv);
    auto cipher = field_cipher::make(keys, lease).value();
    const auto sealed = cipher.seal({}, as_bytes("value")).value();
    CHECK(cipher.open({}, sealed).has_value());
    watch->raise(2);
    CHECK(cipher.seal({}, as_bytes("value")).error().code == errc::locked);
    CHECK(cipher.open({}, sealed).error().code == errc::locked);
}

TEST_CASE("field: an AES-GCM key seals as many fields as were reserved, for all ciphers together") {
    auto keys = fresh(field_suite::aes256_gcm);
    auto one = unleased(keys), other = unleased(keys);
    CHECK(one.seal({}, as_bytes("x")).error().code == errc::exhausted);
    CHECK(keys.reserve(0, 3).value().used == 3);
    const auto sealed = one.seal({}, as_bytes("x")).value();
    CHECK(other.seal({}, as_bytes("x")).has_value());
    CHECK(one.seal({}, as_bytes("x")).has_value());
    CHECK(other.seal({}, as_bytes("x")).error().code == errc::exhausted);
    CHECK(other.open({}, sealed).has_value());
}

TEST_CASE("field: a deterministic keyset finds a value under its older keys, too") {
    auto keys = fresh(field_suite::aes256_siv);
    const auto old_field = unleased(keys).seal(as_bytes("ad"), as_bytes("alice")).value();
    CHECK(unleased(keys).seal(as_bytes("ad"), as_bytes("alice")).value() == old_field);
    REQUIRE(keys.rotate(field_suite::aes256_siv).has_value());
    auto cipher = unleased(keys);
    const auto candidates = cipher.look_up(as_bytes("ad"), as_bytes("alice")).value();
    REQUIRE(candidates.size() == 2);
    CHECK(candidates[0] == cipher.seal(as_bytes("ad"), as_bytes("alice")).value());
    CHECK(candidates[1] == old_field);
    auto random = unleased(fresh(field_suite::aes256_gcm_siv));
    CHECK(random.look_up({}, as_bytes("alice")).error().code == errc::misused);
}
