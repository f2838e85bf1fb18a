// SPDX-License-Identifier: Apache-2.0
// A clock that was wrong must neither open a lock early nor delete anything: R04. While it is behind the latest commit
// no wait counts as over; two administrators may agree that it is right, and everything that was waited for begins anew.
// Depends on: policy/rule.
#pragma once

#include <keywright/policy/rule.hpp>

namespace keywright::policy {

/// R04: no wait and no retention is over by a clock that is behind. Cured when it has caught up, or by accept_clock.
struct clock_is_not_behind {
    using id = rule_tag<"R04">;
    using commands = types<activate_key, lock, approve_lock, unlock_key, unlock_environment, expire_environment>;

    template <class C>
    constexpr verdict operator()(const facts& f, const C& c) const {
        const bool waits = !std::is_same_v<C, activate_key> || happened(f.ring.effective_at);
        if (!waits || !is_behind(f.ring, c.at)) return verdict::pass();
        return verdict::wait(refusal::clock_frozen, f.ring.latest, seconds{}, {}, mender::tenant_administrator);
    }
};

/// R04: only a clock that is behind can be accepted.
struct accepted_clock_is_behind {
    using id = rule_tag<"R04">;
    using commands = types<accept_clock>;
    constexpr verdict operator()(const facts& f, const accept_clock& c) const {
        return is_behind(f.ring, c.at) ? verdict::pass() : verdict::object(refusal::not_in_progress, mender::nobody);
    }
};

/// R04: T26 deletes only what was found due before, at least `span` ago, by a clock that still counts.
struct deadline_found_twice {
    using id = rule_tag<"R04">;
    using commands = types<expire_environment>;
    seconds span = hours(24);

    constexpr void shape(procedure& p) const { p.second_finding = span; }
    constexpr verdict operator()(const facts& f, const expire_environment&) const {
        const environment_state& e = f.environment();
        if (!deadline_was_seen(f.ring, e) || f.now >= e.deadline_seen_at + span) return verdict::pass();
        return verdict::wait(refusal::not_due, e.deadline_seen_at, span, e.id.view());
    }
};

} // namespace keywright::policy
