// SPDX-License-Identifier: Apache-2.0
// All that a scenario has made so far: tenants, their rings and policies, the rings' environments with their backups.
// State is the policy's own aggregates, moved on by `evolve`; here they are only kept and found. Beside them stands
// what a command brings as evidence: what a vault is, what the product knows of an environment.
#pragma once

#include <keywright/policy/evolve.hpp>
#include <keywright/policy/rule.hpp>
#include <keywright/policy/vault_evolve.hpp>

#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace simulate {

namespace policy = keywright::policy;
using keywright::instant;

/// Tenants, rings, environments and backups together: more is refused before it is made.
inline constexpr std::size_t max_things = 1'000'000;

struct environment_world {
    policy::environment_state state;
    policy::environment_facts facts{};
    std::map<std::string, policy::backup_state, std::less<>> backups;
};

struct tenant_world;
struct ring_world {
    tenant_world* tenant = nullptr;
    std::string name; ///< `contoso/eu`
    policy::ring_state state;
    std::map<std::string, environment_world, std::less<>> environments;
};

struct tenant_world {
    policy::tenant_state state;
    std::vector<std::string> regions;
    std::map<std::string, ring_world, std::less<>> rings;
    std::unordered_map<std::string, ring_world*> ring_of; ///< by an environment's name
    std::map<std::string, policy::policy_state, std::less<>> policies;
    std::map<std::string, policy::vault_evidence, std::less<>> vaults;
};

/// What a line is about. References stay valid as long as the world does.
struct subject {
    tenant_world* tenant = nullptr;
    ring_world* ring = nullptr; ///< nullptr: the tenant itself
    environment_world* environment = nullptr;
    environment_world* source = nullptr;
    const policy::backup_state* backup = nullptr;
    policy::policy_state* policy = nullptr; ///< the one that is named, or the environment's

    policy::facts facts_at(instant asked_at) const;
};

/// An environment's state in one word.
std::string_view state_of(const ring_world& ring, const environment_world& environment);

/// A key's name; one that was given none goes by its instance's.
std::string name_of(const ring_world& ring, const policy::key_record& key);
/// A policy's likewise: incomplete, granted, revoked or deleted.
std::string_view state_of(const policy::policy_state& policy);

/// A symbol of key material, as the fingerprint that the policy compares: its characters, filled up with zeros.
inline constexpr std::size_t max_material = 32;
keywright::fingerprint print_of(std::string_view material);
std::string_view material_of(const keywright::fingerprint& print);

class world {
public:
    tenant_world* find_tenant(std::string_view name);
    /// nullptr where there is none, or more than one.
    tenant_world* only_tenant() { return tenants_.size() == 1 ? &tenants_.begin()->second : nullptr; }
    std::map<std::string, tenant_world, std::less<>>& tenants() { return tenants_; }
    /// The ring of that name; made where there is none yet, as empty as before its first event.
    ring_world& ring(tenant_world& tenant, std::string_view name);
    /// The environment of that name in the ring, or one without a name, which the policy does not find.
    environment_world* environment(ring_world& ring, std::string_view name);
    /// The policy of that name, or one without a name.
    policy::policy_state* find_policy(tenant_world& tenant, std::string_view name);
    void note_vault(tenant_world& tenant, const policy::vault_evidence& vault);

    /// Whether a ring other than this one holds the key, under whatever name.
    bool held_elsewhere(const ring_world& ring, const keywright::fingerprint& print) const;
    bool full() const { return things_ >= max_things; }

    /// A tenant to judge the creation of one by: empty, or the one that is there.
    subject new_tenant(std::string_view name, std::vector<std::string> regions);
    /// The state after something that happened to a subject; one that it made becomes the subject's.
    void evolve(subject& about, const policy::event& event);

private:
    void evolve_policy(subject& about, const policy::event& event);
    environment_world* make_environment(ring_world& ring, const policy::event& event, const policy::environment_created& made);

    std::map<std::string, tenant_world, std::less<>> tenants_;
    tenant_world unmade_; ///< becomes a tenant when its creation is allowed
    std::unordered_map<std::string, std::vector<const ring_world*>> holders_; ///< rings that ever held a key, by its material
    std::size_t things_ = 0;
};

} // namespace simulate
