// SPDX-License-Identifier: Apache-2.0
#include <keywright/policy/vault_members.hpp>

#include "vault_worlds.hpp"

namespace {

using namespace keywright;
using namespace keywright::testing;

template <class Change>
constexpr outcome adding_to(const world& w, Change change) {
    return given(enterprise_policy, w).on("prod").under("p1").when(but(adds(added_at), change));
}
constexpr auto as_is = [](add_to_policy&) {};

constexpr integrate_environment integrates(instant at, std::string_view name = "unq77") {
    return {alice, at, name.empty() ? organisation_id{} : organisation_id(name)};
}
constexpr world integrated = granted.after(enterprise_policy, integrates(made_at), on_prod);
constexpr auto finance = [](add_to_policy& c) { c.facts.finance_and_operations = true, c.organisation = organisation_id("unq77"); };

constexpr scenario adding_rows[] = {
    {"P02: added, and down until it is encrypted; then on the policy's key under new keys of its own",
     [] {
         return adding_to(granted, as_is).then_allowed({"environment_added", "apply_started"}) &&
                given(enterprise_policy, adding)
                    .on("prod")
                    .when(open_environment{alice, added_at})
                    .then_refused({{"T19", refusal::operation_in_progress}}) &&
                given(enterprise_policy, member).on("prod").when(open_environment{alice, added_at}).then_allowed({}) &&
                member.environment("prod").managed_by == protector::customer && member.environment("prod").key_version == 2;
     }},
    {"by an administrator of the tenant or of that environment",
     [] {
         return adding_to(granted, [](add_to_policy& c) { c.by = erin; }).then_allowed() &&
                given(enterprise_policy, granted)
                    .on("sandbox")
                    .under("p1")
                    .when(but(adds(added_at), [](add_to_policy& c) { c.by = erin; }))
                    .then_refused({{"P05", refusal::not_authorized}}) &&
                adding_to(granted, [](add_to_policy& c) { c.by = vera; }).then_refused({{"P05", refusal::not_authorized}});
     }},
    {"P01: only when all of get, wrap and unwrap are granted",
     [] {
         const world part = ungranted.after(enterprise_policy, grants(made_at, 1, {true, true, false}), under("p1"));
         return adding_to(ungranted, as_is).then_refused({{"P01", refusal::grant_incomplete}}) &&
                adding_to(part, as_is).then_refused({{"P01", refusal::grant_incomplete}}) &&
                adding_to(part.after(enterprise_policy, grants(made_at, 1, {false, false, true}), under("p1")), as_is).then_allowed();
     }},
    {"P02: a managed environment",
     [] { return adding_to(granted, [](add_to_policy& c) { c.facts.managed = false; }).then_refused({{"P02", refusal::not_managed}}); }},
    {"P24: with the data platform",
     [] {
         return adding_to(granted, [](add_to_policy& c) { c.facts.data_platform = false; })
             .then_refused({{"P24", refusal::no_data_platform}});
     }},
    {"P14: not in the customer's own subscription",
     [] {
         return adding_to(granted, [](add_to_policy& c) { c.facts.cloud_hosted = true; }).then_refused({{"P14", refusal::cloud_hosted}});
     }},
    {"P14: licensed",
     [] { return adding_to(granted, [](add_to_policy& c) { c.facts.licensed = false; }).then_refused({{"P14", refusal::not_licensed}}); }},
    {"P17: in the policy's region",
     [] {
         const world elsewhere = but(granted, [](world& w) { w.environments[0].region = region_id("us"); });
         return adding_to(elsewhere, as_is).then_refused({{"P17", refusal::region_mismatch}});
     }},
    {"T19: confirmed",
     [] { return adding_to(granted, [](add_to_policy& c) { c.confirmed = false; }).then_refused({{"T19", refusal::not_confirmed}}); }},
    {"P03: in no policy yet, not in another, nor in this one",
     [] {
         const world two =
             member.after(enterprise_policy, makes_policy(added_at, "p2", 2)).after(enterprise_policy, grants(added_at, 2), under("p2"));
         return adding_to(member, as_is).then_refused({{"P03", refusal::already_in_policy}}) &&
                given(enterprise_policy, two)
                    .on("prod")
                    .under("p2")
                    .when(adds(added_at))
                    .then_refused({{"P03", refusal::already_in_policy}});
     }},
    {"P03: nor while it is being added",
     [] { return adding_to(adding, as_is).then_refused({{"P03", refusal::already_in_policy}, {"T36", refusal::operation_in_progress}}); }},
    {"H01: no such policy, no such environment",
     [] {
         return adding_to(without_policy, as_is).then_refused({{"H01", refusal::not_found}}) &&
                given(enterprise_policy, granted).on("nowhere").under("p1").when(adds(added_at)).refused_by({"H01", refusal::not_found});
     }},
    {"P09: not by who granted the key",
     [] {
         const world w = ungranted.after(enterprise_policy,
                                         but(grants(made_at), [](grant_access& c) { c.by = {erin.who, principal::vault}; }), under("p1"));
         return adding_to(w, [](add_to_policy& c) { c.by = erin; }).then_refused({{"P09", refusal::separation_of_duties}}) &&
                adding_to(w, [](add_to_policy& c) { c.by = sam; }).then_allowed();
     }},
    {"an addition that fails leaves the environment on the provider's key and in no policy",
     [] {
         const world w = adding.after(enterprise_policy, fails(added_at, operation::applying), on_prod);
         const environment_state expected = but(granted.environment("prod"), [](environment_state& e) { ++e.access_epoch; });
         return w.environment("prod") == expected && w.vault_policy("p1") == granted.vault_policy("p1");
     }},
};
static_assert(first_failure(adding_rows) == none_failed);
TEST_CASE("P01, P02, P03, P14, P17, P24: what a policy takes in") { run(adding_rows); }

constexpr scenario integration[] = {
    {"P12: a finance-and-operations environment is integrated first",
     [] {
         return adding_to(granted, finance).then_refused({{"P12", refusal::not_integrated}}) &&
                adding_to(integrated, finance).then_allowed();
     }},
    {"P12: a key before the integration is refused",
     [] {
         return given(enterprise_policy, member)
                    .on("prod")
                    .when(integrates(added_at))
                    .then_refused({{"P12", refusal::already_in_policy}}) &&
                given(enterprise_policy, granted).on("prod").when(integrates(made_at)).then_allowed({"environment_integrated"});
     }},
    {"to integrate again under the same name changes nothing",
     [] { return given(enterprise_policy, integrated).on("prod").when(integrates(made_at)).then_allowed({}); }},
    {"P23: it is found by its organisation's name, not by its own",
     [] {
         const auto named = [](std::string_view name) {
             return adding_to(integrated, [=](add_to_policy& c) {
                 c.facts.finance_and_operations = true;
                 c.organisation = name.empty() ? organisation_id{} : organisation_id(name);
             });
         };
         return named("unq77").then_allowed() && named("prod").then_refused({{"P23", refusal::unknown_organisation}}) &&
                named("UNQ77").then_refused({{"P23", refusal::unknown_organisation}}) &&
                named("").then_refused({{"P23", refusal::unknown_organisation}});
     }},
    {"P23: other environments need none; one that is named must fit",
     [] {
         const auto named = [](add_to_policy& c) { c.organisation = organisation_id("unq77"); };
         return adding_to(granted, named).then_refused({{"P23", refusal::unknown_organisation}}) &&
                adding_to(integrated, named).then_allowed() && adding_to(integrated, as_is).then_allowed();
     }},
    {"P23: no integration without a name",
     [] {
         return given(enterprise_policy, granted)
             .on("prod")
             .when(integrates(made_at, ""))
             .then_refused({{"P23", refusal::unknown_organisation}});
     }},
    {"the name stays when the environment leaves the policy",
     [] {
         const world w = integrated.after(enterprise_policy, but(adds(added_at), finance), under("p1", "prod"))
                             .after(enterprise_policy, ends(added_at, operation::applying), on_prod)
                             .after(enterprise_policy, removes(added_at), on_prod)
                             .after(enterprise_policy, ends(added_at, operation::returning), on_prod);
         return w.environment("prod").membership == policy_membership{{}, 0, organisation_id("unq77")};
     }},
};
static_assert(first_failure(integration) == none_failed);
TEST_CASE("P12, P23: a finance-and-operations environment is integrated, noted by its organisation, then added") { run(integration); }

constexpr world returned =
    member.after(enterprise_policy, removes(added_at), on_prod).after(enterprise_policy, ends(added_at, operation::returning), on_prod);

constexpr scenario leaving[] = {
    {"T20, P10: out of the policy is back on the provider's key, at any time",
     [] {
         return given(enterprise_policy, member).on("prod").when(removes(added_at)).then_allowed({"return_started"}) &&
                returned.environment("prod").managed_by == protector::provider && !returned.environment("prod").membership.in_policy() &&
                returned.vault_policy("p1").environments() == 0 && returned.ring.customer_managed == 0;
     }},
    {"T20: confirmed, and production by its name",
     [] {
         return given(enterprise_policy, member)
                    .on("prod")
                    .when(removes(added_at, "p"))
                    .then_refused({{"T20", refusal::confirmation_mismatch}}) &&
                given(enterprise_policy, members).on("sandbox").when(removes(added_at, "")).then_allowed() &&
                given(enterprise_policy, member)
                    .on("prod")
                    .when(but(removes(added_at), [](remove_from_policy& c) { c.confirmed = false; }))
                    .then_refused({{"T20", refusal::not_confirmed}});
     }},
    {"T20: only what is in a policy",
     [] {
         return given(enterprise_policy, granted).on("prod").when(removes(added_at)).then_refused({{"T20", refusal::not_customer_managed}});
     }},
    {"P03: the key is changed by leaving one policy and entering another",
     [] {
         const world w = returned.after(enterprise_policy, makes_policy(added_at, "p2", 2))
                             .after(enterprise_policy, grants(added_at, 2), under("p2"))
                             .after(enterprise_policy, adds(added_at), under("p2", "prod"))
                             .after(enterprise_policy, ends(added_at, operation::applying), on_prod);
         return w.environment("prod").membership.policy == policy_id("p2") && w.vault_policy("p2").production == 1 &&
                w.vault_policy("p1").production == 0;
     }},
    {"a return that fails leaves it in the policy",
     [] {
         const world w = member.after(enterprise_policy, removes(added_at), on_prod)
                             .after(enterprise_policy, fails(added_at, operation::returning), on_prod);
         return w.environment("prod").membership.in_policy() && w.vault_policy("p1").production == 1;
     }},
    {"T33: a reset leads to the provider's key and out of the policy, its backups dead",
     [] {
         const world w = member.after(enterprise_policy, take_backup{alice, added_at, backup_id("b1")}, on_prod)
                             .after(enterprise_policy, reset{alice, added_at, typed_text("prod")}, on_prod)
                             .after(enterprise_policy, ends(added_at, operation::resetting), on_prod);
         return !w.environment("prod").membership.in_policy() && w.environment("prod").managed_by == protector::provider &&
                given(enterprise_policy, w)
                    .on("prod")
                    .backup("b1")
                    .when(restore{alice, added_at, typed_text("prod")})
                    .refused_by({"T30", refusal::backup_deleted});
     }},
};
static_assert(first_failure(leaving) == none_failed);
TEST_CASE("T20, T33: how an environment leaves a policy") { run(leaving); }

/// prod in p1, sandbox in p2, both of one key; support in p3, of another.
constexpr world three_policies = member.after(enterprise_policy, makes_policy(added_at, "p2"))
                                     .after(enterprise_policy, grants(added_at), under("p2"))
                                     .after(enterprise_policy, adds(added_at), under("p2", "sandbox"))
                                     .after(enterprise_policy, ends(added_at, operation::applying), on_sandbox)
                                     .after(enterprise_policy, makes_policy(added_at, "p3", 2))
                                     .after(enterprise_policy, grants(added_at, 2), under("p3"))
                                     .after(enterprise_policy, adds(added_at), under("p3", "support"))
                                     .after(enterprise_policy, ends(added_at, operation::applying), on_support);
constexpr restore puts_back(std::string_view typed = "") { return {alice, added_at, typed_text(typed)}; }
constexpr copy copies{alice, added_at, {}};

constexpr scenario moving[] = {
    {"T31: a copy goes where the same key is, under whatever policy, and nowhere else",
     [] {
         return given(enterprise_policy, three_policies).on("sandbox").from("prod").when(copies).then_allowed({"copy_started"}) &&
                given(enterprise_policy, three_policies)
                    .on("support")
                    .from("prod")
                    .when(copies)
                    .then_refused({{"T31", refusal::key_mismatch}}) &&
                given(enterprise_policy, member).on("sandbox").from("prod").when(copies).then_refused({{"T31", refusal::key_mismatch}});
     }},
    {"T32: a support environment is in a policy first",
     [] {
         return given(enterprise_policy, member)
             .on("support")
             .from("prod")
             .when(copies)
             .then_refused({{"T31", refusal::key_mismatch}, {"T32", refusal::support_environment_not_customer_managed}});
     }},
    {"T31: a source that is offline under a policy of its own",
     [] {
         const world w = three_policies.after(enterprise_policy, revokes(added_at), under("p2"));
         return given(enterprise_policy, w).on("support").from("sandbox").when(copies).refused_by({"T22", refusal::environment_offline}) &&
                given(enterprise_policy, w).on("sandbox").from("prod").when(copies).refused_by({"T22", refusal::environment_offline});
     }},
    {"T30: a backup goes into its own environment, or where the same key is",
     [] {
         const world w = three_policies.after(enterprise_policy, take_backup{alice, added_at, backup_id("b1")}, on_prod);
         return given(enterprise_policy, w).on("prod").backup("b1").when(puts_back("prod")).then_allowed({"restore_started"}) &&
                given(enterprise_policy, w).on("sandbox").backup("b1").when(puts_back()).then_allowed() &&
                given(enterprise_policy, w).on("support").backup("b1").when(puts_back()).then_refused({{"T30", refusal::key_mismatch}});
     }},
    {"T30: the provider's backup from before the policy is held with it",
     [] {
         const world before = granted.after(enterprise_policy, take_backup{alice, made_at, backup_id("b0")}, on_prod);
         const world in = before.after(enterprise_policy, adds(added_at), under("p1", "prod"))
                              .after(enterprise_policy, ends(added_at, operation::applying), on_prod);
         return given(enterprise_policy, in).on("prod").backup("b0").when(puts_back("prod")).then_allowed();
     }},
    {"T30: what was encrypted under a policy that the environment has left is not held, and the backup is named",
     [] {
         const world left = member.after(enterprise_policy, take_backup{alice, added_at, backup_id("b1")}, on_prod)
                                .after(enterprise_policy, removes(added_at), on_prod)
                                .after(enterprise_policy, ends(added_at, operation::returning), on_prod);
         const world other = left.after(enterprise_policy, makes_policy(added_at, "p2", 2))
                                 .after(enterprise_policy, grants(added_at, 2), under("p2"))
                                 .after(enterprise_policy, adds(added_at), under("p2", "prod"))
                                 .after(enterprise_policy, ends(added_at, operation::applying), on_prod);
         return given(enterprise_policy, left)
                    .on("prod")
                    .backup("b1")
                    .when(puts_back("prod"))
                    .then_refused({{"T30", refusal::key_version_unavailable}}) &&
                given(enterprise_policy, other)
                    .on("prod")
                    .backup("b1")
                    .when(puts_back("prod"))
                    .then_refused({{"T30", refusal::key_version_unavailable}});
     }},
    {"T30: of the provider's backups those are held that the environment came to this policy with",
     [] {
         const world before = granted.after(enterprise_policy, take_backup{alice, made_at, backup_id("b0")}, on_prod);
         const world left = before.after(enterprise_policy, adds(added_at), under("p1", "prod"))
                                .after(enterprise_policy, ends(added_at, operation::applying), on_prod)
                                .after(enterprise_policy, removes(added_at), on_prod)
                                .after(enterprise_policy, ends(added_at, operation::returning), on_prod)
                                .after(enterprise_policy, take_backup{alice, added_at, backup_id("b1")}, on_prod);
         const world other = left.after(enterprise_policy, makes_policy(added_at, "p2", 2))
                                 .after(enterprise_policy, grants(added_at, 2), under("p2"))
                                 .after(enterprise_policy, adds(added_at), under("p2", "prod"))
                                 .after(enterprise_policy, ends(added_at, operation::applying), on_prod);
         return given(enterprise_policy, other).on("prod").backup("b1").when(puts_back("prod")).then_allowed() &&
                given(enterprise_policy, other)
                    .on("prod")
                    .backup("b0")
                    .when(puts_back("prod"))
                    .then_refused({{"T30", refusal::key_version_unavailable}});
     }},
    {"G05: nor out of its geography",
     [] {
         const world w = but(members, [](world& changed) { changed.environments[1].geography = geography_id("asia"); });
         return given(enterprise_policy, w).on("sandbox").from("prod").when(copies).then_refused({{"G05", refusal::geography_mismatch}}) &&
                given(enterprise_policy, members).on("sandbox").from("prod").when(copies).then_allowed();
     }},
    {"G09: field encryption, once on, stays on",
     [] {
         const world w = member.after(enterprise_policy, enable_field_encryption{alice, added_at}, on_prod);
         return given(enterprise_policy, w)
                    .on("prod")
                    .when(disable_field_encryption{alice, added_at})
                    .then_refused({{"G09", refusal::cannot_turn_off}}) &&
                given(enterprise_policy, member).on("prod").when(disable_field_encryption{alice, added_at}).then_allowed({});
     }},
};
static_assert(first_failure(moving) == none_failed);
TEST_CASE("T30, T31, T32, G05, G09: data moves only between environments under the same key") { run(moving); }

} // namespace
