// SPDX-License-Identifier: Apache-2.0
// What is known of a policy of a customer's own vault, and which policy an environment is in: the state of the profile
// enterprise_policy. A revocation writes the policy alone, however many environments it has: they are offline because
// their policy is.
// Depends on: core, policy/vault_commands.
#pragma once

#include <keywright/core/inline_list.hpp>
#include <keywright/policy/vault_commands.hpp>

namespace keywright::policy {

struct key_version {
    std::uint32_t number = 0;
    fingerprint print;
    instant since = never;
    instant replaced_at = never; ///< `never`: in force
    template <class Self, class Visitor>
    static constexpr void visit(Self& self, Visitor&& field) {
        field("number", self.number);
        field("print", self.print);
        field("since", self.since);
        field("replaced_at", self.replaced_at);
    }
    friend constexpr bool operator==(const key_version&, const key_version&) = default;
};

struct policy_state {
    static constexpr std::size_t max_versions = 8;

    policy_id id;
    tenant_id tenant;
    region_id region;
    vault_id vault;
    key_id key;
    fingerprint print; ///< of the version that the policy was made with: what the key is called for ever
    seconds soft_delete;
    bool purge_protection = false;
    bool in_hsm = false;
    inline_list<key_version, max_versions> versions; ///< the last one is in force

    key_permissions permissions;
    admin_id granted_by;           ///< empty: nobody yet
    bool revoked = false;          ///< offline, until the provider approves the way back
    instant revoked_at = never;    ///< since when
    std::uint64_t epoch = 0;       ///< raised by each revocation: leases granted before are dead
    inline_list<revocation, 6> causes; ///< what is still to be put right in the vault
    instant key_deleted_at = never;
    bool deleted = false;
    bool purged = false;
    admin_id unlock_requested_by;  ///< empty: nobody asks

    std::uint32_t production = 0;  ///< environments, those being added or removed included
    std::uint32_t others = 0;      ///< likewise: sandboxes and for support

    template <class Self, class Visitor>
    static constexpr void visit(Self& self, Visitor&& field) {
        field("id", self.id);
        field("tenant", self.tenant);
        field("region", self.region);
        field("vault", self.vault);
        field("key", self.key);
        field("print", self.print);
        field("soft_delete", self.soft_delete);
        field("purge_protection", self.purge_protection);
        field("in_hsm", self.in_hsm);
        field("versions", self.versions);
        field("permissions", self.permissions);
        field("granted_by", self.granted_by);
        field("revoked", self.revoked);
        field("revoked_at", self.revoked_at);
        field("epoch", self.epoch);
        field("causes", self.causes);
        field("key_deleted_at", self.key_deleted_at);
        field("deleted", self.deleted);
        field("purged", self.purged);
        field("unlock_requested_by", self.unlock_requested_by);
        field("production", self.production);
        field("others", self.others);
    }
    friend constexpr bool operator==(const policy_state&, const policy_state&) = default;

    constexpr std::uint32_t environments() const { return production + others; }
    /// Requires: the policy was made.
    constexpr const key_version& in_force() const { return versions[versions.size() - 1]; }
    constexpr bool stands_for(revocation cause) const {
        for (const revocation each : causes)
            if (each == cause) return true;
        return false;
    }
    /// Deleted, and nothing hangs on it any more.
    constexpr bool gone() const { return deleted && environments() == 0; }
};

constexpr const key_version* find_version(const policy_state& policy, std::uint32_t number) {
    for (const key_version& each : policy.versions)
        if (each.number == number) return &each;
    return nullptr;
}

/// The same key of the same vault, whatever its version.
constexpr bool same_key(const policy_state& a, const policy_state& b) { return a.vault == b.vault && a.key == b.key; }

/// An environment's place in a policy; part of its state.
struct policy_membership {
    policy_id policy;                   ///< empty: in none, so on the provider's key
    std::uint64_t provider_version = 0; ///< of its own keys, when it came: that version was re-wrapped under the policy
    organisation_id organisation;     ///< empty: not integrated
    template <class Self, class Visitor>
    static constexpr void visit(Self& self, Visitor&& field) {
        field("policy", self.policy);
        field("provider_version", self.provider_version);
        field("organisation", self.organisation);
    }
    friend constexpr bool operator==(const policy_membership&, const policy_membership&) = default;
    constexpr bool in_policy() const { return !policy.empty(); }
};

} // namespace keywright::policy
