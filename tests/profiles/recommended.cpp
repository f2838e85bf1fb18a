// SPDX-License-Identifier: Apache-2.0
// T34 again, under `recommended`: the second administrator wins.
#include <keywright/profiles/recommended.hpp>

#include "../policy/second_worlds.hpp"

namespace {

using namespace keywright;
using namespace keywright::testing;

constexpr scenario story[] = {
    {"she activates her key; bob, told an hour later, goes back to the old one at once",
     [] {
         const instant told = hers_since + hours(1);
         const world w = hers_active.after(recommended, delivered(told, bob, 66, 2))
                             .after(recommended, rolls_back(told))
                             .after(recommended, ends(told + minutes(3), operation::activation));
         return state_of(w, "k1") == key_state::active && w.ring.locked == 0 &&
                given(recommended, w)
                    .when(locks(told + days(30), 66))
                    .then_refused({{"T21", refusal::wrong_key}, {"R02", refusal::notice_undelivered}});
     }},
    {"she keeps the mail from him: then her lock never passes, and he may roll back whenever he looks",
     [] {
         const instant late = hers_since + days(60);
         return given(recommended, hers_active).when(locks(late, 66)).then_refused({{"R02", refusal::notice_undelivered}}) &&
                given(recommended, hers_active).when(rolls_back(late)).then_allowed();
     }},
    {"he is away for 72 h: then she may ask for a lock, and asking is all",
     [] {
         const world w = hers_told.after(recommended, locks(hers_lockable_at, 66));
         return w.ring.locked == 0 &&
                given(recommended, w).when(approves(hers_lockable_at, alice)).then_refused({{"R03", refusal::self_approval}});
     }},
    {"she removes him first: then nothing is locked at all",
     [] {
         const world w = hers_told.after(recommended, remove_administrator{.by = alice, .at = hers_since + hours(3), .who = bob.who});
         return given(recommended, w).when(locks(hers_lockable_at, 66)).then_refused({{"R03", refusal::approval_required}});
     }},
    {"she sets the clock forward and back: nothing is over by it",
     [] {
         const world w =
             hers_told.after(recommended, create_environment{.by = alice, .at = told_at + days(9), .environment = environment_id("x")});
         return given(recommended, w).when(locks(told_at + hours(1), 66)).then_refused({{"R04", refusal::clock_frozen, told_at + days(9)}});
     }},
    {"he undoes it while her key is still Installing",
     [] {
         const world w = hers_installing.after(recommended, rolls_back(hers_asked_at));
         return state_of(w, "hers") == key_state::available && state_of(w, "k1") == key_state::active;
     }},
};
static_assert(first_failure(story) == none_failed);
TEST_CASE("T34, recommended: the second administrator wins") { run(story); }

constexpr scenario twice[] = {
    {"a lock: requested again",
     [] { return given(recommended, requested).when(locks(requested_at)).after().ring.lock_request == requested.ring.lock_request; }},
    {"a delivery: reported again", [] { return given(recommended, hers_told).when(delivered(told_at, bob, 66, 2)).after() == hers_told; }},
    {"a cancelled activation: cancelled again",
     [] {
         const world w = hers_installing.after(recommended, rolls_back(hers_asked_at));
         return given(recommended, w).when(rolls_back(hers_asked_at)).after() == w;
     }},
    {"an accepted clock: accepted again",
     [] {
         const world w =
             hers_told.after(recommended, create_environment{.by = alice, .at = told_at + days(9), .environment = environment_id("x")})
                 .after(recommended, accepts(told_at, alice))
                 .after(recommended, accepts(told_at, bob));
         return given(recommended, w).when(accepts(told_at, bob)).after() == w;
     }},
};
static_assert(first_failure(twice) == none_failed);
TEST_CASE("recommended: an accepted command, asked for again, does no harm") { run(twice); }

// What power_platform allows nobody, recommended may; what it forbids for anybody, recommended forbids.
static_assert(recommended.rule_of<lock_cooldown>().span == hours(72) && recommended.rule_of<lock_waits_for_notice>().span == hours(72));
static_assert(recommended.rule_of<request_is_fresh>().span == hours(24) && recommended.rule_of<deadline_found_twice>().span == hours(24));
static_assert(decltype(recommended)::grants::to<approve_lock>() == tenant_admin &&
              decltype(power_platform)::grants::to<approve_lock>() == no_one);

} // namespace
