// SPDX-License-Identifier: Apache-2.0
// What has happened to a policy of a customer's own vault: events of the profile enterprise_policy. As in
// policy/events.hpp, which includes this: names and fields ARE the storage format of the audit log.
// Depends on: policy/state.
#pragma once

#include <keywright/policy/state.hpp>

#include <string_view>

namespace keywright::policy {

/// A list of events, to be joined with others into one variant.
template <class... Events>
struct event_types {};

/// The fields of events that say only which policy. Comparison is inherited with them.
struct about_policy {
    policy_id policy;
    template <class Self, class Visitor>
    static constexpr void visit(Self& self, Visitor&& field) {
        field("policy", self.policy);
    }
    friend constexpr bool operator==(const about_policy&, const about_policy&) = default;
};

struct policy_created {
    static constexpr std::string_view name = "policy_created";
    policy_id policy;
    region_id region;
    vault_id vault;
    key_id key;
    fingerprint print;
    seconds soft_delete;
    bool purge_protection = false;
    bool in_hsm = false;
    template <class Self, class Visitor>
    static constexpr void visit(Self& self, Visitor&& field) {
        field("policy", self.policy);
        field("region", self.region);
        field("vault", self.vault);
        field("key", self.key);
        field("print", self.print);
        field("soft_delete", self.soft_delete);
        field("purge_protection", self.purge_protection);
        field("in_hsm", self.in_hsm);
    }
    friend constexpr bool operator==(const policy_created&, const policy_created&) = default;
};
/// What the policy may do with its key from here on.
struct access_granted {
    static constexpr std::string_view name = "access_granted";
    policy_id policy;
    key_permissions permissions;
    template <class Self, class Visitor>
    static constexpr void visit(Self& self, Visitor&& field) {
        field("policy", self.policy);
        field("permissions", self.permissions);
    }
    friend constexpr bool operator==(const access_granted&, const access_granted&) = default;
};
/// Every environment of the policy is offline from here on.
struct access_revoked {
    static constexpr std::string_view name = "access_revoked";
    policy_id policy;
    revocation cause{};
    std::uint64_t epoch = 0;
    std::uint32_t environments = 0;
    template <class Self, class Visitor>
    static constexpr void visit(Self& self, Visitor&& field) {
        field("policy", self.policy);
        field("cause", self.cause);
        field("epoch", self.epoch);
        field("environments", self.environments);
    }
    friend constexpr bool operator==(const access_revoked&, const access_revoked&) = default;
};
struct unlock_requested : about_policy {
    static constexpr std::string_view name = "unlock_requested";
};
/// Every environment of the policy is back.
struct unlock_approved : about_policy {
    static constexpr std::string_view name = "unlock_approved";
    std::uint32_t environments = 0;
    template <class Self, class Visitor>
    static constexpr void visit(Self& self, Visitor&& field) {
        about_policy::visit(self, field);
        field("environments", self.environments);
    }
    friend constexpr bool operator==(const unlock_approved&, const unlock_approved&) = default;
};
struct version_rotated {
    static constexpr std::string_view name = "version_rotated";
    policy_id policy;
    std::uint32_t version = 0;
    fingerprint print;
    template <class Self, class Visitor>
    static constexpr void visit(Self& self, Visitor&& field) {
        field("policy", self.policy);
        field("version", self.version);
        field("print", self.print);
    }
    friend constexpr bool operator==(const version_rotated&, const version_rotated&) = default;
};
struct key_purged {
    static constexpr std::string_view name = "key_purged";
    policy_id policy;
    std::uint32_t version = 0; ///< 0: the whole key
    template <class Self, class Visitor>
    static constexpr void visit(Self& self, Visitor&& field) {
        field("policy", self.policy);
        field("version", self.version);
    }
    friend constexpr bool operator==(const key_purged&, const key_purged&) = default;
};

// --- of their environments ---

struct environment_integrated {
    static constexpr std::string_view name = "environment_integrated";
    environment_id environment;
    organisation_id organisation;
    template <class Self, class Visitor>
    static constexpr void visit(Self& self, Visitor&& field) {
        field("environment", self.environment);
        field("organisation", self.organisation);
    }
    friend constexpr bool operator==(const environment_integrated&, const environment_integrated&) = default;
};
/// Counted with the policy from here on; on its key only when the apply that begins with it has ended.
struct environment_added {
    static constexpr std::string_view name = "environment_added";
    policy_id policy;
    environment_id environment;
    environment_kind kind{};
    template <class Self, class Visitor>
    static constexpr void visit(Self& self, Visitor&& field) {
        field("policy", self.policy);
        field("environment", self.environment);
        field("kind", self.kind);
    }
    friend constexpr bool operator==(const environment_added&, const environment_added&) = default;
};
/// It has left the policy: returned, reset, deleted, or never arrived.
struct environment_removed {
    static constexpr std::string_view name = "environment_removed";
    policy_id policy;
    environment_id environment;
    environment_kind kind{};
    template <class Self, class Visitor>
    static constexpr void visit(Self& self, Visitor&& field) {
        field("policy", self.policy);
        field("environment", self.environment);
        field("kind", self.kind);
    }
    friend constexpr bool operator==(const environment_removed&, const environment_removed&) = default;
};

/// In the order in which they came. A new one goes to the end.
using events_of_vaults = event_types<policy_created, environment_added, environment_removed, access_revoked, access_granted,
                                     unlock_requested, unlock_approved, version_rotated, key_purged, environment_integrated>;

} // namespace keywright::policy
