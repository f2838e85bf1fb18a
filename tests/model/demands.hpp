// SPDX-License-Identifier: Apache-2.0
// What the ghost demands of each event, and what the event does to it.
// Depends on: ghost.
#pragma once

#include "ghost.hpp"

#include <algorithm>

namespace keywright::model {

/// Follows one ring through the events of one decision.
class witness {
public:
    /// `behind`: the command's clock is behind the latest commit, and nothing is over by it.
    witness(ghost& g, std::size_t ring, instant now, bool behind = false) : g_(g), ring_(ring), now_(now), behind_(behind) {}

    /// Tells the ghost one event. The first demand that did not hold is kept.
    void see(const event& e) {
        demand(e.at == now_, "an event bears the moment that counts");
        by_ = e.by.who;
        visit_body(e.body, [&](const auto& body) { on(body); });
    }
    const char* wrong() const { return wrong_; }

private:
    void demand(bool holds, const char* sentence) {
        if (!holds && wrong_ == nullptr) wrong_ = sentence;
    }
    key_place& key(const fingerprint& print) {
        static thread_local key_place foreign;
        const std::size_t n = key_number(print);
        demand(n < max_keys, "an event is about a key that there is");
        return n < max_keys ? g_.keys[n] : foreign;
    }
    ghost_environment& at(const environment_id& id) {
        static thread_local ghost_environment foreign;
        const std::size_t n = environment_number(ring_, id);
        demand(n < max_environments, "an event is about an environment of its ring");
        return n < max_environments ? g_.environments[n] : foreign;
    }
    bool past(instant since, seconds span) const { return !happened(since) || now_ >= since + span; }

    // --- what changes nothing here ---
    template <class Body>
    void on(const Body&) {}

    void on(const environment_created& e) {
        demand(at(e.environment).where == place::absent, "an environment is made once");
        at(e.environment).where = place::provider;
    }
    void on(const risk_acknowledged& e) {
        demand(e.first == !g_.acknowledged, "the first acknowledgement is marked as the first");
        g_.acknowledged = true;
    }
    void on(const import_key_created&) { g_.import_key = true; }

    // --- keys ---

    void bring(const fingerprint& print) {
        demand(!g_.anything_locked(), "no new key while anything is locked");
        demand(key(print) == key_place::none, "no key is in use twice");
        key(print) = key_place::available;
    }
    void on(const key_generated& e) { bring(e.print); }
    void on(const key_uploaded& e) {
        bring(e.print);
        if (e.format == file_kind::byok) g_.import_key = false;
        awaits_first_ = !g_.ever;
        first_activates_ = !g_.ever;
    }
    void on(const activation_started& e) {
        demand(key(e.print) == key_place::available, "only an Available key is activated");
        demand(g_.keys_in(key_place::installing) == 0, "at most one Installing key");
        demand(!g_.anything_locked(), "no activation while anything is locked");
        demand(e.rolls_back || awaits_first_ || past(g_.effective, hours(24)), "activations are at least 24 h apart");
        demand(!first_activates_ || !g_.ever, "only the first upload activates by itself");
        demand(!e.rolls_back || rolled_back_, "only a rollback rolls back");
        awaits_first_ = false;
        g_.activating_by = by_;
        g_.ever = true;
        key(e.print) = key_place::installing;
        g_.installing = now_;
        g_.unlocks = false;
    }
    void on(const key_activated& e) {
        demand(key(e.print) == key_place::installing && !g_.unlocks, "what becomes Active was Installing");
        demand(!past(g_.installing, hours(1)), "an installation that takes 1 h has failed");
        for (key_place& each : g_.keys)
            if (each == key_place::active) each = key_place::available;
        become_active(e.print);
    }
    void become_active(const fingerprint& print) {
        key(print) = key_place::active;
        g_.activated_by = g_.activating_by;
        g_.activating_by = {};
        g_.noticed = never;
        g_.effective = now_;
        g_.installing = never;
        g_.unlocks = false;
    }
    void end_installation(const fingerprint& print, key_place to) {
        demand(key(print) == key_place::installing, "only what is Installing fails");
        key(print) = to;
        g_.activating_by = {};
        g_.installing = never;
        g_.unlocks = false;
    }
    void on(const activation_failed& e) { end_installation(e.print, key_place::available); }
    void on(const activation_rolled_back& e) {
        demand(by_ != (e.cancelled ? g_.activating_by : g_.activated_by), "nobody rolls back what was their own doing");
        demand(!g_.anything_locked(), "no activation while anything is locked");
        if (e.cancelled) return end_installation(e.print, key_place::available);
        demand(key(e.print) == key_place::active, "what is rolled back is Active");
        const bool lock_passes = happened(g_.noticed) && past(later(later(g_.effective, g_.applied), g_.noticed), hours(72));
        demand(behind_ || !lock_passes, "a rollback comes before a lock could");
        rolled_back_ = true;
    }
    void on(const notice_delivered& e) {
        demand(!happened(g_.noticed), "the first notice counts");
        demand(e.to != g_.activated_by, "a notice counts only to somebody who did not act");
        demand(person_number(e.to) < 2, "a notice counts only to an administrator of the tenant");
        g_.noticed = now_;
    }
    void on(const clock_accepted& e) {
        demand(e.clock < now_, "only a clock that is behind is accepted");
        demand(!e.agreed || (!g_.vouched_by.empty() && g_.vouched_by != by_), "a clock takes two administrators");
        g_.vouched_by = e.agreed ? admin_id{} : by_;
        if (!e.agreed) return;
        g_.lock_asked = never, g_.lock_asked_by = {};
        for (instant* window : {&g_.effective, &g_.applied, &g_.requested, &g_.installing, &g_.noticed})
            if (happened(*window)) *window = e.clock;
        const bool attempt = g_.keys_in(key_place::installing) > 0 && g_.unlocks;
        for (ghost_environment& each : g_.environments) {
            each.found = never;
            if (each.where != place::locked || !happened(each.due)) continue;
            each.due = e.clock + days(28);
            each.held = attempt;
        }
    }

