// SPDX-License-Identifier: Apache-2.0
#include <keywright/policy/field_encryption.hpp>

#include "worlds.hpp"

namespace {

using namespace keywright;
using namespace keywright::testing;

constexpr world sealed = applied.after(power_platform, enable_field_encryption{alice, applied_at}, on_prod);

constexpr scenario one_way[] = {
    {"G09: it is turned on, and the environment knows",
     [] {
         return given(power_platform, applied)
                    .on("prod")
                    .when(enable_field_encryption{erin, applied_at})
                    .then_allowed({"field_encryption_enabled"}) &&
                sealed.environment("prod").field_encrypted && !sealed.environment("sandbox").field_encrypted;
     }},
    {"G09: turned on again, nothing more happens",
     [] { return given(power_platform, sealed).on("prod").when(enable_field_encryption{alice, applied_at}).then_allowed({}); }},
    {"G09: it cannot be turned off",
     [] {
         return given(power_platform, sealed)
             .on("prod")
             .when(disable_field_encryption{alice, applied_at + days(999)})
             .then_refused({{"G09", refusal::cannot_turn_off}});
     }},
    {"G09: what was never on is off",
     [] { return given(power_platform, sealed).on("sandbox").when(disable_field_encryption{alice, applied_at}).then_allowed({}); }},
    {"H01: nowhere",
     [] {
         return given(power_platform, sealed)
             .on("nowhere")
             .when(enable_field_encryption{alice, applied_at})
             .refused_by({"H01", refusal::not_found});
     }},
};
static_assert(first_failure(one_way) == none_failed);
TEST_CASE("G09: field encryption is turned on once, and never off") { run(one_way); }

} // namespace
