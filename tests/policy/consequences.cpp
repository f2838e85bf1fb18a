// SPDX-License-Identifier: Apache-2.0
#include "worlds.hpp"

namespace {

using namespace keywright;
using namespace keywright::testing;

constexpr environment_id prod{"prod"};
constexpr key_id k1{"k1"};
constexpr backup_id b1{"b1"};

constexpr scenario contents[] = {
    {"generate",
     [] {
         return given(power_platform, active)
             .when(generates(active_at, "k2", 2))
             .then_event(1, key_generated{key_id("k2"), print_of(2), 2048});
     }},
    {"upload, the first",
     [] {
         const outcome o = given(power_platform, eligible).when(uploads(uploaded_at));
         return o.then_event(1, key_uploaded{k1, print_of(1), 2048, file_kind::pfx}) &&
                o.then_event(2, activation_started{k1, print_of(1), 1});
     }},
    {"activate: the next generation of the ring's secret",
     [] {
         const world w = active.after(power_platform, uploads(active_at, "k2", 2));
         return given(power_platform, w)
             .when(activates(active_at + hours(24), "k2"))
             .then_event(1, activation_started{key_id("k2"), print_of(2), 2});
     }},
    {"lock: which key, which epoch, how many environments",
     [] {
         const outcome o = given(power_platform, both).when(locks(lockable_at));
         return o.then_event(0, lock_requested{{k1, print_of(1)}}) && o.then_event(1, lock_started{k1, print_of(1), 1, 2});
     }},
    {"the lock is completed",
     [] { return given(power_platform, locking).when(ends(locked_since, operation::locking)).then_event(0, lock_completed{k1, 1}); }},
    {"unlock_key",
     [] {
         return given(power_platform, locked)
             .when(unlocks_key(unlockable_at))
             .then_event(0, key_unlock_started{k1, print_of(1), file_kind::pfx});
     }},
    {"the key is back",
     [] {
         return given(power_platform, key_unlocking)
             .when(ends(key_back_at, operation::unlocking_key))
             .then_event(0, key_unlocked{{k1, print_of(1)}, 2});
     }},
    {"it is not",
     [] {
         return given(power_platform, key_unlocking)
             .when(fails(key_back_at, operation::unlocking_key))
             .then_event(0, key_unlock_failed{{k1, print_of(1)}});
     }},
    {"an environment is back, abreast of the ring's lock",
     [] {
         const world w = key_back.after(power_platform, unlocks(key_back_at), on_prod);
         return given(power_platform, w)
                    .on("prod")
                    .when(ends(key_back_at, operation::unlocking))
                    .then_event(0, environment_unlocked{prod, 1}) &&
                given(power_platform, w)
                    .on("prod")
                    .when(fails(key_back_at, operation::unlocking))
                    .then_event(0, environment_unlock_failed{{prod}});
     }},
    {"apply, done",
     [] {
         const world w = active.after(power_platform, applies(active_at), on_prod);
         return given(power_platform, w).on("prod").when(ends(active_at, operation::applying)).then_event(0, key_applied{prod, 2, 0, 1});
     }},
    {"return, done",
     [] {
         const world w = applied.after(power_platform, returns(applied_at), on_prod);
         return given(power_platform, w)
             .on("prod")
             .when(ends(applied_at, operation::returning))
             .then_event(0, returned_to_provider{prod, 3});
     }},
    {"reset, done: what it was",
     [] {
         const world w = applied.after(power_platform, reset{alice, applied_at, typed_text("prod")}, on_prod);
         return given(power_platform, w)
             .on("prod")
             .when(ends(applied_at, operation::resetting))
             .then_event(0, reset_completed{prod, protection::customer, 3, 2});
     }},
    {"a backup keeps the key, version and era that it was taken under",
     [] {
         return given(power_platform, applied)
                    .on("prod")
                    .when(take_backup{alice, applied_at, b1})
                    .then_event(0, backup_taken{prod, b1, protector::customer, print_of(1), 2, 1}) &&
                given(power_platform, active)
                    .on("prod")
                    .when(take_backup{alice, active_at, b1})
                    .then_event(0, backup_taken{prod, b1, protector::provider, {}, 1, 1});
     }},
    {"copy onto production says so at its end",
     [] {
         const world w =
             eligible.after(power_platform, copy{alice, uploaded_at, typed_text("prod")}, {prod, environment_id{"sandbox"}, {}});
         return given(power_platform, w).on("prod").when(ends(uploaded_at, operation::copying)).then_event(0, copied{prod, true}) &&
                given(power_platform, w).on("prod").when(fails(uploaded_at, operation::copying)).then_event(0, copy_failed{{prod}});
     }},
    {"an end of nothing leads to nothing, where a profile has no H03 to refuse it",
     [] { return consequences(facts{both.tenant, both.ring, applied_at}, completed{.at = applied_at, .of = operation::none}).empty(); }},
    {"who and when are those of the command",
     [] {
         const event e =
             given(power_platform, both).when(but(locks(lockable_at + second), [](lock& c) { c.by = bob; })).decision().events()[1];
         return e.by == bob && e.at == lockable_at + second;
     }},
};
static_assert(first_failure(contents) == none_failed);
TEST_CASE("an allowed command says exactly what follows") { run(contents); }

template <class C>
constexpr bool once_only(const world& w, const C& c, const subject& about = {}) {
    return w.decide(power_platform, c, about).allowed() && w.after(power_platform, c, about).decide(power_platform, c, about).refused();
}

constexpr scenario once[] = {
    {"upload", [] { return once_only(eligible, uploads(uploaded_at)); }},
    {"generate", [] { return once_only(eligible, generates(uploaded_at)); }},
    {"activate",
     [] { return once_only(active.after(power_platform, uploads(active_at, "k2", 2)), activates(active_at + hours(24), "k2")); }},
    {"apply", [] { return once_only(active, applies(active_at), on_prod); }},
    {"return", [] { return once_only(applied, returns(applied_at), on_prod); }},
    {"lock", [] { return once_only(both, locks(lockable_at)); }},
    {"the end of a lock", [] { return once_only(locking, ends(locked_since, operation::locking)); }},
    {"unlock_key", [] { return once_only(locked, unlocks_key(unlockable_at)); }},
    {"unlock_environment", [] { return once_only(key_back, unlocks(key_back_at), on_prod); }},
    {"delete", [] { return once_only(both, delete_environment{alice, applied_at, typed_text("prod")}, on_prod); }},
    {"reset", [] { return once_only(both, reset{alice, applied_at, typed_text("prod")}, on_prod); }},
    {"expire", [] { return once_only(locked, expire_environment{.at = locked_since + days(28)}, on_prod); }},
    {"backup", [] { return once_only(both, take_backup{alice, applied_at, b1}, on_prod); }},
};
static_assert(first_failure(once) == none_failed);
TEST_CASE("a command that was carried out is refused the second time") { run(once); }

} // namespace
