// SPDX-License-Identifier: Apache-2.0
// Locking, and the way back: T18, T21, T23, T24, T26, T27, T28.
// Depends on: policy/cooldown.
#pragma once

#include <keywright/policy/cooldown.hpp>

namespace keywright::policy {

/// What must be typed to lock, compared without building it: `lock <tenant>`.
constexpr bool confirms_lock(const tenant_id& tenant, const typed_text& typed) {
    constexpr std::string_view verb = "lock ";
    const std::string_view text = typed.view();
    return text.size() > verb.size() && text.substr(0, verb.size()) == verb && text.substr(verb.size()) == tenant.view();
}

/// T18: no lock for three days after the key was changed or activated, or applied to an environment: time for the other
/// administrators to notice and undo what they did not want.
constexpr wait_start last_change_of_key(const facts& f) {
    const key_record* active = active_key(f.ring);
    return {later(f.ring.effective_at, f.ring.applied_at), active != nullptr ? active->id.view() : ""};
}
using lock_cooldown = cooldown<"T18", refusal::lock_cooldown, hours(72), last_change_of_key, lock, approve_lock>;

/// T21: there is an Active key, and what was uploaded is that key, whole; of a lock that is approved, what was uploaded
/// when it was requested.
struct lock_with_active_key {
    using id = rule_tag<"T21">;
    using commands = types<lock, approve_lock>;
    constexpr verdict operator()(const facts& f, const lock& c) const {
        const key_record* active = active_key(f.ring);
        if (active == nullptr) return verdict::object(refusal::no_active_key, mender::tenant_administrator);
        if (c.key.outcome != file_outcome::opened) return verdict::pass(); // file_opens tells
        if (c.key.print != active->print) return verdict::object(refusal::wrong_key, mender::the_caller, active->id.view());
        if (!c.key.has_private) return verdict::object(refusal::missing_private_key, mender::the_caller, active->id.view());
        return verdict::pass();
    }
    constexpr verdict operator()(const facts& f, const approve_lock&) const {
        const key_record* active = active_key(f.ring);
        if (active == nullptr) return verdict::object(refusal::no_active_key, mender::tenant_administrator);
        const lock_request_record& request = f.ring.lock_request;
        if (request.by.empty() || request.print == active->print) return verdict::pass();
        return verdict::object(refusal::wrong_key, mender::tenant_administrator, active->id.view());
    }
};

/// T21: the text shown was typed.
struct lock_is_confirmed {
    using id = rule_tag<"T21">;
    using commands = types<lock, approve_lock>;
    template <class C>
    constexpr verdict operator()(const facts& f, const C& c) const {
        if (confirms_lock(f.tenant.id, c.confirmation)) return verdict::pass();
        return verdict::object(refusal::confirmation_mismatch, mender::the_caller, f.tenant.id.view());
    }
};

/// T21: a lock that would lock nothing is refused; what is being reset will be on the provider's key.
struct lock_hits_something {
    using id = rule_tag<"T21">;
    using commands = types<lock, approve_lock>;
    template <class C>
    constexpr verdict operator()(const facts& f, const C&) const {
        return f.ring.customer_managed > f.ring.resetting ? verdict::pass()
                                                          : verdict::object(refusal::nothing_to_lock, mender::tenant_administrator);
    }
};

/// T23: while a lock is carried out there is no unlocking and no new work on environments.
struct no_lock_under_way {
    using id = rule_tag<"T23">;
    using commands = types<lock, approve_lock, unlock_key, unlock_environment, apply_key, return_to_provider, restore, copy, reset>;
    template <class C>
    constexpr verdict operator()(const facts& f, const C&) const {
        return f.ring.locking ? verdict::object(refusal::lock_in_progress, mender::time) : verdict::pass();
    }
};

/// T24: unlock no sooner than an hour after the lock was requested; T23 sees to it that it was completed.
constexpr wait_start present_lock(const facts& f) { return {f.ring.locked == 0 ? never : f.ring.lock_requested_at}; }
using unlock_cooldown = minimum_hold<"T24", refusal::unlock_cooldown, hours(1), present_lock, unlock_key, unlock_environment>;

/// T26: a locked environment is deleted if it is not unlocked within `span` of the completed lock; from that moment
/// on it cannot be unlocked any more, whether or not anything has deleted it yet.
struct retention {
    using id = rule_tag<"T26">;
    using commands = types<unlock_key, unlock_environment, expire_environment>;
    seconds span = days(28);

    constexpr verdict operator()(const facts& f, const unlock_key&) const {
        if (f.ring.locked == 0 || f.ring.locking) return verdict::pass();
        const instant newest = f.ring.locks[f.ring.locks.size() - 1].completed_at; // the others are due no later
        const instant due = deletion_due(f.ring, newest, span);
        return happened(due) && f.now >= due ? verdict::object(refusal::retention_expired, mender::nobody) : verdict::pass();
    }
    constexpr verdict operator()(const facts& f, const unlock_environment&) const {
        if (!is_locked(f.ring, f.environment()) || !is_due(f)) return verdict::pass();
        return verdict::object(refusal::retention_expired, mender::nobody, f.environment().id.view());
    }
    constexpr verdict operator()(const facts& f, const expire_environment&) const {
        if (!is_locked(f.ring, f.environment())) return verdict::object(refusal::not_locked, mender::nobody, f.environment().id.view());
        if (is_due(f)) return verdict::pass();
        const instant since = locked_at(f.ring, f.environment());
        const instant due = deletion_due(f.ring, since, span);
        if (!happened(due)) return verdict::object(refusal::not_due, mender::time, f.environment().id.view());
        return verdict::wait(refusal::not_due, since, due - since, f.environment().id.view());
    }

private:
    constexpr bool is_due(const facts& f) const {
        const instant due = deletion_due(f.ring, locked_at(f.ring, f.environment()), span);
        return happened(due) && f.now >= due;
    }
};

/// T27: the key that locked, and only while it is Locked.
struct unlock_with_same_key {
    using id = rule_tag<"T27">;
    using commands = types<unlock_key>;
    constexpr verdict operator()(const facts& f, const unlock_key& c) const {
        const key_record* key = find_key(f.ring, key_state::locked);
        if (key == nullptr) return verdict::object(refusal::not_locked, mender::nobody);
        if (c.key.outcome == file_outcome::opened && c.key.print != key->print)
            return verdict::object(refusal::wrong_key, mender::the_caller, key->id.view());
        return verdict::pass();
    }
};

/// T28: environments come back one by one, once the key is Active.
struct unlock_when_active {
    using id = rule_tag<"T28">;
    using commands = types<unlock_environment>;
    constexpr verdict operator()(const facts& f, const unlock_environment&) const {
        if (!is_locked(f.ring, f.environment())) return verdict::object(refusal::not_locked, mender::nobody, f.environment().id.view());
        if (active_key(f.ring) != nullptr) return verdict::pass();
        return verdict::object(refusal::key_not_active, mender::tenant_administrator, f.environment().id.view());
    }
};

} // namespace keywright::policy
