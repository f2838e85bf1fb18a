// SPDX-License-Identifier: Apache-2.0
// encrypted_sqlite: a shell for SQLite databases that are encrypted page by page, under a key file or under the keys of a
// tenant's environment; shows, verifies and converts them. See `encrypted_sqlite --help`.
#include "backups.hpp"
#include "convert.hpp"
#include "header.hpp"
#include "rekey.hpp"
#include "session.hpp"
#include "verify.hpp"

#include <unistd.h>

namespace {

using namespace encrypted_sqlite;

exit_code done_or(const outcome<void>& ended, const options& given) {
    if (!ended) example::tell("encrypted_sqlite", ended.error(), given.colours(STDERR_FILENO));
    return ended ? exit_code::done : ended.error().code;
}

/// From a backup of these keys, or of another key file's.
outcome<void> restore(const options& given, database_keys& keys) {
    if (given.from_key.empty()) return restore_backup(given, keys, keys);
    options other = given;
    other.key = given.from_key;
    const auto from = database_keys::open(other, example::intent::read);
    if (!from) return pass_on(from);
    return restore_backup(given, **from, keys);
}

/// What opens no connection of its own.
outcome<void> run_on_file(const options& given, database_keys& keys) {
    switch (given.what) {
    case action::convert: return convert(given, keys);
    case action::backup: return take_backup(given, keys);
    case action::restore: return restore(given, keys);
    default: return verify_backup(given, keys);
    }
}

outcome<exit_code> run(const options& given) {
    const bool backup = (given.what == action::inspect || given.what == action::verify) && is_backup(given.file);
    if (given.what == action::inspect) return done_or(backup ? inspect_backup(given) : inspect(given), given);
    const bool reads = given.read_only || given.what == action::verify || given.what == action::backup;
    const auto keys = database_keys::open(given, reads ? example::intent::read : example::intent::write);
    if (!keys) return pass_on(keys);
    if (backup || given.what == action::convert || given.what == action::backup || given.what == action::restore)
        return done_or(run_on_file(given, **keys), given);
    auto db = open_database(given, **keys, given.what != action::shell);
    if (!db) return pass_on(db);
    if (given.what == action::rekey) return done_or(rekey(given, **keys, *db), given);
    desk at{given, **keys, db->handle(), row_writer(stdout, given.mode, given.headers)};
    return given.what == action::verify ? verify(at, *db) : run_session(at);
}

} // namespace

int main(int argc, char** argv) {
    const auto given = parse(argc, argv);
    if (!given) return given.error();
    const auto ended = run(*given);
    if (!ended) example::tell("encrypted_sqlite", ended.error(), given->colours(STDERR_FILENO));
    return static_cast<int>(ended ? *ended : ended.error().code);
}
