// SPDX-License-Identifier: Apache-2.0
#include "../policy/worlds.hpp"

namespace {

using namespace keywright;
using namespace keywright::testing;

constexpr restore restores(instant at, std::string_view typed, const actor& by = alice) { return {by, at, typed_text(typed)}; }
constexpr take_backup takes(instant at, std::string_view name) { return {alice, at, backup_id(name)}; }

/// p0: prod, on the provider's key; p1: prod, on k1; s1: sandbox, on k1; x0: support, on the provider's key.
constexpr world backed = eligible.after(power_platform, takes(uploaded_at, "p0"), on_prod)
                             .after(power_platform, takes(uploaded_at, "x0"), on_support)
                             .after(power_platform, uploads(uploaded_at))
                             .after(power_platform, ends(active_at, operation::activation))
                             .after(power_platform, applies(active_at), on_prod)
                             .after(power_platform, ends(applied_at, operation::applying), on_prod)
                             .after(power_platform, applies(active_at), on_sandbox)
                             .after(power_platform, ends(applied_at, operation::applying), on_sandbox)
                             .after(power_platform, takes(applied_at, "p1"), on_prod)
                             .after(power_platform, takes(applied_at, "s1"), on_sandbox);
constexpr instant now = applied_at + hours(1);

constexpr scenario protectors[] = {
    {"T30: one of another region, on a customer's key, is never the same protector",
     [] {
         const facts f{backed.tenant, backed.ring, now};
         const environment_state here = backed.environment("prod");
         const environment_state there = but(backed.environment("sandbox"), [](environment_state& e) { e.region = region_id("us"); });
         return guards::same_protector(f, here, backed.environment("sandbox")) && !guards::same_protector(f, here, there);
     }},
    {"P01, T30: one in a policy and one on the ring's key have not the same protector, whichever is asked first",
     [] {
         policy_state policy;
         policy.id = policy_id("p1");
         facts f{backed.tenant, backed.ring, now};
         f.policy_ = &policy;
         const environment_state ring = backed.environment("prod");
         const environment_state member = but(ring, [](environment_state& e) { e.membership.policy = policy_id("p1"); });
         return !guards::same_protector(f, ring, member) && !guards::same_protector(f, member, ring);
     }},
    {"P01, T30: two policies are one protector where they name one key of one vault, and that alone",
     [] {
         policy_state mine, theirs;
         mine.id = policy_id("p1"), mine.vault = vault_id("safe"), mine.key = key_id("k1");
         theirs = mine, theirs.id = policy_id("p2");
         facts f{backed.tenant, backed.ring, now};
         f.policy_ = &mine, f.source_policy_ = &theirs;
         const environment_state here =
             but(backed.environment("prod"), [](environment_state& e) { e.membership.policy = policy_id("p1"); });
         const environment_state there = but(here, [](environment_state& e) { e.membership.policy = policy_id("p2"); });
         const bool one_key = guards::same_protector(f, here, there);
         theirs.vault = vault_id("other");
         const bool of_another_vault = guards::same_protector(f, here, there);
         theirs.vault = mine.vault, theirs.key = key_id("k2");
         return one_key && !of_another_vault && !guards::same_protector(f, here, there);
     }},
};
static_assert(first_failure(protectors) == none_failed);
TEST_CASE("T30: what protects an environment") { run(protectors); }

constexpr scenario targets[] = {
    {"T30: its own environment",
     [] { return given(power_platform, backed).on("prod").backup("p1").when(restores(now, "prod")).then_allowed({"restore_started"}); }},
    {"T30: another one under the same customer key",
     [] { return given(power_platform, backed).on("sandbox").backup("p1").when(restores(now, "")).then_allowed(); }},
    {"T30: another one on the provider's key",
     [] {
         return given(power_platform, backed)
             .on("support")
             .backup("p1")
             .when(restores(now, ""))
             .then_refused({{"T30", refusal::key_mismatch}});
     }},
    {"resolution 13: provider to provider",
     [] {
         const world w = eligible.after(power_platform, takes(uploaded_at, "x0"), on_support);
         return given(power_platform, w).on("sandbox").backup("x0").when(restores(now, "")).then_allowed();
     }},
    {"resolution 13: provider to customer",
     [] {
         return given(power_platform, backed)
             .on("sandbox")
             .backup("x0")
             .when(restores(now, ""))
             .then_refused({{"T30", refusal::key_mismatch}});
     }},
    {"resolution 13: a backup from before the apply goes home",
     [] { return given(power_platform, backed).on("prod").backup("p0").when(restores(now, "prod")).then_allowed(); }},
    {"resolution 13: but nowhere else",
     [] {
         return given(power_platform, backed)
             .on("sandbox")
             .backup("p0")
             .when(restores(now, ""))
             .then_refused({{"T30", refusal::key_mismatch}});
     }},
    {"resolution 13: after a return, too, home only",
     [] {
         const world w =
             backed.after(power_platform, returns(now), on_prod).after(power_platform, ends(now, operation::returning), on_prod);
         return given(power_platform, w).on("prod").backup("p1").when(restores(now, "prod")).then_allowed() &&
                given(power_platform, w).on("support").backup("p1").when(restores(now, "")).then_refused({{"T30", refusal::key_mismatch}});
     }},
    {"resolution 13: a new key of the ring is the same protector on both sides",
     [] {
         const instant at = active_at + hours(24);
         const world w = backed.after(power_platform, uploads(at, "k2", 2))
                             .after(power_platform, activates(at, "k2"))
                             .after(power_platform, ends(at, operation::activation));
         return given(power_platform, w).on("sandbox").backup("p1").when(restores(at, "")).then_allowed() &&
                given(power_platform, w).on("prod").backup("p1").when(restores(at, "prod")).then_allowed();
     }},
    {"another tenant's environment of the same region is never the same protector",
     [] {
         const world w = but(eligible.after(power_platform, takes(uploaded_at, "x0"), on_support),
                             [](world& each) { each.environments[1].tenant = tenant_id("fabrikam"); });
         return given(power_platform, w).on("sandbox").backup("x0").when(restores(now, "")).then_refused({{"T30", refusal::key_mismatch}});
     }},
    {"one of another region is, on the provider's key; G05 asks for the same geography",
     [] {
         const world w = but(eligible.after(power_platform, takes(uploaded_at, "x0"), on_support),
                             [](world& each) { each.environments[1].region = region_id("us"); });
         return given(power_platform, w)
             .on("sandbox")
             .backup("x0")
             .when(restores(now, ""))
             .then_refused({{"G05", refusal::geography_mismatch}});
     }},
};
static_assert(first_failure(targets) == none_failed);
TEST_CASE("T30: home, or to another environment under the same key") { run(targets); }

constexpr world shut = backed.after(power_platform, locks(lockable_at)).after(power_platform, ends(locked_since, operation::locking));

constexpr scenario dead[] = {
    {"T25: into a locked environment",
     [] {
         return given(power_platform, shut)
             .on("prod")
             .backup("p1")
             .when(restores(unlockable_at, "prod"))
             .refused_by({"T25", refusal::environment_locked});
     }},
    {"T39, resolution 12: a locked environment's backup, into an open one: T25 is among the reasons",
     [] {
         return given(power_platform, shut)
             .on("support")
             .backup("p1")
             .when(restores(unlockable_at, ""))
             .refused_by({"T25", refusal::environment_locked});
     }},
    {"T39: one from before the customer's key, too",
     [] {
         return given(power_platform, shut)
             .on("prod")
             .backup("p0")
             .when(restores(unlockable_at, "prod"))
             .refused_by({"T25", refusal::environment_locked});
     }},
    {"T25: still, when the key is Active and the environment not yet unlocked",
     [] {
         const world w =
             shut.after(power_platform, unlocks_key(unlockable_at)).after(power_platform, ends(key_back_at, operation::unlocking_key));
         const world open =
             w.after(power_platform, unlocks(key_back_at), on_prod).after(power_platform, ends(key_back_at, operation::unlocking), on_prod);
         return given(power_platform, w)
                    .on("prod")
                    .backup("p1")
                    .when(restores(key_back_at, "prod"))
                    .then_refused({{"T25", refusal::environment_locked}}) &&
                given(power_platform, open).on("prod").backup("p1").when(restores(key_back_at, "prod")).then_allowed();
     }},
    {"T33: after a reset there is no backup, not even the provider's",
     [] {
         const world w = backed.after(power_platform, reset{alice, now, typed_text("prod")}, on_prod)
                             .after(power_platform, ends(now, operation::resetting), on_prod);
         return given(power_platform, w)
                    .on("prod")
                    .backup("p0")
                    .when(restores(now, "prod"))
                    .then_refused({{"T30", refusal::backup_deleted}}) &&
                given(power_platform, w)
                    .on("prod")
                    .backup("p1")
                    .when(restores(now, "prod"))
                    .then_refused({{"T30", refusal::backup_deleted}});
     }},
    {"T33: one taken after it is there",
     [] {
         const world w = eligible.after(power_platform, reset{alice, now, typed_text("prod")}, on_prod)
                             .after(power_platform, ends(now, operation::resetting), on_prod)
                             .after(power_platform, takes(now, "p2"), on_prod);
         return given(power_platform, w).on("prod").backup("p2").when(restores(now, "prod")).then_allowed();
     }},
    {"T36: a deleted environment's backups are deleted",
     [] {
         const world w = backed.after(power_platform, delete_environment{alice, now, typed_text("prod")}, on_prod);
         return given(power_platform, w)
             .on("sandbox")
             .backup("p1")
             .when(restores(now, ""))
             .then_refused({{"T30", refusal::backup_deleted}, {"H01", refusal::not_found}});
     }},
    {"T30: the key version that a backup needs is behind the ring's key, and that is locked",
     [] {
         const world w = backed.after(power_platform, returns(now), on_prod)
                             .after(power_platform, ends(now, operation::returning), on_prod)
                             .after(power_platform, locks(lockable_at))
                             .after(power_platform, ends(locked_since, operation::locking));
         return given(power_platform, w)
             .on("prod")
             .backup("p1")
             .when(restores(unlockable_at, "prod"))
             .then_refused({{"T30", refusal::key_version_unavailable}});
     }},
    {"T30: what is behind the key of another region's ring, this one does not hold",
     [] {
         const world w = but(backed, [](world& each) { each.environments[1].region = region_id("us"); });
         return given(power_platform, w)
             .on("prod")
             .backup("s1")
             .when(restores(now, "prod"))
             .refused_by({"T30", refusal::key_version_unavailable});
     }},
    {"T30: a key version that was behind a key that is Retired is lost, also when the ring has another key",
     [] {
         const instant deleted_at = unlockable_at + hours(1);
         const world other = backed.after(power_platform, returns(now), on_prod)
                                 .after(power_platform, ends(now, operation::returning), on_prod)
                                 .after(power_platform, takes(now, "p3"), on_prod)
                                 .after(power_platform, locks(lockable_at))
                                 .after(power_platform, ends(locked_since, operation::locking))
                                 .after(power_platform, delete_environment{alice, deleted_at, typed_text("sandbox")}, on_sandbox)
                                 .after(power_platform, uploads(deleted_at, "k2", 2))
                                 .after(power_platform, activates(deleted_at, "k2"))
                                 .after(power_platform, ends(deleted_at, operation::activation));
         const world again = other.after(power_platform, applies(deleted_at), on_prod)
                                 .after(power_platform, ends(deleted_at, operation::applying), on_prod);
         const auto is_lost = [&](const world& w, std::string_view backup) {
             return given(power_platform, w)
                 .on("prod")
                 .backup(backup)
                 .when(restores(deleted_at, "prod"))
                 .then_refused({{"T30", refusal::key_version_unavailable}});
         };
         return is_lost(other, "p1") && is_lost(other, "p0") && is_lost(again, "p1") && is_lost(again, "p0") &&
                given(power_platform, again).on("prod").backup("p3").when(restores(deleted_at, "prod")).then_allowed();
     }},
};

constexpr scenario forms[] = {
    {"resolution 14: onto production its name is typed",
     [] {
         return given(power_platform, backed)
             .on("prod")
             .backup("p1")
             .when(restores(now, ""))
             .then_refused({{"T30", refusal::confirmation_mismatch}});
     }},
    {"T30: by an administrator of the target",
     [] { return given(power_platform, backed).on("prod").backup("p1").when(restores(now, "prod", erin)).then_allowed(); }},
    {"T30: of the target is enough",
     [] { return given(power_platform, backed).on("prod").backup("s1").when(restores(now, "prod", erin)).then_allowed(); }},
    {"T30: of the source is not",
     [] {
         return given(power_platform, backed)
             .on("sandbox")
             .backup("p1")
             .when(restores(now, "", erin))
             .then_refused({{"T05", refusal::not_authorized}});
     }},
    {"T23: not while a lock is carried out",
     [] {
         const world w = backed.after(power_platform, locks(lockable_at));
         return given(power_platform, w)
             .on("support")
             .backup("x0")
             .when(restores(lockable_at, ""))
             .then_refused({{"T23", refusal::lock_in_progress}});
     }},
    {"resolution 20: an environment that is being restored is down, and a failure leaves its content",
     [] {
         const world w =
             backed.after(power_platform, restores(now, "prod"), {environment_id("prod"), environment_id("prod"), backup_id("p1")});
         const world undone = w.after(power_platform, fails(now, operation::restoring), on_prod);
         const world done = w.after(power_platform, ends(now, operation::restoring), on_prod);
         return given(power_platform, w)
                    .on("prod")
                    .when(open_environment{alice, now})
                    .then_refused({{"T19", refusal::operation_in_progress}}) &&
                undone.environment("prod").content == backed.environment("prod").content &&
                done.environment("prod").content == backed.environment("prod").content + 1 &&
                done.environment("prod").managed_by == protector::customer;
     }},
};

static_assert(first_failure(dead) == none_failed);
TEST_CASE("T25, T33, T39: backups that nobody restores") { run(dead); }
static_assert(first_failure(forms) == none_failed);
TEST_CASE("T30: who restores, and how") { run(forms); }

} // namespace
