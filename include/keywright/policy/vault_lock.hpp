// SPDX-License-Identifier: Apache-2.0
// Offline, and the way back: P07, P08, P18, and what T22, T25 and T33 say of an environment that is offline. It takes
// three people: the vault's administrator grants the original key again, a tenant administrator asks, the provider
// approves. To revoke (P05, P06) is never refused to those who may, so no rule speaks of it.
// Depends on: policy/vault_keys.
#pragma once

#include <keywright/policy/vault_keys.hpp>

namespace keywright::policy {

/// Who takes the next step back.
constexpr mender next_step(const policy_state& policy) {
    if (!policy.permissions.complete()) return mender::vault_administrator;
    return policy.unlock_requested_by.empty() ? mender::tenant_administrator : mender::provider;
}

/// P07, T22, T25, T33: an environment whose policy is revoked serves no one and goes nowhere, but it may be deleted.
template <fixed_text Id, class... Commands>
struct environment_is_online {
    using id = rule_tag<Id>;
    using commands = types<Commands...>;
    template <class C>
    constexpr verdict operator()(const facts& f, const C&) const {
        for (const environment_state* e : {f.environment_, f.source_}) {
            const policy_state* policy = e != nullptr ? policy_of(f, *e) : nullptr;
            if (policy != nullptr && policy->revoked)
                return verdict::object(refusal::environment_offline, next_step(*policy), e->id.view());
        }
        return verdict::pass();
    }
};

/// P07: a policy that is revoked takes in no environment and changes no key.
struct policy_is_online {
    using id = rule_tag<"P07">;
    using commands = types<add_to_policy, rotate_version>;
    template <class C>
    constexpr verdict operator()(const facts& f, const C&) const {
        if (!detail::has_policy(f) || !f.policy().revoked) return verdict::pass();
        return verdict::object(refusal::environment_offline, next_step(f.policy()), f.policy().id.view());
    }
};

/// P07: what was under way when the use was revoked does not end well; only a reset, which needs no key, still does.
struct no_work_while_offline {
    using id = rule_tag<"P07">;
    using commands = types<completed>;
    constexpr verdict operator()(const facts& f, const completed& c) const {
        if (c.of == operation::resetting) return verdict::pass();
        return environment_is_online<"P07", completed>{}(f, c);
    }
};

/// P08: what the vault shows is the key that encrypted the data. Identity is the key, whatever it is called.
struct grant_of_original_key {
    using id = rule_tag<"P08">;
    using commands = types<grant_access>;
    constexpr verdict operator()(const facts& f, const grant_access& c) const {
        if (!detail::has_policy(f) || c.print == f.policy().in_force().print) return verdict::pass();
        return verdict::object(refusal::wrong_key, mender::vault_administrator, f.policy().key.view());
    }
};

/// P08: all grants first, then the request, then the approval.
struct back_step_by_step {
    using id = rule_tag<"P08">;
    using commands = types<request_unlock, approve_unlock, open_environment>;

    constexpr verdict operator()(const facts& f, const request_unlock&) const {
        if (!detail::has_policy(f)) return verdict::pass();
        if (f.policy().revoked && !f.policy().unlock_requested_by.empty())
            return verdict::object(refusal::already_exists, mender::provider, f.policy().id.view());
        return granted(f.policy());
    }
    constexpr verdict operator()(const facts& f, const approve_unlock&) const {
        if (!detail::has_policy(f)) return verdict::pass();
        const verdict incomplete = granted(f.policy());
        if (incomplete.objects() || !f.policy().unlock_requested_by.empty()) return incomplete;
        return verdict::object(refusal::approval_required, mender::tenant_administrator, f.policy().id.view());
    }
    /// Beside the rule that it is offline: the key is back, and yet it does not open before it is approved.
    constexpr verdict operator()(const facts& f, const open_environment&) const {
        const policy_state* policy = f.environment_ != nullptr ? policy_of(f, *f.environment_) : nullptr;
        if (policy == nullptr || !policy->revoked || !policy->permissions.complete()) return verdict::pass();
        return verdict::object(refusal::approval_required, next_step(*policy), policy->id.view());
    }

private:
    static constexpr verdict granted(const policy_state& policy) {
        if (!policy.revoked) return verdict::object(refusal::not_locked, mender::nobody, policy.id.view());
        if (policy.permissions.complete()) return verdict::pass();
        return verdict::object(refusal::grant_incomplete, mender::vault_administrator, policy.id.view());
    }
};

/// P18: an environment that is offline is deleted after this long; from that moment on its policy comes back only when
/// it has been, whether or not anything has deleted it yet.
struct offline_retention {
    using id = rule_tag<"P18">;
    using commands = types<request_unlock, approve_unlock, expire_environment>;
    seconds production = days(30);
    seconds others = days(7);

    constexpr seconds span_for(environment_kind kind) const { return kind == environment_kind::production ? production : others; }

    constexpr verdict operator()(const facts& f, const expire_environment&) const {
        const environment_state& e = f.environment();
        const policy_state* policy = policy_of(f, e);
        if (policy == nullptr || !policy->revoked) return verdict::object(refusal::not_locked, mender::nobody, e.id.view());
        const seconds span = span_for(e.kind);
        if (f.now >= policy->revoked_at + span) return verdict::pass();
        return verdict::wait(refusal::not_due, policy->revoked_at, span, e.id.view());
    }
    template <class C>
    constexpr verdict operator()(const facts& f, const C&) const {
        if (!detail::has_policy(f) || !f.policy().revoked) return verdict::pass();
        const policy_state& policy = f.policy();
        const auto due = [&](std::uint32_t members, seconds span) { return members > 0 && f.now >= policy.revoked_at + span; };
        if (!due(policy.production, production) && !due(policy.others, others)) return verdict::pass();
        return verdict::object(refusal::retention_expired, mender::time, policy.id.view());
    }
};

} // namespace keywright::policy
