// SPDX-License-Identifier: Apache-2.0
#include "subjects.hpp"

#include <algorithm>

namespace simulate {

using namespace keywright;

policy::actor subjects::actor(line& l, std::string_view otherwise) {
    const std::string_view name = l.text("by", otherwise);
    if (name.empty()) l.complain("expected `by`, the name of who asks");
    if (!admin_id::valid(name)) {
        l.complain("`by`: expected 1 to 63 characters of A-Z a-z 0-9 . _ @ + -, not beginning with . or -");
        return {};
    }
    static constexpr choice<policy::principal> principals[] = {{"person", policy::principal::person},
                                                               {"provider", policy::principal::provider},
                                                               {"system", policy::principal::system},
                                                               {"vault", policy::principal::vault}};
    auto as = policy::principal::person;
    if (name == "system") as = policy::principal::system;
    if (name == "provider") as = policy::principal::provider;
    if (const auto found = appointed_.find(name); found != appointed_.end()) as = found->second;
    return {admin_id(name), l.one_of("as", principals, as)};
}
void subjects::appoint(const admin_id& who, policy::principal as) {
    if (as == policy::principal::person)
        appointed_.erase(std::string(who.view()));
    else
        appointed_.insert_or_assign(std::string(who.view()), as);
}

// --- tenants ---

subject subjects::new_tenant(line& l) {
    std::vector<std::string> regions;
    for (const std::string& region : l.list("regions")) {
        if (!region_id::valid(region)) l.complain("`regions`: expected names of regions, found {}", line::quoted(region));
        if (std::find(regions.begin(), regions.end(), region) != regions.end()) l.complain("`regions`: expected each name once");
        regions.push_back(region);
    }
    if (regions.empty()) regions.emplace_back("default");
    if (regions.size() > UINT8_MAX) l.complain("`regions`: expected at most 255 names");
    return world_.new_tenant(l.required_id<tenant_id>("tenant").view(), std::move(regions));
}

tenant_world* subjects::find_tenant(line& l) {
    const std::string_view name = l.text("tenant");
    tenant_world* found = name.empty() ? world_.only_tenant() : world_.find_tenant(name);
    if (found == nullptr && name.empty()) l.complain("expected `tenant`: there is none yet, or more than one");
    if (found == nullptr) l.complain("`tenant`: expected one that was created, found {}", line::quoted(name));
    return found;
}

subject subjects::tenant(line& l) { return {.tenant = find_tenant(l)}; }

// --- rings ---

ring_world* subjects::find_region(line& l, tenant_world& tenant, std::string_view environment) {
    const std::string_view region = l.text("region");
    if (region.empty()) {
        if (const auto known = tenant.ring_of.find(std::string(environment)); known != tenant.ring_of.end()) return known->second;
        return &world_.ring(tenant, tenant.regions.front());
    }
    if (std::find(tenant.regions.begin(), tenant.regions.end(), region) != tenant.regions.end()) return &world_.ring(tenant, region);
    l.complain("`region`: expected one of the tenant's, found {}", line::quoted(region));
    return nullptr;
}

ring_world* subjects::find_ring(line& l, tenant_world& tenant, std::string_view environment) {
    if (kind_ == ring_kind::region) return find_region(l, tenant, environment);
    if (l.has("region")) l.complain("`region`: expected none where each environment has a key of its own");
    return environment.empty() ? nullptr : &world_.ring(tenant, environment);
}

/// An instance is its own ring, and what is asked of its key may depend on who administers it.
subject subjects::ring(line& l) { return in_ring(l, kind_ == ring_kind::instance ? "environment" : "", {}); }

std::vector<ring_world*> subjects::rings(line& l) {
    if (l.has("tenant") || l.has("region")) {
        const subject one = l.has("region") ? ring(l) : tenant(l);
        if (one.ring != nullptr) return {one.ring};
        std::vector<ring_world*> of_tenant;
        if (one.tenant != nullptr)
            for (auto& [name, each] : one.tenant->rings) of_tenant.push_back(&each);
        return of_tenant;
    }
    std::vector<ring_world*> all;
    for (auto& [name, tenant] : world_.tenants())
        for (auto& [region, each] : tenant.rings) all.push_back(&each);
    return all;
}

// --- environments and backups ---

subject subjects::with(subject ring, environment_world* environment) {
    ring.environment = environment;
    if (const auto& in = environment->state.membership; in.in_policy()) ring.policy = world_.find_policy(*ring.tenant, in.policy.view());
    return ring;
}

subject subjects::in_ring(line& l, std::string_view environment, std::string_view source) {
    subject found{.tenant = find_tenant(l)};
    if (found.tenant == nullptr) return found;
    const auto name = environment.empty() ? environment_id{} : l.required_id<environment_id>(environment);
    found.ring = find_ring(l, *found.tenant, name.view());
    if (found.ring == nullptr || environment.empty()) return found;
    found = with(found, world_.environment(*found.ring, name.view()));
    if (!source.empty()) found.source = find_source(*found.tenant, *found.ring, l.required_id<environment_id>(source).view());
    return found;
}
/// Data may be asked for from another ring; whether it may come from there the policy says.
environment_world* subjects::find_source(tenant_world& tenant, ring_world& ring, std::string_view name) {
    const auto known = tenant.ring_of.find(std::string(name));
    return world_.environment(known != tenant.ring_of.end() ? *known->second : ring, name);
}

subject subjects::policy(line& l) {
    subject found = in_ring(l, {}, {});
    if (found.ring == nullptr) return found;
    found.policy = world_.find_policy(*found.tenant, l.required_id<policy_id>("policy").view());
    if (!found.policy->id.empty() && !l.has("region")) found.ring = &world_.ring(*found.tenant, found.policy->region.view());
    return found;
}

subject subjects::member(line& l) {
    subject found = environment(l);
    if (found.environment == nullptr) return found;
    found.policy = world_.find_policy(*found.tenant, l.required_id<policy_id>("policy").view());
    return found;
}

subject subjects::backup(line& l) {
    subject found = environment(l);
    if (found.environment == nullptr) return found;
    const auto taken = found.environment->backups.find(l.required_id<backup_id>("backup").view());
    if (taken != found.environment->backups.end()) found.backup = &taken->second;
    return found;
}

subject subjects::restore(line& l) {
    subject found = in_ring(l, "environment", l.has("source") ? "source" : "environment");
    if (found.source == nullptr) return found;
    const auto name = l.required_id<backup_id>("backup");
    const auto taken = found.source->backups.find(name.view());
    if (taken != found.source->backups.end())
        found.backup = &taken->second;
    else
        l.complain("`backup`: expected one that was taken of the environment `source`, found {}", line::quoted(name.view()));
    return found;
}

} // namespace simulate
