// SPDX-License-Identifier: Apache-2.0
// plan(profile, facts, command): what would happen? The decision comes from the same code as the command's own; the
// rest is what people must know before they confirm, as far as it follows from the aggregates. Names of environments
// and backups are added by the service, which can list them.
// Depends on: profiles/decide.
#pragma once

#include <keywright/profiles/decide.hpp>

namespace keywright::profiles {

/// What a command would do to a ring.
struct plan_outline {
    policy::decision decision;
    std::uint32_t environments_hit = 0;         ///< that change their protection or go down
    std::uint32_t environments_not_covered = 0; ///< of the same ring, on the provider's key: a lock does not reach them
    bool downtime = false;
    bool backups_become_unreadable = false;     ///< of the environments hit
    bool notice_to_all = false;
    std::uint32_t notices = 0;                  ///< at most: one for each administrator, if all are told
    instant allowed_from = never;               ///< the earliest moment, if nothing else changes; never: time alone does not help
    bool never_in_normal_business = false;      ///< T43: for leaving the service or moving away
    bool unsaved_data_is_lost = false;          ///< P21: whoever is at work is interrupted
    inline_list<key_id, policy::ring_state::max_keys> keys_that_die;
};

namespace detail {

/// A key that is used at once moves the instance, and ends the key before.
constexpr void outline_use_at_once(const policy::facts& f, plan_outline& plan) {
    plan.environments_hit = f.ring.environments;
    plan.downtime = f.ring.customer_managed < f.ring.environments;
    if (const policy::key_record* active = policy::active_key(f.ring)) plan.keys_that_die.push_back(active->id);
}

template <class C>
constexpr void outline(const policy::facts& f, const C& command, const policy::procedure& how, plan_outline& plan) {
    using namespace policy;
    if constexpr (types<lock, approve_lock>::contains<C>) {
        plan.environments_hit = f.ring.customer_managed - f.ring.resetting;
        plan.environments_not_covered = f.ring.environments - f.ring.customer_managed - f.ring.locked;
        plan.downtime = plan.backups_become_unreadable = plan.never_in_normal_business = true;
        for (const key_record& key : f.ring.keys)
            if (key.state == key_state::active || key.state == key_state::available) plan.keys_that_die.push_back(key.id);
    } else if constexpr (types<activate_key, rollback_activation>::contains<C>) {
        plan.environments_hit = f.ring.customer_managed;
    } else if constexpr (types<generate_key, upload_key>::contains<C>) {
        if (how.keys_at_once) outline_use_at_once(f, plan);
    } else if constexpr (std::is_same_v<C, revoke_access>) {
        plan.environments_hit = f.policy_ != nullptr ? f.policy_->environments() : 0;
        plan.environments_not_covered = f.ring.environments - plan.environments_hit;
        plan.downtime = plan.backups_become_unreadable = plan.unsaved_data_is_lost = plan.never_in_normal_business = true;
    } else if constexpr (std::is_same_v<C, approve_unlock>) {
        plan.environments_hit = f.policy_ != nullptr ? f.policy_->environments() : 0;
    } else if constexpr (std::is_same_v<C, purge_key>) {
        plan.backups_become_unreadable = command.version == 0;
        if (command.version == 0 && f.policy_ != nullptr && !f.policy_->key.empty()) plan.keys_that_die.push_back(f.policy_->key);
    } else if constexpr (types<apply_key, return_to_provider, add_to_policy, remove_from_policy>::contains<C>) {
        plan.environments_hit = 1;
        plan.downtime = true;
    } else if constexpr (types<restore, copy>::contains<C>) {
        plan.environments_hit = 1;
        plan.downtime = true;
        plan.notice_to_all = f.environment().kind == environment_kind::production;
    } else if constexpr (types<reset, delete_environment>::contains<C>) {
        plan.environments_hit = 1;
        plan.downtime = plan.backups_become_unreadable = true;
    } else if constexpr (std::is_same_v<C, unlock_environment>) {
        plan.environments_hit = 1;
    }
    if constexpr (std::is_same_v<C, return_to_provider>)
        if (how.keys_at_once && active_key(f.ring) != nullptr) {
            plan.keys_that_die.push_back(active_key(f.ring)->id);
            plan.backups_become_unreadable = true; // those taken under it
        }
    (void)f;
    (void)command;
    (void)how;
}

/// Whether any end of what the command begins is told to everybody.
template <class C>
constexpr bool tells_everybody =
    policy::types<policy::generate_key, policy::upload_key, policy::activate_key, policy::apply_key, policy::return_to_provider,
                  policy::lock, policy::approve_lock, policy::rollback_activation, policy::accept_clock, policy::unlock_key,
                  policy::delete_environment, policy::reset, policy::expire_environment, policy::grant_access, policy::revoke_access,
                  policy::request_unlock, policy::approve_unlock, policy::rotate_version, policy::purge_key, policy::add_to_policy,
                  policy::remove_from_policy>::contains<C>;

} // namespace detail

/// Pure; changes nothing. `plan.decision` is exactly what the command itself would get at this moment.
template <class Profile, class C>
constexpr plan_outline plan(const Profile& profile, const policy::facts& f, const C& command) {
    plan_outline p{.decision = decide(profile, f, command), .keys_that_die = {}};
    p.notice_to_all = detail::tells_everybody<C>;
    detail::outline(f, command, profile.procedure(), p);
    if (p.notice_to_all) p.notices = static_cast<std::uint32_t>(f.tenant.administrators.size());
    p.allowed_from = p.decision.allowed() ? f.now : p.decision.not_before();
    return p;
}

} // namespace keywright::profiles
