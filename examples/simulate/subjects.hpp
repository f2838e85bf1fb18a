// SPDX-License-Identifier: Apache-2.0
// What a line names: who asks, which tenant, ring, environment, backup. What it names wrongly becomes its complaint,
// unless the policy itself has an answer to it.
#pragma once

#include "scenario.hpp"
#include "world.hpp"

#include <map>

namespace simulate {

/// What a profile's keys are held for, and so which field of a line names the ring.
enum class ring_kind : std::uint8_t { region, instance };

class subjects {
public:
    subjects(world& w, ring_kind kind) : world_(w), kind_(kind) {}

    /// Who asks, and as what: as the line says, as an `admin` line made them, or as the words `provider` and `system` say.
    policy::actor actor(line& l, std::string_view otherwise);
    /// People of the provider or of the customer's vault are in no tenant's state; `person` ends it.
    void appoint(const keywright::admin_id& who, policy::principal as);

    subject new_tenant(line& l);
    subject tenant(line& l);
    subject ring(line& l);
    subject environment(line& l) { return in_ring(l, "environment", {}); }
    /// `backup` may be a name that is not taken yet.
    subject backup(line& l);
    subject restore(line& l);
    subject copy(line& l) { return in_ring(l, "target", "source"); }
    /// A policy in its own ring; of one that is not made yet, in the ring that the line names.
    subject policy(line& l);
    /// An environment, and the policy that it is put under.
    subject member(line& l);
    /// An environment, which brings the policy that it is in.
    subject with(subject ring, environment_world* environment);
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
    std::map<std::string, policy::principal, std::less<>> appointed_;
};

} // namespace simulate
