// SPDX-License-Identifier: Apache-2.0
// What is known when a decision is made: three aggregates of fixed size, copied by value, and what follows from them.
// A ring is one (tenant, region) pair. Nothing here is written per environment when a ring is locked: an environment
// is locked when it is on the customer's key and its unlock epoch is behind the ring's lock epoch.
// Each aggregate lists its fields once, in `visit`, for writing, reading and showing.
// Depends on: core, policy/commands.
#pragma once

#include <keywright/core/inline_list.hpp>
#include <keywright/policy/commands.hpp>
#include <keywright/policy/vault_state.hpp>

namespace keywright::policy {

// --- tenant ---

struct administrator {
    admin_id who;
    environment_id environment; ///< empty: of the whole tenant
    instant since = never;
    template <class Self, class Visitor>
    static constexpr void visit(Self& self, Visitor&& field) {
        field("who", self.who);
        field("environment", self.environment);
        field("since", self.since);
    }
    friend constexpr bool operator==(const administrator&, const administrator&) = default;
};

struct tenant_state {
    static constexpr std::size_t max_administrators = 48;

    tenant_id id;
    std::uint32_t seats = 0;
    bool opted_in = false;
    std::uint8_t regions = 1;
    licence_plan plan = licence_plan::other;
    instant feature_on_at = never;
    inline_list<administrator, max_administrators> administrators;

    template <class Self, class Visitor>
    static constexpr void visit(Self& self, Visitor&& field) {
        field("id", self.id);
        field("seats", self.seats);
        field("opted_in", self.opted_in);
        field("regions", self.regions);
        field("plan", self.plan);
        field("feature_on_at", self.feature_on_at);
        field("administrators", self.administrators);
    }
    friend constexpr bool operator==(const tenant_state&, const tenant_state&) = default;
};

// --- ring ---

/// `replaced`: no longer the ring's key, and still needed until everything hangs on the new one.
enum class key_state : std::uint8_t { available, installing, active, locked, deleted, retired, replaced };

struct key_record {
    key_id id;
    fingerprint print;
    key_state state = key_state::available;
    instant created_at = never;
    template <class Self, class Visitor>
    static constexpr void visit(Self& self, Visitor&& field) {
        field("id", self.id);
        field("print", self.print);
        field("state", self.state);
        field("created_at", self.created_at);
    }
    friend constexpr bool operator==(const key_record&, const key_record&) = default;
};

/// When the lock that raised the ring's epoch to `epoch` was completed.
struct lock_record {
    std::uint64_t epoch = 0;
    instant completed_at = never;
    template <class Self, class Visitor>
    static constexpr void visit(Self& self, Visitor&& field) {
        field("epoch", self.epoch);
        field("completed_at", self.completed_at);
    }
    friend constexpr bool operator==(const lock_record&, const lock_record&) = default;
};

/// An activation that is under way, or the last one that became effective: what undoing it goes by.
struct activation_record {
    admin_id by;
    instant asked_at = never;
    std::uint64_t number = 0;   ///< of activations that became effective, in order
    fingerprint before;         ///< the key that was Active until then; empty: there is nothing to roll back to
    instant noticed_at = never; ///< its notice first reached somebody who did not act and held the role before
    template <class Self, class Visitor>
    static constexpr void visit(Self& self, Visitor&& field) {
        field("by", self.by);
        field("asked_at", self.asked_at);
        field("number", self.number);
        field("before", self.before);
        field("noticed_at", self.noticed_at);
    }
    friend constexpr bool operator==(const activation_record&, const activation_record&) = default;
};

/// A lock that waits for a second administrator.
struct lock_request_record {
    admin_id by; ///< empty: none waits
    fingerprint print;
    instant at = never;
    template <class Self, class Visitor>
    static constexpr void visit(Self& self, Visitor&& field) {
        field("by", self.by);
        field("print", self.print);
        field("at", self.at);
    }
    friend constexpr bool operator==(const lock_request_record&, const lock_request_record&) = default;
};

/// The first administrator's word for a clock that is behind.
struct clock_vote {
    admin_id by; ///< empty: nobody vouched
    instant clock = never;
    template <class Self, class Visitor>
    static constexpr void visit(Self& self, Visitor&& field) {
        field("by", self.by);
        field("clock", self.clock);
    }
    friend constexpr bool operator==(const clock_vote&, const clock_vote&) = default;
};

struct ring_state {
    static constexpr std::size_t max_keys = 16;
    /// More locks than fit into one retention period, each at least 72 h after the one before.
    static constexpr std::size_t max_locks = 12;

