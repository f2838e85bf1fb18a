// SPDX-License-Identifier: Apache-2.0
// What no source needs to say because nobody would expect otherwise: names are new where they must be, things exist,
// there is room, and the system reports the end only of what has begun. Ids H01 to H03, part of every profile.
// Depends on: policy/rule.
#pragma once

#include <keywright/policy/rule.hpp>

namespace keywright::policy {

/// H01: a name that is taken is not given again.
struct name_is_free {
    using id = rule_tag<"H01">;
    using commands = types<create_tenant, add_administrator, create_environment, generate_key, upload_key, take_backup, create_import_key>;

    constexpr verdict operator()(const facts& f, const create_tenant& c) const { return taken(!f.tenant.id.empty(), c.tenant.view()); }
    constexpr verdict operator()(const facts& f, const add_administrator& c) const {
        return taken(holds(f.tenant, c.who, c.environment), c.who.view());
    }
    constexpr verdict operator()(const facts& f, const create_environment& c) const {
        return taken(f.environment_ != nullptr && !f.environment_->id.empty(), c.environment.view());
    }
    constexpr verdict operator()(const facts& f, const generate_key& c) const { return key_taken(f, c.key); }
    constexpr verdict operator()(const facts& f, const upload_key& c) const { return key_taken(f, c.key); }
    constexpr verdict operator()(const facts& f, const take_backup& c) const { return taken(f.backup_ != nullptr, c.backup.view()); }
    constexpr verdict operator()(const facts& f, const create_import_key& c) const {
        const instant free_from = f.ring.import_expires_at;
        if (f.ring.import_kid.empty() || c.replace || import_key_expired(f.ring, c.at)) return verdict::pass();
        if (!happened(free_from)) return taken(true, "import key");
        return verdict::wait(refusal::already_exists, free_from, seconds{}, "import key", mender::the_caller);
    }

    static constexpr bool holds(const tenant_state& tenant, const admin_id& who, const environment_id& environment) {
        for (const administrator& a : tenant.administrators)
            if (a.who == who && a.environment == environment) return true;
        return false;
    }

private:
    static constexpr verdict taken(bool is, std::string_view subject) {
        return is ? verdict::object(refusal::already_exists, mender::the_caller, subject) : verdict::pass();
    }
    static constexpr verdict key_taken(const facts& f, const key_id& id) {
        if (id.empty()) return verdict::pass(); // a key that goes by the default name, or T11 tells
        const key_record* key = find_key(f.ring, id);
        return taken(key != nullptr && in_use(*key), id.view());
    }
};

/// H01: what a command is about exists, and is not deleted.
struct subject_exists {
    using id = rule_tag<"H01">;
    using commands = types<remove_administrator, apply_key, return_to_provider, unlock_environment, delete_environment, open_environment,
                           take_backup, restore, copy, reset, expire_environment, enable_field_encryption, disable_field_encryption,
                           add_to_policy, remove_from_policy, integrate_environment>;

    constexpr verdict operator()(const facts& f, const remove_administrator& c) const {
        return missing(!name_is_free::holds(f.tenant, c.who, c.environment), c.who.view());
    }
    template <class C>
    constexpr verdict operator()(const facts& f, const C&) const {
        for (const environment_state* e : {f.environment_, f.source_})
            if (e != nullptr && (e->deleted || e->id.empty())) return missing(true, e->id.view());
        return verdict::pass();
    }

private:
    static constexpr verdict missing(bool is, std::string_view subject) {
        return is ? verdict::object(refusal::not_found, mender::nobody, subject) : verdict::pass();
    }
};

/// H02: there is room in the state, which has a fixed size.
struct there_is_room {
    using id = rule_tag<"H02">;
    using commands = types<add_administrator, generate_key, upload_key>;

    constexpr verdict operator()(const facts& f, const add_administrator&) const {
        return room(f.tenant.administrators.size(), tenant_state::max_administrators, "administrators");
    }
    template <class C>
    constexpr verdict operator()(const facts& f, const C&) const {
        std::size_t count = 0;
        for (const key_record& key : f.ring.keys) count += in_use(key) ? 1U : 0U;
        return room(count, ring_state::max_keys, "keys");
    }

private:
    static constexpr verdict room(std::size_t used, std::size_t most, std::string_view what) {
        if (used < most) return verdict::pass();
        return verdict::measure(refusal::too_many, mender::tenant_administrator, static_cast<std::int64_t>(used),
                                static_cast<std::int64_t>(most), what);
    }
};

/// H03: the system reports the end of what has begun; an installation that took longer than `installation` has
/// already failed, and a lock is complete only when nothing of the ring is under way any more. While a lock is carried
/// out only a reset may still end well: anything else would leave an environment open, or uncounted, behind the lock.
/// An environment is unlocked only after its key is.
struct report_matches_work {
    using id = rule_tag<"H03">;
    using commands = types<completed, failed>;
    seconds installation = hours(1);

    constexpr verdict operator()(const facts& f, const completed& c) const {
        if (!under_way(f, c.of)) return verdict::object(refusal::not_in_progress, mender::nobody);
        const bool installs = c.of == operation::activation || c.of == operation::unlocking_key;
        const bool at_once = installs && installing_key(f.ring) == nullptr && !f.ring.installing_unlocks; // only rolls forward
        if (installs && !at_once && f.now >= f.ring.installing_since + installation)
            return verdict::object(refusal::not_in_progress, mender::nobody);
        if (f.ring.locking && !installs && c.of != operation::locking && c.of != operation::resetting)
            return verdict::object(refusal::lock_in_progress, mender::nobody, f.environment().id.view());
        if (c.of == operation::unlocking && (f.ring.installing_unlocks || active_key(f.ring) == nullptr))
            return verdict::object(refusal::key_not_active, mender::time, f.environment().id.view());
        if (c.of == operation::locking && f.ring.in_transition > 0)
            return verdict::measure(refusal::operation_in_progress, mender::time, f.ring.in_transition, 0);
        return verdict::pass();
    }
    constexpr verdict operator()(const facts& f, const failed& c) const {
        // A lock and a reset only roll forward, and so does a key that is Active at once.
        const bool at_once = c.of == operation::activation && installing_key(f.ring) == nullptr;
        const bool can_fail = c.of != operation::locking && c.of != operation::resetting && !at_once;
        return can_fail && under_way(f, c.of) ? verdict::pass() : verdict::object(refusal::not_in_progress, mender::nobody);
    }

private:
    static constexpr bool under_way(const facts& f, operation of) {
        switch (of) {
        case operation::none: return false;
        case operation::activation: return incoming_key(f.ring) != nullptr && !f.ring.installing_unlocks;
        case operation::unlocking_key: return incoming_key(f.ring) != nullptr && f.ring.installing_unlocks;
        case operation::locking: return f.ring.locking;
        default: return f.environment().transition == of;
        }
    }
};

} // namespace keywright::policy
