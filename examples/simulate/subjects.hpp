// SPDX-License-Identifier: Apache-2.0
// What a line names: who asks, which tenant, ring, environment, backup. What it names wrongly becomes its complaint,
// unless the policy itself has an answer to it.
#pragma once

#include "scenario.hpp"
#include "world.hpp"

#include <set>

namespace simulate {

/// What a profile's keys are held for, and so which field of a line names the ring.
enum class ring_kind : std::uint8_t { region, instance, policy };

class subjects {
public:
    subjects(world& w, ring_kind kind) : world_(w), kind_(kind) {}

    /// People whom an `admin` line made the provider's, and the words `provider` and `system`.
    policy::actor actor(line& l, std::string_view otherwise);
    void add_provider(const keywright::admin_id& who) { provider_.insert(std::string(who.view())); }
    void remove_provider(const keywright::admin_id& who) { provider_.erase(std::string(who.view())); }

    subject new_tenant(line& l);
    subject tenant(line& l);
    subject ring(line& l);
    subject environment(line& l) { return in_ring(l, "environment", {}); }
    /// `backup` may be a name that is not taken yet.
    subject backup(line& l);
    subject restore(line& l);
    subject copy(line& l) { return in_ring(l, "target", "source"); }
    /// Each ring that a `tick` is for: of all tenants, of one, or the one that is named.
    std::vector<ring_world*> rings(line& l);

private:
    tenant_world* find_tenant(line& l);
    ring_world* find_ring(line& l, tenant_world& tenant, std::string_view environment);
    ring_world* find_region(line& l, tenant_world& tenant, std::string_view environment);
    environment_world* find_source(tenant_world& tenant, ring_world& ring, std::string_view name);
    subject in_ring(line& l, std::string_view environment, std::string_view source);

    world& world_;
    ring_kind kind_;
    std::set<std::string, std::less<>> provider_;
};

} // namespace simulate
