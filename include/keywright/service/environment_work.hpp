// SPDX-License-Identifier: Apache-2.0
// What is done to one environment: moved between the provider's key and the customer's, unlocked, restored, copied,
// reset, and settled afterwards. Data is built anew beside the old; the report's commit makes it current.
// Depends on: service/next_keys, service/secrets.
#pragma once

#include <keywright/service/next_keys.hpp>
#include <keywright/service/secrets.hpp>

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
        case policy::operation::resetting: return clear_up_after(reset(job, chain), job);
        case policy::operation::applying:
        case policy::operation::returning: return clear_up_after(move(job, chain), job);
        case policy::operation::restoring:
        case policy::operation::copying: return clear_up_after(overwrite(job, chain), job);
        default: return {};
        }
    }

    /// For the content store to open what an environment holds now, to take a backup of it.
    [[nodiscard]] ports::content_keys keys_of_content(const ring_id& ring, const environment_id& environment) {
        return [this, ring, environment]() -> result<keys::data_key_lease> {
            const auto l = load(parts_.store, subject{ring, environment});
            if (!l) return pass(l);
            custody<Parts> chain(parts_, ring);
            return work_leases<Parts>(chain, watches_, *l).to_read();
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
        next_keys<Profile, Parts> fresh(chain, watches_, job.begun);
        const auto in_use = fresh.purposes();
        if (!in_use) return pass(in_use);
        const bool needs_help = job.what == policy::operation::returning && std::any_of(in_use->begin(), in_use->end(), is_elsewhere);
        if (needs_help && !parts_.how.before_return)
            return reports_.end_after(
                fail(errc::misused, "service: fields and databases would stay behind the customer's key; set options::before_return"), job);
        if (auto made = fresh.ensure(); !made) return made;
        auto leased = work_leases<Parts>(chain, watches_, job.begun).of(std::nullopt, next);
        if (!leased) return pass(leased);
        const auto lease = std::make_shared<const keys::data_key_lease>(std::move(*leased)); // keys of fields hold it, too
        auto built = parts_.content.rebuild(ref(ring, env, env.content), ref(ring, env, next), *lease, *lease, content_progress(job.what));
        if (built) built = seal_secrets_anew(ring, job.begun, next, *lease);
        if (built && needs_help) built = seal_elsewhere_anew(ring, env, lease);
        if (!built) return reports_.end_after(built, job);
        return complete(job, [&](ports::batch& batch, const loaded& now) -> result<void> {
            if (auto same = reports_.still_under_way(now, env); !same) return same;
            return job.what == policy::operation::applying ? fresh.pull_behind_ring(batch, now) : fresh.put_under_slot(batch);
        });
    }
    /// Somebody else may have ended the job while its data was being built, and have settled the environment before that was
    /// there. No other job makes a generation of this number.
    result<void> clear_up_after(const result<void>& done, const environment_job& job) {
        const auto& begun = job.environment();
        const auto found = load<policy::environment_state>(parts_.store, records::environment(job.on.ring, begun.id));
        if (!found) return done ? pass(found) : done;
        const std::uint64_t made = policy::work_number(begun);
        if (reports_.is_under_way(found->value, begun) || found->value.content == made) return done;
        const auto dropped = parts_.content.drop(ref(job.on.ring, begun, made));
        return done ? dropped : done;
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
        const auto opens = work_leases<Parts>(chain, watches_, *of_source).to_read();
        if (!opens) return pass(opens);
        const auto seals = work_leases<Parts>(chain, watches_, job.begun).to_write();
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