    tenant_id tenant;
    region_id region;
    instant latest = never; ///< the latest moment ever committed here
    inline_list<key_record, max_keys> keys;
    bool self_managed = false;      ///< the risk was acknowledged once: the opt-in
    bool ever_activated = false;    ///< an activation was accepted once; no failure, lock or deletion resets it
    std::uint64_t generation = 0;   ///< of the ring secret that wraps the environments' keys; 0: none yet
    std::uint64_t first_generation = 0; ///< what hung on one before is lost: when this one began, no key was left that opened it
    instant effective_at = never;   ///< when the last activation (or unlocking) became effective
    instant applied_at = never;     ///< the last completed apply
    instant installing_since = never;
    bool installing_unlocks = false; ///< what is installing is the locked key coming back
    activation_record attempt;       ///< of what is installing
    activation_record activation;    ///< of the last one that became effective
    lock_request_record lock_request;

    std::uint64_t lock_epoch = 0;
    instant lock_requested_at = never;
    bool locking = false;            ///< a lock was started and is not completed
    inline_list<lock_record, max_locks> locks;
    instant hold_from = never;       ///< an unlock of the key was accepted: deadlines after this moment are held …
    instant hold_until = never;      ///< … until this one; `never` while the attempt runs

    clock_vote clock;            ///< for a clock behind `latest`
    std::uint64_t clock_era = 0; ///< how often such a clock was accepted

    kid_text import_kid; ///< empty: there is no import key
    fingerprint import_print;
    instant import_expires_at = never; ///< `never`: it does not expire; so did those of version 0.1

    std::uint32_t environments = 0;     ///< not deleted
    std::uint32_t customer_managed = 0; ///< on the customer's key and not locked
    std::uint32_t locked = 0;           ///< locking and unlocking included
    std::uint32_t resetting = 0;        ///< of the customer_managed: they only go forward, so a lock does not reach them
    std::uint32_t in_transition = 0;    ///< applying, returning, unlocking, restoring, copying, resetting

