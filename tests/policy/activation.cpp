// SPDX-License-Identifier: Apache-2.0
#include "worlds.hpp"

namespace {

using namespace keywright;
using namespace keywright::testing;

// k1 is Active since active_at; k2 is Available.
constexpr world spare = active.after(power_platform, uploads(active_at, "k2", 2));
constexpr instant cooled_at = active_at + hours(24);

constexpr scenario cooldown[] = {
    {"T17: refused 1 s before 24 h",
     [] {
         return given(power_platform, spare)
             .when(activates(cooled_at - second, "k2"))
             .then_refused({{"T17", refusal::activation_cooldown, cooled_at}});
     }},
    {"T17: allowed at 24 h",
     [] {
         return given(power_platform, spare).when(activates(cooled_at, "k2")).then_allowed({"risk_acknowledged", "activation_started"});
     }},
    {"T17: allowed 1 s after", [] { return given(power_platform, spare).when(activates(cooled_at + second, "k2")).then_allowed(); }},
    {"T17, resolution 1: the automatic activation of the first upload counts, from its end",
     [] {
         return spare.ring.effective_at == active_at && given(power_platform, spare)
                                                            .when(activates(uploaded_at + hours(24), "k2"))
                                                            .refused_by({"T17", refusal::activation_cooldown, cooled_at});
     }},
    {"T17, resolution 4: it blocks activation only; more keys may be made Available",
     [] {
         return given(power_platform, spare).when(uploads(active_at, "k3", 3)).then_allowed({"risk_acknowledged", "key_uploaded"}) &&
                given(power_platform, spare).when(generates(active_at, "k3", 3)).then_allowed({"risk_acknowledged", "key_generated"});
     }},
    {"T17, resolution 1: an activation that failed starts nothing",
     [] {
         const world w = spare.after(power_platform, activates(cooled_at, "k2"))
                             .after(power_platform, fails(cooled_at + minutes(1), operation::activation));
         return w.ring.effective_at == active_at && given(power_platform, w).when(activates(cooled_at + minutes(2), "k2")).then_allowed();
     }},
    {"T17, resolution 5: unlocking the key starts 24 h",
     [] {
         const world open = prod_back.after(power_platform, unlocks(key_back_at), on_sandbox)
                                .after(power_platform, ends(prod_back_at, operation::unlocking), on_sandbox)
                                .after(power_platform, uploads(prod_back_at, "k2", 2));
         return given(power_platform, open)
                    .when(activates(key_back_at + hours(24) - second, "k2"))
                    .then_refused({{"T17", refusal::activation_cooldown, key_back_at + hours(24)}}) &&
                given(power_platform, open).when(activates(key_back_at + hours(24), "k2")).then_allowed();
     }},
};
static_assert(first_failure(cooldown) == none_failed);
TEST_CASE("T17: no other activation for 24 h after one") { run(cooldown); }

constexpr scenario what[] = {
    {"T15: a key that is not there",
     [] { return given(power_platform, spare).when(activates(cooled_at, "k9")).then_refused({{"T15", refusal::not_available}}); }},
    {"T15: a key that is Active",
     [] { return given(power_platform, spare).when(activates(cooled_at, "k1")).then_refused({{"T15", refusal::not_available}}); }},
    {"T15: a key that was deleted by a lock, all locked environments gone",
     [] {
         const world w = applied.after(power_platform, uploads(applied_at, "k2", 2))
                             .after(power_platform, locks(lockable_at))
                             .after(power_platform, ends(lockable_at, operation::locking))
                             .after(power_platform, delete_environment{alice, lockable_at, typed_text("prod")}, on_prod);
         return given(power_platform, w).when(activates(lockable_at + hours(1), "k2")).then_refused({{"T15", refusal::not_available}}) &&
                given(power_platform, w).when(activates(lockable_at + hours(1), "k1")).then_refused({{"T15", refusal::not_available}});
     }},
    {"T15: not confirmed",
     [] {
         return given(power_platform, spare)
             .when(but(activates(cooled_at, "k2"), [](activate_key& c) { c.confirmed = false; }))
             .then_refused({{"T15", refusal::not_confirmed}});
     }},
    {"T15, resolution 20: not while a key of the ring is Installing",
     [] {
         const world w = installing.after(power_platform, uploads(uploaded_at, "k2", 2));
         return given(power_platform, w).when(activates(uploaded_at, "k2")).then_refused({{"T15", refusal::key_change_in_progress}});
     }},
    {"T09, T15: Installing, then Active; the old one becomes Available in the same step",
     [] {
         const world begun = spare.after(power_platform, activates(cooled_at, "k2"));
         const world done = begun.after(power_platform, ends(cooled_at, operation::activation));
         return state_of(begun, "k1") == key_state::active && state_of(begun, "k2") == key_state::installing &&
                state_of(done, "k1") == key_state::available && state_of(done, "k2") == key_state::active &&
                done.ring.generation == spare.ring.generation + 1;
     }},
    {"resolution 20: an activation that fails leaves the old key Active and the new one Available",
     [] {
         const world w =
             spare.after(power_platform, activates(cooled_at, "k2")).after(power_platform, fails(cooled_at, operation::activation));
         return state_of(w, "k1") == key_state::active && state_of(w, "k2") == key_state::available;
     }},
    {"T15: no downtime: an environment serves while its key is changed",
     [] {
         const world w = applied.after(power_platform, uploads(cooled_at, "k2", 2)).after(power_platform, activates(cooled_at, "k2"));
         return given(power_platform, w).on("prod").when(open_environment{alice, cooled_at}).then_allowed();
     }},
    {"resolution 20: but nothing else is done to it meanwhile",
     [] {
         const world w = applied.after(power_platform, uploads(cooled_at, "k2", 2)).after(power_platform, activates(cooled_at, "k2"));
         return given(power_platform, w).on("prod").when(returns(cooled_at)).then_refused({{"T36", refusal::operation_in_progress}}) &&
                given(power_platform, w).on("sandbox").when(reset{alice, cooled_at, {}}).then_allowed();
     }},
};
static_assert(first_failure(what) == none_failed);
TEST_CASE("T15: only an Available key is activated, one at a time") { run(what); }

constexpr scenario nothing_locked[] = {
    {"T16: not while an environment is locked, though the key is Active",
     [] {
         return given(power_platform, key_back)
             .when(activates(key_back_at + hours(24), "k1"))
             .refused_by({"T16", refusal::locked_environments_exist});
     }},
    {"T16: nor while one of two is, nor while that one is being unlocked",
     [] {
         const world w = prod_back.after(power_platform, unlocks(prod_back_at), on_sandbox);
         return given(power_platform, prod_back)
                    .when(activates(key_back_at + hours(24), "k1"))
                    .refused_by({"T16", refusal::locked_environments_exist}) &&
                given(power_platform, w)
                    .when(activates(key_back_at + hours(24), "k1"))
                    .refused_by({"T16", refusal::locked_environments_exist});
     }},
    {"T16: unlocked or deleted, it stands no more in the way",
     [] {
         const world w = prod_back.after(power_platform, delete_environment{alice, prod_back_at, typed_text("sandbox")}, on_sandbox);
         return given(power_platform, w).when(activates(key_back_at + hours(24), "k1")).not_refused_by("T16");
     }},
    {"T29: no generate and no upload either",
     [] {
         return given(power_platform, prod_back)
                    .when(uploads(prod_back_at, "k2", 2))
                    .then_refused({{"T29", refusal::locked_environments_exist}}) &&
                given(power_platform, prod_back)
                    .when(generates(prod_back_at, "k2", 2))
                    .then_refused({{"T29", refusal::locked_environments_exist}}) &&
                given(power_platform, locking)
                    .when(uploads(lockable_at, "k2", 2))
                    .then_refused({{"T29", refusal::locked_environments_exist}});
     }},
    {"T29: until the last one is unlocked",
     [] {
         const world w = prod_back.after(power_platform, unlocks(prod_back_at), on_sandbox);
         const world open = w.after(power_platform, ends(prod_back_at, operation::unlocking), on_sandbox);
         return given(power_platform, w).when(uploads(prod_back_at, "k2", 2)).then_refused({{"T29", refusal::locked_environments_exist}}) &&
                given(power_platform, open).when(uploads(prod_back_at, "k2", 2)).then_allowed({"risk_acknowledged", "key_uploaded"});
     }},
};
static_assert(first_failure(nothing_locked) == none_failed);
TEST_CASE("T16, T29: no activation and no new key while anything is locked") { run(nothing_locked); }

constexpr scenario first_upload[] = {
    {"T14: the first upload of a ring activates by itself: two events",
     [] {
         return given(power_platform, eligible)
                    .when(uploads(uploaded_at))
                    .then_allowed({"risk_acknowledged", "key_uploaded", "activation_started"}) &&
                state_of(installing, "k1") == key_state::installing;
     }},
    {"T14: later ones need a step", [] { return state_of(spare, "k2") == key_state::available; }},
    {"resolution 3: a generated key that nobody activated does not count as one",
     [] {
         const world w = eligible.after(power_platform, generates(t0 + hours(1), "g", 9));
         return given(power_platform, w)
             .when(uploads(uploaded_at))
             .then_allowed({"risk_acknowledged", "key_uploaded", "activation_started"});
     }},
    {"resolution 3: after a failed first activation the key is Available, and the next upload is no first one",
     [] {
         const world w = installing.after(power_platform, fails(uploaded_at, operation::activation));
         return state_of(w, "k1") == key_state::available &&
                given(power_platform, w).when(uploads(uploaded_at, "k2", 2)).then_allowed({"risk_acknowledged", "key_uploaded"}) &&
                given(power_platform, w).when(activates(uploaded_at, "k1")).then_allowed();
     }},
    {"resolution 3: an activation of a generated key counts as one",
     [] {
         const world w =
             eligible.after(power_platform, generates(t0 + hours(1), "g", 9)).after(power_platform, activates(t0 + hours(1), "g"));
         return given(power_platform, w).when(uploads(uploaded_at)).then_allowed({"risk_acknowledged", "key_uploaded"});
     }},
};
static_assert(first_failure(first_upload) == none_failed);
TEST_CASE("T14: the first upload of a ring activates by itself") { run(first_upload); }

} // namespace
