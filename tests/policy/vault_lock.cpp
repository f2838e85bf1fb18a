// SPDX-License-Identifier: Apache-2.0
#include "vault_worlds.hpp"

namespace {

using namespace keywright;
using namespace keywright::testing;

constexpr bool open_refused(const world& w, std::string_view environment, instant at) {
    return given(enterprise_policy, w).on(environment).when(open_environment{alice, at}).refused_by({"T22", refusal::environment_offline});
}
constexpr bool opens(const world& w, std::string_view environment, instant at) {
    return given(enterprise_policy, w).on(environment).when(open_environment{alice, at}).then_allowed({});
}
constexpr world purged_of(revocation cause) { return members.after(enterprise_policy, revokes(revoked_at, cause), under("p1")); }

constexpr scenario revoking[] = {
    {"P05: by the vault's administrator, at once",
     [] {
         return opens(members, "prod", revoked_at) &&
                given(enterprise_policy, members).under("p1").when(revokes(revoked_at)).then_allowed({"access_revoked"}) &&
                open_refused(offline, "prod", revoked_at);
     }},
    {"P05: by no one else: not the tenant's administrator, not the environment's, not the provider",
     [] {
         for (const actor& each : {alice, erin, provider_person, mallory})
             if (!given(enterprise_policy, members)
                      .under("p1")
                      .when(but(revokes(revoked_at), [&](revoke_access& c) { c.by = each; }))
                      .then_refused({{"P05", refusal::not_authorized}}))
                 return false;
         return true;
     }},
    {"resolution 19: the system reports a vault that refuses",
     [] {
         return given(enterprise_policy, members)
             .under("p1")
             .when(but(revokes(revoked_at), [](revoke_access& c) { c.by = the_system; }))
             .then_allowed({"access_revoked"});
     }},
    {"P06: each of the six causes takes the environments offline",
     [] {
         for (const revocation cause : {revocation::access, revocation::key_disabled, revocation::version_disabled, revocation::key_deleted,
                                        revocation::vault_deleted, revocation::policy_deleted})
             if (!open_refused(purged_of(cause), "prod", revoked_at)) return false;
         return true;
     }},
    {"P07: all of the policy's environments, and one event says how many",
     [] {
         return open_refused(offline, "prod", revoked_at) && open_refused(offline, "sandbox", revoked_at) &&
                given(enterprise_policy, members)
                    .under("p1")
                    .when(revokes(revoked_at))
                    .then_event(0, access_revoked{policy_id("p1"), revocation::access, 1, 2});
     }},
    {"P04: and of no other policy, nor those on the provider's key",
     [] {
         const world two = members.after(enterprise_policy, makes_policy(added_at, "p2", 2))
                               .after(enterprise_policy, grants(added_at, 2), under("p2"))
                               .after(enterprise_policy, adds(added_at), under("p2", "support"))
                               .after(enterprise_policy, ends(added_at, operation::applying), on_support)
                               .after(enterprise_policy, revokes(revoked_at), under("p1"));
         return open_refused(two, "prod", revoked_at) && opens(two, "support", revoked_at) && opens(offline, "support", revoked_at);
     }},
    {"P03: the deletion of a policy with environments is a revocation and no return",
     [] {
         const world w = purged_of(revocation::policy_deleted);
         return w.environment("prod").managed_by == protector::customer && w.environment("prod").membership.in_policy() &&
                w.vault_policy("p1").deleted && !w.vault_policy("p1").gone();
     }},
    {"an empty policy is deleted for good, and its name is free",
     [] {
         const world w = granted.after(enterprise_policy, revokes(revoked_at, revocation::policy_deleted), under("p1"));
         return given(enterprise_policy, w).under("p1").when(grants(revoked_at)).then_refused({{"H01", refusal::not_found}}) &&
                given(enterprise_policy, w).when(makes_policy(revoked_at)).then_allowed({"policy_created"});
     }},
    {"to revoke twice for one cause is harmless; for another one it is recorded",
     [] {
         return given(enterprise_policy, offline).under("p1").when(revokes(revoked_at + hours(1))).then_allowed({}) &&
                given(enterprise_policy, offline)
                    .under("p1")
                    .when(revokes(revoked_at + hours(1), revocation::key_deleted))
                    .then_allowed({"access_revoked"});
     }},
    {"resolution 20: an addition that is under way does not end well; it fails, and the environment stays the provider's",
     [] {
         const world w = adding.after(enterprise_policy, revokes(added_at), under("p1"));
         const world undone = w.after(enterprise_policy, fails(added_at, operation::applying), on_prod);
         return given(enterprise_policy, w)
                    .on("prod")
                    .when(ends(added_at, operation::applying))
                    .then_refused({{"P07", refusal::environment_offline}}) &&
                undone.environment("prod").managed_by == protector::provider && opens(undone, "prod", added_at) &&
                undone.vault_policy("p1").environments() == 0;
     }},
    {"resolution 20: a return that is under way fails and leaves the environment offline",
     [] {
         const world w =
             member.after(enterprise_policy, removes(added_at), on_prod).after(enterprise_policy, revokes(added_at), under("p1"));
         const world undone = w.after(enterprise_policy, fails(added_at, operation::returning), on_prod);
         return given(enterprise_policy, w)
                    .on("prod")
                    .when(ends(added_at, operation::returning))
                    .then_refused({{"P07", refusal::environment_offline}}) &&
                open_refused(undone, "prod", added_at) && undone.vault_policy("p1").production == 1;
     }},
    {"only a reset that has begun still ends, and leads out of the policy: nothing is left to protect",
     [] {
         const world w = member.after(enterprise_policy, reset{alice, added_at, typed_text("prod")}, on_prod)
                             .after(enterprise_policy, revokes(added_at), under("p1"))
                             .after(enterprise_policy, ends(added_at, operation::resetting), on_prod);
         return opens(w, "prod", added_at) && w.environment("prod").managed_by == protector::provider &&
                w.vault_policy("p1").environments() == 0;
     }},
};
static_assert(first_failure(revoking) == none_failed);
TEST_CASE("P05, P06, P07: the use of a key is revoked, and everything under it is offline at once") { run(revoking); }

constexpr bool refused_offline(const outcome& o, std::string_view rule) { return o.refused_by({rule, refusal::environment_offline}); }

constexpr scenario closed[] = {
    {"P07: nothing is added to a policy that is offline, nothing leaves it",
     [] {
         return given(enterprise_policy, offline)
                    .on("support")
                    .under("p1")
                    .when(adds(revoked_at))
                    .then_refused({{"P01", refusal::grant_incomplete}, {"P07", refusal::environment_offline}}) &&
                given(enterprise_policy, offline)
                    .on("prod")
                    .when(removes(revoked_at))
                    .then_refused({{"P07", refusal::environment_offline}});
     }},
    {"T33: no reset",
     [] {
         return refused_offline(given(enterprise_policy, offline).on("prod").when(reset{alice, revoked_at, typed_text("prod")}), "T33");
     }},
    {"T22: no backup is taken, no copy made, neither onto it nor from it",
     [] {
         const copy onto{alice, revoked_at, {}};
         return refused_offline(given(enterprise_policy, offline).on("prod").when(take_backup{alice, revoked_at, backup_id("b")}), "T22") &&
                refused_offline(given(enterprise_policy, offline).on("sandbox").from("prod").when(onto), "T22") &&
                refused_offline(given(enterprise_policy, offline).on("support").from("sandbox").when(onto), "T22");
     }},
    {"T25: no backup of it is restored, into itself or elsewhere",
     [] {
         const world w = members.after(enterprise_policy, take_backup{alice, added_at, backup_id("b1")}, on_prod)
                             .after(enterprise_policy, revokes(revoked_at), under("p1"));
         return refused_offline(given(enterprise_policy, w).on("prod").backup("b1").when(restore{alice, revoked_at, typed_text("prod")}),
                                "T25") &&
                refused_offline(given(enterprise_policy, w).on("sandbox").backup("b1").when(restore{alice, revoked_at, {}}), "T25");
     }},
    {"T36: but it may be deleted, its name typed, and so leaves the policy",
     [] {
         return given(enterprise_policy, offline)
                    .on("prod")
                    .when(delete_environment{alice, revoked_at, typed_text("prod")})
                    .then_allowed({"environment_deleted", "environment_removed"}) &&
                given(enterprise_policy, offline)
                    .on("prod")
                    .when(delete_environment{alice, revoked_at, typed_text("p")})
                    .then_refused({{"T36", refusal::confirmation_mismatch}});
     }},
    {"a version is not rotated either",
     [] { return refused_offline(given(enterprise_policy, offline).under("p1").when(rotates(revoked_at)), "P07"); }},
};
static_assert(first_failure(closed) == none_failed);
TEST_CASE("P07: what is offline is neither moved nor read") { run(closed); }

constexpr mender mended_by(const world& w) {
    const decision d = given(enterprise_policy, w).on("prod").when(open_environment{alice, regranted_at}).decision();
    return d.reasons()[0].who_can_mend;
}

constexpr scenario coming_back[] = {
    {"P08: all grants, a request, the approval; then all are back at once",
     [] {
         return given(enterprise_policy, asked).under("p1").when(approves(regranted_at)).then_allowed({"unlock_approved"}) &&
                opens(back, "prod", regranted_at) && opens(back, "sandbox", regranted_at);
     }},
    {"P08: another key is refused",
     [] {
         return given(enterprise_policy, offline).under("p1").when(grants(regranted_at, 2)).then_refused({{"P08", refusal::wrong_key}});
     }},
    {"P08: one grant short is not all",
     [] {
         for (const key_permissions part :
              {key_permissions{true, true, false}, key_permissions{true, false, true}, key_permissions{false, true, true}}) {
             const world w = offline.after(enterprise_policy, grants(regranted_at, 1, part), under("p1"));
             if (!given(enterprise_policy, w).under("p1").when(asks_back(regranted_at)).then_refused({{"P08", refusal::grant_incomplete}}))
                 return false;
         }
         return true;
     }},
    {"P08: grants add up",
     [] {
         const world w = offline.after(enterprise_policy, grants(regranted_at, 1, {true, true, false}), under("p1"))
                             .after(enterprise_policy, grants(regranted_at, 1, {false, false, true}), under("p1"));
         return given(enterprise_policy, w).under("p1").when(asks_back(regranted_at)).then_allowed({"unlock_requested"});
     }},
    {"P08: no approval without a request",
     [] {
         return given(enterprise_policy, regranted)
             .under("p1")
             .when(approves(regranted_at))
             .then_refused({{"P08", refusal::approval_required}});
     }},
    {"P08: the key is back and granted, and still nothing opens before the provider has approved",
     [] {
         const open_environment open{alice, regranted_at};
         return given(enterprise_policy, regranted)
                    .on("prod")
                    .when(open)
                    .then_refused({{"T22", refusal::environment_offline}, {"P08", refusal::approval_required}}) &&
                given(enterprise_policy, offline).on("prod").when(open).then_refused({{"T22", refusal::environment_offline}}) &&
                open_refused(asked, "prod", regranted_at);
     }},
    {"a denial names who takes the next step: the vault, then the tenant, then the provider",
     [] {
         return mended_by(offline) == mender::vault_administrator && mended_by(regranted) == mender::tenant_administrator &&
                mended_by(asked) == mender::provider;
     }},
    {"P08: only a tenant administrator asks, only the provider approves",
     [] {
         for (const actor& each : {erin, vera, provider_person})
             if (given(enterprise_policy, regranted).under("p1").when(request_unlock{each, regranted_at}).then_allowed()) return false;
         for (const actor& each : {bob, alice, vera})
             if (given(enterprise_policy, asked).under("p1").when(approve_unlock{each, regranted_at}).then_allowed()) return false;
         return true;
     }},
    {"P08: what is not offline is not asked back; who has asked need not ask again",
     [] {
         return given(enterprise_policy, members).under("p1").when(asks_back(regranted_at)).then_refused({{"P08", refusal::not_locked}}) &&
                given(enterprise_policy, members).under("p1").when(approves(regranted_at)).then_refused({{"P08", refusal::not_locked}}) &&
                given(enterprise_policy, asked).under("p1").when(asks_back(regranted_at)).then_refused({{"P08", refusal::already_exists}});
     }},
    {"a revocation in between voids the request",
     [] {
         const world w =
             asked.after(enterprise_policy, revokes(regranted_at), under("p1")).after(enterprise_policy, grants(regranted_at), under("p1"));
         return given(enterprise_policy, w).under("p1").when(approves(regranted_at)).then_refused({{"P08", refusal::approval_required}}) &&
                w.vault_policy("p1").revoked_at == revoked_at;
     }},
    {"a deleted policy comes back by the same steps",
     [] {
         const world w = purged_of(revocation::policy_deleted)
                             .after(enterprise_policy, grants(regranted_at), under("p1"))
                             .after(enterprise_policy, asks_back(regranted_at), under("p1"))
                             .after(enterprise_policy, approves(regranted_at), under("p1"));
         return opens(w, "prod", regranted_at) && !w.vault_policy("p1").deleted;
     }},
    {"P09: who granted the key does not ask for the environments, too",
     [] {
         const world w =
             offline
                 .after(enterprise_policy, but(grants(regranted_at), [](grant_access& c) { c.by = {admin_id("vera"), principal::vault}; }),
                        under("p1"))
                 .having(regranted_at, administrator_added{admin_id("vera"), {}});
         return given(enterprise_policy, w)
             .under("p1")
             .when(request_unlock{{admin_id("vera"), principal::person}, regranted_at})
             .then_refused({{"P09", refusal::separation_of_duties}});
     }},
};
static_assert(first_failure(coming_back) == none_failed);
TEST_CASE("P08: the way back takes the original key, a request and the provider's approval") { run(coming_back); }

constexpr outcome expiring(const world& w, std::string_view environment, instant at) {
    return given(enterprise_policy, w).on(environment).when(expire_environment{.at = at});
}
constexpr world sandbox_gone = asked.after(enterprise_policy, expire_environment{.at = revoked_at + days(7)}, on_sandbox);

constexpr scenario retention_rows[] = {
    {"P18: a sandbox is due at exactly 7 days",
     [] {
         return expiring(offline, "sandbox", revoked_at + days(7) - second)
                    .then_refused({{"P18", refusal::not_due, revoked_at + days(7)}}) &&
                expiring(offline, "sandbox", revoked_at + days(7)).then_allowed({"environment_deleted", "environment_removed"});
     }},
    {"P18: a production environment at exactly 30",
     [] {
         return expiring(offline, "prod", revoked_at + days(30) - second)
                    .then_refused({{"P18", refusal::not_due, revoked_at + days(30)}}) &&
                expiring(offline, "prod", revoked_at + days(30)).then_allowed({"environment_deleted", "environment_removed"});
     }},
    {"P18: nothing that is online is ever due",
     [] {
         return expiring(members, "prod", revoked_at + days(99)).then_refused({{"P18", refusal::not_locked}}) &&
                expiring(back, "prod", revoked_at + days(99)).then_refused({{"P18", refusal::not_locked}}) &&
                expiring(members, "support", revoked_at + days(99)).then_refused({{"P18", refusal::not_locked}});
     }},
    {"P18: nothing comes back from the moment that something is due, whether or not it has been deleted",
     [] {
         return given(enterprise_policy, asked).under("p1").when(approves(revoked_at + days(7) - second)).then_allowed() &&
                given(enterprise_policy, asked)
                    .under("p1")
                    .when(approves(revoked_at + days(7)))
                    .then_refused({{"P18", refusal::retention_expired}}) &&
                given(enterprise_policy, regranted)
                    .under("p1")
                    .when(asks_back(revoked_at + days(7)))
                    .then_refused({{"P18", refusal::retention_expired}});
     }},
    {"P18: once it has been, the others do come back, until they are due themselves",
     [] {
         return given(enterprise_policy, sandbox_gone).under("p1").when(approves(revoked_at + days(30) - second)).then_allowed() &&
                given(enterprise_policy, sandbox_gone)
                    .under("p1")
                    .when(approves(revoked_at + days(30)))
                    .then_refused({{"P18", refusal::retention_expired}});
     }},
    {"P18: each revocation starts the time anew",
     [] {
         const world again = back.after(enterprise_policy, revokes(revoked_at + days(5)), under("p1"));
         return expiring(again, "sandbox", revoked_at + days(12) - second)
                    .then_refused({{"P18", refusal::not_due, revoked_at + days(12)}}) &&
                expiring(again, "sandbox", revoked_at + days(12)).then_allowed();
     }},
    {"P18: a second cause does not: what is offline stays due",
     [] {
         const world more = offline.after(enterprise_policy, revokes(revoked_at + days(5), revocation::key_deleted), under("p1"));
         return expiring(more, "sandbox", revoked_at + days(7)).then_allowed();
     }},
    {"P18: the system alone deletes",
     [] {
         return given(enterprise_policy, offline)
             .on("prod")
             .when(expire_environment{.by = alice, .at = revoked_at + days(30)})
             .then_refused({{"P05", refusal::not_authorized}});
     }},
};
static_assert(first_failure(retention_rows) == none_failed);
TEST_CASE("P18: what stays offline is deleted after 30 days, what is no production environment after 7") { run(retention_rows); }

} // namespace
