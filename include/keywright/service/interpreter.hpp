// SPDX-License-Identifier: Apache-2.0
// Carries out pending effects. Each is a record that stays until it is done; a process killed anywhere is resumed by
// running what is still there, in order. What the work leads to is reported as a system command, decided by the same
// policy, and committed together with the end of the effect.
// Depends on: service/environment_work, service/rotation.
#pragma once

#include <keywright/policy/housekeeping.hpp>
#include <keywright/service/environment_work.hpp>
#include <keywright/service/rotation.hpp>

#include <algorithm>
#include <set>
#include <thread>

namespace keywright::service {

template <const auto& Profile, class Parts>
class interpreter {
public:
    interpreter(Parts& parts, watches& known) : parts_(parts), watches_(known), reports_(parts), environments_(parts, known) {}

    /// Runs everything pending of a ring, a lock before all else. What fails stays pending, does not hold up the
    /// rest, and the first such error is returned; so is that of work that was given up.
    [[nodiscard]] result<void> run(const ring_id& ring) {
        std::set<std::string> tried;
        result<void> outcome;
        for (bool again = true; again;) {
            again = false;
            auto pending = scan_all(parts_.store, records::effects(ring));
            if (!pending) return pass(pending);
            const auto lock = std::find_if(pending->begin(), pending->end(), is_lock);
            if (lock != pending->end()) std::rotate(pending->begin(), lock, lock + 1);
            for (const ports::record& r : *pending) {
                if (!tried.insert(r.key).second) continue;
                const auto effect = decode_effect(r.value);
                if (!effect) return pass(effect);
                auto done = carry_out(ring, *effect, r.key);
                if (!done && outcome) outcome = done;
                again = true; // it may have led to more
                break;
            }
        }
        return outcome;
    }

private:
    static bool is_lock(const ports::record& r) {
        const auto effect = decode_effect(r.value);
        return effect && std::holds_alternative<policy::carry_out_lock>(*effect);
    }

    result<void> carry_out(const ring_id& ring, const policy::effect& effect, const std::string& record) {
        auto done = std::visit([&](const auto& e) { return perform(ring, e, record); }, effect);
        if (!done) return done;
        // Where the report's own commit took the record with it, this erases nothing.
        ports::batch batch;
        batch.erase_any(record);
        return parts_.store.commit(batch);
    }

    result<void> perform(const ring_id& ring, const policy::carry_out& e, const std::string& record) {
        return environments_.perform(ring, e, record);
    }
    result<void> perform(const ring_id& ring, const policy::settle_environment& e, const std::string&) {
        return environments_.settle(ring, e);
    }

    // --- keys ---

    result<void> perform(const ring_id& ring, const policy::publish_key& e, const std::string&) {
        for (const std::string& id : {vault_ids::customer(ring, e.print), vault_ids::import(ring, e.print)}) {
            auto published = parts_.vault.publish(id);
            if (published || published.error().code != errc::not_found) return published;
        }
        return {}; // destroyed since, by a lock
    }

    result<void> perform(const ring_id& ring, const policy::destroy_import_key& e, const std::string&) {
        return reports_.destroy_all(vault_ids::imports(ring), e.keep.empty() ? std::string() : vault_ids::import(ring, e.keep));
    }

