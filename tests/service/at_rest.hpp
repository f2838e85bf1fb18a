// SPDX-License-Identifier: Apache-2.0
// What holds of a tenant of world.hpp whenever nothing is under way: after an operation, a recovery, a race that is over.
#pragma once

#include "world.hpp"

#include <doctest/doctest.h>

namespace world {

/// What must hold of any ring at rest.
inline void check_ring(tenant& t) {
    const auto ring = t.ring();
    CHECK(t.records("effect/") == 0);
    CHECK(t.records("outbox/") == 0);
    CHECK(t.vault.abandoned()->empty());
    CHECK_FALSE(ring.locking);
    CHECK(ring.in_transition == 0);
    CHECK(policy::installing_key(ring) == nullptr);
    // The vault holds exactly the customer keys that the state says are usable.
    std::size_t usable = 0;
    for (const auto& key : ring.keys) {
        const bool is_usable = key.state == policy::key_state::active || key.state == policy::key_state::available;
        usable += is_usable ? 1U : 0U;
        CHECK(t.vault.find(service::vault_ids::customer(eu, key.print)).has_value() == is_usable);
    }
    CHECK(t.customer_keys() == usable);
    for (const auto& e : {prod, test, sand}) {
        const auto env = t.environment(e);
        CAPTURE(e.view());
        CHECK(env.transition == policy::operation::none);
        CHECK(t.opens(e) == (!policy::is_locked(ring, env) && !env.deleted));
        // The provider's path is open exactly while the provider's key protects the environment.
        CHECK(t.slots(e) == (env.managed_by == policy::protector::provider && !env.deleted ? 1U : 0U));
        const auto contents = t.data.list(contoso, eu.region, e);
        for (const auto& content : *contents)
            if (content.backup.empty()) CHECK(content.generation == env.content); // none is left over
        CHECK(t.data.there.contains(std::string(e.view()) + "/" + std::to_string(env.content)) == !env.deleted);
    }
}

} // namespace world
