// SPDX-License-Identifier: Apache-2.0
// Backups of encrypted databases: taken while the database is used, streamed into a file or a pipe, checked with and without
// keys, and restored so that after a crash there is the old database or the new one.
// Depends on: encrypted_database, envelope/page_backup. Use:
//     sqlite::write_backup("prod.db", source, sink, {.taken = now});
//     auto info = sqlite::verify_backup(stream, lease);   sqlite::restore_backup(stream, "prod.db", {.opens = lease, .seals = lease});
#pragma once

#include <keywright/adapters/sqlite/encrypted/new_database.hpp>
#include <keywright/adapters/sqlite/encrypted/replacement.hpp>
#include <keywright/adapters/sqlite/encrypted/snapshot.hpp>
#include <keywright/adapters/sqlite/generation.hpp>
#include <keywright/envelope/page_backup.hpp>

namespace keywright::sqlite {

using envelope::backup_info;
using envelope::byte_sink;
using envelope::byte_source;

// A lock of the environment closes its backups with it: they hold nothing but what the environment's keys wrap. So does a
// reset, for good. A rotation of the customer's key does not touch them.

struct backup_options {
    instant taken{};                                      ///< what the backup says of when it was taken
    envelope::page_engine engine = envelope::botan_pages; ///< who proves the pages
    seconds wait{5};                                      ///< how long others are waited for
};
struct restore_options {
    envelope::page_suite suite = envelope::page_suite::aes256_gcm_siv; ///< of the new file
    envelope::page_engine engine = envelope::botan_pages;              ///< who decrypts, and encrypts
    seconds wait{5};                                                   ///< how long others are waited for
    generation_keeper kept{};                                          ///< the new file is above what it knows, and it is told
};

/// Of an open file, pipe or socket, from where it stands. Requires: the descriptor outlives what is returned.
[[nodiscard]] inline byte_source read_from(const file::descriptor& file) {
    return [&file](byte_span room) { return file::read_fully(file, room); };
}
[[nodiscard]] inline byte_sink write_to(const file::descriptor& file) {
    return [&file](byte_view data) { return file::write_fully(file, data); };
}

/// Sends a backup of the database in `path` to `sink`, as it is at one moment. Others go on reading; they go on writing,
/// too, where the database has a write-ahead log, and wait otherwise. Every page is proved on its way. Memory: one page.
/// Fails as the sink does, and then what was sent is no backup; as sqlite::open; timed_out: others were not done within
/// `wait`; authentication_failed: the database is damaged; corrupt: it has no pages. Syncs nothing: that is the sink's owner's.
[[nodiscard]] inline result<backup_info> write_backup(const std::string& path, lease_source source, const byte_sink& sink,
                                                      const backup_options& options = {}) {
    auto taken = detail::snapshot::take(path,
                                        std::make_shared<detail::page_access>(
                                            std::move(source), envelope::page_method(envelope::page_suite::aes256_gcm_siv, options.engine)),
                                        options.wait);
    if (!taken) return pass(taken);
    auto writer = envelope::backup_writer::begin(sink, {taken->environment(), options.taken, taken->pages()}, taken->header_copy());
    if (!writer) return pass(writer);
    for (std::uint32_t number = 1; number <= taken->pages(); ++number) {
        const auto page = taken->read(number);
        if (!page) return pass(page);
        if (number == 1)
            if (auto fine = detail::check_first_page(page->clear, taken->pages()); !fine) return pass(fine);
        if (auto added = writer->add(page->sealed); !added) return pass(added);
    }
    if (auto done = writer->finish(taken->keys().backup_mac()); !done) return pass(done);
    return envelope::info_of(taken->environment(), options.taken, taken->pages(), taken->header());
}

/// What a backup says of itself, by its head. Proves nothing. Fails as envelope::backup_reader::begin.
[[nodiscard]] inline result<backup_info> inspect_backup(const byte_source& source) {
    const auto reader = envelope::backup_reader::begin(source);
    if (!reader) return pass(reader);
    return reader->info();
}
/// Whether it is whole and as it was written, by its checksum: no key is needed, and nothing is proved against somebody who
/// means to deceive. Fails as envelope::backup_reader.
[[nodiscard]] inline result<backup_info> verify_backup(const byte_source& source) {
    auto reader = envelope::backup_reader::begin(source);
    if (!reader) return pass(reader);
    while (reader->pages_read() < reader->info().pages)
        if (auto page = reader->next(); !page) return pass(page);
    if (auto whole = reader->finish(); !whole) return pass(whole);
    return reader->info();
}

namespace detail {

/// Hands every page, in the clear, to `take`; nothing of it counts unless this succeeds.
template <class Take>
[[nodiscard]] result<void> read_backup(envelope::backup_opener& opened, Take&& take) {
    for (bool is_first = true; !opened.at_end(); is_first = false) {
        const auto page = opened.next();
        if (!page) return pass(page);
        if (is_first)
            if (auto fine = check_first_page(*page, opened.info().pages); !fine) return fine;
        if (result<void> taken = take(*page); !taken) return taken;
    }
    return opened.finish();
}

/// The database that is to be replaced, for this alone; not_found: there is none.
[[nodiscard]] inline result<database> open_replaced(const std::string& path, const keys::data_key_lease& lease,
                                                    const restore_options& how) {
    const open_options options{.suite = how.suite, .engine = how.engine, .create = false, .wait = how.wait};
    auto opened = opener::open(path, std::make_shared<page_access>(lease, options.method()), options);
    const auto is_others = [](errc code) {
        return code == errc::not_mine || code == errc::authentication_failed || code == errc::malformed || code == errc::unsupported ||
               code == errc::corrupt;
    };
    if (!opened && is_others(opened.error().code))
        return fail(errc::already_exists, "backup: the file in its place does not open with the target's keys; move it away, then restore",
                    opened.error().native);
    if (!opened) return opened;
    if (auto alone = take_alone(opened->handle()); !alone) return pass(alone);
    return opened;
}

/// The header's sequence of an open database; 0 where it is empty.
[[nodiscard]] inline std::uint64_t sequence_of(const database& db) {
    main_file* file = file_of(db.handle());
    return file != nullptr && file->head().is_ready() ? file->head().header().sequence : 0;
}

} // namespace detail

/// The same with the keys of the environment that it was taken of: every page, their order and number, and the head are
/// proved. Fails as envelope::backup_opener.
[[nodiscard]] inline result<backup_info> verify_backup(const byte_source& source, const keys::data_key_lease& lease,
                                                       envelope::page_engine engine = envelope::botan_pages) {
    auto opened = envelope::backup_opener::begin(source, lease, engine);
    if (!opened) return pass(opened);
    if (auto whole = detail::read_backup(*opened, [](byte_view) { return result<void>{}; }); !whole) return pass(whole);
    return opened->info();
}

/// Puts what is in a backup into the place of the database `path`, under a new file key of the environment of `keys.seals`;
/// `keys.opens` is of the environment that it was taken of, and may be the same. Whole and durable when it returns; after a
/// failure, a kill or a power cut there is the old database or the new one, and only a failure of the very last step (syncing
/// the folder) leaves open which. A database in that place must open with `keys.seals` (else already_exists), have no second
/// name (else unsupported), and nobody may have it open or restore it, too (else timed_out); a connection that had it open,
/// doing nothing, is refused from its next transaction on. Its permissions stay, and 0600 is what a new one gets. What a kill
/// leaves, encrypted, is named `…-new.tmp` and goes with the next restore.
/// Whether policy allows it is not asked here. Fails as `verify_backup`; as the leases and `kept`; storage_full and the like.
[[nodiscard]] inline result<backup_info> restore_backup(const byte_source& source, const std::string& path, const keys::key_change& keys,
                                                        const restore_options& options = {}) {
    auto opened = envelope::backup_opener::begin(source, keys.opens, options.engine);
    if (!opened) return pass(opened);
    auto fresh = detail::replacement::begin(path, options.wait);
    if (!fresh) return pass(fresh);
    const auto known = detail::known_to(options.kept);
    if (!known) return pass(known);
    auto target = detail::new_database::begin(fresh->file(), keys.seals, {options.suite, options.engine}, opened->info().page_size);
    if (!target) return pass(target);
    if (auto moved = detail::read_backup(*opened, [&](byte_view page) { return target->add(page); }); !moved) return pass(moved);
    const auto old = detail::open_replaced(path, keys.seals, options);
    if (!old && old.error().code != errc::not_found) return pass(old);
    if (auto whole = target->finish(std::max(old ? detail::sequence_of(*old) : 0, *known)); !whole) return pass(whole);
    if (auto placed = fresh->into_place(); !placed) return pass(placed);
    if (auto kept = detail::keep_in(options.kept, target->sequence()); !kept) return pass(kept);
    return opened->info();
}

} // namespace keywright::sqlite
