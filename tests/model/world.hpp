// SPDX-License-Identifier: Apache-2.0
// The concrete side: the shipped aggregates of one tenant with one or two rings, and the names that the model gives.
// Depends on: keywright/policy.hpp, sketch.
#pragma once

#include "sketch.hpp"

#include <keywright/policy.hpp>

#include <string>

namespace keywright::model {

using namespace policy;

/// Every abstract state is looked at in this moment.
inline constexpr instant present_moment{2'000'000'000};

/// What one search covers. Printed with its result.
struct bounds {
    std::string_view name;
    std::size_t rings = 1;
    std::size_t keys = max_keys;
    std::array<std::size_t, max_rings> environments{max_environments, 0};
    bool backups = false;      ///< one backup for each ring, taken and taken again
    bool import_keys = false;  ///< keys come as BYOK files, too
    bool people_change = false; ///< administrators come and go, the feature is turned on in the course of it
    bool elsewhere = false;    ///< keys may be held by a ring that is not shown
    bool two_people = false;   ///< who of the two tenant administrators did something matters (recommended)
    bool clocks = false;       ///< a clock may be behind, and be accepted (recommended)
};

struct ring_world {
    ring_state ring;
    std::array<environment_state, max_environments> environments{}; ///< nameless: not yet created
    backup_state backup;                                            ///< nameless: there is none
    instant now = present_moment;
};

struct world {
    tenant_state tenant;
    std::array<ring_world, max_rings> rings{};
    std::array<bool, max_keys> elsewhere{};
};

/// What a command is about, by number.
struct about {
    static constexpr std::uint8_t none = 255;
    std::uint8_t ring = 0;
    std::uint8_t environment = none;
    std::uint8_t source = none;
    bool backup = false;
};

// --- names ---

inline constexpr std::array<std::string_view, max_keys> key_names{"k1", "k2", "k3"};
inline constexpr std::array<std::string_view, max_people> people_names{"alice", "bob", "erin"};
inline constexpr std::array<std::string_view, max_rings> region_names{"eu", "us"};
inline constexpr std::array<std::array<std::string_view, max_environments>, max_rings> environment_names{
    {{"eu-support", "eu-prod-1", "eu-prod-2"}, {"us-support", "us-prod-1", "us-prod-2"}}};
inline constexpr std::string_view import_kid = "https://vault/keys/import-1";

/// The support environment is erin's and differs from the others; those are interchangeable.
constexpr environment_kind kind_of(std::size_t environment) {
    return environment == 0 ? environment_kind::support_investigation : environment_kind::production;
}
constexpr fingerprint print_of(std::size_t key) {
    fingerprint print;
    print.bytes[0] = static_cast<std::uint8_t>(key + 1);
    return print;
}
/// max_keys for a key that is none of the model's.
constexpr std::size_t key_number(const fingerprint& print) {
    const std::size_t n = print.bytes[0];
    return n >= 1 && n <= max_keys ? n - 1 : max_keys;
}
constexpr std::size_t person_number(const admin_id& who) {
    for (std::size_t i = 0; i < max_people; ++i)
        if (who.view() == people_names[i]) return i;
    return max_people;
}
constexpr std::size_t environment_number(std::size_t ring, const environment_id& id) {
    for (std::size_t i = 0; i < max_environments; ++i)
        if (id.view() == environment_names[ring][i]) return i;
    return max_environments;
}
constexpr actor person(std::size_t number) { return {admin_id(people_names[number])}; }

// --- reading a world ---

constexpr facts facts_of(const world& w, const about& a, instant asked_at) {
    const ring_world& r = w.rings[a.ring];
    return {.tenant = w.tenant,
            .ring = r.ring,
            .now = effective_now(r.ring, asked_at),
            .environment_ = a.environment == about::none ? nullptr : &r.environments[a.environment],
            .source_ = a.source == about::none ? nullptr : &r.environments[a.source],
            .backup_ = a.backup && !r.backup.id.empty() ? &r.backup : nullptr};
}

/// Whether a ring other than `ring` holds the key: it is in use there, a locked one included.
constexpr bool held_by_another(const world& w, std::size_t ring, std::size_t key) {
    if (w.elsewhere[key]) return true;
    for (std::size_t other = 0; other < max_rings; ++other)
        if (other != ring)
            for (const key_record& record : w.rings[other].ring.keys)
                if (in_use(record) && record.print == print_of(key)) return true;
    return false;
}

} // namespace keywright::model
