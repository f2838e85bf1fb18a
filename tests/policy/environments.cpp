// SPDX-License-Identifier: Apache-2.0
#include "worlds.hpp"

namespace {

using namespace keywright;
using namespace keywright::testing;

constexpr subject on_late{environment_id{"late"}, {}, {}};
constexpr create_environment make_late(instant at) { return {alice, at, environment_id{"late"}, environment_kind::sandbox, false, false}; }

constexpr scenario applying[] = {
    {"T19: no Active key",
     [] { return given(power_platform, eligible).on("prod").when(applies(uploaded_at)).then_refused({{"T19", refusal::no_active_key}}); }},
    {"T19: the first key is still Installing",
     [] {
         return given(power_platform, installing)
             .on("prod")
             .when(applies(uploaded_at))
             .then_refused({{"T19", refusal::no_active_key}, {"T15", refusal::key_change_in_progress}});
     }},
    {"T19: with an Active key",
     [] { return given(power_platform, active).on("prod").when(applies(active_at)).then_allowed({"risk_acknowledged", "apply_started"}); }},
    {"T15, resolution 20: not while the next key is Installing",
     [] {
         const world w =
             active.after(power_platform, uploads(active_at, "k2", 2)).after(power_platform, activates(active_at + hours(24), "k2"));
         return given(power_platform, w)
             .on("prod")
             .when(applies(active_at + hours(24)))
             .then_refused({{"T15", refusal::key_change_in_progress}});
     }},
    {"T19: not confirmed",
     [] {
         return given(power_platform, active)
             .on("prod")
             .when(but(applies(active_at), [](apply_key& c) { c.confirmed = false; }))
             .then_refused({{"T19", refusal::not_confirmed}});
     }},
    {"T19: it is on the customer's key already",
     [] {
         return given(power_platform, applied).on("prod").when(applies(applied_at)).then_refused({{"T19", refusal::not_provider_managed}});
     }},
    {"T19: there is downtime until it has ended, well or not",
     [] {
         const world w = active.after(power_platform, applies(active_at), on_prod);
         const world undone = w.after(power_platform, fails(active_at, operation::applying), on_prod);
         return given(power_platform, w)
                    .on("prod")
                    .when(open_environment{alice, active_at})
                    .then_refused({{"T19", refusal::operation_in_progress}}) &&
                given(power_platform, undone).on("prod").when(open_environment{alice, active_at}).then_allowed({}) &&
                undone.environment("prod").managed_by == protector::provider;
     }},
    {"T19: new environment keys, a new version",
     [] {
         return applied.environment("prod").key_version == 2 && applied.environment("prod").managed_by == protector::customer &&
                applied.environment("support").key_version == 1;
     }},
    {"T44: environments of both kinds side by side", [] { return applied.ring.customer_managed == 1 && applied.ring.environments == 3; }},
    {"T37: once the key is Active again, apply and return work though others are locked",
     [] {
         return given(power_platform, prod_back).on("support").when(applies(prod_back_at)).then_allowed() &&
                given(power_platform, prod_back).on("prod").when(returns(prod_back_at)).then_allowed();
     }},
    {"resolution 23: an environment made while the ring is locked is the provider's; an apply puts it abreast of the lock",
     [] {
         const world w = key_back.after(power_platform, make_late(key_back_at));
         const world on_key =
             w.after(power_platform, applies(key_back_at), on_late).after(power_platform, ends(key_back_at, operation::applying), on_late);
         return given(power_platform, locked).when(make_late(unlockable_at)).then_allowed() &&
                w.environment("late").managed_by == protector::provider && !is_locked(on_key.ring, on_key.environment("late")) &&
                on_key.environment("late").unlock_epoch == 1 && on_key.ring.locked == 2;
     }},
};

static_assert(first_failure(applying) == none_failed);
TEST_CASE("T19: an environment is put on the Active key") { run(applying); }

constexpr scenario returning[] = {
    {"T20: to the provider's key, production with its name typed",
     [] {
         return given(power_platform, applied).on("prod").when(returns(applied_at)).then_allowed({"risk_acknowledged", "return_started"});
     }},
    {"T20: another name",
     [] {
         return given(power_platform, applied)
             .on("prod")
             .when(returns(applied_at, "Prod"))
             .then_refused({{"T20", refusal::confirmation_mismatch}});
     }},
    {"T20: no name",
     [] {
         return given(power_platform, applied)
             .on("prod")
             .when(returns(applied_at, ""))
             .then_refused({{"T20", refusal::confirmation_mismatch}});
     }},
    {"T20: a sandbox needs none", [] { return given(power_platform, both).on("sandbox").when(returns(applied_at, "")).then_allowed(); }},
    {"T20: not confirmed",
     [] {
         return given(power_platform, applied)
             .on("prod")
             .when(but(returns(applied_at), [](return_to_provider& c) { c.confirmed = false; }))
             .then_refused({{"T20", refusal::not_confirmed}});
     }},
    {"T20: it is on the provider's key already",
     [] {
         return given(power_platform, active).on("prod").when(returns(active_at)).then_refused({{"T20", refusal::not_customer_managed}});
     }},
    {"T20: down, then the provider's under a new version of its keys",
     [] {
         const world w = applied.after(power_platform, returns(applied_at), on_prod);
         const world done = w.after(power_platform, ends(applied_at, operation::returning), on_prod);
         return given(power_platform, w)
                    .on("prod")
                    .when(open_environment{alice, applied_at})
                    .then_refused({{"T19", refusal::operation_in_progress}}) &&
                done.environment("prod").managed_by == protector::provider && done.environment("prod").key_version == 3 &&
                done.ring.customer_managed == 0;
     }},
    {"T20: a return that fails leaves key and content as they were; leases from before are dead",
     [] {
         const world w = applied.after(power_platform, returns(applied_at), on_prod)
                             .after(power_platform, fails(applied_at, operation::returning), on_prod);
         const environment_state expected = but(applied.environment("prod"), [](environment_state& e) { ++e.access_epoch; });
         return w.environment("prod") == expected && w.ring.customer_managed == 1;
     }},
};
static_assert(first_failure(returning) == none_failed);
TEST_CASE("T20: an environment returns to the provider's key") { run(returning); }

constexpr bool locked_refused(const outcome& o, std::string_view rule) { return o.then_refused({{rule, refusal::environment_locked}}); }

constexpr scenario closed[] = {
    {"T22: no one opens a locked environment",
     [] { return locked_refused(given(power_platform, locked).on("prod").when(open_environment{alice, unlockable_at}), "T22"); }},
    {"T22: from the moment the lock is asked for",
     [] { return locked_refused(given(power_platform, locking).on("prod").when(open_environment{alice, lockable_at}), "T22"); }},
    {"T22: nor when its key is Active again, until it is unlocked itself",
     [] {
         return locked_refused(given(power_platform, prod_back).on("sandbox").when(open_environment{alice, prod_back_at}), "T22") &&
                given(power_platform, prod_back).on("prod").when(open_environment{alice, prod_back_at}).then_allowed({});
     }},
    {"T22: the provider least of all",
     [] {
         return given(power_platform, locked)
             .on("prod")
             .when(open_environment{provider_person, unlockable_at})
             .then_refused({{"T05", refusal::not_authorized}, {"T22", refusal::environment_locked}});
     }},
    {"T22: an environment that the lock did not hit is open",
     [] { return given(power_platform, locked).on("support").when(open_environment{alice, unlockable_at}).then_allowed({}); }},
    {"resolution 14: return", [] { return locked_refused(given(power_platform, locked).on("prod").when(returns(unlockable_at)), "T22"); }},
    {"resolution 14: reset (T33)",
     [] { return locked_refused(given(power_platform, locked).on("prod").when(reset{alice, unlockable_at, typed_text("prod")}), "T33"); }},
    {"resolution 14: a backup",
     [] {
         return locked_refused(given(power_platform, locked).on("prod").when(take_backup{alice, unlockable_at, backup_id("b")}), "T22");
     }},
    {"resolution 14: deletion is allowed",
     [] {
         return given(power_platform, locked)
             .on("prod")
             .when(delete_environment{alice, unlockable_at, typed_text("prod")})
             .then_event(0, environment_deleted{environment_id{"prod"}, protection::locked, false});
     }},
};
static_assert(first_failure(closed) == none_failed);
TEST_CASE("T22: a locked environment serves no one") { run(closed); }

constexpr delete_environment deletes(std::string_view typed, instant at = applied_at) { return {alice, at, typed_text(typed)}; }

constexpr scenario deleting[] = {
    {"T36: its name typed",
     [] { return given(power_platform, both).on("sandbox").when(deletes("sandbox")).then_allowed({"environment_deleted"}); }},
    {"T36: another name, also for a sandbox",
     [] {
         return given(power_platform, both).on("sandbox").when(deletes("prod")).then_refused({{"T36", refusal::confirmation_mismatch}});
     }},
    {"T36: not its own administrators",
     [] {
         return given(power_platform, both)
             .on("prod")
             .when(but(deletes("prod"), [](delete_environment& c) { c.by = erin; }))
             .then_refused({{"T05", refusal::not_authorized}});
     }},
    {"T36: not while it is being moved",
     [] {
         return given(power_platform, applied.after(power_platform, returns(applied_at), on_prod))
             .on("prod")
             .when(deletes("prod"))
             .then_refused({{"T36", refusal::operation_in_progress}});
     }},
    {"T36, resolution 20: not while it is being locked",
     [] {
         return given(power_platform, locking)
             .on("prod")
             .when(deletes("prod", lockable_at))
             .then_refused({{"T36", refusal::operation_in_progress}});
     }},
    {"T36: gone is gone",
     [] {
         return given(power_platform, both.after(power_platform, deletes("prod"), on_prod))
             .on("prod")
             .when(applies(applied_at))
             .refused_by({"H01", refusal::not_found});
     }},
    {"T36: each kind is counted out",
     [] {
         const world a = both.after(power_platform, deletes("support"), on_support);
         const world b = both.after(power_platform, deletes("prod"), on_prod);
         const world c = locked.after(power_platform, deletes("prod", unlockable_at), on_prod);
         return a.ring.environments == 2 && a.ring.customer_managed == 2 && b.ring.customer_managed == 1 && c.ring.locked == 1 &&
                c.ring.customer_managed == 0;
     }},
};
static_assert(first_failure(deleting) == none_failed);
TEST_CASE("T36: an environment is deleted, its name typed") { run(deleting); }

constexpr reset resets(std::string_view typed, const actor& by = alice) { return {by, applied_at, typed_text(typed)}; }

constexpr scenario resetting[] = {
    {"T33: production with its name typed",
     [] { return given(power_platform, applied).on("prod").when(resets("prod", erin)).then_allowed({"reset_started"}); }},
    {"T33, resolution 14: without it",
     [] { return given(power_platform, applied).on("prod").when(resets("")).then_refused({{"T33", refusal::confirmation_mismatch}}); }},
    {"T33: a sandbox needs none", [] { return given(power_platform, both).on("sandbox").when(resets("")).then_allowed(); }},
    {"T33: it ends with the provider's key, new keys, and no backup",
     [] {
         const world w =
             applied.after(power_platform, resets("prod"), on_prod).after(power_platform, ends(applied_at, operation::resetting), on_prod);
         const environment_state& e = w.environment("prod");
         return e.managed_by == protector::provider && e.key_version == 3 && e.data_era == 2 && w.ring.customer_managed == 0;
     }},
    {"T33: one on the provider's key stays there",
     [] {
         const world w =
             active.after(power_platform, resets("prod"), on_prod).after(power_platform, ends(applied_at, operation::resetting), on_prod);
         return w.environment("prod").managed_by == protector::provider && w.environment("prod").data_era == 2 &&
                w.ring.customer_managed == 0;
     }},
    {"T33: it only goes forward",
     [] {
         const world w = applied.after(power_platform, resets("prod"), on_prod);
         return given(power_platform, w)
             .on("prod")
             .when(fails(applied_at, operation::resetting))
             .then_refused({{"H03", refusal::not_in_progress}});
     }},
};
static_assert(first_failure(resetting) == none_failed);
TEST_CASE("T33: a reset takes data, backups and key") { run(resetting); }

template <class C>
constexpr bool busy_refuses(const C& command) {
    return given(power_platform, both.after(power_platform, returns(applied_at), on_prod))
        .on("prod")
        .from("prod")
        .when(command)
        .refused_by({"T36", refusal::operation_in_progress});
}

constexpr scenario one_at_a_time[] = {
    {"apply", [] { return busy_refuses(applies(applied_at)); }},
    {"return", [] { return busy_refuses(returns(applied_at)); }},
    {"reset", [] { return busy_refuses(resets("prod")); }},
    {"delete", [] { return busy_refuses(deletes("prod")); }},
    {"backup", [] { return busy_refuses(take_backup{alice, applied_at, backup_id("b")}); }},
    {"copy", [] { return busy_refuses(copy{alice, applied_at, typed_text("prod")}); }},
    {"unlock", [] { return busy_refuses(unlocks(applied_at)); }},
    {"another environment is not in the way",
     [] {
         return given(power_platform, both.after(power_platform, returns(applied_at), on_prod))
             .on("sandbox")
             .when(returns(applied_at, ""))
             .then_allowed();
     }},
};
static_assert(first_failure(one_at_a_time) == none_failed);
TEST_CASE("resolution 20: one operation at a time on an environment") { run(one_at_a_time); }

} // namespace
