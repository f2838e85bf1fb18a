// SPDX-License-Identifier: Apache-2.0
// Undoing a change of key that nobody else wanted: R01, R02. Whoever activated a key can neither lock before another
// administrator has been told and has had time, nor keep that administrator from going back to the key before.
// Depends on: policy/rule.
#pragma once

#include <keywright/policy/rule.hpp>

namespace keywright::policy {

/// R02: the wait before a lock runs from the first delivery of the notice to somebody who did not act and held the role
/// before; undelivered, it does not run at all. T18 counts from the change itself; both must be over.
struct lock_waits_for_notice {
    using id = rule_tag<"R02">;
    using commands = types<lock, approve_lock>;
    seconds span = hours(72);

    template <class C>
    constexpr verdict operator()(const facts& f, const C&) const {
        const key_record* active = active_key(f.ring);
        if (active == nullptr) return verdict::pass(); // T21 tells
        const instant noticed = f.ring.activation.noticed_at;
        if (!happened(noticed)) return verdict::object(refusal::notice_undelivered, mender::provider, active->id.view());
        if (f.now >= noticed + span) return verdict::pass();
        return verdict::wait(refusal::lock_cooldown, noticed, span, active->id.view());
    }
};

/// R01: there is an activation to undo: of a key in place of another one, which the ring still has.
struct rollback_has_target {
    using id = rule_tag<"R01">;
    using commands = types<rollback_activation>;
    constexpr verdict operator()(const facts& f, const rollback_activation&) const {
        if (is_cancellable(f.ring) || key_before(f.ring) != nullptr) return verdict::pass();
        return verdict::object(refusal::nothing_to_roll_back, mender::nobody);
    }
};

/// R01: by somebody else than who asked for it.
struct rollback_by_another {
    using id = rule_tag<"R01">;
    using commands = types<rollback_activation>;
    constexpr verdict operator()(const facts& f, const rollback_activation& c) const {
        const admin_id& first = is_cancellable(f.ring) ? f.ring.attempt.by : f.ring.activation.by;
        if (first != c.by.who) return verdict::pass();
        return verdict::object(refusal::self_approval, mender::second_administrator, first.view());
    }
};

/// R01: until the moment at which T18 and R02 let a lock pass; `span` is theirs. While the clock is behind nothing is
/// over.
struct rollback_before_lock {
    using id = rule_tag<"R01">;
    using commands = types<rollback_activation>;
    seconds span = hours(72);

    constexpr verdict operator()(const facts& f, const rollback_activation& c) const {
        if (is_cancellable(f.ring) || key_before(f.ring) == nullptr || is_behind(f.ring, c.at)) return verdict::pass();
        const instant noticed = f.ring.activation.noticed_at;
        const instant since = later(later(f.ring.effective_at, f.ring.applied_at), noticed);
        if (!happened(noticed) || f.now < since + span) return verdict::pass();
        return verdict::object(refusal::rollback_window_closed, mender::nobody).judged_by(since, span);
    }
};

} // namespace keywright::policy
