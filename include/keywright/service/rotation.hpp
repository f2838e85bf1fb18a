// SPDX-License-Identifier: Apache-2.0
// Rotation: a new ring secret under the new customer key, and every environment-key record of the ring re-wrapped
// under it, in batches, without downtime: no file, message or backup is touched. Two RSA operations, then less than a
// microsecond of cryptography for each record. While it runs, both generations of the secret are open to both keys,
// so a kill anywhere leaves everything readable; the commit that ends it drops the older.
// Depends on: service/custody, service/transact.
#pragma once

#include <keywright/service/custody.hpp>
#include <keywright/service/transact.hpp>

namespace keywright::service {

namespace detail {

/// Writes what custody::ring_context serialises, for one generation and many keys: a million of them, each twice, are
/// most of what a rotation would cost beside its ciphers.
class context_writer {
public:
    context_writer(const ring_id& ring, std::uint64_t generation) {
        append_be(head_, std::uint16_t{5});
        text(head_, "environment");
        text(middle_, "generation");
        text(middle_, std::to_string(generation));
        text(middle_, "purpose");
        for (const std::string_view part : {std::string_view("region"), ring.region.view(), std::string_view("tenant"), ring.tenant.view()})
            text(tail_, part);
    }
    /// Valid until the next call.
    byte_view operator()(std::string_view environment, std::string_view key_name) {
        written_.assign(head_.begin(), head_.end());
        text(written_, environment);
        append(written_, middle_);
        text(written_, key_name);
        append(written_, tail_);
        return written_;
    }

private:
    static void text(bytes& out, std::string_view part) {
        append_be(out, static_cast<std::uint16_t>(part.size()));
        append(out, as_bytes(part));
    }
    bytes head_, middle_, tail_, written_;
};

} // namespace detail

template <class Parts>
class rotation {
public:
    rotation(Parts& parts, const ring_id& ring) : parts_(parts), ring_(ring), chain_(parts, ring) {}

    /// Makes the ring's secret of the new generation, and opens it and the one before to the installing key and to
    /// the active one. Done again, or by two at once, there is one secret; a secret that replaced another would cut off
    /// what was already re-wrapped. Does nothing when that key is not installing any more.
    [[nodiscard]] result<void> prepare(const fingerprint& installing) {
        for (int attempt = 1;; ++attempt) {
            const auto ring = load<policy::ring_state>(parts_.store, records::ring(ring_));
            if (!ring) return pass(ring);
            const auto* key = policy::incoming_key(ring->value);
            if (key == nullptr || key->print != installing) return {};
            const auto existing = parts_.store.load(records::secret(ring_, ring->value.generation, installing));
            if (existing) return {};
            if (existing.error().code != errc::not_found) return pass(existing);
            ports::batch batch;
            batch.require(records::ring(ring_), ring->version);
            if (auto made = make_secret(batch, ring->value, installing); !made) return made;
            auto committed = parts_.store.commit(batch);
            if (committed || committed.error().code != errc::version_conflict || attempt == 8) return committed;
        }
    }

    /// Re-wraps every record that hangs on an earlier generation, `options::rotation_batch` in a commit. Resumable: what
    /// was moved before a kill is read again and not moved again. Progress is counted in environments. A record that somebody else changed in
    /// between is read again. Writes only while that generation is being installed, so that a process that was held up
    /// undoes nobody's later rotation; otherwise it just ends, and the report finds out.
    [[nodiscard]] result<void> rewrap(std::uint64_t generation) {
        const std::string prefix = records::wraps(ring_);
        std::string after, environment;
        std::uint64_t done = 0;
        for (;;) {
            const auto ring = load<policy::ring_state>(parts_.store, records::ring(ring_));
            if (!ring) return pass(ring);
            if (policy::incoming_key(ring->value) == nullptr || ring->value.generation != generation) return {};
            const auto page = parts_.store.scan(prefix, after, std::max<std::size_t>(parts_.how.rotation_batch, 1));
            if (!page) return pass(page);
            if (page->empty()) return {};
            ports::batch batch;
            for (const ports::record& record : *page)
                if (auto moved = move(batch, record, generation); !moved) return moved;
            if (!batch.empty()) batch.require(records::ring(ring_), ring->version);
            auto committed = batch.empty() ? result<void>{} : parts_.store.commit(batch);
            if (!committed && committed.error().code == errc::version_conflict) continue;
            if (!committed) return committed;
            after = page->back().key;
            for (const ports::record& record : *page) done += is_another(environment, record.key) ? 1U : 0U;
            if (parts_.how.on_progress) parts_.how.on_progress("rewrapping", done, std::max<std::uint64_t>(done, ring->value.environments));
        }
    }

