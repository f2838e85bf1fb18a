// SPDX-License-Identifier: Apache-2.0
// What a backup may be restored into: T25, T30. A stolen or stale backup must not become readable by being restored
// where another key, or no customer key at all, protects it.
// Depends on: policy/rule. Facts: environment = the target, source = the backup's own environment, backup.
#pragma once

#include <keywright/policy/rule.hpp>

namespace keywright::guards {

using namespace keywright::policy;

/// Of two environments in policies: those name one key of one vault; they may be one policy. A ring's key is that ring's;
/// the provider's is the same for all of a tenant's environments.
constexpr bool same_protector(const facts& f, const environment_state& a, const environment_state& b) {
    if (a.tenant != b.tenant || a.managed_by != b.managed_by) return false;
    if (a.managed_by == protector::provider) return true;
    if (a.region != b.region) return false;
    const policy_state* mine = policy_of(f, a);
    const policy_state* theirs = policy_of(f, b);
    if (mine != nullptr && theirs != nullptr) return same_key(*mine, *theirs);
    return mine == theirs;
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
/// provider's key only its newest key is; older ones, from its time under the customer's, stay behind the ring's key,
/// and are gone with the last key that opened them.
struct backup_key_is_held {
    using id = rule_tag<"T30">;
    using commands = types<restore>;
    constexpr verdict operator()(const facts& f, const restore&) const {
        if (is_held(f)) return verdict::pass();
        return verdict::measure(refusal::key_version_unavailable, mender::tenant_administrator,
                                static_cast<std::int64_t>(f.backup().key_version), static_cast<std::int64_t>(f.source().key_version),
                                f.backup().id.view());
    }

private:
    static constexpr bool is_held(const facts& f) {
        const environment_state& e = f.source();
        if (f.backup().data_era != e.data_era || e.deleted) return true; // backup_is_there tells
        if (const policy_state* policy = policy_of(f, e)) return is_behind(*policy, e, f.backup());
        const bool is_older = f.backup().key_version < e.key_version;
        if (e.managed_by == protector::provider && !is_older) return true;
        const bool is_lost = e.first_generation != f.ring.first_generation || f.backup().key_version < e.first_version;
        return active_key(f.ring) != nullptr && e.region == f.ring.region && !(is_older && is_lost);
    }
    /// What was behind a policy that the environment has left is not held: a revocation of that policy would no longer
    /// reach it. Behind a policy are the keys that an environment had in it, and the provider's that it came with.
    static constexpr bool is_behind(const policy_state& policy, const environment_state& e, const backup_state& b) {
        return b.managed_by == protector::customer ? b.key == policy.print : b.key_version == e.membership.provider_version;
    }
};

} // namespace keywright::guards
