// SPDX-License-Identifier: Apache-2.0
// Gives an encrypted database file a new key and seals every page with it, in steps, while others use the database: after a
// file key may have leaked, or from time to time.
// Depends on: encrypted/sole_writer, encrypted/resealing. Use: `auto done = sqlite::reencrypt(db);`
#pragma once

#include <keywright/adapters/sqlite/encrypted/sole_writer.hpp>

#include <algorithm>
#include <functional>
#include <thread>

namespace keywright::sqlite {

// How: the header names two keys from the beginning to the end of a re-encryption. What anybody writes from then on is
// sealed with the new one, since every process looks at the header once it has the lock to write with. What nobody writes
// is sealed anew where it stands, a step at a time (encrypted/resealing.hpp); a file `<database>-reseal` is kept meanwhile,
// which belongs to the database as its journal does. A kill or a power cut at any point leaves a database that opens, and a
// re-encryption that goes on: where it stands is seen from the pages. It ends when every page is on the disk under the new
// key and the log, if there is one, has been written back and cut since it began; then the old wrapped key is overwritten
// in both copies of the header. Copies of the file from before, and what a kept journal or the disk itself still holds of
// it, stay readable with the old key.

struct reencryption_progress {
    std::uint64_t pages = 0; ///< of the file
    std::uint64_t resealed = 0; ///< of them, from the first on, under the new key
    bool is_finished = false; ///< no re-encryption is under way any more
};

struct reencrypt_options {
    std::uint32_t pages_per_step = 256; ///< 1 to 65536; others wait for as long as a step takes
    seconds wait{5}; ///< how long a step waits for others
    /// After each step; false: no further step, another call goes on.
    std::function<bool(const reencryption_progress&)> on_progress{};
};

/// Makes the new key; where a re-encryption is under way already, that one is the one to go on with. Fails with misused: this
/// connection has a transaction; permission_denied: it may only read; timed_out; limit_exceeded: the header has no room for a second
/// wrapped key; and as `open`.
[[nodiscard]] inline result<void> begin_reencryption(database& db, seconds wait = seconds{5}) {
    auto alone = detail::sole_writer::begin(db.handle(), wait);
    if (!alone) return pass(alone);
    const auto has_key = alone->has_header();
    if (!has_key) return pass(has_key);
    auto& head = alone->file().head();
    return !*has_key || head.is_between_keys() ? result<void>() : head.add_key();
}

namespace detail {

inline result<reencryption_progress> reseal_some(sqlite3* db, const reencrypt_options& options) {
    auto alone = sole_writer::begin(db, options.wait);
    if (!alone) return pass(alone);
    const auto has_key = alone->has_header();
    if (!has_key) return pass(has_key);
    auto& file = alone->file();
    if (!*has_key) return reencryption_progress{.is_finished = true};
    if (!file.head().is_between_keys()) {
        if (auto level = file.head().level_copies(); !level) return pass(level);
        return reencryption_progress{.is_finished = true};
    }
    const auto may_go_on = [&file]() -> result<void> {
        // A lease that was renewed has to unwrap the keys.
        if (file.may_go_on() && file.make_ready() == SQLITE_OK) return {};
        return tl::unexpected(*file.access().fault());
    };
    const auto done = file.pages_between_keys().step(options.pages_per_step, may_go_on);
    if (!done) return pass(done);
    return reencryption_progress{done->pages, done->resealed};
}

/// True when the key before is gone from the header.
inline result<bool> end_reencryption(sqlite3* db, const reencrypt_options& options) {
    // Frames of the log from before it began are sealed with the key before, and are gone when the log has been cut.
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(options.wait.count);
    int code = sqlite3_wal_checkpoint_v2(db, "main", SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
    while ((code & 0xff) == SQLITE_BUSY && std::chrono::steady_clock::now() < deadline) {
        sqlite3_sleep(10);
        code = sqlite3_wal_checkpoint_v2(db, "main", SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
    }
    if (code != SQLITE_OK)
        return sole_writer::failure(*file_of(db), code, "sqlite: expected to write the log back; end what reads it and call again");
    auto alone = sole_writer::begin(db, options.wait);
    if (!alone) return pass(alone);
    const auto has_key = alone->has_header();
    if (!has_key) return pass(has_key);
    if (!*has_key || !alone->file().head().is_between_keys()) return true;
    auto& pages = alone->file().pages_between_keys();
    const auto complete = pages.is_complete();
    if (!complete || !*complete) return complete;
    if (auto ended = pages.end(); !ended) return pass(ended);
    return true;
}

} // namespace detail

/// Seals up to `pages_per_step` further pages anew, and with the last ends the re-encryption. Finished at once where none is
/// under way. Fails with limit_exceeded: `pages_per_step` is out of its bounds; misused, permission_denied: as
/// `begin_reencryption`; timed_out: others write, or read the log, for longer than `wait`; authentication_failed: a page was
/// altered; locked and what else the lease says; io_failed, storage_full. After any of them the database is usable and
/// another call goes on. Attached databases are held, too, while a step is at work. Thread safety: the connection is this
/// call's alone.
[[nodiscard]] inline result<reencryption_progress> reencryption_step(database& db, const reencrypt_options& options = {}) {
    if (options.pages_per_step == 0 || options.pages_per_step > detail::resealing::most_pages)
        return fail(errc::limit_exceeded, "sqlite: expected 1 to 65536 pages a step");
    auto done = detail::reseal_some(db.handle(), options);
    if (!done || done->is_finished || done->resealed < done->pages) return done;
    const auto ended = detail::end_reencryption(db.handle(), options);
    if (!ended) return pass(ended);
    done->is_finished = *ended;
    return done;
}

/// Begins a re-encryption, or goes on with the one under way, to its end or until `on_progress` says no. Between steps others have
/// as much time as a step took. Fails as `reencryption_step`.
[[nodiscard]] inline result<reencryption_progress> reencrypt(database& db, const reencrypt_options& options = {}) {
    if (auto begun = begin_reencryption(db, options.wait); !begun) return pass(begun);
    for (;;) {
        const auto began = std::chrono::steady_clock::now();
        auto done = reencryption_step(db, options);
        if (!done || done->is_finished) {
            if (done && options.on_progress) (void)options.on_progress(*done);
            return done;
        }
        if (options.on_progress && !options.on_progress(*done)) return done;
        std::this_thread::sleep_for(
            std::min<std::chrono::steady_clock::duration>(std::chrono::steady_clock::now() - began, std::chrono::milliseconds(200)));
    }
}

} // namespace keywright::sqlite
