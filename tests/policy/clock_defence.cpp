// SPDX-License-Identifier: Apache-2.0
#include "second_worlds.hpp"

#include <keywright/policy/effects.hpp>

namespace {

using namespace keywright;
using namespace keywright::testing;

// A clock ran far ahead and something was committed by it: an environment that nobody needs. Then it was put right.
constexpr seconds ahead = days(400);
constexpr world after_leap(const world& w) {
    return w.after(recommended, create_environment{.by = alice, .at = w.ring.latest + ahead, .environment = environment_id("late")});
}
constexpr world leapt = after_leap(hers_told); // a lock with `hers` was still to wait
constexpr instant leap = told_at + ahead;
constexpr instant right = told_at + hours(1);

constexpr world locked_leapt = after_leap(locked_by_two);
constexpr instant locked_at_two = requested_at + hours(1) + minutes(5);
constexpr instant locked_right = locked_at_two + hours(1);

constexpr scenario frozen[] = {
    {"R04: a lock that only the leap would allow is refused; it stays so until the clock has caught up",
     [] {
         return given(recommended, leapt).when(locks(right, 66)).then_refused({{"R04", refusal::clock_frozen, leap}}) &&
                given(recommended, leapt).when(locks(leap - second, 66)).then_refused({{"R04", refusal::clock_frozen, leap}}) &&
                given(recommended, leapt).when(locks(leap, 66)).then_allowed();
     }},
    {"R04: power_platform, which holds the time at the latest commit, would allow it",
     [] { return given(power_platform, leapt).when(locks(right, 66)).then_allowed(); }},
    {"R04: an approval",
     [] {
         const world w = after_leap(requested);
         return given(recommended, w)
             .when(approves(requested_at + second))
             .refused_by({"R04", refusal::clock_frozen, requested_at + ahead});
     }},
    {"R04: the next activation",
     [] { return given(recommended, leapt).when(activates(right, "k1")).then_refused({{"R04", refusal::clock_frozen, leap}}); }},
    {"R04: but not where nothing was ever waited for",
     [] {
         const world w = after_leap(eligible.after(recommended, generates(t0 + hours(1))));
         return given(recommended, w).when(activates(t0 + hours(2), "k1")).then_allowed();
     }},
    {"R04: an unlock",
     [] {
         return given(recommended, locked_leapt)
             .when(unlocks_key(locked_right))
             .refused_by({"R04", refusal::clock_frozen, locked_at_two + ahead});
     }},
    {"R04: unlocking an environment",
     [] {
         const instant back = locked_right;
         const world w =
             after_leap(locked_by_two.after(recommended, unlocks_key(back)).after(recommended, ends(back, operation::unlocking_key)));
         return given(recommended, w).on("prod").when(unlocks(back)).refused_by({"R04", refusal::clock_frozen, back + ahead});
     }},
    {"R04: above all a deletion",
     [] {
         return given(recommended, locked_leapt)
             .on("prod")
             .when(expires(locked_right))
             .then_refused({{"R04", refusal::clock_frozen, locked_at_two + ahead}});
     }},
    {"R04: a rollback is not hindered: its window does not close either",
     [] { return given(recommended, leapt).when(rolls_back(right)).then_allowed(); }},
};
static_assert(first_failure(frozen) == none_failed);
TEST_CASE("R04: by a clock that is behind nothing is over") { run(frozen); }

constexpr world voted = leapt.after(recommended, accepts(right, alice));
constexpr world agreed = voted.after(recommended, accepts(right + hours(1), bob));
constexpr instant anew = right + hours(1);

constexpr scenario votes[] = {
    {"R04: one administrator does not suffice",
     [] {
         return given(recommended, leapt).when(accepts(right, alice)).then_event(0, clock_accepted{right, false}) &&
                voted.ring.latest == leap &&
                given(recommended, voted).when(locks(right, 66)).then_refused({{"R04", refusal::clock_frozen, leap}});
     }},
    {"R04: nor the same one twice",
     [] { return given(recommended, voted).when(accepts(right + second, alice)).then_event(0, clock_accepted{right + second, false}); }},
    {"R04: a second one does: time goes on from there, and every wait begins again in full",
     [] {
         return given(recommended, voted).when(accepts(anew, bob)).then_event(0, clock_accepted{anew, true}) &&
                agreed.ring.latest == anew && agreed.ring.clock_era == 1 && agreed.ring.clock.by.empty() &&
                given(recommended, agreed)
                    .when(locks(anew + hours(72) - second, 66))
                    .then_refused({{"T18", refusal::lock_cooldown, anew + hours(72)}, {"R02", refusal::lock_cooldown, anew + hours(72)}}) &&
                given(recommended, agreed).when(locks(anew + hours(72), 66)).then_allowed();
     }},
    {"R04: and so does T17",
     [] {
         return given(recommended, agreed)
             .when(activates(anew + hours(24) - second, "k1"))
             .then_refused({{"T17", refusal::activation_cooldown, anew + hours(24)}});
     }},
    {"R04: a vote counts for 24 h of its own clock, less a second",
     [] {
         return given(recommended, voted)
                    .when(accepts(right + hours(24) - second, bob))
                    .then_event(0, clock_accepted{right + hours(24) - second, true}) &&
                given(recommended, voted).when(accepts(right + hours(24), bob)).then_event(0, clock_accepted{right + hours(24), false}) &&
                given(recommended, voted).when(accepts(right - second, bob)).then_event(0, clock_accepted{right - second, false});
     }},
    {"R04: and only while whoever gave it is administrator",
     [] {
         const world w = voted.after(recommended, remove_administrator{.by = bob, .at = right, .who = alice.who})
                             .after(recommended, add_administrator{.by = provider_person, .at = right, .who = carol.who});
         return given(recommended, w).when(accepts(right + second, bob)).then_event(0, clock_accepted{right + second, false});
     }},
    {"R04: a clock that is not behind needs no acceptance",
     [] {
         return given(recommended, leapt).when(accepts(leap, alice)).then_refused({{"R04", refusal::not_in_progress}}) &&
                given(recommended, leapt).when(accepts(leap - second, alice)).then_allowed();
     }},
    {"R04: an environment's administrator has no vote",
     [] { return given(recommended, voted).when(accepts(right, erin)).then_refused({{"T05", refusal::not_authorized}}); }},
    {"R04: retention and T24's hour begin again, too; what was requested is forgotten",
     [] {
         const world w = locked_leapt.after(recommended, accepts(locked_right, alice)).after(recommended, accepts(locked_right, bob));
         return given(recommended, w)
                    .when(unlocks_key(locked_right + hours(1) - second))
                    .then_refused({{"T24", refusal::unlock_cooldown, locked_right + hours(1)}}) &&
                given(recommended, w).when(unlocks_key(locked_right + hours(1))).then_allowed() &&
                given(recommended, w)
                    .on("prod")
                    .when(expires(locked_right + days(28) - second))
                    .then_refused({{"T26", refusal::not_due, locked_right + days(28)}});
     }},
};
static_assert(first_failure(votes) == none_failed);
TEST_CASE("R04: two administrators accept a clock that is behind, and every window starts again") { run(votes); }

constexpr instant due = locked_at_two + days(28);
constexpr world seen = locked_by_two.after(recommended, expires(due), on_prod);

constexpr scenario deletions[] = {
    {"R04, T26: a second before the deadline",
     [] {
         return given(recommended, locked_by_two).on("prod").when(expires(due - second)).then_refused({{"T26", refusal::not_due, due}});
     }},
    {"R04, T26: the first tick after it says so, to everybody",
     [] {
         const outcome o = given(recommended, locked_by_two).on("prod").when(expires(due));
         return o.then_allowed({"deadline_passed"}) && !o.after().environment("prod").deleted && notifies(o.decision().events()[0]);
     }},
    {"R04, T26: the second one within 24 h does nothing",
     [] {
         return given(recommended, seen).on("prod").when(expires(due)).then_refused({{"R04", refusal::not_due, due + hours(24)}}) &&
                given(recommended, seen)
                    .on("prod")
                    .when(expires(due + hours(24) - second))
                    .then_refused({{"R04", refusal::not_due, due + hours(24)}});
     }},
    {"R04, T26: 24 h after the first it deletes",
     [] { return given(recommended, seen).on("prod").when(expires(due + hours(24))).then_allowed({"environment_deleted"}); }},
    {"R04, T26: each environment is found due by itself",
     [] { return given(recommended, seen).on("sandbox").when(expires(due + hours(24))).then_allowed({"deadline_passed"}); }},
    {"R04, T26: from the deadline on an unlock is refused all the same",
     [] { return given(recommended, locked_by_two).when(unlocks_key(due)).then_refused({{"T26", refusal::retention_expired}}); }},
    {"R04, T26: what a clock found that was put right since does not count",
     [] {
         const world w = after_leap(locked_by_two).after(recommended, expires(locked_at_two + ahead), on_prod);
         const world put_right = w.after(recommended, accepts(locked_right, alice)).after(recommended, accepts(locked_right, bob));
         const instant again = locked_right + days(28);
         return deadline_was_seen(w.ring, w.environment("prod")) && !deadline_was_seen(put_right.ring, put_right.environment("prod")) &&
                given(recommended, put_right).on("prod").when(expires(again)).then_allowed({"deadline_passed"});
     }},
    {"R04, T26: in power_platform once is enough",
     [] { return given(power_platform, locked_by_two).on("prod").when(expires(due)).then_allowed({"environment_deleted"}); }},
};
static_assert(first_failure(deletions) == none_failed);
TEST_CASE("R04: T26 deletes what two ticks, 24 h apart, have found past its deadline") { run(deletions); }

} // namespace
