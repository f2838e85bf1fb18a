// SPDX-License-Identifier: Apache-2.0
// What follows when a command about a customer's own vault is allowed; as policy/consequences.hpp. Judges nothing.
// What changes nothing has no event, so that to ask twice is harmless.
// Depends on: policy/consequences.
#pragma once

#include <keywright/policy/consequences.hpp>

namespace keywright::policy {

constexpr void consequences_of(const facts& f, const create_policy& c, auto& r) {
    r.then(policy_created{c.policy, f.ring.region, c.vault.vault, c.key.key, c.key.print, c.vault.soft_delete, c.vault.purge_protection,
                          c.key.in_hsm});
}
constexpr void consequences_of(const facts& f, const grant_access& c, auto& r) {
    const key_permissions held = f.policy().permissions | c.permissions;
    if (held != f.policy().permissions) r.then(access_granted{f.policy().id, held});
}
constexpr void consequences_of(const facts& f, const revoke_access& c, auto& r) {
    const policy_state& policy = f.policy();
    if (policy.stands_for(c.cause) && policy.permissions == key_permissions{}) return;
    r.then(access_revoked{policy.id, c.cause, policy.epoch + 1, policy.environments()});
}
constexpr void consequences_of(const facts& f, const request_unlock&, auto& r) { r.then(unlock_requested{{f.policy().id}}); }
constexpr void consequences_of(const facts& f, const approve_unlock&, auto& r) {
    r.then(unlock_approved{{f.policy().id}, f.policy().environments()});
}
constexpr void consequences_of(const facts& f, const rotate_version& c, auto& r) {
    r.then(version_rotated{f.policy().id, f.policy().in_force().number + 1, c.key.print});
}
constexpr void consequences_of(const facts& f, const purge_key& c, auto& r) {
    if (c.version != 0 || !f.policy().purged) r.then(key_purged{f.policy().id, c.version});
}
constexpr void consequences_of(const facts& f, const integrate_environment& c, auto& r) {
    if (f.environment().membership.organisation != c.organisation) r.then(environment_integrated{f.environment().id, c.organisation});
}
/// Down until the apply that begins here has ended.
constexpr void consequences_of(const facts& f, const add_to_policy&, auto& r) {
    const environment_state& e = f.environment();
    r.then(environment_added{f.policy().id, e.id, e.kind}).then(apply_started{{e.id}});
}
/// In the policy until the return has ended: a revocation in between finds it there.
constexpr void consequences_of(const facts& f, const remove_from_policy&, auto& r) { r.then(return_started{{f.environment().id}}); }

} // namespace keywright::policy
