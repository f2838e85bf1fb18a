// SPDX-License-Identifier: Apache-2.0
// Who may manage a key of their own at all, and for which environments: T01, T02, T03. Judged when a key is brought
// or applied, never when something must be locked, unlocked, returned or deleted: a customer who stops being eligible
// keeps the way out.
// Depends on: policy/rule.
#pragma once

#include <keywright/policy/rule.hpp>

namespace keywright::policy {

/// T01: strictly more licensed seats than `seats`, and opted in by a support request.
struct enough_seats {
    using id = rule_tag<"T01">;
    using commands = types<generate_key, upload_key, activate_key, apply_key>;
    std::uint32_t seats = 1000;

    template <class C>
    constexpr verdict operator()(const facts& f, const C&) const {
        if (f.tenant.opted_in && f.tenant.seats > seats) return verdict::pass();
        return verdict::measure(refusal::not_eligible, mender::provider, f.tenant.seats, seats,
                                f.tenant.opted_in ? "" : "no opt-in request");
    }
};

/// T02, first half: the provider has turned the feature on for the tenant.
struct feature_on {
    using id = rule_tag<"T02">;
    using commands = types<generate_key, upload_key, activate_key, apply_key>;

    template <class C>
    constexpr verdict operator()(const facts& f, const C&) const {
        return happened(f.tenant.feature_on_at) ? verdict::pass() : verdict::object(refusal::feature_off, mender::provider);
    }
};

/// T02, second half: the environment was created strictly after that.
struct environment_after_feature {
    using id = rule_tag<"T02">;
    using commands = types<apply_key>;

    constexpr verdict operator()(const facts& f, const apply_key&) const {
        if (!happened(f.tenant.feature_on_at) || f.environment().created_at > f.tenant.feature_on_at) return verdict::pass();
        return verdict::object(refusal::environment_predates_feature, mender::nobody, f.environment().id.view());
    }
};

/// T03: no File or Image data and no file or log storage outside the environment's SQL database.
struct supported_storage {
    using id = rule_tag<"T03">;
    using commands = types<apply_key>;

    constexpr verdict operator()(const facts& f, const apply_key&) const {
        const environment_state& e = f.environment();
        if (!e.file_data && !e.external_logs) return verdict::pass();
        return verdict::object(refusal::unsupported_storage, mender::environment_administrator, e.id.view());
    }
};

} // namespace keywright::policy
