// SPDX-License-Identifier: Apache-2.0
// A rule of your own: whoever approves a lock must have held the role for three days, so that a rogue administrator
// cannot make an accomplice today and lock with them tomorrow. Nothing in the library is touched.
#include <keywright/format.hpp>
#include <keywright/policy.hpp>
#include <keywright/profiles/consistency.hpp>

using namespace keywright;

namespace acme {

struct approver_is_no_newcomer {
    using id = policy::rule_tag<"ACME-1">;
    using commands = policy::types<policy::approve_lock>;
    seconds span = hours(72);

    constexpr policy::verdict operator()(const policy::facts& f, const policy::approve_lock& c) const {
        for (const policy::administrator& a : f.tenant.administrators)
            if (a.who == c.by.who && a.environment.empty() && f.now < a.since + span)
                return policy::verdict::wait(policy::refusal::consumer_rule, a.since, span, c.by.who.view());
        return policy::verdict::pass();
    }
};

inline constexpr auto house = profiles::recommended.with(approver_is_no_newcomer{});
static_assert(profiles::check_profile<house>());

} // namespace acme

int main() {
    const instant noon{1'800'000'000};
    const fingerprint print{{1}};
    policy::tenant_state tenant;
    policy::ring_state ring;
    tenant.id = tenant_id("contoso");
    tenant.administrators.push_back({admin_id("alice"), {}, noon - days(90)});
    tenant.administrators.push_back({admin_id("puppet"), {}, noon - hours(1)});
    ring.latest = noon;
    ring.keys.push_back({key_id("k1"), print, policy::key_state::active, noon - days(30)});
    ring.effective_at = ring.activation.noticed_at = noon - days(30);
    ring.environments = ring.customer_managed = 1;
    ring.lock_request = {admin_id("alice"), print, noon};

    const policy::facts facts{.tenant = tenant, .ring = ring, .now = noon};
    const policy::approve_lock command{.by = {admin_id("puppet")}, .at = noon, .confirmation = policy::typed_text("lock contoso")};
    const auto answer = [&](const auto& profile) {
        const auto decision = profiles::decide(profile, facts, command);
        if (decision.allowed()) return fmt::print("allowed\n");
        for (const policy::reason& reason : decision.reasons()) fmt::print("{}\n", reason);
    };
    fmt::print("recommended: ");
    answer(profiles::recommended);
    fmt::print("ours: ");
    answer(acme::house);
}
