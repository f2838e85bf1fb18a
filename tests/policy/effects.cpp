// SPDX-License-Identifier: Apache-2.0
#include "worlds.hpp"

#include <keywright/policy/effects.hpp>

namespace {

using namespace keywright;
using namespace keywright::testing;

constexpr event at_t0(const event_body& body) { return {the_system, t0, body}; }

/// The names of an event's effects, in order, against these.
constexpr bool leads_to(const event_body& body, std::initializer_list<std::string_view> names) {
    const effect_list list = effects_of(at_t0(body));
    if (list.size() != names.size()) return false;
    std::size_t i = 0;
    for (const std::string_view wanted : names)
        if (std::visit([](const auto& e) { return e.name; }, list[i++]) != wanted) return false;
    return true;
}
constexpr environment_id prod{"prod"};
constexpr key_id k1{"k1"};

constexpr scenario effects[] = {
    {"a generated key is published, and nothing is installed",
     [] { return leads_to(key_generated{k1, print_of(1), 2048}, {"publish_key"}); }},
    {"an uploaded PFX is published", [] { return leads_to(key_uploaded{k1, print_of(1), 2048, file_kind::pfx}, {"publish_key"}); }},
    {"resolution 22: an uploaded BYOK also ends the import key",
     [] { return leads_to(key_uploaded{k1, print_of(1), 2048, file_kind::byok}, {"publish_key", "destroy_import_key"}); }},
    {"resolution 22: so does an unlock by BYOK, before the key is installed",
     [] { return leads_to(key_unlock_started{k1, print_of(1), file_kind::byok}, {"publish_key", "destroy_import_key", "install_key"}); }},
    {"an unlock by PFX installs only",
     [] { return leads_to(key_unlock_started{k1, print_of(1), file_kind::pfx}, {"publish_key", "install_key"}); }},
    {"a key that was not unlocked after all leaves the vault again",
     [] { return leads_to(key_unlock_failed{{k1, print_of(1)}}, {"destroy_key"}); }},
    {"H01: a new import key is published, and the one before goes",
     [] { return leads_to(import_key_created{{}, print_of(9), never}, {"publish_key", "destroy_import_key"}); }},
    {"I06: a key that was replaced at once leaves the vault when nothing hangs on it; where none was, none goes",
     [] {
         return leads_to(key_activated{{k1, print_of(2)}, print_of(1), 1}, {"destroy_key"}) &&
                leads_to(key_activated{{k1, print_of(2)}, {}, 1}, {});
     }},
    {"I09: a return takes a key that served this environment only with it; a ring's key stays",
     [] {
         return leads_to(returned_to_provider{prod, 3, print_of(1)}, {"destroy_key", "settle_environment"}) &&
                leads_to(returned_to_provider{prod, 3}, {"settle_environment"});
     }},
    {"a failed activation leaves its key where it is", [] { return leads_to(activation_failed{{k1, print_of(1)}}, {}); }},
    {"an activation installs", [] { return leads_to(activation_started{k1, print_of(1), 1}, {"install_key"}); }},
    {"T23: a lock is carried out, and being asked for or completed does nothing more",
     [] {
         return leads_to(lock_started{k1, print_of(1), 1, 2}, {"carry_out_lock"}) && leads_to(lock_requested{{k1, print_of(1)}}, {}) &&
                leads_to(lock_completed{k1, 1}, {});
     }},
    {"each operation on an environment is carried out",
     [] {
         return leads_to(apply_started{{prod}}, {"carry_out"}) && leads_to(return_started{{prod}}, {"carry_out"}) &&
                leads_to(environment_unlock_started{{prod}}, {"carry_out"}) &&
                leads_to(restore_started{prod, prod, backup_id("b")}, {"carry_out"}) && leads_to(copy_started{prod, prod}, {"carry_out"}) &&
                leads_to(reset_started{{prod}}, {"carry_out"});
     }},
    {"a deleted environment is cleared away",
     [] { return effects_of(at_t0(environment_deleted{prod, protection::locked, true})).size() == 1; }},
    {"an acknowledgement leads to nothing", [] { return leads_to(risk_acknowledged{true}, {}); }},
};
static_assert(first_failure(effects) == none_failed);
TEST_CASE("effects follow from events alone") { run(effects); }

constexpr bool mailed(const event_body& body) { return notifies(at_t0(body)); }

constexpr scenario mail[] = {
    {"T12: generate", [] { return mailed(key_generated{}); }},
    {"T13: upload", [] { return mailed(key_uploaded{}); }},
    {"T14, T15: activation, when it begins and when it is done", [] { return mailed(activation_started{}) && mailed(key_activated{}); }},
    {"T19: apply, once it is done", [] { return mailed(key_applied{}) && !mailed(apply_started{}); }},
    {"T20: return, once it is done", [] { return mailed(returned_to_provider{}) && !mailed(return_started{}); }},
    {"T21: lock, at once", [] { return mailed(lock_started{}); }},
    {"T26, T36: deletion", [] { return mailed(environment_deleted{}); }},
    {"T27: the key is Active again", [] { return mailed(key_unlocked{}); }},
    {"T33: reset", [] { return mailed(reset_completed{}); }},
    {"resolution 14: restore and copy, onto production only",
     [] {
         return mailed(restored{prod, true}) && !mailed(restored{prod, false}) && mailed(copied{prod, true}) &&
                !mailed(copied{prod, false});
     }},
    {"no mail for a backup, an acknowledgement or an administrator",
     [] { return !mailed(backup_taken{}) && !mailed(risk_acknowledged{}) && !mailed(administrator_added{}); }},
};
static_assert(first_failure(mail) == none_failed);
TEST_CASE("T40: which events are told to every administrator") { run(mail); }

} // namespace
