// SPDX-License-Identifier: Apache-2.0
// envelope/suite: what is read, and that the rest is refused by name.
#include <keywright/envelope/suite.hpp>

#include <doctest/doctest.h>

#include <string>

using namespace keywright;
using envelope::check_suite;

TEST_CASE("check_suite: 0x0478 of version 2 is read, every other pair is not") {
    CHECK(check_suite(2, 0x0478).has_value());
    int read = 0;
    for (unsigned suite = 0; suite <= 0xFFFF; ++suite)
        if (check_suite(2, static_cast<std::uint16_t>(suite))) ++read;
    CHECK(read == 1);
    for (unsigned version = 0; version < 256; ++version) {
        CAPTURE(version);
        if (version != 2) CHECK_FALSE(check_suite(static_cast<std::uint8_t>(version), 0x0478).has_value());
    }
}

TEST_CASE("check_suite: known suites of others are unsupported, and the text says which") {
    CHECK(check_suite(2, 0x0578).error().code == errc::unsupported);
    CHECK(std::string(check_suite(2, 0x0578).error().text).find("0x0578") != std::string::npos);
    for (const unsigned suite : {0x0014u, 0x0046u, 0x0078u, 0x0114u, 0x0146u, 0x0178u, 0x0214u, 0x0346u, 0x0378u}) {
        CAPTURE(suite);
        CHECK(check_suite(2, static_cast<std::uint16_t>(suite)).error().code == errc::unsupported);
    }
    CHECK(check_suite(1, 0x0178).error().code == errc::unsupported);
    CHECK(check_suite(0x41, 0x6745).error().code == errc::malformed); // base64 text, not a message
}
