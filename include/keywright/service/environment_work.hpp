// SPDX-License-Identifier: Apache-2.0
// What is done to one environment: moved between the provider's key and the customer's, unlocked, restored, copied,
// reset, and settled afterwards. Data is built anew beside the old; the report's commit makes it current.
// Depends on: service/reporter, service/watches.
#pragma once

#include <keywright/service/reporter.hpp>
#include <keywright/service/rotation.hpp>
#include <keywright/service/watches.hpp>

#include <thread>

namespace keywright::service {

template <const auto& Profile, class Parts>
class environment_work {
public:
    environment_work(Parts& parts, watches& known) : parts_(parts), watches_(known), reports_(parts) {}

    /// Carries out one operation on an environment's data or keys, if it still is what the state says is under way.
    [[nodiscard]] result<void> perform(const ring_id& ring, const policy::carry_out& e, const std::string& record) {
        const subject s{ring, e.environment, e.source, e.backup};
        const auto l = load(parts_.store, s);
        if (!l) return pass(l);
        if (l->environment->value.transition != e.what) return {};
        // Other processes learn within their refresh that the environment is down.
        if (e.what != policy::operation::unlocking) std::this_thread::sleep_for(parts_.how.epoch_refresh);
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

    /// Publishes the slot that the environment hangs on, destroys its others, drops content that is not current.
    [[nodiscard]] result<void> settle(const ring_id& ring, const policy::settle_environment& e) {
        // What there is, is listed before the state is read: what comes into being later is somebody else's work.
        const auto slots = parts_.vault.list(vault_ids::slots(ring, e.environment));
        if (!slots) return pass(slots);
        const auto contents = parts_.content.list(ring.tenant, ring.region, e.environment);
        if (!contents) return pass(contents);
        const auto found = load<policy::environment_state>(parts_.store, records::environment(ring, e.environment));
        if (!found) return pass(found);
        const auto& env = found->value;
        if (env.transition != policy::operation::none) return {}; // the end of that will settle it
        const bool has_slot = !env.deleted && env.managed_by == policy::protector::provider;
        const std::string keep = has_slot ? vault_ids::slot(ring, env.id, env.key_version) : std::string();
        if (has_slot)
            if (auto published = parts_.vault.publish(keep); !published) return published;
        for (const ports::vault_entry& slot : *slots)
            if (slot.id != keep)
                if (auto gone = parts_.vault.destroy(slot.id); !gone) return gone;
        return drop_stale_content(ring, env, *contents);
    }

    /// Of an environment that is on the customer's key: no slot stays. Needs only the vault, so that a lock can do it
    /// whatever else is out of order.
    [[nodiscard]] result<void> close_provider_path(const ring_id& ring, const environment_id& environment) {
        const auto found = load<policy::environment_state>(parts_.store, records::environment(ring, environment));
        if (!found) return pass(found);
        if (found->value.managed_by == policy::protector::provider && !found->value.deleted) return {};
        return reports_.destroy_all(vault_ids::slots(ring, environment), {});
    }

private:
    result<void> unlock(const subject& s, const loaded& l, custody<Parts>& chain, const std::string& record) {
        const auto& env = l.environment->value;
        const auto keys = environment_keys(parts_, chain, s.ring, env.id, env.key_version, 0);
        if (keys)
            return reports_.report(s, policy::completed{.at = reports_.now(), .of = policy::operation::unlocking}, record, nothing_more{});
        if (keys.error().code != errc::authentication_failed && keys.error().code != errc::locked) return pass(keys);
        return reports_.give_up(s.ring, policy::carry_out{policy::operation::unlocking, env.id, {}, {}}, record, &env);
    }

    /// Apply and return: new keys under the ring, all data sealed anew under them, and one commit that makes both
    /// current. A return's only wrap under the provider's key is in that commit.
    result<void> move(const subject& s, policy::operation what, const loaded& l, custody<Parts>& chain, const std::string& record) {
        const auto& env = l.environment->value;
        const keys::environment_key_name next{env.id, keys::data_purpose::message, policy::work_number(env)};
        if (auto made = ensure_next_key(s.ring, env, next, chain); !made) return made;
        const auto lease = lease_for(s.ring, l, env, chain, next.version);
        if (!lease) return pass(lease);
        if (auto built = parts_.content.rebuild(ref(s.ring, env, env.content), ref(s.ring, env, policy::work_number(env)), *lease, *lease,
                                                content_progress(what));
            !built)
            return reports_.end_after(built, s.ring, {what, env.id, {}, {}}, record, env);
        return reports_.report(s, policy::completed{.at = reports_.now(), .of = what}, record,
                               [&](ports::batch& batch, const loaded& now_loaded) -> result<void> {
                                   if (auto same = reports_.still_under_way(now_loaded, env); !same) return same;
                                   return what == policy::operation::applying ? pull_behind_ring(batch, s.ring, now_loaded, chain)
                                                                              : put_under_slot(batch, s.ring, next, chain);
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
        if (auto built =
                parts_.content.rebuild(from, ref(s.ring, target, policy::work_number(target)), *opens, *seals, content_progress(what));
            !built)
            return reports_.end_after(built, s.ring, {what, target.id, {}, {}}, record, target);
        auto done =
            reports_.report(s, policy::completed{.at = reports_.now(), .of = what}, record, [&](ports::batch&, const loaded& now_loaded) {
                auto same = reports_.still_under_way(now_loaded, target);
                return same ? still_under_same_key(now_loaded, l) : same;
            });
        const bool moved = !done && done.error().code == errc::permission_denied;
        return moved ? reports_.end_after(done, s.ring, {what, target.id, {}, {}}, record, target) : done;
    }
    /// The guard on restore and copy, once more at the end: the source was free to be applied or returned meanwhile.
    static result<void> still_under_same_key(const loaded& now, const loaded& begun) {
        if (now.source->value.managed_by == begun.source->value.managed_by && !now.source->value.deleted) return {};
        return fail(errc::permission_denied, "service: the source has come under another key meanwhile; ask again");
    }

    /// New keys under a new slot, no data, and in the same commit no other key of this environment anywhere.
    result<void> reset(const subject& s, const loaded& l, custody<Parts>& chain, const std::string& record) {
        const auto& env = l.environment->value;
        const keys::environment_key_name next{env.id, keys::data_purpose::message, policy::work_number(env)};
        if (auto made = parts_.content.create(ref(s.ring, env, policy::work_number(env))); !made) return made;
        return reports_.report(s, policy::completed{.at = reports_.now(), .of = policy::operation::resetting}, record,
                               [&](ports::batch& batch, const loaded& now_loaded) -> result<void> {
                                   if (auto same = reports_.still_under_way(now_loaded, env); !same) return same;
                                   if (auto erased = erase_keys(parts_.store, s.ring, env.id, batch); !erased) return erased;
                                   if (auto staged = chain.stage_slot(batch, next); !staged) return staged;
                                   return chain.make_key(batch, next,
                                                         [&](const secret_bytes& key) { return chain.wrap_under_slot(next, key); });
                               });
    }

    result<void> drop_stale_content(const ring_id& ring, const policy::environment_state& env,
                                    const std::vector<ports::content_ref>& contents) {
        // Asked for in any case, because this also ends a drop that a killed process began: that is listed no more.
        const auto current = ref(ring, env, env.content);
        if (auto settled = env.deleted ? parts_.content.drop(current) : parts_.content.create(current); !settled) return settled;
        for (const ports::content_ref& one : contents) {
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

    /// The environment's next key, under the ring; made once, so that data sealed before a kill still opens. Only while
    /// the work that needs it is under way, and never behind a rotation's back.
    result<void> ensure_next_key(const ring_id& ring, const policy::environment_state& begun, const keys::environment_key_name& next,
                                 custody<Parts>& chain) {
        for (int attempt = 1;; ++attempt) {
            const auto existing = parts_.store.load(records::wrap(ring, next.environment, next.text()));
            if (existing || existing.error().code != errc::not_found) return existing ? result<void>{} : pass(existing);
            const auto l = load(parts_.store, subject{ring, next.environment});
            if (!l) return pass(l);
            if (auto same = reports_.still_under_way(*l, begun); !same) return same;
            ports::batch batch;
            batch.require(records::ring(ring), l->ring.version);
            batch.require(records::environment(ring, next.environment), l->environment->version);
            const auto generation = chain.generation_for(batch, l->ring.value);
            if (!generation) return pass(generation);
            auto made = chain.make_key(batch, next, [&](const secret_bytes& key) { return chain.wrap_under_ring(next, *generation, key); });
            if (!made) return made;
            auto committed = parts_.store.commit(batch);
            if (committed || committed.error().code != errc::version_conflict || attempt == 8) return committed;
        }
    }

    /// Every key of the environment that still hangs on the slot moves behind the ring; the slot is destroyed next.
    result<void> pull_behind_ring(ports::batch& batch, const ring_id& ring, const loaded& l, custody<Parts>& chain) {
        const auto wraps = scan_all(parts_.store, records::wraps(ring, l.environment->value.id));
        if (!wraps) return pass(wraps);
        const auto generation = chain.generation_for(batch, l.ring.value);
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
        if (auto staged = chain.stage_slot(batch, next); !staged) return staged;
        auto wrapped = chain.wrap_under_slot(next, *key);
        if (!wrapped) return pass(wrapped);
        if constexpr (Profile.procedure().keys_at_once) { // the customer's key goes, and with it what only it opens
            if (auto erased = erase_keys(parts_.store, ring, next.environment, batch, record->key); !erased) return erased;
            if (auto dropped = rotation<Parts>(parts_, ring).drop_everything(batch); !dropped) return dropped;
        }
        batch.put(record->key, record->version, std::move(*wrapped));
        return {};
    }

    result<keys::data_key_lease> lease_for(const ring_id& ring, const loaded& l, const policy::environment_state& env,
                                           custody<Parts>& chain, std::uint64_t primary) {
        auto keys = environment_keys(parts_, chain, ring, env.id, env.key_version, primary);
        if (!keys) return pass(keys);
        const auto epoch = policy::lease_epoch(l.ring.value, env);
        return keys::data_key_lease::grant(watches_.watch(parts_.store, ring, env.id, epoch), epoch, std::move(*keys),
                                           {.max_age = std::chrono::hours(24)});
    }

    static ports::content_ref ref(const ring_id& ring, const policy::environment_state& env, std::uint64_t generation) {
        return {ring.tenant, ring.region, env.id, generation, {}};
    }
    ports::content_progress content_progress(policy::operation what) const {
        if (!parts_.how.on_progress) return {};
        return [this, what](std::uint64_t done, std::uint64_t total) { parts_.how.on_progress(policy::name(what), done, total); };
    }

    Parts& parts_;
    watches& watches_;
    reporter<Profile, Parts> reports_;
};

} // namespace keywright::service
