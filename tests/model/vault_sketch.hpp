// SPDX-License-Identifier: Apache-2.0
// What of policies of the customer's own vault, and of their environments, can make a difference to any later decision;
// and the way from the aggregates to there and back, as sketch.hpp and sight.hpp are for a ring's keys.
// Depends on: packed, sight (moments), policy.
#pragma once

#include "packed.hpp"
#include "sight.hpp"

#include <keywright/policy/vault_evolve.hpp>

namespace keywright::model::vault {

using namespace keywright::policy;

inline constexpr std::size_t max_policies = 2;
inline constexpr std::size_t max_environments = 2; ///< the first is for production, the second is not

enum class granted : std::uint8_t { nothing, something, all };
/// How long a policy has been offline: less than 7 d, less than 30 d, longer.
enum class offline_zone : std::uint8_t { week, month, over };
/// Of the time that a deleted key can be recovered, and that a replaced version is kept.
enum class keep_zone : std::uint8_t { none, running, over };

struct environment_sketch {
    bool deleted = false;
    std::uint8_t policy = 0; ///< number from 1; 0: in none
    bool on_key = false;
    operation under_way = operation::none;
    friend bool operator==(const environment_sketch&, const environment_sketch&) = default;
};

struct policy_sketch {
    bool made = false;
    granted grants = granted::nothing;
    std::uint8_t granted_by = 0; ///< 1: vera, 2: vic; 0: nobody
    bool revoked = false;
    offline_zone offline = offline_zone::week;
    std::uint8_t causes = 0; ///< bit n: revocation n is still to be put right
    keep_zone key_deleted = keep_zone::none;
    bool deleted = false;
    bool purged = false;
    bool requested = false;
    keep_zone earlier_version = keep_zone::none;
    friend bool operator==(const policy_sketch&, const policy_sketch&) = default;
};

struct sketch {
    std::array<policy_sketch, max_policies> policies{};
    std::array<environment_sketch, max_environments> environments{};
    bool vic_administers = false; ///< vic, of the vault, is an administrator of the tenant, too
    friend bool operator==(const sketch&, const sketch&) = default;

