// SPDX-License-Identifier: Apache-2.0
// The generation of an encrypted database file: a number in its header that only grows, kept elsewhere too, so that an older
// copy of the whole file put in its place is known for one.
// Depends on: encrypted/sole_writer. Use: `auto known = sqlite::generation(db);` kept in the state store, and later
//      `sqlite::open(path, source, {.at_least = *known})`.
#pragma once

#include <keywright/adapters/sqlite/encrypted/sole_writer.hpp>

namespace keywright::sqlite {

// It grows when a file is made, when its first pages are on the disk, when a re-encryption begins and when it ends, and with
// `raise_generation`, which whoever restores or converts a file calls with a number above the one that is known.
// What `at_least` refuses: a file with the header of an earlier generation, one made anew, an empty or a missing one.
// What it does not see: older pages behind the header of now, as long as their key is the same; commits taken back within a
// generation. To notice a copy from yesterday, raise the generation every day. Pages from before a re-encryption do not
// open behind a header from after it.

/// Of the file as it is now; 0 where it holds nothing yet. Fails as `open`.
[[nodiscard]] inline result<std::uint64_t> generation(const database& db) {
    detail::main_file* file = detail::file_of(db.handle());
    if (file == nullptr) return fail(errc::misused, "sqlite: expected an open database");
    if (!file->may_begin()) return tl::unexpected(*file->access().fault());
    file->head().forget_if_changed();
    const int ready = file->make_ready();
    if (ready == SQLITE_EMPTY) return std::uint64_t{0};
    if (ready != SQLITE_OK) return detail::sole_writer::failure(*file, ready, "sqlite: expected to read the header");
    return file->head().header().sequence;
}

/// Makes it `to` or more, on the disk when this returns; one that is there already stays as it is. Waits for those who
/// write, and for readers of a file whose log has been written back. Fails with misused: the file is empty, or this connection
/// has a transaction; permission_denied: it may only read; limit_exceeded: `to` is 2^63 or more; timed_out: others kept at it
/// for longer than `wait`; and as `open`.
[[nodiscard]] inline result<void> raise_generation(database& db, std::uint64_t to, seconds wait = seconds{5}) {
    if (to >> 63 != 0) return fail(errc::limit_exceeded, "sqlite: expected a generation below 2^63");
    auto alone = detail::sole_writer::begin(db.handle(), wait);
    if (!alone) return pass(alone);
    const auto has_header = alone->has_header();
    if (!has_header) return pass(has_header);
    if (!*has_header) return fail(errc::misused, "sqlite: expected a database with a page, this file is empty");
    return alone->file().head().raise_sequence(to);
}

} // namespace keywright::sqlite
