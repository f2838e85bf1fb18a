// SPDX-License-Identifier: Apache-2.0
// An environment's keys, each for one purpose: opened for a lease, made when first needed, replaced when used up, and
// erased. A version of them is what apply, return and reset replace, all purposes at once.
// Depends on: service/custody, service/transact.
#pragma once

#include <keywright/service/custody.hpp>
#include <keywright/service/transact.hpp>

namespace keywright::service {

/// The environment key that a record under `wrap/` holds.
[[nodiscard]] inline result<keys::environment_key_name> key_name_of(std::string_view record) {
    auto name = keys::environment_key_name::parse(record.substr(record.rfind('/') + 1));
    if (!name) return fail(errc::corrupt, "custody: a key record has no key's name");
    return name;
}

/// Puts the end of every key of an environment, and of its keysets, into `batch`; but of those of version `keep`.
template <class Store>
[[nodiscard]] result<void> erase_keys(Store& store, const ring_id& ring, const environment_id& environment, ports::batch& batch,
                                      std::uint64_t keep = 0) {
    const auto wraps = scan_all(store, records::wraps(ring, environment));
    if (!wraps) return pass(wraps);
    for (const ports::record& r : *wraps) {
        const auto name = key_name_of(r.key);
        if (keep == 0 || !name || era_of(name->version) != keep) batch.erase_any(r.key);
    }
    const auto keysets = scan_all(store, records::keysets(ring, environment));
    if (!keysets) return pass(keysets);
    for (const ports::record& r : *keysets)
        if (keep == 0 || records::last_number(r.key) != keep) batch.erase_any(r.key);
    return {};
}

/// The opposite, for work that was given up: only what was made for `version` goes. Of a return, keys of fields and
/// pages stay: the product may have sealed with them, and they are behind the ring as the environment itself.
template <class Store>
[[nodiscard]] result<void> erase_version(Store& store, const ring_id& ring, const policy::carry_out& work, ports::batch& batch,
                                         std::uint64_t version) {
    const bool only_messages = work.what == policy::operation::returning;
    const auto wraps = scan_all(store, records::wraps(ring, work.environment));
    if (!wraps) return pass(wraps);
    for (const ports::record& r : *wraps) {
        const auto name = key_name_of(r.key);
        if (!name || era_of(name->version) != version || (only_messages && name->purpose != keys::data_purpose::message)) continue;
        batch.erase_any(r.key);
    }
    if (only_messages) return {};
    const auto keysets = scan_all(store, records::keysets(ring, work.environment));
    if (!keysets) return pass(keysets);
    for (const ports::record& r : *keysets)
        if (records::last_number(r.key) == version) batch.erase_any(r.key);
    return {};
}

/// Which keys of an environment a lease is to hold.
struct wanted_keys {
    environment_id environment;
    std::uint64_t newest = 0;                    ///< the environment's key version, which must be within reach
    std::uint64_t primary = 0;                   ///< the version that new data is wrapped under; 0: reading only
    std::optional<keys::data_purpose> purpose{}; ///< nullopt: every one that there is
};

/// Opens an environment's keys, one operation's worth.
template <class Parts>
class key_opener {
public:
    key_opener(Parts& parts, custody<Parts>& chain, const ring_id& ring) : parts_(parts), chain_(chain), ring_(ring) {}