    result<void> perform(const ring_id& ring, const policy::install_key& e, const std::string& record) {
        const auto of = e.unlocks ? policy::operation::unlocking_key : policy::operation::activation;
        const auto before = load(parts_.store, subject{ring});
        if (!before) return pass(before);
        const auto* incoming = policy::incoming_key(before->ring.value);
        if (incoming == nullptr || incoming->print != e.print) return {};
        const bool only_forward = !e.unlocks && incoming->state == policy::key_state::active;
        const std::uint64_t generation = before->ring.value.generation;
        rotation<Parts> work(parts_, ring);
        auto ready = e.unlocks ? work.check_secret() : work.prepare(e.print);
        if (ready && !e.unlocks) ready = work.rewrap(generation);
        const bool for_good = !ready && (ready.error().code == errc::authentication_failed || ready.error().code == errc::locked);
        if (!ready && (only_forward || !for_good)) return ready;
        const bool good = only_forward || (ready && now_is_in_time(before->ring.value));
        const auto end = [&](ports::batch& batch, const loaded& l) -> result<void> {
            // Whoever was held up must not end the installation of another key.
            const auto* now_incoming = policy::incoming_key(l.ring.value);
            if (now_incoming == nullptr || now_incoming->print != e.print || l.ring.value.generation != generation)
                return fail(errc::version_conflict, "service: this installation was ended by another process");
            if (e.unlocks) return {};
            return good ? work.drop_older(batch, l.ring.value, e.print) : work.drop_key(batch, e.print);
        };
        if (good) return reports_.report(subject{ring}, policy::completed{.at = reports_.now(), .of = of}, record, end);
        return reports_.report(subject{ring}, policy::failed{.at = reports_.now(), .of = of}, record, end);
    }

    /// What an unlock brought back and could not use: a ring that is marked locked has no live key.
    result<void> perform(const ring_id& ring, const policy::destroy_key& e, const std::string&) {
        const auto l = load(parts_.store, subject{ring});
        if (!l) return pass(l);
        for (const policy::key_record& key : l->ring.value.keys)
            if (key.print == e.print && policy::in_use(key) && key.state != policy::key_state::locked) return {}; // it came again since
        return parts_.vault.destroy(vault_ids::customer(ring, e.print));
    }

    result<void> perform(const ring_id& ring, const policy::carry_out_lock& e, const std::string& record) {
        watches_.raise(ring, e.epoch << 32);
        std::this_thread::sleep_for(parts_.how.epoch_refresh);
        // Asked after the wait: of a lock that somebody else has completed nothing is left to be done, and the keys that
        // the vault holds now may have been unlocked since.
        const auto l = load(parts_.store, subject{ring});
        if (!l) return pass(l);
        if (!l->ring.value.locking || l->ring.value.lock_epoch != e.epoch) return {};
        // First of all, and whatever else may fail: a reset that waits for room on a disk must not keep the keys alive.
        if (auto gone = reports_.destroy_all(vault_ids::customers(ring), {}); !gone) return gone;
        if (auto gone = reports_.destroy_all(vault_ids::imports(ring), {}); !gone) return gone;
        if (auto ended = end_what_is_under_way(ring); !ended) return ended;
        return reports_.report(subject{ring}, policy::completed{.at = reports_.now(), .of = policy::operation::locking}, record,
                               [&](ports::batch& batch, const loaded& now) {
                                   return rotation<Parts>(parts_, ring).drop_other_keys(batch, policy::locked_key(now.ring.value)->print);
                               });
    }

    /// A lock undoes what moves data towards or away from the ring's key, and rolls a reset forward.
    result<void> end_what_is_under_way(const ring_id& ring) {
        const auto pending = scan_all(parts_.store, records::effects(ring));
        if (!pending) return pass(pending);
        for (const ports::record& r : *pending) {
            const auto effect = decode_effect(r.value);
            if (!effect) return pass(effect);
            // An apply that was committed and not settled has left the slot that its provider's path went through.
            if (const auto* rest = std::get_if<policy::settle_environment>(&*effect))
                if (auto closed = environments_.close_provider_path(ring, rest->environment); !closed) return closed;
            const auto* work = std::get_if<policy::carry_out>(&*effect);
            if (work == nullptr) continue;
            auto ended =
                work->what == policy::operation::resetting ? carry_out(ring, *effect, r.key) : reports_.give_up(ring, *work, r.key);
            if (!ended) return ended;
        }
        return {};
    }

    bool now_is_in_time(const policy::ring_state& ring) const {
        return policy::effective_now(ring, reports_.now()) <
               ring.installing_since + Profile.template rule_of<policy::report_matches_work>().installation;
    }

    Parts& parts_;
    watches& watches_;
    reporter<Profile, Parts> reports_;
    environment_work<Profile, Parts> environments_;
};

} // namespace keywright::service
