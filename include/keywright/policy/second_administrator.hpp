// SPDX-License-Identifier: Apache-2.0
// A lock takes two: R03. The first administrator asks and shows the key, of which only the fingerprint is kept; another
// one approves within the time that a request is valid. Every rule about locks speaks both times.
// Depends on: policy/rule.
#pragma once

#include <keywright/policy/rule.hpp>

namespace keywright::policy {

/// R03: the tenant has two administrators at all; without them no lock, and only the provider can add one that the
/// first did not choose.
struct lock_takes_two {
    using id = rule_tag<"R03">;
    using commands = types<lock, approve_lock>;
    std::uint32_t people = 2;

    constexpr void shape(procedure& p) const { p.lock_is_requested = true; }
    template <class C>
    constexpr verdict operator()(const facts& f, const C&) const {
        std::uint32_t count = 0;
        for (const administrator& a : f.tenant.administrators) count += a.environment.empty() ? 1U : 0U;
        if (count >= people) return verdict::pass();
        return verdict::measure(refusal::approval_required, mender::provider, count, people);
    }
};

/// R03: there is a request of somebody else, who holds the role still.
struct approval_by_another {
    using id = rule_tag<"R03">;
    using commands = types<approve_lock>;
    constexpr verdict operator()(const facts& f, const approve_lock& c) const {
        const lock_request_record& request = f.ring.lock_request;
        if (request.by.empty()) return verdict::object(refusal::not_in_progress, mender::tenant_administrator);
        if (request.by == c.by.who) return verdict::object(refusal::self_approval, mender::second_administrator, request.by.view());
        if (is_tenant_administrator(f.tenant, request.by)) return verdict::pass();
        return verdict::object(refusal::not_authorized, mender::tenant_administrator, request.by.view());
    }
};

/// R03: and it is not older than `span`.
struct request_is_fresh {
    using id = rule_tag<"R03">;
    using commands = types<approve_lock>;
    seconds span = hours(24);
    constexpr verdict operator()(const facts& f, const approve_lock&) const {
        const lock_request_record& request = f.ring.lock_request;
        if (request.by.empty() || f.now < request.at + span) return verdict::pass();
        return verdict::object(refusal::request_expired, mender::tenant_administrator, request.by.view()).judged_by(request.at, span);
    }
};

} // namespace keywright::policy
