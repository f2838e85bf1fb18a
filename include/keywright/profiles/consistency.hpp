// SPDX-License-Identifier: Apache-2.0
// Whether a profile's grants and numbers fit together: a rule that is sound alone can make another one pointless. Each
// objection is a static_assert whose sentence names both rules.
// Depends on: profiles/profile, policy's rules. Use, below a profile of your own:
//     inline constexpr auto acme = profiles::power_platform.with(policy::retention{days(7)});
//     static_assert(profiles::check_profile<acme>());
#pragma once

#include <keywright/policy/activation.hpp>
#include <keywright/policy/clock_defence.hpp>
#include <keywright/policy/housekeeping.hpp>
#include <keywright/policy/instance_keys.hpp>
#include <keywright/policy/locking.hpp>
#include <keywright/policy/rollback.hpp>
#include <keywright/policy/second_administrator.hpp>
#include <keywright/profiles/profile.hpp>

#include <type_traits>

namespace keywright::profiles {

namespace consistency {

using namespace policy;

template <const auto& Profile>
using profile_of = std::remove_cvref_t<decltype(Profile)>;

template <const auto& Profile, class C>
constexpr roles granted = profile_of<Profile>::grants::template to<C>();

template <const auto& Profile, class First, class Then>
constexpr bool granted_with = granted<Profile, First> == no_one || granted<Profile, Then> != no_one;

/// The span of a rule, or what to take where the profile has none.
template <const auto& Profile, class Rule>
constexpr seconds span_of(seconds otherwise) {
    if constexpr (profile_of<Profile>::template has<Rule>)
        return Profile.template rule_of<Rule>().span;
    else
        return otherwise;
}
template <const auto& Profile, class Rule>
constexpr bool not_negative = span_of<Profile, Rule>(seconds{}) >= seconds{};

template <const auto& Profile>
constexpr seconds installation() {
    if constexpr (profile_of<Profile>::template has<report_matches_work>)
        return Profile.template rule_of<report_matches_work>().installation;
    else
        return hours(1);
}

/// A day at the least to bring the key and unlock, after the wait and the installation.
template <const auto& Profile>
constexpr bool retention_leaves_time =
    !profile_of<Profile>::template has<retention> ||
    span_of<Profile, retention>({}) >= span_of<Profile, unlock_cooldown>({}) + installation<Profile>() + hours(24);

/// Locks are at least T18's wait apart, so as many as the ring keeps records of span this time.
template <const auto& Profile>
constexpr bool locks_are_remembered =
    !profile_of<Profile>::template has<retention> ||
    span_of<Profile, lock_cooldown>({}) * static_cast<std::int64_t>(ring_state::max_locks - 1) >= span_of<Profile, retention>({});

/// Whoever comes back to a foreign key must be able to activate the old one before a lock passes.
template <const auto& Profile>
constexpr bool rollback_precedes_lock = granted<Profile, lock> == no_one || granted<Profile, activate_key> == no_one ||
                                        span_of<Profile, lock_cooldown>({}) > span_of<Profile, activation_cooldown>({});

template <const auto& Profile, class Rule>
constexpr bool has = profile_of<Profile>::template has<Rule>;

/// Where both rules are there, they count the same time.
template <const auto& Profile, class Rule, class Other>
constexpr bool same_span = !has<Profile, Rule> || !has<Profile, Other> || span_of<Profile, Rule>({}) == span_of<Profile, Other>({});

/// What a rule needs somebody to be able to ask for.
template <const auto& Profile, class Rule, class Command>
constexpr bool served = !has<Profile, Rule> || granted<Profile, lock> == no_one || granted<Profile, Command> != no_one;

/// A request outlives neither the wait that it was judged by nor a second one.
template <const auto& Profile>
constexpr bool request_ends_in_time = !has<Profile, request_is_fresh> || !has<Profile, lock_cooldown> ||
                                      span_of<Profile, request_is_fresh>({}) <= span_of<Profile, lock_cooldown>({});

} // namespace consistency

/// Says in a sentence what does not fit together. Checks the shipped rules that a profile holds; not a consumer's own.
template <const auto& Profile>
consteval bool check_profile() {
    using namespace policy;
    using namespace consistency;
    static_assert(granted_with<Profile, lock, unlock_key>,
                  "profile: lock (T21) is granted, unlock_key (T27) to nobody: what is locked never comes back");
    static_assert(granted_with<Profile, unlock_key, unlock_environment> || has<Profile, keys_are_used_at_once>,
                  "profile: unlock_key (T27) is granted, unlock_environment (T28) to nobody");
    static_assert(granted_with<Profile, apply_key, return_to_provider>,
                  "profile: apply_key (T19) is granted, return_to_provider (T20) to nobody");
    static_assert(granted_with<Profile, lock, delete_environment>,
                  "profile: lock (T21) is granted, delete_environment (T36) to nobody: a lost key blocks the ring for ever");
    static_assert(granted_with<Profile, lock, completed>,
                  "profile: lock (T21) is granted, its report (H03) to nobody: no lock is ever completed");
    static_assert(!profile_of<Profile>::template has<retention> || granted<Profile, lock> == no_one ||
                      granted<Profile, expire_environment> != no_one,
                  "profile: T26 sets a deadline, and expire_environment is granted to nobody");
    static_assert(not_negative<Profile, lock_cooldown> && not_negative<Profile, activation_cooldown> &&
                      not_negative<Profile, unlock_cooldown> && not_negative<Profile, retention> && installation<Profile>() > seconds{},
                  "profile: the windows of T17, T18, T24, T26 are not negative, and the installation of H03 takes time");
    static_assert(retention_leaves_time<Profile>,
                  "profile: T26's retention leaves no day to unlock after T24's wait and H03's installation");
    static_assert(rollback_precedes_lock<Profile>,
                  "profile: T18's wait is not longer than T17's: a foreign key could lock before the old one may be activated again");
    static_assert(locks_are_remembered<Profile>,
                  "profile: T26's retention spans more locks, T18's wait apart, than a ring keeps records of");
    static_assert(same_span<Profile, rollback_before_lock, lock_cooldown>,
                  "profile: R01's window is not T18's wait: a rollback would end before a lock begins, or undo what a lock was built on");
    static_assert(same_span<Profile, lock_waits_for_notice, lock_cooldown>,
                  "profile: R02's wait is not T18's: the notice would give another time than the change itself");
    static_assert(served<Profile, lock_waits_for_notice, report_delivery>,
                  "profile: R02 waits for a delivery, and report_delivery is granted to nobody: no lock ever passes");
    static_assert(served<Profile, lock_takes_two, approve_lock>,
                  "profile: R03 makes a lock a request, and approve_lock is granted to nobody: no lock ever passes");
    static_assert(served<Profile, clock_is_not_behind, accept_clock>,
                  "profile: R04 freezes every wait behind a clock, and accept_clock is granted to nobody");
    static_assert(!has<Profile, lock_takes_two> || has<Profile, approval_by_another>,
                  "profile: R03 makes a lock a request, and its rule that another administrator approves is left out");
    static_assert(request_ends_in_time<Profile>,
                  "profile: R03's request is valid longer than T18's wait: it would outlive a change of key");
    static_assert(!has<Profile, deadline_found_twice> || has<Profile, retention>,
                  "profile: R04 asks for two findings of a deadline, and T26, which sets it, is left out");
    static_assert(!has<Profile, keys_are_used_at_once> || granted<Profile, activate_key> == no_one,
                  "profile: I06 uses a key as soon as it is there, and T15's activate_key is granted: there is never a key to activate");
    static_assert(!has<Profile, keys_are_used_at_once> || granted<Profile, rollback_activation> == no_one,
                  "profile: I06 deletes the key that is replaced, and R01's rollback is granted: there is no key to go back to");
    return true;
}

} // namespace keywright::profiles
