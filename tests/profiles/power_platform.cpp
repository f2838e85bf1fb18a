// SPDX-License-Identifier: Apache-2.0
// T34, the acceptance story: one administrator turns on the others. What the literal profile gives them is time: 72 h
// before a lock passes, a mail at each step, T20 at once, and the old key again after 24 h.
#include <keywright/profiles/power_platform.hpp>

#include "../policy/worlds.hpp"

#include <keywright/policy/effects.hpp>

namespace {

using namespace keywright;
using namespace keywright::testing;

// alice goes rogue with a key of her own, on a ring that has long been quiet under k1.
constexpr instant begun = active_at + days(30);
constexpr world made_hers = both.after(power_platform, generates(begun, "hers", 66));
constexpr world taken_over = made_hers.after(power_platform, activates(begun + minutes(1), "hers"));
constexpr instant hers_since = begun + minutes(3);
constexpr world under_hers = taken_over.after(power_platform, ends(hers_since, operation::activation));

constexpr bool told(const decision& d) {
    for (const event& e : d.events())
        if (notifies(e)) return true;
    return false;
}
constexpr return_to_provider bob_returns(instant at) {
    return but(returns(at), [](return_to_provider& c) { c.by = bob; });
}
constexpr activate_key bob_activates(instant at) {
    return but(activates(at, "k1"), [](activate_key& c) { c.by = bob; });
}

constexpr scenario story[] = {
    {"each of her steps is told to everybody",
     [] {
         return told(given(power_platform, both).when(generates(begun, "hers", 66)).decision()) &&
                told(given(power_platform, made_hers).when(activates(begun, "hers")).decision()) &&
                told(given(power_platform, taken_over).when(ends(hers_since, operation::activation)).decision());
     }},
    {"her lock does not pass for 72 h",
     [] {
         return given(power_platform, under_hers)
                    .when(locks(hers_since, 66))
                    .then_refused({{"T18", refusal::lock_cooldown, hers_since + hours(72)}}) &&
                given(power_platform, under_hers)
                    .when(locks(hers_since + hours(72) - second, 66))
                    .then_refused({{"T18", refusal::lock_cooldown, hers_since + hours(72)}});
     }},
    {"nor while her key is Installing, nor with the key that was there before",
     [] {
         return given(power_platform, taken_over)
                    .when(locks(begun + minutes(2), 66))
                    .then_refused({{"T15", refusal::key_change_in_progress}, {"T21", refusal::wrong_key}}) &&
                given(power_platform, under_hers).when(locks(hers_since + hours(72), 1)).then_refused({{"T21", refusal::wrong_key}});
     }},
    {"T20: bob returns the environments at once; then her lock finds nothing",
     [] {
         const world one = under_hers.after(power_platform, bob_returns(hers_since), on_prod)
                               .after(power_platform, ends(hers_since + minutes(9), operation::returning), on_prod);
         const world all =
             one.after(power_platform, but(bob_returns(hers_since), [](return_to_provider& c) { c.confirmation = {}; }), on_sandbox)
                 .after(power_platform, ends(hers_since + minutes(20), operation::returning), on_sandbox);
         return given(power_platform, all).when(locks(hers_since + hours(72), 66)).then_refused({{"T21", refusal::nothing_to_lock}});
     }},
    {"T20: an environment's own administrator can, too",
     [] {
         return given(power_platform, under_hers)
             .on("prod")
             .when(but(bob_returns(hers_since), [](return_to_provider& c) { c.by = erin; }))
             .then_allowed({"risk_acknowledged", "return_started"});
     }},
    {"resolution 2: the old key is Available, and may be activated again from 24 h on, not earlier",
     [] {
         return state_of(under_hers, "k1") == key_state::available &&
                given(power_platform, under_hers)
                    .when(bob_activates(hers_since + hours(24) - second))
                    .then_refused({{"T17", refusal::activation_cooldown, hers_since + hours(24)}}) &&
                given(power_platform, under_hers).when(bob_activates(hers_since + hours(24))).then_allowed();
     }},
    {"after that her key locks nothing, and every window begins again",
     [] {
         const instant back = hers_since + hours(24);
         const world w = under_hers.after(power_platform, bob_activates(back)).after(power_platform, ends(back, operation::activation));
         return given(power_platform, w)
             .when(locks(hers_since + hours(72), 66))
             .then_refused({{"T18", refusal::lock_cooldown, back + hours(72)}, {"T21", refusal::wrong_key}});
     }},
    {"removed, she has no say any more",
     [] {
         const world w = under_hers.after(power_platform, remove_administrator{.by = bob, .at = hers_since, .who = alice.who});
         return given(power_platform, w).when(locks(hers_since + hours(72), 66)).then_refused({{"T05", refusal::not_authorized}});
     }},
    {"left alone for 72 h she locks: what the sources say, and why `recommended` exists",
     [] {
         return given(power_platform, under_hers).when(locks(hers_since + hours(72), 66)).then_allowed({"lock_requested", "lock_started"});
     }},
    {"resolution 24: setting the clock forward and back again does not shorten the 72 h for a command of then",
     [] {
         return given(power_platform, under_hers)
             .when(locks(hers_since - days(400), 66))
             .then_refused({{"T18", refusal::lock_cooldown, hers_since + hours(72)}});
     }},
};
static_assert(first_failure(story) == none_failed);
TEST_CASE("T34: a rogue administrator meets 72 h, mails, and ways to undo what she did") { run(story); }

// The numbers of the source.
static_assert(power_platform.rule_of<lock_cooldown>().span == hours(72));
static_assert(power_platform.rule_of<activation_cooldown>().span == hours(24));
static_assert(power_platform.rule_of<unlock_cooldown>().span == hours(1));
static_assert(power_platform.rule_of<retention>().span == days(28));
static_assert(power_platform.rule_of<enough_seats>().seats == 1000);
static_assert(power_platform.rule_of<rsa_of_size>().bits == 2048);

} // namespace
