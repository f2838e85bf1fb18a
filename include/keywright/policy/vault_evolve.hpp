// SPDX-License-Identifier: Apache-2.0
// state + event -> state of a policy of a customer's own vault, as policy/evolve.hpp does for the other aggregates; one
// about another policy changes nothing.
// Depends on: core, policy/events.
#pragma once

#include <keywright/core/overloaded.hpp>
#include <keywright/policy/events.hpp>

#include <concepts>

namespace keywright::policy {

namespace detail {

/// The use has ended, whatever ended it: nothing is granted any more, and who asked for the way back asks again.
constexpr void revoke(policy_state& policy, const access_revoked& e, instant at) {
    if (!policy.revoked) policy.revoked_at = at;
    policy.revoked = true;
    policy.epoch = e.epoch;
    policy.permissions = {};
    policy.unlock_requested_by = {};
    if (!policy.stands_for(e.cause)) policy.causes.push_back(e.cause);
    const bool deletes_key = e.cause == revocation::key_deleted || e.cause == revocation::vault_deleted;
    if (deletes_key && !happened(policy.key_deleted_at)) policy.key_deleted_at = at;
    if (e.cause == revocation::policy_deleted) policy.deleted = true;
}

/// All that the vault shows again was put right there.
constexpr void grant(policy_state& policy, const access_granted& e, const admin_id& by) {
    policy.permissions = e.permissions;
    policy.granted_by = by;
    if (!e.permissions.complete()) return;
    policy.causes.clear();
    policy.key_deleted_at = never;
    policy.deleted = policy.purged = false;
}

constexpr void rotate(policy_state& policy, const version_rotated& e, instant at) {
    policy.versions[policy.versions.size() - 1].replaced_at = at;
    policy.versions.push_back({e.version, e.print, at, never});
}

constexpr void purge(policy_state& policy, const key_purged& e) {
    if (e.version == 0) policy.purged = true;
    for (std::size_t i = policy.versions.size(); e.version != 0 && i-- > 0;)
        if (policy.versions[i].number == e.version) policy.versions.erase_at(i);
}

constexpr policy_state made(const policy_created& e, const policy_state& before, instant at) {
    policy_state policy;
    policy.id = e.policy;
    policy.tenant = before.tenant;
    policy.region = e.region;
    policy.vault = e.vault;
    policy.key = e.key;
    policy.print = e.print;
    policy.soft_delete = e.soft_delete;
    policy.purge_protection = e.purge_protection;
    policy.in_hsm = e.in_hsm;
    policy.versions.push_back({1, e.print, at, never});
    return policy;
}

constexpr std::uint32_t& count_of(policy_state& policy, environment_kind kind) {
    return kind == environment_kind::production ? policy.production : policy.others;
}

} // namespace detail

/// The policy after an event. A default-made one becomes the one that is made; its tenant is set beforehand.
constexpr void evolve(std::same_as<policy_state> auto& policy, const event& happened_event) {
    const instant at = happened_event.at;
    const auto mine = [&](const auto& e) { return e.policy == policy.id; };
    visit_body(happened_event.body, overloaded{
                                        [&](const policy_created& e) {
                                            if (policy.id.empty() || mine(e)) policy = detail::made(e, policy, at);
                                        },
                                        [&](const access_granted& e) {
                                            if (mine(e)) detail::grant(policy, e, happened_event.by.who);
                                        },
                                        [&](const access_revoked& e) {
                                            if (mine(e)) detail::revoke(policy, e, at);
                                        },
                                        [&](const unlock_requested& e) {
                                            if (mine(e)) policy.unlock_requested_by = happened_event.by.who;
                                        },
                                        [&](const unlock_approved& e) {
                                            if (mine(e)) policy.revoked = false, policy.revoked_at = never, policy.unlock_requested_by = {};
                                        },
                                        [&](const version_rotated& e) {
                                            if (mine(e)) detail::rotate(policy, e, at);
                                        },
                                        [&](const key_purged& e) {
                                            if (mine(e)) detail::purge(policy, e);
                                        },
                                        [&](const environment_added& e) {
                                            if (mine(e)) ++detail::count_of(policy, e.kind);
                                        },
                                        [&](const environment_removed& e) {
                                            if (mine(e)) --detail::count_of(policy, e.kind);
                                        },
                                        [](const auto&) {},
                                    });
}

} // namespace keywright::policy
