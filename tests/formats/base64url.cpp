// SPDX-License-Identifier: Apache-2.0
#include "samples.hpp"

#include <keywright/formats/detail/base64url.hpp>

using namespace keywright;
using formats::detail::decode_base64url;
using formats::detail::encode_base64url;

TEST_CASE("base64url: the vectors of RFC 4648, with and without padding") {
    struct row {
        const char *plain, *padded, *bare;
    };
    const row rows[] = {{"", "", ""},
                        {"f", "Zg==", "Zg"},
                        {"fo", "Zm8=", "Zm8"},
                        {"foo", "Zm9v", "Zm9v"},
                        {"foob", "Zm9vYg==", "Zm9vYg"},
                        {"fooba", "Zm9vYmE=", "Zm9vYmE"},
                        {"foobar", "Zm9vYmFy", "Zm9vYmFy"}};
    for (const row& r : rows) {
        CAPTURE(std::string(r.plain));
        const byte_view plain = as_bytes(r.plain);
        const bytes expected(plain.begin(), plain.end());
        CHECK(decode_base64url(r.padded) == expected);
        CHECK(decode_base64url(r.bare) == expected);
        CHECK(encode_base64url(plain) == r.bare);
    }
    CHECK(decode_base64url("-_-_") == bytes{0xfb, 0xff, 0xbf});
    CHECK(encode_base64url(bytes{0xfb, 0xff, 0xbf}) == "-_-_");
}

TEST_CASE("base64url: one text for one byte string, nothing else") {
    for (const char* bad :
         {"Z", "Zg=", "Zg===", "Zg==Zg==", "=", "==", "Z===", "Zm9vY", "Zm9v\n", " Zm9v", "Zm 9v", "+/+/", "Zh", "Zm9", "Zg=g", "Zm9v====",
          "\xc3\xa4"
          "ab"})
        CHECK_MESSAGE(!decode_base64url(bad), bad);
}
