// SPDX-License-Identifier: Apache-2.0
#include <keywright/throwing.hpp>

#include <keywright/service/requests.hpp>

#include <doctest/doctest.h>

#include <memory>

using namespace keywright;

namespace {

const error broken{errc::corrupt, "shelf: it is broken", 7};

policy::decision refused_twice() {
    return policy::decision::refuse([](policy::reason_list& reasons) {
        reasons.push_back(policy::verdict::object(policy::refusal::lock_cooldown, policy::mender::time).why()).rule = "T18";
        reasons.push_back(policy::verdict::object(policy::refusal::self_approval, policy::mender::nobody).why()).rule = "R03";
    });
}

} // namespace

TEST_CASE("or_throw: a value comes out, one that can only be moved too, and nothing out of result<void>") {
    CHECK(or_throw(result<int>(3)) == 3);
    CHECK(*or_throw(result<std::unique_ptr<int>>(std::make_unique<int>(4))) == 4);
    CHECK_NOTHROW(or_throw(result<void>()));
}

TEST_CASE("or_throw: an error is thrown with its code, and what() says name and text") {
    CHECK_THROWS_WITH_AS(or_throw(result<int>(tl::unexpected(broken))), "corrupt: shelf: it is broken", error_thrown);
    CHECK_THROWS_WITH_AS(or_throw(result<void>(tl::unexpected(broken))), "corrupt: shelf: it is broken", error_thrown);
    try {
        or_throw(result<void>(tl::unexpected(broken)));
    } catch (const error_thrown& e) {
        CHECK(e.error().code == errc::corrupt);
        CHECK(e.error().native == 7);
    }
}

TEST_CASE("or_throw: of a command's outcome a refusal is thrown with every rule, and so is work that is not finished") {
    const auto nothing = [](policy::event_list&) {};
    CHECK_NOTHROW(or_throw(result<outcome>(outcome(policy::decision::allow(nothing), {}))));
    CHECK_THROWS_WITH_AS(or_throw(result<outcome>(outcome(refused_twice(), {}))), "refused by T18 lock_cooldown, R03 self_approval",
                         refusal_thrown);
    CHECK_THROWS_AS(or_throw(result<outcome>(outcome(policy::decision::allow(nothing), tl::unexpected(broken)))), error_thrown);
    CHECK_THROWS_AS(or_throw(result<outcome>(tl::unexpected(broken))), error_thrown);
}
