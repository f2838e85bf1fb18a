// SPDX-License-Identifier: Apache-2.0
// The worlds that the policy tests begin in, each folded from commands that power_platform allows, and the commands
// that they vary. Tables write `.but` as a copy with one field changed: what is not named is as it should be.
#pragma once

#include <keywright/policy.hpp>
#include <keywright/testing/given_when_then.hpp>

#include <doctest/doctest.h>

namespace keywright::testing {

using namespace policy;
using profiles::power_platform;

inline constexpr instant t0{1'700'000'000};
inline constexpr seconds second{1};

inline constexpr actor provider_person{admin_id{"provider"}, principal::provider};
inline constexpr actor alice{admin_id{"alice"}}; ///< of the tenant
inline constexpr actor bob{admin_id{"bob"}};     ///< of the tenant
inline constexpr actor erin{admin_id{"erin"}};   ///< of `prod` only
inline constexpr actor sam{admin_id{"sam"}};     ///< of `prod` and `sandbox`
inline constexpr actor mallory{admin_id{"mallory"}}; ///< nobody

constexpr fingerprint print_of(std::uint8_t n) {
    fingerprint print;
    print.bytes[0] = n;
    return print;
}
inline constexpr kid_text import_kid{"https://vault/keys/import-1"};

constexpr key_evidence pfx(std::uint8_t n) {
    return {.format = file_kind::pfx,
            .outcome = file_outcome::opened,
            .has_password = true,
            .has_private = true,
            .type = key_kind::rsa,
            .bits = 2048,
            .print = print_of(n),
            .kid = {}};
}
constexpr key_evidence byok(std::uint8_t n, const kid_text& kid = import_kid) {
    key_evidence file = pfx(n);
    file.format = file_kind::byok;
    file.has_password = false;
    file.kid = kid;
    return file;
}
/// A copy, changed.
template <class T, class Change>
constexpr T but(T value, Change change) {
    change(value);
    return value;
}

// --- commands as they should be ---

constexpr generate_key generates(instant at, std::string_view key = "k1", std::uint8_t n = 1) {
    return {.by = alice,
            .at = at,
            .key = key_id(key),
            .print = print_of(n),
            .bits = 2048,
            .region_chosen = true,
            .acknowledged = true,
            .passwords_match = true};
}
constexpr upload_key uploads(instant at, std::string_view key = "k1", std::uint8_t n = 1) {
    return {.by = alice, .at = at, .key = key_id(key), .file = pfx(n), .region_chosen = true, .acknowledged = true};
}
constexpr activate_key activates(instant at, std::string_view key) {
    return {.by = alice, .at = at, .key = key_id(key), .acknowledged = true, .confirmed = true};
}
constexpr apply_key applies(instant at) { return {.by = alice, .at = at, .acknowledged = true, .confirmed = true}; }
constexpr return_to_provider returns(instant at, std::string_view typed = "prod") {
    return {.by = alice, .at = at, .acknowledged = true, .confirmed = true, .confirmation = typed_text(typed)};
}
constexpr lock locks(instant at, std::uint8_t n = 1) {
    return {.by = alice, .at = at, .key = pfx(n), .confirmation = typed_text("lock contoso")};
}
constexpr unlock_key unlocks_key(instant at, std::uint8_t n = 1) { return {.by = alice, .at = at, .key = pfx(n)}; }
constexpr unlock_environment unlocks(instant at) { return {.by = alice, .at = at, .confirmed = true}; }
constexpr completed ends(instant at, operation of) { return {.at = at, .of = of}; }
constexpr failed fails(instant at, operation of) { return {.at = at, .of = of}; }

inline constexpr subject on_prod{environment_id{"prod"}, {}, {}};
inline constexpr subject on_sandbox{environment_id{"sandbox"}, {}, {}};
inline constexpr subject on_support{environment_id{"support"}, {}, {}};

// --- worlds ---

constexpr environment_created made(std::string_view name, environment_kind kind) { return {environment_id(name), kind, false, false}; }

/// Eligible, 1001 seats, one region, three environments made one second after the feature, on the provider's key.
inline constexpr world eligible = world{tenant_id{"contoso"}, region_id{"eu"}}
                                      .having(t0, tenant_created{tenant_id{"contoso"}, 1001, true, 1}, provider_person)
                                      .having(t0, administrator_added{alice.who, {}}, provider_person)
                                      .having(t0, administrator_added{bob.who, {}}, provider_person)
                                      .having(t0, feature_enabled{}, provider_person)
                                      .having(t0 + second, made("prod", environment_kind::production))
                                      .having(t0 + second, made("sandbox", environment_kind::sandbox))
                                      .having(t0 + second, made("support", environment_kind::support_investigation))
                                      .having(t0 + second, administrator_added{erin.who, environment_id{"prod"}})
                                      .having(t0 + second, administrator_added{sam.who, environment_id{"prod"}})
                                      .having(t0 + second, administrator_added{sam.who, environment_id{"sandbox"}});

/// The first upload was accepted: k1 is Installing.
inline constexpr instant uploaded_at = t0 + hours(1);
inline constexpr world installing = eligible.after(power_platform, uploads(uploaded_at));
/// k1 is Active; nothing is on it yet.
inline constexpr instant active_at = uploaded_at + minutes(5);
inline constexpr world active = installing.after(power_platform, ends(active_at, operation::activation));
/// prod is on k1.
inline constexpr instant applied_at = active_at + hours(1);
inline constexpr world applied = active.after(power_platform, applies(applied_at - minutes(1)), on_prod)
                                     .after(power_platform, ends(applied_at, operation::applying), on_prod);
/// prod and sandbox are on k1; support is not.
inline constexpr world both =
    applied.after(power_platform, applies(applied_at), on_sandbox).after(power_platform, ends(applied_at, operation::applying), on_sandbox);
/// From here on a lock passes.
inline constexpr instant lockable_at = applied_at + hours(72);
inline constexpr world locking = both.after(power_platform, locks(lockable_at));
inline constexpr instant locked_since = lockable_at + minutes(10);
inline constexpr world locked = locking.after(power_platform, ends(locked_since, operation::locking));
/// From here on an unlock passes.
inline constexpr instant unlockable_at = lockable_at + hours(1);
inline constexpr world key_unlocking = locked.after(power_platform, unlocks_key(unlockable_at));
inline constexpr instant key_back_at = unlockable_at + minutes(5);
/// k1 is Active again, both environments are still locked.
inline constexpr world key_back = key_unlocking.after(power_platform, ends(key_back_at, operation::unlocking_key));
/// prod is open again, sandbox is still locked.
inline constexpr instant prod_back_at = key_back_at + minutes(5);
inline constexpr world prod_back =
    key_back.after(power_platform, unlocks(key_back_at), on_prod).after(power_platform, ends(prod_back_at, operation::unlocking), on_prod);

constexpr key_state state_of(const world& w, std::string_view key) {
    const key_record* found = find_key(w.ring, key_id(key));
    expects(found != nullptr, "state_of: the ring has a key of that name");
    return found->state;
}

/// Runs a table that a static_assert has already folded, so that a failing row is named.
template <std::size_t N>
void run(const scenario (&rows)[N]) {
    for (const scenario& row : rows) {
        CAPTURE(row.name);
        CHECK(row.holds());
    }
}

} // namespace keywright::testing
