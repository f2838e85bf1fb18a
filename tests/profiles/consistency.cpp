// SPDX-License-Identifier: Apache-2.0
#include <keywright/profiles/consistency.hpp>

#include "../policy/worlds.hpp"

#include <keywright/profiles/dynamics_365.hpp>

namespace {

using namespace keywright;
using namespace keywright::testing;
namespace consistency = profiles::consistency;

static_assert(profiles::check_profile<power_platform>() && profiles::check_profile<profiles::recommended>() &&
              profiles::check_profile<profiles::dynamics_365>());

// --- each predicate, at its limit ---

constexpr auto day_and_two_hours = power_platform.with(retention{hours(26)});
constexpr auto a_second_less = power_platform.with(retention{hours(26) - second});
constexpr auto without_retention = power_platform.without(rule_tag<"T26">{});
static_assert(consistency::retention_leaves_time<day_and_two_hours> && !consistency::retention_leaves_time<a_second_less>);
static_assert(consistency::retention_leaves_time<without_retention> && profiles::check_profile<without_retention>());

constexpr auto locks_after_a_day = power_platform.with(lock_cooldown{hours(24)});
constexpr auto a_second_later = power_platform.with(lock_cooldown{hours(24) + second});
static_assert(!consistency::rollback_precedes_lock<locks_after_a_day> && consistency::rollback_precedes_lock<a_second_later>);

constexpr auto eleven_locks = power_platform.with(retention{hours(72) * 11});
constexpr auto eleven_and_a_second = power_platform.with(retention{hours(72) * 11 + second});
static_assert(consistency::locks_are_remembered<eleven_locks> && !consistency::locks_are_remembered<eleven_and_a_second>);

constexpr auto no_wait = power_platform.with(unlock_cooldown{seconds{0}});
constexpr auto before_it_began = power_platform.with(unlock_cooldown{seconds{-1}});
static_assert(consistency::not_negative<no_wait, unlock_cooldown> && !consistency::not_negative<before_it_began, unlock_cooldown>);

// --- a second administrator's rules ---

constexpr auto a_day_long = profiles::recommended.with(request_is_fresh{hours(72)});
constexpr auto a_second_longer = profiles::recommended.with(request_is_fresh{hours(72) + second});
static_assert(consistency::request_ends_in_time<a_day_long> && !consistency::request_ends_in_time<a_second_longer>);

constexpr auto noticed_later = profiles::recommended.with(lock_waits_for_notice{hours(72) + second});
static_assert(consistency::same_span<profiles::recommended, lock_waits_for_notice, lock_cooldown> &&
              !consistency::same_span<noticed_later, lock_waits_for_notice, lock_cooldown>);
constexpr auto never_noticed = power_platform.with(lock_waits_for_notice{});
static_assert(!consistency::served<never_noticed, lock_waits_for_notice, report_delivery> &&
              consistency::served<profiles::recommended, lock_waits_for_notice, report_delivery>);

struct only_locks {
    using id = rule_tag<"ACME-0">;
    template <class C>
    static constexpr roles to() {
        return std::is_same_v<C, lock> ? tenant_admin : no_one;
    }
};
constexpr profiles::profile<only_locks> trap{};
static_assert(!consistency::granted_with<trap, lock, unlock_key> && consistency::granted_with<trap, apply_key, return_to_provider>);
static_assert(consistency::granted_with<power_platform, lock, unlock_key>);

TEST_CASE("check_profile: power_platform fits together") { CHECK(profiles::check_profile<power_platform>()); }

} // namespace
