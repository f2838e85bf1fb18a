// SPDX-License-Identifier: Apache-2.0
#include <keywright/policy/cooldown.hpp>

#include <doctest/doctest.h>

using namespace keywright;
using namespace keywright::policy;

namespace {

constexpr instant noon{1'800'000'000};
constexpr wait_start last_apply(const facts& f) { return {f.ring.applied_at, "k1"}; }
using rest = cooldown<"ACME-2", refusal::consumer_rule, hours(12), last_apply, return_to_provider>;
using stays = minimum_hold<"ACME-2", refusal::consumer_rule, hours(12), last_apply, return_to_provider>;

constexpr verdict judged(const rest& rule, instant applied_at, instant now) {
    const tenant_state tenant;
    ring_state ring;
    ring.applied_at = applied_at;
    return rule(facts{.tenant = tenant, .ring = ring, .now = now}, return_to_provider{});
}

} // namespace

TEST_CASE("cooldown: refused until one second before the span is over, allowed at its end") {
    CHECK(judged({}, noon, noon).objects());
    CHECK(judged({}, noon, noon + hours(12) - seconds{1}).objects());
    CHECK_FALSE(judged({}, noon, noon + hours(12)).objects());
    CHECK_FALSE(judged({}, noon, noon + hours(12) + seconds{1}).objects());
}
TEST_CASE("cooldown: what never happened is not waited for") { CHECK_FALSE(judged({}, never, noon).objects()); }
TEST_CASE("cooldown: a profile's number replaces the usual one, and 0 waits for nothing") {
    CHECK(judged({hours(13)}, noon, noon + hours(13) - seconds{1}).objects());
    CHECK_FALSE(judged({hours(13)}, noon, noon + hours(13)).objects());
    CHECK_FALSE(judged({seconds{0}}, noon, noon).objects());
}
TEST_CASE("cooldown: the refusal says since when, how long, until when and about what") {
    const verdict waits = judged({}, noon, noon + hours(1));
    const reason& why = waits.why();
    CHECK(why.code == refusal::consumer_rule);
    CHECK(why.since == noon);
    CHECK(why.span == hours(12));
    CHECK(why.not_before == noon + hours(12));
    CHECK(why.subject.view() == "k1");
    CHECK(why.who_can_mend == mender::time);
}
static_assert(check_rule<rest>() && std::is_same_v<rest, stays>);
