// SPDX-License-Identifier: Apache-2.0
// What follows when a command is allowed: its events, one overload for each command, as the profile's procedure has it.
// Judges nothing. Each overload is a template over its recorder, so that a program compiles only those of the commands
// that it decides; to put 45 events into one variant costs more than all rules together.
// Depends on: policy/rule.
#pragma once

#include <keywright/policy/rule.hpp>

namespace keywright::policy {

namespace detail {

/// Collects events with the command's actor and the moment that counts; knows how the profile carries things out.
class recorder {
public:
    constexpr recorder(const actor& by, instant at, const procedure& how, event_list& events)
        : by_(by), at_(at), how_(how), events_(events) {}
    constexpr const procedure& how() const { return how_; }
    template <class Body>
    constexpr recorder& then(const Body& body) {
        events_.push_back(event{by_, at_, event_body(std::in_place_type<Body>, body)});
        return *this;
    }
    constexpr recorder& acknowledge(bool acknowledged, bool first) { return acknowledged ? then(risk_acknowledged{first}) : *this; }

private:
    const actor& by_;
    instant at_;
    const procedure& how_;
    event_list& events_;
};

/// Where a key serves one environment only, bringing it is using it: what is still on the provider's key is moved.
constexpr void use_at_once(const facts& f, const key_id& key, const fingerprint& print, auto& r) {
    r.then(activation_started{.key = key, .print = print, .generation = f.ring.generation + 1, .at_once = true});
    const environment_state* e = f.environment_;
    const bool at_rest = e != nullptr && !e->id.empty() && !e->deleted && e->transition == operation::none;
    if (at_rest && e->managed_by == protector::provider) r.then(apply_started{{e->id}});
}

constexpr void start_lock(const facts& f, const key_record& key, auto& r) {
    r.then(lock_started{key.id, key.print, f.ring.lock_epoch + 1, f.ring.customer_managed});
}

/// The second vote for a clock: of somebody else, in the same role still, within a day of the first by that very clock.
constexpr bool agrees(const facts& f, const accept_clock& c) {
    const clock_vote& first = f.ring.clock;
    const bool still_counts = !first.by.empty() && c.at >= first.clock && c.at < first.clock + hours(24);
    return still_counts && first.by != c.by.who && is_tenant_administrator(f.tenant, first.by);
}

/// Whether a delivery begins the wait before a lock: the first of the present activation, to somebody who can roll it
/// back, did not bring it about, and was there before it was asked for.
constexpr bool begins_wait(const facts& f, const report_delivery& c) {
    const activation_record& last = f.ring.activation;
    if (happened(last.noticed_at) || c.activation != last.number || c.to == last.by) return false;
    for (const administrator& a : f.tenant.administrators)
        if (a.environment.empty() && a.who == c.to && a.since < last.asked_at) return true;
    return false;
}

constexpr protection protection_of(const facts& f, const environment_state& e) {
    if (e.managed_by == protector::provider) return protection::provider;
    return is_locked(f.ring, e) ? protection::locked : protection::customer;
}

} // namespace detail

// --- tenants and their people ---

constexpr void consequences_of(const facts&, const create_tenant& c, auto& r) {
    r.then(tenant_created{c.tenant, c.seats, c.opted_in, c.regions, c.plan});
}
constexpr void consequences_of(const facts& f, const enable_feature&, auto& r) {
    if (!happened(f.tenant.feature_on_at)) r.then(feature_enabled{});
}
constexpr void consequences_of(const facts&, const add_administrator& c, auto& r) { r.then(administrator_added{c.who, c.environment}); }
constexpr void consequences_of(const facts&, const remove_administrator& c, auto& r) {
    r.then(administrator_removed{c.who, c.environment});
}
constexpr void consequences_of(const facts&, const create_environment& c, auto& r) {
    r.then(environment_created{c.environment, c.kind, c.file_data, c.external_logs, c.geography, c.release, c.data});
}

// --- keys of a ring ---

constexpr void consequences_of(const facts&, const create_import_key& c, auto& r) {
    r.then(import_key_created{c.kid, c.print, c.expires_at});
}
constexpr void consequences_of(const facts& f, const generate_key& c, auto& r) {
    r.acknowledge(c.acknowledged, !f.ring.self_managed).then(key_generated{c.key, c.print, c.bits});
    if (r.how().keys_at_once) detail::use_at_once(f, c.key, c.print, r);
}
/// T14: the first upload of a ring activates by itself.
constexpr void consequences_of(const facts& f, const upload_key& c, auto& r) {
    r.acknowledge(c.acknowledged, !f.ring.self_managed).then(key_uploaded{c.key, c.file.print, c.file.bits, c.file.format});
    if (r.how().keys_at_once)
        detail::use_at_once(f, c.key, c.file.print, r);
    else if (!f.ring.ever_activated)
        r.then(activation_started{c.key, c.file.print, f.ring.generation + 1});
}
constexpr void consequences_of(const facts& f, const activate_key& c, auto& r) {
    const key_record* key = find_key(f.ring, c.key);
    expects(key != nullptr, "activate_key: a profile without T15 must bring another rule that the key exists");
    r.acknowledge(c.acknowledged, !f.ring.self_managed).then(activation_started{key->id, key->print, f.ring.generation + 1});
}
constexpr void consequences_of(const facts& f, const lock&, auto& r) {
    const key_record* key = active_key(f.ring);
    expects(key != nullptr, "lock: a profile without T21 must bring another rule that a key is Active");
    r.then(lock_requested{{key->id, key->print}, r.how().lock_is_requested});
    if (!r.how().lock_is_requested) detail::start_lock(f, *key, r);
}
constexpr void consequences_of(const facts& f, const approve_lock&, auto& r) {
    const key_record* key = active_key(f.ring);
    expects(key != nullptr && !f.ring.lock_request.by.empty(),
            "approve_lock: a profile without R03 must bring another rule that a lock was requested");
    r.then(lock_approved{{key->id, key->print}, f.ring.lock_request.by});
    detail::start_lock(f, *key, r);
}
/// Of a key that is still Installing: its end. Otherwise the key before is activated again.
constexpr void consequences_of(const facts& f, const rollback_activation&, auto& r) {
    if (is_cancellable(f.ring)) {
        const key_record& key = *installing_key(f.ring);
        r.then(activation_rolled_back{{key.id, key.print}, true});
        return;
    }
    const key_record* key = active_key(f.ring);
    const key_record* before = key_before(f.ring);
    expects(key != nullptr && before != nullptr,
            "rollback_activation: a profile without R01 must bring another rule that there is a key before");
    r.then(activation_rolled_back{{key->id, key->print}, false});
    r.then(activation_started{.key = before->id, .print = before->print, .generation = f.ring.generation + 1, .rolls_back = true});
}
constexpr void consequences_of(const facts& f, const unlock_key& c, auto& r) {
    const key_record* key = find_key(f.ring, key_state::locked);
    expects(key != nullptr, "unlock_key: a profile without T27 must bring another rule that a key is Locked");
    r.then(key_unlock_started{key->id, key->print, c.key.format, r.how().keys_at_once});
    const environment_state* e = r.how().keys_at_once ? f.environment_ : nullptr;
    if (e != nullptr && is_locked(f.ring, *e)) r.then(environment_unlock_started{{e->id}});
}

// --- environments ---

constexpr void consequences_of(const facts& f, const apply_key& c, auto& r) {
    r.acknowledge(c.acknowledged, !f.ring.self_managed).then(apply_started{{f.environment().id}});
}
constexpr void consequences_of(const facts& f, const return_to_provider& c, auto& r) {
    r.acknowledge(c.acknowledged, !f.ring.self_managed).then(return_started{{f.environment().id}});
}
constexpr void consequences_of(const facts& f, const unlock_environment&, auto& r) {
    r.then(environment_unlock_started{{f.environment().id}});
}
constexpr void consequences_of(const facts& f, const delete_environment&, auto& r) {
    r.then(environment_deleted{f.environment().id, detail::protection_of(f, f.environment()), false});
}
constexpr void consequences_of(const facts& f, const expire_environment&, auto& r) {
    if (r.how().second_finding > seconds{} && !deadline_was_seen(f.ring, f.environment())) {
        r.then(deadline_passed{f.environment().id, f.ring.clock_era});
        return;
    }
    r.then(environment_deleted{f.environment().id, detail::protection_of(f, f.environment()), true});
}
constexpr void consequences_of(const facts&, const open_environment&, auto&) {}
constexpr void consequences_of(const facts& f, const take_backup& c, auto& r) {
    const environment_state& e = f.environment();
    const key_record* key = e.managed_by == protector::customer ? active_key(f.ring) : nullptr;
    const fingerprint print = e.membership.in_policy() ? f.policy().print : key != nullptr ? key->print : fingerprint{};
    r.then(backup_taken{e.id, c.backup, e.managed_by, print, e.key_version, e.data_era});
}
constexpr void consequences_of(const facts& f, const restore&, auto& r) {
    r.then(restore_started{f.environment().id, f.source().id, f.backup().id});
}
constexpr void consequences_of(const facts& f, const copy&, auto& r) { r.then(copy_started{f.environment().id, f.source().id}); }
constexpr void consequences_of(const facts& f, const reset&, auto& r) {
    r.then(reset_started{{f.environment().id}, detail::protection_of(f, f.environment())});
}
constexpr void consequences_of(const facts& f, const enable_field_encryption&, auto& r) {
    if (!f.environment().field_encrypted) r.then(field_encryption_enabled{{f.environment().id}});
}
constexpr void consequences_of(const facts&, const disable_field_encryption&, auto&) {}

// --- the clock ---

constexpr void consequences_of(const facts& f, const accept_clock& c, auto& r) { r.then(clock_accepted{c.at, detail::agrees(f, c)}); }
constexpr void consequences_of(const facts& f, const report_delivery& c, auto& r) {
    const key_record* key = active_key(f.ring);
    if (key == nullptr || key->print != c.key || !detail::begins_wait(f, c)) return;
    r.then(notice_delivered{{key->id, key->print}, c.to, c.activation});
}

// --- what the system reports ---

constexpr void consequences_of(const facts& f, const completed& c, auto& r) {
    const key_record* key = c.of == operation::locking ? locked_key(f.ring) : incoming_key(f.ring);
    const bool about_key = c.of == operation::activation || c.of == operation::unlocking_key || c.of == operation::locking;
    expects(!about_key || key != nullptr, "completed: a profile without H03 must bring another rule that the work had begun");
    switch (c.of) {
    case operation::none: return;
    case operation::activation: {
        const key_record* replaced = find_key(f.ring, key_state::replaced);
        const bool at_once = key->state == key_state::active;
        r.then(key_activated{
            {key->id, key->print}, replaced != nullptr ? replaced->print : fingerprint{}, f.ring.activation.number + (at_once ? 0 : 1)});
        return;
    }
    case operation::unlocking_key: r.then(key_unlocked{{key->id, key->print}, f.ring.activation.number + 1}); return;
    case operation::locking: r.then(lock_completed{key->id, f.ring.lock_epoch}); return;
    default: break;
    }
    const environment_state& e = f.environment();
    const bool production = e.kind == environment_kind::production;
    if (c.of == operation::applying) r.then(key_applied{e.id, work_number(e), f.ring.lock_epoch, f.ring.first_generation});
    if (c.of == operation::returning) {
        const key_record* deleted = r.how().keys_at_once ? active_key(f.ring) : nullptr;
        r.then(returned_to_provider{e.id, work_number(e), deleted != nullptr ? deleted->print : fingerprint{}});
    }
    if (c.of == operation::unlocking) r.then(environment_unlocked{e.id, f.ring.lock_epoch});
    if (c.of == operation::restoring) r.then(restored{e.id, production});
    if (c.of == operation::copying) r.then(copied{e.id, production});
    if (c.of == operation::resetting) r.then(reset_completed{e.id, detail::protection_of(f, e), work_number(e), e.data_era + 1});
}
constexpr void consequences_of(const facts& f, const failed& c, auto& r) {
    const key_record* key = incoming_key(f.ring);
    const bool about_key = c.of == operation::activation || c.of == operation::unlocking_key;
    expects(!about_key || key != nullptr, "failed: a profile without H03 must bring another rule that the work had begun");
    if (c.of == operation::activation) r.then(activation_failed{{key->id, key->print}});
    if (c.of == operation::unlocking_key) r.then(key_unlock_failed{{key->id, key->print}});
    if (f.environment_ == nullptr) return;
    const environment_id& e = f.environment().id;
    if (c.of == operation::applying) r.then(apply_failed{{e}});
    if (c.of == operation::returning) r.then(return_failed{{e}});
    if (c.of == operation::unlocking) r.then(environment_unlock_failed{{e}});
    const key_record* back = c.of == operation::unlocking && r.how().keys_at_once ? active_key(f.ring) : nullptr;
    if (back != nullptr) r.then(key_unlock_failed{{back->id, back->print}}); // there only the key's own unlock can try again
    if (c.of == operation::restoring) r.then(restore_failed{{e}});
    if (c.of == operation::copying) r.then(copy_failed{{e}});
}

namespace detail {

/// Whatever takes an environment off a policy's key takes it out of the policy.
constexpr void leave_policy(const facts& f, const event_list& events, auto& r) {
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

/// Adds the events of an allowed command, at most four, to an empty list.
template <class C>
constexpr void consequences(const facts& f, const C& c, const procedure& how, event_list& events) {
    detail::recorder record(c.by, f.now, how, events);
    constexpr bool is_known = requires { consequences_of(f, c, record); };
    static_assert(is_known,
                  "policy: nothing follows from this command; of a customer's own vault: include keywright/profiles/enterprise_policy.hpp");
    if constexpr (is_known) consequences_of(f, c, record);
    detail::leave_policy(f, events, record);
}
template <class C>
constexpr event_list consequences(const facts& f, const C& c, const procedure& how = {}) {
    event_list events;
    consequences(f, c, how, events);
    return events;
}

} // namespace keywright::policy