    // --- locks ---

    void on(const lock_requested& e) {
        if (e.waits) g_.lock_asked = now_, g_.lock_asked_by = by_;
    }
    void on(const lock_approved& e) {
        demand(happened(g_.lock_asked) && e.requested_by == g_.lock_asked_by, "what is approved was asked for");
        demand(by_ != g_.lock_asked_by, "a lock takes two administrators");
        demand(now_ < g_.lock_asked + hours(24), "a request is valid for 24 h");
        approved_ = true;
    }
    void on(const lock_started& e) {
        demand(!g_.second_word || approved_, "a lock takes two administrators");
        demand(past(g_.effective, hours(72)), "no lock before effective_at + 72 h");
        demand(past(g_.applied, hours(72)), "no lock within 72 h of an apply");
        demand(!g_.second_word || (happened(g_.noticed) && past(g_.noticed, hours(72))), "no lock before another has known for 72 h");
        demand(g_.keys_in(key_place::installing) == 0 && !g_.locking, "one change of the ring's key at a time");
        demand(key(e.print) == key_place::active, "the key that locks is the Active one");
        demand(e.epoch == g_.epoch + 1, "each lock raises the epoch by one");
        std::uint32_t hit = 0;
        for (ghost_environment& each : g_.environments) {
            if (each.where != place::customer) continue;
            each.where = place::locked;
            ++hit;
        }
        demand(hit > 0 && hit == e.environments, "a lock locks something, and counts it");
        for (key_place& each : g_.keys)
            each = each == key_place::active ? key_place::locked : each == key_place::available ? key_place::none : each;
        g_.lock_asked = never, g_.lock_asked_by = {};
        g_.locking = true;
        g_.requested = now_;
        g_.epoch = e.epoch;
        g_.import_key = false;
    }
    void on(const lock_completed&) {
        demand(g_.locking, "only what has begun ends");
        g_.locking = false;
        for (ghost_environment& each : g_.environments) {
            demand(!each.busy, "a lock is complete only when nothing is in flight");
            if (each.where == place::locked && !happened(each.due)) each.due = now_ + days(28);
        }
        retire();
    }
    /// The locked key has had its day once nothing is locked any more.
    void retire() {
        if (g_.anything_locked()) return;
        for (key_place& each : g_.keys)
            if (each == key_place::locked) each = key_place::none;
    }
    void on(const key_unlock_started& e) {
        demand(key(e.print) == key_place::locked, "the key that unlocks is the key that locked");
        demand(!g_.locking && past(g_.requested, hours(1)), "no unlock within 1 h of the lock, nor while it runs");
        key(e.print) = key_place::installing;
        g_.activating_by = by_;
        g_.installing = now_;
        g_.unlocks = true;
        if (e.format == file_kind::byok) g_.import_key = false;
        for (ghost_environment& each : g_.environments)
            if (each.where == place::locked && now_ < each.due) each.held = true;
    }
    void end_hold() {
        for (ghost_environment& each : g_.environments)
            if (each.held) each.held = false, each.due = later(each.due, now_ + hours(24));
    }
    void on(const key_unlocked& e) {
        demand(key(e.print) == key_place::installing && g_.unlocks, "what is unlocked was the locked key");
        demand(!past(g_.installing, hours(1)), "an installation that takes 1 h has failed");
        become_active(e.print);
        end_hold();
    }
    void on(const key_unlock_failed& e) {
        demand(g_.unlocks, "what fails to unlock was the locked key");
        end_installation(e.print, key_place::locked);
        end_hold();
        retire();
    }

