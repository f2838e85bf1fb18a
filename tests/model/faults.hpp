// SPDX-License-Identifier: Apache-2.0
// A subject that lies: the shipped functions with one fault put in, chosen at run time. Each fault is one that somebody
// might make: a limit a second off, a rule left out, a number not raised, a flag that a lock resets, a notice forgotten.
// Depends on: subject.
#pragma once

#include "subject.hpp"

#include <keywright/profiles/power_platform.hpp>

namespace keywright::model {

using namespace policy;

/// Where a fault sits, when it is not simply a rule left out.
enum class fault : std::uint8_t {
    none,
    rule_left_out,
    // limits
    activation_sooner,
    activation_later,
    activation_closed,
    lock_sooner,
    lock_closed,
    lock_forgets_apply,
    lock_forgets_activation,
    unlock_sooner,
    unlock_closed,
    retention_shorter,
    expiry_sooner,
    installation_longer,
    locked_not_deletable,
    lock_never_completed,
    // evolve
    unlocking_starts_no_window,
    activation_starts_no_window,
    apply_starts_no_window,
    request_not_noted,
    lock_resets_first_upload,
    failure_resets_first_upload,
    hold_never_begins,
    hold_never_ends,
    customer_not_counted_down,
    locked_not_counted_down,
    transition_not_counted_down,
    environments_not_counted_down,
    reset_does_not_leave,
    access_epoch_not_raised,
    lock_epoch_not_raised,
    unlock_epoch_not_set,
    era_not_raised,
    version_not_raised,
    content_not_raised,
    available_survives_lock,
    old_key_stays_active,
    locked_key_not_retired,
    import_key_survives_lock,
    failed_unlock_stays_marked,
    opt_in_forgotten,
    // events
    first_upload_does_not_activate,
    every_upload_activates,
    lock_counts_wrong,
    applied_not_recorded,
    expiry_not_marked,
    // a second administrator, a notice, a clock
    one_finding_deletes,
    one_vote_suffices,
    actor_is_told,
    notice_counts_for_the_next,
    notice_not_noted,
    request_survives_lock,
    rollback_forgets_nobody,
    // effects
    keys_survive_lock,
    key_survives_failed_unlock,
    slot_survives_apply,
    slot_survives_deletion,
    key_not_published,
    // notices
    activation_not_told,
    lock_not_told,
    deletion_not_told,
    overwriting_not_told
};

struct mutant {
    std::string_view what;
    fault kind = fault::rule_left_out;
    std::string_view rule{}; ///< of a rule left out
    refusal code = refusal::not_authorized;
    std::string_view equivalent{}; ///< why no search can tell it from what is shipped; empty: it must be found
};

template <const auto& Profile>
class faulty {
public:
    static constexpr std::string_view profile_name = shipped<Profile>::profile_name;
    static constexpr bool second_word = shipped<Profile>::second_word;
    template <class C>
    static constexpr bool exists = shipped<Profile>::template exists<C>;

    explicit faulty(const mutant& m) : mutant_(m) {}

    template <class C>
    decision decide(const facts& f, const C& command) const {
        const decision d = honest_.decide(f, command);
        if (d.allowed()) return refused_wrongly(f, command) ? refuse(f, command) : decision(twisted(f, command, d.events()));
        if (mutant_.kind == fault::activation_closed || mutant_.kind == fault::lock_closed || mutant_.kind == fault::unlock_closed)
            return d;
        for (const reason& r : d.reasons())
            if (!overlooked(f, command, r)) return d;
        return decision(honest_.consequences(f, command));
    }
    void evolve(tenant_state& tenant, const event& e) const { honest_.evolve(tenant, e); }
    void evolve(ring_state& ring, const event& e) const {
        const ring_state before = ring;
        honest_.evolve(ring, e);
        twist(ring, before, e);
    }
    void evolve(environment_state& environment, const event& e) const {
        const environment_state before = environment;
        honest_.evolve(environment, e);
        twist(environment, before);
    }
    effect_list effects_of(const event& e) const {
        effect_list kept;
        for (const effect& each : honest_.effects_of(e))
            if (!forgotten(each, e)) kept.push_back(each);
        return kept;
    }
    bool notifies(const event& e) const {
        const bool silent = (is(fault::activation_not_told) && std::holds_alternative<key_activated>(e.body)) ||
                            (is(fault::lock_not_told) && std::holds_alternative<lock_started>(e.body)) ||
                            (is(fault::deletion_not_told) && std::holds_alternative<environment_deleted>(e.body)) ||
                            (is(fault::overwriting_not_told) && std::holds_alternative<restored>(e.body));
        return !silent && honest_.notifies(e);
    }

private:
    bool is(fault kind) const { return mutant_.kind == kind; }

    // --- decide ---

