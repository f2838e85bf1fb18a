// SPDX-License-Identifier: Apache-2.0
// Which names may be exchanged without any rule noticing: the keys among each other, the production environments of a
// ring, the two administrators of the tenant. Of all sketches that differ only so, `canonical` picks one: it sorts each
// by everything that a sketch says of it, wherever it says it, so two that sort alike are alike.
// Depends on: sketch.
#pragma once

#include "sketch.hpp"

#include <algorithm>
#include <utility>

namespace keywright::model {

/// New number -> old number, for what may be exchanged.
struct renaming {
    std::array<std::uint8_t, max_keys> keys{0, 1, 2};
    std::array<std::array<std::uint8_t, max_environments>, max_rings> environments{{{0, 1, 2}, {0, 1, 2}}};
    std::array<std::uint8_t, max_people> people{0, 1, 2};

    /// First `earlier`, then this.
    renaming after(const renaming& earlier) const {
        renaming both;
        for (std::size_t i = 0; i < max_keys; ++i) both.keys[i] = earlier.keys[keys[i]];
        for (std::size_t r = 0; r < max_rings; ++r)
            for (std::size_t i = 0; i < max_environments; ++i) both.environments[r][i] = earlier.environments[r][environments[r][i]];
        for (std::size_t i = 0; i < max_people; ++i) both.people[i] = earlier.people[people[i]];
        return both;
    }
};

namespace detail {

inline std::uint32_t weight_of_key(const sketch& s, std::size_t key) {
    std::uint32_t w = s.elsewhere[key] ? 1U : 0U;
    for (const ring_sketch& r : s.rings) {
        w = w * 8 + static_cast<std::uint32_t>(r.keys[key]);
        const std::size_t number = key + 1;
        w = w * 8 + (r.attempt.before == number ? 4U : 0U) + (r.activation.before == number ? 2U : 0U) +
            (r.request.key == number ? 1U : 0U);
    }
    return w;
}
inline std::uint32_t weight_of_environment(const ring_sketch& r, std::size_t number) {
    const environment_sketch& e = r.environments[number];
    std::uint32_t w = static_cast<std::uint32_t>(e.is);
    w = w * 2 + (e.customer ? 1U : 0U);
    w = w * 2 + (e.early ? 1U : 0U);
    w = w * 16 + e.operation;
    w = w * 8 + e.lock;
    w = w * 4 + e.found_due;
    return w * 2 + (r.backup.there && r.backup.environment == number ? 1U : 0U);
}
inline std::uint32_t weight_of_person(const sketch& s, std::size_t person) {
    std::uint32_t w = s.present[person] ? 1U : 0U;
    const std::size_t number = person + 1;
    for (const ring_sketch& r : s.rings)
        w = w * 64 + (r.attempt.by == number ? 32U : 0U) + (r.activation.by == number ? 16U : 0U) + (r.request.by == number ? 8U : 0U) +
            (r.vote == number ? 4U : 0U) + ((r.attempt.newcomers >> person & 1U) != 0 ? 2U : 0U) + (r.activation.newcomers >> person & 1U);
    return w;
}

/// Sorts the numbers [from, to) of `order`, the heaviest first.
template <std::size_t N, class Weight>
void sort_numbers(std::array<std::uint8_t, N>& order, std::size_t from, std::size_t to, const Weight& weight) {
    for (std::size_t i = from + 1; i < to; ++i)
        for (std::size_t k = i; k > from && weight(order[k - 1]) < weight(order[k]); --k) std::swap(order[k - 1], order[k]);
}
/// The new number, from 1, of what had the old number `old`, from 1; 0 stays 0.
template <std::size_t N>
std::uint8_t renamed(const std::array<std::uint8_t, N>& order, std::uint8_t old) {
    for (std::size_t i = 0; i < N; ++i)
        if (old == order[i] + 1) return static_cast<std::uint8_t>(i + 1);
    return 0;
}

inline ring_sketch renamed(const ring_sketch& r, const renaming& by, std::size_t ring) {
    ring_sketch s = r;
    for (std::size_t i = 0; i < max_keys; ++i) s.keys[i] = r.keys[by.keys[i]];
    const auto& environments = by.environments[ring];
    for (std::size_t i = 0; i < max_environments; ++i) s.environments[i] = r.environments[environments[i]];
    if (r.backup.there)
        s.backup.environment = static_cast<std::uint8_t>(renamed(environments, static_cast<std::uint8_t>(r.backup.environment + 1)) - 1);
    for (const auto part : {&ring_sketch::attempt, &ring_sketch::activation}) {
        (s.*part).by = renamed(by.people, (r.*part).by);
        (s.*part).before = renamed(by.keys, (r.*part).before);
        const std::uint8_t old = (r.*part).newcomers;
        (s.*part).newcomers = static_cast<std::uint8_t>((old >> by.people[0] & 1U) | (old >> by.people[1] & 1U) << 1U);
    }
    s.request.by = renamed(by.people, r.request.by);
    s.vote = renamed(by.people, r.vote);
    s.request.key = renamed(by.keys, r.request.key);
    return s;
}

} // namespace detail

inline sketch renamed(const sketch& s, const renaming& by) {
    sketch out = s;
    for (std::size_t i = 0; i < max_rings; ++i) out.rings[i] = detail::renamed(s.rings[i], by, i);
    for (std::size_t i = 0; i < max_keys; ++i) out.elsewhere[i] = s.elsewhere[by.keys[i]];
    for (std::size_t i = 0; i < max_people; ++i) out.present[i] = s.present[by.people[i]];
    return out;
}

/// The renaming that leads to the canonical form.
inline renaming canonical_names(const sketch& s) {
    renaming by;
    detail::sort_numbers(by.keys, 0, max_keys, [&](std::size_t i) { return detail::weight_of_key(s, i); });
    for (std::size_t r = 0; r < max_rings; ++r)
        detail::sort_numbers(by.environments[r], 1, max_environments,
                             [&](std::size_t i) { return detail::weight_of_environment(s.rings[r], i); });
    detail::sort_numbers(by.people, 0, 2, [&](std::size_t i) { return detail::weight_of_person(s, i); });
    return by;
}
inline sketch canonical(const sketch& s) { return renamed(s, canonical_names(s)); }

} // namespace keywright::model