    // --- environments ---

    template <class Body>
    ghost_environment& begin(const Body& e, place from) {
        ghost_environment& mine = at(e.environment);
        demand(!mine.busy, "one operation at a time");
        demand(mine.where == from, "an operation begins where it may");
        demand(!g_.locking, "no new operation while a lock runs");
        demand(from != place::customer || g_.keys_in(key_place::installing) == 0, "no operation under a key that is being changed");
        mine.busy = true;
        return mine;
    }
    template <class Body>
    ghost_environment& begin_open(const Body& e) {
        const place from = at(e.environment).where;
        demand(from == place::provider || from == place::customer, "a locked environment is only unlocked or deleted");
        return begin(e, from);
    }
    template <class Body>
    ghost_environment& end(const Body& e, bool well) {
        ghost_environment& mine = at(e.environment);
        demand(mine.busy, "only what has begun ends");
        demand(!well || !g_.locking, "a lock undoes what is in flight");
        mine.busy = false;
        return mine;
    }
    place protector_of(const environment_id& id) { return at(id).where; }

    void on(const apply_started& e) {
        begin(e, place::provider);
        demand(g_.keys_in(key_place::active) == 1 && g_.keys_in(key_place::installing) == 0, "apply needs the Active key, unchanged");
    }
    void on(const return_started& e) { begin(e, place::customer); }
    void on(const reset_started& e) { begin_open(e); }
    void on(const environment_unlock_started& e) {
        demand(g_.keys_in(key_place::active) == 1, "environments are unlocked only once the key is Active");
        demand(past(g_.requested, hours(1)), "no environment is unlocked within 1 h of the lock");
        demand(now_ < at(e.environment).due, "what is due is not unlocked");
        begin(e, place::locked);
    }
    void on(const restore_started& e) {
        begin_open(e);
        const place from = protector_of(e.source);
        demand(from == place::provider || from == place::customer, "no backup of a locked environment is restored");
        demand(e.source == e.environment || from == protector_of(e.environment), "restore and copy only between equal protectors");
    }
    void on(const copy_started& e) {
        begin_open(e);
        const place from = protector_of(e.source);
        demand(e.source != e.environment && from == protector_of(e.environment), "restore and copy only between equal protectors");
    }
    void on(const key_applied& e) { end(e, true).where = place::customer, g_.applied = now_; }
    void on(const returned_to_provider& e) { end(e, true).where = place::provider; }
    void on(const environment_unlocked& e) {
        ghost_environment& mine = end(e, true);
        mine.where = place::customer, mine.held = false, mine.due = mine.found = never;
        demand(e.epoch == g_.epoch, "an unlocked environment stands at the ring's epoch");
    }
    void on(const restored& e) { end(e, true); }
    void on(const copied& e) { end(e, true); }
    void on(const apply_failed& e) { end(e, false); }
    void on(const return_failed& e) { end(e, false); }
    void on(const environment_unlock_failed& e) { end(e, false); }
    void on(const restore_failed& e) { end(e, false); }
    void on(const copy_failed& e) { end(e, false); }
    void on(const reset_completed& e) {
        end(e, false) = {place::provider, false, false, never, never};
        retire();
    }
    void on(const deadline_passed& e) {
        ghost_environment& mine = at(e.environment);
        demand(mine.where == place::locked && !mine.held && now_ >= mine.due, "only what is due is found due");
        mine.found = now_;
    }
    void on(const environment_deleted& e) {
        ghost_environment& mine = at(e.environment);
        demand(!mine.busy && mine.where != place::gone && mine.where != place::absent, "what is deleted was idle, and there");
        demand(mine.where != place::locked || happened(mine.due), "what is being locked is not deleted");
        if (e.by_retention) {
            demand(mine.where == place::locked && !mine.held && now_ >= mine.due, "time deletes only what is due");
            demand(!g_.second_word || (happened(mine.found) && now_ >= mine.found + hours(24)),
                   "time deletes only what was found due twice");
        }
        mine = {place::gone, false, false, never, never};
        retire();
    }

    ghost& g_;
    std::size_t ring_;
    instant now_;
    bool behind_;
    bool awaits_first_ = false;
    bool first_activates_ = false;
    bool rolled_back_ = false;
    bool approved_ = false;
    admin_id by_;
    const char* wrong_ = nullptr;

public:
    /// Whether what had to follow in the same decision has followed.
    bool complete() const { return !awaits_first_; }
};

} // namespace keywright::model