    template <class Self, class Visitor>
    static constexpr void visit(Self& self, Visitor&& field) {
        field("tenant", self.tenant);
        field("region", self.region);
        field("latest", self.latest);
        field("keys", self.keys);
        field("self_managed", self.self_managed);
        field("ever_activated", self.ever_activated);
        field("generation", self.generation);
        field("first_generation", self.first_generation);
        field("effective_at", self.effective_at);
        field("applied_at", self.applied_at);
        field("installing_since", self.installing_since);
        field("installing_unlocks", self.installing_unlocks);
        field("attempt", self.attempt);
        field("activation", self.activation);
        field("lock_request", self.lock_request);
        field("lock_epoch", self.lock_epoch);
        field("lock_requested_at", self.lock_requested_at);
        field("locking", self.locking);
        field("locks", self.locks);
        field("hold_from", self.hold_from);
        field("hold_until", self.hold_until);
        field("clock", self.clock);
        field("clock_era", self.clock_era);
        field("import_kid", self.import_kid);
        field("import_print", self.import_print);
        field("import_expires_at", self.import_expires_at);
        field("environments", self.environments);
        field("customer_managed", self.customer_managed);
        field("locked", self.locked);
        field("resetting", self.resetting);
        field("in_transition", self.in_transition);
    }
    friend constexpr bool operator==(const ring_state&, const ring_state&) = default;
};

constexpr const key_record* find_key(const ring_state& ring, key_state state) {
    for (const key_record& key : ring.keys)
        if (key.state == state) return &key;
    return nullptr;
}
constexpr const key_record* find_key(const ring_state& ring, const key_id& id) {
    const key_record* found = nullptr; // names may repeat once a key is final: the one still in use wins, else the latest
    for (const key_record& key : ring.keys)
        if (key.id == id && (found == nullptr || found->state == key_state::deleted || found->state == key_state::retired)) found = &key;
    return found;
}
constexpr bool in_use(const key_record& key) { return key.state != key_state::deleted && key.state != key_state::retired; }
constexpr const key_record* active_key(const ring_state& ring) { return find_key(ring, key_state::active); }
constexpr const key_record* installing_key(const ring_state& ring) { return find_key(ring, key_state::installing); }
/// The key that everything is being moved to: Installing, or Active at once and not finished.
constexpr const key_record* incoming_key(const ring_state& ring) {
    if (const key_record* key = installing_key(ring)) return key;
    return happened(ring.installing_since) ? active_key(ring) : nullptr;
}
/// The locked key, also while it is installing again.
constexpr const key_record* locked_key(const ring_state& ring) {
    if (const key_record* key = find_key(ring, key_state::locked)) return key;
    return ring.installing_unlocks ? installing_key(ring) : nullptr;
}

// --- environment ---

enum class protector : std::uint8_t { provider, customer };

struct environment_state {
    environment_id id;
    tenant_id tenant;
    region_id region;
    environment_kind kind = environment_kind::production;
    bool file_data = false;
    bool external_logs = false;
    geography_id geography; ///< empty: that of its region
    release_text release;
    classification data = classification::internal;
    instant created_at = never;
    protector managed_by = protector::provider;
    std::uint64_t unlock_epoch = 0;
    std::uint64_t key_version = 1;  ///< of the environment's own keys: raised by apply, return and reset
    std::uint64_t first_generation = 0; ///< of its ring when it was last applied; with it came …
    std::uint64_t first_version = 0;    ///< … of its own keys this one and later ones
    std::uint64_t data_era = 1;     ///< raised by reset: backups of an earlier era are gone
    std::uint64_t content = 1;      ///< which generation of its data is current: raised when data is rebuilt
    std::uint64_t access_epoch = 0; ///< raised whenever it goes down: leases granted before are dead
    operation transition = operation::none;
    bool field_encrypted = false;        ///< once on, on for ever
    instant deadline_seen_at = never;    ///< when a locked environment's time was first found to have run out …
    std::uint64_t deadline_seen_era = 0; ///< … and under the clock of which era
    policy_membership membership;        ///< where the key stays in the customer's own vault
    bool deleted = false;

    template <class Self, class Visitor>
    static constexpr void visit(Self& self, Visitor&& field) {
        field("id", self.id);
        field("tenant", self.tenant);
        field("region", self.region);
        field("kind", self.kind);
        field("file_data", self.file_data);
        field("external_logs", self.external_logs);
        field("geography", self.geography);
        field("release", self.release);
        field("data", self.data);
        field("created_at", self.created_at);
        field("managed_by", self.managed_by);
        field("unlock_epoch", self.unlock_epoch);
        field("key_version", self.key_version);
        field("first_generation", self.first_generation);
        field("first_version", self.first_version);
        field("data_era", self.data_era);
        field("content", self.content);
        field("access_epoch", self.access_epoch);
        field("transition", self.transition);
        field("field_encrypted", self.field_encrypted);
        field("deadline_seen_at", self.deadline_seen_at);
        field("deadline_seen_era", self.deadline_seen_era);
        field("membership", self.membership);
        field("deleted", self.deleted);
    }
    friend constexpr bool operator==(const environment_state&, const environment_state&) = default;
};

/// A backup as it was taken. It keeps its wrapped data keys; what opens them is the environment key of its version.
struct backup_state {
    backup_id id;
    environment_id environment;
    instant taken_at = never;
    protector managed_by = protector::provider;
    fingerprint key; ///< of the customer key that was Active; empty for the provider's
    std::uint64_t key_version = 0;
    std::uint64_t data_era = 0;

