// SPDX-License-Identifier: Apache-2.0
#include "worlds.hpp"

namespace {

using namespace keywright;
using namespace keywright::testing;

constexpr lock bad_lock{.by = mallory,
                        .at = active_at + second,
                        .key = but(pfx(2), [](key_evidence& e) { e.has_private = false; }),
                        .confirmation = typed_text("yes")};

constexpr scenario together[] = {
    {"seven objections to an upload, all at once",
     [] {
         const world poor = but(active, [](world& w) { w.tenant.seats = 10, w.tenant.regions = 3, w.tenant.feature_on_at = never; });
         const upload_key c = but(uploads(active_at, "k1", 1), [](upload_key& each) {
             each.acknowledged = false, each.region_chosen = false, each.file.has_private = false;
         });
         return given(power_platform, poor)
             .when(c)
             .then_refused({{"T01", refusal::not_eligible},
                            {"T02", refusal::feature_off},
                            {"T07", refusal::missing_private_key},
                            {"T10", refusal::acknowledgement_required},
                            {"T11", refusal::region_required},
                            {"T13", refusal::duplicate_key},
                            {"H01", refusal::already_exists}});
     }},
    {"no role, in cooldown, the wrong key, no confirmation, nothing to lock",
     [] {
         return given(power_platform, active)
             .when(bad_lock)
             .then_refused({{"T05", refusal::not_authorized},
                            {"T18", refusal::lock_cooldown, active_at + hours(72)},
                            {"T21", refusal::wrong_key},
                            {"T21", refusal::confirmation_mismatch},
                            {"T21", refusal::nothing_to_lock}});
     }},
    {"several windows: the decision's not_before is the latest",
     [] {
         const outcome o = given(power_platform, both).when(locks(lockable_at - hours(3)));
         return o.decision().not_before() == lockable_at;
     }},
    {"a reason that time does not cure: the decision has no not_before",
     [] { return given(power_platform, active).when(bad_lock).decision().not_before() == never; }},
    {"not_before tells the truth: allowed then, refused 1 s earlier",
     [] {
         const instant then = given(power_platform, both).when(locks(applied_at)).decision().not_before();
         return given(power_platform, both).when(locks(then)).then_allowed() &&
                !given(power_platform, both).when(locks(then - second)).then_allowed();
     }},
    {"a refused command changes nothing", [] { return given(power_platform, active).when(bad_lock).after() == active; }},
    {"the same arguments, the same answer",
     [] {
         const outcome a = given(power_platform, active).when(bad_lock);
         const outcome b = given(power_platform, active).when(bad_lock);
         return a.decision().reasons() == b.decision().reasons();
     }},
    {"resolution 24: what follows is dated no earlier than what came before, whatever the clock says",
     [] { return given(power_platform, active).when(uploads(t0 - days(1), "k2", 2)).decision().events()[0].at == active_at; }},
};
static_assert(first_failure(together) == none_failed);
TEST_CASE("a denial gives every reason at once") { run(together); }

constexpr mender who_mends(const decision& d) { return d.reasons()[0].who_can_mend; }

constexpr scenario menders[] = {
    {"T01: the provider",
     [] {
         return who_mends(
                    given(power_platform, but(eligible, [](world& w) { w.tenant.seats = 1; })).when(uploads(uploaded_at)).decision()) ==
                mender::provider;
     }},
    {"T03: an administrator of the environment",
     [] {
         const world w = but(active, [](world& each) { each.environments[0].file_data = true; });
         return who_mends(given(power_platform, w).on("prod").when(applies(active_at)).decision()) == mender::environment_administrator;
     }},
    {"T05: an administrator of the tenant",
     [] {
         return who_mends(given(power_platform, both).when(but(locks(lockable_at), [](lock& c) { c.by = erin; })).decision()) ==
                mender::tenant_administrator;
     }},
    {"T05: the provider, for what only the provider may",
     [] { return who_mends(given(power_platform, eligible).when(enable_feature{alice, uploaded_at}).decision()) == mender::provider; }},
    {"T06: whoever brought the file",
     [] {
         return who_mends(given(power_platform, active)
                              .when(but(uploads(active_at, "k2", 2), [](upload_key& c) { c.file.bits = 512; }))
                              .decision()) == mender::the_caller;
     }},
    {"T16, T29: an administrator of the tenant, who unlocks or deletes",
     [] {
         return who_mends(given(power_platform, prod_back).when(uploads(prod_back_at, "k2", 2)).decision()) == mender::tenant_administrator;
     }},
    {"T18: time", [] { return who_mends(given(power_platform, both).when(locks(applied_at)).decision()) == mender::time; }},
    {"T26: nobody",
     [] { return who_mends(given(power_platform, locked).when(unlocks_key(locked_since + days(28))).decision()) == mender::nobody; }},
    {"T18: the denial carries since, span and the key's name",
     [] {
         const reason r = given(power_platform, both).when(locks(applied_at)).decision().reasons()[0];
         return r.since == applied_at && r.span == hours(72) && r.subject.view() == "k1";
     }},
};
static_assert(first_failure(menders) == none_failed);
TEST_CASE("a denial says who can mend it") { run(menders); }

TEST_CASE("names of refusals and of those who mend them are as stored and documented") {
    CHECK(name(refusal::not_authorized) == "not_authorized");
    CHECK(name(refusal::pfx_without_password) == "pfx_without_password");
    CHECK(name(refusal::corrupt) == "corrupt");
    CHECK(name(refusal::lock_cooldown) == "lock_cooldown");
    CHECK(name(refusal::key_change_in_progress) == "key_change_in_progress");
    CHECK(name(refusal::not_locked) == "not_locked");
    CHECK(name(refusal::same_environment) == "same_environment");
    CHECK(name(refusal::not_customer_managed) == "not_customer_managed");
    CHECK(name(refusal::not_due) == "not_due");
    CHECK(name(refusal::consumer_rule) == "consumer_rule");
    CHECK(name(mender::nobody) == "nobody");
    CHECK(name(mender::environment_administrator) == "environment_administrator");
    CHECK(name(mender::provider) == "provider");
}

TEST_CASE("two reasons that differ in one value differ") {
    const reason one{.rule = "T18", .code = refusal::lock_cooldown, .subject = inline_text<63>("k1"), .since = t0, .span = hours(72)};
    CHECK(one == but(one, [](reason&) {}));
    CHECK_FALSE(one == but(one, [](reason& r) { r.rule = "T17"; }));
    CHECK_FALSE(one == but(one, [](reason& r) { r.code = refusal::unlock_cooldown; }));
    CHECK_FALSE(one == but(one, [](reason& r) { r.who_can_mend = mender::time; }));
    CHECK_FALSE(one == but(one, [](reason& r) { r.subject = {}; }));
    CHECK_FALSE(one == but(one, [](reason& r) { r.since = t0 + second; }));
    CHECK_FALSE(one == but(one, [](reason& r) { r.span = hours(24); }));
    CHECK_FALSE(one == but(one, [](reason& r) { r.found = 1; }));
    CHECK_FALSE(one == but(one, [](reason& r) { r.limit = 1; }));
    CHECK_FALSE(one == but(one, [](reason& r) { r.not_before = t0; }));
}

TEST_CASE("a decision made of events is allowed and refused by nothing, one made of reasons is refused by those") {
    event_list events;
    events.push_back({alice, t0, feature_enabled{}});
    const decision yes(events);
    CHECK(yes.allowed());
    CHECK(yes.events() == events);
    CHECK_FALSE(yes.refused_by("T02", refusal::feature_off));
    reason_list reasons;
    reasons.push_back({.rule = "T02", .code = refusal::feature_off, .subject = {}, .span = {}});
    const decision no(reasons);
    CHECK(no.refused());
    CHECK(no.reasons() == reasons);
    CHECK(no.refused_by("T02", refusal::feature_off));
    CHECK_FALSE(no.refused_by("T01", refusal::feature_off));
    CHECK_FALSE(no.refused_by("T02", refusal::not_eligible));
}

} // namespace
