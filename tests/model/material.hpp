// SPDX-License-Identifier: Apache-2.0
// Key material, in symbols: which private keys the vault holds, which of them open the ring's secret, and what each
// environment's keys are wrapped under. Events and their effects change it as the service does: what an effect orders
// is done before the next command, what a report commits together with its event is done with the event.
// Whether data can be recovered is then whether there is a path: from the vault to the secret to the wrap.
// Not in it: several generations of the ring's secret (the commit that ends a rotation leaves one), and data keys,
// which hang on the environment's keys alone.
// Depends on: world.
#pragma once

#include "world.hpp"

#include <keywright/core/overloaded.hpp>
#include <keywright/policy/effects.hpp>

namespace keywright::model {

struct environment_material {
    bool slot = false;       ///< its own slot in the provider's vault is there
    bool under_slot = false; ///< its present key is wrapped by slot and provider
    bool under_ring = false; ///< its present key is wrapped by the ring's secret
    friend bool operator==(const environment_material&, const environment_material&) = default;
};

struct material {
    std::array<bool, max_keys> vault{};  ///< the private key is in the vault, for this ring
    std::array<bool, max_keys> opens{};  ///< the ring's secret is wrapped to this public key
    std::array<environment_material, max_environments> environments{};
    friend bool operator==(const material&, const material&) = default;
};

/// What must be there in a state at rest.
inline material material_of(const ring_world& r) {
    material m;
    for (const key_record& key : r.ring.keys) {
        const std::size_t n = key_number(key.print);
        if (!in_use(key) || n >= max_keys) continue;
        m.vault[n] = key.state != key_state::locked;
        m.opens[n] = key.state != key_state::available;
    }
    for (std::size_t i = 0; i < max_environments; ++i) {
        const environment_state& e = r.environments[i];
        if (e.id.empty() || e.deleted) continue;
        const bool provider = e.managed_by == protector::provider;
        m.environments[i] = {provider, provider, !provider};
    }
    return m;
}

/// Whether a path leads to the environment's keys. `vault`: every private key that any ring left in it.
inline bool recoverable(const material& m, std::size_t environment, const std::array<bool, max_keys>& vault) {
    const environment_material& e = m.environments[environment];
    if (e.slot && e.under_slot) return true;
    for (std::size_t k = 0; k < max_keys; ++k)
        if (e.under_ring && m.opens[k] && vault[k]) return true;
    return false;
}

/// Follows one ring's material. `after`: the ring as the event leaves it, which settling reads.
class custodian {
public:
    custodian(material& m, std::size_t ring, const ring_world& after) : m_(m), ring_(ring), after_(after) {}

    /// What is committed together with the event.
    void commit(const event& e) {
        visit_body(e.body, [&](const auto& body) { on(body); });
    }
    /// What a retired key's wrap still opens is of no environment any more.
    void forget_final_keys() {
        const std::array<bool, max_keys> used = material_of(after_).opens;
        for (const key_record& record : after_.ring.keys)
            if (const std::size_t n = key_number(record.print); !in_use(record) && n < max_keys) m_.opens[n] = m_.opens[n] && used[n];
    }
    /// What the event orders.
    void carry_out(const effect& ordered) {
        std::visit([&](const auto& e) { on(e); }, ordered);
    }

private:
    template <class Nothing>
    void on(const Nothing&) {}

    bool* key(std::array<bool, max_keys>& where, const fingerprint& print) {
        const std::size_t n = key_number(print);
        return n < max_keys ? &where[n] : nullptr;
    }
    void keep_only(const fingerprint& print) {
        for (std::size_t k = 0; k < max_keys; ++k) m_.opens[k] = m_.opens[k] && print_of(k) == print;
    }
    environment_material& at(const environment_id& id) {
        const std::size_t n = environment_number(ring_, id);
        return m_.environments[n < max_environments ? n : 0];
    }

    void on(const key_activated& e) { keep_only(e.print); }
    void on(const activation_failed& e) { *key(m_.opens, e.print) = false; }
    void on(const activation_rolled_back& e) {
        if (e.cancelled) *key(m_.opens, e.print) = false;
    }
    void on(const key_applied& e) { at(e.environment).under_slot = false, at(e.environment).under_ring = true; }
    void on(const returned_to_provider& e) { at(e.environment) = {true, true, false}; }
    void on(const reset_completed& e) { at(e.environment) = {true, true, false}; }
    void on(const environment_deleted& e) { at(e.environment).under_slot = at(e.environment).under_ring = false; }
    void on(const environment_created& e) { at(e.environment) = {true, true, false}; }
    void on(const lock_completed&) {
        for (const key_record& record : after_.ring.keys)
            if (record.state == key_state::locked) keep_only(record.print);
    }

    void on(const publish_key& e) {
        if (bool* there = key(m_.vault, e.print)) *there = true;
    }
    void on(const destroy_key& e) {
        if (bool* there = key(m_.vault, e.print)) *there = false;
    }
    void on(const install_key& e) {
        if (bool* there = key(m_.opens, e.print); there != nullptr && !e.unlocks) *there = true;
    }
    void on(const carry_out_lock&) { m_.vault = {}; }
    void on(const settle_environment& e) {
        const environment_state& now = after_.environments[environment_number(ring_, e.environment)];
        if (now.deleted || now.managed_by == protector::customer) at(e.environment).slot = false;
    }

    material& m_;
    std::size_t ring_;
    const ring_world& after_;
};

/// What the material says against a state, in a sentence, or nothing. A retired key's wrap opens nothing that is left.
inline const char* objection(const material& m, const ring_world& r, const std::array<bool, max_keys>& elsewhere) {
    std::array<bool, max_keys> vault = elsewhere;
    for (std::size_t k = 0; k < max_keys; ++k) vault[k] = vault[k] || m.vault[k];
    const bool shut = find_key(r.ring, key_state::locked) != nullptr && !r.ring.locking;
    for (std::size_t i = 0; i < max_environments; ++i) {
        const environment_state& e = r.environments[i];
        if (e.id.empty() || e.deleted) continue;
        const bool locked = is_locked(r.ring, e);
        const bool open = recoverable(m, i, vault);
        if (locked && shut && open) return "while the key is Locked no data key of a locked environment can be recovered";
        if (!locked && !open) return "what is not locked can be opened";
    }
    return nullptr;
}

} // namespace keywright::model
