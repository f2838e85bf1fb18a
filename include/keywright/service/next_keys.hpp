// SPDX-License-Identifier: Apache-2.0
// The keys that an environment is going to have when the work on it is done: made once under the ring, and made current by
// the report's commit, behind the ring or behind a slot.
// Depends on: service/field_keys, service/reporter, service/rotation, service/work_leases.
#pragma once

#include <keywright/service/field_keys.hpp>
#include <keywright/service/reporter.hpp>
#include <keywright/service/rotation.hpp>
#include <keywright/service/work_leases.hpp>

namespace keywright::service {

/// Of one apply or return, which began with `begun`. Requires: all three outlive this. Thread safety: one thread at a time.
template <const auto& Profile, class Parts>
class next_keys {
public:
    next_keys(custody<Parts>& chain, watches& known, const loaded& begun)
        : chain_(chain), watches_(known), env_(begun.environment->value), next_(policy::work_number(env_)) {}

    /// The purposes that the environment has a key for now, messages first.
    [[nodiscard]] result<std::vector<keys::data_purpose>> purposes() { return purposes_of(env_); }

    /// Makes them, under the ring: one for each purpose, and a keyset for each suite. Once, all in one commit, so that what was
    /// sealed before a kill still opens. Only while the work that needs them is under way (else version_conflict), and never
    /// behind a rotation's back.
    [[nodiscard]] result<void> ensure() {
        const ring_id& ring = chain_.ring();
        const keys::environment_key_name first{env_.id, keys::data_purpose::message, next_};
        for (int attempt = 1;; ++attempt) {
            const auto existing = store().load(records::wrap(ring, env_.id, first.text()));
            if (existing || existing.error().code != errc::not_found) return existing ? result<void>{} : pass(existing);
            const auto l = load(store(), subject{ring, env_.id});
            if (!l) return pass(l);
            if (auto same = reporter<Profile, Parts>::still_under_way(*l, env_); !same) return same;
            ports::batch batch;
            batch.require(records::ring(ring), l->ring.version);
            batch.require(records::environment(ring, env_.id), l->environment->version);
            if (auto made = put_all(batch, *l); !made) return made;
            auto committed = store().commit(batch);
            if (committed || committed.error().code != errc::version_conflict || attempt == 8) return committed;
        }
    }

    /// Puts into `batch` that every key which still hangs on the slot moves behind the ring; the slot is destroyed next. The
    /// batch requires the ring of `now`. corrupt: a key record is damaged.
    [[nodiscard]] result<void> pull_behind_ring(ports::batch& batch, const loaded& now) {
        const auto all = stored_keys(store(), chain_.ring(), env_.id);
        if (!all) return pass(all);
        const auto generation = chain_.generation_for(batch, now.ring.value);
        if (!generation) return pass(generation);
        for (const auto& [name, record] : *all) {
            const auto wrapped = keys::wrapped_key::parse(record.value);
            if (!wrapped) return fail(errc::corrupt, "custody: a key record is damaged");
            if (chain_.generation_of(wrapped->view())) continue;
            auto key = chain_.unwrap(name, record.value);
            if (!key) return pass(key);
            auto moved = chain_.wrap_under_ring(name, *generation, *key);
            if (!moved) return pass(moved);
            batch.put(record.key, record.version, std::move(*moved));
        }
        return {};
    }

    /// Puts into `batch` that the next keys move behind a new slot, which is staged.
    [[nodiscard]] result<void> put_under_slot(ports::batch& batch) {
        const ring_id& ring = chain_.ring();
        if (auto staged = chain_.stage_slot(batch, {env_.id, keys::data_purpose::message, next_}); !staged) return staged;
        if constexpr (Profile.procedure().keys_at_once) { // the customer's key goes, and with it what only it opens
            if (auto erased = erase_keys(store(), {ring, env_.id}, batch, next_); !erased) return erased;
            if (auto dropped = rotation<Parts>(chain_.parts(), ring).drop_everything(batch); !dropped) return dropped;
        }
        const auto all = stored_keys(store(), ring, env_.id);
        if (!all) return pass(all);
        for (const auto& [name, record] : *all) {
            if (era_of(name.version) != next_) continue;
            auto key = chain_.unwrap(name, record.value);
            if (!key) return pass(key);
            auto wrapped = chain_.wrap_under_slot(name, *key);
            if (!wrapped) return pass(wrapped);
            batch.put(record.key, record.version, std::move(*wrapped));
        }
        return {};
    }

private:
    result<void> put_all(ports::batch& batch, const loaded& l) {
        const auto& env = l.environment->value;
        const auto generation = chain_.generation_for(batch, l.ring.value);
        if (!generation) return pass(generation);
        const auto in_use = purposes_of(env);
        if (!in_use) return pass(in_use);
        for (const keys::data_purpose purpose : *in_use) {
            const keys::environment_key_name name{env.id, purpose, next_};
            auto made = chain_.make_key(batch, name, [&](const secret_bytes& key) -> result<bytes> {
                if (purpose == keys::data_purpose::field)
                    if (auto put = put_keysets(batch, l, {name, key.clone(), true, keys::use_count(8)}); !put) return pass(put);
                return chain_.wrap_under_ring(name, *generation, key);
            });
            if (!made) return made;
        }
        return {};
    }
    /// Of each suite that is in use: a keyset of the next version, under the field key that is just being made.
    result<void> put_keysets(ports::batch& batch, const loaded& l, keys::leased_key&& field_key) {
        const auto& env = l.environment->value;
        const auto opens = work_leases<Parts>(chain_, watches_, l).of(keys::data_purpose::field);
        if (!opens) return pass(opens);
        std::vector<keys::leased_key> keys;
        keys.push_back(std::move(field_key));
        const auto seals = keys::data_key_lease::grant(std::make_shared<keys::epoch_watch>(0), 0, std::move(keys));
        if (!seals) return pass(seals);
        keysets<Parts> all(chain_.parts(), chain_.ring(), env.id);
        for (const envelope::field_suite suite : field_suites) {
            const auto present = all.load(suite, env.key_version, *opens);
            if (!present) return pass(present);
            if (!*present) continue;
            const auto made = keysets<Parts>::make(suite, &**present);
            if (!made) return pass(made);
            if (auto put = all.put(batch, *made, next_, *seals); !put) return put;
        }
        return {};
    }
    result<std::vector<keys::data_purpose>> purposes_of(const policy::environment_state& env) {
        const auto all = stored_keys(store(), chain_.ring(), env.id);
        if (!all) return pass(all);
        std::vector<keys::data_purpose> in_use{keys::data_purpose::message};
        for (const auto& [name, record] : *all) {
            const bool is_known = std::find(in_use.begin(), in_use.end(), name.purpose) != in_use.end();
            if (era_of(name.version) == env.key_version && !is_known) in_use.push_back(name.purpose);
        }
        return in_use;
    }
    auto& store() { return chain_.parts().store; }

    custody<Parts>& chain_;
    watches& watches_;
    const policy::environment_state& env_;
    std::uint64_t next_; ///< their version
};

} // namespace keywright::service
