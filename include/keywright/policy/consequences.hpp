// SPDX-License-Identifier: Apache-2.0
// What follows when a command is allowed: its events, one overload for each command. Judges nothing.
// Depends on: policy/rule.
#pragma once

#include <keywright/policy/rule.hpp>

namespace keywright::policy {

namespace detail {

/// Collects events with the command's actor and the moment that counts.
class recorder {
public:
    constexpr recorder(const actor& by, instant at, event_list& events) : by_(by), at_(at), events_(events) {}
    template <class Body>
    constexpr recorder& then(const Body& body) {
        events_.push_back(event{by_, at_, body});
        return *this;
    }
    constexpr recorder& acknowledge(bool acknowledged, bool first) { return acknowledged ? then(risk_acknowledged{first}) : *this; }

private:
    const actor& by_;
    instant at_;
    event_list& events_;
};

constexpr protection protection_of(const facts& f, const environment_state& e) {
    if (e.managed_by == protector::provider) return protection::provider;
    return is_locked(f.ring, e) ? protection::locked : protection::customer;
}

} // namespace detail

// --- tenants and their people ---

constexpr void consequences_of(const facts&, const create_tenant& c, detail::recorder& r) {
    r.then(tenant_created{c.tenant, c.seats, c.opted_in, c.regions, c.plan});
}
constexpr void consequences_of(const facts& f, const enable_feature&, detail::recorder& r) {
    if (!happened(f.tenant.feature_on_at)) r.then(feature_enabled{});
}
constexpr void consequences_of(const facts&, const add_administrator& c, detail::recorder& r) {
    r.then(administrator_added{c.who, c.environment});
}
constexpr void consequences_of(const facts&, const remove_administrator& c, detail::recorder& r) {
    r.then(administrator_removed{c.who, c.environment});
}
constexpr void consequences_of(const facts&, const create_environment& c, detail::recorder& r) {
    r.then(environment_created{c.environment, c.kind, c.file_data, c.external_logs, c.geography, c.release});
}

// --- keys of a ring ---

constexpr void consequences_of(const facts&, const create_import_key& c, detail::recorder& r) {
    r.then(import_key_created{c.kid, c.print});
}
constexpr void consequences_of(const facts& f, const generate_key& c, detail::recorder& r) {
    r.acknowledge(c.acknowledged, !f.ring.self_managed).then(key_generated{c.key, c.print, c.bits});
}
/// T14: the first upload of a ring activates by itself.
constexpr void consequences_of(const facts& f, const upload_key& c, detail::recorder& r) {
    r.acknowledge(c.acknowledged, !f.ring.self_managed).then(key_uploaded{c.key, c.file.print, c.file.bits, c.file.format});
    if (!f.ring.ever_activated) r.then(activation_started{c.key, c.file.print, f.ring.generation + 1});
}
constexpr void consequences_of(const facts& f, const activate_key& c, detail::recorder& r) {
    const key_record* key = find_key(f.ring, c.key);
    expects(key != nullptr, "activate_key: a profile without T15 must bring another rule that the key exists");
    r.acknowledge(c.acknowledged, !f.ring.self_managed).then(activation_started{key->id, key->print, f.ring.generation + 1});
}
constexpr void consequences_of(const facts& f, const lock&, detail::recorder& r) {
    const key_record* key = active_key(f.ring);
    expects(key != nullptr, "lock: a profile without T21 must bring another rule that a key is Active");
    r.then(lock_requested{{key->id, key->print}});
    r.then(lock_started{key->id, key->print, f.ring.lock_epoch + 1, f.ring.customer_managed});
}
constexpr void consequences_of(const facts& f, const unlock_key& c, detail::recorder& r) {
    const key_record* key = find_key(f.ring, key_state::locked);
    expects(key != nullptr, "unlock_key: a profile without T27 must bring another rule that a key is Locked");
    r.then(key_unlock_started{key->id, key->print, c.key.format});
}

// --- environments ---

constexpr void consequences_of(const facts& f, const apply_key& c, detail::recorder& r) {
    r.acknowledge(c.acknowledged, !f.ring.self_managed).then(apply_started{{f.environment().id}});
}
constexpr void consequences_of(const facts& f, const return_to_provider& c, detail::recorder& r) {
    r.acknowledge(c.acknowledged, !f.ring.self_managed).then(return_started{{f.environment().id}});
}
constexpr void consequences_of(const facts& f, const unlock_environment&, detail::recorder& r) {
    r.then(environment_unlock_started{{f.environment().id}});
}
constexpr void consequences_of(const facts& f, const delete_environment&, detail::recorder& r) {
    r.then(environment_deleted{f.environment().id, detail::protection_of(f, f.environment()), false});
}
constexpr void consequences_of(const facts& f, const expire_environment&, detail::recorder& r) {
    r.then(environment_deleted{f.environment().id, detail::protection_of(f, f.environment()), true});
}
constexpr void consequences_of(const facts&, const open_environment&, detail::recorder&) {}
constexpr void consequences_of(const facts& f, const take_backup& c, detail::recorder& r) {
    const environment_state& e = f.environment();
    const key_record* key = e.managed_by == protector::customer ? active_key(f.ring) : nullptr;
    const fingerprint print = e.membership.in_policy() ? f.policy().print : key != nullptr ? key->print : fingerprint{};
    r.then(backup_taken{e.id, c.backup, e.managed_by, print, e.key_version, e.data_era});
}
constexpr void consequences_of(const facts& f, const restore&, detail::recorder& r) {
    r.then(restore_started{f.environment().id, f.source().id, f.backup().id});
}
constexpr void consequences_of(const facts& f, const copy&, detail::recorder& r) {
    r.then(copy_started{f.environment().id, f.source().id});
}
constexpr void consequences_of(const facts& f, const reset&, detail::recorder& r) { r.then(reset_started{{f.environment().id}}); }

// --- what the system reports ---

constexpr void consequences_of(const facts& f, const completed& c, detail::recorder& r) {
    const key_record* key = c.of == operation::locking ? locked_key(f.ring) : installing_key(f.ring);
    const bool about_key = c.of == operation::activation || c.of == operation::unlocking_key || c.of == operation::locking;
    expects(!about_key || key != nullptr, "completed: a profile without H03 must bring another rule that the work had begun");
    switch (c.of) {
    case operation::none: return;
    case operation::activation: r.then(key_activated{{key->id, key->print}}); return;
    case operation::unlocking_key: r.then(key_unlocked{{key->id, key->print}}); return;
    case operation::locking: r.then(lock_completed{key->id, f.ring.lock_epoch}); return;
    default: break;
    }
    const environment_state& e = f.environment();
    const bool production = e.kind == environment_kind::production;
    if (c.of == operation::applying) r.then(key_applied{e.id, work_number(e), f.ring.lock_epoch});
    if (c.of == operation::returning) r.then(returned_to_provider{e.id, work_number(e)});
    if (c.of == operation::unlocking) r.then(environment_unlocked{e.id, f.ring.lock_epoch});
    if (c.of == operation::restoring) r.then(restored{e.id, production});
    if (c.of == operation::copying) r.then(copied{e.id, production});
    if (c.of == operation::resetting) r.then(reset_completed{e.id, detail::protection_of(f, e), work_number(e), e.data_era + 1});
}
constexpr void consequences_of(const facts& f, const failed& c, detail::recorder& r) {
    const key_record* key = installing_key(f.ring);
    const bool about_key = c.of == operation::activation || c.of == operation::unlocking_key;
    expects(!about_key || key != nullptr, "failed: a profile without H03 must bring another rule that the work had begun");
    if (c.of == operation::activation) r.then(activation_failed{{key->id, key->print}});
    if (c.of == operation::unlocking_key) r.then(key_unlock_failed{{key->id, key->print}});
    if (f.environment_ == nullptr) return;
    const environment_id& e = f.environment().id;
    if (c.of == operation::applying) r.then(apply_failed{{e}});
    if (c.of == operation::returning) r.then(return_failed{{e}});
    if (c.of == operation::unlocking) r.then(environment_unlock_failed{{e}});
    if (c.of == operation::restoring) r.then(restore_failed{{e}});
    if (c.of == operation::copying) r.then(copy_failed{{e}});
}

namespace detail {

/// Whatever takes an environment off a policy's key takes it out of the policy.
constexpr void leave_policy(const facts& f, const event_list& events, recorder& r) {
    if (f.environment_ == nullptr || !f.environment_->membership.in_policy()) return;
    const environment_state& e = *f.environment_;
    for (std::size_t i = 0, n = events.size(); i < n; ++i) {
        const event_body& body = events[i].body;
        if (std::holds_alternative<apply_failed>(body) || std::holds_alternative<returned_to_provider>(body) ||
            std::holds_alternative<reset_completed>(body) || std::holds_alternative<environment_deleted>(body))
            r.then(environment_removed{e.membership.policy, e.id, e.kind});
    }
}

} // namespace detail

/// The events of an allowed command, at most four.
template <class C>
constexpr event_list consequences(const facts& f, const C& c) {
    event_list events;
    detail::recorder record(c.by, f.now, events);
    consequences_of(f, c, record);
    detail::leave_policy(f, events, record);
    return events;
}

} // namespace keywright::policy
