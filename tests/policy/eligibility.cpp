// SPDX-License-Identifier: Apache-2.0
#include <keywright/policy/eligibility.hpp>

#include "worlds.hpp"

namespace {

using namespace keywright;
using namespace keywright::testing;

constexpr world with_seats(const world& w, std::uint32_t seats, bool opted_in = true) {
    return but(w, [&](world& each) { each.tenant.seats = seats, each.tenant.opted_in = opted_in; });
}
constexpr world spare = active.after(power_platform, uploads(active_at, "k2", 2));
constexpr instant later_on = active_at + hours(24);

constexpr scenario seats[] = {
    {"T01: 999",
     [] {
         return given(power_platform, with_seats(eligible, 999)).when(uploads(uploaded_at)).then_refused({{"T01", refusal::not_eligible}});
     }},
    {"T01: 1000 is not strictly more",
     [] {
         return given(power_platform, with_seats(eligible, 1000)).when(uploads(uploaded_at)).then_refused({{"T01", refusal::not_eligible}});
     }},
    {"T01: 1001", [] { return given(power_platform, with_seats(eligible, 1001)).when(uploads(uploaded_at)).then_allowed(); }},
    {"T01: no support request",
     [] {
         return given(power_platform, with_seats(eligible, 5000, false))
             .when(uploads(uploaded_at))
             .then_refused({{"T01", refusal::not_eligible}});
     }},
    {"T01: at generate too",
     [] {
         return given(power_platform, with_seats(eligible, 1000))
             .when(generates(uploaded_at))
             .then_refused({{"T01", refusal::not_eligible}});
     }},
    {"T01: at activate too",
     [] {
         return given(power_platform, with_seats(spare, 1000))
             .when(activates(later_on, "k2"))
             .then_refused({{"T01", refusal::not_eligible}});
     }},
    {"T01: at apply too",
     [] {
         return given(power_platform, with_seats(active, 1000))
             .on("prod")
             .when(applies(later_on))
             .then_refused({{"T01", refusal::not_eligible}});
     }},
    {"T01: the denial shows found and limit, and that the provider can mend it",
     [] {
         const outcome o = given(power_platform, with_seats(eligible, 1000)).when(uploads(uploaded_at));
         const reason& why = o.decision().reasons()[0];
         return why.found == 1000 && why.limit == 1000 && why.who_can_mend == mender::provider;
     }},
};
static_assert(first_failure(seats) == none_failed);
TEST_CASE("T01: strictly more than 1000 seats, and an opt-in request") { run(seats); }

constexpr world without_feature(const world& w) {
    return but(w, [](world& each) { each.tenant.feature_on_at = never; });
}
constexpr world created(instant at) {
    return but(active, [&](world& each) { each.environments[0].created_at = at; });
}

constexpr scenario feature[] = {
    {"T02: the feature is off, at generate",
     [] {
         return given(power_platform, without_feature(eligible)).when(generates(uploaded_at)).then_refused({{"T02", refusal::feature_off}});
     }},
    {"T02: at upload",
     [] {
         return given(power_platform, without_feature(eligible)).when(uploads(uploaded_at)).then_refused({{"T02", refusal::feature_off}});
     }},
    {"T02: at activate",
     [] {
         return given(power_platform, without_feature(spare)).when(activates(later_on, "k2")).then_refused({{"T02", refusal::feature_off}});
     }},
    {"T02: at apply",
     [] {
         return given(power_platform, without_feature(active))
             .on("prod")
             .when(applies(later_on))
             .then_refused({{"T02", refusal::feature_off}});
     }},
    {"T02: an environment made 1 s before the feature",
     [] {
         return given(power_platform, created(t0 - second))
             .on("prod")
             .when(applies(later_on))
             .then_refused({{"T02", refusal::environment_predates_feature}});
     }},
    {"T02: in the same second",
     [] {
         return given(power_platform, created(t0))
             .on("prod")
             .when(applies(later_on))
             .then_refused({{"T02", refusal::environment_predates_feature}});
     }},
    {"T02: 1 s after", [] { return given(power_platform, created(t0 + second)).on("prod").when(applies(later_on)).then_allowed(); }},
    {"T02: the provider turns it on, a second time without effect",
     [] {
         return given(power_platform, without_feature(eligible))
                    .when(enable_feature{provider_person, later_on})
                    .then_allowed({"feature_enabled"}) &&
                given(power_platform, eligible).when(enable_feature{provider_person, later_on}).then_allowed({}) &&
                given(power_platform, eligible).when(enable_feature{alice, later_on}).then_refused({{"T05", refusal::not_authorized}});
     }},
};
static_assert(first_failure(feature) == none_failed);
TEST_CASE("T02: the feature is on, and the environment is younger") { run(feature); }

constexpr world storing(bool files, bool logs) {
    return but(active, [&](world& each) { each.environments[0].file_data = files, each.environments[0].external_logs = logs; });
}

constexpr scenario storage[] = {
    {"T03: File or Image data",
     [] {
         return given(power_platform, storing(true, false))
             .on("prod")
             .when(applies(later_on))
             .then_refused({{"T03", refusal::unsupported_storage}});
     }},
    {"T03: logs outside the database",
     [] {
         return given(power_platform, storing(false, true))
             .on("prod")
             .when(applies(later_on))
             .then_refused({{"T03", refusal::unsupported_storage}});
     }},
    {"T03: neither",
     [] {
         return given(power_platform, storing(false, false))
             .on("prod")
             .when(applies(later_on))
             .then_allowed({"risk_acknowledged", "apply_started"});
     }},
};
static_assert(first_failure(storage) == none_failed);
TEST_CASE("T03: all data is in the SQL database") { run(storage); }

constexpr world fallen_from_grace(const world& w) {
    return but(w, [](world& each) {
        each.tenant.seats = 0, each.tenant.opted_in = false, each.tenant.feature_on_at = never;
        for (environment_state& e : each.environments) e.file_data = e.external_logs = true;
    });
}

constexpr scenario way_out[] = {
    {"lock", [] { return given(power_platform, fallen_from_grace(both)).when(locks(lockable_at)).then_allowed(); }},
    {"return", [] { return given(power_platform, fallen_from_grace(both)).on("prod").when(returns(lockable_at)).then_allowed(); }},
    {"delete",
     [] {
         return given(power_platform, fallen_from_grace(both))
             .on("prod")
             .when(delete_environment{alice, lockable_at, typed_text("prod")})
             .then_allowed();
     }},
    {"unlock the key", [] { return given(power_platform, fallen_from_grace(locked)).when(unlocks_key(unlockable_at)).then_allowed(); }},
    {"unlock an environment",
     [] { return given(power_platform, fallen_from_grace(key_back)).on("prod").when(unlocks(key_back_at)).then_allowed(); }},
};
static_assert(first_failure(way_out) == none_failed);
TEST_CASE("resolution 21: who is no longer eligible keeps every way out") { run(way_out); }

} // namespace
