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

/// A key of an environment, as it is stored.
struct stored_key {
    keys::environment_key_name name;
    ports::record record;
};
/// Every key of an environment, of whatever version and purpose. corrupt: a record has no key's name.
template <class Store>
[[nodiscard]] result<std::vector<stored_key>> stored_keys(Store& store, const ring_id& ring, const environment_id& environment) {
    auto wraps = scan_all(store, records::wraps(ring, environment));
    if (!wraps) return pass(wraps);
    std::vector<stored_key> found;
    for (ports::record& r : *wraps) {
        auto name = key_name_of(r.key);
        if (!name) return pass(name);
        found.push_back({std::move(*name), std::move(r)});
    }
    return found;
}

/// Puts the end of those keys of an environment, and of those of its keysets, into `batch` of which `goes` says so; it is
/// asked for the version that each belongs to, nullopt where the record does not say, and for the purpose.
template <class Store, class Goes>
[[nodiscard]] result<void> erase_keys_if(Store& store, const subject& of, ports::batch& batch, const Goes& goes) {
    const auto wraps = scan_all(store, records::wraps(of.ring, of.environment));
    if (!wraps) return pass(wraps);
    for (const ports::record& r : *wraps) {
        const auto name = key_name_of(r.key);
        if (name ? goes(std::optional(era_of(name->version)), name->purpose) : goes(std::nullopt, keys::data_purpose::message))
            batch.erase_any(r.key);
    }
    const auto keysets = scan_all(store, records::keysets(of.ring, of.environment));
    if (!keysets) return pass(keysets);
    for (const ports::record& r : *keysets)
        if (goes(records::last_number(r.key), keys::data_purpose::field)) batch.erase_any(r.key);
    return {};
}

/// Every key and keyset of an environment, but those of version `keep`.
template <class Store>
[[nodiscard]] result<void> erase_keys(Store& store, const subject& of, ports::batch& batch, std::uint64_t keep = 0) {
    return erase_keys_if(store, of, batch,
                         [keep](std::optional<std::uint64_t> version, keys::data_purpose) { return keep == 0 || version != keep; });
}

/// Work that is given up, and the version that it made keys for.
struct given_up {
    policy::operation what;
    std::uint64_t version;
};
/// The opposite: only what was made for that version goes. Of a return, keys of fields and
/// pages stay: the product may have sealed with them, and they are behind the ring as the environment itself.
template <class Store>
[[nodiscard]] result<void> erase_version(Store& store, const subject& of, ports::batch& batch, const given_up& work) {
    return erase_keys_if(store, of, batch, [work](std::optional<std::uint64_t> era, keys::data_purpose purpose) {
        return era == work.version && (work.what != policy::operation::returning || purpose == keys::data_purpose::message);
    });
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
    explicit key_opener(custody<Parts>& chain) : chain_(chain) {}

    /// Every wanted key that can be reached, ready for a lease. locked: one of the newest cannot; exhausted: a primary
    /// one is used up; not_found: there is none.
    [[nodiscard]] result<std::vector<keys::leased_key>> open(const wanted_keys& want) {
        const auto all = stored_keys(chain_.parts().store, chain_.ring(), want.environment);
        if (!all) return pass(all);
        std::array<std::uint64_t, keys::data_purpose_names.size()> primary{}; // the last turn of each purpose
        const auto last_of = [&primary](keys::data_purpose purpose) -> std::uint64_t& {
            return primary[static_cast<std::size_t>(purpose)];
        };
        for (const auto& [name, record] : *all)
            if (want.primary != 0 && era_of(name.version) == want.primary)
                last_of(name.purpose) = std::max(last_of(name.purpose), name.version);
        std::vector<keys::leased_key> found;
        for (const stored_key& one : *all) {
            if (want.purpose && one.name.purpose != *want.purpose) continue;
            auto key = open(one, want, last_of(one.name.purpose) == one.name.version);
            if (!key) return pass(key);
            if (*key) found.push_back(std::move(**key));
        }
        if (found.empty())
            return fail(errc::not_found, "custody: the environment has no keys of that purpose yet; who opens it for writing makes one");
        return found;
    }

private:
    /// nullopt: it is out of reach, and may be.
    result<std::optional<keys::leased_key>> open(const stored_key& one, const wanted_keys& want, bool is_primary) {
        auto key = chain_.unwrap(one.name, one.record.value);
        if (!key) {
            // Other keys of an environment that went back to the provider, or was on its way, stay behind the customer's.
            const bool out_of_reach = key.error().code == errc::locked || key.error().code == errc::not_found;
            const auto era = era_of(one.name.version);
            if (out_of_reach && era != want.newest && era != want.primary) return std::nullopt;
            return pass(key);
        }
        keys::use_count uses;
        if (is_primary) {
            auto reserved = chain_.parts().uses->of(chain_.parts().store, chain_.ring(), one.name.text());
            if (!reserved) return pass(reserved);
            uses = std::move(*reserved);
        }
        return keys::leased_key{one.name, std::move(*key), is_primary, std::move(uses)};
    }

    custody<Parts>& chain_;
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
[[nodiscard]] result<void> make_present_key(custody<Parts>& chain, const loaded& l, keys::data_purpose purpose) {
    const auto& env = l.environment->value;
    auto& store = chain.parts().store;
    const auto all = stored_keys(store, chain.ring(), env.id);
    if (!all) return pass(all);
    keys::environment_key_name next{env.id, purpose, 0};
    for (const auto& [name, record] : *all)
        if (name.purpose == purpose && era_of(name.version) == env.key_version) next.version = std::max(next.version, name.version);
    next.version = next.version == 0 ? env.key_version : next_turn(next.version);
    ports::batch batch;
    batch.require(records::environment(chain.ring(), env.id), l.environment->version);
    if (auto put = put_present_key(batch, chain, l, next); !put) return put;
    return store.commit(batch);
}

/// The keys of one purpose, one of them to write under: the first of its version is made, and the next one in place of one
/// that is used up. As key_opener::open and make_present_key.
template <class Parts>
[[nodiscard]] result<std::vector<keys::leased_key>> open_to_write(custody<Parts>& chain, const loaded& l, keys::data_purpose purpose) {
    const auto& env = l.environment->value;
    for (bool made_one = false;; made_one = true) {
        auto found = key_opener<Parts>(chain).open({env.id, env.key_version, env.key_version, purpose});
        const bool has_primary = found && std::any_of(found->begin(), found->end(), [](const auto& key) { return key.primary; });
        const bool lacks_key = found || found.error().code == errc::not_found || found.error().code == errc::exhausted;
        if (has_primary || !lacks_key || made_one) return found;
        if (auto made = make_present_key(chain, l, purpose); !made) return pass(made);
    }
}

} // namespace keywright::service