    /// Whether the mutant does not hear this reason.
    template <class C>
    bool overlooked(const facts& f, const C& command, const reason& r) const {
        if (is(fault::rule_left_out)) return r.rule == mutant_.rule && r.code == mutant_.code;
        if constexpr (std::is_same_v<C, activate_key>)
            return is(fault::activation_sooner) && r.rule == "T17" && !activation_cooldown{hours(24) - seconds{1}}(f, command).objects();
        else if constexpr (std::is_same_v<C, lock>)
            return r.rule == "T18" && r.code == refusal::lock_cooldown && lock_passes(f);
        else if constexpr (types<unlock_key, unlock_environment>::contains<C>)
            return is(fault::unlock_sooner) && r.rule == "T24" && !unlock_cooldown{hours(1) - seconds{1}}(f, command).objects();
        else if constexpr (std::is_same_v<C, expire_environment>)
            return is(fault::expiry_sooner) && r.code == refusal::not_due && !retention{days(28) - seconds{1}}(f, command).objects();
        else if constexpr (std::is_same_v<C, completed>)
            return is(fault::installation_longer) && f.ring.locking == false && installing_key(f.ring) != nullptr &&
                   (command.of == operation::activation ? !f.ring.installing_unlocks : f.ring.installing_unlocks) &&
                   (command.of == operation::activation || command.of == operation::unlocking_key);
        return false;
    }
    bool lock_passes(const facts& f) const {
        const auto past = [&](instant since, seconds span) { return !happened(since) || f.now >= since + span; };
        if (is(fault::lock_sooner))
            return past(f.ring.effective_at, hours(72) - seconds{1}) && past(f.ring.applied_at, hours(72) - seconds{1});
        if (is(fault::lock_forgets_apply)) return past(f.ring.effective_at, hours(72));
        return is(fault::lock_forgets_activation) && past(f.ring.applied_at, hours(72));
    }
    template <class C>
    bool refused_wrongly(const facts& f, const C& command) const {
        if constexpr (std::is_same_v<C, activate_key>)
            return (is(fault::activation_later) && activation_cooldown{hours(25)}(f, command).objects()) ||
                   (is(fault::activation_closed) && activation_cooldown{hours(24) + seconds{1}}(f, command).objects());
        else if constexpr (std::is_same_v<C, lock>)
            return is(fault::lock_closed) && lock_cooldown{hours(72) + seconds{1}}(f, command).objects();
        else if constexpr (types<unlock_key, unlock_environment>::contains<C>)
            return (is(fault::unlock_closed) && unlock_cooldown{hours(1) + seconds{1}}(f, command).objects()) ||
                   (is(fault::retention_shorter) && retention{days(28) - seconds{1}}(f, command).objects());
        else if constexpr (std::is_same_v<C, delete_environment>)
            return is(fault::locked_not_deletable) && is_locked(f.ring, f.environment());
        else if constexpr (std::is_same_v<C, completed>)
            return is(fault::lock_never_completed) && command.of == operation::locking;
        return false;
    }
    template <class C>
    decision refuse(const facts&, const C&) const {
        reason_list reasons;
        reasons.push_back(verdict::object(refusal::consumer_rule, mender::time).why());
        return decision(reasons);
    }
    /// The events of an allowed command, with the fault in them.
    template <class C>
    event_list twisted(const facts& f, const C& command, const event_list& events) const {
        event_list out;
        for (event e : events) {
            if (is(fault::first_upload_does_not_activate) && std::is_same_v<C, upload_key> &&
                std::holds_alternative<activation_started>(e.body))
                continue;
            if (is(fault::applied_not_recorded) && std::holds_alternative<key_applied>(e.body)) continue;
            if (auto* started = std::get_if<lock_started>(&e.body); started != nullptr && is(fault::lock_counts_wrong))
                ++started->environments;
            if (auto* gone = std::get_if<environment_deleted>(&e.body); gone != nullptr && is(fault::expiry_not_marked))
                gone->by_retention = true;
            if (auto* vote = std::get_if<clock_accepted>(&e.body); vote != nullptr && is(fault::one_vote_suffices)) vote->agreed = true;
            if (is(fault::one_finding_deletes) && std::holds_alternative<deadline_passed>(e.body))
                e.body = environment_deleted{f.environment().id, protection::locked, true};
            out.push_back(e);
        }
        if constexpr (std::is_same_v<C, report_delivery>)
            if (const key_record* key = active_key(f.ring);
                is(fault::actor_is_told) && key != nullptr && command.to == f.ring.activation.by && !happened(f.ring.activation.noticed_at))
                out.push_back({command.by, f.now, notice_delivered{{key->id, key->print}, command.to, command.activation}});
        if constexpr (std::is_same_v<C, upload_key>)
            if (is(fault::every_upload_activates) && f.ring.ever_activated)
                out.push_back({command.by, f.now,
                               activation_started{.key = command.key, .print = command.file.print, .generation = f.ring.generation + 1}});
        return out;
    }

    // --- evolve ---

