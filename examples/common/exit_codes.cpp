// SPDX-License-Identifier: Apache-2.0
#include "exit_codes.hpp"

#include <initializer_list>

namespace example {

using namespace keywright;

namespace {

exit_code key_file_code(errc code) {
    switch (code) {
    case errc::authentication_failed:
    case errc::password_needed: return exit_code::wrong_password;
    case errc::limit_exceeded: return exit_code::key_file_too_costly;
    case errc::malformed:
    case errc::corrupt: return exit_code::key_file_damaged;
    case errc::not_found: return exit_code::no_private_key;
    default: return exit_code::key_file_unreadable;
    }
}
exit_code state_code(errc code) {
    switch (code) {
    case errc::not_found: return exit_code::no_state;
    case errc::unsupported: return exit_code::state_too_new;
    case errc::malformed: return exit_code::state_foreign;
    case errc::permission_denied: return exit_code::state_denied;
    case errc::already_exists: return exit_code::state_exists;
    case errc::not_mine: return exit_code::state_key;
    default: return exit_code::state_damaged;
    }
}
exit_code vault_code(errc code) {
    switch (code) {
    case errc::not_found: return exit_code::no_vault;
    case errc::authentication_failed: return exit_code::vault_passphrase;
    case errc::permission_denied: return exit_code::vault_denied;
    default: return exit_code::vault_damaged;
    }
}
bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
    for (const auto one : words)
        if (word == one) return true;
    return false;
}

/// The exit code of a refusal that is about the key file alone.
std::optional<exit_code> code_of_file(const policy::reason& r, const std::optional<error>& trouble) {
    switch (r.code) {
    case policy::refusal::bad_format: return exit_code::not_a_key_file;
    case policy::refusal::corrupt:
    case policy::refusal::wrong_password: return trouble ? key_file_code(trouble->code) : exit_code::key_file_damaged;
    case policy::refusal::bad_key_size: return exit_code::key_size;
    case policy::refusal::bad_key_type: return exit_code::key_type;
    case policy::refusal::missing_private_key: return exit_code::no_private_key;
    case policy::refusal::pfx_without_password: return exit_code::no_password;
    default: return std::nullopt;
    }
}

} // namespace

exit_code code_of(const error& e) {
    const std::string_view text = e.text;
    const auto layer = text.substr(0, text.find(':'));
    if (layer == "usage") return exit_code::usage;
    if (layer == "clock") return exit_code::wrong_clock;
    switch (e.code) {
    case errc::storage_full: return exit_code::storage_full;
    case errc::io_failed: return exit_code::io_failed;
    case errc::version_conflict:
    case errc::timed_out:
    case errc::unavailable: return exit_code::busy;
    case errc::locked: return exit_code::locked;
    case errc::weak_key: return exit_code::weak_key;
    default: break;
    }
    if (is_one_of(layer, {"pfx", "pkcs8", "byok", "key file", "formats"})) return key_file_code(e.code);
    if (is_one_of(layer, {"vault", "key vault"})) return vault_code(e.code);
    if (is_one_of(layer, {"sqlite store", "store", "state", "custody", "rotation", "outbox", "service"})) return state_code(e.code);
    if (layer == "audit") return exit_code::audit_broken;
    if (is_one_of(layer, {"content", "message", "lease", "wrap", "keyring", "keys"}))
        return e.code == errc::not_found ? exit_code::not_there : exit_code::content_damaged;
    if (layer == "file") return exit_code::not_there;
    return exit_code::failed;
}

exit_code code_of(const policy::reason_list& reasons, const std::optional<error>& trouble) {
    std::optional<exit_code> all;
    for (const auto& r : reasons) {
        const auto one = code_of_file(r, trouble);
        if (!one) return exit_code::refused;
        if (!all || *one == exit_code::no_private_key) all = one;
    }
    return all.value_or(exit_code::refused);
}

} // namespace example
