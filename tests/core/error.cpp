// SPDX-License-Identifier: Apache-2.0
// core/error: codes, their stable names, and which of them may be retried.
#include <keywright/core/error.hpp>

#include <doctest/doctest.h>

#include <set>
#include <string>

using keywright::errc;
using keywright::error;

TEST_CASE("error: every code has a name of its own, and a number outside the list has none") {
    std::set<std::string> names;
    for (unsigned i = 0; i <= static_cast<unsigned>(errc::internal); ++i) {
        const std::string text = name(static_cast<errc>(i));
        CAPTURE(i);
        CHECK(text != "unknown");
        CHECK(names.insert(text).second);
    }
    CHECK(std::string(name(static_cast<errc>(static_cast<unsigned>(errc::internal) + 1))) == "unknown");
}

TEST_CASE("error: exactly the codes that mend themselves are retryable") {
    const std::set<errc> expected{errc::unavailable, errc::timed_out, errc::version_conflict};
    for (unsigned i = 0; i <= static_cast<unsigned>(errc::internal); ++i) {
        const auto code = static_cast<errc>(i);
        CAPTURE(name(code));
        CHECK(error{code, ""}.retryable() == expected.contains(code));
    }
}

TEST_CASE("error: equality looks at the code alone") {
    CHECK(error{errc::locked, "a", 1} == error{errc::locked, "b", 2});
    CHECK_FALSE(error{errc::locked, "a"} == error{errc::expired, "a"});
}
