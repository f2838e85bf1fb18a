// SPDX-License-Identifier: Apache-2.0
// What an environment may be copied onto: T31, T32.
// Depends on: guards/restore. Facts: environment = the target, source = where the data comes from.
#pragma once

#include <keywright/guards/restore.hpp>

namespace keywright::guards {

/// T31: onto another environment.
struct copy_elsewhere {
    using id = rule_tag<"T31">;
    using commands = types<copy>;
    constexpr verdict operator()(const facts& f, const copy&) const {
        if (f.environment().id != f.source().id) return verdict::pass();
        return verdict::object(refusal::same_environment, mender::the_caller, f.environment().id.view());
    }
};

/// T31: under the same key.
struct copy_under_same_key {
    using id = rule_tag<"T31">;
    using commands = types<copy>;
    constexpr verdict operator()(const facts& f, const copy&) const {
        if (same_protector(f, f.environment(), f.source())) return verdict::pass();
        return verdict::object(refusal::key_mismatch, mender::tenant_administrator, f.environment().id.view());
    }
};

/// T32: a support-investigation environment is put on the customer's key before customer-managed data reaches it.
struct support_environment_is_covered {
    using id = rule_tag<"T32">;
    using commands = types<copy>;
    constexpr verdict operator()(const facts& f, const copy&) const {
        const environment_state& target = f.environment();
        const bool support = target.kind == environment_kind::support_investigation;
        if (!support || target.managed_by == protector::customer || f.source().managed_by == protector::provider) return verdict::pass();
        return verdict::object(refusal::support_environment_not_customer_managed, mender::tenant_administrator, target.id.view());
    }
};

} // namespace keywright::guards
