// SPDX-License-Identifier: Apache-2.0
// What is checked of enterprise_policy: the shipped functions; and with a fault in them, as faults.hpp does for a ring's
// keys.
// Depends on: policy, profiles/enterprise_policy.
#pragma once

#include <keywright/policy.hpp>
#include <keywright/policy/vault_evolve.hpp>
#include <keywright/profiles/enterprise_policy.hpp>

namespace keywright::model::vault {

using namespace keywright::policy;

enum class fault : std::uint8_t {
    none,
    rule_left_out,
    week_is_a_second_short,
    revocation_keeps_grants,
    revocation_keeps_request,
    epoch_not_raised,
    second_revocation_restarts_time,
    removal_not_counted,
    removal_forgotten,
    grant_leaves_key_deleted,
    rotation_takes_no_time
};

struct mutant {
    std::string_view what;
    fault kind = fault::none;
    std::string_view rule{};
    refusal code = refusal::not_authorized;
};

inline constexpr mutant honest{"nothing"};

inline constexpr mutant mutants[] = {
    {"P01: add before all is granted", fault::rule_left_out, "P01", refusal::grant_incomplete},
    {"P03: two policies at once", fault::rule_left_out, "P03", refusal::already_in_policy},
    {"P05: the tenant revokes", fault::rule_left_out, "P05", refusal::not_authorized},
    {"P07: rotate while offline", fault::rule_left_out, "P07", refusal::environment_offline},
    {"P08: any key is granted", fault::rule_left_out, "P08", refusal::wrong_key},
    {"P08: back without a request", fault::rule_left_out, "P08", refusal::approval_required},
    {"P09: who grants asks for it back", fault::rule_left_out, "P09", refusal::separation_of_duties},
    {"P16: an earlier version purged too soon", fault::rule_left_out, "P16", refusal::version_in_use},
    {"P18: back after the last day", fault::rule_left_out, "P18", refusal::retention_expired},
    {"P18: deleted before the last day", fault::rule_left_out, "P18", refusal::not_due},
    {"P20: purged too soon", fault::rule_left_out, "P20", refusal::purge_protected},
    {"T22: served while offline", fault::rule_left_out, "T22", refusal::environment_offline},
    {"T31: copied under another key", fault::rule_left_out, "T31", refusal::key_mismatch},
    {"T36: two operations at once", fault::rule_left_out, "T36", refusal::operation_in_progress},
    {"P18: a week is a second short", fault::week_is_a_second_short},
    {"P05: what was granted survives", fault::revocation_keeps_grants},
    {"P08: a request survives a revocation", fault::revocation_keeps_request},
    {"P05: leases survive", fault::epoch_not_raised},
    {"P18: a second revocation begins anew", fault::second_revocation_restarts_time},
    {"P07: a removal is not counted", fault::removal_not_counted},
    {"P03: a removal is forgotten", fault::removal_forgotten},
    {"P19: a key that is back counts as deleted", fault::grant_leaves_key_deleted},
    {"P16: the earlier version is gone at once", fault::rotation_takes_no_time},
};

class subject {
public:
    explicit subject(const mutant& m) : mutant_(m) {}

    template <class C>
    decision decide(const facts& f, const C& command) const {
        static constexpr auto shorter = profiles::enterprise_policy.with(offline_retention{days(30), days(7) - seconds{1}});
        if (mutant_.kind == fault::week_is_a_second_short) return profiles::decide(shorter, f, command);
        const decision d = profiles::decide(profiles::enterprise_policy, f, command);
        if (d.allowed() || mutant_.kind != fault::rule_left_out) return d;
        for (const reason& why : d.reasons())
            if (why.rule != mutant_.rule || why.code != mutant_.code) return d;
        return decision(consequences(f, command));
    }
    void evolve(tenant_state& tenant, const event& e) const { policy::evolve(tenant, e); }
    void evolve(ring_state& ring, const event& e) const { policy::evolve(ring, e); }
    void evolve(environment_state& environment, const event& e) const {
        const bool forgotten = mutant_.kind == fault::removal_forgotten && std::holds_alternative<environment_removed>(e.body);
        if (!forgotten) policy::evolve(environment, e);
    }
    void evolve(policy_state& of, const event& e) const {
        const policy_state before = of;
        policy::evolve(of, e);
        if (std::holds_alternative<access_revoked>(e.body)) twist_revocation(of, before, e.at);
        if (mutant_.kind == fault::removal_not_counted && std::holds_alternative<environment_removed>(e.body))
            of.production = before.production, of.others = before.others;
        if (mutant_.kind == fault::grant_leaves_key_deleted && std::holds_alternative<access_granted>(e.body))
            of.key_deleted_at = before.key_deleted_at;
        if (mutant_.kind == fault::rotation_takes_no_time && std::holds_alternative<version_rotated>(e.body) && of.versions.size() > 1)
            of.versions.erase_at(0);
    }

private:
    void twist_revocation(policy_state& of, const policy_state& before, instant at) const {
        if (mutant_.kind == fault::revocation_keeps_grants) of.permissions = before.permissions;
        if (mutant_.kind == fault::revocation_keeps_request) of.unlock_requested_by = before.unlock_requested_by;
        if (mutant_.kind == fault::epoch_not_raised) of.epoch = before.epoch;
        if (mutant_.kind == fault::second_revocation_restarts_time && of.revoked) of.revoked_at = at;
    }

    const mutant& mutant_;
};

} // namespace keywright::model::vault
