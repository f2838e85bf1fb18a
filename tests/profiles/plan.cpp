// SPDX-License-Identifier: Apache-2.0
#include "../policy/worlds.hpp"

#include <keywright/profiles/plan.hpp>

namespace {

using namespace keywright;
using namespace keywright::testing;
using profiles::plan;
using profiles::plan_outline;

template <class C>
constexpr plan_outline planned(const world& w, const C& command, const subject& about = {}) {
    const world here = w;
    return plan(power_platform, here.facts_for(command.at, about), command);
}
template <class C>
constexpr bool answers_alike(const world& w, const C& command, const subject& about = {}) {
    const decision a = planned(w, command, about).decision;
    const decision b = w.decide(power_platform, command, about);
    return a.allowed() ? b.allowed() && a.events() == b.events() : b.refused() && a.reasons() == b.reasons();
}

constexpr scenario outlines[] = {
    {"a plan answers as the command does, allowed or refused",
     [] {
         return answers_alike(both, locks(lockable_at)) && answers_alike(both, locks(lockable_at - second)) &&
                answers_alike(locked, unlocks_key(unlockable_at)) && answers_alike(applied, returns(applied_at), on_prod);
     }},
    {"T43, resolutions 9 and 10: a lock: what it hits, what it does not reach, which keys die, and that it is for no normal day",
     [] {
         const world w = both.after(power_platform, uploads(applied_at, "k2", 2));
         const plan_outline p = planned(w, locks(lockable_at));
         return p.environments_hit == 2 && p.environments_not_covered == 1 && p.downtime && p.backups_become_unreadable &&
                p.notice_to_all && p.never_in_normal_business && p.keys_that_die.size() == 2 && p.keys_that_die[0].view() == "k1" &&
                p.keys_that_die[1].view() == "k2";
     }},
    {"the earliest moment, the moment itself, and none where time alone does not help",
     [] {
         return planned(both, locks(applied_at)).allowed_from == lockable_at &&
                planned(both, locks(lockable_at)).allowed_from == lockable_at &&
                !happened(planned(active, locks(lockable_at)).allowed_from);
     }},
    {"T40: one notice for each administrator, and none where nobody is told",
     [] {
         return planned(both, locks(lockable_at)).notices == 5 && planned(both, open_environment{alice, applied_at}, on_prod).notices == 0;
     }},
    {"resolution 9: a lock does not hit what is being reset",
     [] {
         const world w = both.after(power_platform, reset{alice, applied_at, typed_text("prod")}, on_prod);
         return planned(w, locks(lockable_at)).environments_hit == 1;
     }},
    {"T43: the same, told when the lock is refused",
     [] { return planned(both, locks(applied_at)).never_in_normal_business && planned(both, locks(applied_at)).environments_hit == 2; }},
    {"T43: what a lock hits are the environments on the key, what it does not reach those on the provider's",
     [] {
         const world w = both;
         const plan_outline p = planned(w, locks(lockable_at));
         const auto f = w.facts_for(lockable_at, {});
         std::uint32_t hit = 0, not_covered = 0;
         for (const environment_state& e : w.environments) {
             hit += is_hit(p.reaches, f, e) ? 1U : 0U;
             not_covered += is_not_covered(p.reaches, f, e) ? 1U : 0U;
         }
         return hit == p.environments_hit && not_covered == p.environments_not_covered && hit == 2 && not_covered == 1;
     }},
    {"T15: an activation re-wraps without downtime",
     [] {
         const world w = both.after(power_platform, uploads(applied_at, "k2", 2));
         const plan_outline p = planned(w, activates(lockable_at, "k2"));
         return p.environments_hit == 2 && !p.downtime && p.notice_to_all && p.keys_that_die.empty();
     }},
    {"T19, T20: apply and return take one environment down, and are told",
     [] {
         const plan_outline a = planned(active, applies(active_at), on_prod);
         const plan_outline b = planned(applied, returns(applied_at), on_prod);
         return a.environments_hit == 1 && a.downtime && a.notice_to_all && b.environments_hit == 1 && b.downtime && b.notice_to_all;
     }},
    {"T33, T36: reset and deletion end the backups",
     [] {
         return planned(applied, reset{alice, applied_at, typed_text("prod")}, on_prod).backups_become_unreadable &&
                planned(applied, delete_environment{alice, applied_at, typed_text("prod")}, on_prod).backups_become_unreadable;
     }},
    {"resolution 14: a copy is told where it goes onto production",
     [] {
         return planned(both, copy{alice, applied_at, typed_text("prod")}, {environment_id("prod"), environment_id("sandbox"), {}})
                    .notice_to_all &&
                !planned(both, copy{alice, applied_at, {}}, {environment_id("sandbox"), environment_id("prod"), {}}).notice_to_all;
     }},
};
static_assert(first_failure(outlines) == none_failed);
TEST_CASE("a plan says beforehand what a command will do") { run(outlines); }

} // namespace
