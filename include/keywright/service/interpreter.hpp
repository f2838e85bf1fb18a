// SPDX-License-Identifier: Apache-2.0
// Carries out pending effects. Each is a record that stays until it is done; a process killed anywhere is resumed by
// running what is still there, in order. What the work leads to is reported as a system command, decided by the same
// policy, and committed together with the end of the effect.
// Depends on: service/transact, service/custody, service/rotation.
#pragma once

#include <keywright/policy/housekeeping.hpp>
#include <keywright/service/custody.hpp>
#include <keywright/service/rotation.hpp>
#include <keywright/service/transact.hpp>
#include <keywright/service/watches.hpp>

#include <algorithm>
#include <set>
#include <thread>

namespace keywright::service {

template <const auto& Profile, class Parts>
class interpreter {
public:
    interpreter(Parts& parts, watches& known) : parts_(parts), watches_(known) {}

    /// Runs everything pending of a ring, a lock before all else. What fails stays pending, does not hold up the
    /// rest, and the first such error is returned; so is that of work that was given up.
    [[nodiscard]] result<void> run(const ring_id& ring) {
        std::set<std::string> tried;
        result<void> outcome;
        for (bool again = true; again;) {
            again = false;
            auto pending = parts_.store.scan(records::effects(ring), "", 4096);
            if (!pending) return pass(pending);
            std::stable_partition(pending->begin(), pending->end(), [](const ports::record& r) { return is_lock(r); });
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

    // --- keys ---

    result<void> perform(const ring_id& ring, const policy::publish_key& e, const std::string&) {
        for (const std::string& id : {vault_ids::customer(ring, e.print), vault_ids::import(ring, e.print)}) {
            auto published = parts_.vault.publish(id);
            if (published || published.error().code != errc::not_found) return published;
        }
        return {}; // destroyed since, by a lock
    }

    result<void> perform(const ring_id& ring, const policy::destroy_import_key& e, const std::string&) {
        return destroy_all(vault_ids::imports(ring), e.keep.empty() ? std::string() : vault_ids::import(ring, e.keep));
    }

    result<void> perform(const ring_id& ring, const policy::install_key& e, const std::string& record) {
        const auto of = e.unlocks ? policy::operation::unlocking_key : policy::operation::activation;
        const auto before = load(parts_.store, subject{ring});
        if (!before) return pass(before);
        const auto* installing = policy::installing_key(before->ring.value);
        if (installing == nullptr || installing->print != e.print) return {};
        rotation<Parts> work(parts_, ring);
        auto ready = e.unlocks ? work.check_secret(before->ring.value.generation) : work.prepare(before->ring.value, e.print);
        if (ready && !e.unlocks) ready = work.rewrap(before->ring.value.generation);
        if (!ready && ready.error().code != errc::authentication_failed && ready.error().code != errc::locked) return ready;
        if (ready && now_is_in_time(before->ring.value)) return report(subject{ring}, policy::completed{.at = now(), .of = of}, record, [&](ports::batch& batch, const loaded& l) {
            return e.unlocks ? result<void>{} : work.drop_older(batch, l.ring.value, e.print);
        });
        return report(subject{ring}, policy::failed{.at = now(), .of = of}, record,
                      [&](ports::batch& batch, const loaded&) { return e.unlocks ? result<void>{} : work.drop_key(batch, e.print); });
    }

    result<void> perform(const ring_id& ring, const policy::carry_out_lock& e, const std::string& record) {
        watches_.raise(ring, e.epoch << 32);
        std::this_thread::sleep_for(parts_.how.settle);
        if (auto ended = end_what_is_under_way(ring); !ended) return ended;
        if (auto gone = destroy_all(vault_ids::customers(ring), {}); !gone) return gone;
        if (auto gone = destroy_all(vault_ids::imports(ring), {}); !gone) return gone;
        return report(subject{ring}, policy::completed{.at = now(), .of = policy::operation::locking}, record, [&](ports::batch& batch, const loaded& l) {
            return rotation<Parts>(parts_, ring).drop_other_keys(batch, policy::locked_key(l.ring.value)->print);
        });
    }

    /// A lock undoes what moves data towards or away from the ring's key, and rolls a reset forward.
    result<void> end_what_is_under_way(const ring_id& ring) {
        const auto pending = parts_.store.scan(records::effects(ring), "", 4096);
        if (!pending) return pass(pending);
        for (const ports::record& r : *pending) {
            const auto effect = decode_effect(r.value);
            if (!effect) return pass(effect);
            const auto* work = std::get_if<policy::carry_out>(&*effect);
            if (work == nullptr) continue;
            auto ended = work->what == policy::operation::resetting ? carry_out(ring, *effect, r.key) : give_up(ring, *work, r.key);
            if (!ended) return ended;
        }
        return {};
    }

    // --- environments ---

    result<void> perform(const ring_id& ring, const policy::carry_out& e, const std::string& record) {
        const subject s{ring, e.environment, e.source, e.backup};
        const auto l = load(parts_.store, s);
        if (!l) return pass(l);
        if (l->environment->value.transition != e.what) return {};
        // Other processes learn within their refresh that the environment is down.
        if (e.what != policy::operation::unlocking) std::this_thread::sleep_for(parts_.how.settle);
        custody<Parts> chain(parts_, ring);
        switch (e.what) {
        case policy::operation::unlocking: return unlock(s, *l, chain, record);
        case policy::operation::resetting: return reset(s, *l, chain, record);
        case policy::operation::applying:
        case policy::operation::returning: return move(s, e.what, *l, chain, record);
        case policy::operation::restoring:
        case policy::operation::copying: return overwrite(s, e.what, *l, chain, record);
        default: return {};
        }
    }

    result<void> unlock(const subject& s, const loaded& l, custody<Parts>& chain, const std::string& record) {
        const auto& env = l.environment->value;
        const auto keys = environment_keys(parts_, chain, s.ring, env.id, env.key_version, 0);
        if (keys) return report(s, policy::completed{.at = now(), .of = policy::operation::unlocking}, record, nothing_more{});
        if (keys.error().code != errc::authentication_failed && keys.error().code != errc::locked) return pass(keys);
        return give_up(s.ring, policy::carry_out{policy::operation::unlocking, env.id, {}, {}}, record);
    }

    /// Apply and return: new keys under the ring, all data sealed anew under them, and one commit that makes both
    /// current. A return's only wrap under the provider's key is in that commit.
    result<void> move(const subject& s, policy::operation what, const loaded& l, custody<Parts>& chain, const std::string& record) {
        const auto& env = l.environment->value;
        const keys::environment_key_name next{env.id, keys::data_purpose::message, env.key_version + 1};
        if (auto made = ensure_next_key(s.ring, next, chain); !made) return made;
        const auto lease = lease_for(s.ring, l, env, chain, next.version);
        if (!lease) return pass(lease);
        if (auto built = parts_.content.rebuild(ref(s.ring, env, env.content), ref(s.ring, env, env.content + 1), *lease, *lease, content_progress(what)); !built)
            return end_after(built, s.ring, {what, env.id, {}, {}}, record);
        return report(s, policy::completed{.at = now(), .of = what}, record, [&](ports::batch& batch, const loaded& now_loaded) {
            return what == policy::operation::applying ? pull_behind_ring(batch, s.ring, now_loaded, chain) : put_under_slot(batch, s.ring, next, chain);
        });
    }

    result<void> overwrite(const subject& s, policy::operation what, const loaded& l, custody<Parts>& chain, const std::string& record) {
        const auto& target = l.environment->value;
        const auto& source = l.source->value;
        const auto opens = lease_for(s.ring, l, source, chain, 0);
        if (!opens) return pass(opens);
        const auto seals = lease_for(s.ring, l, target, chain, target.key_version);
        if (!seals) return pass(seals);
        ports::content_ref from = ref(s.ring, source, source.content);
        if (what == policy::operation::restoring) from.backup = s.backup;
        if (auto built = parts_.content.rebuild(from, ref(s.ring, target, target.content + 1), *opens, *seals, content_progress(what)); !built)
            return end_after(built, s.ring, {what, target.id, {}, {}}, record);
        return report(s, policy::completed{.at = now(), .of = what}, record, nothing_more{});
    }

    /// New keys under a new slot, no data, and in the same commit no other key of this environment anywhere.
    result<void> reset(const subject& s, const loaded& l, custody<Parts>& chain, const std::string& record) {
        const auto& env = l.environment->value;
        const keys::environment_key_name next{env.id, keys::data_purpose::message, env.key_version + 1};
        if (auto made = parts_.content.create(ref(s.ring, env, env.content + 1)); !made) return made;
        return report(s, policy::completed{.at = now(), .of = policy::operation::resetting}, record, [&](ports::batch& batch, const loaded&) -> result<void> {
            if (auto erased = erase_keys(parts_.store, s.ring, env.id, batch); !erased) return erased;
            auto key = keys::random_secret();
            if (!key) return pass(key);
            if (auto staged = stage_slot(s.ring, next); !staged) return staged;
            auto wrapped = chain.wrap_under_slot(next, *key);
            if (!wrapped) return pass(wrapped);
            batch.put_any(records::wrap(s.ring, env.id, next.text()), std::move(*wrapped));
            return {};
        });
    }

    result<void> perform(const ring_id& ring, const policy::settle_environment& e, const std::string&) {
        const auto found = load<policy::environment_state>(parts_.store, records::environment(ring, e.environment));
        if (!found) return pass(found);
        const auto& env = found->value;
        if (env.transition != policy::operation::none) return {}; // the end of that will settle it
        const bool has_slot = !env.deleted && env.managed_by == policy::protector::provider;
        const std::string keep = has_slot ? vault_ids::slot(ring, env.id, env.key_version) : std::string();
        if (has_slot)
            if (auto published = parts_.vault.publish(keep); !published) return published;
        if (auto gone = destroy_all(vault_ids::slots(ring, env.id), keep); !gone) return gone;
        return drop_stale_content(ring, env);
    }

    result<void> drop_stale_content(const ring_id& ring, const policy::environment_state& env) {
        if (!env.deleted)
            if (auto made = parts_.content.create(ref(ring, env, env.content)); !made) return made;
        const auto all = parts_.content.list(ring.tenant, ring.region, env.id);
        if (!all) return pass(all);
        for (const ports::content_ref& one : *all) {
            bool stale = env.deleted || (one.backup.empty() && one.generation != env.content);
            if (!stale && !one.backup.empty()) {
                const auto backup = load<policy::backup_state>(parts_.store, records::backup(ring, env.id, one.backup));
                if (!backup) return pass(backup);
                stale = backup->version != 0 && backup->value.data_era != env.data_era;
            }
            if (!stale) continue;
            if (auto dropped = parts_.content.drop(one); !dropped) return dropped;
        }
        return {};
    }

    // --- steps shared by the above ---

    /// The environment's next key, under the ring; made once, so that data sealed before a kill still opens.
    result<void> ensure_next_key(const ring_id& ring, const keys::environment_key_name& next, custody<Parts>& chain) {
        const std::string record = records::wrap(ring, next.environment, next.text());
        const auto existing = parts_.store.load(record);
        if (existing || existing.error().code != errc::not_found) return existing ? result<void>{} : pass(existing);
        auto key = keys::random_secret();
        if (!key) return pass(key);
        const auto generation = chain.newest_generation();
        if (!generation) return pass(generation);
        auto wrapped = chain.wrap_under_ring(next, *generation, *key);
        if (!wrapped) return pass(wrapped);
        ports::batch batch;
        batch.put(record, 0, std::move(*wrapped));
        return parts_.store.commit(batch);
    }

    /// Every key of the environment that still hangs on the slot moves behind the ring; the slot is destroyed next.
    result<void> pull_behind_ring(ports::batch& batch, const ring_id& ring, const loaded& l, custody<Parts>& chain) {
        const auto wraps = parts_.store.scan(records::wraps(ring, l.environment->value.id), "", 4096);
        if (!wraps) return pass(wraps);
        const auto generation = chain.newest_generation();
        if (!generation) return pass(generation);
        for (const ports::record& r : *wraps) {
            const auto name = keys::environment_key_name::parse(std::string_view(r.key).substr(r.key.rfind('/') + 1));
            const auto wrapped = keys::wrapped_key::parse(r.value);
            if (!name || !wrapped) return fail(errc::corrupt, "custody: a key record is damaged");
            if (chain.generation_of(wrapped->view())) continue;
            auto key = chain.unwrap(*name, r.value);
            if (!key) return pass(key);
            auto moved = chain.wrap_under_ring(*name, *generation, *key);
            if (!moved) return pass(moved);
            batch.put(r.key, r.version, std::move(*moved));
        }
        return {};
    }

    result<void> put_under_slot(ports::batch& batch, const ring_id& ring, const keys::environment_key_name& next, custody<Parts>& chain) {
        const auto record = parts_.store.load(records::wrap(ring, next.environment, next.text()));
        if (!record) return pass(record);
        auto key = chain.unwrap(next, record->value);
        if (!key) return pass(key);
        if (auto staged = stage_slot(ring, next); !staged) return staged;
        auto wrapped = chain.wrap_under_slot(next, *key);
        if (!wrapped) return pass(wrapped);
        batch.put(record->key, record->version, std::move(*wrapped));
        return {};
    }

    result<void> stage_slot(const ring_id& ring, const keys::environment_key_name& next) {
        const auto staged = parts_.vault.stage_slot(vault_ids::slot(ring, next.environment, next.version));
        return staged || staged.error().code == errc::already_exists ? result<void>{} : pass(staged);
    }

    /// Work on data that failed and would fail again is given up: the environment is back as it was, and the caller
    /// learns why. What may pass later stays pending.
    result<void> end_after(const result<void>& why, const ring_id& ring, const policy::carry_out& work, const std::string& record) {
        if (why.error().retryable()) return why;
        if (auto ended = give_up(ring, work, record); !ended) return ended;
        return why;
    }

    /// Ends an environment's work without success; a key made for it goes with it.
    result<void> give_up(const ring_id& ring, const policy::carry_out& work, const std::string& record) {
        const subject s{ring, work.environment};
        return report(s, policy::failed{.at = now(), .of = work.what}, record, [&](ports::batch& batch, const loaded& l) -> result<void> {
            const keys::environment_key_name next{work.environment, keys::data_purpose::message, l.environment->value.key_version + 1};
            batch.erase_any(records::wrap(ring, work.environment, next.text()));
            return {};
        });
    }

    /// Submits a system command whose commit also ends the effect. A refusal means that somebody else has ended it.
    template <class Command, class Extras>
    result<void> report(const subject& s, const Command& command, const std::string& record, const Extras& extras) {
        if (command.at == never) return fail(errc::unavailable, "service: the clock could not be read");
        auto done = transact<Profile>(parts_, s, command, [&](ports::batch& batch, const loaded& l) {
            batch.erase_any(record);
            return extras(batch, l);
        });
        if (!done) return pass(done);
        for (std::size_t i = 0; done->decision.refused() && i < done->decision.reasons().size(); ++i)
            if (done->decision.reasons()[i].code != policy::refusal::not_in_progress)
                return fail(errc::unavailable, "service: work of this ring is still under way; run recovery again");
        return {};
    }

    result<void> destroy_all(const std::string& prefix, const std::string& keep) {
        const auto all = parts_.vault.list(prefix);
        if (!all) return pass(all);
        for (const ports::vault_entry& entry : *all)
            if (entry.id != keep)
                if (auto gone = parts_.vault.destroy(entry.id); !gone) return gone;
        return {};
    }

    result<keys::data_key_lease> lease_for(const ring_id& ring, const loaded& l, const policy::environment_state& env, custody<Parts>& chain, std::uint64_t primary) {
        auto keys = environment_keys(parts_, chain, ring, env.id, env.key_version, primary);
        if (!keys) return pass(keys);
        const auto epoch = policy::lease_epoch(l.ring.value, env);
        return keys::data_key_lease::grant(watches_.watch(parts_.store, ring, env.id, epoch), epoch, std::move(*keys), {.max_age = std::chrono::hours(24)});
    }

    static ports::content_ref ref(const ring_id& ring, const policy::environment_state& env, std::uint64_t generation) {
        return {ring.tenant, ring.region, env.id, generation, {}};
    }
    ports::content_progress content_progress(policy::operation what) const {
        if (!parts_.how.on_progress) return {};
        return [this, what](std::uint64_t done, std::uint64_t total) { parts_.how.on_progress(policy::name(what), done, total); };
    }
    instant now() const { return parts_.clock.now().value_or(never); }
    bool now_is_in_time(const policy::ring_state& ring) const {
        return policy::effective_now(ring, now()) < ring.installing_since + Profile.template rule_of<policy::report_matches_work>().installation;
    }

    Parts& parts_;
    watches& watches_;
};

} // namespace keywright::service