    /// Every wanted key that can be reached, ready for a lease. locked: one of the newest cannot; exhausted: a primary
    /// one is used up; not_found: there is none.
    [[nodiscard]] result<std::vector<keys::leased_key>> open(const wanted_keys& want) {
        const auto wraps = scan_all(parts_.store, records::wraps(ring_, want.environment));
        if (!wraps) return pass(wraps);
        std::array<std::uint64_t, keys::data_purpose_names.size()> primary{}; // the last turn of each purpose
        for (const ports::record& record : *wraps) {
            const auto name = key_name_of(record.key);
            if (!name) return pass(name);
            auto& last = primary[static_cast<std::size_t>(name->purpose)];
            if (want.primary != 0 && era_of(name->version) == want.primary) last = std::max(last, name->version);
        }
        std::vector<keys::leased_key> found;
        for (const ports::record& record : *wraps) {
            const auto name = key_name_of(record.key);
            if (!name) return pass(name);
            if (want.purpose && name->purpose != *want.purpose) continue;
            auto added = add(found, record, *name, want, primary[static_cast<std::size_t>(name->purpose)] == name->version);
            if (!added) return pass(added);
        }
        if (found.empty())
            return fail(errc::not_found, "custody: the environment has no keys of that purpose yet; who opens it for writing makes one");
        return found;
    }

private:
    result<void> add(std::vector<keys::leased_key>& found, const ports::record& record, const keys::environment_key_name& name,
                     const wanted_keys& want, bool is_primary) {
        auto key = chain_.unwrap(name, record.value);
        if (!key) {
            // Other keys of an environment that went back to the provider, or was on its way, stay behind the customer's.
            const bool out_of_reach = key.error().code == errc::locked || key.error().code == errc::not_found;
            const auto era = era_of(name.version);
            if (out_of_reach && era != want.newest && era != want.primary) return {};
            return pass(key);
        }
        keys::use_count uses;
        if (is_primary) {
            auto reserved = parts_.uses->of(parts_.store, ring_, name.text());
            if (!reserved) return pass(reserved);
            uses = std::move(*reserved);
        }
        found.push_back({name, std::move(*key), is_primary, std::move(uses)});
        return {};
    }

    Parts& parts_;
    custody<Parts>& chain_;
    ring_id ring_;
};

/// Puts a new key of the environment's present version into `batch`, wrapped as its others are; the commit holds only
/// while ring and environment are as in `l`, and while there is no key of that name.
template <class Parts>
[[nodiscard]] result<void> put_present_key(ports::batch& batch, custody<Parts>& chain, const loaded& l,
                                           const keys::environment_key_name& name) {
    batch.require(records::ring({l.ring.value.tenant, l.ring.value.region}), l.ring.version);
    if (l.environment->value.managed_by == policy::protector::provider)
        return chain.make_key(batch, name, [&](const secret_bytes& key) { return chain.wrap_under_slot(name, key); });
    const auto generation = chain.generation_for(batch, l.ring.value);
    if (!generation) return pass(generation);
    return chain.make_key(batch, name, [&](const secret_bytes& key) { return chain.wrap_under_ring(name, *generation, key); });
}

/// Makes the key behind the last of a purpose and of the environment's present version. version_conflict: the environment
/// is no longer as in `l`, or somebody else has made one.
template <class Parts>
[[nodiscard]] result<void> make_present_key(Parts& parts, custody<Parts>& chain, const ring_id& ring, const loaded& l,
                                            keys::data_purpose purpose) {
    const auto& env = l.environment->value;
    const auto wraps = scan_all(parts.store, records::wraps(ring, env.id));
    if (!wraps) return pass(wraps);
    keys::environment_key_name next{env.id, purpose, 0};
    for (const ports::record& r : *wraps) {
        const auto name = key_name_of(r.key);
        if (!name) return pass(name);
        if (name->purpose == purpose && era_of(name->version) == env.key_version) next.version = std::max(next.version, name->version);
    }
    next.version = next.version == 0 ? env.key_version : next_turn(next.version);
    ports::batch batch;
    batch.require(records::environment(ring, env.id), l.environment->version);
    if (auto put = put_present_key(batch, chain, l, next); !put) return put;
    return parts.store.commit(batch);
}

/// The keys of one purpose, one of them to write under: the first of its version is made, and the next one in place of one
/// that is used up. As key_opener::open and make_present_key.
template <class Parts>
[[nodiscard]] result<std::vector<keys::leased_key>> open_to_write(Parts& parts, custody<Parts>& chain, const ring_id& ring, const loaded& l,
                                                                  keys::data_purpose purpose) {
    const auto& env = l.environment->value;
    for (bool made_one = false;; made_one = true) {
        auto found = key_opener<Parts>(parts, chain, ring).open({env.id, env.key_version, env.key_version, purpose});
        const bool has_primary = found && std::any_of(found->begin(), found->end(), [](const auto& key) { return key.primary; });
        const bool lacks_key = found || found.error().code == errc::not_found || found.error().code == errc::exhausted;
        if (has_primary || !lacks_key || made_one) return found;
        if (auto made = make_present_key(parts, chain, ring, l, purpose); !made) return pass(made);
    }
}

} // namespace keywright::service
