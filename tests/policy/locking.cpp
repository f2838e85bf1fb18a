// SPDX-License-Identifier: Apache-2.0
#include "worlds.hpp"

namespace {

using namespace keywright;
using namespace keywright::testing;

// --- locking ---

constexpr scenario cooldown[] = {
    {"T18: refused 1 s before 72 h",
     [] {
         return given(power_platform, both).when(locks(lockable_at - second)).then_refused({{"T18", refusal::lock_cooldown, lockable_at}});
     }},
    {"T18: allowed at 72 h",
     [] { return given(power_platform, both).when(locks(lockable_at)).then_allowed({"lock_requested", "lock_started"}); }},
    {"T18: allowed 1 s after 72 h", [] { return given(power_platform, both).when(locks(lockable_at + second)).then_allowed(); }},
    {"T18, resolution 1: the last completed apply counts, not the activation before it",
     [] {
         return given(power_platform, both)
             .when(locks(active_at + hours(72)))
             .then_refused({{"T18", refusal::lock_cooldown, applied_at + hours(72)}});
     }},
    {"T18, resolution 1: an apply that failed starts no window",
     [] {
         const world w = applied.after(power_platform, applies(applied_at + hours(5)), on_sandbox)
                             .after(power_platform, fails(applied_at + hours(6), operation::applying), on_sandbox);
         return given(power_platform, w).when(locks(lockable_at)).then_allowed();
     }},
    {"T18, resolution 1: a return starts no window",
     [] {
         const world w = both.after(power_platform, returns(applied_at + hours(5), ""), on_sandbox)
                             .after(power_platform, ends(applied_at + hours(6), operation::returning), on_sandbox);
         return given(power_platform, w).when(locks(lockable_at)).then_allowed();
     }},
    {"T18: a new activation starts 72 h at its end, not at its beginning",
     [] {
         const instant begun = lockable_at - hours(2);
         const world w = both.after(power_platform, uploads(begun, "k2", 2))
                             .after(power_platform, activates(begun, "k2"))
                             .after(power_platform, ends(begun + minutes(30), operation::activation));
         return given(power_platform, w)
             .when(locks(begun + hours(72), 2))
             .then_refused({{"T18", refusal::lock_cooldown, begun + minutes(30) + hours(72)}});
     }},
    {"T18, resolution 5: unlocking the key starts 72 h",
     [] {
         return given(power_platform, prod_back)
                    .when(locks(key_back_at + hours(72) - second))
                    .then_refused({{"T18", refusal::lock_cooldown, key_back_at + hours(72)}}) &&
                given(power_platform, prod_back).when(locks(key_back_at + hours(72))).then_allowed();
     }},
    {"resolution 24: a clock that steps back makes no lock legal earlier, and none illegal later",
     [] {
         const world later_on = both.having(lockable_at, administrator_added{admin_id{"new"}, {}});
         return given(power_platform, later_on).when(locks(t0)).then_allowed() &&
                given(power_platform, both).when(locks(t0)).then_refused({{"T18", refusal::lock_cooldown, lockable_at}});
     }},
};
static_assert(first_failure(cooldown) == none_failed);
TEST_CASE("T18: no lock for 72 h after a change of key") { run(cooldown); }

constexpr bool lock_refused(lock c, std::string_view rule, refusal code) {
    return given(power_platform, both).when(c).then_refused({{rule, code}});
}

constexpr scenario lock_evidence[] = {
    {"T21: no Active key, nothing to lock",
     [] {
         return given(power_platform, eligible)
             .when(locks(lockable_at))
             .then_refused({{"T21", refusal::no_active_key}, {"T21", refusal::nothing_to_lock}});
     }},
    {"T21, resolution 9: a lock that would lock nothing is refused",
     [] { return given(power_platform, active).when(locks(lockable_at)).then_refused({{"T21", refusal::nothing_to_lock}}); }},
    {"T21: another key", [] { return lock_refused(locks(lockable_at, 2), "T21", refusal::wrong_key); }},
    {"T21: the wrong password",
     [] {
         return lock_refused(but(locks(lockable_at), [](lock& c) { c.key.outcome = file_outcome::wrong_password; }), "T21",
                             refusal::wrong_password);
     }},
    {"T21: a damaged file",
     [] { return lock_refused(but(locks(lockable_at), [](lock& c) { c.key.outcome = file_outcome::corrupt; }), "T21", refusal::corrupt); }},
    {"T21: the public half only",
     [] { return lock_refused(but(locks(lockable_at), [](lock& c) { c.key.has_private = false; }), "T21", refusal::missing_private_key); }},
    {"T21: another text",
     [] {
         return lock_refused(but(locks(lockable_at), [](lock& c) { c.confirmation = typed_text("lock Contoso"); }), "T21",
                             refusal::confirmation_mismatch);
     }},
    {"T21: no text",
     [] { return lock_refused(but(locks(lockable_at), [](lock& c) { c.confirmation = {}; }), "T21", refusal::confirmation_mismatch); }},
    {"T21: another word, as long, or the word alone",
     [] {
         return lock_refused(but(locks(lockable_at), [](lock& c) { c.confirmation = typed_text("open contoso"); }), "T21",
                             refusal::confirmation_mismatch) &&
                lock_refused(but(locks(lockable_at), [](lock& c) { c.confirmation = typed_text("lock "); }), "T21",
                             refusal::confirmation_mismatch);
     }},
    {"T21: a longer text",
     [] {
         return lock_refused(but(locks(lockable_at), [](lock& c) { c.confirmation = typed_text("lock contoso "); }), "T21",
                             refusal::confirmation_mismatch);
     }},
    {"T08: a BYOK file for another ring",
     [] { return lock_refused(but(locks(lockable_at), [](lock& c) { c.key = byok(1); }), "T08", refusal::byok_wrong_binding); }},
    {"T15, resolution 20: no lock while a key is Installing",
     [] {
         const world w = both.after(power_platform, uploads(lockable_at, "k2", 2)).after(power_platform, activates(lockable_at, "k2"));
         return given(power_platform, w).when(locks(lockable_at + second)).then_refused({{"T15", refusal::key_change_in_progress}});
     }},
    {"T23: no second lock while one is carried out",
     [] {
         return given(power_platform, locking)
             .when(locks(lockable_at + second))
             .then_refused({{"T23", refusal::lock_in_progress}, {"T21", refusal::no_active_key}, {"T21", refusal::nothing_to_lock}});
     }},
    {"resolution 21: eligibility is not asked at a lock",
     [] {
         world w = both;
         w.tenant.seats = 3, w.tenant.opted_in = false, w.tenant.feature_on_at = never;
         return given(power_platform, w).when(locks(lockable_at)).then_allowed();
     }},
};
static_assert(first_failure(lock_evidence) == none_failed);
TEST_CASE("T21: a lock needs the Active key itself, whole, and the text typed") { run(lock_evidence); }

constexpr scenario lock_effects[] = {
    {"T23, resolutions 7 and 10: the Active key becomes Locked and keeps its fingerprint, Available ones, the former Active among them, are Deleted",
     [] {
         const instant second_key = applied_at + hours(24);
         const world rotated = both.after(power_platform, uploads(second_key, "k2", 2))
                                   .after(power_platform, uploads(second_key, "k3", 3))
                                   .after(power_platform, activates(second_key, "k2"))
                                   .after(power_platform, ends(second_key, operation::activation));
         const world w = rotated.after(power_platform, locks(second_key + hours(72), 2));
         return state_of(rotated, "k1") == key_state::available && state_of(w, "k1") == key_state::deleted &&
                state_of(w, "k3") == key_state::deleted && state_of(w, "k2") == key_state::locked &&
                locked_key(w.ring)->print == print_of(2);
     }},
    {"T21, resolution 9: every environment on the ring's key is locked, the provider's are not",
     [] {
         return is_locked(locking.ring, locking.environment("prod")) && is_locked(locking.ring, locking.environment("sandbox")) &&
                !is_locked(locking.ring, locking.environment("support")) && locking.ring.locked == 2 && locking.ring.customer_managed == 0;
     }},
    {"resolution 22: a lock ends the import key",
     [] {
         const world w = both.after(power_platform, create_import_key{alice, lockable_at, import_kid, print_of(9), false});
         return w.ring.import_kid == import_kid && w.after(power_platform, locks(lockable_at)).ring.import_kid.empty();
     }},
    {"resolution 20: an apply, return, unlock, restore or copy does not end well while a lock runs; it is undone, and the lock waits for that",
     [] {
         const world w = both.after(power_platform, applies(lockable_at - second), on_support).after(power_platform, locks(lockable_at));
         return given(power_platform, w)
                    .on("support")
                    .when(ends(lockable_at, operation::applying))
                    .then_refused({{"H03", refusal::lock_in_progress}}) &&
                given(power_platform, w)
                    .when(ends(lockable_at, operation::locking))
                    .then_refused({{"H03", refusal::operation_in_progress}}) &&
                given(power_platform, w.after(power_platform, fails(lockable_at, operation::applying), on_support))
                    .when(ends(lockable_at, operation::locking))
                    .then_allowed({"lock_completed"});
     }},
    {"resolution 20: a return that a lock undoes leaves its environment locked, and the counts right",
     [] {
         const world w = both.after(power_platform, returns(lockable_at - second), on_prod).after(power_platform, locks(lockable_at));
         const world undone = w.after(power_platform, fails(lockable_at, operation::returning), on_prod);
         return given(power_platform, w)
                    .on("prod")
                    .when(ends(lockable_at, operation::returning))
                    .then_refused({{"H03", refusal::lock_in_progress}}) &&
                is_locked(undone.ring, undone.environment("prod")) && undone.ring.locked == 2 && undone.ring.in_transition == 0;
     }},
    {"resolution 20: an unlock that a second lock undoes leaves its environment locked",
     [] {
         const instant again = key_back_at + hours(72);
         const world w = prod_back.after(power_platform, unlocks(again - second), on_sandbox).after(power_platform, locks(again));
         const world undone = w.after(power_platform, fails(again, operation::unlocking), on_sandbox);
         return given(power_platform, w)
                    .on("sandbox")
                    .when(ends(again, operation::unlocking))
                    .then_refused({{"H03", refusal::lock_in_progress}}) &&
                is_locked(undone.ring, undone.environment("sandbox")) && undone.ring.locked == 2;
     }},
    {"resolution 9: a lock that would hit only what is being reset would lock nothing",
     [] {
         const world w = applied.after(power_platform, reset{alice, lockable_at - second, typed_text("prod")}, on_prod);
         const world back = applied.after(power_platform, reset{alice, lockable_at - second, typed_text("prod")}, on_prod)
                                .after(power_platform, ends(lockable_at, operation::resetting), on_prod);
         return w.ring.resetting == 1 && back.ring.resetting == 0 &&
                given(power_platform, w).when(locks(lockable_at)).then_refused({{"T21", refusal::nothing_to_lock}});
     }},
    {"resolution 20: a reset rolls forward through a lock of others; what was the last locked one retires the key once the lock is complete",
     [] {
         const world w = both.after(power_platform, reset{alice, lockable_at - second, typed_text("prod")}, on_prod)
                             .after(power_platform, locks(lockable_at));
         const world done = w.after(power_platform, ends(lockable_at, operation::resetting), on_prod);
         const world complete = done.after(power_platform, ends(lockable_at + second, operation::locking));
         const world gone =
             complete.after(power_platform, delete_environment{alice, lockable_at + second, typed_text("sandbox")}, on_sandbox);
         return state_of(done, "k1") == key_state::locked && done.ring.locked == 1 && state_of(complete, "k1") == key_state::locked &&
                state_of(gone, "k1") == key_state::retired &&
                given(power_platform, done)
                    .when(uploads(lockable_at, "k2", 2))
                    .then_refused({{"T29", refusal::locked_environments_exist}}) &&
                given(power_platform, gone)
                    .when(uploads(lockable_at + second, "k2", 2))
                    .then_allowed({"risk_acknowledged", "key_uploaded"});
     }},
    {"resolution 20: new work on environments is barred at once, also on those that the lock does not hit",
     [] {
         return given(power_platform, locking)
             .on("support")
             .when(reset{alice, lockable_at, {}})
             .then_refused({{"T23", refusal::lock_in_progress}});
     }},
};
static_assert(first_failure(lock_effects) == none_failed);
TEST_CASE("a lock hits every environment on the key, deletes the other keys and undoes what is in flight") { run(lock_effects); }

// --- the way back ---

constexpr scenario unlock_times[] = {
    {"T24: the key, 1 s before 1 h",
     [] {
         return given(power_platform, locked)
             .when(unlocks_key(unlockable_at - second))
             .then_refused({{"T24", refusal::unlock_cooldown, unlockable_at}});
     }},
    {"T24: the key, at 1 h",
     [] { return given(power_platform, locked).when(unlocks_key(unlockable_at)).then_allowed({"key_unlock_started"}); }},
    {"T24: the key, 1 s after", [] { return given(power_platform, locked).when(unlocks_key(unlockable_at + second)).then_allowed(); }},
    {"T23: not before the lock is completed, however long that takes",
     [] {
         return given(power_platform, locking)
             .when(unlocks_key(unlockable_at + hours(1)))
             .then_refused({{"T23", refusal::lock_in_progress}});
     }},
    {"T24, resolution 6: a lock completed after more than 1 h may be undone at once",
     [] {
         const world w = locking.after(power_platform, ends(unlockable_at + hours(1), operation::locking));
         return given(power_platform, w).when(unlocks_key(unlockable_at + hours(1))).then_allowed();
     }},
    {"T24: environments too, where a second lock is younger than 1 h",
     [] {
         const instant again = key_back_at + hours(72);
         const world w = prod_back.after(power_platform, locks(again)).after(power_platform, ends(again, operation::locking));
         return given(power_platform, w)
             .on("sandbox")
             .when(unlocks(again + hours(1) - second))
             .then_refused({{"T24", refusal::unlock_cooldown, again + hours(1)}, {"T28", refusal::key_not_active}});
     }},
};
static_assert(first_failure(unlock_times) == none_failed);
TEST_CASE("T24: no unlock within 1 h of the lock") { run(unlock_times); }

constexpr bool unlock_refused(unlock_key c, std::string_view rule, refusal code) {
    return given(power_platform, locked).when(c).then_refused({{rule, code}});
}

constexpr scenario unlock_evidence[] = {
    {"T27: another key", [] { return unlock_refused(unlocks_key(unlockable_at, 2), "T27", refusal::wrong_key); }},
    {"T27: the wrong password",
     [] {
         return unlock_refused(but(unlocks_key(unlockable_at), [](unlock_key& c) { c.key.outcome = file_outcome::wrong_password; }), "T27",
                               refusal::wrong_password);
     }},
    {"T27: a damaged file",
     [] {
         return unlock_refused(but(unlocks_key(unlockable_at), [](unlock_key& c) { c.key.outcome = file_outcome::corrupt; }), "T27",
                               refusal::corrupt);
     }},
    {"T07: the public half only",
     [] {
         return unlock_refused(but(unlocks_key(unlockable_at), [](unlock_key& c) { c.key.has_private = false; }), "T07",
                               refusal::missing_private_key);
     }},
    {"T27: nothing is locked",
     [] { return given(power_platform, both).when(unlocks_key(unlockable_at)).then_refused({{"T27", refusal::not_locked}}); }},
    {"T27: it is under way already",
     [] {
         return given(power_platform, key_unlocking).when(unlocks_key(unlockable_at + second)).then_refused({{"T27", refusal::not_locked}});
     }},
    {"resolution 15: the same key, exported again with another password or none, unlocks",
     [] {
         return given(power_platform, locked)
             .when(but(unlocks_key(unlockable_at), [](unlock_key& c) { c.key.has_password = false; }))
             .then_allowed();
     }},
    {"resolution 22: an unlock by BYOK needs an import key made after the lock, and uses it up",
     [] {
         const unlock_key c = but(unlocks_key(unlockable_at), [](unlock_key& each) { each.key = byok(1); });
         const world shown = locked.after(power_platform, create_import_key{alice, unlockable_at, import_kid, print_of(9), false});
         return given(power_platform, locked).when(c).then_refused({{"T08", refusal::byok_wrong_binding}}) &&
                given(power_platform, shown).when(c).then_allowed() && shown.after(power_platform, c).ring.import_kid.empty();
     }},
    {"T27: Locked, Installing, Active; on failure Locked again",
     [] {
         return state_of(locked, "k1") == key_state::locked && state_of(key_unlocking, "k1") == key_state::installing &&
                state_of(key_back, "k1") == key_state::active &&
                state_of(key_unlocking.after(power_platform, fails(unlockable_at, operation::unlocking_key)), "k1") == key_state::locked;
     }},
    {"resolution 8: the attempt fails after the last locked environment is gone: Retired",
     [] {
         const world w = key_unlocking.after(power_platform, delete_environment{alice, unlockable_at, typed_text("prod")}, on_prod)
                             .after(power_platform, delete_environment{alice, unlockable_at, typed_text("sandbox")}, on_sandbox);
         return state_of(w, "k1") == key_state::installing &&
                state_of(w.after(power_platform, fails(unlockable_at, operation::unlocking_key)), "k1") == key_state::retired;
     }},
    {"resolution 8: the key is lost: deleting what is locked retires it and reopens uploads, not as a first one",
     [] {
         const world w = locked.after(power_platform, delete_environment{alice, unlockable_at, typed_text("prod")}, on_prod)
                             .after(power_platform, delete_environment{alice, unlockable_at, typed_text("sandbox")}, on_sandbox);
         return state_of(w, "k1") == key_state::retired &&
                given(power_platform, w).when(uploads(unlockable_at, "k2", 2)).then_allowed({"risk_acknowledged", "key_uploaded"});
     }},
};
static_assert(first_failure(unlock_evidence) == none_failed);
TEST_CASE("T27: only the key that locked unlocks") { run(unlock_evidence); }

constexpr scenario one_by_one[] = {
    {"T28: not before the key is Active",
     [] { return given(power_platform, locked).on("prod").when(unlocks(unlockable_at)).then_refused({{"T28", refusal::key_not_active}}); }},
    {"T28: not while it is Installing",
     [] {
         return given(power_platform, key_unlocking)
             .on("prod")
             .when(unlocks(unlockable_at))
             .then_refused({{"T28", refusal::key_not_active}});
     }},
    {"T28: once it is Active",
     [] { return given(power_platform, key_back).on("prod").when(unlocks(key_back_at)).then_allowed({"environment_unlock_started"}); }},
    {"T28: confirmed",
     [] {
         return given(power_platform, key_back)
             .on("prod")
             .when(but(unlocks(key_back_at), [](unlock_environment& c) { c.confirmed = false; }))
             .then_refused({{"T28", refusal::not_confirmed}});
     }},
    {"T28: one that is not locked",
     [] { return given(power_platform, prod_back).on("prod").when(unlocks(prod_back_at)).then_refused({{"T28", refusal::not_locked}}); }},
    {"T28: one by one: the other stays locked",
     [] {
         return !is_locked(prod_back.ring, prod_back.environment("prod")) && is_locked(prod_back.ring, prod_back.environment("sandbox")) &&
                prod_back.ring.locked == 1 && prod_back.ring.customer_managed == 1;
     }},
    {"T22: closed while it is being unlocked",
     [] {
         const world w = key_back.after(power_platform, unlocks(key_back_at), on_prod);
         return given(power_platform, w)
             .on("prod")
             .when(open_environment{alice, key_back_at})
             .then_refused({{"T22", refusal::environment_locked}});
     }},
    {"resolution 5: unlock_key is exempt from T16, T17 and T29",
     [] {
         return given(power_platform, locked).when(unlocks_key(unlockable_at)).not_refused_by("T16") &&
                given(power_platform, locked).when(unlocks_key(unlockable_at)).then_allowed();
     }},
};
static_assert(first_failure(one_by_one) == none_failed);
TEST_CASE("T28: environments come back one by one, once the key is Active") { run(one_by_one); }

// --- retention ---

constexpr instant due = locked_since + days(28);

constexpr scenario deadlines[] = {
    {"T26: the key is unlockable 1 s before 28 d",
     [] { return given(power_platform, locked).when(unlocks_key(due - second)).then_allowed(); }},
    {"T26: not at 28 d, whether or not anything was deleted",
     [] { return given(power_platform, locked).when(unlocks_key(due)).then_refused({{"T26", refusal::retention_expired}}); }},
    {"T26: nor 1 s after",
     [] { return given(power_platform, locked).when(unlocks_key(due + second)).then_refused({{"T26", refusal::retention_expired}}); }},
    {"T26: nothing is deleted 1 s before",
     [] {
         return given(power_platform, locked)
             .on("prod")
             .when(expire_environment{.at = due - second})
             .then_refused({{"T26", refusal::not_due, due}});
     }},
    {"T26: deleted at 28 d",
     [] {
         return given(power_platform, locked)
             .on("prod")
             .when(expire_environment{.at = due})
             .then_event(0, environment_deleted{environment_id{"prod"}, protection::locked, true});
     }},
    {"T26: what is not locked is not deleted by time",
     [] {
         return given(power_platform, both).on("prod").when(expire_environment{.at = due}).then_refused({{"T26", refusal::not_locked}});
     }},
    {"T26: a person cannot play the clock",
     [] {
         return given(power_platform, locked)
             .on("prod")
             .when(expire_environment{.by = alice, .at = due})
             .then_refused({{"T05", refusal::not_authorized}});
     }},
    {"resolution 11: 28 d start when the lock is completed, not when it is asked for",
     [] {
         return given(power_platform, locked)
             .on("prod")
             .when(expire_environment{.at = lockable_at + days(28)})
             .then_refused({{"T26", refusal::not_due, due}});
     }},
    {"resolution 11: while the lock is carried out nothing is due",
     [] {
         return given(power_platform, locking)
             .on("prod")
             .when(expire_environment{.at = due + days(9)})
             .then_refused({{"T26", refusal::not_due}, {"T36", refusal::operation_in_progress}});
     }},
    {"resolution 11: an environment is unlockable 1 s before, not at 28 d",
     [] {
         return given(power_platform, key_back).on("prod").when(unlocks(due - second)).then_allowed() &&
                given(power_platform, key_back).on("prod").when(unlocks(due)).then_refused({{"T26", refusal::retention_expired}});
     }},
    {"resolution 11: an unlock of the environment accepted before wins",
     [] {
         const world w = key_back.after(power_platform, unlocks(due - second), on_prod);
         return given(power_platform, w)
                    .on("prod")
                    .when(expire_environment{.at = due})
                    .then_refused({{"T36", refusal::operation_in_progress}}) &&
                given(power_platform, w).on("prod").when(ends(due + second, operation::unlocking)).then_allowed({"environment_unlocked"});
     }},
    {"resolution 11: only unlocking an environment stops its time, not unlocking the key",
     [] { return given(power_platform, key_back).on("prod").when(expire_environment{.at = due}).then_allowed({"environment_deleted"}); }},
};
static_assert(first_failure(deadlines) == none_failed);
TEST_CASE("T26: what is locked is deleted after 28 d, by time and not by tick") { run(deadlines); }

constexpr world trying = locked.after(power_platform, unlocks_key(due - second));
constexpr instant tried_at = due + minutes(20);
constexpr world tried = trying.after(power_platform, ends(tried_at, operation::unlocking_key));
constexpr world failed_try = trying.after(power_platform, fails(tried_at, operation::unlocking_key));

constexpr scenario holds[] = {
    {"an attempt accepted 1 s before holds the deadline while it runs",
     [] {
         return given(power_platform, trying)
             .on("prod")
             .when(expire_environment{.at = due + days(3)})
             .then_refused({{"T26", refusal::not_due}});
     }},
    {"and for 24 h after the key is Active",
     [] {
         return given(power_platform, tried).on("prod").when(unlocks(tried_at + hours(24) - second)).then_allowed() &&
                given(power_platform, tried)
                    .on("prod")
                    .when(unlocks(tried_at + hours(24)))
                    .then_refused({{"T26", refusal::retention_expired}}) &&
                given(power_platform, tried)
                    .on("prod")
                    .when(expire_environment{.at = tried_at + hours(24) - second})
                    .then_refused({{"T26", refusal::not_due, tried_at + hours(24)}}) &&
                given(power_platform, tried).on("prod").when(expire_environment{.at = tried_at + hours(24)}).then_allowed();
     }},
    {"and for 24 h after it failed",
     [] {
         return given(power_platform, failed_try).when(unlocks_key(tried_at + hours(24) - second)).then_allowed() &&
                given(power_platform, failed_try)
                    .when(unlocks_key(tried_at + hours(24)))
                    .then_refused({{"T26", refusal::retention_expired}});
     }},
    {"an attempt long before makes no deadline earlier",
     [] {
         return given(power_platform, key_back)
             .on("prod")
             .when(expire_environment{.at = key_back_at + hours(24)})
             .then_refused({{"T26", refusal::not_due, due}});
     }},
    {"a later lock leaves an already locked environment's deadline as it was, and gives the others their own",
     [] {
         const instant again = key_back_at + hours(72);
         const world w = prod_back.after(power_platform, locks(again)).after(power_platform, ends(again + minutes(1), operation::locking));
         return given(power_platform, w).on("sandbox").when(expire_environment{.at = due}).then_allowed() &&
                given(power_platform, w)
                    .on("prod")
                    .when(expire_environment{.at = due})
                    .then_refused({{"T26", refusal::not_due, again + minutes(1) + days(28)}});
     }},
    {"an attempt of a later lock does not bring back what is already due",
     [] {
         const instant again = due - hours(1);
         const world w = prod_back.after(power_platform, locks(again))
                             .after(power_platform, ends(again, operation::locking))
                             .after(power_platform, unlocks_key(due))
                             .after(power_platform, ends(due + second, operation::unlocking_key));
         return given(power_platform, w)
                    .on("sandbox")
                    .when(unlocks(due + minutes(1)))
                    .then_refused({{"T26", refusal::retention_expired}}) &&
                given(power_platform, w).on("prod").when(unlocks(due + minutes(1))).then_allowed();
     }},
};
static_assert(first_failure(holds) == none_failed);
TEST_CASE("resolution 11: an unlock of the key holds the deadline") { run(holds); }

} // namespace
