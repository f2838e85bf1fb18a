// SPDX-License-Identifier: Apache-2.0
// What a backup may be restored into: T25, T30. A stolen or stale backup must not become readable by being restored
// where another key, or no customer key at all, protects it.
// Depends on: policy/rule. Facts: environment = the target, source = the backup's own environment, backup.
#pragma once

#include <keywright/policy/rule.hpp>

namespace keywright::guards {

using namespace keywright::policy;

/// The fingerprint that protects an environment now; empty for the provider's key, whatever its version.
constexpr fingerprint protector_of(const ring_state& ring, const environment_state& e) {
    if (e.managed_by == protector::provider) return {};
    const key_record* active = active_key(ring);
    return active != nullptr ? active->print : fingerprint{};
}
/// A customer's key is one ring's; the provider's is the same for all of a tenant's.
constexpr bool same_protector(const facts& f, const environment_state& a, const environment_state& b) {
    if (a.tenant != b.tenant || a.managed_by != b.managed_by) return false;
    return a.managed_by == protector::provider || (a.region == b.region && protector_of(f.ring, a) == protector_of(f.ring, b));
}

/// T30: into its own environment a backup may always go; into another one only when both are under the same key, and
/// the backup is too.
struct restore_under_same_key {
    using id = rule_tag<"T30">;
    using commands = types<restore>;
    constexpr verdict operator()(const facts& f, const restore&) const {
        if (f.environment().id == f.backup().environment) return verdict::pass();
        const bool same_kind = f.backup().managed_by == f.environment().managed_by;
        if (same_kind && same_protector(f, f.environment(), f.source())) return verdict::pass();
        return verdict::object(refusal::key_mismatch, mender::tenant_administrator, f.environment().id.view());
    }
};

/// T30, T33: a reset has deleted every backup of the data before it.
struct backup_is_there {
    using id = rule_tag<"T30">;
    using commands = types<restore>;
    constexpr verdict operator()(const facts& f, const restore&) const {
        if (f.backup().data_era == f.source().data_era && !f.source().deleted) return verdict::pass();
        return verdict::object(refusal::backup_deleted, mender::nobody, f.backup().id.view());
    }
};

/// T30: the environment key that the backup's data keys are wrapped by can be reached. While an environment is on the
/// provider's key only its newest key is; older ones, from its time under the customer's, stay behind the ring's key.
struct backup_key_is_held {
    using id = rule_tag<"T30">;
    using commands = types<restore>;
    constexpr verdict operator()(const facts& f, const restore&) const {
        const bool behind_ring = f.source().managed_by == protector::customer || f.backup().key_version < f.source().key_version;
        if (!behind_ring || active_key(f.ring) != nullptr) return verdict::pass();
        return verdict::measure(refusal::key_version_unavailable, mender::tenant_administrator,
                                static_cast<std::int64_t>(f.backup().key_version), static_cast<std::int64_t>(f.source().key_version),
                                f.backup().id.view());
    }
};

} // namespace keywright::guards
