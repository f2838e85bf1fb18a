// SPDX-License-Identifier: Apache-2.0
// The way from the vault to an environment's keys, through the records of the store: provider's or customer's key,
// ring secret, key-encryption key, environment key. One `custody` serves one operation and forgets all it opened.
// Depends on: service/parts, service/records, keys/hierarchy, keys/lease.
#pragma once

#include <keywright/keys/hierarchy.hpp>
#include <keywright/keys/lease.hpp>
#include <keywright/policy/state.hpp>
#include <keywright/service/parts.hpp>
#include <keywright/service/records.hpp>

#include <botan/rsa.h>

#include <map>

namespace keywright::service {

/// The version of an environment's keys that a key belongs to: the low half of its own, so that an environment's slot
/// and its state name all of them at once. The high half counts the keys of one purpose that were used up under it.
constexpr std::uint64_t era_of(std::uint64_t version) noexcept { return version & 0xffffffffU; }
/// The version of the key that takes the place of one that is used up.
constexpr std::uint64_t next_turn(std::uint64_t version) noexcept { return version + (std::uint64_t{1} << 32); }

/// The provider's own key, made when the first tenant comes.
template <class Vault>
[[nodiscard]] result<ports::vault_entry> provider_key(Vault& vault) {
    auto found = vault.find(vault_ids::provider);
    if (found && found->published) return found;
    if (!found && found.error().code != errc::not_found) return found;
    auto made = keywright::detail::botan_boundary(errc::internal, "custody: no RSA key could be made",
                                                  [] { return Botan::RSA_PrivateKey(Botan::system_rng(), 3072); });
    if (!made) return pass(made);
    // One that is there already was staged by somebody else, dead or alive. It is published before anything is wrapped
    // under it, or recovery would take it for abandoned.
    auto staged = vault.stage(vault_ids::provider, ports::key_purpose::provider, *made);
    if (!staged && staged.error().code != errc::already_exists) return staged;
    if (auto published = vault.publish(vault_ids::provider); !published) return pass(published);
    return vault.find(vault_ids::provider);
}

/// Puts a secret's check into `batch`.
[[nodiscard]] inline result<void> put_check(ports::batch& batch, std::string record, const secret_bytes& secret) {
    const auto check = keys::key_check(secret);
    if (!check) return pass(check);
    batch.put_any(std::move(record), bytes(check->begin(), check->end()));
    return {};
}

template <class Parts>
class custody {
public:
    custody(Parts& parts, ring_id ring)
        : parts_(parts), ring_(ring), prefix_("ring/" + std::string(ring.tenant.view()) + "/" + std::string(ring.region.view()) + "/") {}

    Parts& parts() const noexcept { return parts_; }
    const ring_id& ring() const noexcept { return ring_; }

    // --- records of environment keys ---

    /// An environment key as a record under the ring's KEK of a generation.
    [[nodiscard]] result<bytes> wrap_under_ring(const keys::environment_key_name& name, std::uint64_t generation, const secret_bytes& key) {
        auto kek = ring_kek(generation);
        if (!kek) return pass(kek);
        return wrap(**kek, keys::ring_key_name(ring_.tenant, ring_.region, generation), ring_context(name, generation), key);
    }
    /// The same under the environment's slot of that version and the provider's key. The slot may be staged only.
    [[nodiscard]] result<bytes> wrap_under_slot(const keys::environment_key_name& name, const secret_bytes& key) {
        auto kek = slot_kek(name.environment, era_of(name.version));
        if (!kek) return pass(kek);
        return wrap(**kek, keys::slot_key_name(ring_.tenant, ring_.region, name.environment), slot_context(name), key);
    }
    /// Opens either. locked: nothing in the vault opens its path; corrupt: the record is none of ours.
    [[nodiscard]] result<secret_bytes> unwrap(const keys::environment_key_name& name, byte_view record) {
        const auto wrapped = keys::wrapped_key::parse(record);
        if (!wrapped) return fail(errc::corrupt, "custody: a key record is damaged");
        const auto generation = generation_of(wrapped->view());
        auto kek = generation ? ring_kek(*generation) : slot_kek(name.environment, era_of(name.version));
        if (!kek) return pass(kek);
        const auto under = generation ? keys::ring_key_name(ring_.tenant, ring_.region, *generation)
                                      : keys::slot_key_name(ring_.tenant, ring_.region, name.environment);
        const auto context = generation ? ring_context(name, *generation) : slot_context(name);
        return (*kek)->unwrap(keys::provider, under, context, wrapped->view());
    }
    /// The generation of the ring secret that a record hangs on; nullopt: it hangs on a slot.
    std::optional<std::uint64_t> generation_of(const keys::entry_view& entry) const {
        const auto info = as_text(entry.provider_info);
        if (!info.starts_with(prefix_)) return std::nullopt;
        std::uint64_t generation = 0;
        std::from_chars(info.data() + prefix_.size(), info.data() + info.size(), generation);
        return generation;
    }
    bytes ring_context(const keys::environment_key_name& name, std::uint64_t generation) const {
        const std::string purpose = name.text();
        return keys::house_context({.tenant = ring_.tenant,
                                    .region = ring_.region,
                                    .environment = name.environment,
                                    .generation = generation,
                                    .purpose = purpose})
            .serialise();
    }

