// SPDX-License-Identifier: Apache-2.0
// What may be asked for where the key stays in the customer's own vault: commands of the profile enterprise_policy.
// The vault is the customer's and no state of ours, so what it shows is evidence, as a key file is elsewhere.
// Depends on: policy/commands. Use: `grant_access{.by = vera, .at = now, .permissions = all_uses, .print = shown}`.
#pragma once

#include <keywright/policy/commands.hpp>

namespace keywright::policy {

// --- evidence ---

/// What a policy may do with the key that it names.
struct key_permissions {
    bool get = false; ///< read the public half
    bool wrap = false;
    bool unwrap = false;
    constexpr bool complete() const { return get && wrap && unwrap; }
    template <class Self, class Visitor>
    static constexpr void visit(Self& self, Visitor&& field) {
        field("get", self.get);
        field("wrap", self.wrap);
        field("unwrap", self.unwrap);
    }
    friend constexpr key_permissions operator|(key_permissions a, key_permissions b) {
        return {a.get || b.get, a.wrap || b.wrap, a.unwrap || b.unwrap};
    }
    friend constexpr bool operator==(const key_permissions&, const key_permissions&) = default;
};
inline constexpr key_permissions all_uses{true, true, true};

/// What the customer's vault is.
struct vault_evidence {
    vault_id vault{};
    region_id region{};
    seconds soft_delete = days(90); ///< how long what is deleted can be recovered; none: at once gone
    bool purge_protection = false;  ///< nobody ends that time early
};

/// What the vault shows of one key. Holds no secret.
struct vault_key_evidence {
    key_id key{};
    fingerprint print{}; ///< of the version in force
    key_kind type = key_kind::other;
    std::uint32_t bits = 0;
    instant deleted_at = never; ///< deleted, whether or not it can still be recovered
    bool in_hsm = false;
};

/// What the product knows of an environment that is to be put under a policy.
struct environment_facts {
    bool managed = false;
    bool data_platform = false;
    bool licensed = false;
    bool finance_and_operations = false;
    bool cloud_hosted = false; ///< in the customer's own subscription
};

// --- policies ---

/// Names a key. Of use only once the vault's administrator has granted it.
struct create_policy {
    actor by;
    instant at{};
    policy_id policy{};
    vault_evidence vault{};
    vault_key_evidence key{};
    bool offered_here = false; ///< the provider offers this in the region
};
/// Reports what the vault lets the policy do now. Also the way back after any revocation: a key that is disabled,
/// deleted or gone shows nothing that could be reported here.
struct grant_access {
    actor by;
    instant at{};
    key_permissions permissions{};
    fingerprint print{}; ///< of the key that the vault shows
};

/// What ended the use of a key.
enum class revocation : std::uint8_t { access, key_disabled, version_disabled, key_deleted, vault_deleted, policy_deleted };

/// By the vault's administrator; or the system reports that the vault refuses (one that cannot be reached is no
/// revocation).
struct revoke_access {
    actor by;
    instant at{};
    revocation cause = revocation::access;
};
struct request_unlock {
    actor by;
    instant at{};
};
struct approve_unlock {
    actor by;
    instant at{};
};
/// The key has a new version: what it wraps is re-wrapped, and nothing goes down.
struct rotate_version {
    actor by;
    instant at{};
    vault_key_evidence key{};
};
/// Ends what the vault could still give back.
struct purge_key {
    actor by;
    instant at{};
    std::uint32_t version = 0; ///< 0: the whole key
};

// --- their environments ---

/// Notes the organisation that an environment belongs to, before it is put under a policy.
struct integrate_environment {
    actor by;
    instant at{};
    organisation_id organisation{};
};
/// facts: environment, and the policy that it is put under.
struct add_to_policy {
    actor by;
    instant at{};
    environment_facts facts{};
    organisation_id organisation{}; ///< by which a finance-and-operations environment is found
    bool confirmed = false;
};
/// Back to the provider's key. facts: environment, and its policy.
struct remove_from_policy {
    actor by;
    instant at{};
    bool confirmed = false;
    typed_text confirmation{}; ///< a production environment's name
};

} // namespace keywright::policy
