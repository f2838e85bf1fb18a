// SPDX-License-Identifier: Apache-2.0
#include <keywright/profiles/dynamics_365.hpp>

#include "../policy/worlds.hpp"

namespace {

using namespace keywright;
using namespace keywright::testing;
using profiles::dynamics_365;

constexpr actor ines{admin_id{"ines"}}; ///< of the instance
constexpr environment_id sales{"sales"};
constexpr subject on_sales{sales, {}, {}};

/// The ring `sales` is the instance `sales`, of release 8.2, on the provider's key. alice administers the tenant.
constexpr world planned(licence_plan plan, std::string_view release) {
    return world{tenant_id{"contoso"}, region_id{"sales"}}
        .having(t0, tenant_created{tenant_id{"contoso"}, 5, false, 1, plan}, provider_person)
        .having(t0, administrator_added{alice.who, {}}, provider_person)
        .having(t0, administrator_added{ines.who, sales}, provider_person)
        .having(t0, environment_created{sales, environment_kind::production, true, true, {}, release_text(release)});
}
constexpr world fresh = planned(licence_plan::customer_engagement, "8.2");

constexpr upload_key brings(instant at, std::uint8_t n, const actor& by = ines) {
    return {.by = by, .at = at, .key = {}, .file = pfx(n), .acknowledged = true, .confirmed = true};
}
constexpr generate_key makes(instant at, const actor& by = ines) {
    return {.by = by, .at = at, .key = {}, .print = print_of(7), .bits = 2048, .acknowledged = true, .confirmed = true};
}
constexpr lock shuts(instant at, std::uint8_t n = 1) {
    return {.by = ines, .at = at, .key = pfx(n), .confirmation = typed_text("sales"), .confirmed = true};
}
constexpr return_to_provider reverts(instant at) { return {.by = ines, .at = at, .acknowledged = true, .confirmed = true}; }

constexpr instant brought_at = t0 + hours(1);
constexpr world brought = fresh.after(dynamics_365, brings(brought_at, 1), on_sales);
constexpr world settled = brought.after(dynamics_365, ends(brought_at + minutes(1), operation::activation), on_sales);
constexpr instant used_at = brought_at + minutes(2);
constexpr world used = settled.after(dynamics_365, ends(used_at, operation::applying), on_sales);
constexpr instant shut_at = used_at + hours(72);
constexpr world shutting = used.after(dynamics_365, shuts(shut_at), on_sales);
constexpr world shut = shutting.after(dynamics_365, ends(shut_at + minutes(1), operation::locking), on_sales);

constexpr key_state state_of_print(const world& w, std::uint8_t n) {
    for (const key_record& key : w.ring.keys)
        if (key.print == print_of(n)) return key.state;
    return key_state::retired;
}

constexpr scenario keys[] = {
    {"I07: an uploaded key is Active at once, and the instance is moved to it",
     [] {
         return given(dynamics_365, fresh)
                    .on("sales")
                    .when(brings(brought_at, 1))
                    .then_allowed({"risk_acknowledged", "key_uploaded", "activation_started", "apply_started"}) &&
                state_of_print(brought, 1) == key_state::active && state_of_print(settled, 1) == key_state::active &&
                used.environment("sales").managed_by == protector::customer;
     }},
    {"I06: so is a generated one",
     [] {
         return given(dynamics_365, fresh)
             .on("sales")
             .when(makes(brought_at))
             .then_allowed({"risk_acknowledged", "key_generated", "activation_started", "apply_started"});
     }},
    {"I06, I07: after one confirmation",
     [] {
         return given(dynamics_365, fresh)
                    .on("sales")
                    .when(but(makes(brought_at), [](generate_key& c) { c.confirmed = false; }))
                    .then_refused({{"I06", refusal::not_confirmed}}) &&
                given(dynamics_365, fresh)
                    .on("sales")
                    .when(but(brings(brought_at, 1), [](upload_key& c) { c.confirmed = false; }))
                    .then_refused({{"I07", refusal::not_confirmed}});
     }},
    {"States: the key that it replaces is needed until everything hangs on the new one, then it is Deleted",
     [] {
         const world w = used.after(dynamics_365, brings(used_at + hours(1), 2), on_sales);
         const world done = w.after(dynamics_365, ends(used_at + hours(9), operation::activation), on_sales);
         return state_of_print(w, 2) == key_state::active && state_of_print(w, 1) == key_state::replaced &&
                state_of_print(done, 1) == key_state::deleted && done.ring.effective_at == used_at + hours(1);
     }},
    {"one change at a time: no other key, no revert and no lock meanwhile",
     [] {
         const world w = used.after(dynamics_365, brings(used_at + hours(1), 2), on_sales);
         const auto refused = [&](const auto& command) {
             return given(dynamics_365, w).on("sales").when(command).refused_by({"I07", refusal::key_change_in_progress});
         };
         return refused(brings(used_at + hours(2), 3)) && refused(makes(used_at + hours(2))) && refused(reverts(used_at + hours(2))) &&
                refused(shuts(used_at + hours(80), 2));
     }},
    {"a change only goes forward",
     [] {
         const world w = used.after(dynamics_365, brings(used_at, 2), on_sales);
         return given(dynamics_365, w)
             .on("sales")
             .when(fails(used_at, operation::activation))
             .then_refused({{"H03", refusal::not_in_progress}});
     }},
    {"I04, I16: what a key file must be",
     [] {
         const auto refused = [](auto change, const expected_reason& why) {
             return given(dynamics_365, fresh).on("sales").when(but(brings(brought_at, 1), change)).then_refused({why});
         };
         return refused([](upload_key& c) { c.file.bits = 3072; }, {"I04", refusal::bad_key_size}) &&
                refused([](upload_key& c) { c.file.type = key_kind::elliptic_curve; }, {"I04", refusal::bad_key_type}) &&
                refused([](upload_key& c) { c.file.has_private = false; }, {"I04", refusal::missing_private_key}) &&
                refused([](upload_key& c) { c.file.has_password = false; }, {"I16", refusal::pfx_without_password}) &&
                refused([](upload_key& c) { c.file = byok(1, kid_text("elsewhere")); }, {"I04", refusal::byok_wrong_binding}) &&
                refused([](upload_key& c) { c.file.outcome = file_outcome::wrong_password; }, {"I07", refusal::wrong_password}) &&
                refused([](upload_key& c) { c.file.held_by_another_ring = true; }, {"I07", refusal::key_in_use}) &&
                refused([](upload_key& c) { c.file.format = file_kind::other, c.file.outcome = file_outcome::corrupt; },
                        {"I04", refusal::bad_format});
     }},
    {"I02: a plan that includes it, however few the seats; T01 to T03 are off",
     [] {
         return given(dynamics_365, planned(licence_plan::dynamics_365, "8.2")).on("sales").when(brings(brought_at, 1)).then_allowed() &&
                given(dynamics_365, planned(licence_plan::other, "8.2"))
                    .on("sales")
                    .when(brings(brought_at, 1))
                    .then_refused({{"I02", refusal::not_eligible}});
     }},
    {"I15: release 8.2 only",
     [] {
         return given(dynamics_365, planned(licence_plan::dynamics_365, "9.0"))
             .on("sales")
             .when(brings(brought_at, 1))
             .then_refused({{"I15", refusal::not_eligible}});
     }},
    {"I01: a key is for the one instance of its ring",
     [] {
         const auto founds = [](std::string_view name) {
             return create_environment{.by = alice, .at = t0, .environment = environment_id(name)};
         };
         const world none{tenant_id{"contoso"}, region_id{"sales"}};
         const world w = none.having(t0, administrator_added{alice.who, {}}, provider_person);
         return given(dynamics_365, w).when(founds("sales")).then_allowed() &&
                given(dynamics_365, w).when(founds("service")).then_refused({{"I01", refusal::region_mismatch}}) &&
                given(dynamics_365, fresh)
                    .when(founds("sales"))
                    .then_refused({{"H01", refusal::already_exists}, {"I01", refusal::too_many}}) &&
                given(dynamics_365, w).on("sales").when(brings(t0, 1, alice)).refused_by({"I01", refusal::not_found});
     }},
    {"I03: an administrator of another instance is nobody here",
     [] {
         return given(dynamics_365, fresh).on("sales").when(brings(brought_at, 1, erin)).then_refused({{"I03", refusal::not_authorized}}) &&
                given(dynamics_365, fresh).on("sales").when(brings(brought_at, 1, alice)).then_allowed();
     }},
    {"I05, I13: a key without a name is shown under the instance's",
     [] {
         return shown_name_of(*active_key(used.ring), sales).view() == "sales Encryption Key" &&
                shown_name_of(key_record{key_id("mine"), {}, key_state::active, t0}, sales).view() == "mine";
     }},
    {"I09: a revert, confirmed; the key goes with it",
     [] {
         const world w = used.after(dynamics_365, reverts(used_at), on_sales);
         const world back = w.after(dynamics_365, ends(used_at + minutes(1), operation::returning), on_sales);
         return state_of_print(w, 1) == key_state::active && state_of_print(back, 1) == key_state::deleted &&
                back.environment("sales").managed_by == protector::provider &&
                given(dynamics_365, used)
                    .on("sales")
                    .when(but(reverts(used_at), [](return_to_provider& c) { c.confirmed = false; }))
                    .then_refused({{"I09", refusal::not_confirmed}}) &&
                given(dynamics_365, back)
                    .on("sales")
                    .when(reverts(used_at + hours(1)))
                    .then_refused({{"I09", refusal::not_customer_managed}});
     }},
    {"I09: and a key may come again",
     [] {
         const world back =
             used.after(dynamics_365, reverts(used_at), on_sales).after(dynamics_365, ends(used_at, operation::returning), on_sales);
         return given(dynamics_365, back).on("sales").when(brings(used_at + hours(1), 1)).then_allowed();
     }},
    {"what has no counterpart there does not exist",
     [] {
         const auto nobodys = [](const auto& command) {
             return given(dynamics_365, used).on("sales").when(command).refused_by({"I03", refusal::not_authorized});
         };
         return nobodys(activates(used_at, "k1")) && nobodys(unlocks(used_at)) && nobodys(reset{alice, used_at, {}}) &&
                nobodys(expire_environment{.at = used_at}) && nobodys(enable_feature{provider_person, used_at}) &&
                nobodys(rollback_activation{alice, used_at});
     }},
};
TEST_CASE("dynamics_365: a key for one instance, used as soon as it is there") { run(keys); }
static_assert(first_failure(keys) == none_failed);

constexpr scenario locking_it[] = {
    {"I08: 72 h after the key changed, less a second",
     [] {
         return given(dynamics_365, used)
             .on("sales")
             .when(shuts(shut_at - second))
             .then_refused({{"I08", refusal::lock_cooldown, shut_at}});
     }},
    {"I08: 72 h after the key changed",
     [] { return given(dynamics_365, used).on("sales").when(shuts(shut_at)).then_allowed({"lock_requested", "lock_started"}); }},
    {"I10: the name shown, the key in use, its password, and a confirmation",
     [] {
         const auto refused = [](auto change, const expected_reason& why) {
             return given(dynamics_365, used).on("sales").when(but(shuts(shut_at), change)).then_refused({why});
         };
         return refused([](lock& c) { c.confirmation = typed_text("lock contoso"); }, {"I10", refusal::confirmation_mismatch}) &&
                refused([](lock& c) { c.key.print = print_of(9); }, {"I10", refusal::wrong_key}) &&
                refused([](lock& c) { c.key.outcome = file_outcome::wrong_password; }, {"I10", refusal::wrong_password}) &&
                refused([](lock& c) { c.confirmed = false; }, {"I10", refusal::not_confirmed});
     }},
    {"T23: the key is deleted with the lock, and there is no unlock before it is complete",
     [] {
         return state_of_print(shutting, 1) == key_state::locked &&
                given(dynamics_365, shutting).on("sales").when(unlocks_key(shut_at)).refused_by({"T23", refusal::lock_in_progress});
     }},
    {"I12: while locked no restore, no other key, no revert; T22: and no one is served",
     [] {
         const auto refused = [](const auto& command) {
             return given(dynamics_365, shut).on("sales").when(command).then_refused({{"I12", refusal::environment_locked}});
         };
         const instant at = shut_at + hours(1);
         return refused(brings(at, 2)) && refused(makes(at)) && refused(reverts(at)) &&
                given(dynamics_365, shut).on("sales").when(open_environment{ines, at}).then_refused({{"T22", refusal::environment_locked}});
     }},
    {"I11: only the tenant's administrator unlocks, with the same key; T24 is off",
     [] {
         const instant at = shut_at + minutes(2);
         return given(dynamics_365, shut)
                    .on("sales")
                    .when(unlocks_key(at))
                    .then_allowed({"key_unlock_started", "environment_unlock_started"}) &&
                given(dynamics_365, shut).on("sales").when(unlocks_key(at, 2)).then_refused({{"I11", refusal::wrong_key}}) &&
                given(dynamics_365, shut)
                    .on("sales")
                    .when(but(unlocks_key(at), [](unlock_key& c) { c.by = ines; }))
                    .then_refused({{"I03", refusal::not_authorized}});
     }},
    {"States: Locked, Active; and the instance is open again; the key has not changed, so no window begins",
     [] {
         const instant at = shut_at + minutes(2);
         const world key = shut.after(dynamics_365, unlocks_key(at), on_sales);
         const world back = key.after(dynamics_365, ends(at, operation::unlocking_key), on_sales)
                                .after(dynamics_365, ends(at, operation::unlocking), on_sales);
         return state_of_print(key, 1) == key_state::active && state_of_print(back, 1) == key_state::active && back.ring.locked == 0 &&
                given(dynamics_365, back).on("sales").when(shuts(at)).then_allowed();
     }},
    {"an unlock that does not open the ring ends Locked again",
     [] {
         const instant at = shut_at + minutes(2);
         const world w =
             shut.after(dynamics_365, unlocks_key(at), on_sales).after(dynamics_365, fails(at, operation::unlocking_key), on_sales);
         return state_of_print(w, 1) == key_state::locked && is_locked(w.ring, w.environment("sales"));
     }},
    {"States: an instance is open only once its key is back for good",
     [] {
         const instant at = shut_at + minutes(2);
         const world key = shut.after(dynamics_365, unlocks_key(at), on_sales);
         const world lost = key.after(dynamics_365, fails(at, operation::unlocking_key), on_sales);
         const auto waits = [&](const world& w) {
             return given(dynamics_365, w)
                 .on("sales")
                 .when(ends(at, operation::unlocking))
                 .then_refused({{"H03", refusal::key_not_active}});
         };
         return waits(key) && waits(lost) &&
                given(dynamics_365, lost).on("sales").when(unlocks_key(at)).then_refused({{"T36", refusal::operation_in_progress}});
     }},
    {"States: when the instance cannot be opened its key is locked again, so that the unlock can be tried again",
     [] {
         const instant at = shut_at + minutes(2);
         const world key = shut.after(dynamics_365, unlocks_key(at), on_sales);
         const auto tried_again = [&](const world& w) {
             const world back = w.after(dynamics_365, fails(at, operation::unlocking), on_sales);
             return state_of_print(back, 1) == key_state::locked && is_locked(back.ring, back.environment("sales")) &&
                    given(dynamics_365, back).on("sales").when(unlocks_key(at)).then_allowed();
         };
         return tried_again(key) && tried_again(key.after(dynamics_365, ends(at, operation::unlocking_key), on_sales)) &&
                tried_again(key.after(dynamics_365, fails(at, operation::unlocking_key), on_sales));
     }},
    {"invariant: a backup goes into an instance only under the key that it is under, its own instance excepted",
     [] {
         world two = fresh.having(t0, environment_created{environment_id{"service"}, environment_kind::production, true, true, {}, {}});
         two.environments[1].region = region_id{"service"};
         const world moved = two.after(dynamics_365, brings(brought_at, 1), on_sales)
                                 .after(dynamics_365, ends(used_at, operation::activation), on_sales)
                                 .after(dynamics_365, ends(used_at, operation::applying), on_sales)
                                 .after(dynamics_365, take_backup{ines, used_at, backup_id{"b1"}}, on_sales);
         return given(dynamics_365, moved)
                    .on("service")
                    .backup("b1")
                    .when(restore{alice, used_at, {}})
                    .refused_by({"I12", refusal::key_mismatch}) &&
                given(dynamics_365, moved).on("sales").backup("b1").when(restore{alice, used_at, {}}).then_allowed();
     }},
    {"I09: a revert destroys what opened the backups of before; a key that comes later does not open them",
     [] {
         const world w = used.after(dynamics_365, take_backup{ines, used_at, backup_id{"b1"}}, on_sales)
                             .after(dynamics_365, reverts(used_at), on_sales)
                             .after(dynamics_365, ends(used_at, operation::returning), on_sales)
                             .after(dynamics_365, brings(used_at, 2), on_sales)
                             .after(dynamics_365, ends(used_at, operation::activation), on_sales)
                             .after(dynamics_365, ends(used_at, operation::applying), on_sales);
         return given(dynamics_365, w)
             .on("sales")
             .backup("b1")
             .when(restore{ines, used_at, {}})
             .then_refused({{"I12", refusal::key_version_unavailable}});
     }},
    {"T26 is off: a year later it may still be unlocked",
     [] { return given(dynamics_365, shut).on("sales").when(unlocks_key(shut_at + days(365))).then_allowed(); }},
    {"T36: a locked instance that nobody wants back may be deleted",
     [] {
         return given(dynamics_365, shut)
             .on("sales")
             .when(delete_environment{alice, shut_at + hours(1), typed_text("sales")})
             .then_allowed({"environment_deleted"});
     }},
};
static_assert(first_failure(locking_it) == none_failed);
TEST_CASE("dynamics_365: locking an instance, and the way back") { run(locking_it); }

} // namespace
