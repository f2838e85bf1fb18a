// SPDX-License-Identifier: Apache-2.0
// What is done to one environment: moved between the provider's key and the customer's, unlocked, restored, copied,
// reset, and settled afterwards. Data is built anew beside the old; the report's commit makes it current.
// Depends on: service/field_keys, service/reporter, service/secrets, service/watches.
#pragma once

#include <keywright/service/field_keys.hpp>
#include <keywright/service/reporter.hpp>
#include <keywright/service/rotation.hpp>
#include <keywright/service/secrets.hpp>
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
        const environment_job job{s, e.what, *l, record};
        switch (e.what) {
        case policy::operation::unlocking: return unlock(job, chain);
        case policy::operation::resetting: return reset(job, chain);
        case policy::operation::applying:
        case policy::operation::returning: return move(job, chain);
        case policy::operation::restoring:
        case policy::operation::copying: return overwrite(job, chain);
        default: return {};
        }
    }

    /// For the content store to open what an environment holds now, to take a backup of it.
    [[nodiscard]] ports::content_keys keys_of_content(const ring_id& ring, const environment_id& environment) {
        return [this, ring, environment]() -> result<keys::data_key_lease> {
            const auto l = load(parts_.store, subject{ring, environment});
            if (!l) return pass(l);
            custody<Parts> chain(parts_, ring);
            return lease_to_read(*l, chain);
        };
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
        if (auto dropped = drop_stale_content(ring, env, *contents); !dropped) return dropped;
        return drop_stale_secrets(ring, env.id);
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
    result<void> unlock(const environment_job& job, custody<Parts>& chain) {
        const auto keys = key_opener<Parts>(chain).open({job.environment().id, job.environment().key_version});
        if (keys) return complete(job, nothing_more{});
        if (keys.error().code != errc::authentication_failed && keys.error().code != errc::locked) return pass(keys);
        return reports_.give_up(job);
    }

    /// Apply and return: new keys under the ring, all data sealed anew under them, and one commit that makes both
    /// current. A return's only wraps under the provider's key are in that commit.
    result<void> move(const environment_job& job, custody<Parts>& chain) {
        const ring_id& ring = job.on.ring;
        const auto& env = job.environment();
        const std::uint64_t next = policy::work_number(env);
        const auto in_use = purposes_of(ring, env);
        if (!in_use) return pass(in_use);
        const bool needs_help = job.what == policy::operation::returning && std::any_of(in_use->begin(), in_use->end(), is_elsewhere);
        if (needs_help && !parts_.how.before_return)
            return reports_.end_after(
                fail(errc::misused, "service: fields and databases would stay behind the customer's key; set options::before_return"), job);
        if (auto made = ensure_next_keys(job.begun, next, chain); !made) return made;
        auto leased = lease_for(job.begun, chain, next, std::nullopt);
        if (!leased) return pass(leased);
        const auto lease = std::make_shared<const keys::data_key_lease>(std::move(*leased)); // keys of fields hold it, too
        auto built = parts_.content.rebuild(ref(ring, env, env.content), ref(ring, env, next), *lease, *lease, content_progress(job.what));
        if (built) built = seal_secrets_anew(ring, job.begun, next, *lease);
        if (built && needs_help) built = seal_elsewhere_anew(ring, env, lease);
        if (!built) return reports_.end_after(built, job);
        return complete(job, [&](ports::batch& batch, const loaded& now) -> result<void> {
            if (auto same = reports_.still_under_way(now, env); !same) return same;
            return job.what == policy::operation::applying ? pull_behind_ring(batch, now, chain)
                                                           : put_under_slot(batch, env.id, next, chain);
        });
    }
    template <class Extras>
    result<void> complete(const environment_job& job, const Extras& extras) {
        return reports_.report(job.on, policy::completed{.at = reports_.now(), .of = job.what}, job.record, extras);
    }

    /// Sealed by the product, where the content store does not see it.
    static constexpr bool is_elsewhere(keys::data_purpose purpose) noexcept {
        constexpr auto content = Parts::content_purposes;
        return purpose != keys::data_purpose::message && std::find(content.begin(), content.end(), purpose) == content.end();
    }

    result<void> overwrite(const environment_job& job, custody<Parts>& chain) {
        const ring_id& ring = job.on.ring;
        const auto& target = job.environment();
        const auto& source = job.begun.source->value;
        const auto of_source = load(parts_.store, subject{ring, source.id});
        if (!of_source) return pass(of_source);
        const auto opens = lease_to_read(*of_source, chain);
        if (!opens) return pass(opens);
        const auto seals = lease_to_write(job.begun, chain);
        if (!seals) return pass(seals);
        ports::content_ref from = ref(ring, source, source.content);
        if (job.what == policy::operation::restoring) from.backup = job.on.backup;
        const auto to = ref(ring, target, policy::work_number(target));
        if (auto built = parts_.content.rebuild(from, to, *opens, *seals, content_progress(job.what)); !built)
            return reports_.end_after(built, job);
        auto done = complete(job, [&](ports::batch&, const loaded& now) {
            auto same = reports_.still_under_way(now, target);
            return same ? still_under_same_key(now, job.begun) : same;
        });
        const bool moved = !done && done.error().code == errc::permission_denied;
        return moved ? reports_.end_after(done, job) : done;
    }
    /// The guard on restore and copy, once more at the end: the source was free to be applied or returned meanwhile.
    static result<void> still_under_same_key(const loaded& now, const loaded& begun) {
        if (now.source->value.managed_by == begun.source->value.managed_by && !now.source->value.deleted) return {};
        return fail(errc::permission_denied, "service: the source has come under another key meanwhile; ask again");
    }

    /// New keys under a new slot, no data, and in the same commit no other key of this environment anywhere.
    result<void> reset(const environment_job& job, custody<Parts>& chain) {
        const auto& env = job.environment();
        const keys::environment_key_name next{env.id, keys::data_purpose::message, policy::work_number(env)};
        if (auto made = parts_.content.create(ref(job.on.ring, env, next.version)); !made) return made;
        return complete(job, [&](ports::batch& batch, const loaded& now) -> result<void> {
            if (auto same = reports_.still_under_way(now, env); !same) return same;
            if (auto erased = erase_keys(parts_.store, job.on, batch); !erased) return erased;
            if (auto staged = chain.stage_slot(batch, next); !staged) return staged;
            return chain.make_key(batch, next, [&](const secret_bytes& key) { return chain.wrap_under_slot(next, key); });
        });
    }

    result<void> drop_stale_secrets(const ring_id& ring, const environment_id& environment) {
        const std::string record = records::environment(ring, environment);
        for (int attempt = 1;; ++attempt) {
            const auto found = load<policy::environment_state>(parts_.store, record);
            if (!found) return pass(found);
            const auto& env = found->value;
            if (env.transition != policy::operation::none) return {}; // the end of that will settle it
            auto dropped =
                sealed_values(parts_, ring, environment).drop_all_but(env.deleted ? 0 : env.key_version, [&](ports::batch& batch) {
                    batch.require(record, found->version);
                });
            if (dropped || dropped.error().code != errc::version_conflict || attempt == 8) return dropped;
        }
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

    /// The environment's next keys, under the ring: one for each purpose that it has one for now, and a keyset for each
    /// suite. Made once, all in one commit, so that what was sealed before a kill still opens. Only while the work that
    /// needs them is under way, and never behind a rotation's back.
    result<void> ensure_next_keys(const loaded& begun, std::uint64_t next, custody<Parts>& chain) {
        const ring_id& ring = chain.ring();
        const auto& env = begun.environment->value;
        const keys::environment_key_name first{env.id, keys::data_purpose::message, next};
        for (int attempt = 1;; ++attempt) {
            const auto existing = parts_.store.load(records::wrap(ring, env.id, first.text()));
            if (existing || existing.error().code != errc::not_found) return existing ? result<void>{} : pass(existing);
            const auto l = load(parts_.store, subject{ring, env.id});
            if (!l) return pass(l);
            if (auto same = reports_.still_under_way(*l, env); !same) return same;
            ports::batch batch;
            batch.require(records::ring(ring), l->ring.version);
            batch.require(records::environment(ring, env.id), l->environment->version);
            if (auto put = put_next_keys(batch, *l, next, chain); !put) return put;
            auto committed = parts_.store.commit(batch);
            if (committed || committed.error().code != errc::version_conflict || attempt == 8) return committed;
        }
    }
    result<void> put_next_keys(ports::batch& batch, const loaded& l, std::uint64_t next, custody<Parts>& chain) {
        const auto& env = l.environment->value;
        const auto generation = chain.generation_for(batch, l.ring.value);
        if (!generation) return pass(generation);
        const auto in_use = purposes_of(chain.ring(), env);
        if (!in_use) return pass(in_use);
        for (const keys::data_purpose purpose : *in_use) {
            const keys::environment_key_name name{env.id, purpose, next};
            auto made = chain.make_key(batch, name, [&](const secret_bytes& key) -> result<bytes> {
                if (purpose == keys::data_purpose::field)
                    if (auto put = put_next_keysets(batch, l, chain, {name, key.clone(), true, keys::use_count(8)}); !put) return pass(put);
                return chain.wrap_under_ring(name, *generation, key);
            });
            if (!made) return made;
        }
        return {};
    }
    result<std::vector<keys::data_purpose>> purposes_of(const ring_id& ring, const policy::environment_state& env) {
        const auto all = stored_keys(parts_.store, ring, env.id);
        if (!all) return pass(all);
        std::vector<keys::data_purpose> in_use{keys::data_purpose::message};
        for (const auto& [name, record] : *all) {
            const bool is_known = std::find(in_use.begin(), in_use.end(), name.purpose) != in_use.end();
            if (era_of(name.version) == env.key_version && !is_known) in_use.push_back(name.purpose);
        }
        return in_use;
    }
    /// Of each suite that is in use: a keyset of the next version, under the field key that is just being made.
    result<void> put_next_keysets(ports::batch& batch, const loaded& l, custody<Parts>& chain, keys::leased_key&& field_key) {
        const auto& env = l.environment->value;
        const auto opens = lease_for(l, chain, 0, keys::data_purpose::field);
        if (!opens) return pass(opens);
        const std::uint64_t next = field_key.name.version;
        std::vector<keys::leased_key> keys;
        keys.push_back(std::move(field_key));
        const auto seals = keys::data_key_lease::grant(std::make_shared<keys::epoch_watch>(0), 0, std::move(keys));
        if (!seals) return pass(seals);
        keysets<Parts> all(parts_, chain.ring(), env.id);
        for (const envelope::field_suite suite : field_suites) {
            const auto present = all.load(suite, env.key_version, *opens);
            if (!present) return pass(present);
            if (!*present) continue;
            const auto made = keysets<Parts>::make(suite, &**present);
            if (!made) return pass(made);
            if (auto put = all.put(batch, *made, next, *seals); !put) return put;
        }
        return {};
    }

    /// Secrets of the version that the environment leaves, sealed anew for the one that it is going to have.
    result<void> seal_secrets_anew(const ring_id& ring, const loaded& l, std::uint64_t next, const keys::data_key_lease& lease) {
        const auto& env = l.environment->value;
        return sealed_values(parts_, ring, env.id).seal_anew(env.key_version, next, lease, [&](ports::batch& batch) {
            batch.require(records::environment(ring, env.id), l.environment->version);
        });
    }
    /// What the product keeps itself.
    result<void> seal_elsewhere_anew(const ring_id& ring, const policy::environment_state& env,
                                     const std::shared_ptr<const keys::data_key_lease>& lease) {
        data_move move{ring, env.id, *lease};
        keysets<Parts> all(parts_, ring, env.id);
        for (const envelope::field_suite suite : field_suites) {
            auto found = all.load(suite, policy::work_number(env), *lease);
            if (!found) return pass(found);
            if (*found) move.fields.emplace_back(ring.tenant, lease, std::move(**found));
        }
        return parts_.how.before_return(move);
    }

    /// Every key of the environment that still hangs on the slot moves behind the ring; the slot is destroyed next.
    result<void> pull_behind_ring(ports::batch& batch, const loaded& l, custody<Parts>& chain) {
        const auto all = stored_keys(parts_.store, chain.ring(), l.environment->value.id);
        if (!all) return pass(all);
        const auto generation = chain.generation_for(batch, l.ring.value);
        if (!generation) return pass(generation);
        for (const auto& [name, record] : *all) {
            const auto wrapped = keys::wrapped_key::parse(record.value);
            if (!wrapped) return fail(errc::corrupt, "custody: a key record is damaged");
            if (chain.generation_of(wrapped->view())) continue;
            auto key = chain.unwrap(name, record.value);
            if (!key) return pass(key);
            auto moved = chain.wrap_under_ring(name, *generation, *key);
            if (!moved) return pass(moved);
            batch.put(record.key, record.version, std::move(*moved));
        }
        return {};
    }

    result<void> put_under_slot(ports::batch& batch, const environment_id& environment, std::uint64_t next, custody<Parts>& chain) {
        const ring_id& ring = chain.ring();
        if (auto staged = chain.stage_slot(batch, {environment, keys::data_purpose::message, next}); !staged) return staged;
        if constexpr (Profile.procedure().keys_at_once) { // the customer's key goes, and with it what only it opens
            if (auto erased = erase_keys(parts_.store, {ring, environment}, batch, next); !erased) return erased;
            if (auto dropped = rotation<Parts>(parts_, ring).drop_everything(batch); !dropped) return dropped;
        }
        const auto all = stored_keys(parts_.store, ring, environment);
        if (!all) return pass(all);
        for (const auto& [name, record] : *all) {
            if (era_of(name.version) != next) continue;
            auto key = chain.unwrap(name, record.value);
            if (!key) return pass(key);
            auto wrapped = chain.wrap_under_slot(name, *key);
            if (!wrapped) return pass(wrapped);
            batch.put(record.key, record.version, std::move(*wrapped));
        }
        return {};
    }

    /// A lease of `l.environment` for work: of one purpose or of all, to write under the keys of version `primary`; 0: to
    /// read.
    result<keys::data_key_lease> lease_for(const loaded& l, custody<Parts>& chain, std::uint64_t primary,
                                           std::optional<keys::data_purpose> purpose) {
        const auto& env = l.environment->value;
        return lease_of(l, chain, key_opener<Parts>(chain).open({env.id, env.key_version, primary, purpose}));
    }
    /// Of what the content is sealed under. An environment that has none of it has no key for it, and a lease all the same.
    result<keys::data_key_lease> lease_to_read(const loaded& l, custody<Parts>& chain) {
        const auto& env = l.environment->value;
        key_opener<Parts> opener(chain);
        std::vector<keys::leased_key> all;
        for (const keys::data_purpose purpose : Parts::content_purposes) {
            auto some = opener.open({env.id, env.key_version, 0, purpose});
            if (!some && some.error().code == errc::not_found) continue;
            if (!some) return pass(some);
            std::move(some->begin(), some->end(), std::back_inserter(all));
        }
        return all.empty() ? lease_for(l, chain, 0, keys::data_purpose::message) : lease_of(l, chain, std::move(all));
    }
    result<keys::data_key_lease> lease_to_write(const loaded& l, custody<Parts>& chain) {
        std::vector<keys::leased_key> all;
        for (const keys::data_purpose purpose : Parts::content_purposes) {
            auto some = open_to_write(chain, l, purpose);
            if (!some) return pass(some);
            std::move(some->begin(), some->end(), std::back_inserter(all));
        }
        return lease_of(l, chain, std::move(all));
    }
    result<keys::data_key_lease> lease_of(const loaded& l, custody<Parts>& chain, result<std::vector<keys::leased_key>>&& keys) {
        if (!keys) return pass(keys);
        return keys::data_key_lease::grant(watches_.watch(parts_.store, chain.ring(), l), lease_epoch(l), std::move(*keys),
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
