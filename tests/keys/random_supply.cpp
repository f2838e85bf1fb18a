// SPDX-License-Identifier: Apache-2.0
// detail/random_supply: drawn together, given once.
#include <keywright/detail/random_supply.hpp>

#include <doctest/doctest.h>

#include <set>
#include <string>

using namespace keywright;
using keywright::detail::random_supply;

TEST_CASE("random_supply: gives no byte twice, whether it is in stock or drawn for the one who asks") {
    std::set<std::string> seen;
    for (int round = 0; round < 100; ++round) {
        random_supply random(32);
        random.expect(44);
        for (const std::size_t size : {32u, 32u, 12u, 12u, 32u, 200u, 0u}) { // 76 are in stock
            bytes out(size, 0xEE);
            REQUIRE(random.take(out).has_value());
            for (std::size_t at = 0; at + 12 <= size; at += 12) CHECK(seen.emplace(as_text(byte_view(out).subspan(at, 12))).second);
        }
    }
}

TEST_CASE("random_supply: more may be expected than it holds, before and after it has drawn") {
    random_supply random(random_supply::largest);
    random.expect(1);
    bytes all(random_supply::largest), more(64), zeros(64);
    REQUIRE(random.take(all).has_value());
    random.expect(64);
    REQUIRE(random.take(more).has_value());
    CHECK(more != zeros);
    random_supply nothing(0);
    REQUIRE(nothing.take(more).has_value());
    CHECK(more != zeros);
}
