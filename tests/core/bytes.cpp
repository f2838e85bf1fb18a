// SPDX-License-Identifier: Apache-2.0
// core/bytes: big-endian numbers and views.
#include <keywright/core/bytes.hpp>

#include <doctest/doctest.h>

#include <string>

using namespace keywright;

TEST_CASE("store_be: the most significant byte comes first, whatever the machine") {
    std::uint8_t out[8] = {};
    store_be<std::uint64_t>(0x0102030405060708, out);
    CHECK(bytes(out, out + 8) == bytes{1, 2, 3, 4, 5, 6, 7, 8});
    store_be<std::uint16_t>(0xFFEE, out);
    CHECK(bytes(out, out + 3) == bytes{0xFF, 0xEE, 3});
    store_be<std::uint8_t>(0x80, out);
    CHECK(bytes(out, out + 2) == bytes{0x80, 0xEE});
}

TEST_CASE("load_be: reads what a network would send, at run time and at compile time") {
    constexpr std::uint8_t wire[] = {0xFF, 0x00, 0x80, 0x01, 0x02, 0x03, 0x04, 0x05};
    static_assert(load_be<std::uint8_t>(wire) == 0xFF);
    static_assert(load_be<std::uint16_t>(wire) == 0xFF00);
    static_assert(load_be<std::uint32_t>(wire) == 0xFF008001);
    static_assert(load_be<std::uint64_t>(wire) == 0xFF00800102030405);
    const bytes copy(wire, wire + 8);
    CHECK(load_be<std::uint64_t>(copy.data()) == 0xFF00800102030405);
}

TEST_CASE("append_be: appends exactly the width of the number's type") {
    bytes out{9};
    append_be(out, std::uint16_t{1});
    append_be(out, std::uint32_t{0xA0B0C0D0});
    append(out, as_bytes("xy"));
    append(out, {});
    CHECK(out == bytes{9, 0, 1, 0xA0, 0xB0, 0xC0, 0xD0, 'x', 'y'});
}

TEST_CASE("as_bytes and as_text: views of the same memory, NUL and high bytes included") {
    const std::string text("a\0\xFF", 3);
    const auto view = as_bytes(text);
    REQUIRE(view.size() == 3);
    CHECK(view[1] == 0);
    CHECK(view[2] == 0xFF);
    CHECK(static_cast<const void*>(view.data()) == text.data());
    CHECK(as_text(view) == text);
    CHECK(as_bytes("").empty());
}
