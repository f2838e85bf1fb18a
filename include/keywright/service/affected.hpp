// SPDX-License-Identifier: Apache-2.0
// A plan by name: the environments that a command reaches, those that people may think it reaches and it does not, the
// backups that nobody reads afterwards, and who is told. A plan counts; this lists what it counted.
// Depends on: profiles/plan, service/transact. Use: `svc.affected({ring}, *svc.plan_lock(ring, request))`.
#pragma once

#include <keywright/profiles/plan.hpp>
#include <keywright/service/transact.hpp>

#include <algorithm>

namespace keywright::service {

struct lost_backup {
    environment_id environment;
    backup_id backup;
    friend bool operator==(const lost_backup&, const lost_backup&) = default;
};

/// Each list in the order of the ids.
struct affected {
    std::vector<environment_id> environments; ///< as many as the plan says are hit
    std::vector<environment_id> not_covered;  ///< as many as the plan says are not covered
    std::vector<lost_backup> backups;         ///< readable now, by nobody afterwards
    std::vector<admin_id> told;               ///< everybody who is told, each once
};

namespace detail {

/// Backups of one environment that can be read now: those from before its last reset cannot.
template <class Store>
result<void> add_backups(Store& store, const ring_id& ring, const policy::environment_state& e, std::vector<lost_backup>& list) {
    const auto records = scan_all(store, records::backups(ring, e.id));
    if (!records) return pass(records);
    for (const ports::record& r : *records) {
        const auto backup = decode<policy::backup_state>(r.value);
        if (!backup) return pass(backup);
        if (backup->data_era == e.data_era) list.push_back({e.id, backup->id});
    }
    return {};
}

/// The administrators of the tenant and of its environments, each once.
template <std::same_as<policy::tenant_state> Tenant>
std::vector<admin_id> everybody(const Tenant& tenant) {
    std::vector<admin_id> all;
    for (const policy::administrator& each : tenant.administrators) all.push_back(each.who);
    std::sort(all.begin(), all.end(), [](const admin_id& a, const admin_id& b) { return a.view() < b.view(); });
    all.erase(std::unique(all.begin(), all.end()), all.end());
    return all;
}

} // namespace detail

/// What `plan`, which was made of a command on `s`, means by name, as the store stands now. Reads every
/// environment of the ring, unless the command reaches one or none. Fails as the store does, corrupt for a damaged record.
template <class Store>
[[nodiscard]] result<affected> affected_by(Store& store, const subject& s, const profiles::plan_outline& plan) {
    const auto l = load(store, s);
    if (!l) return pass(l);
    const policy::facts f = l->facts({});
    affected names;
    if (plan.notice_to_all) names.told = detail::everybody(f.tenant);
    const auto judge = [&](const policy::environment_state& e) -> result<void> {
        if (profiles::is_not_covered(plan.reaches, f, e)) names.not_covered.push_back(e.id);
        if (!profiles::is_hit(plan.reaches, f, e)) return {};
        names.environments.push_back(e.id);
        return plan.backups_become_unreadable ? detail::add_backups(store, s.ring, e, names.backups) : result<void>{};
    };
    if (plan.reaches == profiles::reach::nothing) return names;
    if (plan.reaches == profiles::reach::the_environment) {
        if (auto judged = judge(f.environment()); !judged) return pass(judged);
        return names;
    }
    const auto records = scan_all(store, records::environments(s.ring));
    if (!records) return pass(records);
    for (const ports::record& r : *records) {
        const auto e = decode<policy::environment_state>(r.value);
        if (!e) return pass(e);
        if (auto judged = judge(*e); !judged) return pass(judged);
    }
    return names;
}

} // namespace keywright::service
