// SPDX-License-Identifier: Apache-2.0
// The store that fails on order: the ordered call and no other, before or after the work.
#include <keywright/adapters/memory/state_store.hpp>
#include <keywright/testing/failing_store.hpp>
#include <keywright/testing/state_store_suite.hpp>

#include <doctest/doctest.h>

using namespace keywright;
using testing::failing;
using testing::failing_store;
using testing::detail::text_at;

static_assert(ports::check_state_store<failing_store<memory::state_store>>());

namespace {

struct place {
    static constexpr bool outlives_the_store = false;
    memory::state_store below;
    failing_store<memory::state_store> open() { return failing_store(below); }
};

ports::batch put_of(const char* key) {
    ports::batch batch;
    batch.put_any(key, testing::detail::value_of("x"));
    return batch;
}

} // namespace

TEST_CASE("failing_store: passes the suite while nothing is ordered") { testing::state_store_suite<place>(); }

TEST_CASE("failing_store: fails the ordered call alone, with the ordered error") {
    memory::state_store below;
    failing_store store(below);
    store.fail_call(3, {errc::io_failed, "ordered", 5});
    CHECK(store.commit(put_of("a")).has_value());
    CHECK(store.load("a").has_value());
    const auto done = store.commit(put_of("b"));
    REQUIRE_FALSE(done.has_value());
    CHECK(done.error().code == errc::io_failed);
    CHECK(done.error().native == 5);
    CHECK(text_at(below, "b") == "<not_found>");
    CHECK(store.scan("", "", 10).value().size() == 1);
    CHECK(store.scrub().has_value());
    CHECK(store.calls() == 5);
    store.reset_calls();
    CHECK(store.calls() == 0);
}

TEST_CASE("failing_store: may do the work and lose the answer") {
    memory::state_store below;
    failing_store store(below);
    store.fail_call(1, {errc::unavailable}, failing::after);
    CHECK(store.commit(put_of("a")).error().code == errc::unavailable);
    CHECK(text_at(below, "a") == "x");
}

TEST_CASE("failing_store: fails every call until told otherwise") {
    memory::state_store below;
    failing_store store(below);
    store.fail_all({errc::timed_out});
    CHECK(store.load("a").error().code == errc::timed_out);
    CHECK(store.scan("", "", 1).error().code == errc::timed_out);
    CHECK(store.commit(put_of("a")).error().code == errc::timed_out);
    CHECK(store.scrub().error().code == errc::timed_out);
    store.fail_call(0, {});
    CHECK(store.commit(put_of("a")).has_value());
}
