// SPDX-License-Identifier: Apache-2.0
#include "worlds.hpp"

namespace {

using namespace keywright;
using namespace keywright::testing;

constexpr add_administrator adds(std::string_view who, std::string_view environment = {}) {
    return {.by = alice,
            .at = t0 + hours(1),
            .who = admin_id(who),
            .environment = environment.empty() ? environment_id{} : environment_id(environment)};
}
constexpr remove_administrator removes(std::string_view who, std::string_view environment = {}) {
    return {.by = alice,
            .at = t0 + hours(1),
            .who = admin_id(who),
            .environment = environment.empty() ? environment_id{} : environment_id(environment)};
}
constexpr create_environment makes(std::string_view name) {
    return {.by = alice, .at = t0 + hours(1), .environment = environment_id(name)};
}
constexpr create_tenant founds(std::string_view name) {
    return {.by = provider_person, .at = t0, .tenant = tenant_id(name), .seats = 5000, .opted_in = true, .regions = 2};
}

constexpr scenario names_[] = {
    {"H01: an administrator twice",
     [] { return given(power_platform, eligible).when(adds("alice")).then_refused({{"H01", refusal::already_exists}}); }},
    {"H01: the same person for an environment, too",
     [] { return given(power_platform, eligible).when(adds("alice", "prod")).then_allowed({"administrator_added"}); }},
    {"H01: to remove somebody who is none",
     [] { return given(power_platform, eligible).when(removes("mallory")).then_refused({{"H01", refusal::not_found}}); }},
    {"H01: to remove them where they are none",
     [] { return given(power_platform, eligible).when(removes("erin")).then_refused({{"H01", refusal::not_found}}); }},
    {"H01: to remove one",
     [] { return given(power_platform, eligible).on("prod").when(removes("erin", "prod")).then_allowed({"administrator_removed"}); }},
    {"H01: an environment twice",
     [] { return given(power_platform, eligible).when(makes("prod")).then_refused({{"H01", refusal::already_exists}}); }},
    {"H01: another environment", [] { return given(power_platform, eligible).when(makes("prod2")).then_allowed({"environment_created"}); }},
    {"H01: an environment that is not there",
     [] { return given(power_platform, active).on("nowhere").when(applies(active_at)).refused_by({"H01", refusal::not_found}); }},
    {"H01: a tenant twice",
     [] { return given(power_platform, eligible).when(founds("contoso")).then_refused({{"H01", refusal::already_exists}}); }},
    {"H01: a tenant, by the provider only",
     [] {
         const world nothing(tenant_id{"contoso"}, region_id{"eu"});
         return given(power_platform, nothing).when(founds("contoso")).then_event(0, tenant_created{tenant_id{"contoso"}, 5000, true, 2}) &&
                given(power_platform, nothing)
                    .when(but(founds("contoso"), [](create_tenant& c) { c.by = alice; }))
                    .then_refused({{"T05", refusal::not_authorized}});
     }},
};
static_assert(first_failure(names_) == none_failed);
TEST_CASE("H01: names are new where they must be, and things exist") { run(names_); }

/// Keys k1 (Active) and others, Available, to make `count` in use.
constexpr world keys_in_use(std::size_t count) {
    return but(active, [&](world& w) {
        for (std::size_t i = 1; i < count; ++i) {
            const char name[] = {'s', static_cast<char>('a' + i), '\0'};
            w.ring.keys.push_back({key_id(name), print_of(static_cast<std::uint8_t>(100 + i)), key_state::available, active_at});
        }
    });
}
constexpr world administrators(std::size_t count) {
    return but(eligible, [&](world& w) {
        for (std::size_t i = w.tenant.administrators.size(); i < count; ++i) {
            const char name[] = {'x', static_cast<char>('a' + i / 10), static_cast<char>('0' + i % 10), '\0'};
            w.tenant.administrators.push_back({admin_id(name), {}, t0});
        }
    });
}

constexpr scenario room[] = {
    {"H02: the 16th key", [] { return given(power_platform, keys_in_use(15)).when(uploads(active_at, "k2", 2)).then_allowed(); }},
    {"H02: the 17th key",
     [] {
         return given(power_platform, keys_in_use(16)).when(uploads(active_at, "k2", 2)).then_refused({{"H02", refusal::too_many}}) &&
                given(power_platform, keys_in_use(16)).when(generates(active_at, "k2", 2)).then_refused({{"H02", refusal::too_many}});
     }},
    {"H02: final records make room",
     [] {
         const world full = but(keys_in_use(16), [](world& w) { w.ring.keys[3].state = key_state::deleted; });
         const world w = full.after(power_platform, uploads(active_at, "k2", 2));
         return w.ring.keys.size() == 16 && state_of(w, "k2") == key_state::available && find_key(w.ring, full.ring.keys[3].id) == nullptr;
     }},
    {"H02: the 48th administrator", [] { return given(power_platform, administrators(47)).when(adds("zoe")).then_allowed(); }},
    {"H02: the 49th",
     [] { return given(power_platform, administrators(48)).when(adds("zoe")).then_refused({{"H02", refusal::too_many}}); }},
};
static_assert(first_failure(room) == none_failed);
TEST_CASE("H02: there is room") { run(room); }

constexpr instant limit = uploaded_at + hours(1);

constexpr scenario reports[] = {
    {"H03, resolution 20: an installation ends well 1 s before 1 h",
     [] { return given(power_platform, installing).when(ends(limit - second, operation::activation)).then_allowed({"key_activated"}); }},
    {"H03, resolution 20: not at 1 h",
     [] {
         return given(power_platform, installing)
             .when(ends(limit, operation::activation))
             .then_refused({{"H03", refusal::not_in_progress}});
     }},
    {"H03: then it has failed, and may say so",
     [] { return given(power_platform, installing).when(fails(limit, operation::activation)).then_allowed({"activation_failed"}); }},
    {"H03: the key that locked, likewise",
     [] {
         const instant until = unlockable_at + hours(1);
         return given(power_platform, key_unlocking).when(ends(until - second, operation::unlocking_key)).then_allowed({"key_unlocked"}) &&
                given(power_platform, key_unlocking)
                    .when(ends(until, operation::unlocking_key))
                    .then_refused({{"H03", refusal::not_in_progress}}) &&
                given(power_platform, key_unlocking).when(fails(until, operation::unlocking_key)).then_allowed({"key_unlock_failed"});
     }},
    {"H03: one kind of installation is not the other",
     [] {
         return given(power_platform, installing)
                    .when(ends(uploaded_at, operation::unlocking_key))
                    .then_refused({{"H03", refusal::not_in_progress}}) &&
                given(power_platform, key_unlocking)
                    .when(ends(unlockable_at, operation::activation))
                    .then_refused({{"H03", refusal::not_in_progress}}) &&
                given(power_platform, key_unlocking)
                    .when(fails(unlockable_at, operation::activation))
                    .then_refused({{"H03", refusal::not_in_progress}});
     }},
    {"H03: nothing is under way",
     [] {
         return given(power_platform, both)
                    .when(ends(lockable_at, operation::unlocking_key))
                    .then_refused({{"H03", refusal::not_in_progress}}) &&
                given(power_platform, both)
                    .when(ends(lockable_at, operation::activation))
                    .then_refused({{"H03", refusal::not_in_progress}}) &&
                given(power_platform, both).when(ends(lockable_at, operation::locking)).then_refused({{"H03", refusal::not_in_progress}}) &&
                given(power_platform, both).when(ends(lockable_at, operation::none)).then_refused({{"H03", refusal::not_in_progress}}) &&
                given(power_platform, both)
                    .on("prod")
                    .when(ends(lockable_at, operation::applying))
                    .then_refused({{"H03", refusal::not_in_progress}});
     }},
    {"H03: an environment's operation is another one",
     [] {
         const world w = applied.after(power_platform, returns(applied_at), on_prod);
         return given(power_platform, w)
             .on("prod")
             .when(ends(applied_at, operation::applying))
             .then_refused({{"H03", refusal::not_in_progress}});
     }},
    {"resolution 7: a lock only rolls forward",
     [] {
         return given(power_platform, locking)
             .when(fails(lockable_at, operation::locking))
             .then_refused({{"H03", refusal::not_in_progress}});
     }},
    {"H03: the same end is reported once",
     [] {
         return given(power_platform, locked)
             .when(ends(locked_since, operation::locking))
             .then_refused({{"H03", refusal::not_in_progress}});
     }},
    {"H03: only the system reports",
     [] {
         return given(power_platform, installing)
                    .when(completed{.by = alice, .at = uploaded_at, .of = operation::activation})
                    .then_refused({{"T05", refusal::not_authorized}}) &&
                given(power_platform, installing)
                    .when(failed{.by = provider_person, .at = uploaded_at, .of = operation::activation})
                    .then_refused({{"T05", refusal::not_authorized}});
     }},
};
static_assert(first_failure(reports) == none_failed);
TEST_CASE("H03: the system reports the end of what has begun") { run(reports); }

} // namespace
