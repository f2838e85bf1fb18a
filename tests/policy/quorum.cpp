// SPDX-License-Identifier: Apache-2.0
#include <keywright/policy/quorum.hpp>

#include <doctest/doctest.h>

using namespace keywright;
using namespace keywright::policy;

namespace {

using never_alone = quorum<"ACME-4", delete_environment>;

verdict judged(const never_alone& rule, std::uint32_t people) {
    constexpr std::string_view names[] = {"ann", "bob", "cem", "dee"};
    tenant_state tenant;
    const ring_state ring;
    tenant.administrators.push_back({admin_id{"erin"}, environment_id{"prod"}, never}); // of an environment: does not count
    for (std::uint32_t i = 0; i < people; ++i) tenant.administrators.push_back({admin_id{names[i]}, {}, never});
    return rule(facts{.tenant = tenant, .ring = ring, .now = instant{}}, delete_environment{});
}

} // namespace

TEST_CASE("quorum: refused with one administrator less than it needs, allowed with as many and with more") {
    CHECK(judged({.people = 3}, 2).objects());
    CHECK_FALSE(judged({.people = 3}, 3).objects());
    CHECK_FALSE(judged({.people = 3}, 4).objects());
    CHECK(judged({}, 1).objects());
    CHECK_FALSE(judged({}, 2).objects());
}
TEST_CASE("quorum: the refusal says how many there are and how many it takes, and time does not cure it") {
    const verdict alone = judged({.people = 3}, 1);
    CHECK(alone.why().code == refusal::approval_required);
    CHECK(alone.why().found == 1);
    CHECK(alone.why().limit == 3);
    CHECK(alone.why().who_can_mend == mender::provider);
    CHECK_FALSE(happened(alone.why().not_before));
}
static_assert(check_rule<never_alone>());
