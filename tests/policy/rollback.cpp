// SPDX-License-Identifier: Apache-2.0
#include <keywright/policy/rollback.hpp>

#include "second_worlds.hpp"

namespace {

using namespace keywright;
using namespace keywright::testing;

constexpr key_id k1{"k1"};
constexpr key_id hers{"hers"};
constexpr instant far = hers_since + days(9);

constexpr scenario notices[] = {
    {"R02: undelivered, the wait does not run",
     [] { return given(recommended, hers_active).when(locks(far, 66)).then_refused({{"R02", refusal::notice_undelivered}}); }},
    {"R02: 72 h from the delivery, less a second",
     [] {
         return given(recommended, hers_told)
             .when(locks(hers_lockable_at - second, 66))
             .then_refused({{"R02", refusal::lock_cooldown, hers_lockable_at}});
     }},
    {"R02: 72 h from the delivery",
     [] { return given(recommended, hers_told).when(locks(hers_lockable_at, 66)).then_allowed({"lock_requested"}); }},
    {"R02: both waits are told while both are open",
     [] {
         return given(recommended, hers_told)
             .when(locks(hers_since + hours(71), 66))
             .then_refused({{"T18", refusal::lock_cooldown, hers_since + hours(72)}, {"R02", refusal::lock_cooldown, hers_lockable_at}});
     }},
    {"R02: a delivery to whoever acted does not count",
     [] { return given(recommended, hers_active).when(delivered(told_at, alice, 66, 2)).then_allowed({}); }},
    {"R02: nor one to somebody who was not there before",
     [] {
         const world w = told_both.after(recommended, add_administrator{.by = alice, .at = hers_asked_at, .who = carol.who})
                             .after(recommended, uploads(hers_asked_at, "hers", 66))
                             .after(recommended, activates(hers_asked_at, "hers"))
                             .after(recommended, ends(hers_since, operation::activation));
         return given(recommended, w).when(delivered(told_at, carol, 66, 2)).then_allowed({}) &&
                given(recommended, w).when(delivered(told_at, bob, 66, 2)).then_allowed({"notice_delivered"});
     }},
    {"R02: somebody who came a second earlier was",
     [] {
         const world w = told_both.after(recommended, add_administrator{.by = alice, .at = hers_asked_at - second, .who = carol.who})
                             .after(recommended, uploads(hers_asked_at, "hers", 66))
                             .after(recommended, activates(hers_asked_at, "hers"))
                             .after(recommended, ends(hers_since, operation::activation));
         return given(recommended, w)
             .when(delivered(told_at, carol, 66, 2))
             .then_event(0, notice_delivered{{hers, print_of(66)}, carol.who, 2});
     }},
    {"R02: nor one to an environment's administrator, who cannot roll back",
     [] { return given(recommended, hers_active).when(delivered(told_at, erin, 66, 2)).then_allowed({}); }},
    {"R02: nor one to nobody", [] { return given(recommended, hers_active).when(delivered(told_at, mallory, 66, 2)).then_allowed({}); }},
    {"R02: a late notice of an earlier activation is not that of this one",
     [] {
         return given(recommended, hers_active).when(delivered(told_at, bob, 1, 1)).then_allowed({}) &&
                given(recommended, hers_active).when(delivered(told_at, bob, 66, 1)).then_allowed({}) &&
                given(recommended, hers_active).when(delivered(told_at, bob, 1, 2)).then_allowed({});
     }},
    {"R02: only the first delivery counts; the same report again changes nothing",
     [] { return given(recommended, hers_told).when(delivered(told_at + hours(9), bob, 66, 2)).then_allowed({}); }},
    {"R02: the next activation has to be told anew",
     [] {
         const world w = hers_told.after(recommended, activates(hers_since + hours(24), "k1"))
                             .after(recommended, ends(hers_since + hours(24), operation::activation));
         return given(recommended, w).when(locks(far, 1)).then_refused({{"R02", refusal::notice_undelivered}}) &&
                !happened(w.ring.activation.noticed_at) && w.ring.activation.number == 3;
     }},
    {"R02: only the system reports deliveries",
     [] {
         return given(recommended, hers_active)
             .when(but(delivered(told_at, bob, 66, 2), [](report_delivery& c) { c.by = alice; }))
             .then_refused({{"T05", refusal::not_authorized}});
     }},
};
static_assert(first_failure(notices) == none_failed);
TEST_CASE("R02: a lock waits 72 h from the moment that another administrator was told") { run(notices); }

constexpr scenario rollbacks[] = {
    {"R01: bob goes back to the key before, at once and without T17's 24 h",
     [] {
         const outcome o = given(recommended, hers_active).when(rolls_back(hers_since));
         return o.then_allowed({"activation_rolled_back", "activation_started"}) &&
                o.then_event(0, activation_rolled_back{{hers, print_of(66)}, false}) &&
                o.then_event(1, activation_started{.key = k1, .print = print_of(1), .generation = 3, .rolls_back = true});
     }},
    {"R01: a rollback is an activation: both waits begin with it, and so does its notice",
     [] {
         const world w = hers_told.after(recommended, rolls_back(told_at + hours(1)))
                             .after(recommended, ends(told_at + hours(1), operation::activation));
         const instant back = told_at + hours(1);
         return state_of(w, "k1") == key_state::active && state_of(w, "hers") == key_state::available &&
                given(recommended, w)
                    .when(locks(back + hours(72) - second, 1))
                    .then_refused({{"T18", refusal::lock_cooldown, back + hours(72)}, {"R02", refusal::notice_undelivered}}) &&
                given(recommended, w)
                    .when(activates(back + hours(24) - second, "hers"))
                    .then_refused({{"T17", refusal::activation_cooldown, back + hours(24)}});
     }},
    {"R01: not by whoever activated",
     [] { return given(recommended, hers_active).when(rolls_back(hers_since, alice)).then_refused({{"R01", refusal::self_approval}}); }},
    {"R01: nor by an environment's administrator",
     [] { return given(recommended, hers_active).when(rolls_back(hers_since, erin)).then_refused({{"T05", refusal::not_authorized}}); }},
    {"R01: until the moment a lock passes, less a second",
     [] { return given(recommended, hers_told).when(rolls_back(hers_lockable_at - second)).then_allowed(); }},
    {"R01: from that moment no more",
     [] {
         return given(recommended, hers_told).when(rolls_back(hers_lockable_at)).then_refused({{"R01", refusal::rollback_window_closed}});
     }},
    {"R01: while nobody was told the way back stays open",
     [] { return given(recommended, hers_active).when(rolls_back(far)).then_allowed(); }},
    {"R01: an apply, which T18 counts from, too, holds it open as long",
     [] {
         const instant moved = told_at + hours(70);
         const world w =
             hers_told.after(recommended, applies(moved), on_support).after(recommended, ends(moved, operation::applying), on_support);
         return given(recommended, w).when(rolls_back(moved + hours(72) - second)).then_allowed() &&
                given(recommended, w).when(rolls_back(moved + hours(72))).then_refused({{"R01", refusal::rollback_window_closed}});
     }},
    {"R01: while it is Installing a rollback ends it, and no window begins",
     [] {
         const outcome o = given(recommended, hers_installing).when(rolls_back(hers_asked_at + minutes(1)));
         return o.then_allowed({"activation_rolled_back"}) && o.then_event(0, activation_rolled_back{{hers, print_of(66)}, true}) &&
                state_of(o.after(), "hers") == key_state::available && state_of(o.after(), "k1") == key_state::active &&
                o.after().ring.effective_at == active_at && !happened(o.after().ring.installing_since);
     }},
    {"R01: nor is that for whoever asked for it",
     [] {
         return given(recommended, hers_installing).when(rolls_back(hers_asked_at, alice)).then_refused({{"R01", refusal::self_approval}});
     }},
    {"R01: a first activation has nothing to go back to",
     [] {
         return given(recommended, active).when(rolls_back(active_at)).then_refused({{"R01", refusal::nothing_to_roll_back}}) &&
                given(recommended, installing)
                    .when(rolls_back(uploaded_at))
                    .then_refused({{"T15", refusal::key_change_in_progress}, {"R01", refusal::nothing_to_roll_back}});
     }},
    {"R01: neither has a rollback, not even for whoever is rolled back",
     [] {
         const world w = hers_active.after(recommended, rolls_back(hers_since)).after(recommended, ends(hers_since, operation::activation));
         return given(recommended, w).when(rolls_back(hers_since, alice)).then_refused({{"R01", refusal::nothing_to_roll_back}});
     }},
    {"R01: one that is under way is not started again",
     [] {
         const world w = hers_active.after(recommended, rolls_back(hers_since));
         return given(recommended, w).when(rolls_back(hers_since)).then_refused({{"T15", refusal::key_change_in_progress}});
     }},
    {"R01: one that failed may be",
     [] {
         const world w =
             hers_active.after(recommended, rolls_back(hers_since)).after(recommended, fails(hers_since, operation::activation));
         return state_of(w, "hers") == key_state::active && given(recommended, w).when(rolls_back(hers_since)).then_allowed();
     }},
    {"R01: an activation that failed leaves what can be rolled back as it was",
     [] {
         const instant next = hers_since + hours(24);
         const world w = hers_active.after(recommended, uploads(next, "third", 3))
                             .after(recommended, activates(next, "third"))
                             .after(recommended, fails(next, operation::activation));
         return given(recommended, w).when(rolls_back(next)).then_event(0, activation_rolled_back{{hers, print_of(66)}, false});
     }},
    {"R01: nor has an unlock",
     [] {
         const instant back = requested_at + hours(3);
         const world w = locked_by_two.after(recommended, unlocks_key(back)).after(recommended, ends(back, operation::unlocking_key));
         return given(recommended, w)
             .when(rolls_back(back))
             .then_refused({{"T16", refusal::locked_environments_exist}, {"R01", refusal::nothing_to_roll_back}});
     }},
    {"R01: nor what a lock has ended, though the key before has come again",
     [] {
         const instant at = hers_lockable_at;
         const world shut =
             hers_told.after(recommended, locks(at, 66)).after(recommended, approves(at)).after(recommended, ends(at, operation::locking));
         const world gone = shut.after(recommended, delete_environment{alice, at, typed_text("prod")}, on_prod)
                                .after(recommended, delete_environment{alice, at, typed_text("sandbox")}, on_sandbox)
                                .after(recommended, uploads(at, "k1", 1));
         return state_of(gone, "hers") == key_state::retired && state_of(gone, "k1") == key_state::available &&
                given(recommended, gone).when(rolls_back(at)).then_refused({{"R01", refusal::nothing_to_roll_back}});
     }},
    {"R01: not exempt from T16",
     [] {
         // An environment that stayed locked through an unlock of the key, and two activations, under a profile without T16.
         constexpr auto lax = recommended.without(rule_tag<"T16">{}).without(rule_tag<"T29">{});
         const instant back = requested_at + hours(3), next = back + hours(24);
         const world w = locked_by_two.after(lax, unlocks_key(back))
                             .after(lax, ends(back, operation::unlocking_key))
                             .after(lax, uploads(next, "hers", 66))
                             .after(lax, activates(next, "hers"))
                             .after(lax, ends(next, operation::activation));
         return given(recommended, w).when(rolls_back(next)).then_refused({{"T16", refusal::locked_environments_exist}}) &&
                given(lax, w).when(rolls_back(next)).then_allowed();
     }},
};
static_assert(first_failure(rollbacks) == none_failed);
TEST_CASE("R01: another administrator rolls an activation back until a lock would pass") { run(rollbacks); }

} // namespace
