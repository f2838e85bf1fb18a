// SPDX-License-Identifier: Apache-2.0
// One operation against one world: the whole second model behind one function. Depends on effects.hpp.
//     const outcome answer = step(world, operation);
#pragma once

#include "effects.hpp"

namespace second_model {

template <class Rows>
void judge(const scene& s, const Rows& rows, std::set<refusal>& out) {
    const row* spoke = nullptr; // the last one, with what it is said instead of
    for (const auto& one : rows) {
        if (one.otherwise && spoke && spoke->rule == one.rule) continue;
        spoke = nullptr;
        if ((one.profiles & static_cast<unsigned>(s.in.plays)) == 0 || !one.judges.has(s.asked.does) || !one.broken(s)) continue;
        spoke = &one;
        const bool instance = s.in.plays == profile::dynamics_365;
        out.insert(
            {instance ? named_for_instance(one, s.asked.does) : one.rule, one.code, one.not_before ? one.not_before(s) : std::nullopt});
    }
}

inline std::string_view rule_of_grants(profile plays) {
    return plays == profile::enterprise_policy ? "P05" : plays == profile::dynamics_365 ? "I03" : "T05";
}

/// Everything that speaks against the operation; empty when it is allowed.
inline std::set<refusal> refusals(const scene& s) {
    std::set<refusal> out;
    if (!authorized(s)) out.insert({rule_of_grants(s.in.plays), "not_authorized", std::nullopt});
    if (s.in.plays == profile::dynamics_365 && not_of_instances.has(s.asked.does)) return out;
    judge(s, rules, out);
    if (s.in.plays == profile::enterprise_policy) judge(s, vault_rules, out);
    if (s.in.plays == profile::dynamics_365) judge(s, instance_rules, out);
    return out;
}

/// Judges the operation and, when no rule speaks against it, carries it out. A refused one changes nothing.
inline outcome step(world& in, const operation& asked) {
    const auto s = look(in, asked);
    outcome out;
    out.refusals = refusals(s);
    if (!out.allowed()) return out;
    run(in, s, out.events);
    if (out.events.empty() || s.region.empty()) return out;
    auto& latest = in.rings[s.region].latest; // which an accepted clock has set back
    latest = asked.does == verb::accept_clock ? latest : s.now;
    return out;
}

} // namespace second_model
