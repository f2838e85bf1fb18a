// SPDX-License-Identifier: Apache-2.0
#include "worlds.hpp"

#include <keywright/insecure.hpp>
#include <keywright/policy/way_out.hpp>

namespace {

using namespace keywright;
using namespace keywright::testing;

constexpr way_out_answer answer(const world& w) { return way_out(w.ring, w.environment("prod")); }
constexpr bool refused(const world& w, refusal code, mender who) {
    const auto said = answer(w);
    return !said.allowed() && said.why().rule == "T20" && said.why().code == code && said.why().who_can_mend == who &&
           said.why().subject.view() == "prod";
}

} // namespace

TEST_CASE("way_out: on the provider's key there is a permit, and it names the environment") {
    const auto said = answer(active);
    REQUIRE(said.allowed());
    CHECK(said.permit().environment() == environment_id{"prod"});
}

TEST_CASE("way_out: on the customer's key there is none until the environment was returned") {
    CHECK(refused(applied, refusal::not_provider_managed, mender::tenant_administrator));
    const world returning = applied.after(power_platform, returns(applied_at), on_prod);
    CHECK(refused(returning, refusal::not_provider_managed, mender::tenant_administrator));
    CHECK(answer(returning.after(power_platform, ends(applied_at, operation::returning), on_prod)).allowed());
}

TEST_CASE("way_out: none while it is moved to the customer's key, locked, or deleted") {
    CHECK(refused(active.after(power_platform, applies(active_at), on_prod), refusal::operation_in_progress, mender::time));
    CHECK(refused(locked, refusal::environment_locked, mender::tenant_administrator));
    CHECK(refused(but(active, [](world& w) { w.environments[0].deleted = true; }), refusal::not_found, mender::nobody));
}

TEST_CASE("way_out: for a key of one's own its holder says in the code that no policy is asked") {
    const auto permit = clear_permit::without_policy(environment_id{"mine"}, insecure::secret_access{"the key is my own"});
    CHECK(permit.environment() == environment_id{"mine"});
}
