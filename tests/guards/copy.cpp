// SPDX-License-Identifier: Apache-2.0
#include "../policy/worlds.hpp"

namespace {

using namespace keywright;
using namespace keywright::testing;

constexpr copy copies(instant at, std::string_view typed, const actor& by = alice) { return {by, at, typed_text(typed)}; }

constexpr scenario targets[] = {
    {"T31: another environment under the same customer key",
     [] { return given(power_platform, both).on("sandbox").from("prod").when(copies(applied_at, "")).then_allowed({"copy_started"}); }},
    {"T31: onto itself",
     [] {
         return given(power_platform, both)
             .on("sandbox")
             .from("sandbox")
             .when(copies(applied_at, ""))
             .then_refused({{"T31", refusal::same_environment}});
     }},
    {"T31: from the customer's key to the provider's",
     [] {
         return given(power_platform, applied)
             .on("sandbox")
             .from("prod")
             .when(copies(applied_at, ""))
             .then_refused({{"T31", refusal::key_mismatch}});
     }},
    {"T31: from the provider's key to the customer's",
     [] {
         return given(power_platform, applied)
             .on("prod")
             .from("sandbox")
             .when(copies(applied_at, "prod"))
             .then_refused({{"T31", refusal::key_mismatch}});
     }},
    {"resolution 13: provider to provider",
     [] { return given(power_platform, applied).on("sandbox").from("support").when(copies(applied_at, "")).then_allowed(); }},
    {"T32: a support environment is put on the customer's key first",
     [] {
         return given(power_platform, applied)
             .on("support")
             .from("prod")
             .when(copies(applied_at, ""))
             .then_refused({{"T31", refusal::key_mismatch}, {"T32", refusal::support_environment_not_customer_managed}});
     }},
    {"T32: then it may be copied onto",
     [] {
         const world w = applied.after(power_platform, applies(applied_at), on_support)
                             .after(power_platform, ends(applied_at, operation::applying), on_support);
         return given(power_platform, w).on("support").from("prod").when(copies(applied_at, "")).then_allowed();
     }},
    {"T32: only customer-managed data needs that",
     [] { return given(power_platform, active).on("support").from("prod").when(copies(active_at, "")).then_allowed(); }},
    {"another tenant's environment is never the same protector",
     [] {
         const world w = but(eligible, [](world& each) { each.environments[1].tenant = tenant_id("fabrikam"); });
         return given(power_platform, w)
             .on("sandbox")
             .from("prod")
             .when(copies(uploaded_at, ""))
             .then_refused({{"T31", refusal::key_mismatch}});
     }},
};
static_assert(first_failure(targets) == none_failed);
TEST_CASE("T31, T32: a copy stays under the key that it came from") { run(targets); }

constexpr world half_open = prod_back; // prod is open, sandbox still locked

constexpr scenario closed[] = {
    {"resolution 14: from a locked environment",
     [] {
         return given(power_platform, half_open)
             .on("prod")
             .from("sandbox")
             .when(copies(prod_back_at, "prod"))
             .then_refused({{"T22", refusal::environment_locked}});
     }},
    {"resolution 14: onto a locked environment",
     [] {
         return given(power_platform, half_open)
             .on("sandbox")
             .from("prod")
             .when(copies(prod_back_at, ""))
             .then_refused({{"T22", refusal::environment_locked}});
     }},
    {"resolution 20: from one that is being moved",
     [] {
         const world w = both.after(power_platform, returns(applied_at), on_prod);
         return given(power_platform, w)
             .on("sandbox")
             .from("prod")
             .when(copies(applied_at, ""))
             .then_refused({{"T36", refusal::operation_in_progress}});
     }},
    {"resolution 14: onto production its name is typed",
     [] {
         return given(power_platform, both)
                    .on("prod")
                    .from("sandbox")
                    .when(copies(applied_at, ""))
                    .then_refused({{"T31", refusal::confirmation_mismatch}}) &&
                given(power_platform, both).on("prod").from("sandbox").when(copies(applied_at, "prod")).then_allowed();
     }},
    {"T31: an administrator of both",
     [] { return given(power_platform, both).on("prod").from("sandbox").when(copies(applied_at, "prod", sam)).then_allowed(); }},
    {"T31: of one of them is not enough, either way round",
     [] {
         return given(power_platform, both)
                    .on("prod")
                    .from("sandbox")
                    .when(copies(applied_at, "prod", erin))
                    .then_refused({{"T05", refusal::not_authorized}}) &&
                given(power_platform, both)
                    .on("sandbox")
                    .from("prod")
                    .when(copies(applied_at, "", erin))
                    .then_refused({{"T05", refusal::not_authorized}});
     }},
};
static_assert(first_failure(closed) == none_failed);
TEST_CASE("T31: who copies, and from where") { run(closed); }

} // namespace
