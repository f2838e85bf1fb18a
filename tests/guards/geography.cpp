// SPDX-License-Identifier: Apache-2.0
#include <keywright/guards/geography.hpp>

#include "../policy/worlds.hpp"

namespace {

using namespace keywright;
using namespace keywright::testing;

constexpr geography_id europe{"europe"};

constexpr world apart = but(both, [](world& w) { w.environments[1].geography = europe; }); // sandbox
constexpr world together = but(apart, [](world& w) { w.environments[0].geography = europe; });
constexpr copy copies{alice, applied_at, typed_text("prod")};

constexpr scenario borders[] = {
    {"G05: no copy into another geography",
     [] {
         return given(power_platform, apart).on("prod").from("sandbox").when(copies).then_refused({{"G05", refusal::geography_mismatch}});
     }},
    {"G05: within one", [] { return given(power_platform, together).on("prod").from("sandbox").when(copies).then_allowed(); }},
    {"G05: who names none is in that of the region",
     [] {
         const world w = but(both, [](world& each) { each.environments[1].geography = geography_id(each.ring.region.view()); });
         return given(power_platform, w).on("prod").from("sandbox").when(copies).then_allowed();
     }},
    {"G05: no restore either; into its own environment a backup may go",
     [] {
         const world w = apart.after(power_platform, take_backup{alice, applied_at, backup_id("b1")}, on_sandbox);
         return given(power_platform, w)
                    .on("prod")
                    .backup("b1")
                    .when(restore{alice, applied_at, typed_text("prod")})
                    .then_refused({{"G05", refusal::geography_mismatch}}) &&
                given(power_platform, w).on("sandbox").backup("b1").when(restore{alice, applied_at, {}}).then_allowed();
     }},
};
static_assert(first_failure(borders) == none_failed);
TEST_CASE("G05: nothing is restored or copied across geographies") { run(borders); }

} // namespace
