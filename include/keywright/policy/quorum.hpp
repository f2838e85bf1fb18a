// SPDX-License-Identifier: Apache-2.0
// The family of quorums: no command of these unless so many administrators of the tenant could agree on it. Who agrees is
// the rule of the command that says so: policy/second_administrator has the two of a lock.
// Depends on: policy/rule. Use, no deletion while one person is the only administrator:
//     using never_alone = quorum<"ACME-4", delete_environment>;
//     inline constexpr auto acme = profiles::recommended.with(never_alone{.people = 2});
#pragma once

#include <keywright/policy/rule.hpp>

namespace keywright::policy {

/// How many different people administer the whole tenant.
constexpr std::uint32_t tenant_administrators(const tenant_state& tenant) {
    std::uint32_t count = 0;
    for (const administrator& a : tenant.administrators) count += a.environment.empty() ? 1U : 0U;
    return count;
}

/// `people` different administrators are there at all. Only the provider can add one whom the others did not choose.
template <fixed_text Id, class... Commands>
struct quorum {
    using id = rule_tag<Id>;
    using commands = types<Commands...>;
    std::uint32_t people = 2;

    template <class C>
    constexpr verdict operator()(const facts& f, const C&) const {
        const std::uint32_t count = tenant_administrators(f.tenant);
        if (count >= people) return verdict::pass();
        return verdict::measure(refusal::approval_required, mender::provider, count, people);
    }
};

} // namespace keywright::policy
