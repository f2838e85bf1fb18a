// SPDX-License-Identifier: Apache-2.0
// Every invariant that is asked of one state or of one step; each objection is a static sentence.
// Depends on: demands, material, subject.
#pragma once

#include "demands.hpp"
#include "material.hpp"
#include "sight.hpp"

namespace keywright::model {

// --- of a state ---

inline const char* wrong_with_keys(const ring_world& r, std::size_t number, const world& w) {
    std::array<std::uint8_t, 7> in{};
    for (const key_record& key : r.ring.keys) {
        ++in[static_cast<std::size_t>(key.state)];
        const std::size_t n = key_number(key.print);
        if (n < max_keys && in_use(key) && held_by_another(w, number, n)) return "one key, one ring";
    }
    if (in[static_cast<std::size_t>(key_state::active)] > 1) return "at most one Active key per ring";
    if (in[static_cast<std::size_t>(key_state::installing)] > 1) return "at most one Installing key per ring";
    if (in[static_cast<std::size_t>(key_state::locked)] > 1) return "at most one Locked key per ring";
    const bool open_key = active_key(r.ring) != nullptr;
    if (r.ring.customer_managed > 0 && !open_key) return "what is open under the customer's key has an Active key";
    if (r.ring.locked > 0 && !open_key && locked_key(r.ring) == nullptr) return "what is locked has a key that can come back";
    if (find_key(r.ring, key_state::locked) != nullptr && r.ring.locked == 0 && !r.ring.locking)
        return "nothing is locked: no key is Locked";
    return nullptr;
}

inline const char* wrong_with_counts(const ring_world& r) {
    ring_world counted = r;
    counted.ring.environments = counted.ring.customer_managed = counted.ring.locked = counted.ring.in_transition = counted.ring.resetting =
        0;
    detail::count(counted);
    if (counted.ring.environments != r.ring.environments) return "environments: the count is what there is";
    if (counted.ring.customer_managed != r.ring.customer_managed) return "customer_managed: the count is what there is";
    if (counted.ring.locked != r.ring.locked) return "locked: the count is what there is";
    if (counted.ring.in_transition != r.ring.in_transition) return "in_transition: the count is what there is";
    if (counted.ring.resetting != r.ring.resetting) return "resetting: the count is what there is";
    return nullptr;
}

// --- of an environment in a step ---

/// Leases, generations of the data, backups: numbers that a sketch does not keep.
inline const char* wrong_with_numbers(const ring_world& before, const ring_world& after, std::size_t n) {
    const environment_state& was = before.environments[n];
    const environment_state& is = after.environments[n];
    if (was.id.empty() || was.deleted) return was.deleted && !(was == is) ? "a deleted environment stays as it is" : nullptr;
    const std::uint64_t lease_before = lease_epoch(before.ring, was);
    const std::uint64_t lease_after = lease_epoch(after.ring, is);
    if (lease_after < lease_before) return "no lease comes back to life";
    const bool begun = was.transition == operation::none && is.transition != operation::none && is.transition != operation::unlocking;
    const bool shut = !is_locked(before.ring, was) && is_locked(after.ring, is);
    if ((begun || shut || is.deleted) && lease_after == lease_before) return "what goes down, is locked or deleted ends every lease";
    const bool moved = was.managed_by != is.managed_by;
    const bool reset_now = was.transition == operation::resetting && is.transition == operation::none;
    if ((moved || reset_now) && is.key_version <= was.key_version) return "apply, return and reset make new environment keys";
    if (!moved && !reset_now && is.key_version != was.key_version) return "only apply, return and reset make new environment keys";
    if (reset_now ? is.data_era <= was.data_era : is.data_era != was.data_era) return "after a reset no earlier backup is readable";
    if ((moved || reset_now) && is.content == was.content) return "data that was rebuilt has a name of its own";
    return nullptr;
}

/// After its end an overwritten environment's data is new; after a failure it is the old.
inline const char* wrong_with_content(const ring_world& before, const ring_world& after, const event& e) {
    const auto changed = [&](const environment_id& id) {
        for (std::size_t i = 0; i < max_environments; ++i)
            if (before.environments[i].id == id) return before.environments[i].content != after.environments[i].content;
        return false;
    };
    const char* wrong = nullptr;
    visit_body(e.body, [&](const auto& body) {
        using body_type = std::remove_cvref_t<decltype(body)>;
        if constexpr (types<restored, copied>::contains<body_type>)
            if (!changed(body.environment)) wrong = "data that was rebuilt has a name of its own";
        if constexpr (types<restore_failed, copy_failed, apply_failed, return_failed>::contains<body_type>)
            if (changed(body.environment)) wrong = "what failed leaves the old data";
    });
    return wrong;
}

// --- of a notice ---

/// Who must be told of what: T12-T15, T19-T21, T26, T27, T33, T36, and overwriting of production.
inline bool must_be_told(const event& e, std::size_t ring) {
    bool told = false;
    visit_body(e.body, [&](const auto& body) {
        using body_type = std::remove_cvref_t<decltype(body)>;
        if constexpr (types<restored, copied>::contains<body_type>)
            told = kind_of(environment_number(ring, body.environment)) == environment_kind::production;
        else
            told = types<key_generated, key_uploaded, activation_started, key_activated, lock_started, key_unlocked, key_applied,
                         returned_to_provider, environment_deleted, reset_completed, activation_rolled_back>::contains<body_type>;
    });
    return told;
}

/// Of these the rules leave open whether they are told, or more than one profile uses them.
inline bool may_be_told(const event& e) {
    bool open = false;
    visit_body(e.body, [&](const auto& body) {
        open = types<activation_failed, lock_requested, lock_approved, deadline_passed,
                     clock_accepted>::contains<std::remove_cvref_t<decltype(body)>>;
    });
    return open;
}

} // namespace keywright::model
