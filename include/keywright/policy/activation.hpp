// SPDX-License-Identifier: Apache-2.0
// Changing the ring's key: T15, T16, T17, T29, and one change at a time.
// Depends on: policy/cooldown.
#pragma once

#include <keywright/policy/cooldown.hpp>

namespace keywright::policy {

/// T15: only an Available key.
struct key_is_available {
    using id = rule_tag<"T15">;
    using commands = types<activate_key>;
    constexpr verdict operator()(const facts& f, const activate_key& c) const {
        const key_record* key = find_key(f.ring, c.key);
        if (key != nullptr && key->state == key_state::available) return verdict::pass();
        return verdict::object(refusal::not_available, mender::the_caller, c.key.view());
    }
};

/// T15, T19, T20, T28: the command is confirmed.
template <fixed_text Id, class... Commands>
struct is_confirmed {
    using id = rule_tag<Id>;
    using commands = types<Commands...>;
    template <class C>
    constexpr verdict operator()(const facts&, const C& c) const {
        return c.confirmed ? verdict::pass() : verdict::object(refusal::not_confirmed, mender::the_caller);
    }
};

/// T16, T29: nothing of the ring is locked, and no lock is being carried out.
template <fixed_text Id, class... Commands>
struct nothing_is_locked {
    using id = rule_tag<Id>;
    using commands = types<Commands...>;
    template <class C>
    constexpr verdict operator()(const facts& f, const C&) const {
        if (f.ring.locked == 0 && !f.ring.locking) return verdict::pass();
        return verdict::measure(refusal::locked_environments_exist, mender::tenant_administrator, f.ring.locked, 0);
    }
};

/// T17: no other activation for a day after one became effective.
constexpr wait_start last_activation(const facts& f) {
    const key_record* active = active_key(f.ring);
    return {f.ring.effective_at, active != nullptr ? active->id.view() : ""};
}
using activation_cooldown = cooldown<"T17", refusal::activation_cooldown, hours(24), last_activation, activate_key>;

/// T15: one change of key at a time: none of these while a key of the ring is Installing, or everything is still being
/// moved to it. A rollback of that very activation ends it.
template <fixed_text Id, class... Commands>
struct key_is_settled {
    using id = rule_tag<Id>;
    using commands = types<Commands...>;
    template <class C>
    constexpr verdict operator()(const facts& f, const C&) const {
        const key_record* installing = incoming_key(f.ring);
        if (installing == nullptr) return verdict::pass();
        if (std::is_same_v<C, rollback_activation> && is_cancellable(f.ring)) return verdict::pass();
        return verdict::object(refusal::key_change_in_progress, mender::time, installing->id.view());
    }
};

using no_key_change_under_way = key_is_settled<"T15", activate_key, apply_key, lock, approve_lock, rollback_activation>;

} // namespace keywright::policy
