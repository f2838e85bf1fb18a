// SPDX-License-Identifier: Apache-2.0
#include <keywright/profiles/next_allowed.hpp>

#include "../policy/second_worlds.hpp"
#include "availability.hpp"

namespace {

using namespace keywright;
using namespace keywright::testing;

constexpr scenario answers[] = {
    {"now: what every rule lets pass", [] { return of(power_platform, both, lockable_at, "lock").when == allowed::now; }},
    {"from: the last of the waits",
     [] {
         return says(of(power_platform, both, applied_at, "lock"), allowed::from, "T18", lockable_at) &&
                says(of(recommended, hers_told, hers_since + hours(71), "lock"), allowed::from, "R02", hers_lockable_at);
     }},
    {"that moment is the one at which the command is allowed, and a second before it is not",
     [] {
         const instant from = of(power_platform, both, applied_at, "lock").from;
         return given(power_platform, both).when(locks(from)).then_allowed() &&
                !given(power_platform, both).when(locks(from - second)).then_allowed();
     }},
    {"after: what, and who can do it",
     [] {
         const availability a = of(power_platform, active, active_at + days(9), "lock");
         return says(a, allowed::after, "T21") && a.why.code == refusal::nothing_to_lock &&
                a.why.who_can_mend == mender::tenant_administrator;
     }},
    {"after: and not before a moment that is known already",
     [] { return says(of(power_platform, active, active_at, "lock"), allowed::after, "T21", active_at + hours(72)); }},
    {"after: a second administrator's word",
     [] {
         const availability a = of(recommended, requested, requested_at, "approve_lock");
         return a.when == allowed::after && a.why.code == refusal::self_approval && a.why.who_can_mend == mender::second_administrator &&
                of(recommended, requested, requested_at, "approve_lock", bob).when == allowed::now;
     }},
    {"never: without the role",
     [] {
         return says(of(power_platform, both, applied_at, "lock", erin), allowed::never, "T05", lockable_at) &&
                of(power_platform, applied, applied_at, "return_to_provider", erin).when == allowed::now;
     }},
    {"what the caller can put right does not stand in the way",
     [] {
         return of(power_platform, active, active_at, "apply_key").when == allowed::now &&
                of(power_platform, locked, unlockable_at, "unlock_key").when == allowed::now &&
                of(power_platform, both, applied_at, "delete_environment").when == allowed::now;
     }},
    {"what the profile does not have is not listed",
     [] {
         const world w = both;
         const auto list = profiles::everything_allowed(power_platform, w.facts_for(applied_at, {}), alice, applied_at);
         for (const availability& a : list)
             if (a.command == "approve_lock" || a.command == "apply_key") return false;
         return list.size() == 6 && of(power_platform, both, applied_at, "approve_lock").command.empty();
     }},
    {"from: what a wait ends in is judged too: when a day of waiting ends after the last moment, waiting does not help",
     [] {
         const world w = key_unlocking;
         const instant asked = unlockable_at;
         const auto a =
             profiles::next_allowed(power_platform.with(unlock_cooldown{days(29)}), locked.facts_for(asked, {}), unlocks_key(asked));
         return a.when == allowed::after && a.why.code == refusal::retention_expired && w.ring.locked == 2;
     }},
    {"a backup, a copy and a restore: judged where their other environment is known",
     [] {
         const world w = both.after(power_platform, take_backup{alice, applied_at, backup_id{"b1"}}, on_sandbox)
                             .after(power_platform, take_backup{alice, applied_at, backup_id{"b2"}}, on_support);
         const subject from_sandbox{environment_id{"prod"}, environment_id{"sandbox"}, backup_id{"b1"}};
         const subject from_support{environment_id{"prod"}, environment_id{"support"}, backup_id{"b2"}};
         const auto says_now = [&](std::string_view command, const subject& about, const actor& by) {
             return of(power_platform, w, applied_at, command, by, about).when;
         };
         return says_now("take_backup", on_prod, alice) == allowed::now && says_now("restore", from_sandbox, erin) == allowed::now &&
                says_now("copy", from_sandbox, sam) == allowed::now && says_now("copy", from_sandbox, erin) == allowed::never &&
                says(of(power_platform, w, applied_at, "copy", alice, from_support), allowed::after, "T31") &&
                says(of(power_platform, w, applied_at, "restore", alice, from_support), allowed::after, "T30") &&
                of(power_platform, w, applied_at, "copy").command.empty() && says_now("take_backup", from_support, erin) == allowed::now;
     }},
};
static_assert(first_failure(answers) == none_failed);
TEST_CASE("everything_allowed: what can I do now, and what when") { run(answers); }

} // namespace
