// SPDX-License-Identifier: Apache-2.0
// Without a rule: nothing of ours is deleted because time has passed. A rule can only object, so leaving one out never
// forbids anything; where another one needs it, this does not compile and says so:
//   profile: R04 asks for two findings of a deadline, and T26, which sets it, is left out
#include <keywright/format.hpp>
#include <keywright/policy.hpp>
#include <keywright/profiles/consistency.hpp>

using namespace keywright;

namespace acme {

/// The system may not even ask.
struct grants : profiles::power_platform_grants {
    template <class C>
    static constexpr policy::roles to() {
        return std::is_same_v<C, policy::expire_environment> ? policy::no_one : profiles::power_platform_grants::to<C>();
    }
};
inline constexpr auto house = profiles::power_platform.without(policy::rule_tag<"T26">{}).granting<grants>();
static_assert(profiles::check_profile<house>());

} // namespace acme

int main() {
    const instant noon{1'800'000'000};
    const fingerprint print{{1}};
    policy::tenant_state tenant;
    policy::ring_state ring;
    tenant.id = tenant_id("contoso");
    tenant.administrators.push_back({admin_id("alice"), {}, noon - days(400)});
    ring.keys.push_back({key_id("k1"), print, policy::key_state::locked, noon - days(300)});
    ring.environments = ring.locked = 1;
    ring.lock_epoch = 1;
    ring.lock_requested_at = noon - days(200);
    ring.locks.push_back({1, noon - days(200)});

    const policy::facts facts{.tenant = tenant, .ring = ring, .now = noon};
    const policy::key_evidence file{.format = policy::file_kind::pfx,
                                    .outcome = policy::file_outcome::opened,
                                    .has_password = true,
                                    .has_private = true,
                                    .print = print,
                                    .kid = {}};
    const policy::unlock_key command{.by = {admin_id("alice")}, .at = noon, .key = file};
    const auto answer = [&](std::string_view name, const auto& profile) {
        const auto decision = profiles::decide(profile, facts, command);
        fmt::print("{}: {}\n", name, decision.allowed() ? "allowed" : to_text(decision.reasons()[0]));
    };
    answer("after 200 days, power_platform", profiles::power_platform);
    answer("after 200 days, ours", acme::house);
}
