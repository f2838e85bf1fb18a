// SPDX-License-Identifier: Apache-2.0
// The keys of an environment's encrypted fields: one keyset for each suite, kept in the store under the environment's
// field key, and handed out with the lease that every use of it is checked against.
// Depends on: envelope/column, service/environment_keys. Use:
//     auto fields = svc.environment(ring, prod, alice).fields(access::read_write);
//     auto email = fields->column("users", "email");   auto cell = email->seal("4711", value);
#pragma once

#include <keywright/envelope/column.hpp>
#include <keywright/service/environment_keys.hpp>

namespace keywright::service {

// Each version of an environment's keys has keysets of its own: record `keyset/<t>/<r>/<e>/<suite>/<version>`, an
// encrypted-data-key entry (keys/wrap.hpp) under a field key of that version, whose plaintext is a Tink Keyset. Context:
// environment, region, tenant, and as purpose `keyset.<suite>.<version>`. No keyset is ever wrapped again: what opens
// the older ones is their field key, which stays behind whatever protected it, so that moving an environment opens no
// path that was not there before.

constexpr std::string_view name(envelope::field_suite suite) noexcept {
    constexpr std::array<std::string_view, 3> names{"aes256_gcm", "aes256_gcm_siv", "aes256_siv"};
    return names[static_cast<std::size_t>(suite)];
}
inline constexpr std::array<envelope::field_suite, 3> field_suites{envelope::field_suite::aes256_gcm, envelope::field_suite::aes256_gcm_siv,
                                                                   envelope::field_suite::aes256_siv};

/// A keyset, and the lease that it lives and dies with. Thread safety: const members concurrently; a column has one
/// thread, and one for each is cheap.
class field_keys {
public:
    field_keys(const tenant_id& tenant, std::shared_ptr<const keys::data_key_lease> lease, envelope::keyset&& keys)
        : tenant_(tenant), lease_(std::move(lease)), keys_(std::move(keys)) {}

    /// Fails as envelope::column::make. Requires: this outlives the column.
    [[nodiscard]] result<envelope::column> column(std::string_view table, std::string_view column) const {
        return envelope::column::make({tenant_, table, column}, keys_, *lease_);
    }
    /// For keys of suite aes256_siv. Fails as envelope::lookup_column::make. Requires: this outlives the column.
    [[nodiscard]] result<envelope::lookup_column> lookup_column(std::string_view table, std::string_view column) const {
        return envelope::lookup_column::make({tenant_, table, column}, keys_, *lease_);
    }
    const envelope::keyset& keyset() const noexcept { return keys_; }
    const keys::data_key_lease& lease() const noexcept { return *lease_; }

private:
    tenant_id tenant_;
    std::shared_ptr<const keys::data_key_lease> lease_;
    envelope::keyset keys_;
};

/// What a product is to seal anew: see options::before_return. Everything is open for the length of the call. Should the
/// return be given up after all, the next keys stay with the environment and go on opening.
struct data_move {
    ring_id ring;
    environment_id environment;
    /// Opens what any key of the environment has sealed, wraps under those that it is going to have; all purposes.
    const keys::data_key_lease& lease;
    /// Of each suite that is in use: opens every field, seals under the next keys.
    std::vector<field_keys> fields{};
};

/// Loads and stores keysets of one environment. Not kept: made for one operation.
template <class Parts>
class keysets {
public:
    keysets(Parts& parts, const ring_id& ring, const environment_id& environment) : parts_(parts), ring_(ring), environment_(environment) {}

