// SPDX-License-Identifier: Apache-2.0
#include <keywright/profiles/sources.hpp>

#include "../policy/worlds.hpp"

#include <keywright/profiles/dynamics_365.hpp>
#include <keywright/profiles/enterprise_policy.hpp>

namespace {

using namespace keywright;
using namespace keywright::testing;

/// Every rule of a profile, and its grants, is in the table.
template <class Grants, class... Rules>
constexpr bool each_has_a_source(const profiles::profile<Grants, Rules...>&) {
    return !profiles::source_of(Grants::id::text).document.empty() && (!profiles::source_of(Rules::id::text).document.empty() && ...);
}
static_assert(each_has_a_source(power_platform) && each_has_a_source(profiles::recommended) && each_has_a_source(profiles::dynamics_365) &&
              each_has_a_source(profiles::enterprise_policy));

constexpr bool no_id_twice() {
    for (std::size_t i = 0; i < profiles::rule_sources.size(); ++i)
        for (std::size_t k = 0; k < i; ++k)
            if (profiles::rule_sources[i].rule == profiles::rule_sources[k].rule) return false;
    return true;
}
static_assert(no_id_twice());

TEST_CASE("source_of: a refusal can be looked up where it comes from; a product's own rule has no document") {
    CHECK(profiles::source_of("T18").document == "Manage the encryption key, Power Platform documentation, 2020-04-17");
    CHECK(profiles::source_of("T18").section == "Understand the potential risk when you manage your keys");
    CHECK(profiles::source_of("ACME-1").document.empty());
}

} // namespace