    /// For the commit that ends a rotation: only the new generation under the new key stays.
    [[nodiscard]] result<void> drop_older(ports::batch& batch, const policy::ring_state& ring, const fingerprint& installing) {
        return drop_all_but(batch, [&](std::string_view key) { return key == records::secret(ring_, ring.generation, installing); });
    }
    /// For the commit that ends a failed activation: what was opened to the key is closed to it again.
    [[nodiscard]] result<void> drop_key(ports::batch& batch, const fingerprint& print) {
        return drop_all_but(batch, [&, suffix = "/" + to_hex(print)](std::string_view key) { return !key.ends_with(suffix); });
    }
    /// For the commit that gives an instance back: its ring has no key any more, and nothing opens to one.
    [[nodiscard]] result<void> drop_everything(ports::batch& batch) {
        return drop_all_but(batch, [](std::string_view) { return false; });
    }
    /// For the commit that completes a lock: nothing stays that another key than the locked one would open.
    [[nodiscard]] result<void> drop_other_keys(ports::batch& batch, const fingerprint& locked) {
        return drop_all_but(batch, [&, suffix = "/" + to_hex(locked)](std::string_view key) { return key.ends_with(suffix); });
    }

    /// Whether the vault opens the ring's secret: an unlocked key is the right one only if it does.
    [[nodiscard]] result<void> check_secret() {
        const auto generation = chain_.newest_generation();
        if (!generation) return pass(generation);
        const auto secret = chain_.ring_secret(*generation);
        return secret ? result<void>{} : pass(secret);
    }

private:
    /// Whether a record's key is of another environment than the one before it.
    static bool is_another(std::string& environment, std::string_view key) {
        const auto its = key.substr(0, key.rfind('/'));
        if (environment == its) return false;
        environment = its;
        return true;
    }

    /// The new generation's secret, of which there must be none yet.
    result<void> make_secret(ports::batch& batch, const policy::ring_state& ring, const fingerprint& installing) {
        const std::uint64_t generation = ring.generation;
        auto secret = keys::random_secret();
        if (!secret) return pass(secret);
        if (auto put = add(batch, generation, installing, *secret); !put) return put;
        if (auto put = put_check(batch, records::check_of_secret(ring_, generation), *secret); !put) return put;
        const auto* outgoing = policy::outgoing_key(ring);
        if (outgoing == nullptr) return {};
        if (auto put = add(batch, generation, outgoing->print, *secret); !put) return put;
        return open_older(batch, generation, installing);
    }
    /// Requires that there is no such record: of one generation there is one secret, ever.
    result<void> add(ports::batch& batch, std::uint64_t generation, const fingerprint& print, const secret_bytes& secret) {
        auto wrapped = wrap_for(print, secret);
        if (!wrapped) return pass(wrapped);
        batch.put(records::secret(ring_, generation, print), 0, std::move(*wrapped));
        return {};
    }
    result<bytes> wrap_for(const fingerprint& print, const secret_bytes& secret) {
        const auto spki = parts_.store.load(records::spki(print));
        if (!spki) return pass(spki);
        return keys::wrap_ring_secret(spki->value, secret);
    }