    // --- new keys, each with its check ---

    /// A new slot for a version of the environment's keys, staged. One that was staged before serves as well, but
    /// whoever staged it may be dead: it is published at once, so that nobody takes it for abandoned. Until the commit it
    /// wraps nothing, and the next settling destroys it if that never comes.
    [[nodiscard]] result<void> stage_slot(ports::batch& batch, const keys::environment_key_name& name) {
        const std::string id = vault_ids::slot(ring_, name.environment, name.version);
        auto staged = parts_.vault.stage_slot(id);
        if (!staged && staged.error().code == errc::already_exists) {
            if (auto published = parts_.vault.publish(id); !published) return published;
            staged = parts_.vault.find(id);
        }
        if (!staged) return pass(staged);
        batch.put_any(records::check_of_slot(ring_, name.environment, name.version), std::move(staged->key_check));
        return {};
    }
    /// Makes an environment key and puts its record, wrapped by `wrap`, into `batch`.
    template <class Wrap>
    [[nodiscard]] result<void> make_key(ports::batch& batch, const keys::environment_key_name& name, const Wrap& wrap) {
        const auto key = keys::random_secret();
        if (!key) return pass(key);
        auto wrapped = wrap(*key);
        if (!wrapped) return pass(wrapped);
        batch.put(records::wrap(ring_, name.environment, name.text()), 0, std::move(*wrapped));
        return put_check(batch, records::check_of_wrap(ring_, name.environment, name.text()), *key);
    }

    // --- secrets of the ring ---

    /// The ring's secret of a generation, opened by whichever customer key the vault still holds. locked: by none.
    [[nodiscard]] result<secret_bytes> ring_secret(std::uint64_t generation) {
        const auto wrapped = parts_.store.scan(records::secrets(ring_, generation), "", 16);
        if (!wrapped) return pass(wrapped);
        for (const ports::record& record : *wrapped) {
            const auto print = parse_fingerprint(std::string_view(record.key).substr(record.key.rfind('/') + 1));
            if (!print) return fail(errc::corrupt, "custody: a ring secret names no key");
            auto secret = parts_.vault.unwrap(vault_ids::customer(ring_, *print), record.value);
            if (secret) note_use(*print);
            if (secret || secret.error().code != errc::not_found) return secret;
        }
        return fail(errc::locked, "custody: no customer key that opens this ring is in the vault; unlock_key brings it back");
    }
    /// The newest generation that there is a secret of: what new records hang on. An activation that failed before it
    /// made its secret leaves the ring's number ahead of this one. not_found: there is none.
    [[nodiscard]] result<std::uint64_t> newest_generation() {
        const auto all = ring_secrets();
        if (!all) return pass(all);
        std::uint64_t newest = 0;
        const std::string prefix = records::secrets(ring_);
        for (const ports::record& record : *all) newest = std::max(newest, records::generation_of_secret(prefix, record.key));
        if (newest == 0) return fail(errc::not_found, "custody: the ring has no secret yet; it gets one with its first key");
        return newest;
    }
    /// The generation that records in `batch` are to hang on. A rotation moves only what it finds: the commit holds only
    /// if no secret of a later generation has come since, so that one which comes afterwards finds them. Requires that
    /// the batch also requires `ring` to be unchanged.
    [[nodiscard]] result<std::uint64_t> generation_for(ports::batch& batch, const policy::ring_state& ring) {
        const auto newest = newest_generation();
        if (!newest) return newest;
        const auto* incoming = policy::incoming_key(ring);
        if (incoming != nullptr && *newest < ring.generation) batch.require(records::secret(ring_, ring.generation, incoming->print), 0);
        return newest;
    }
    /// Every wrap of every generation of the ring's secret; few, except after many failed activations.
    [[nodiscard]] result<std::vector<ports::record>> ring_secrets() { return scan_all(parts_.store, records::secrets(ring_)); }
    /// The provider's half of this ring's wrap paths; made and put into `batch` where there is none yet.
    [[nodiscard]] result<void> ensure_provider_secret(ports::batch& batch) {
        auto existing = provider_secret();
        if (existing) return {};
        if (existing.error().code != errc::not_found) return pass(existing);
        auto key = provider_key(parts_.vault);
        if (!key) return pass(key);
        auto secret = keys::random_secret();
        if (!secret) return pass(secret);
        auto wrapped = keys::wrap_ring_secret(key->public_key, *secret);
        if (!wrapped) return pass(wrapped);
        batch.put(records::provider_secret(ring_), 0, std::move(*wrapped));
        if (auto put = put_check(batch, records::check_of_provider(ring_), *secret); !put) return put;
        provider_ = std::move(*secret);
        return {};
    }

