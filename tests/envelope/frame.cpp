// SPDX-License-Identifier: Apache-2.0
// envelope/frame: layouts, numbers at their ends.
#include <keywright/envelope/frame.hpp>

#include "helpers.hpp"

#include <doctest/doctest.h>

using namespace keywright;
using namespace keywright::envelope;

namespace {

message_cipher sealing() {
    auto cipher = std::move(message_cipher::make(Botan::Cipher_Dir::Encryption).value());
    REQUIRE(cipher.begin_sealing(test::counting(0)).has_value());
    return cipher;
}

} // namespace

TEST_CASE("seal_regular, seal_final: prefixes as the format has them") {
    auto cipher = sealing();
    bytes frame(frame_overhead + 5);
    REQUIRE(seal_regular(cipher, 0x01020304, frame).has_value());
    CHECK(bytes(frame.begin(), frame.begin() + 16) == test::hex("01020304000000000000000001020304"));
    bytes last(final_overhead + 5);
    REQUIRE(seal_final(cipher, 7, last).has_value());
    CHECK(bytes(last.begin(), last.begin() + 24) == test::hex("ffffffff0000000700000000000000000000000700000005"));
}

TEST_CASE("may_be_regular: 1 to 2^32 - 2") {
    CHECK_FALSE(may_be_regular(0));
    CHECK(may_be_regular(1));
    CHECK(may_be_regular(0xFFFFFFFE));
    CHECK_FALSE(may_be_regular(0xFFFFFFFF));
}

TEST_CASE("read_regular: the expected number, and no other") {
    bytes frame(frame_overhead + 5);
    store_be(std::uint32_t{7}, frame.data());
    CHECK(read_regular(frame, 7).value().ciphertext.size() == 5);
    CHECK(read_regular(frame, 6).error().code == errc::malformed);
    CHECK(read_regular(frame, 8).error().code == errc::malformed);
    store_be(std::uint32_t{0}, frame.data());
    CHECK(read_regular(frame, 0).error().code == errc::malformed); // numbers do not wrap around
}

TEST_CASE("read_final: length at its limits, and it fills its bytes") {
    const auto final_of = [](std::uint32_t says, std::size_t has) {
        bytes frame(final_overhead + has);
        store_be(end_marker, frame.data());
        store_be(std::uint32_t{3}, frame.data() + 4);
        store_be(says, frame.data() + 20);
        return frame;
    };
    for (const std::uint32_t n : {0u, 1u, 9u, 10u}) CHECK(read_final(final_of(n, n), 3, 10).value().ciphertext.size() == n);
    CHECK(read_final(final_of(11, 11), 3, 10).error().code == errc::malformed);
    CHECK(read_final(final_of(0xFFFFFFFF, 5), 3, 10).error().code == errc::malformed);
    CHECK(read_final(final_of(5, 4), 3, 10).error().code == errc::malformed);
    CHECK(read_final(final_of(4, 5), 3, 10).error().code == errc::malformed);
    CHECK(read_final(final_of(5, 5), 4, 10).error().code == errc::malformed);
    CHECK(read_final({}, 3, 10).error().code == errc::malformed);
}

TEST_CASE("read_unframed: its length is all there is") {
    const auto unframed_of = [](std::uint64_t says, std::size_t has) {
        bytes body(unframed_prefix + has + frame_tag);
        store_be(says, body.data() + 12);
        return body;
    };
    for (const std::size_t n : {0u, 1u, 100u}) CHECK(read_unframed(unframed_of(n, n)).value().ciphertext.size() == n);
    for (const std::uint64_t says : {std::uint64_t{99}, std::uint64_t{101}, ~std::uint64_t{0}, ~std::uint64_t{0} - 35}) {
        CAPTURE(says);
        CHECK(read_unframed(unframed_of(says, 100)).error().code == errc::malformed);
    }
    CHECK(read_unframed(bytes(35)).error().code == errc::malformed);
}