    /// All keys of a suite that the lease opens, as one keyset; that of `version` seals. nullopt: there is none of that
    /// version. corrupt: a record is damaged; else as the lease and the store.
    [[nodiscard]] result<std::optional<envelope::keyset>> load(envelope::field_suite suite, std::uint64_t version,
                                                               const keys::data_key_lease& lease) {
        auto stored = scan_all(parts_.store, records::keysets(ring_, environment_, name(suite)));
        if (!stored) return pass(stored);
        std::vector<std::pair<std::uint64_t, const ports::record*>> found;
        for (const ports::record& r : *stored) {
            const auto of = records::last_number(r.key);
            if (!of) return fail(errc::corrupt, "fields: a keyset's record names no version");
            if (*of == version) present_ = r.version;
            found.emplace_back(*of, &r);
        }
        const auto own = std::find_if(found.begin(), found.end(), [version](const auto& one) { return one.first == version; });
        if (own == found.end()) return std::optional<envelope::keyset>();
        std::iter_swap(found.begin(), own);
        std::optional<envelope::keyset> all;
        for (const auto& [of, r] : found) {
            auto one = open(suite, of, lease, r->value);
            if (!one && of != version && one.error().code == errc::not_mine) continue; // its field key is out of reach
            if (!one) return pass(one);
            if (auto added = all ? all->add_older(std::move(*one)) : result<void>{}; !added) return pass(added);
            if (!all) all = std::move(*one);
        }
        return all;
    }

    /// A fresh keyset whose keys have other ids than those of `beside`. Fails as envelope::keyset::generate.
    [[nodiscard]] static result<envelope::keyset> make(envelope::field_suite suite, const envelope::keyset* beside = nullptr) {
        for (;;) {
            auto made = envelope::keyset::generate(suite);
            if (!made || beside == nullptr || !beside->has(made->primary_id())) return made;
        }
    }
    /// Stores a keyset of one version; the commit holds only if `l` is still how the environment is, and nobody has stored
    /// another (else version_conflict). Requires: `keys` has no keys of other versions.
    [[nodiscard]] result<void> store(const envelope::keyset& keys, std::uint64_t version, const loaded& l,
                                     const keys::data_key_lease& lease) {
        ports::batch batch;
        batch.require(records::environment(ring_, environment_), l.environment->version);
        auto wrapped = keys.wrap(lease, context(keys.suite(), version));
        if (!wrapped) return pass(wrapped);
        batch.put(record(keys.suite(), version), present_, wrapped->serialised());
        return parts_.store.commit(batch);
    }
    /// Puts the first of a version into `batch`.
    [[nodiscard]] result<void> put(ports::batch& batch, const envelope::keyset& keys, std::uint64_t version,
                                   const keys::data_key_lease& lease) {
        auto wrapped = keys.wrap(lease, context(keys.suite(), version));
        if (!wrapped) return pass(wrapped);
        batch.put(record(keys.suite(), version), 0, wrapped->serialised());
        return {};
    }
    /// Only the keys of one version, as they are stored. Requires: `load` has found them.
    [[nodiscard]] result<envelope::keyset> own_of(envelope::field_suite suite, std::uint64_t version, const keys::data_key_lease& lease) {
        const auto stored = parts_.store.load(record(suite, version));
        if (!stored) return pass(stored);
        present_ = stored->version;
        return open(suite, version, lease, stored->value);
    }

    keys::encryption_context context(envelope::field_suite suite, std::uint64_t version) const {
        const std::string purpose = "keyset." + std::string(name(suite)) + "." + std::to_string(version);
        return keys::house_context({.tenant = ring_.tenant, .region = ring_.region, .environment = environment_, .purpose = purpose});
    }

private:
    std::string record(envelope::field_suite suite, std::uint64_t version) const {
        return records::keyset(ring_, environment_, name(suite), version);
    }
    result<envelope::keyset> open(envelope::field_suite suite, std::uint64_t version, const keys::data_key_lease& lease, byte_view stored) {
        const auto wrapped = keys::wrapped_key::parse(stored);
        if (!wrapped) return fail(errc::corrupt, "fields: a keyset's record is damaged");
        auto opened = envelope::keyset::unwrap(lease, context(suite, version), *wrapped);
        if (opened && opened->suite() != suite) return fail(errc::corrupt, "fields: a keyset is of another suite than its record says");
        return opened;
    }

    Parts& parts_;
    ring_id ring_;
    environment_id environment_;
    std::uint64_t present_ = 0; ///< the record that `store` is to replace
};

} // namespace keywright::service
