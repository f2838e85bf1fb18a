// SPDX-License-Identifier: Apache-2.0
// SAYS: policy: nothing follows from this command; of a customer's own vault: include keywright/profiles/enterprise_policy.hpp
// SAYS: decision: it may be a refusal; ask refused()
// SAYS: verdict: return it; a rule that drops it objects to nothing
// SAYS: profile: holds no rule of this type
// A command of a vault that the profile has never heard of, an answer that is dropped, an objection that is dropped, a number of a rule that is not there.
#include <keywright/policy.hpp>
#include <keywright/policy/vault_commands.hpp>

using namespace keywright;

policy::verdict ask(const policy::facts& f);

#ifndef FIXED
bool grant(const policy::facts& f) { return profiles::decide(profiles::recommended, f, policy::grant_access{}).allowed(); }
void lock_them(const policy::facts& f) { profiles::decide(profiles::recommended, f, policy::lock{}); }
policy::verdict too_late(const policy::facts& f) {
    ask(f);
    return policy::verdict::pass();
}
seconds span() { return profiles::power_platform.rule_of<policy::approval_by_another>().span; }
#else
bool lock(const policy::facts& f) { return profiles::decide(profiles::recommended, f, policy::lock{}).allowed(); }
policy::verdict in_time(const policy::facts& f) { return ask(f); }
seconds span() { return profiles::power_platform.rule_of<policy::retention>().span; }
#endif
