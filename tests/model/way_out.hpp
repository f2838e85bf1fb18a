// SPDX-License-Identifier: Apache-2.0
// No state is without a way out: from each there is a way to a state at rest, in which nothing is locked and nothing
// under way, and (where one ring has all the model's keys to itself) a key is Active. And there is one without the locked
// key, which may be lost, and without waiting for 28 d: the environments that it locked are deleted.
// Depends on: search.
#pragma once

#include "search.hpp"

#include <vector>

namespace keywright::model {

inline bool at_rest(const sketch& s, const bounds& b) {
    for (std::size_t r = 0; r < b.rings; ++r) {
        const ring_sketch& ring = s.rings[r];
        if (ring.locking) return false;
        bool active = false;
        for (const key_place key : ring.keys) {
            if (key == key_place::installing || key == key_place::locked) return false;
            active = active || key == key_place::active;
        }
        for (const environment_sketch& e : ring.environments)
            if (e.operation != 0 || e.lock != 0) return false;
        if (b.rings == 1 && !active) return false;
    }
    return true;
}

/// The states from which none at rest can be reached; at most one is named.
struct dead_ends {
    std::size_t count = 0;
    std::uint32_t nearest = 0;
};

/// Backwards along the steps that count, from all of `n` states that are at rest.
template <class Counts, class AtRest>
dead_ends dead_ends_among(std::size_t n, const std::vector<edge>& edges, const Counts& counts, const AtRest& at_rest) {
    std::vector<std::uint32_t> begins(n + 1, 0); // steps sorted by where they lead
    for (const edge& e : edges)
        if (counts(e)) ++begins[e.to + 1];
    for (std::size_t i = 0; i < n; ++i) begins[i + 1] += begins[i];
    std::vector<std::uint32_t> sources(begins[n]);
    std::vector<std::uint32_t> next(begins.begin(), begins.end() - 1);
    for (const edge& e : edges)
        if (counts(e)) sources[next[e.to]++] = e.from;

    std::vector<bool> leads(n, false);
    std::vector<std::uint32_t> todo;
    for (std::size_t i = 0; i < n; ++i)
        if (at_rest(i)) leads[i] = true, todo.push_back(static_cast<std::uint32_t>(i));
    while (!todo.empty()) {
        const std::uint32_t at = todo.back();
        todo.pop_back();
        for (std::uint32_t k = begins[at]; k < begins[at + 1]; ++k)
            if (!leads[sources[k]]) leads[sources[k]] = true, todo.push_back(sources[k]);
    }
    dead_ends found;
    for (std::size_t i = n; i-- > 0;)
        if (!leads[i]) ++found.count, found.nearest = static_cast<std::uint32_t>(i);
    return found;
}

/// `with_luck`: the locked key is still at hand.
template <class Subject>
dead_ends find_dead_ends(const search<Subject>& s, bool with_luck) {
    return dead_ends_among(
        s.states().size(), s.edges(), [&](const edge& e) { return with_luck || !e.needs_luck; },
        [&](std::size_t n) { return at_rest(unpack(s.states()[n]), s.limits()); });
}

} // namespace keywright::model
