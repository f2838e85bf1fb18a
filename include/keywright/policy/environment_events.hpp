// SPDX-License-Identifier: Apache-2.0
// What has happened to an environment. As in policy/events.hpp, which includes this: names and fields ARE the storage
// format of the audit log.
// Depends on: core, policy/state.
#pragma once

#include <keywright/policy/state.hpp>

#include <string_view>

namespace keywright::policy {

/// How an environment was protected when an event took it away, so that the ring's counts follow from the event alone.
enum class protection : std::uint8_t { provider, customer, locked };

/// The fields of events that say only which environment. Comparison is inherited with them.
struct about_environment {
    environment_id environment;
    template <class Self, class Visitor>
    static constexpr void visit(Self& self, Visitor&& field) {
        field("environment", self.environment);
    }
    friend constexpr bool operator==(const about_environment&, const about_environment&) = default;
};

struct apply_started : about_environment {
    static constexpr std::string_view name = "apply_started";
};
struct key_applied {
    static constexpr std::string_view name = "key_applied";
    environment_id environment;
    std::uint64_t key_version = 0;
    std::uint64_t epoch = 0;
    std::uint64_t first_generation = 0; ///< of the ring; in events of version 0.1 there is none
    template <class Self, class Visitor>
    static constexpr void visit(Self& self, Visitor&& field) {
        field("environment", self.environment);
        field("key_version", self.key_version);
        field("epoch", self.epoch);
        field("first_generation", self.first_generation);
    }
    friend constexpr bool operator==(const key_applied&, const key_applied&) = default;
};
struct apply_failed : about_environment {
    static constexpr std::string_view name = "apply_failed";
};
struct return_started : about_environment {
    static constexpr std::string_view name = "return_started";
};
struct returned_to_provider {
    static constexpr std::string_view name = "returned_to_provider";
    environment_id environment;
    std::uint64_t key_version = 0;
    fingerprint deletes{}; ///< where a key serves one environment only: the key that goes with it
    template <class Self, class Visitor>
    static constexpr void visit(Self& self, Visitor&& field) {
        field("environment", self.environment);
        field("key_version", self.key_version);
        field("deletes", self.deletes);
    }
    friend constexpr bool operator==(const returned_to_provider&, const returned_to_provider&) = default;
};
struct return_failed : about_environment {
    static constexpr std::string_view name = "return_failed";
};
struct environment_unlock_started : about_environment {
    static constexpr std::string_view name = "environment_unlock_started";
};
struct environment_unlocked {
    static constexpr std::string_view name = "environment_unlocked";
    environment_id environment;
    std::uint64_t epoch = 0;
    template <class Self, class Visitor>
    static constexpr void visit(Self& self, Visitor&& field) {
        field("environment", self.environment);
        field("epoch", self.epoch);
    }
    friend constexpr bool operator==(const environment_unlocked&, const environment_unlocked&) = default;
};
struct environment_unlock_failed : about_environment {
    static constexpr std::string_view name = "environment_unlock_failed";
};
struct environment_deleted {
    static constexpr std::string_view name = "environment_deleted";
    environment_id environment;
    protection was{};
    bool by_retention = false;
    template <class Self, class Visitor>
    static constexpr void visit(Self& self, Visitor&& field) {
        field("environment", self.environment);
        field("was", self.was);
        field("by_retention", self.by_retention);
    }
    friend constexpr bool operator==(const environment_deleted&, const environment_deleted&) = default;
};
/// Time was found to have run out for a locked environment, under the clock of that era. Where it takes two such
/// findings to delete, this is the first.
struct deadline_passed {
    static constexpr std::string_view name = "deadline_passed";
    environment_id environment;
    std::uint64_t clock_era = 0;
    template <class Self, class Visitor>
    static constexpr void visit(Self& self, Visitor&& field) {
        field("environment", self.environment);
        field("clock_era", self.clock_era);
    }
    friend constexpr bool operator==(const deadline_passed&, const deadline_passed&) = default;
};
struct field_encryption_enabled : about_environment {
    static constexpr std::string_view name = "field_encryption_enabled";
};
struct backup_taken {
    static constexpr std::string_view name = "backup_taken";
    environment_id environment;
    backup_id backup;
    protector managed_by{};
    fingerprint key;
    std::uint64_t key_version = 0;
    std::uint64_t data_era = 0;
    template <class Self, class Visitor>
    static constexpr void visit(Self& self, Visitor&& field) {
        field("environment", self.environment);
        field("backup", self.backup);
        field("managed_by", self.managed_by);
        field("key", self.key);
        field("key_version", self.key_version);
        field("data_era", self.data_era);
    }
    friend constexpr bool operator==(const backup_taken&, const backup_taken&) = default;
};
struct restore_started {
    static constexpr std::string_view name = "restore_started";
    environment_id environment;
    environment_id source;
    backup_id backup;
    template <class Self, class Visitor>
    static constexpr void visit(Self& self, Visitor&& field) {
        field("environment", self.environment);
        field("source", self.source);
        field("backup", self.backup);
    }
    friend constexpr bool operator==(const restore_started&, const restore_started&) = default;
};
struct restored {
    static constexpr std::string_view name = "restored";
    environment_id environment;
    bool production = false;
    template <class Self, class Visitor>
    static constexpr void visit(Self& self, Visitor&& field) {
        field("environment", self.environment);
        field("production", self.production);
    }
    friend constexpr bool operator==(const restored&, const restored&) = default;
};
struct restore_failed : about_environment {
    static constexpr std::string_view name = "restore_failed";
};
struct copy_started {
    static constexpr std::string_view name = "copy_started";
    environment_id environment;
    environment_id source;
    template <class Self, class Visitor>
    static constexpr void visit(Self& self, Visitor&& field) {
        field("environment", self.environment);
        field("source", self.source);
    }
    friend constexpr bool operator==(const copy_started&, const copy_started&) = default;
};
struct copied {
    static constexpr std::string_view name = "copied";
    environment_id environment;
    bool production = false;
    template <class Self, class Visitor>
    static constexpr void visit(Self& self, Visitor&& field) {
        field("environment", self.environment);
        field("production", self.production);
    }
    friend constexpr bool operator==(const copied&, const copied&) = default;
};
struct copy_failed : about_environment {
    static constexpr std::string_view name = "copy_failed";
};
struct reset_started : about_environment {
    static constexpr std::string_view name = "reset_started";
    protection was{};
    template <class Self, class Visitor>
    static constexpr void visit(Self& self, Visitor&& field) {
        about_environment::visit(self, field);
        field("was", self.was);
    }
    friend constexpr bool operator==(const reset_started&, const reset_started&) = default;
};
struct reset_completed {
    static constexpr std::string_view name = "reset_completed";
    environment_id environment;
    protection was{};
    std::uint64_t key_version = 0;
    std::uint64_t data_era = 0;
    template <class Self, class Visitor>
    static constexpr void visit(Self& self, Visitor&& field) {
        field("environment", self.environment);
        field("was", self.was);
        field("key_version", self.key_version);
        field("data_era", self.data_era);
    }
    friend constexpr bool operator==(const reset_completed&, const reset_completed&) = default;
};

} // namespace keywright::policy
