// SPDX-License-Identifier: Apache-2.0
// encrypted_sqlite: a shell for SQLite databases that are encrypted page by page, under a key file or under the keys of a
// tenant's environment; shows, verifies and converts them. See `encrypted_sqlite --help`.
#include "convert.hpp"
#include "header.hpp"
#include "session.hpp"
#include "verify.hpp"

#include <unistd.h>

namespace {

using namespace encrypted_sqlite;

exit_code done_or(const outcome<void>& ended, const options& given) {
    if (!ended) example::tell("encrypted_sqlite", ended.error(), given.colours(STDERR_FILENO));
    return ended ? exit_code::done : ended.error().code;
}

outcome<exit_code> run(const options& given) {
    if (given.what == action::inspect) return done_or(inspect(given), given);
    const bool reads = given.read_only || given.what == action::verify;
    const auto keys = database_keys::open(given, reads ? example::intent::read : example::intent::write);
    if (!keys) return pass_on(keys);
    if (given.what == action::convert) return done_or(convert(given, **keys), given);
    const auto db = open_database(given, **keys, given.what != action::shell);
    if (!db) return pass_on(db);
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
