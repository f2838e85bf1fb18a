// SPDX-License-Identifier: Apache-2.0
// core/result: the failing half carries code, text and native code on unchanged.
#include <keywright/core/result.hpp>

#include <doctest/doctest.h>

#include <string>

using namespace keywright;

namespace {

result<int> half(int n) {
    if (n % 2 != 0) return fail(errc::malformed, "test: expected an even number", n);
    return n / 2;
}
result<std::string> half_as_text(int n) {
    const auto halved = half(n);
    if (!halved) return pass(halved);
    return std::to_string(*halved);
}

} // namespace

TEST_CASE("result: a value comes through") {
    REQUIRE(half_as_text(4));
    CHECK(half_as_text(4).value() == "2");
}

TEST_CASE("pass: a failure keeps its code, its text and the code of the layer below") {
    const auto failed = half_as_text(5);
    REQUIRE_FALSE(failed);
    CHECK(failed.error().code == errc::malformed);
    CHECK(std::string(failed.error().text) == "test: expected an even number");
    CHECK(failed.error().native == 5);
}

TEST_CASE("fail: the native code is 0 where there is none") {
    const result<void> failed = fail(errc::locked, "test: locked");
    REQUIRE_FALSE(failed);
    CHECK(failed.error().native == 0);
    const result<int> passed = pass(failed);
    REQUIRE_FALSE(passed);
    CHECK(passed.error().code == errc::locked);
}

TEST_CASE("result: what `value()` of a failure throws says what went wrong") {
    try {
        (void)half(3).value();
        FAIL("a failure has no value");
    } catch (const std::exception& thrown) {
        CHECK(std::string(thrown.what()) == "test: expected an even number");
    }
    try {
        (void)half(3).value();
        FAIL("a failure has no value");
    } catch (const tl::bad_expected_access<error>& thrown) {
        CHECK(thrown.error().code == errc::malformed);
        CHECK(thrown.error().native == 3);
    }
}
