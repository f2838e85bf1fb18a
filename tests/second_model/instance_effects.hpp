// SPDX-License-Identifier: Apache-2.0
// What is different where a ring is one instance: a key is in use at once, and what it replaces is destroyed when the
// re-wrap is done. Depends on instance_rules.hpp.
#pragma once

#include "instance_rules.hpp"

namespace second_model {

using events = std::vector<std::string_view>;

/// A key without a name of its own is told apart by what it is.
inline std::string label_of_key(const operation& asked) { return asked.key.empty() ? "*" + asked.file.name : asked.key; }

inline void use_at_once(world& in, const scene& s, const std::string& name, events& out) {
    auto& here = in.rings[s.region];
    if (const auto* active = here.in_state(key_state::active)) here.keys.at(*active).state = key_state::replaced;
    here.keys.at(name).state = key_state::active;
    here.effective_at = s.now;
    here.changing = true;
    out.push_back("activation_started");
    auto& one = in.environments.at(s.asked.environment);
    if (one.customers) return;
    one.now = doing::applying;
    out.push_back("apply_started");
}

inline void finish_change(ring& here) {
    here.changing = false;
    if (const auto* old = here.in_state(key_state::replaced)) here.keys.at(*old).state = key_state::deleted;
}

inline void unlock_instance(world& in, const scene& s, events& out) {
    auto& here = in.rings[s.region];
    here.keys.at(*here.in_state(key_state::locked)).state = key_state::active;
    here.unlocking = s.now;
    in.environments.at(s.asked.environment).now = doing::unlocking;
    out.push_back("key_unlock_started");
    out.push_back("environment_unlock_started");
}

/// What I11 tries again is the key; so when the instance's part fails, the key is locked again with it.
inline void fail_unlock(world& in, const scene& s, const std::string& region, events& out) {
    auto& here = in.rings[region];
    here.unlocking.reset();
    if (s.asked.of == work::unlock_environment && s.asked.does == verb::failed) {
        in.environments.at(region).now = doing::nothing;
        out.push_back("environment_unlock_failed");
    }
    const auto* active = here.in_state(key_state::active);
    if (!active) return;
    here.keys.at(*active).state = key_state::locked;
    out.push_back("key_unlock_failed");
}

/// The provider's key again: the customer's goes, and with it whatever only it could open.
inline void revert_instance(world& in, const std::string& name) {
    auto& here = in.rings[name];
    if (const auto* active = here.in_state(key_state::active)) here.keys.at(*active).state = key_state::deleted;
    for (auto& [label, one] : in.backups)
        if (one.environment == name && one.on_ring) one.lost = true;
}

} // namespace second_model
