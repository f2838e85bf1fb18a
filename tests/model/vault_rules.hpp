// SPDX-License-Identifier: Apache-2.0
// The rules of enterprise_policy once more, said of sketches: of each command, whether it is allowed (P01 to P20 and what
// the profile keeps of T19 to T36), and what it leaves. Shares no code with the rules and evolve that it is held against.
// Depends on: vault_sketch.
#pragma once

#include "vault_sketch.hpp"

namespace keywright::model::vault {

/// A command, and everything that the sentences ask of it.
struct asked {
    const sketch& s;
    const about& a;
    const actor& by;

    const policy_sketch& policy() const { return s.policies[a.policy]; }
    const environment_sketch& environment() const { return s.environments[a.environment]; }
    bool there() const { return s.there(a.policy); }
    bool tenant() const { return by == alice || (by == vic_as_person && s.vic_administers); }
    bool tenant_or_environment() const { return tenant() || (by == erin && a.environment == 0); }
    bool vault() const { return by.as == principal::vault; }
    /// P09: of the vault and nothing else.
    bool vault_alone() const { return by == vera || (by == vic && !s.vic_administers); }
    /// P09: who has granted neither puts environments under the key nor asks for them back.
    bool granted_it() const { return policy().granted_by == 2 && by == vic_as_person; }
    bool at_rest() const { return !environment().deleted && environment().under_way == operation::none; }
    bool online() const { return !s.offline(a.environment); }
    /// P18: from its last day on an environment does not come back.
    bool any_due() const {
        for (std::size_t i = 0; i < max_environments; ++i)
            if (s.environments[i].policy == a.policy + 1U && due(i)) return true;
        return false;
    }
    bool due(std::size_t environment) const {
        const policy_sketch* policy = s.policy_of(environment);
        if (policy == nullptr || !policy->revoked) return false;
        return kind_of(environment) == environment_kind::production ? policy->offline == offline_zone::over
                                                                    : policy->offline != offline_zone::week;
    }
};

// --- whether it is allowed ---

inline bool may(const asked& q, const add_administrator&) { return (q.tenant() || q.by == provider_person) && !q.s.vic_administers; }
inline bool may(const asked& q, const remove_administrator&) { return (q.tenant() || q.by == provider_person) && q.s.vic_administers; }
inline bool may(const asked& q, const create_policy&) { return !q.there() && (q.tenant() || q.vault_alone()); }
inline bool may(const asked& q, const grant_access& c) {
    const std::size_t in_force = q.policy().earlier_version == keep_zone::none ? 1 : 2;
    return q.vault_alone() && q.there() && c.print == print_of(q.a.policy, in_force);
}
inline bool may(const asked& q, const revoke_access&) { return (q.vault() || q.by == the_system) && q.there(); }
inline bool may(const asked& q, const request_unlock&) {
    const policy_sketch& p = q.policy();
    return q.tenant() && !q.granted_it() && q.there() && p.revoked && p.grants == granted::all && !p.requested && !q.any_due();
}
inline bool may(const asked& q, const approve_unlock&) {
    const policy_sketch& p = q.policy();
    return q.by == provider_person && q.there() && p.revoked && p.grants == granted::all && p.requested && !q.any_due();
}
inline bool may(const asked& q, const rotate_version&) { return q.vault_alone() && q.there() && !q.policy().revoked; }
inline bool may(const asked& q, const purge_key& c) {
    if (!q.vault_alone() || !q.there()) return false;
    if (c.version == 0) return q.policy().purged || q.policy().key_deleted == keep_zone::over;
    return c.version == 1 && q.policy().earlier_version == keep_zone::over;
}
inline bool may(const asked& q, const add_to_policy&) {
    const policy_sketch& p = q.policy();
    return q.tenant_or_environment() && !q.granted_it() && q.at_rest() && q.environment().policy == 0 && q.there() && !p.revoked &&
           p.grants == granted::all;
}
inline bool may(const asked& q, const remove_from_policy&) {
    return q.tenant_or_environment() && q.at_rest() && q.environment().policy != 0 && q.online();
}
inline bool may(const asked& q, const open_environment&) { return q.tenant_or_environment() && q.at_rest() && q.online(); }
inline bool may(const asked& q, const reset&) { return q.tenant_or_environment() && q.at_rest() && q.online(); }
inline bool may(const asked& q, const delete_environment&) { return q.tenant() && q.at_rest(); }
inline bool may(const asked& q, const expire_environment&) { return q.by == the_system && q.at_rest() && q.due(q.a.environment); }
/// T31: the provider's key and the provider's, or one policy: each of the two names a key of its own.
inline bool may(const asked& q, const copy&) {
    const environment_sketch& from = q.s.environments[q.a.source];
    const bool source_rests = !from.deleted && from.under_way == operation::none && !q.s.offline(q.a.source);
    return q.tenant() && q.at_rest() && q.online() && source_rests && from.policy == q.environment().policy;
}
inline bool may(const asked& q, const completed& c) {
    const bool under_way = !q.environment().deleted && c.of != operation::none && q.environment().under_way == c.of;
    return q.by == the_system && under_way && (c.of == operation::resetting || q.online());
}
inline bool may(const asked& q, const failed& c) {
    const bool under_way = !q.environment().deleted && c.of != operation::none && q.environment().under_way == c.of;
    return q.by == the_system && under_way && c.of != operation::resetting;
}

// --- what it leaves ---

inline void leave(environment_sketch& e) { e.policy = 0, e.on_key = false, e.under_way = operation::none; }

inline void then(sketch& s, const asked&, const add_administrator&) { s.vic_administers = true; }
inline void then(sketch& s, const asked&, const remove_administrator&) { s.vic_administers = false; }
inline void then(sketch& s, const asked& q, const create_policy&) {
    s.policies[q.a.policy] = {};
    s.policies[q.a.policy].made = true;
}
inline void then(sketch& s, const asked& q, const grant_access& c) {
    policy_sketch& p = s.policies[q.a.policy];
    const granted more = c.permissions.complete() ? granted::all : granted::something;
    if (more <= p.grants) return;
    p.grants = more;
    p.granted_by = q.by == vera ? 1 : 2;
    if (more == granted::all) p.causes = 0, p.key_deleted = keep_zone::none, p.deleted = p.purged = false;
}
inline void then(sketch& s, const asked& q, const revoke_access& c) {
    policy_sketch& p = s.policies[q.a.policy];
    const auto bit = static_cast<std::uint8_t>(1U << static_cast<unsigned>(c.cause));
    if ((p.causes & bit) != 0 && p.grants == granted::nothing) return;
    if (!p.revoked) p.offline = offline_zone::week;
    p.revoked = true, p.grants = granted::nothing, p.requested = false;
    p.causes = static_cast<std::uint8_t>(p.causes | bit);
    const bool deletes = c.cause == revocation::key_deleted || c.cause == revocation::vault_deleted;
    if (deletes && p.key_deleted == keep_zone::none) p.key_deleted = keep_zone::running;
    p.deleted = p.deleted || c.cause == revocation::policy_deleted;
}
inline void then(sketch& s, const asked& q, const request_unlock&) { s.policies[q.a.policy].requested = true; }
inline void then(sketch& s, const asked& q, const approve_unlock&) {
    policy_sketch& p = s.policies[q.a.policy];
    p.revoked = p.requested = false, p.offline = offline_zone::week;
}
inline void then(sketch& s, const asked& q, const rotate_version&) { s.policies[q.a.policy].earlier_version = keep_zone::running; }
inline void then(sketch& s, const asked& q, const purge_key& c) {
    if (c.version == 0)
        s.policies[q.a.policy].purged = true;
    else
        s.policies[q.a.policy].earlier_version = keep_zone::none;
}
inline void then(sketch& s, const asked& q, const add_to_policy&) {
    s.environments[q.a.environment].policy = static_cast<std::uint8_t>(q.a.policy + 1U);
    s.environments[q.a.environment].under_way = operation::applying;
}
inline void then(sketch& s, const asked& q, const remove_from_policy&) { s.environments[q.a.environment].under_way = operation::returning; }
inline void then(sketch&, const asked&, const open_environment&) {}
inline void then(sketch& s, const asked& q, const reset&) { s.environments[q.a.environment].under_way = operation::resetting; }
inline void then(sketch& s, const asked& q, const copy&) { s.environments[q.a.environment].under_way = operation::copying; }
inline void then(sketch& s, const asked& q, const delete_environment&) {
    s.environments[q.a.environment] = {};
    s.environments[q.a.environment].deleted = true;
}
inline void then(sketch& s, const asked& q, const expire_environment&) { then(s, q, delete_environment{}); }
inline void then(sketch& s, const asked& q, const completed& c) {
    environment_sketch& e = s.environments[q.a.environment];
    e.under_way = operation::none;
    if (c.of == operation::applying) e.on_key = true;
    if (c.of == operation::returning || c.of == operation::resetting) leave(e);
}
inline void then(sketch& s, const asked& q, const failed& c) {
    s.environments[q.a.environment].under_way = operation::none;
    if (c.of == operation::applying) leave(s.environments[q.a.environment]);
}

} // namespace keywright::model::vault