    /// Every earlier generation that is still there is opened to the installing key, too.
    result<void> open_older(ports::batch& batch, std::uint64_t newest, const fingerprint& installing) {
        const auto all = chain_.ring_secrets();
        if (!all) return pass(all);
        std::uint64_t last = newest;
        for (const ports::record& record : *all) {
            const std::uint64_t generation = records::generation_of_secret(records::secrets(ring_), record.key);
            if (generation == newest || generation == last) continue;
            last = generation;
            const auto secret = chain_.ring_secret(generation);
            if (!secret) return pass(secret);
            auto wrapped = wrap_for(installing, *secret);
            if (!wrapped) return pass(wrapped);
            batch.put_any(records::secret(ring_, generation, installing), std::move(*wrapped));
        }
        return {};
    }

    /// A move of one generation's records to another: everything about it that is the same for all of them.
    struct mover {
        struct side {
            keys::kek& kek;
            std::uint64_t generation;
            std::string name(const ring_id& ring) const { return keys::ring_key_name(ring.tenant, ring.region, generation); }
        };
        mover(const side& old, const side& fresh, const ring_id& ring)
            : rewrap(old.kek, old.name(ring), fresh.kek, fresh.name(ring)), from(ring, old.generation), to(ring, fresh.generation) {}
        keys::rewrapper rewrap;
        detail::context_writer from, to;
    };

    result<void> move(ports::batch& batch, const ports::record& record, std::uint64_t generation) {
        byte_view rest = record.value;
        const auto entry = keys::take_entry(rest);
        if (!entry || !rest.empty()) return fail(errc::corrupt, "rotation: a key record is damaged");
        const auto from = chain_.generation_of(*entry);
        if (!from || *from >= generation) return {};
        auto again = mover_for(*from, generation);
        if (!again) return pass(again);
        // `wrap/<t>/<r>/<environment>/<name>`; what is wrong with a name shows when its record does not open.
        const std::string_view key = record.key;
        const auto slash = key.rfind('/'), before = key.rfind('/', slash - 1);
        const auto environment = key.substr(before + 1, slash - before - 1), name = key.substr(slash + 1);
        auto moved = (*again)->rewrap(*entry, (*again)->from(environment, name), (*again)->to(environment, name));
        if (!moved) return pass(moved);
        batch.put(record.key, record.version, moved->serialised());
        return {};
    }

    result<mover*> mover_for(std::uint64_t from, std::uint64_t to) {
        if (const auto known = movers_.find(from); known != movers_.end()) return &known->second;
        auto old_kek = chain_.ring_kek(from);
        if (!old_kek) return pass(old_kek);
        auto new_kek = chain_.ring_kek(to);
        if (!new_kek) return pass(new_kek);
        return &movers_
                    .emplace(std::piecewise_construct, std::forward_as_tuple(from),
                             std::forward_as_tuple(typename mover::side{**old_kek, from}, typename mover::side{**new_kek, to}, ring_))
                    .first->second;
    }

    template <class Keep>
    result<void> drop_all_but(ports::batch& batch, const Keep& keep) {
        const auto all = chain_.ring_secrets();
        if (!all) return pass(all);
        for (const ports::record& record : *all)
            if (!keep(record.key)) batch.erase(record.key, record.version);
        return {};
    }

    Parts& parts_;
    ring_id ring_;
    custody<Parts> chain_;
    std::map<std::uint64_t, mover> movers_;
};

/// For the commit that calls an activation off: the ring's secret is closed to its key again.
template <class Parts>
[[nodiscard]] result<void> close_to_cancelled(Parts& parts, const ring_id& ring, ports::batch& batch, const policy::ring_state& before) {
    if (!policy::is_cancellable(before)) return {};
    return rotation<Parts>(parts, ring).drop_key(batch, policy::installing_key(before)->print);
}

} // namespace keywright::service