    // --- key-encryption keys, opened once for each operation ---

    [[nodiscard]] result<keys::kek*> ring_kek(std::uint64_t generation) {
        return cached("r" + std::to_string(generation), [&]() -> result<secret_bytes> {
            auto secret = ring_secret(generation);
            if (!secret) return secret;
            return keys::ring_kek(*secret, generation, ring_.region, ring_.tenant);
        });
    }
    [[nodiscard]] result<keys::kek*> slot_kek(const environment_id& environment, std::uint64_t version) {
        return cached("s" + std::to_string(version) + "/" + std::string(environment.view()), [&]() -> result<secret_bytes> {
            auto slot = parts_.vault.slot_secret(vault_ids::slot(ring_, environment, version));
            if (!slot) return slot;
            auto provider = provider_secret();
            if (!provider) return pass(provider);
            return keys::provider_environment_kek(**provider, *slot,
                                                  {.tenant = ring_.tenant, .region = ring_.region, .environment = environment});
        });
    }

private:
    /// A customer's key has opened something. A clock that does not know the time does not hide that.
    void note_use(const fingerprint& print) const {
        if (!parts_.how.on_key_use) return;
        const auto now = parts_.clock.now();
        parts_.how.on_key_use({.key = print, .what = policy::key_operation::unwrap, .at = now ? *now : instant{}});
    }
    result<bytes> wrap(keys::kek& kek, const std::string& under, const bytes& context, const secret_bytes& key) {
        auto wrapped = kek.wrap(keys::provider, under, context, key);
        if (!wrapped) return pass(wrapped);
        return wrapped->serialised();
    }
    bytes slot_context(const keys::environment_key_name& name) const {
        const std::string purpose = name.text();
        return keys::house_context({.tenant = ring_.tenant, .region = ring_.region, .environment = name.environment, .purpose = purpose})
            .serialise();
    }
    result<const secret_bytes*> provider_secret() {
        if (provider_.empty()) {
            const auto record = parts_.store.load(records::provider_secret(ring_));
            if (!record) return pass(record);
            auto secret = parts_.vault.unwrap(vault_ids::provider, record->value);
            if (!secret) return pass(secret);
            provider_ = std::move(*secret);
        }
        return &provider_;
    }
    template <class Derive>
    result<keys::kek*> cached(const std::string& name, const Derive& derive) {
        if (const auto known = keks_.find(name); known != keks_.end()) return &known->second;
        const auto secret = derive();
        if (!secret) return pass(secret);
        auto ready = keys::kek::make(*secret);
        if (!ready) return pass(ready);
        return &keks_.emplace(name, std::move(*ready)).first->second;
    }

    Parts& parts_;
    ring_id ring_;
    std::string prefix_; ///< of the ring's names for its key-encryption keys
    secret_bytes provider_;
    std::map<std::string, keys::kek> keks_;
};

} // namespace keywright::service
