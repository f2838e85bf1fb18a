// SPDX-License-Identifier: Apache-2.0
// The reference store passes what every store must pass.
#include <keywright/adapters/memory/state_store.hpp>
#include <keywright/testing/state_store_suite.hpp>

#include <doctest/doctest.h>

namespace {

struct place {
    static constexpr bool outlives_the_store = false;
    static keywright::memory::state_store open() { return {}; }
};

} // namespace

TEST_CASE("memory::state_store: passes the suite") { keywright::testing::state_store_suite<place>(); }

TEST_CASE("record_map: what is kept has the version that it had, and the next commit's number follows those before") {
    using namespace keywright;
    ports::record_map all(7);
    all.keep({"a", 3, {1}});
    CHECK(all.commits() == 7);
    ports::batch stale, next;
    stale.put("a", 7, {2});
    CHECK(all.commit(stale).error().code == errc::version_conflict);
    CHECK(all.commits() == 7);
    next.put("a", 3, {2});
    next.put("b", 0, {3});
    REQUIRE(all.commit(next).has_value());
    CHECK(all.commits() == 8);
    CHECK(all.load("a").value().version == 8);
    CHECK(all.load("a").value().value == bytes{2});
    CHECK(all.load("b").value().version == 8);
}
