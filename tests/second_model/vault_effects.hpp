// SPDX-License-Identifier: Apache-2.0
// What is done to a policy of the customer's own vault and to its environments. Depends on vault_rules.hpp.
#pragma once

#include "vault_rules.hpp"

namespace second_model {

using events = std::vector<std::string_view>;

inline environment& the_environment(world& in, const scene& s) {
    return in.environments.at(s.asked.does == verb::restore || s.asked.does == verb::copy ? s.asked.target : s.asked.environment);
}

inline constexpr verbs vault_verbs{verb::policy,    verb::grant,          verb::add_to_policy,  verb::remove_from_policy,
                                   verb::revoke,    verb::request_unlock, verb::approve_unlock, verb::rotate_version,
                                   verb::purge_key, verb::integrate};

inline void leave_policy(environment& one, events& out) {
    if (one.policy.empty()) return;
    one.policy.clear();
    out.push_back("environment_removed");
}

inline void do_policy(world& in, const scene& s, events& out) {
    vault_policy made;
    made.region = s.region, made.vault = s.asked.vault, made.key = s.asked.key;
    made.soft_delete = s.asked.soft_delete, made.purge_protection = s.asked.purge_protection;
    made.versions.push_back({s.asked.file.name, std::nullopt, false});
    in.policies[s.asked.policy] = made;
    out.push_back("policy_created");
}

inline void do_grant(vault_policy& of, const scene& s, events& out) {
    const bool news = (s.asked.get && !of.get) || (s.asked.wrap && !of.wrap) || (s.asked.unwrap && !of.unwrap);
    if (!news) return;
    of.get = of.get || s.asked.get, of.wrap = of.wrap || s.asked.wrap, of.unwrap = of.unwrap || s.asked.unwrap;
    of.granted_by = s.asked.by;
    if (of.complete()) of.causes.clear(), of.deleted = false, of.key_deleted_at.reset();
    out.push_back("access_granted");
}

inline void do_revoke(vault_policy& of, const scene& s, events& out) {
    const bool held = of.get || of.wrap || of.unwrap;
    if (!of.causes.insert(s.asked.cause).second && !held) return;
    if (!of.revoked) of.revoked_at = s.now;
    of.revoked = true;
    of.get = of.wrap = of.unwrap = false;
    of.requested_by.clear();
    if ((s.asked.cause == "key_deleted" || s.asked.cause == "vault_deleted") && !of.key_deleted_at) of.key_deleted_at = s.now;
    if (s.asked.cause == "policy_deleted") of.deleted = true;
    out.push_back("access_revoked");
}

inline void do_rotate(vault_policy& of, const scene& s, events& out) {
    of.versions.back().replaced_at = s.now;
    of.versions.push_back({s.asked.file.name, std::nullopt, false});
    out.push_back("version_rotated");
}

inline void do_purge(vault_policy& of, const scene& s, events& out) {
    if (s.asked.version_number == 0 && of.purged) return;
    if (s.asked.version_number == 0)
        of.purged = true;
    else
        of.versions[s.asked.version_number - 1].purged = true;
    out.push_back("key_purged");
}

inline void do_member(world& in, const scene& s, events& out) {
    auto& one = the_environment(in, s);
    if (s.asked.does == verb::integrate) {
        if (one.organisation == s.asked.organisation) return;
        one.organisation = s.asked.organisation;
        return out.push_back("environment_integrated");
    }
    if (s.asked.does == verb::remove_from_policy) {
        one.now = doing::returning;
        return out.push_back("return_started");
    }
    one.policy = s.asked.policy;
    one.came_with = one.version;
    one.now = doing::applying;
    out.push_back("environment_added");
    out.push_back("apply_started");
}

inline void run_vault(world& in, const scene& s, events& out) {
    if (s.asked.does == verb::policy) return do_policy(in, s, out);
    if (s.asked.does == verb::add_to_policy || s.asked.does == verb::remove_from_policy || s.asked.does == verb::integrate)
        return do_member(in, s, out);
    auto& of = in.policies.at(s.asked.policy);
    switch (s.asked.does) {
    case verb::grant: return do_grant(of, s, out);
    case verb::revoke: return do_revoke(of, s, out);
    case verb::rotate_version: return do_rotate(of, s, out);
    case verb::purge_key: return do_purge(of, s, out);
    case verb::request_unlock: of.requested_by = s.asked.by; return out.push_back("unlock_requested");
    case verb::approve_unlock:
        of.revoked = false;
        of.requested_by.clear();
        return out.push_back("unlock_approved");
    default: return;
    }
}

} // namespace second_model
