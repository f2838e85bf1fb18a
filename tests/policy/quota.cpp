// SPDX-License-Identifier: Apache-2.0
#include <keywright/policy/quota.hpp>

#include <doctest/doctest.h>

#include <initializer_list>

using namespace keywright;
using namespace keywright::policy;

namespace {

constexpr instant noon{1'800'000'000};
using few_keys = quota<"ACME-3", keys_brought, generate_key, upload_key>;
using few_locks = quota<"ACME-5", locks_completed, lock>;
using few_people = quota<"ACME-6", administrators_added, add_administrator>;

/// Keys that were brought so long before noon.
constexpr ring_state brought(std::initializer_list<seconds> ago) {
    ring_state ring;
    for (const seconds span : ago) ring.keys.push_back({key_id{"k"}, {}, key_state::deleted, noon - span});
    return ring;
}
constexpr verdict judged(const few_keys& rule, const ring_state& ring, instant now = noon) {
    const tenant_state tenant;
    return rule(facts{.tenant = tenant, .ring = ring, .now = now}, upload_key{});
}

} // namespace

TEST_CASE("quota: one below the limit is allowed, at the limit and above it the next one is refused") {
    const few_keys three{.most = 3, .window = days(7)};
    CHECK_FALSE(judged(three, brought({})).objects());
    CHECK_FALSE(judged(three, brought({hours(2), hours(1)})).objects());
    CHECK(judged(three, brought({hours(3), hours(2), hours(1)})).objects());
    CHECK(judged(three, brought({hours(4), hours(3), hours(2), hours(1)})).objects());
}
TEST_CASE("quota: what lies one second less than the window back counts, what lies a whole one back does not") {
    const few_keys two{.most = 2, .window = days(1)};
    CHECK(judged(two, brought({days(1) - seconds{1}, hours(1)})).objects());
    CHECK_FALSE(judged(two, brought({days(1), hours(1)})).objects());
    CHECK_FALSE(judged(two, brought({days(1) + seconds{1}, hours(1)})).objects());
}
TEST_CASE("quota: the refusal names the moment at which there is room again, and how many there were") {
    const few_keys two{.most = 2, .window = days(1)};
    const ring_state ring = brought({hours(3), hours(9), hours(6), days(2)}); // in no order, and one that has left
    const verdict full = judged(two, ring);
    REQUIRE(full.objects());
    const reason& why = full.why();
    CHECK(why.code == refusal::too_many);
    CHECK(why.found == 3);
    CHECK(why.limit == 2);
    CHECK(why.span == days(1));
    CHECK(why.subject.view() == "keys");
    CHECK(why.not_before == noon - hours(6) + days(1));
    CHECK(judged(two, ring, why.not_before - seconds{1}).objects());
    CHECK_FALSE(judged(two, ring, why.not_before).objects());
}
TEST_CASE("quota: of several at one moment each counts") {
    const few_keys two{.most = 2, .window = days(1)};
    const ring_state ring = brought({hours(5), hours(5), hours(5)});
    REQUIRE(judged(two, ring).objects());
    const instant free_from = judged(two, ring).why().not_before;
    CHECK(free_from == noon - hours(5) + days(1));
    CHECK(judged(two, ring, free_from - seconds{1}).objects());
    CHECK_FALSE(judged(two, ring, free_from).objects());
}
TEST_CASE("quota: none at all is never cured by time") {
    const verdict none = judged({.most = 0, .window = days(1)}, brought({}));
    CHECK(none.objects());
    CHECK_FALSE(happened(none.why().not_before));
    CHECK(none.why().who_can_mend == mender::nobody);
}
TEST_CASE("quota: locks count when they are completed, administrators of the tenant while they are there") {
    tenant_state tenant;
    ring_state ring;
    const facts f{.tenant = tenant, .ring = ring, .now = noon};
    CHECK_FALSE(few_locks{}(f, lock{}).objects());
    ring.locks.push_back({1, noon - hours(1)});
    CHECK(few_locks{}(f, lock{}).objects());

    tenant.administrators.push_back({admin_id{"erin"}, environment_id{"prod"}, noon});
    CHECK_FALSE(few_people{}(f, add_administrator{}).objects());
    tenant.administrators.push_back({admin_id{"alice"}, {}, noon});
    CHECK(few_people{}(f, add_administrator{}).objects());
}
static_assert(check_rule<few_keys>() && check_rule<few_locks>() && check_rule<few_people>());