    template <class... Events>
    static bool is_one_of(const event& e) {
        return (std::holds_alternative<Events>(e.body) || ...);
    }
    void twist(ring_state& ring, const ring_state& before, const event& e) const {
        twist_windows(ring, before, e);
        twist_counts(ring, before, e);
        twist_keys(ring, before, e);
    }
    void twist_windows(ring_state& ring, const ring_state& before, const event& e) const {
        switch (mutant_.kind) {
        case fault::unlocking_starts_no_window:
            if (is_one_of<key_unlocked>(e)) ring.effective_at = before.effective_at;
            break;
        case fault::activation_starts_no_window:
            if (is_one_of<key_activated>(e)) ring.effective_at = before.effective_at;
            break;
        case fault::apply_starts_no_window: ring.applied_at = before.applied_at; break;
        case fault::request_not_noted: ring.lock_requested_at = before.lock_requested_at; break;
        case fault::hold_never_begins: ring.hold_from = before.hold_from; break;
        case fault::hold_never_ends: ring.hold_until = is_one_of<key_unlock_started>(e) ? ring.hold_until : before.hold_until; break;
        case fault::failed_unlock_stays_marked:
            if (is_one_of<key_unlock_failed>(e)) ring.installing_unlocks = true;
            break;
        case fault::lock_epoch_not_raised: ring.lock_epoch = before.lock_epoch; break;
        default: break;
        }
    }
    void twist_counts(ring_state& ring, const ring_state& before, const event& e) const {
        switch (mutant_.kind) {
        case fault::customer_not_counted_down:
            if (is_one_of<returned_to_provider>(e)) ring.customer_managed = before.customer_managed;
            break;
        case fault::locked_not_counted_down:
            if (is_one_of<environment_deleted>(e)) ring.locked = before.locked;
            break;
        case fault::transition_not_counted_down:
            if (is_one_of<apply_failed>(e)) ring.in_transition = before.in_transition;
            break;
        case fault::environments_not_counted_down: ring.environments = later_count(ring.environments, before.environments); break;
        case fault::reset_does_not_leave:
            if (is_one_of<reset_completed>(e)) ring.customer_managed = before.customer_managed;
            break;
        default: break;
        }
    }
    static std::uint32_t later_count(std::uint32_t a, std::uint32_t b) { return a < b ? b : a; }
    void twist_keys(ring_state& ring, const ring_state& before, const event& e) const {
        switch (mutant_.kind) {
        case fault::lock_resets_first_upload:
            if (is_one_of<lock_started>(e)) ring.ever_activated = false;
            break;
        case fault::failure_resets_first_upload:
            if (is_one_of<activation_failed>(e)) ring.ever_activated = false;
            break;
        case fault::available_survives_lock:
        case fault::old_key_stays_active:
        case fault::locked_key_not_retired:
            for (std::size_t i = 0; i < before.keys.size() && i < ring.keys.size(); ++i) keep_wrongly(ring.keys[i], before.keys[i], e);
            break;
        case fault::import_key_survives_lock:
            if (is_one_of<lock_started>(e)) ring.import_kid = before.import_kid;
            break;
        case fault::notice_counts_for_the_next:
            if (is_one_of<key_activated>(e)) ring.activation.noticed_at = before.activation.noticed_at;
            break;
        case fault::notice_not_noted: ring.activation.noticed_at = before.activation.noticed_at; break;
        case fault::request_survives_lock:
            if (is_one_of<lock_started>(e)) ring.lock_request = before.lock_request;
            break;
        case fault::rollback_forgets_nobody:
            if (is_one_of<activation_rolled_back>(e)) ring.attempt = before.attempt;
            break;
        case fault::opt_in_forgotten: ring.self_managed = before.self_managed; break;
        default: break;
        }
    }
    void keep_wrongly(key_record& key, const key_record& before, const event& e) const {
        const bool deleted = is_one_of<lock_started>(e) && before.state == key_state::available;
        const bool replaced = is_one_of<key_activated>(e) && before.state == key_state::active;
        const bool retired = before.state == key_state::locked && key.state == key_state::retired;
        if ((is(fault::available_survives_lock) && deleted) || (is(fault::old_key_stays_active) && replaced) ||
            (is(fault::locked_key_not_retired) && retired))
            key.state = before.state;
    }
    void twist(environment_state& e, const environment_state& before) const {
        switch (mutant_.kind) {
        case fault::access_epoch_not_raised: e.access_epoch = before.access_epoch; break;
        case fault::unlock_epoch_not_set: e.unlock_epoch = before.unlock_epoch; break;
        case fault::era_not_raised: e.data_era = before.data_era; break;
        case fault::version_not_raised: e.key_version = before.key_version; break;
        case fault::content_not_raised: e.content = before.content; break;
        default: break;
        }
    }

    // --- effects ---

    bool forgotten(const effect& ordered, const event& e) const {
        const bool settles_now = std::holds_alternative<settle_environment>(ordered);
        return (is(fault::keys_survive_lock) && std::holds_alternative<carry_out_lock>(ordered)) ||
               (is(fault::key_survives_failed_unlock) && std::holds_alternative<destroy_key>(ordered)) ||
               (is(fault::slot_survives_apply) && settles_now && is_one_of<key_applied>(e)) ||
               (is(fault::slot_survives_deletion) && settles_now && is_one_of<environment_deleted>(e)) ||
               (is(fault::key_not_published) && std::holds_alternative<publish_key>(ordered));
    }

    shipped<Profile> honest_;
    const mutant& mutant_;
};

} // namespace keywright::model
