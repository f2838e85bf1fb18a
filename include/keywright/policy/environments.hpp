// SPDX-License-Identifier: Apache-2.0
// Moving an environment between the provider's key and the customer's, using it, deleting it: T19, T20, T22, T36.
// Depends on: policy/rule.
#pragma once

#include <keywright/policy/rule.hpp>

namespace keywright::policy {

/// T19: there is an Active key, and the environment is still on the provider's.
struct apply_from_provider {
    using id = rule_tag<"T19">;
    using commands = types<apply_key>;
    constexpr verdict operator()(const facts& f, const apply_key&) const {
        if (f.environment().managed_by == protector::customer)
            return verdict::object(refusal::not_provider_managed, mender::nobody, f.environment().id.view());
        if (active_key(f.ring) != nullptr) return verdict::pass();
        return verdict::object(refusal::no_active_key, mender::tenant_administrator);
    }
};

/// T20: only what is on the customer's key can be returned.
struct return_from_customer {
    using id = rule_tag<"T20">;
    using commands = types<return_to_provider>;
    constexpr verdict operator()(const facts& f, const return_to_provider&) const {
        if (f.environment().managed_by == protector::customer) return verdict::pass();
        return verdict::object(refusal::not_customer_managed, mender::nobody, f.environment().id.view());
    }
};

/// T20, T30, T31, T33: for a production environment its name is typed. T36: for any.
template <fixed_text Id, bool ProductionOnly, class... Commands>
struct name_is_typed {
    using id = rule_tag<Id>;
    using commands = types<Commands...>;
    template <class C>
    constexpr verdict operator()(const facts& f, const C& c) const {
        const environment_state& e = f.environment();
        if (ProductionOnly && e.kind != environment_kind::production) return verdict::pass();
        if (c.confirmation.view() == e.id.view()) return verdict::pass();
        return verdict::object(refusal::confirmation_mismatch, mender::the_caller, e.id.view());
    }
};

/// T22, T25, T33: a locked environment serves no one, the provider included.
template <fixed_text Id, class... Commands>
struct environment_is_not_locked {
    using id = rule_tag<Id>;
    using commands = types<Commands...>;
    template <class C>
    constexpr verdict operator()(const facts& f, const C&) const {
        for (const environment_state* e : {f.environment_, f.source_})
            if (e != nullptr && is_locked(f.ring, *e))
                return verdict::object(refusal::environment_locked, mender::tenant_administrator, e->id.view());
        return verdict::pass();
    }
};

/// T19, T20: while it is moved between keys an environment is down.
struct environment_is_up {
    using id = rule_tag<"T19">;
    using commands = types<open_environment>;
    constexpr verdict operator()(const facts& f, const open_environment&) const {
        const operation now = f.environment().transition;
        const bool down = now != operation::none && now != operation::unlocking;
        return down ? verdict::object(refusal::operation_in_progress, mender::time, f.environment().id.view()) : verdict::pass();
    }
};

/// T36: one operation at a time on an environment. It also has one while the lock that hit it is carried out, and
/// while the ring's key is being changed under it.
template <fixed_text Id, class... Commands>
struct environment_rests {
    using id = rule_tag<Id>;
    using commands = types<Commands...>;
    template <class C>
    constexpr verdict operator()(const facts& f, const C&) const {
        for (const environment_state* e : {f.environment_, f.source_})
            if (e != nullptr && is_busy(f.ring, *e)) return verdict::object(refusal::operation_in_progress, mender::time, e->id.view());
        return verdict::pass();
    }

private:
    static constexpr bool is_busy(const ring_state& ring, const environment_state& e) {
        if (e.transition != operation::none) return true;
        if (is_locked(ring, e)) return !happened(locked_at(ring, e));
        return e.managed_by == protector::customer && incoming_key(ring) != nullptr;
    }
};

using environment_is_idle =
    environment_rests<"T36", apply_key, return_to_provider, unlock_environment, delete_environment, take_backup, restore, copy, reset,
                      expire_environment, add_to_policy, remove_from_policy, integrate_environment>;

} // namespace keywright::policy