    template <class Self, class Visitor>
    static constexpr void visit(Self& self, Visitor&& field) {
        field("id", self.id);
        field("environment", self.environment);
        field("taken_at", self.taken_at);
        field("managed_by", self.managed_by);
        field("key", self.key);
        field("key_version", self.key_version);
        field("data_era", self.data_era);
    }
    friend constexpr bool operator==(const backup_state&, const backup_state&) = default;
};

/// Whether the ring's import key opens nothing any more.
constexpr bool import_key_expired(const ring_state& ring, instant at) {
    return happened(ring.import_expires_at) && at >= ring.import_expires_at;
}

/// Whether somebody is an administrator of the whole tenant.
constexpr bool is_tenant_administrator(const tenant_state& tenant, const admin_id& who) {
    for (const administrator& a : tenant.administrators)
        if (a.environment.empty() && a.who == who) return true;
    return false;
}

/// Whether what is installing may still be called off: an activation of a key in place of another.
constexpr bool is_cancellable(const ring_state& ring) { return installing_key(ring) != nullptr && !ring.attempt.before.empty(); }

/// The key that a rollback of the last activation goes back to, while the ring still has it and the one that it undoes.
constexpr const key_record* key_before(const ring_state& ring) {
    if (ring.activation.before.empty() || active_key(ring) == nullptr) return nullptr;
    for (const key_record& key : ring.keys)
        if ((key.state == key_state::available || key.state == key_state::installing) && key.print == ring.activation.before) return &key;
    return nullptr;
}

/// Whether a clock is behind the latest commit, so that it cannot tell what is over.
constexpr bool is_behind(const ring_state& ring, instant clock) { return clock < ring.latest; }

/// The key that is still needed until everything hangs on the incoming one; none where there was no key before.
constexpr const key_record* outgoing_key(const ring_state& ring) {
    return installing_key(ring) != nullptr ? active_key(ring) : find_key(ring, key_state::replaced);
}

constexpr bool is_locked(const ring_state& ring, const environment_state& e) {
    return e.managed_by == protector::customer && e.unlock_epoch < ring.lock_epoch;
}

/// Whether a locked environment's time was found to have run out before, by the clock that still counts.
constexpr bool deadline_was_seen(const ring_state& ring, const environment_state& e) {
    return happened(e.deadline_seen_at) && e.deadline_seen_era == ring.clock_era;
}

/// Names what the operation under way makes: its keys, its slot, its generation of the data. Raised with every operation
/// that takes an environment down, failed ones included, so that no two ever make a thing of the same name.
constexpr std::uint64_t work_number(const environment_state& e) { return e.access_epoch + 1; }

/// What a lease of this environment was granted at; any later value means that it is dead.
constexpr std::uint64_t lease_epoch(const ring_state& ring, const environment_state& e) { return (ring.lock_epoch << 32) + e.access_epoch; }

/// When the lock that holds this environment was completed; `never` while that lock is still under way.
/// A lock whose record had to make room lies further back than any retention: the beginning of time.
constexpr instant locked_at(const ring_state& ring, const environment_state& e) {
    for (const lock_record& lock : ring.locks)
        if (lock.epoch == e.unlock_epoch + 1) return lock.completed_at;
    return ring.locking && ring.lock_epoch == e.unlock_epoch + 1 ? never : instant{0};
}

/// When a locked environment is deleted, given how long a lock may last. Held while the key is being unlocked, and
/// for 24 h after. `never`: not counted, because the lock is still under way or the attempt still runs.
constexpr instant deletion_due(const ring_state& ring, instant completed_at, seconds retention) {
    if (!happened(completed_at)) return never;
    const instant due = completed_at + retention;
    if (!happened(ring.hold_from) || ring.hold_from >= due) return due;
    return happened(ring.hold_until) ? later(due, ring.hold_until) : never;
}

} // namespace keywright::policy
