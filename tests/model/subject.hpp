// SPDX-License-Identifier: Apache-2.0
// What is checked: the shipped functions of one profile, called as they are. A search takes a subject as its template
// argument; mutants.hpp has one that lies.
// Depends on: keywright/policy.hpp.
#pragma once

#include <keywright/policy.hpp>
#include <keywright/policy/effects.hpp>
#include <keywright/policy/evolve.hpp>
#include <keywright/profiles/recommended.hpp>

namespace keywright::model {

template <const auto& Profile>
struct shipped {
    static constexpr const auto& profile = Profile;
    static constexpr std::string_view profile_name =
        std::remove_cvref_t<decltype(Profile)>::template has<policy::lock_takes_two> ? "recommended" : "power_platform";
    /// Whether a lock takes a notice and a second administrator, and a deletion by time two findings.
    static constexpr bool second_word = std::remove_cvref_t<decltype(Profile)>::template has<policy::lock_takes_two>;

    /// Whether anybody is granted the command at all.
    template <class C>
    static constexpr bool exists = std::remove_cvref_t<decltype(Profile)>::grants::template to<C>() != policy::no_one;

    template <class C>
    policy::decision decide(const policy::facts& f, const C& command) const {
        return profiles::decide(Profile, f, command);
    }
    /// The events of a command, were it allowed.
    template <class C>
    policy::event_list consequences(const policy::facts& f, const C& command) const {
        if constexpr (requires { policy::consequences(f, command, Profile.procedure()); })
            return policy::consequences(f, command, Profile.procedure());
        else
            return policy::consequences(f, command);
    }
    template <class Aggregate>
    void evolve(Aggregate& aggregate, const policy::event& e) const {
        policy::evolve(aggregate, e);
    }
    policy::effect_list effects_of(const policy::event& e) const { return policy::effects_of(e); }
    bool notifies(const policy::event& e) const { return policy::notifies(e); }
};

} // namespace keywright::model
