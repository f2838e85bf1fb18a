// SPDX-License-Identifier: Apache-2.0
// plan(profile, facts, command): what would happen? The decision comes from the same code as the command's own; the
// rest is what people must know before they confirm, as far as it follows from the aggregates. It says which kind of
// environments the command reaches; whoever can list them (service/affected.hpp) gives their names.
// Depends on: profiles/decide.
#pragma once

#include <keywright/profiles/decide.hpp>

namespace keywright::profiles {

/// Which environments of a ring a command reaches.
enum class reach : std::uint8_t {
    nothing,
    the_environment, ///< that the command names as its target
    on_the_key,      ///< those that hang on the customer's key now: neither locked nor being reset
    of_the_policy,   ///< those of the customer's policy
    whole_ring,
};

/// What a command would do to a ring.
struct plan_outline {
    policy::decision decision;
    reach reaches = reach::nothing;
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

/// Whether an environment is among those that a plan for `f` counts as hit. Requires: it is of `f`'s ring.
constexpr bool is_hit(reach by, const policy::facts& f, const policy::environment_state& e) {
    if (e.deleted) return false;
    switch (by) {
    case reach::nothing: return false;
    case reach::the_environment: return e.id == f.environment().id;
    case reach::on_the_key:
        return e.managed_by == policy::protector::customer && !policy::is_locked(f.ring, e) && e.transition != policy::operation::resetting;
    case reach::of_the_policy: return f.policy_ != nullptr && e.membership.policy == f.policy_->id;
    case reach::whole_ring: return true;
    }
    return false;
}
/// Whether it is among those that the command does not reach though people may think so: they are on the provider's key.
constexpr bool is_not_covered(reach by, const policy::facts& f, const policy::environment_state& e) {
    if (e.deleted) return false;
    if (by == reach::of_the_policy) return !is_hit(by, f, e);
    return by == reach::on_the_key && e.managed_by == policy::protector::provider;
}

namespace detail {

/// A key that is used at once moves the instance, and ends the key before.
constexpr void outline_use_at_once(const policy::facts& f, plan_outline& plan) {
    plan.reaches = reach::whole_ring;
    plan.environments_hit = f.ring.environments;
    plan.downtime = f.ring.customer_managed < f.ring.environments;
    if (const policy::key_record* active = policy::active_key(f.ring)) plan.keys_that_die.push_back(active->id);
}

template <class C>
constexpr void outline(const policy::facts& f, const C& command, const policy::procedure& how, plan_outline& plan) {
    using namespace policy;
    if constexpr (types<lock, approve_lock>::contains<C>) {
        plan.reaches = reach::on_the_key;
        plan.environments_hit = f.ring.customer_managed - f.ring.resetting;
        plan.environments_not_covered = f.ring.environments - f.ring.customer_managed - f.ring.locked;
        plan.downtime = plan.backups_become_unreadable = plan.never_in_normal_business = true;
        for (const key_record& key : f.ring.keys)
            if (key.state == key_state::active || key.state == key_state::available) plan.keys_that_die.push_back(key.id);
    } else if constexpr (types<activate_key, rollback_activation>::contains<C>) {
        plan.reaches = reach::on_the_key;
        plan.environments_hit = f.ring.customer_managed - f.ring.resetting;
    } else if constexpr (types<generate_key, upload_key>::contains<C>) {
        if (how.keys_at_once) outline_use_at_once(f, plan);
    } else if constexpr (std::is_same_v<C, revoke_access>) {
        plan.reaches = reach::of_the_policy;
        plan.environments_hit = f.policy_ != nullptr ? f.policy_->environments() : 0;
        plan.environments_not_covered = f.ring.environments - plan.environments_hit;
        plan.downtime = plan.backups_become_unreadable = plan.unsaved_data_is_lost = plan.never_in_normal_business = true;
    } else if constexpr (std::is_same_v<C, approve_unlock>) {
        plan.reaches = reach::of_the_policy;
        plan.environments_hit = f.policy_ != nullptr ? f.policy_->environments() : 0;
    } else if constexpr (std::is_same_v<C, purge_key>) {
        if (command.version == 0 && f.policy_ != nullptr) {
            plan.reaches = reach::of_the_policy;
            plan.environments_hit = f.policy_->environments();
            plan.backups_become_unreadable = true;
            if (!f.policy_->key.empty()) plan.keys_that_die.push_back(f.policy_->key);
        }
    } else if constexpr (types<apply_key, return_to_provider, add_to_policy, remove_from_policy>::contains<C>) {
        plan.reaches = reach::the_environment;
        plan.environments_hit = 1;
        plan.downtime = true;
    } else if constexpr (types<restore, copy>::contains<C>) {
        plan.reaches = reach::the_environment;
        plan.environments_hit = 1;
        plan.downtime = true;
        plan.notice_to_all = f.environment().kind == environment_kind::production;
    } else if constexpr (types<reset, delete_environment>::contains<C>) {
        plan.reaches = reach::the_environment;
        plan.environments_hit = 1;
        plan.downtime = plan.backups_become_unreadable = true;
    } else if constexpr (std::is_same_v<C, unlock_environment>) {
        plan.reaches = reach::the_environment;
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
