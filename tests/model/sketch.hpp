// SPDX-License-Identifier: Apache-2.0
// An abstract state: what of a tenant, its rings, environments and backups can make a difference to any later decision.
// Names and absolute times are gone. A moment in the past is kept as its zone: which of the limits that the rules know
// it lies before. Records of keys that are final, numbers that only grow, and windows that have closed are dropped.
// Plain values; no policy type. sight.hpp leads from the aggregates to here and back.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace keywright::model {

inline constexpr std::size_t max_rings = 2;
inline constexpr std::size_t max_keys = 3;
inline constexpr std::size_t max_environments = 3; ///< of one ring
inline constexpr std::size_t max_people = 3;       ///< the first two of the tenant, the third of one environment
inline constexpr std::size_t max_locks = 4;        ///< one for each environment, and the newest

/// Of a key in a ring. A final record (Deleted, Retired) counts as none: its name and its material may come again.
enum class key_place : std::uint8_t { none, available, installing, active, locked };
/// Since the last activation or unlocking: less than 24 h, less than 72 h, more.
enum class change_zone : std::uint8_t { below_day, below_three, past };
/// Of a lock's record: 28 d have not passed; they have, but an unlock of the key holds the deadline; due.
enum class due_zone : std::uint8_t { running, held, due };
/// Of the hold that an unlock of the key puts on deadlines: none (or over); the attempt runs; it ended less than 24 h ago.
enum class hold_zone : std::uint8_t { none, running, after };
enum class life : std::uint8_t { absent, alive, deleted };

struct environment_sketch {
    life is = life::absent;
    bool customer = false;
    bool early = false;         ///< created before the feature was on for the tenant
    std::uint8_t operation = 0; ///< policy::operation
    std::uint8_t lock = 0;      ///< number of the lock that holds it, counted from 1 among those kept; 0: not locked
    std::uint8_t found_due = 0; ///< its deadline was found passed: 1 less than 24 h ago, 2 longer ago (recommended)
    friend bool operator==(const environment_sketch&, const environment_sketch&) = default;
};

struct backup_sketch {
    bool there = false;
    std::uint8_t environment = 0;
    bool customer = false;
    bool earlier_key = false; ///< the environment has newer keys by now
    bool earlier_era = false; ///< taken before a reset
    bool lost = false;        ///< of the earlier keys this one was behind a key that is gone
    friend bool operator==(const backup_sketch&, const backup_sketch&) = default;
};

/// Who activated, what was Active before, and who was told of it (recommended).
struct activation_sketch {
    std::uint8_t by = 0;     ///< number of the person from 1; 0: nobody who matters
    std::uint8_t before = 0; ///< number of the key from 1 that was Active; 0: none that is still there
    bool told = false;       ///< somebody who did not act knows
    std::uint8_t newcomers = 0; ///< bit n: person n came after it was asked for
    friend bool operator==(const activation_sketch&, const activation_sketch&) = default;
};

/// A lock that waits for a second administrator (recommended).
struct request_sketch {
    std::uint8_t by = 0;  ///< number of the person from 1; 0: there is no request
    std::uint8_t key = 0; ///< number of the key from 1
    bool late = false;    ///< asked 24 h ago or more
    friend bool operator==(const request_sketch&, const request_sketch&) = default;
};

struct ring_sketch {
    std::array<key_place, max_keys> keys{};
    std::array<environment_sketch, max_environments> environments{};
    backup_sketch backup;
    bool self_managed = false;
    bool ever_activated = false;
    bool import_key = false;
    bool unlocks = false;            ///< what is installing is the locked key
    bool locking = false;
    bool installing_late = false;    ///< for 1 h or more
    bool requested_late = true;      ///< the last lock was requested 1 h ago or more
    bool applied_late = true;        ///< the last apply was completed 72 h ago or more
    change_zone effective = change_zone::past;
    hold_zone hold = hold_zone::none;
    std::uint8_t lock_count = 0;
    std::array<due_zone, max_locks> locks{};
    activation_sketch attempt;       ///< of what is installing
    activation_sketch activation;    ///< of the last one that became effective
    bool told_late = true;           ///< of that one somebody has known for 72 h or more
    request_sketch request;
    std::uint8_t vote = 0;           ///< who vouched for a clock that is behind, from 1
    bool ever_effective = true;      ///< a key was Active once; kept only where clocks are accepted
    bool ever_applied = true;
    friend bool operator==(const ring_sketch&, const ring_sketch&) = default;
};

struct sketch {
    std::array<ring_sketch, max_rings> rings{};
    std::array<bool, max_keys> elsewhere{}; ///< held by a ring that is not shown here
    std::array<bool, max_people> present{};
    bool feature_on = false;
    friend bool operator==(const sketch&, const sketch&) = default;
};

} // namespace keywright::model
