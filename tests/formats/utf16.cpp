// SPDX-License-Identifier: Apache-2.0
#include "samples.hpp"

#include <keywright/formats/detail/utf16.hpp>

using namespace keywright;
using formats::detail::append_utf16;
using formats::detail::utf8_of_utf16;

TEST_CASE("append_utf16: the examples of the Unicode standard and RFC 2781") {
    struct row {
        const char* name;
        std::string_view utf8;
        bytes utf16;
    };
    const row rows[] = {{"ASCII", "Az", {0, 'A', 0, 'z'}},
                        {"NUL", std::string_view("\0", 1), {0, 0}},
                        {"u umlaut", "\xc3\xbc", {0x00, 0xfc}},
                        {"euro sign", "\xe2\x82\xac", {0x20, 0xac}},
                        {"last of the basic plane", "\xef\xbf\xbf", {0xff, 0xff}},
                        {"first above it", "\xf0\x90\x80\x80", {0xd8, 0x00, 0xdc, 0x00}},
                        {"RFC 2781: U+12345", "\xf0\x92\x8d\x85", {0xd8, 0x08, 0xdf, 0x45}},
                        {"key", "\xf0\x9f\x94\x91", {0xd8, 0x3d, 0xdd, 0x11}},
                        {"last of all", "\xf4\x8f\xbf\xbf", {0xdb, 0xff, 0xdf, 0xff}}};
    for (const row& r : rows) {
        CAPTURE(std::string(r.name));
        bytes out;
        CHECK(append_utf16(out, r.utf8));
        CHECK(out == r.utf16);
        CHECK(utf8_of_utf16(r.utf16) == std::string(r.utf8));
    }
}

TEST_CASE("append_utf16: refuses what is not UTF-8") {
    for (const std::string_view bad : {"\xff", "\xc3", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "a\x80"}) {
        bytes out;
        CHECK_FALSE(append_utf16(out, bad));
    }
}

TEST_CASE("utf8_of_utf16: a lone surrogate becomes U+FFFD, an odd length nothing") {
    const std::string replacement = "\xef\xbf\xbd";
    CHECK(utf8_of_utf16(bytes{0xd8, 0x3d}) == replacement);
    CHECK(utf8_of_utf16(bytes{0xdd, 0x11, 0, 'a'}) == replacement + "a");
    CHECK(utf8_of_utf16(bytes{0xd8, 0x3d, 0, 'a'}) == replacement + "a");
    CHECK(utf8_of_utf16(bytes{0xd8, 0x3d, 0xd8, 0x3d, 0xdd, 0x11}) == replacement + "\xf0\x9f\x94\x91");
    CHECK_FALSE(utf8_of_utf16(bytes{0, 'a', 0}));
    CHECK(utf8_of_utf16(bytes{}) == "");
}