    bool has_members(std::size_t policy) const {
        for (const environment_sketch& e : environments)
            if (!e.deleted && e.policy == policy + 1) return true;
        return false;
    }
    /// Made, and not deleted with nothing left in it.
    bool there(std::size_t policy) const { return policies[policy].made && (!policies[policy].deleted || has_members(policy)); }
    const policy_sketch* policy_of(std::size_t environment) const {
        const std::uint8_t number = environments[environment].policy;
        return number == 0 ? nullptr : &policies[number - 1U];
    }
    bool offline(std::size_t environment) const {
        const policy_sketch* policy = policy_of(environment);
        return policy != nullptr && policy->revoked;
    }
};

namespace detail {

template <class Bits, class Sketch>
void fields(Bits& bits, Sketch& s) {
    for (auto& p : s.policies) {
        bits(p.made, 1), bits(p.grants, 2), bits(p.granted_by, 2), bits(p.revoked, 1), bits(p.offline, 2), bits(p.causes, 6);
        bits(p.key_deleted, 2), bits(p.deleted, 1), bits(p.purged, 1), bits(p.requested, 1), bits(p.earlier_version, 2);
    }
    for (auto& e : s.environments) bits(e.deleted, 1), bits(e.policy, 2), bits(e.on_key, 1), bits(e.under_way, 4);
    bits(s.vic_administers, 1);
}

} // namespace detail

inline packed pack(const sketch& s) {
    model::detail::bit_writer bits;
    detail::fields(bits, s);
    return bits.out;
}
inline sketch unpack(const packed& p) {
    sketch s;
    model::detail::bit_reader bits(p);
    detail::fields(bits, s);
    return s;
}

// --- the aggregates ---

struct world {
    tenant_state tenant;
    ring_state ring;
    std::array<environment_state, max_environments> environments{};
    std::array<policy_state, max_policies> policies{};
};

/// What a command is about, by number.
struct about {
    static constexpr std::uint8_t none = 255;
    std::uint8_t policy = none;
    std::uint8_t environment = none;
    std::uint8_t source = none;
};

inline constexpr std::array<std::string_view, max_policies> policy_names{"p1", "p2"};
inline constexpr std::array<std::string_view, max_policies> key_names{"k1", "k2"};
inline constexpr std::array<std::string_view, max_environments> environment_names{"prod", "sandbox"};
inline constexpr actor alice{admin_id{"alice"}};                   ///< of the tenant
inline constexpr actor erin{admin_id{"erin"}};                     ///< of `prod`
inline constexpr actor vera{admin_id{"vera"}, principal::vault};   ///< of the vault
inline constexpr actor vic{admin_id{"vic"}, principal::vault};     ///< of the vault, sometimes also of the tenant
inline constexpr actor vic_as_person{admin_id{"vic"}};
inline constexpr actor mallory{admin_id{"mallory"}};               ///< nobody
inline constexpr actor provider_person{admin_id{"provider"}, principal::provider};
inline constexpr actor people[] = {alice, erin, vera, vic, vic_as_person, mallory, provider_person, the_system};

constexpr environment_kind kind_of(std::size_t environment) {
    return environment == 0 ? environment_kind::production : environment_kind::sandbox;
}
/// Of the n-th version of a policy's key, from 1.
constexpr fingerprint print_of(std::size_t policy, std::size_t version) {
    fingerprint print;
    print.bytes[0] = static_cast<std::uint8_t>(policy * 16 + version);
    return print;
}

inline facts facts_of(const world& w, const about& a, instant asked_at) {
    const auto policy_of = [&](std::uint8_t environment) -> const policy_state* {
        if (environment == about::none || !w.environments[environment].membership.in_policy()) return nullptr;
        for (const policy_state& each : w.policies)
            if (each.id == w.environments[environment].membership.policy) return &each;
        return nullptr;
    };
    return {.tenant = w.tenant,
            .ring = w.ring,
            .now = effective_now(w.ring, asked_at),
            .environment_ = a.environment == about::none ? nullptr : &w.environments[a.environment],
            .source_ = a.source == about::none ? nullptr : &w.environments[a.source],
            .backup_ = nullptr,
            .policy_ = a.policy != about::none ? &w.policies[a.policy] : policy_of(a.environment),
            .source_policy_ = policy_of(a.source)};
}

// --- to a sketch ---

namespace detail {

inline keep_zone zone_of(instant since, seconds kept, instant now) {
    return !happened(since) ? keep_zone::none : now < since + kept ? keep_zone::running : keep_zone::over;
}
inline policy_sketch sketch_of(const policy_state& p, instant now) {
    policy_sketch s;
    if (p.id.empty()) return s;
    s.made = true;
    s.grants = p.permissions.complete() ? granted::all : p.permissions == key_permissions{} ? granted::nothing : granted::something;
    s.granted_by = p.granted_by == vera.who ? 1 : p.granted_by == vic.who ? 2 : 0;
    s.revoked = p.revoked;
    if (p.revoked)
        s.offline = now < p.revoked_at + days(7)    ? offline_zone::week
                    : now < p.revoked_at + days(30) ? offline_zone::month
                                                    : offline_zone::over;
    for (const revocation each : p.causes) s.causes = static_cast<std::uint8_t>(s.causes | 1U << static_cast<unsigned>(each));
    s.key_deleted = zone_of(p.key_deleted_at, p.soft_delete, now);
    s.deleted = p.deleted, s.purged = p.purged;
    s.requested = !p.unlock_requested_by.empty();
    if (p.versions.size() > 1) s.earlier_version = zone_of(p.versions[0].replaced_at, days(28), now);
    return s;
}

} // namespace detail

inline sketch sketch_of(const world& w) {
    sketch s;
    for (std::size_t i = 0; i < max_policies; ++i) s.policies[i] = detail::sketch_of(w.policies[i], w.ring.latest);
    for (std::size_t i = 0; i < max_environments; ++i) {
        const environment_state& e = w.environments[i];
        s.environments[i].deleted = e.deleted;
        if (e.deleted) continue;
        for (std::size_t p = 0; p < max_policies; ++p)
            if (e.membership.in_policy() && e.membership.policy.view() == policy_names[p])
                s.environments[i].policy = static_cast<std::uint8_t>(p + 1);
        s.environments[i].on_key = e.managed_by == protector::customer;
        s.environments[i].under_way = e.transition;
    }
    s.vic_administers = is_tenant_administrator(w.tenant, vic.who);
    return s;
}

// --- and back ---

namespace detail {

inline instant moment_of(keep_zone zone, seconds kept, end_of_zone end) {
    if (zone == keep_zone::none) return never;
    return zone == keep_zone::running ? model::detail::ago({}, kept, end) : model::detail::ago(kept, far, end);
}
inline instant moment_of(offline_zone zone, end_of_zone end) {
    const seconds limits[] = {{}, days(7), days(30), far};
    const auto n = static_cast<std::size_t>(zone);
    return model::detail::ago(limits[n], limits[n + 1], end);
}
inline policy_state policy_of(const sketch& s, std::size_t number, end_of_zone end) {
    const policy_sketch& from = s.policies[number];
    policy_state p;
    p.tenant = tenant_id{"contoso"};
    if (!from.made) return p;
    p.id = policy_id(policy_names[number]);
    p.region = region_id{"eu"};
    p.vault = vault_id{"safe"};
    p.key = key_id(key_names[number]);
    p.print = print_of(number, 1);
    p.soft_delete = days(90);
    p.purge_protection = true;
    const bool rotated = from.earlier_version != keep_zone::none;
    if (rotated) p.versions.push_back({1, print_of(number, 1), present_moment - far, moment_of(from.earlier_version, days(28), end)});
    p.versions.push_back({rotated ? 2U : 1U, print_of(number, rotated ? 2 : 1), present_moment - far, never});
    p.permissions = from.grants == granted::all ? all_uses : key_permissions{from.grants == granted::something, false, false};
    if (from.granted_by != 0) p.granted_by = from.granted_by == 1 ? vera.who : vic.who;
    p.revoked = from.revoked;
    if (p.revoked) p.revoked_at = moment_of(from.offline, end);
    p.epoch = 4;
    for (unsigned each = 0; each < 6; ++each)
        if ((from.causes >> each & 1U) != 0) p.causes.push_back(static_cast<revocation>(each));
    p.key_deleted_at = moment_of(from.key_deleted, p.soft_delete, end);
    p.deleted = from.deleted, p.purged = from.purged;
    if (from.requested) p.unlock_requested_by = alice.who;
    return p;
}

} // namespace detail

/// The aggregates that a sketch shows, each moment at one end of its zone.
inline world world_of(const sketch& s, end_of_zone end) {
    world w;
    w.tenant.id = tenant_id{"contoso"};
    w.tenant.regions = 1;
    w.tenant.administrators.push_back({alice.who, {}, present_moment - far});
    w.tenant.administrators.push_back({erin.who, environment_id(environment_names[0]), present_moment - far});
    if (s.vic_administers) w.tenant.administrators.push_back({vic.who, {}, present_moment - far});
    w.ring.tenant = w.tenant.id;
    w.ring.region = region_id{"eu"};
    w.ring.latest = present_moment;
    for (std::size_t i = 0; i < max_policies; ++i) w.policies[i] = detail::policy_of(s, i, end);
    for (std::size_t i = 0; i < max_environments; ++i) {
        const environment_sketch& from = s.environments[i];
        environment_state& e = w.environments[i];
        e.id = environment_id(environment_names[i]), e.tenant = w.tenant.id, e.region = w.ring.region, e.kind = kind_of(i);
        e.created_at = present_moment - far;
        e.deleted = from.deleted;
        if (from.deleted) continue;
        e.managed_by = from.on_key ? protector::customer : protector::provider;
        e.transition = from.under_way;
        e.key_version = e.data_era = e.content = 3, e.access_epoch = 5;
        ++w.ring.environments;
        w.ring.customer_managed += from.on_key ? 1U : 0U;
        w.ring.resetting += from.on_key && from.under_way == operation::resetting ? 1U : 0U;
        w.ring.in_transition += from.under_way != operation::none ? 1U : 0U;
        if (from.policy == 0) continue;
        policy_state& policy = w.policies[from.policy - 1U];
        e.membership.policy = policy.id, e.membership.provider_version = 2;
        ++(kind_of(i) == environment_kind::production ? policy.production : policy.others);
    }
    return w;
}

} // namespace keywright::model::vault
