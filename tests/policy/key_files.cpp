// SPDX-License-Identifier: Apache-2.0
#include <keywright/policy/key_files.hpp>

#include "worlds.hpp"

namespace {

using namespace keywright;
using namespace keywright::testing;

template <class Change>
constexpr outcome upload(const world& w, Change change) {
    return given(power_platform, w).when(but(uploads(active_at, "k2", 2), change));
}
template <class Change>
constexpr bool upload_refused(Change change, std::string_view rule, refusal code) {
    return upload(active, change).then_refused({{rule, code}});
}

constexpr scenario files[] = {
    {"T06: PFX", [] { return upload(active, [](upload_key&) {}).then_allowed(); }},
    {"T06: neither PFX nor BYOK; told once, though such a file does not open either",
     [] {
         return upload_refused([](upload_key& c) { c.file.format = file_kind::other, c.file.outcome = file_outcome::corrupt; }, "T06",
                               refusal::bad_format);
     }},
    {"T06: an elliptic curve key",
     [] {
         return upload_refused([](upload_key& c) { c.file.type = key_kind::elliptic_curve, c.file.bits = 256; }, "T06",
                               refusal::bad_key_type);
     }},
    {"T06: another kind",
     [] { return upload_refused([](upload_key& c) { c.file.type = key_kind::other; }, "T06", refusal::bad_key_type); }},
    {"T06: RSA 2047", [] { return upload_refused([](upload_key& c) { c.file.bits = 2047; }, "T06", refusal::bad_key_size); }},
    {"T06: RSA 2048", [] { return upload(active, [](upload_key& c) { c.file.bits = 2048; }).then_allowed(); }},
    {"T06: RSA 2049", [] { return upload_refused([](upload_key& c) { c.file.bits = 2049; }, "T06", refusal::bad_key_size); }},
    {"T06: RSA 3072 and 4096",
     [] {
         return upload_refused([](upload_key& c) { c.file.bits = 3072; }, "T06", refusal::bad_key_size) &&
                upload_refused([](upload_key& c) { c.file.bits = 4096; }, "T06", refusal::bad_key_size);
     }},
    {"T06: the size found and the size wanted are told",
     [] {
         const outcome o = upload(active, [](upload_key& c) { c.file.bits = 2047; });
         return o.decision().reasons()[0].found == 2047 && o.decision().reasons()[0].limit == 2048;
     }},
    {"T06: a PFX without a password",
     [] { return upload_refused([](upload_key& c) { c.file.has_password = false; }, "T06", refusal::pfx_without_password); }},
    {"T07: the public half only",
     [] { return upload_refused([](upload_key& c) { c.file.has_private = false; }, "T07", refusal::missing_private_key); }},
    {"T07: a file that opened and holds no key at all is told once; one of no size that holds a key is of a bad size",
     [] {
         return upload_refused([](upload_key& c) { c.file.bits = 0, c.file.has_private = false; }, "T07", refusal::missing_private_key) &&
                upload_refused([](upload_key& c) { c.file.bits = 0; }, "T06", refusal::bad_key_size);
     }},
    {"T13: the wrong password",
     [] { return upload_refused([](upload_key& c) { c.file.outcome = file_outcome::wrong_password; }, "T13", refusal::wrong_password); }},
    {"T13: damaged", [] { return upload_refused([](upload_key& c) { c.file.outcome = file_outcome::corrupt; }, "T13", refusal::corrupt); }},
    {"T13: what did not open is not judged by its type, size, halves or fingerprint",
     [] {
         return upload_refused(
             [](upload_key& c) {
                 c.file = {.format = file_kind::pfx,
                           .outcome = file_outcome::wrong_password,
                           .has_password = true,
                           .print = print_of(1),
                           .kid = {}};
             },
             "T13", refusal::wrong_password);
     }},
};
static_assert(first_failure(files) == none_failed);
TEST_CASE("T06, T07, T13: what a key file must be") { run(files); }

constexpr world bound = active.after(power_platform, create_import_key{alice, active_at, import_kid, print_of(9), false});

// An import key that lives for a day, and a file that comes when it has a second left, none, or was gone for one.
constexpr world short_lived =
    active.after(power_platform, create_import_key{alice, active_at, import_kid, print_of(9), false, active_at + days(1)});
constexpr auto brings_at(seconds age) {
    return given(power_platform, short_lived).when(but(uploads(active_at + age, "k2", 2), [](upload_key& c) { c.file = byok(2); }));
}
constexpr create_import_key shows(const actor& by, bool replace) { return {by, active_at, kid_text("two"), print_of(8), replace}; }

constexpr scenario binding[] = {
    {"T08: made for this ring's import key; a password is the PFX's matter",
     [] { return upload(bound, [](upload_key& c) { c.file = byok(2); }).then_allowed(); }},
    {"T08: made for another",
     [] {
         return upload(bound, [](upload_key& c) { c.file = byok(2, kid_text("https://vault/keys/import-2")); })
             .then_refused({{"T08", refusal::byok_wrong_binding}});
     }},
    {"T08: an import key serves until the second before it expires", [] { return brings_at(days(1) - seconds{1}).then_allowed(); }},
    {"T08: it has expired at that moment", [] { return brings_at(days(1)).then_refused({{"T08", refusal::byok_wrong_binding}}); }},
    {"T08: and stays so", [] { return brings_at(days(1) + seconds{1}).then_refused({{"T08", refusal::byok_wrong_binding}}); }},
    {"H01: an import key that has expired makes room for the next without a word, at the moment that the refusal names",
     [] {
         const auto next = [](seconds age) { return create_import_key{alice, active_at + age, kid_text("two"), print_of(8), false}; };
         return given(power_platform, short_lived)
                    .when(next(days(1) - seconds{1}))
                    .then_refused({{"H01", refusal::already_exists, active_at + days(1)}}) &&
                given(power_platform, short_lived).when(next(days(1))).then_allowed({"import_key_created"});
     }},
    {"T08: there is no import key, and the file names none either",
     [] { return upload(active, [](upload_key& c) { c.file = byok(2, {}); }).then_refused({{"T08", refusal::byok_wrong_binding}}); }},
    {"resolution 22: an import key is used once",
     [] {
         const world used = bound.after(power_platform, but(uploads(active_at, "k2", 2), [](upload_key& c) { c.file = byok(2); }));
         return used.ring.import_kid.empty() && given(power_platform, used)
                                                    .when(but(uploads(active_at, "k3", 3), [](upload_key& c) { c.file = byok(3); }))
                                                    .then_refused({{"T08", refusal::byok_wrong_binding}});
     }},
    {"resolution 22: a PFX leaves the import key alone",
     [] { return bound.after(power_platform, uploads(active_at, "k2", 2)).ring.import_kid == import_kid; }},
    {"T42: the binding is shown by an administrator of the tenant; a new one only in place of the old",
     [] {
         return given(power_platform, active).when(shows(alice, false)).then_allowed({"import_key_created"}) &&
                given(power_platform, bound).when(shows(alice, false)).then_refused({{"H01", refusal::already_exists}}) &&
                given(power_platform, bound).when(shows(alice, true)).then_allowed() &&
                given(power_platform, active).when(shows(erin, false)).then_refused({{"T05", refusal::not_authorized}});
     }},
};
static_assert(first_failure(binding) == none_failed);
TEST_CASE("T08: a key transfer file belongs to one import key") { run(binding); }

constexpr world regions(std::uint8_t n) {
    return but(active, [&](world& w) { w.tenant.regions = n; });
}

constexpr scenario forms[] = {
    {"T11: no region chosen, one region", [] { return upload(regions(1), [](upload_key& c) { c.region_chosen = false; }).then_allowed(); }},
    {"T11: no region chosen, two regions",
     [] { return upload(regions(2), [](upload_key& c) { c.region_chosen = false; }).then_refused({{"T11", refusal::region_required}}); }},
    {"T11: chosen", [] { return upload(regions(2), [](upload_key&) {}).then_allowed(); }},
    {"T11: at generate too",
     [] {
         return given(power_platform, regions(2))
             .when(but(generates(active_at, "k2", 2), [](generate_key& c) { c.region_chosen = false; }))
             .then_refused({{"T11", refusal::region_required}});
     }},
    {"T11: a key has a name",
     [] {
         return upload_refused([](upload_key& c) { c.key = {}; }, "T11", refusal::key_name_required) &&
                given(power_platform, active)
                    .when(but(generates(active_at, "k2", 2), [](generate_key& c) { c.key = {}; }))
                    .then_refused({{"T11", refusal::key_name_required}});
     }},
    {"T12: the password is given twice",
     [] {
         return given(power_platform, active)
                    .when(but(generates(active_at, "k2", 2), [](generate_key& c) { c.passwords_match = false; }))
                    .then_refused({{"T12", refusal::password_mismatch}}) &&
                given(power_platform, active).when(generates(active_at, "k2", 2)).then_allowed({"risk_acknowledged", "key_generated"});
     }},
};
static_assert(first_failure(forms) == none_failed);
TEST_CASE("T11, T12: what a form must hold") { run(forms); }

constexpr scenario risk[] = {
    {"T10: generate",
     [] {
         return given(power_platform, active)
             .when(but(generates(active_at, "k2", 2), [](generate_key& c) { c.acknowledged = false; }))
             .then_refused({{"T10", refusal::acknowledgement_required}});
     }},
    {"T10: upload", [] { return upload_refused([](upload_key& c) { c.acknowledged = false; }, "T10", refusal::acknowledgement_required); }},
    {"T10: activate",
     [] {
         return given(power_platform, active.after(power_platform, uploads(active_at, "k2", 2)))
             .when(but(activates(active_at + hours(24), "k2"), [](activate_key& c) { c.acknowledged = false; }))
             .then_refused({{"T10", refusal::acknowledgement_required}});
     }},
    {"T10: apply",
     [] {
         return given(power_platform, active)
             .on("prod")
             .when(but(applies(applied_at), [](apply_key& c) { c.acknowledged = false; }))
             .then_refused({{"T10", refusal::acknowledgement_required}});
     }},
    {"T10: return",
     [] {
         return given(power_platform, applied)
             .on("prod")
             .when(but(returns(applied_at), [](return_to_provider& c) { c.acknowledged = false; }))
             .then_refused({{"T10", refusal::acknowledgement_required}});
     }},
    {"T10: the first time is the opt-in, and each time is recorded",
     [] {
         return given(power_platform, eligible).when(generates(uploaded_at)).then_event(0, risk_acknowledged{true}) &&
                !eligible.ring.self_managed && installing.ring.self_managed &&
                given(power_platform, active).when(generates(active_at, "k2", 2)).then_event(0, risk_acknowledged{false});
     }},
};
static_assert(first_failure(risk) == none_failed);
TEST_CASE("T10: the risk is acknowledged each time") { run(risk); }

constexpr scenario one_ring[] = {
    {"resolution 17: another ring of the vault holds it",
     [] { return upload_refused([](upload_key& c) { c.file.held_by_another_ring = true; }, "T13", refusal::key_in_use); }},
    {"resolution 17: Active here, under another name",
     [] { return upload_refused([](upload_key& c) { c.file.print = print_of(1); }, "T13", refusal::duplicate_key); }},
    {"resolution 17: Available here",
     [] {
         return upload(active.after(power_platform, uploads(active_at, "k2", 2)), [](upload_key& c) { c.key = key_id("k3"); })
             .then_refused({{"T13", refusal::duplicate_key}});
     }},
    {"resolution 17: Installing here",
     [] { return given(power_platform, installing).when(uploads(uploaded_at, "k2", 1)).then_refused({{"T13", refusal::duplicate_key}}); }},
    {"resolution 17: Locked here",
     [] {
         return given(power_platform, locked)
             .when(uploads(unlockable_at, "k2", 1))
             .then_refused({{"T13", refusal::duplicate_key}, {"T29", refusal::locked_environments_exist}});
     }},
    {"resolution 17: a Deleted key may come again, and a Retired one, under its old name",
     [] {
         const world w = applied.after(power_platform, uploads(applied_at, "k2", 2))
                             .after(power_platform, locks(lockable_at))
                             .after(power_platform, ends(lockable_at, operation::locking))
                             .after(power_platform, delete_environment{alice, lockable_at, typed_text("prod")}, on_prod);
         const world again = w.after(power_platform, uploads(lockable_at, "k2", 2)).after(power_platform, uploads(lockable_at, "k1", 1));
         return state_of(w, "k1") == key_state::retired && state_of(w, "k2") == key_state::deleted &&
                state_of(again, "k1") == key_state::available && state_of(again, "k2") == key_state::available;
     }},
    {"H01: a name that is in use is not given again",
     [] { return upload_refused([](upload_key& c) { c.key = key_id("k1"); }, "H01", refusal::already_exists); }},
};
static_assert(first_failure(one_ring) == none_failed);
TEST_CASE("resolution 17: one key, one ring") { run(one_ring); }

} // namespace
