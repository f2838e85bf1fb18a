// SPDX-License-Identifier: Apache-2.0
#include "vault_worlds.hpp"

#include <keywright/policy/custody.hpp>

namespace {

using namespace keywright;
using namespace keywright::testing;

constexpr auto in_software = power_platform.with(custody_fits{}).with(protection_fits{});
constexpr auto in_hardware = power_platform.with(custody_fits{.held = custody::hsm}).with(protection_fits{});
constexpr auto vaulted = enterprise_policy.with(custody_fits{}).with(protection_fits{});

/// prod is classified so.
constexpr world holding(const world& w, classification data) {
    return but(w, [&](world& changed) { changed.environments[0].data = data; });
}
template <class Profile>
constexpr bool applies_to(const Profile& profile, classification data) {
    const world w = holding(active, data);
    return given(profile, w).on("prod").when(applies(active_at)).then_allowed();
}
template <class Profile>
constexpr bool returns_from(const Profile& profile, classification data) {
    const world w = holding(applied, data);
    return given(profile, w).on("prod").when(returns(applied_at)).then_allowed();
}

constexpr scenario rows[] = {
    {"G12: a key in software will do for all but the highest class",
     [] {
         using enum classification;
         return applies_to(in_software, open_to_all) && applies_to(in_software, internal) && applies_to(in_software, confidential) &&
                !applies_to(in_software, highly_confidential);
     }},
    {"G12: which asks for an HSM, and the denial says that",
     [] {
         const world w = holding(active, classification::highly_confidential);
         return applies_to(in_hardware, classification::highly_confidential) &&
                given(in_software, w).on("prod").when(applies(active_at)).then_refused({{"G12", refusal::custody_too_weak}});
     }},
    {"G12: where a policy names the key, the vault says how it is held",
     [] {
         const auto granted_as = [](bool hsm) {
             return holding(without_policy, classification::highly_confidential)
                 .after(vaulted, but(makes_policy(made_at), [=](create_policy& c) { c.key.in_hsm = hsm; }))
                 .after(vaulted, grants(made_at), under("p1"));
         };
         const world soft = granted_as(false);
         const world hard = granted_as(true);
         return given(vaulted, soft).on("prod").under("p1").when(adds(added_at)).then_refused({{"G12", refusal::custody_too_weak}}) &&
                given(vaulted, hard).on("prod").under("p1").when(adds(added_at)).then_allowed();
     }},
    {"G13: what is confidential does not return to the provider's key, what is internal does",
     [] {
         const world w = holding(applied, classification::confidential);
         return returns_from(in_software, classification::open_to_all) && returns_from(in_software, classification::internal) &&
                given(in_software, w).on("prod").when(returns(applied_at)).then_refused({{"G13", refusal::custody_too_weak}});
     }},
    {"G13: nor leaves its policy",
     [] {
         const world w = holding(member, classification::confidential);
         return given(vaulted, w).on("prod").when(removes(added_at)).then_refused({{"G13", refusal::custody_too_weak}}) &&
                given(vaulted, member).on("prod").when(removes(added_at)).then_allowed();
     }},
    {"G13: nor is copied to where it would count for less; upwards it is",
     [] {
         const world w = holding(both, classification::confidential);
         const world low = but(w, [](world& changed) { changed.environments[1].data = classification::internal; });
         return given(in_software, low)
                    .on("sandbox")
                    .from("prod")
                    .when(copy{alice, applied_at, {}})
                    .then_refused({{"G13", refusal::custody_too_weak}}) &&
                given(in_software, low).on("prod").from("sandbox").when(copy{alice, applied_at, typed_text("prod")}).then_allowed();
     }},
    {"G13: the table is a number of the rule",
     [] {
         constexpr custody_table strict{custody::vault, custody::vault, custody::vault, custody::hsm};
         constexpr auto all_customer = power_platform.with(protection_fits{strict});
         return !returns_from(all_customer, classification::open_to_all);
     }},
    {"no shipped profile judges by classification",
     [] {
         return applies_to(power_platform, classification::highly_confidential) &&
                returns_from(power_platform, classification::highly_confidential);
     }},
    {"an environment keeps the class that it was made with",
     [] {
         create_environment make{.by = alice,
                                 .at = active_at,
                                 .environment = environment_id{"late"},
                                 .kind = environment_kind::sandbox,
                                 .geography = {},
                                 .release = {},
                                 .data = classification::highly_confidential};
         return active.after(power_platform, make).environment("late").data == classification::highly_confidential &&
                active.environment("prod").data == classification::internal;
     }},
};
static_assert(first_failure(rows) == none_failed);
TEST_CASE("G12, G13: classification decides about custody") { run(rows); }

} // namespace
