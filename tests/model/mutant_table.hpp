// SPDX-License-Identifier: Apache-2.0
// The faults that the search must find.
// Depends on: faults.
#pragma once

#include "faults.hpp"

namespace keywright::model {

inline constexpr mutant mutants[] = {
    // --- a rule left out ---
    {"T05: anybody may", fault::rule_left_out, "T05", refusal::not_authorized},
    {"T10: no acknowledgement", fault::rule_left_out, "T10", refusal::acknowledgement_required},
    {"T13: one key in two rings", fault::rule_left_out, "T13", refusal::key_in_use},
    {"T13: one key twice", fault::rule_left_out, "H01", refusal::already_exists},
    {"T15: two keys installing", fault::rule_left_out, "T15", refusal::key_change_in_progress},
    {"T16: activate while locked", fault::rule_left_out, "T16", refusal::locked_environments_exist,
     "a lock deletes what is Available, and T29 lets no key come while anything is locked"},
    {"T19: apply what is applied", fault::rule_left_out, "T19", refusal::not_provider_managed},
    {"T20: return without a word", fault::rule_left_out, "T20", refusal::confirmation_mismatch},
    {"T21: lock nothing", fault::rule_left_out, "T21", refusal::nothing_to_lock},
    {"T21: lock with any key", fault::rule_left_out, "T21", refusal::wrong_key},
    {"T22: open what is locked", fault::rule_left_out, "T22", refusal::environment_locked},
    {"T19: open what is being moved", fault::rule_left_out, "T19", refusal::operation_in_progress},
    {"T23: work during a lock", fault::rule_left_out, "T23", refusal::lock_in_progress},
    {"T25: restore what is locked", fault::rule_left_out, "T25", refusal::environment_locked},
    {"T26: unlock what is due", fault::rule_left_out, "T26", refusal::retention_expired},
    {"T26: delete before it is due", fault::rule_left_out, "T26", refusal::not_due},
    {"T27: unlock with any key", fault::rule_left_out, "T27", refusal::wrong_key},
    {"T28: unlock before the key is Active", fault::rule_left_out, "T28", refusal::key_not_active},
    {"T29: a new key while locked", fault::rule_left_out, "T29", refusal::locked_environments_exist},
    {"T30: restore under another key", fault::rule_left_out, "T30", refusal::key_mismatch},
    {"T30: restore without the key", fault::rule_left_out, "T30", refusal::key_version_unavailable},
    {"T31: copy under another key", fault::rule_left_out, "T31", refusal::key_mismatch},
    {"T33: a backup from before a reset", fault::rule_left_out, "T30", refusal::backup_deleted},
    {"T33: reset what is locked", fault::rule_left_out, "T33", refusal::environment_locked},
    {"T36: two operations at once", fault::rule_left_out, "T36", refusal::operation_in_progress},
    {"H03: a lock complete too early", fault::rule_left_out, "H03", refusal::operation_in_progress},
    {"H03: an apply ends well in a lock", fault::rule_left_out, "H03", refusal::lock_in_progress},
    // --- limits ---
    {"T17: 24 h less a second", fault::activation_sooner},
    {"T17: 25 h", fault::activation_later},
    {"T17: closed window", fault::activation_closed},
    {"T18: 72 h less a second", fault::lock_sooner},
    {"T18: closed window", fault::lock_closed},
    {"T18: an apply does not count", fault::lock_forgets_apply},
    {"T18: an activation does not count", fault::lock_forgets_activation},
    {"T24: 1 h less a second", fault::unlock_sooner},
    {"T24: closed window", fault::unlock_closed},
    {"T26: unlock until 28 d less a second", fault::retention_shorter},
    {"T26: delete at 28 d less a second", fault::expiry_sooner},
    {"H03: installing without end", fault::installation_longer},
    // --- no way out ---
    {"T36: what is locked is not deleted", fault::locked_not_deletable},
    {"H03: no lock is ever completed", fault::lock_never_completed},
    // --- evolve ---
    {"key_unlocked starts no window", fault::unlocking_starts_no_window},
    {"key_activated starts no window", fault::activation_starts_no_window},
    {"key_applied starts no window", fault::apply_starts_no_window},
    {"lock_started notes no time", fault::request_not_noted},
    {"a lock makes the next upload the first", fault::lock_resets_first_upload},
    {"a failure makes the next upload the first", fault::failure_resets_first_upload},
    {"an unlock of the key holds no deadline", fault::hold_never_begins},
    {"a hold never ends", fault::hold_never_ends},
    {"customer_managed not counted down", fault::customer_not_counted_down},
    {"locked not counted down", fault::locked_not_counted_down},
    {"in_transition not counted down", fault::transition_not_counted_down},
    {"environments not counted down", fault::environments_not_counted_down},
    {"a reset does not count down", fault::reset_does_not_leave},
    {"access epoch not raised", fault::access_epoch_not_raised},
    {"lock epoch not raised", fault::lock_epoch_not_raised},
    {"unlock epoch not set", fault::unlock_epoch_not_set},
    {"data era not raised", fault::era_not_raised},
    {"key version not raised", fault::version_not_raised},
    {"content not raised", fault::content_not_raised},
    {"an Available key survives a lock", fault::available_survives_lock},
    {"the old key stays Active", fault::old_key_stays_active},
    {"the locked key is not retired", fault::locked_key_not_retired},
    {"the import key survives a lock", fault::import_key_survives_lock},
    {"a failed unlock stays marked", fault::failed_unlock_stays_marked},
    {"the opt-in is forgotten", fault::opt_in_forgotten},
    // --- events ---
    {"the first upload does not activate", fault::first_upload_does_not_activate},
    {"every upload activates", fault::every_upload_activates},
    {"a lock counts wrong", fault::lock_counts_wrong},
    {"an apply leaves no record", fault::applied_not_recorded},
    {"any deletion is marked as time's", fault::expiry_not_marked},
    // --- effects ---
    {"keys survive a lock", fault::keys_survive_lock},
    {"a key survives its failed unlock", fault::key_survives_failed_unlock},
    {"the slot survives an apply", fault::slot_survives_apply},
    {"the slot survives a deletion", fault::slot_survives_deletion},
    {"a key is not published", fault::key_not_published},
    // --- notices ---
    {"key_activated not told", fault::activation_not_told},
    {"lock_started not told", fault::lock_not_told},
    {"environment_deleted not told", fault::deletion_not_told},
    {"restored not told", fault::overwriting_not_told},
};

/// What only recommended has.
inline constexpr mutant mutants_of_recommended[] = {
    {"R01: undo one's own doing", fault::rule_left_out, "R01", refusal::self_approval},
    {"R01: the window never closes", fault::rule_left_out, "R01", refusal::rollback_window_closed},
    {"R02: nobody needs to know", fault::rule_left_out, "R02", refusal::notice_undelivered},
    {"R02: no wait after the notice", fault::rule_left_out, "R02", refusal::lock_cooldown},
    {"R03: approve one's own request", fault::rule_left_out, "R03", refusal::self_approval},
    {"R03: a request is valid for ever", fault::rule_left_out, "R03", refusal::request_expired},
    {"R03: a request for another key", fault::rule_left_out, "T21", refusal::wrong_key},
    {"R04: a clock that is behind counts", fault::rule_left_out, "R04", refusal::clock_frozen},
    {"R04: the second finding at once", fault::rule_left_out, "R04", refusal::not_due},
    {"R04: the first finding deletes", fault::one_finding_deletes},
    {"R04: one administrator accepts a clock", fault::one_vote_suffices},
    {"R02: whoever acted is somebody who knows", fault::actor_is_told},
    {"R02: an old notice counts for a new key", fault::notice_counts_for_the_next},
    {"R02: a delivery is not noted", fault::notice_not_noted},
    {"R03: a request outlives its lock", fault::request_survives_lock},
    {"R01: a cancelled attempt is remembered", fault::rollback_forgets_nobody},
};

} // namespace keywright::model
