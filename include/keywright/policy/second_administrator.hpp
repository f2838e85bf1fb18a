// SPDX-License-Identifier: Apache-2.0
// A lock takes two: R03. The first administrator asks and shows the key, of which only the fingerprint is kept; another
// one approves within the time that a request is valid. Every rule about locks speaks both times.
// Depends on: policy/quorum.
#pragma once

#include <keywright/policy/quorum.hpp>

namespace keywright::policy {

/// R03: the tenant has two administrators at all; without them no lock. A lock only asks, and another one approves it.
struct lock_takes_two : quorum<"R03", lock, approve_lock> {
    constexpr void shape(procedure& p) const { p.lock_is_requested = true; }
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
