// SPDX-License-Identifier: Apache-2.0
// What `everything_allowed` says of one command in a world, for tables of scenarios. Depends on: testing, profiles/next_allowed.
#pragma once

#include "../policy/worlds.hpp"

#include <keywright/profiles/next_allowed.hpp>

namespace keywright::testing {

using profiles::allowed;
using profiles::availability;

template <class Profile>
constexpr availability of(const Profile& profile, const world& w, instant at, std::string_view command, const actor& by = alice,
                          const subject& about = on_prod) {
    const world here = w;
    for (const availability& a : profiles::everything_allowed(profile, here.facts_for(at, about), by, at))
        if (a.command == command) return a;
    return {};
}
constexpr bool says(const availability& a, allowed when, std::string_view rule, instant from = never) {
    return a.when == when && a.why.rule == rule && a.from == from;
}

} // namespace keywright::testing
