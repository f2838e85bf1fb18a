// SPDX-License-Identifier: Apache-2.0
#include <keywright/profiles/profile.hpp>

#include "../policy/worlds.hpp"

namespace {

using namespace keywright;
using namespace keywright::testing;

/// A consumer's own rule: 1970-01-01 was a Thursday, so the weekend is days 2 and 3 of each seven.
struct no_lock_at_weekends {
    using id = rule_tag<"ACME-1">;
    using commands = types<lock>;
    constexpr verdict operator()(const facts& f, const lock&) const {
        const std::int64_t day = f.now.since_epoch / 86400 % 7;
        return day == 2 || day == 3 ? verdict::object(refusal::consumer_rule, mender::time) : verdict::pass();
    }
};
struct always_objects {
    using id = rule_tag<"ACME-2">;
    using commands = types<lock, unlock_key>;
    template <class C>
    constexpr verdict operator()(const facts&, const C&) const {
        return verdict::object(refusal::consumer_rule, mender::nobody);
    }
};

constexpr auto& base = power_platform;
constexpr auto weekends = base.with(no_lock_at_weekends{});
constexpr auto slower = base.with(lock_cooldown{hours(96)});
constexpr auto timeless = base.without(rule_tag<"T26">{});
constexpr auto strictest = weekends.with(always_objects{}).with(lock_cooldown{hours(96)}).without(rule_tag<"T24">{});

// 2023-11-25 was a Saturday.
constexpr instant saturday{1'700'870'400};
static_assert(saturday > lockable_at);

constexpr scenario composition[] = {
    {"with appends a rule of a new type, which objects by its own id",
     [] {
         return weekends.rules == base.rules + 1 &&
                given(weekends, both).when(locks(saturday)).then_refused({{"ACME-1", refusal::consumer_rule}}) &&
                given(weekends, both).when(locks(saturday - second)).then_allowed() &&
                given(weekends, both).when(locks(saturday + days(2) - second)).then_refused({{"ACME-1", refusal::consumer_rule}}) &&
                given(weekends, both).when(locks(saturday + days(2))).then_allowed();
     }},
    {"it speaks only about the commands that it names",
     [] { return given(weekends, both).on("prod").when(returns(saturday)).then_allowed(); }},
    {"with replaces a rule of the same type: that is how a number changes",
     [] {
         static_assert(std::is_same_v<decltype(slower), std::remove_reference_t<decltype(base)>>);
         return slower.rule_of<lock_cooldown>().span == hours(96) &&
                given(slower, both).when(locks(lockable_at)).then_refused({{"T18", refusal::lock_cooldown, applied_at + hours(96)}}) &&
                given(slower, both).when(locks(applied_at + hours(96))).then_allowed();
     }},
    {"the profile that it came from stays as it was",
     [] { return base.rule_of<lock_cooldown>().span == hours(72) && given(base, both).when(locks(lockable_at)).then_allowed(); }},
    {"without drops every rule of that id, and only those",
     [] {
         return timeless.rules == base.rules - 1 && !timeless.has<retention> && timeless.has<lock_cooldown> &&
                given(timeless, locked).when(unlocks_key(locked_since + days(100))).then_allowed() &&
                base.without(rule_tag<"T21">{}).rules == base.rules - 4;
     }},
    {"numbers survive what is done around them",
     [] { return slower.with(no_lock_at_weekends{}).without(rule_tag<"T26">{}).rule_of<lock_cooldown>().span == hours(96); }},
    {"removing a rule never forbids",
     [] {
         const auto lenient = base.without(rule_tag<"T18">{}).without(rule_tag<"T21">{});
         return given(lenient, both).when(locks(lockable_at)).then_allowed() && given(lenient, both).when(locks(applied_at)).then_allowed();
     }},
    {"adding one never permits",
     [] {
         return given(strictest, both)
                    .when(locks(lockable_at))
                    .then_refused({{"ACME-1", refusal::consumer_rule},
                                   {"ACME-2", refusal::consumer_rule},
                                   {"T18", refusal::lock_cooldown, applied_at + hours(96)}}) &&
                given(strictest, locked).when(unlocks_key(locked_since)).then_refused({{"ACME-2", refusal::consumer_rule}});
     }},
};
static_assert(first_failure(composition) == none_failed);
TEST_CASE("a profile is a value: with, without, and what they leave alone") { run(composition); }

// --- grants ---

struct nothing_granted {
    using id = rule_tag<"ACME-0">;
    template <class C>
    static constexpr roles to() {
        return no_one;
    }
};
struct locks_granted {
    using id = rule_tag<"ACME-0">;
    template <class C>
    static constexpr roles to() {
        return std::is_same_v<C, lock> ? tenant_admin : no_one;
    }
};
constexpr profiles::profile<nothing_granted> silent{};
constexpr profiles::profile<locks_granted> only_lock{};

constexpr scenario grants[] = {
    {"what nobody is granted is denied, whatever the rules say: there are none",
     [] {
         return given(silent, both).when(locks(lockable_at)).then_refused({{"ACME-0", refusal::not_authorized}}) &&
                given(silent, both)
                    .on("prod")
                    .when(open_environment{alice, lockable_at})
                    .then_refused({{"ACME-0", refusal::not_authorized}}) &&
                given(silent, both).when(ends(lockable_at, operation::locking)).then_refused({{"ACME-0", refusal::not_authorized}});
     }},
    {"a grant and no rule allows",
     [] {
         return given(only_lock, both).when(locks(applied_at)).then_allowed() &&
                given(only_lock, both)
                    .when(but(locks(applied_at), [](lock& c) { c.by = erin; }))
                    .then_refused({{"ACME-0", refusal::not_authorized}});
     }},
};
static_assert(first_failure(grants) == none_failed);
TEST_CASE("grants deny by default") { run(grants); }

} // namespace
