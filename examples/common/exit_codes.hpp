// SPDX-License-Identifier: Apache-2.0
// What the example programs' exit codes mean, the same in all of them. Scripts rely on them: add, never change.
#pragma once

#include <keywright/core/error.hpp>
#include <keywright/policy/decision.hpp>

#include <array>
#include <optional>
#include <string_view>

namespace example {

enum class exit_code : int {
    done = 0,
    failed = 1,
    usage = 2,
    refused = 3,
    busy = 8,
    locked = 9,
    proof_failed = 10,
    audit_broken = 11,
    wrong_clock = 12,
    files_differ = 13,
    undone = 14,
    key_file_unreadable = 20,
    not_a_key_file = 21,
    key_file_damaged = 22,
    wrong_password = 23,
    key_file_too_costly = 24,
    key_size = 25,
    key_type = 26,
    no_private_key = 27,
    no_password = 28,
    weak_key = 29,
    no_state = 30,
    state_damaged = 31,
    state_too_new = 32,
    state_foreign = 33,
    state_denied = 34,
    state_exists = 35,
    state_key = 36,
    no_vault = 40,
    vault_passphrase = 41,
    vault_damaged = 42,
    vault_denied = 43,
    storage_full = 50,
    io_failed = 51,
    content_damaged = 52,
    not_there = 53,
    no_key_fits = 54,
    other_context = 55,
    output_exists = 56,
    not_a_message = 57,
    decision_needed = 58,
    not_a_database = 59,
    statement_failed = 60,
};

struct exit_code_row {
    exit_code code;
    std::string_view meaning;
};

inline constexpr std::array exit_code_table{
    exit_code_row{exit_code::done, "done"},
    exit_code_row{exit_code::failed, "failed for a reason that has no code of its own"},
    exit_code_row{exit_code::usage, "the command line does not make sense"},
    exit_code_row{exit_code::refused, "refused by a rule, which is named; nothing was changed"},
    exit_code_row{exit_code::busy, "somebody else was faster or stands in the way; try again"},
    exit_code_row{exit_code::locked, "the environment is locked"},
    exit_code_row{exit_code::proof_failed, "prove-lock: something survived"},
    exit_code_row{exit_code::audit_broken, "audit verify: the log is not what was signed"},
    exit_code_row{exit_code::wrong_clock, "the state was begun with the other clock (--now once, --now always)"},
    exit_code_row{exit_code::files_differ, "verify-files: a file is missing, or differs"},
    exit_code_row{exit_code::undone, "accepted, but the work failed; the state tells whether it is pending or undone"},
    exit_code_row{exit_code::key_file_unreadable, "the key file does not open, for a reason without a code of its own"},
    exit_code_row{exit_code::not_a_key_file, "the file is no key file"},
    exit_code_row{exit_code::key_file_damaged, "the key file is damaged or truncated"},
    exit_code_row{exit_code::wrong_password, "the key file's password is wrong or missing"},
    exit_code_row{exit_code::key_file_too_costly, "the key file asks for more work than is allowed"},
    exit_code_row{exit_code::key_size, "the key has the wrong size"},
    exit_code_row{exit_code::key_type, "the key is not an RSA key"},
    exit_code_row{exit_code::no_private_key, "the key file holds no private key"},
    exit_code_row{exit_code::no_password, "the key file is not protected by a password"},
    exit_code_row{exit_code::weak_key, "the key can be broken, for a reason that is named"},
    exit_code_row{exit_code::no_state, "there is no state file; run init"},
    exit_code_row{exit_code::state_damaged, "the state file is damaged"},
    exit_code_row{exit_code::state_too_new, "the state file was written by a later version"},
    exit_code_row{exit_code::state_foreign, "the state file belongs to another program"},
    exit_code_row{exit_code::state_denied, "no rights to the state file"},
    exit_code_row{exit_code::state_exists, "init: the state is there already"},
    exit_code_row{exit_code::state_key, "the state's key is missing or another one, or the state is not encrypted"},
    exit_code_row{exit_code::no_vault, "there is no vault in the folder; run init"},
    exit_code_row{exit_code::vault_passphrase, "the passphrase does not open the vault"},
    exit_code_row{exit_code::vault_damaged, "the vault is damaged, or of a later version"},
    exit_code_row{exit_code::vault_denied, "no rights to the vault's folder"},
    exit_code_row{exit_code::storage_full, "the disk, a quota or a size limit is full"},
    exit_code_row{exit_code::io_failed, "reading or writing failed"},
    exit_code_row{exit_code::content_damaged, "an encrypted file is damaged, cut off, or out of place"},
    exit_code_row{exit_code::not_there, "a file or folder that was named is not there, or may not be read"},
    exit_code_row{exit_code::no_key_fits, "no key that was given opens the message"},
    exit_code_row{exit_code::other_context, "the message is genuine or not, but belongs to another context"},
    exit_code_row{exit_code::output_exists, "what would be written is there already"},
    exit_code_row{exit_code::not_a_message, "the input is no encrypted message"},
    exit_code_row{exit_code::decision_needed,
                  "the message is of an older format, or verified last; an option that is named lets it through"},
    exit_code_row{exit_code::not_a_database, "the file is no encrypted database, or of a later version"},
    exit_code_row{exit_code::statement_failed, "SQLite refused a statement; its message says why"},
};

/// The code of a failure, by its kind and by the layer that its text names first (`vault: …`).
exit_code code_of(const keywright::error& e);
/// The code of a refusal; `trouble` is why the key file did not open, if it did not.
exit_code code_of(const keywright::policy::reason_list& reasons, const std::optional<keywright::error>& trouble);

} // namespace example
