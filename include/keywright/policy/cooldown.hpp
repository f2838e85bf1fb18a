// SPDX-License-Identifier: Apache-2.0
// The family of waits: no command of these for a span after something happened. Half-open: what comes exactly one span
// later is allowed. T17 and T18 are cooldowns; T24 is a minimum hold, the same thing seen from the other end.
// Depends on: policy/rule. Use:
//     constexpr wait_start last_apply(const facts& f) { return {f.ring.applied_at}; }
//     using rest_after_apply = cooldown<"ACME-2", refusal::consumer_rule, hours(12), last_apply, return_to_provider>;
//     inline constexpr auto acme = profiles::power_platform.with(rest_after_apply{}, activation_cooldown{hours(48)});
#pragma once

#include <keywright/policy/rule.hpp>

namespace keywright::policy {

/// What a wait counts from, and what the refusal says that it is about. `never`: there is nothing to wait for.
struct wait_start {
    instant at = never;
    std::string_view subject{};
};

/// `Since`: the moment, from the facts. `Usual`: the span where a profile sets none.
template <fixed_text Id, refusal Code, seconds Usual, wait_start (*Since)(const facts&), class... Commands>
struct cooldown {
    using id = rule_tag<Id>;
    using commands = types<Commands...>;
    seconds span = Usual;

    template <class C>
    constexpr verdict operator()(const facts& f, const C&) const {
        const wait_start began = Since(f);
        if (!happened(began.at) || f.now >= began.at + span) return verdict::pass();
        return verdict::wait(Code, began.at, span, began.subject);
    }
};

/// What has begun stays so for `span` at the least: the commands that would end it wait.
template <fixed_text Id, refusal Code, seconds Usual, wait_start (*Since)(const facts&), class... Enders>
using minimum_hold = cooldown<Id, Code, Usual, Since, Enders...>;

} // namespace keywright::policy
