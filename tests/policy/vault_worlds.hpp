// SPDX-License-Identifier: Apache-2.0
// The worlds that the tests of enterprise_policy begin in, each folded from commands that it allows, and the commands
// that they vary; as worlds.hpp does for power_platform.
#pragma once

#include "worlds.hpp"

#include <keywright/profiles/enterprise_policy.hpp>

namespace keywright::testing {

using profiles::enterprise_policy;

inline constexpr actor vera{admin_id{"vera"}, principal::vault};
inline constexpr actor rogue{alice.who, principal::vault}; ///< of the vault and of the tenant

// --- commands as they should be ---

constexpr create_policy makes_policy(instant at, std::string_view name = "p1", std::uint8_t n = 1) {
    return {.by = alice,
            .at = at,
            .policy = policy_id(name),
            .vault = {.vault = vault_id{"safe"}, .region = region_id{"eu"}, .soft_delete = days(90), .purge_protection = true},
            .key = {.key = key_id(n == 1 ? "k1" : "k2"), .print = print_of(n), .type = key_kind::rsa, .bits = 2048},
            .offered_here = true};
}
constexpr grant_access grants(instant at, std::uint8_t n = 1, key_permissions permissions = all_uses) {
    return {.by = vera, .at = at, .permissions = permissions, .print = print_of(n)};
}
constexpr add_to_policy adds(instant at) {
    return {.by = alice,
            .at = at,
            .facts = {.managed = true, .data_platform = true, .licensed = true, .finance_and_operations = false, .cloud_hosted = false},
            .organisation = {},
            .confirmed = true};
}
constexpr remove_from_policy removes(instant at, std::string_view typed = "prod") {
    return {.by = alice, .at = at, .confirmed = true, .confirmation = typed_text(typed)};
}
constexpr revoke_access revokes(instant at, revocation cause = revocation::access) { return {.by = vera, .at = at, .cause = cause}; }
constexpr request_unlock asks_back(instant at) { return {.by = bob, .at = at}; }
constexpr approve_unlock approves(instant at) { return {.by = provider_person, .at = at}; }
constexpr rotate_version rotates(instant at, std::uint8_t n = 9) {
    return {.by = vera, .at = at, .key = {.key = key_id("k1"), .print = print_of(n), .type = key_kind::rsa, .bits = 2048}};
}
constexpr purge_key purges(instant at, std::uint32_t version = 0) { return {.by = vera, .at = at, .version = version}; }

constexpr subject under(std::string_view policy, std::string_view environment = {}) {
    return {environment.empty() ? environment_id{} : environment_id(environment), {}, {}, policy_id(policy)};
}

// --- worlds ---

/// Two tenant administrators, three environments, no policy.
inline constexpr world without_policy = eligible;
inline constexpr instant made_at = t0 + hours(1);
inline constexpr world ungranted = without_policy.after(enterprise_policy, makes_policy(made_at));
inline constexpr world granted = ungranted.after(enterprise_policy, grants(made_at), under("p1"));
/// prod is in p1 and on its key.
inline constexpr instant added_at = made_at + hours(1);
inline constexpr world adding = granted.after(enterprise_policy, adds(added_at), under("p1", "prod"));
inline constexpr world member = adding.after(enterprise_policy, ends(added_at, operation::applying), on_prod);
/// prod and sandbox are in p1, support is not.
inline constexpr world members = member.after(enterprise_policy, adds(added_at), under("p1", "sandbox"))
                                     .after(enterprise_policy, ends(added_at, operation::applying), on_sandbox);
/// The vault's administrator has withdrawn the access.
inline constexpr instant revoked_at = added_at + days(1);
inline constexpr world offline = members.after(enterprise_policy, revokes(revoked_at), under("p1"));
/// All grants are back, and a tenant administrator has asked.
inline constexpr instant regranted_at = revoked_at + hours(1);
inline constexpr world regranted = offline.after(enterprise_policy, grants(regranted_at), under("p1"));
inline constexpr world asked = regranted.after(enterprise_policy, asks_back(regranted_at), under("p1"));
inline constexpr world back = asked.after(enterprise_policy, approves(regranted_at), under("p1"));

} // namespace keywright::testing
