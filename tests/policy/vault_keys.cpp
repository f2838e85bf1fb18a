// SPDX-License-Identifier: Apache-2.0
#include "vault_worlds.hpp"

namespace {

using namespace keywright;
using namespace keywright::testing;

template <class Change>
constexpr outcome making(Change change) {
    return given(enterprise_policy, without_policy).when(but(makes_policy(made_at), change));
}
constexpr outcome sized(std::uint32_t bits) {
    return making([=](create_policy& c) { c.key.bits = bits; });
}

constexpr scenario making_rows[] = {
    {"P01: a policy names a key; nothing is granted yet",
     [] {
         return given(enterprise_policy, without_policy).when(makes_policy(made_at)).then_allowed({"policy_created"}) &&
                !ungranted.vault_policy("p1").permissions.complete() && ungranted.vault_policy("p1").in_force().number == 1;
     }},
    {"by an administrator of the tenant or of the vault, and no one else",
     [] {
         return making([](create_policy& c) { c.by = vera; }).then_allowed() &&
                making([](create_policy& c) { c.by = erin; }).then_refused({{"P05", refusal::not_authorized}}) &&
                making([](create_policy& c) { c.by = provider_person; }).then_refused({{"P05", refusal::not_authorized}});
     }},
    {"H01: not twice under one name",
     [] { return given(enterprise_policy, members).when(makes_policy(added_at)).then_refused({{"H01", refusal::already_exists}}); }},
    {"P04: but a second policy, even for the same key",
     [] { return given(enterprise_policy, members).when(makes_policy(added_at, "p2")).then_allowed({"policy_created"}); }},
    {"P25: only where it is offered",
     [] { return making([](create_policy& c) { c.offered_here = false; }).then_refused({{"P25", refusal::region_unavailable}}); }},
    {"P17: the vault is in the policy's region",
     [] { return making([](create_policy& c) { c.vault.region = region_id("us"); }).then_refused({{"P17", refusal::region_mismatch}}); }},
    {"P09: with purge protection",
     [] { return making([](create_policy& c) { c.vault.purge_protection = false; }).then_refused({{"P09", refusal::vault_unprotected}}); }},
    {"P09, P19: with a soft delete of 7 to 90 days, both included; 90 by default",
     [] {
         const auto soft = [](seconds span) { return making([=](create_policy& c) { c.vault.soft_delete = span; }); };
         return soft(days(7) - second).then_refused({{"P09", refusal::vault_unprotected}}) && soft(days(7)).then_allowed() &&
                soft(days(90)).then_allowed() && soft(days(90) + second).then_refused({{"P09", refusal::vault_unprotected}}) &&
                soft(seconds{}).then_refused({{"P09", refusal::vault_unprotected}}) && vault_evidence{}.soft_delete == days(90);
     }},
    {"P10: RSA",
     [] { return making([](create_policy& c) { c.key.type = key_kind::elliptic_curve; }).then_refused({{"P10", refusal::bad_key_type}}); }},
    {"P10, P15: of 2048 or 3072 bits",
     [] {
         return sized(2048).then_allowed() && sized(3072).then_allowed() && sized(2049).then_refused({{"P15", refusal::bad_key_size}}) &&
                sized(4096).then_refused({{"P15", refusal::bad_key_size}}) &&
                sized(2047).then_refused({{"P10", refusal::bad_key_size}, {"P15", refusal::bad_key_size}});
     }},
    {"P15: a number of the profile: 4096 may be added, 3072 taken away",
     [] {
         constexpr auto wide = enterprise_policy.with(vault_key_sizes{{2048, 3072, 4096}});
         constexpr auto narrow = enterprise_policy.with(vault_key_sizes{{2048}});
         const auto of = [](std::uint32_t bits) { return but(makes_policy(made_at), [=](create_policy& c) { c.key.bits = bits; }); };
         return given(wide, without_policy).when(of(4096)).then_allowed() &&
                given(narrow, without_policy).when(of(3072)).then_refused({{"P15", refusal::bad_key_size}}) &&
                given(narrow, without_policy).when(of(0)).refused_by({"P15", refusal::bad_key_size});
     }},
    {"P19: a deleted key is recovered first, up to exactly the end of its time; then it is not there",
     [] {
         const auto deleted = [](instant at) { return making([=](create_policy& c) { c.key.deleted_at = at; }); };
         return deleted(made_at).then_refused({{"P19", refusal::recoverable}}) &&
                deleted(made_at - days(90) + second).then_refused({{"P19", refusal::recoverable}}) &&
                deleted(made_at - days(90)).then_refused({{"P19", refusal::not_found}});
     }},
    {"P09: the vault's administrator is not the tenant's",
     [] {
         return making([](create_policy& c) { c.by = rogue; }).then_refused({{"P09", refusal::separation_of_duties}}) &&
                making([](create_policy& c) { c.by = {erin.who, principal::vault}; }).then_allowed(); // of one environment only
     }},
};
static_assert(first_failure(making_rows) == none_failed);
TEST_CASE("P09, P10, P15, P17, P19, P25: what a policy may be made of") { run(making_rows); }

constexpr scenario granting[] = {
    {"P01: by the vault's administrator alone",
     [] {
         for (const actor& each : {alice, erin, provider_person, the_system})
             if (given(enterprise_policy, ungranted)
                     .under("p1")
                     .when(but(grants(made_at), [&](grant_access& c) { c.by = each; }))
                     .then_allowed())
                 return false;
         return given(enterprise_policy, ungranted).under("p1").when(grants(made_at)).then_allowed({"access_granted"});
     }},
    {"P08: the named key alone",
     [] { return given(enterprise_policy, ungranted).under("p1").when(grants(made_at, 2)).then_refused({{"P08", refusal::wrong_key}}); }},
    {"what is granted already changes nothing",
     [] { return given(enterprise_policy, granted).under("p1").when(grants(made_at)).then_allowed({}); }},
    {"P09: not by a tenant administrator of the same person",
     [] {
         return given(enterprise_policy, ungranted)
             .under("p1")
             .when(but(grants(made_at), [](grant_access& c) { c.by = rogue; }))
             .then_refused({{"P09", refusal::separation_of_duties}});
     }},
    {"P05: but a revocation of theirs is not refused",
     [] {
         return given(enterprise_policy, members)
             .under("p1")
             .when(but(revokes(revoked_at), [](revoke_access& c) { c.by = rogue; }))
             .then_allowed({"access_revoked"});
     }},
    {"H01: no such policy",
     [] {
         return given(enterprise_policy, without_policy).under("p1").when(grants(made_at)).then_refused({{"H01", refusal::not_found}}) &&
                given(enterprise_policy, without_policy).under("p1").when(revokes(made_at)).then_refused({{"H01", refusal::not_found}}) &&
                given(enterprise_policy, without_policy).under("p1").when(asks_back(made_at)).then_refused({{"H01", refusal::not_found}}) &&
                given(enterprise_policy, without_policy).under("p1").when(approves(made_at)).then_refused({{"H01", refusal::not_found}}) &&
                given(enterprise_policy, without_policy).under("p1").when(rotates(made_at)).then_refused({{"H01", refusal::not_found}}) &&
                given(enterprise_policy, without_policy).under("p1").when(purges(made_at)).then_refused({{"H01", refusal::not_found}});
     }},
};
static_assert(first_failure(granting) == none_failed);
TEST_CASE("P01: the use of the key is granted by the vault's administrator") { run(granting); }

constexpr instant rotated_at = added_at + days(1);
constexpr world rotated = members.after(enterprise_policy, rotates(rotated_at), under("p1"));
constexpr world full_of_versions = [] {
    world w = members;
    for (std::uint8_t n = 10; n < 10 + policy_state::max_versions - 1; ++n)
        w = w.after(enterprise_policy, rotates(rotated_at, n), under("p1"));
    return w;
}();
constexpr outcome purging(const world& w, std::uint32_t version, instant at) {
    return given(enterprise_policy, w).under("p1").when(purges(at, version));
}

constexpr scenario rotating[] = {
    {"P16: a new version, and nothing goes down",
     [] {
         return given(enterprise_policy, members).under("p1").when(rotates(rotated_at)).then_allowed({"version_rotated"}) &&
                given(enterprise_policy, rotated).on("prod").when(open_environment{alice, rotated_at}).then_allowed({}) &&
                rotated.vault_policy("p1").in_force().number == 2 && rotated.environment("prod") == members.environment("prod");
     }},
    {"P16: not a version that there is, nor was",
     [] {
         return given(enterprise_policy, rotated).under("p1").when(rotates(rotated_at)).then_refused({{"P16", refusal::duplicate_key}}) &&
                given(enterprise_policy, rotated).under("p1").when(rotates(rotated_at, 1)).then_refused({{"P16", refusal::duplicate_key}});
     }},
    {"P10, P15: of the same kind and sizes",
     [] {
         return given(enterprise_policy, members)
                    .under("p1")
                    .when(but(rotates(rotated_at), [](rotate_version& c) { c.key.bits = 4096; }))
                    .then_refused({{"P15", refusal::bad_key_size}}) &&
                given(enterprise_policy, members)
                    .under("p1")
                    .when(but(rotates(rotated_at), [](rotate_version& c) { c.key.type = key_kind::other; }))
                    .then_refused({{"P10", refusal::bad_key_type}});
     }},
    {"P16: the earlier version is kept for exactly 28 days",
     [] {
         return purging(rotated, 1, rotated_at + days(28) - second)
                    .then_refused({{"P16", refusal::version_in_use, rotated_at + days(28)}}) &&
                purging(rotated, 1, rotated_at + days(28)).then_allowed({"key_purged"});
     }},
    {"P16: the one in force for as long as it is",
     [] { return purging(rotated, 2, rotated_at + days(999)).then_refused({{"P16", refusal::version_in_use}}); }},
    {"P16: what was purged is not there any more",
     [] {
         const world w = rotated.after(enterprise_policy, purges(rotated_at + days(28), 1), under("p1"));
         return purging(w, 1, rotated_at + days(28)).then_refused({{"P16", refusal::not_found}}) &&
                w.vault_policy("p1").versions.size() == 1 && w.vault_policy("p1").in_force().print == print_of(9);
     }},
    {"H02: eight versions fit",
     [] {
         return full_of_versions.vault_policy("p1").versions.full() && given(enterprise_policy, full_of_versions)
                                                                           .under("p1")
                                                                           .when(rotates(rotated_at, 99))
                                                                           .then_refused({{"H02", refusal::too_many}});
     }},
    {"P08: after a rotation the original key is its version in force",
     [] {
         const world w = rotated.after(enterprise_policy, revokes(rotated_at), under("p1"));
         return given(enterprise_policy, w).under("p1").when(grants(rotated_at, 9)).then_allowed({"access_granted"}) &&
                given(enterprise_policy, w).under("p1").when(grants(rotated_at, 1)).then_refused({{"P08", refusal::wrong_key}});
     }},
    {"the vault's administrator alone rotates and purges",
     [] {
         return given(enterprise_policy, members)
                    .under("p1")
                    .when(but(rotates(rotated_at), [](rotate_version& c) { c.by = alice; }))
                    .refused_by({"P05", refusal::not_authorized}) &&
                given(enterprise_policy, rotated)
                    .under("p1")
                    .when(but(purges(rotated_at + days(28), 1), [](purge_key& c) { c.by = bob; }))
                    .refused_by({"P05", refusal::not_authorized});
     }},
};
static_assert(first_failure(rotating) == none_failed);
TEST_CASE("P16: a key is rotated by version, and the earlier version stays for 28 days") { run(rotating); }

constexpr world key_deleted = members.after(enterprise_policy, revokes(revoked_at, revocation::key_deleted), under("p1"));

constexpr scenario purging_rows[] = {
    {"P20: purge protection holds a deleted key until exactly the end of its soft delete",
     [] {
         return purging(key_deleted, 0, revoked_at + days(90) - second)
                    .then_refused({{"P20", refusal::purge_protected, revoked_at + days(90)}}) &&
                purging(key_deleted, 0, revoked_at + days(90)).then_allowed({"key_purged"});
     }},
    {"P20: the keys of a deleted vault likewise, from the first deletion on",
     [] {
         const world w = members.after(enterprise_policy, revokes(revoked_at, revocation::vault_deleted), under("p1"))
                             .after(enterprise_policy, revokes(revoked_at + days(9), revocation::key_deleted), under("p1"));
         return purging(w, 0, revoked_at + days(90) - second).then_refused({{"P20", refusal::purge_protected, revoked_at + days(90)}}) &&
                purging(w, 0, revoked_at + days(90)).then_allowed();
     }},
    {"P20: what is not deleted is not purged, however old",
     [] {
         return purging(offline, 0, revoked_at + days(999)).then_refused({{"P20", refusal::purge_protected}}) &&
                purging(members, 0, revoked_at + days(999)).then_refused({{"P20", refusal::purge_protected}});
     }},
    {"P20: without purge protection, where a profile lets such a vault in, a deleted key is purged at once",
     [] {
         constexpr auto lax = enterprise_policy.without(rule_tag<"P09">{});
         const world w = without_policy.after(lax, but(makes_policy(made_at), [](create_policy& c) { c.vault.purge_protection = false; }))
                             .after(lax, revokes(made_at, revocation::key_deleted), under("p1"));
         return given(lax, w).under("p1").when(purges(made_at)).then_allowed({"key_purged"});
     }},
    {"P19: a recovered key is not deleted any more",
     [] {
         const world w = key_deleted.after(enterprise_policy, grants(regranted_at), under("p1"));
         return purging(w, 0, revoked_at + days(90)).then_refused({{"P20", refusal::purge_protected}});
     }},
    {"to purge twice is harmless",
     [] {
         const world w = key_deleted.after(enterprise_policy, purges(revoked_at + days(90)), under("p1"));
         return purging(w, 0, revoked_at + days(90)).then_allowed({}) && w.vault_policy("p1").purged;
     }},
};
static_assert(first_failure(purging_rows) == none_failed);
TEST_CASE("P19, P20: a deleted key can be recovered until its time is over, and nobody ends that early") { run(purging_rows); }

} // namespace
