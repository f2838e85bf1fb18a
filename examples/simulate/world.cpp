// SPDX-License-Identifier: Apache-2.0
#include "world.hpp"

#include <keywright/policy/instance_keys.hpp>
#include <keywright/policy/names.hpp>

#include <algorithm>

namespace simulate {

using namespace keywright;

fingerprint print_of(std::string_view material) {
    fingerprint print;
    std::copy_n(material.begin(), std::min(material.size(), max_material), print.bytes.begin());
    return print;
}
std::string_view material_of(const fingerprint& print) {
    const auto end = std::find(print.bytes.begin(), print.bytes.end(), std::uint8_t{0});
    return {reinterpret_cast<const char*>(print.bytes.data()), static_cast<std::size_t>(end - print.bytes.begin())};
}

std::string_view state_of(const ring_world& ring, const environment_world& environment) {
    const auto& in = environment.state.membership;
    const auto found = ring.tenant->policies.find(in.policy.view());
    const policy::policy_state* its = found != ring.tenant->policies.end() ? &found->second : nullptr;
    return policy::state_name(ring.state, its, environment.state);
}

std::string name_of(const ring_world& ring, const policy::key_record& key) {
    return std::string(policy::shown_name_of(key, environment_id(ring.state.region.view())).view());
}

std::string_view state_of(const policy::policy_state& policy) {
    if (policy.gone()) return "deleted";
    if (policy.revoked) return "revoked";
    return policy.permissions.complete() ? "granted" : "incomplete";
}

policy::facts subject::facts_at(instant asked_at) const {
    static const policy::ring_state no_ring;
    const policy::ring_state& of = ring != nullptr ? ring->state : no_ring;
    // The policy of the source; of an environment that is to be put under another one, its own.
    const environment_world* other = source != nullptr ? source : environment;
    const policy::policy_state* source_policy = nullptr;
    if (other != nullptr && other->state.membership.in_policy())
        source_policy = &tenant->policies.find(other->state.membership.policy.view())->second;
    return {.tenant = tenant->state,
            .ring = of,
            .now = policy::effective_now(of, asked_at),
            .environment_ = environment != nullptr ? &environment->state : nullptr,
            .source_ = source != nullptr ? &source->state : nullptr,
            .backup_ = backup,
            .policy_ = policy,
            .source_policy_ = source_policy};
}

tenant_world* world::find_tenant(std::string_view name) {
    const auto found = tenants_.find(name);
    return found != tenants_.end() ? &found->second : nullptr;
}

ring_world& world::ring(tenant_world& tenant, std::string_view name) {
    if (const auto found = tenant.rings.find(name); found != tenant.rings.end()) return found->second;
    ring_world& made = tenant.rings[std::string(name)];
    made.tenant = &tenant;
    made.name.append(tenant.state.id.view()).append("/").append(name);
    made.state.tenant = tenant.state.id;
    made.state.region = region_id(name);
    ++things_;
    return made;
}

environment_world* world::environment(ring_world& ring, std::string_view name) {
    static environment_world nobody;
    const auto found = ring.environments.find(name);
    return found != ring.environments.end() ? &found->second : &nobody;
}

policy::policy_state* world::find_policy(tenant_world& tenant, std::string_view name) {
    static policy::policy_state nobody;
    const auto found = tenant.policies.find(name);
    return found != tenant.policies.end() ? &found->second : &nobody;
}

void world::note_vault(tenant_world& tenant, const policy::vault_evidence& vault) {
    things_ += tenant.vaults.insert_or_assign(std::string(vault.vault.view()), vault).second ? 1U : 0U;
}

bool world::held_elsewhere(const ring_world& ring, const fingerprint& print) const {
    const auto holders = holders_.find(std::string(material_of(print)));
    if (holders == holders_.end()) return false;
    return std::any_of(holders->second.begin(), holders->second.end(), [&](const ring_world* other) {
        const auto holds = [&](const policy::key_record& key) { return key.print == print && policy::in_use(key); };
        return other != &ring && std::any_of(other->state.keys.begin(), other->state.keys.end(), holds);
    });
}

subject world::new_tenant(std::string_view name, std::vector<std::string> regions) {
    if (tenant_world* there = find_tenant(name)) return {.tenant = there};
    unmade_ = {};
    unmade_.regions = std::move(regions);
    return {.tenant = &unmade_};
}

environment_world* world::make_environment(ring_world& ring, const policy::event& event, const policy::environment_created& made) {
    const std::string name(made.environment.view());
    environment_world& environment = ring.environments[name];
    environment.state.tenant = ring.state.tenant;
    environment.state.region = ring.state.region;
    policy::evolve(environment.state, event);
    ring.tenant->ring_of[name] = &ring;
    ++things_;
    return &environment;
}

void world::evolve_policy(subject& about, const policy::event& event) {
    if (const auto* made = std::get_if<policy::policy_created>(&event.body)) {
        const auto [at, is_new] = about.tenant->policies.try_emplace(std::string(made->policy.view()));
        at->second.tenant = about.tenant->state.id;
        about.policy = &at->second;
        things_ += is_new ? 1U : 0U;
    }
    if (about.policy != nullptr) policy::evolve(*about.policy, event);
}

void world::evolve(subject& about, const policy::event& event) {
    policy::evolve(about.tenant->state, event);
    if (const auto* made = std::get_if<policy::tenant_created>(&event.body)) {
        about.tenant = &tenants_.emplace(std::string(made->tenant.view()), std::move(*about.tenant)).first->second;
        ++things_;
    }
    if (about.ring == nullptr) return;
    policy::evolve(about.ring->state, event);
    evolve_policy(about, event);
    if (const auto* made = std::get_if<policy::environment_created>(&event.body))
        about.environment = make_environment(*about.ring, event, *made);
    else if (about.environment != nullptr)
        policy::evolve(about.environment->state, event);
    const auto held = [&](const fingerprint& print) { holders_[std::string(material_of(print))].push_back(about.ring); };
    if (const auto* e = std::get_if<policy::key_generated>(&event.body)) held(e->print);
    if (const auto* e = std::get_if<policy::key_uploaded>(&event.body)) held(e->print);
    if (const auto* e = std::get_if<policy::backup_taken>(&event.body)) {
        about.environment->backups[std::string(e->backup.view())] = {e->backup, e->environment, event.at,   e->managed_by,
                                                                     e->key,    e->key_version, e->data_era};
        ++things_;
    }
}

} // namespace simulate
