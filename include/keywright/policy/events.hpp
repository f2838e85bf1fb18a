// SPDX-License-Identifier: Apache-2.0
// What has happened. These names and fields ARE the storage format of the audit log: add, never change; a reader
// accepts every version ever written. Each event lists its fields once, in `visit`, for writing, reading and showing.
// Depends on: core, policy/state.
#pragma once

#include <keywright/policy/environment_events.hpp>
#include <keywright/policy/state.hpp>
#include <keywright/policy/vault_events.hpp>

#include <array>
#include <string_view>
#include <variant>

namespace keywright::policy {

/// The fields of events that say only which key. Comparison is inherited with them.
struct about_key {
    key_id key;
    fingerprint print;
    template <class Self, class Visitor>
    static constexpr void visit(Self& self, Visitor&& field) {
        field("key", self.key);
        field("print", self.print);
    }
    friend constexpr bool operator==(const about_key&, const about_key&) = default;
};

// --- tenants and their people ---

struct tenant_created {
    static constexpr std::string_view name = "tenant_created";
    tenant_id tenant;
    std::uint32_t seats = 0;
    bool opted_in = false;
    std::uint8_t regions = 0;
    licence_plan plan = licence_plan::other;
    template <class Self, class Visitor>
    static constexpr void visit(Self& self, Visitor&& field) {
        field("tenant", self.tenant);
        field("seats", self.seats);
        field("opted_in", self.opted_in);
        field("regions", self.regions);
        field("plan", self.plan);
    }
    friend constexpr bool operator==(const tenant_created&, const tenant_created&) = default;
};
struct feature_enabled {
    static constexpr std::string_view name = "feature_enabled";
    template <class Self, class Visitor>
    static constexpr void visit(Self&, Visitor&&) {}
    friend constexpr bool operator==(const feature_enabled&, const feature_enabled&) = default;
};
struct administrator_added {
    static constexpr std::string_view name = "administrator_added";
    admin_id who;
    environment_id environment;
    template <class Self, class Visitor>
    static constexpr void visit(Self& self, Visitor&& field) {
        field("who", self.who);
        field("environment", self.environment);
    }
    friend constexpr bool operator==(const administrator_added&, const administrator_added&) = default;
};
struct administrator_removed {
    static constexpr std::string_view name = "administrator_removed";
    admin_id who;
    environment_id environment;
    template <class Self, class Visitor>
    static constexpr void visit(Self& self, Visitor&& field) {
        field("who", self.who);
        field("environment", self.environment);
    }
    friend constexpr bool operator==(const administrator_removed&, const administrator_removed&) = default;
};
struct environment_created {
    static constexpr std::string_view name = "environment_created";
    environment_id environment;
    environment_kind kind{};
    bool file_data = false;
    bool external_logs = false;
    geography_id geography{};
    release_text release{};
    classification data = classification::internal;
    template <class Self, class Visitor>
    static constexpr void visit(Self& self, Visitor&& field) {
        field("environment", self.environment);
        field("kind", self.kind);
        field("file_data", self.file_data);
        field("external_logs", self.external_logs);
        field("geography", self.geography);
        field("release", self.release);
        field("data", self.data);
    }
    friend constexpr bool operator==(const environment_created&, const environment_created&) = default;
};

// --- keys of a ring ---

/// The first time is the opt-in to managing one's own key.
struct risk_acknowledged {
    static constexpr std::string_view name = "risk_acknowledged";
    bool first = false;
    template <class Self, class Visitor>
    static constexpr void visit(Self& self, Visitor&& field) {
        field("first", self.first);
    }
    friend constexpr bool operator==(const risk_acknowledged&, const risk_acknowledged&) = default;
};
struct import_key_created {
    static constexpr std::string_view name = "import_key_created";
    kid_text kid;
    fingerprint print;
    instant expires_at = never;
    template <class Self, class Visitor>
    static constexpr void visit(Self& self, Visitor&& field) {
        field("kid", self.kid);
        field("print", self.print);
        field("expires_at", self.expires_at);
    }
    friend constexpr bool operator==(const import_key_created&, const import_key_created&) = default;
};
struct key_generated {
    static constexpr std::string_view name = "key_generated";
    key_id key;
    fingerprint print;
    std::uint32_t bits = 0;
    template <class Self, class Visitor>
    static constexpr void visit(Self& self, Visitor&& field) {
        field("key", self.key);
        field("print", self.print);
        field("bits", self.bits);
    }
    friend constexpr bool operator==(const key_generated&, const key_generated&) = default;
};
struct key_uploaded {
    static constexpr std::string_view name = "key_uploaded";
    key_id key;
    fingerprint print;
    std::uint32_t bits = 0;
    file_kind format{};
    template <class Self, class Visitor>
    static constexpr void visit(Self& self, Visitor&& field) {
        field("key", self.key);
        field("print", self.print);
        field("bits", self.bits);
        field("format", self.format);
    }
    friend constexpr bool operator==(const key_uploaded&, const key_uploaded&) = default;
};
/// `rolls_back`: to the key before. `at_once`: the key is Active from this moment on, and the one before is Replaced
/// until everything hangs on the new one; otherwise it is Installing.
struct activation_started {
    static constexpr std::string_view name = "activation_started";
    key_id key;
    fingerprint print;
    std::uint64_t generation = 0;
    bool rolls_back = false;
    bool at_once = false;
    template <class Self, class Visitor>
    static constexpr void visit(Self& self, Visitor&& field) {
        field("key", self.key);
        field("print", self.print);
        field("generation", self.generation);
        field("rolls_back", self.rolls_back);
        field("at_once", self.at_once);
    }
    friend constexpr bool operator==(const activation_started&, const activation_started&) = default;
};
/// The old Active key becomes Available in the same step; a Replaced one is deleted.
struct key_activated : about_key {
    static constexpr std::string_view name = "key_activated";
    fingerprint replaced{};       ///< empty: none is deleted
    std::uint64_t activation = 0; ///< the how-manieth of the ring that became effective
    template <class Self, class Visitor>
    static constexpr void visit(Self& self, Visitor&& field) {
        about_key::visit(self, field);
        field("replaced", self.replaced);
        field("activation", self.activation);
    }
    friend constexpr bool operator==(const key_activated&, const key_activated&) = default;
};
struct activation_failed : about_key {
    static constexpr std::string_view name = "activation_failed";
};
/// A second administrator undid it. `cancelled`: it was still Installing and never became Active; otherwise the
/// activation of the key before begins in the same step.
struct activation_rolled_back : about_key {
    static constexpr std::string_view name = "activation_rolled_back";
    bool cancelled = false;
    template <class Self, class Visitor>
    static constexpr void visit(Self& self, Visitor&& field) {
        about_key::visit(self, field);
        field("cancelled", self.cancelled);
    }
    friend constexpr bool operator==(const activation_rolled_back&, const activation_rolled_back&) = default;
};
/// Whoever asked and the moment are the event's own. `waits`: for a second administrator; otherwise lock_started follows
/// in the same step.
struct lock_requested : about_key {
    static constexpr std::string_view name = "lock_requested";
    bool waits = false;
    template <class Self, class Visitor>
    static constexpr void visit(Self& self, Visitor&& field) {
        about_key::visit(self, field);
        field("waits", self.waits);
    }
    friend constexpr bool operator==(const lock_requested&, const lock_requested&) = default;
};
struct lock_approved : about_key {
    static constexpr std::string_view name = "lock_approved";
    admin_id requested_by{};
    template <class Self, class Visitor>
    static constexpr void visit(Self& self, Visitor&& field) {
        about_key::visit(self, field);
        field("requested_by", self.requested_by);
    }
    friend constexpr bool operator==(const lock_approved&, const lock_approved&) = default;
};
/// Every environment on the ring's key is locked from here on; Active and Available keys are deleted.
struct lock_started {
    static constexpr std::string_view name = "lock_started";
    key_id key;
    fingerprint print;
    std::uint64_t epoch = 0;
    std::uint32_t environments = 0;
    template <class Self, class Visitor>
    static constexpr void visit(Self& self, Visitor&& field) {
        field("key", self.key);
        field("print", self.print);
        field("epoch", self.epoch);
        field("environments", self.environments);
    }
    friend constexpr bool operator==(const lock_started&, const lock_started&) = default;
};
struct lock_completed {
    static constexpr std::string_view name = "lock_completed";
    key_id key;
    std::uint64_t epoch = 0;
    template <class Self, class Visitor>
    static constexpr void visit(Self& self, Visitor&& field) {
        field("key", self.key);
        field("epoch", self.epoch);
    }
    friend constexpr bool operator==(const lock_completed&, const lock_completed&) = default;
};
struct key_unlock_started {
    static constexpr std::string_view name = "key_unlock_started";
    key_id key;
    fingerprint print;
    file_kind format{};
    bool at_once = false; ///< Active from this moment on, not Installing
    template <class Self, class Visitor>
    static constexpr void visit(Self& self, Visitor&& field) {
        field("key", self.key);
        field("print", self.print);
        field("format", self.format);
        field("at_once", self.at_once);
    }
    friend constexpr bool operator==(const key_unlock_started&, const key_unlock_started&) = default;
};
struct key_unlocked : about_key {
    static constexpr std::string_view name = "key_unlocked";
    std::uint64_t activation = 0; ///< as of key_activated
    template <class Self, class Visitor>
    static constexpr void visit(Self& self, Visitor&& field) {
        about_key::visit(self, field);
        field("activation", self.activation);
    }
    friend constexpr bool operator==(const key_unlocked&, const key_unlocked&) = default;
};
struct key_unlock_failed : about_key {
    static constexpr std::string_view name = "key_unlock_failed";
};

// --- deliveries and clocks ---

/// The notice of the present activation has reached an administrator who did not act and held the role before: the
/// first such delivery. The wait before a lock begins here.
struct notice_delivered : about_key {
    static constexpr std::string_view name = "notice_delivered";
    admin_id to{};
    std::uint64_t activation = 0;
    template <class Self, class Visitor>
    static constexpr void visit(Self& self, Visitor&& field) {
        about_key::visit(self, field);
        field("to", self.to);
        field("activation", self.activation);
    }
    friend constexpr bool operator==(const notice_delivered&, const notice_delivered&) = default;
};
/// An administrator vouches for a clock that is behind. `agreed`: the second one did, so time starts again from it, and
/// with it every window.
struct clock_accepted {
    static constexpr std::string_view name = "clock_accepted";
    instant clock = never;
    bool agreed = false;
    template <class Self, class Visitor>
    static constexpr void visit(Self& self, Visitor&& field) {
        field("clock", self.clock);
        field("agreed", self.agreed);
    }
    friend constexpr bool operator==(const clock_accepted&, const clock_accepted&) = default;
};

namespace detail {

template <class Events, class MoreEvents>
struct one_of;
template <class... Es, class... More>
struct one_of<event_types<Es...>, event_types<More...>> {
    using type = std::variant<Es..., More...>;
};

/// In the order in which they came. A new one goes to the end.
using events_of_rings_and_environments =
    event_types<tenant_created, feature_enabled, administrator_added, administrator_removed, environment_created, risk_acknowledged,
                import_key_created, key_generated, key_uploaded, activation_started, key_activated, activation_failed, lock_requested,
                lock_started, lock_completed, key_unlock_started, key_unlocked, key_unlock_failed, apply_started, key_applied, apply_failed,
                return_started, returned_to_provider, return_failed, environment_unlock_started, environment_unlocked,
                environment_unlock_failed, environment_deleted, backup_taken, restore_started, restored, restore_failed, copy_started,
                copied, copy_failed, reset_started, reset_completed, activation_rolled_back, lock_approved, notice_delivered,
                clock_accepted, deadline_passed, field_encryption_enabled>;

} // namespace detail

/// One of the events above, of environments, and of a customer's own vault.
using event_body = detail::one_of<detail::events_of_rings_and_environments, events_of_vaults>::type;

/// An event with who and when. Its number in the tenant's log is given when it is committed.
struct event {
    actor by;
    instant at;
    event_body body;
    friend constexpr bool operator==(const event&, const event&) = default;
};

namespace detail {

/// The I-th alternative, which `body` must hold. One function, because each use of std::get is looked up among those for
/// tuples, pairs and arrays.
template <std::size_t I>
constexpr const auto& alternative(const event_body& body) {
    return *std::get_if<I>(&body);
}

template <class... Es>
constexpr std::array<std::string_view, sizeof...(Es)> names_of_events(const std::variant<Es...>*) {
    return {Es::name...};
}

} // namespace detail

/// Calls visitor(body) for the event's own type. As std::visit, whose tables for this many types cost each consumer
/// half the compilation of the policy.
template <class Visitor>
constexpr void visit_body(const event_body& body, const Visitor& visitor) {
    constexpr std::size_t last = std::variant_size_v<event_body> - 1; // what is none of the others
    [&]<std::size_t... I>(std::index_sequence<I...>) {
        static_cast<void>((((I == last || body.index() == I) && (visitor(detail::alternative<I>(body)), true)) || ...));
    }(std::make_index_sequence<std::variant_size_v<event_body>>{});
}

constexpr std::string_view name(const event& e) {
    constexpr auto names = detail::names_of_events(static_cast<const event_body*>(nullptr));
    return names[e.body.index()];
}

} // namespace keywright::policy
