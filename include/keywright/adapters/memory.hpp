// SPDX-License-Identifier: Apache-2.0
// All parts in memory, for trials, tests and first steps: everything dies with the process.
// Depends on: adapters/memory. Use: `memory::parts p{instant{1'795'323'600}}; service_type svc(p.store, p.vault, …);`
#pragma once

#include <keywright/adapters/memory/clock.hpp>
#include <keywright/adapters/memory/content_store.hpp>
#include <keywright/adapters/memory/key_vault.hpp>
#include <keywright/adapters/memory/notifier.hpp>
#include <keywright/adapters/memory/state_store.hpp>

namespace keywright::memory {

/// One of each.
struct parts {
    manual_clock clock;
    state_store store{};
    key_vault vault{};
    notifier mail{};
    content_store data{};
    explicit parts(instant now) : clock(now) {}
};

} // namespace keywright::memory
