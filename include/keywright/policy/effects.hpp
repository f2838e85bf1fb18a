// SPDX-License-Identifier: Apache-2.0
// What must be done because something has happened: data, derived from persisted events, kept in the same commit, and
// carried out after it. Each is idempotent, so a process killed at any point is resumed by running what is pending.
// Depends on: policy/events, policy/rule.
#pragma once

#include <keywright/core/overloaded.hpp>
#include <keywright/policy/events.hpp>
#include <keywright/policy/rule.hpp>

#include <concepts>

namespace keywright::policy {

/// The staged key is now known to the state: make it survive.
struct publish_key {
    static constexpr std::string_view name = "publish_key";
    fingerprint print;
    template <class Self, class Visitor>
    static constexpr void visit(Self& self, Visitor&& field) {
        field("print", self.print);
    }
};
/// A used-up or replaced import key leaves the vault.
struct destroy_import_key {
    static constexpr std::string_view name = "destroy_import_key";
    fingerprint keep; ///< the one that stays, empty if none does
    template <class Self, class Visitor>
    static constexpr void visit(Self& self, Visitor&& field) {
        field("keep", self.keep);
    }
};
/// A key that came back and was not unlocked after all leaves the vault again.
struct destroy_key {
    static constexpr std::string_view name = "destroy_key";
    fingerprint print;
    template <class Self, class Visitor>
    static constexpr void visit(Self& self, Visitor&& field) {
        field("print", self.print);
    }
};
/// Activation or unlocking: make the ring's secret reachable by this key, re-wrap the environments' keys, report.
struct install_key {
    static constexpr std::string_view name = "install_key";
    key_id key;
    fingerprint print;
    bool unlocks = false;
    template <class Self, class Visitor>
    static constexpr void visit(Self& self, Visitor&& field) {
        field("key", self.key);
        field("print", self.print);
        field("unlocks", self.unlocks);
    }
};
/// Destroy every customer key of the ring in the vault, end what is under way, report the lock as completed.
struct carry_out_lock {
    static constexpr std::string_view name = "carry_out_lock";
    std::uint64_t epoch = 0;
    template <class Self, class Visitor>
    static constexpr void visit(Self& self, Visitor&& field) {
        field("epoch", self.epoch);
    }
};
/// Move, unlock, restore, copy or reset an environment's data, and report.
struct carry_out {
    static constexpr std::string_view name = "carry_out";
    operation what = operation::none;
    environment_id environment;
    environment_id source;
    backup_id backup;
    template <class Self, class Visitor>
    static constexpr void visit(Self& self, Visitor&& field) {
        field("what", self.what);
        field("environment", self.environment);
        field("source", self.source);
        field("backup", self.backup);
    }
};
/// An environment has come to rest: publish the slot that it uses now, if any, destroy the others, and drop what is
/// no longer its content; of a deleted one everything. Follows from the state, so it can be done again and again.
struct settle_environment {
    static constexpr std::string_view name = "settle_environment";
    environment_id environment;
    template <class Self, class Visitor>
    static constexpr void visit(Self& self, Visitor&& field) {
        field("environment", self.environment);
    }
};

using effect = std::variant<publish_key, destroy_import_key, destroy_key, install_key, carry_out_lock, carry_out, settle_environment>;
using effect_list = inline_list<effect, 3>;

/// The events after which an environment is at rest again.
template <class E>
inline constexpr bool settles = types<environment_created, key_applied, apply_failed, returned_to_provider, return_failed, restored,
                                      restore_failed, copied, copy_failed, reset_completed, environment_deleted>::contains<E>;

constexpr effect_list effects_of(const std::same_as<event> auto& happened_event) {
    effect_list list;
    visit_body(happened_event.body,
               overloaded{
                   [&](const import_key_created& e) {
                       list.push_back(publish_key{e.print});
                       list.push_back(destroy_import_key{e.print});
                   },
                   [&](const key_generated& e) { list.push_back(publish_key{e.print}); },
                   [&](const key_uploaded& e) {
                       list.push_back(publish_key{e.print});
                       if (e.format == file_kind::byok) list.push_back(destroy_import_key{});
                   },
                   [&](const activation_started& e) { list.push_back(install_key{e.key, e.print, false}); },
                   [&](const lock_started& e) { list.push_back(carry_out_lock{e.epoch}); },
                   [&](const key_unlock_started& e) {
                       list.push_back(publish_key{e.print});
                       if (e.format == file_kind::byok) list.push_back(destroy_import_key{});
                       list.push_back(install_key{e.key, e.print, true});
                   },
                   [&](const key_activated& e) {
                       if (!e.replaced.empty()) list.push_back(destroy_key{e.replaced});
                   },
                   [&](const key_unlock_failed& e) { list.push_back(destroy_key{e.print}); },
                   [&](const returned_to_provider& e) {
                       if (!e.deletes.empty()) list.push_back(destroy_key{e.deletes});
                       list.push_back(settle_environment{e.environment});
                   },
                   [&](const apply_started& e) { list.push_back(carry_out{operation::applying, e.environment, {}, {}}); },
                   [&](const return_started& e) { list.push_back(carry_out{operation::returning, e.environment, {}, {}}); },
                   [&](const environment_unlock_started& e) { list.push_back(carry_out{operation::unlocking, e.environment, {}, {}}); },
                   [&](const restore_started& e) { list.push_back(carry_out{operation::restoring, e.environment, e.source, e.backup}); },
                   [&](const copy_started& e) { list.push_back(carry_out{operation::copying, e.environment, e.source, {}}); },
                   [&](const reset_started& e) { list.push_back(carry_out{operation::resetting, e.environment, {}, {}}); },
                   [&](const auto& e) {
                       if constexpr (settles<std::decay_t<decltype(e)>>) list.push_back(settle_environment{e.environment});
                   },
               });
    return list;
}

/// Whether every administrator is told. Sources: T12-T15, T27 and the change of key as such; (ours): T19-T21, T26,
/// T33, T36, P07, P08, P16, P20, and restore and copy onto production.
constexpr bool notifies(const std::same_as<event> auto& happened_event) {
    bool told = false;
    visit_body(happened_event.body, [&](const auto& e) {
        using event_type = std::remove_cvref_t<decltype(e)>;
        if constexpr (types<restored, copied>::contains<event_type>)
            told = e.production;
        else if constexpr (std::is_same_v<event_type, lock_requested>)
            told = e.waits;
        else
            told = types<key_generated, key_uploaded, activation_started, key_activated, activation_failed, lock_started, key_unlocked,
                         key_applied, returned_to_provider, environment_deleted, reset_completed, activation_rolled_back, deadline_passed,
                         clock_accepted, access_revoked, access_granted, unlock_requested, unlock_approved, version_rotated,
                         key_purged>::contains<event_type>;
    });
    return told;
}

} // namespace keywright::policy
