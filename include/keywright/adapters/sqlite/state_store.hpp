// SPDX-License-Identifier: Apache-2.0
// The embedded default store: one SQLite file, safe for many threads and processes of one machine.
// Erased and replaced values are overwritten in the file, and `scrub` takes them out of the write-ahead log.
// Depends on: ports/state_store, adapters/sqlite/store_file. Use: `auto store = sqlite::state_store::open("state.db");`
#pragma once

#include <keywright/adapters/sqlite/store_file.hpp>
#include <keywright/ports/state_store.hpp>

#include <mutex>

namespace keywright::sqlite {

struct store_options {
    seconds deadline{5}; ///< how long a call may wait for other threads and processes; 0: not at all
};

/// See ports/state_store.hpp. Thread safe; movable while no other thread uses it. Must not be carried across a fork.
/// No other code of the process may open and close the store's files (`path`, `path-wal`, `path-shm`) while it is
/// open: on POSIX that drops SQLite's locks. Not for network file systems.
/// What waits longer than the deadline fails with timed_out. A full disk, a quota or a size limit is storage_full and
/// leaves the store as it was.
class state_store {
public:
    /// Opens the store in `path`, or makes it. Fails with corrupt (damaged, or no database at all), malformed
    /// (another program's database), unsupported (a later format) and leaves the file untouched; not_found where the
    /// folder is missing; permission_denied.
    [[nodiscard]] static result<state_store> open(const std::string& path, store_options options = {}) {
        auto db = detail::open_store_file(path, options.deadline);
        if (!db) return pass(db);
        return over(std::move(*db), options);
    }
    /// Over a connection to a store that is open, and ready, by other ways: see adapters/sqlite/encrypted_state_store.
    [[nodiscard]] static result<state_store> over(connection&& db, store_options options) {
        state_store opened;
        opened.parts_ = std::make_unique<parts>();
        opened.parts_->db = std::move(db);
        opened.parts_->wait = std::chrono::seconds(options.deadline.count);
        if (const auto done = opened.prepare(); !done) return pass(done);
        return opened;
    }

    [[nodiscard]] result<ports::record> load(std::string_view key) const {
        if (const auto valid = ports::check_key(key); !valid) return pass(valid);
        const auto turn = take_turn();
        if (!turn) return pass(turn);
        query found(parts_->load, "sqlite store: expected to read a record");
        const auto row = found.bind(1, as_bytes(key)).step();
        if (!row) return pass(row);
        if (!*row) return fail(errc::not_found, "sqlite store: no record has this key");
        return record_of(found);
    }

    [[nodiscard]] result<std::vector<ports::record>> scan(std::string_view prefix, std::string_view after, std::size_t limit) const {
        const auto turn = take_turn();
        if (!turn) return pass(turn);
        const std::string first = ports::first_key_of_scan(prefix, after);
        const std::string end = end_of_scan(prefix);
        query rows(parts_->scan, "sqlite store: expected to read a page of records");
        rows.bind(1, as_bytes(first)).bind(2, as_bytes(end)).bind(3, static_cast<std::int64_t>(std::min<std::size_t>(limit, INT64_MAX)));
        std::vector<ports::record> page;
        auto row = rows.step();
        for (; row && *row; row = rows.step()) page.push_back(record_of(rows));
        if (!row) return pass(row);
        return page;
    }

    [[nodiscard]] result<void> commit(const ports::batch& batch) {
        if (auto valid = ports::check_batch(batch); !valid) return valid;
        if (batch.empty()) return {};
        const auto turn = take_turn();
        if (!turn) return pass(turn);
        transaction all(parts_->db);
        if (auto begun = all.begin(); !begun) return begun;
        if (auto held = check_expectations(batch); !held) return held;
        if (auto done = apply(batch); !done) return done;
        return all.commit();
    }

    /// Rewrites the file when anything was committed since the last time (as long as a copy of the file takes, and with
    /// that much memory), then empties the log. Fails with unavailable when another connection reads or writes and
    /// does not stop before the deadline; storage_full.
    [[nodiscard]] result<void> scrub() {
        const auto turn = take_turn();
        if (!turn) return pass(turn);
        if (const auto done = rewrite(); !done) return in_the_way(done.error());
        int frames = 0;
        errno = 0;
        const int code = sqlite3_wal_checkpoint_v2(parts_->db.handle(), "main", SQLITE_CHECKPOINT_TRUNCATE, &frames, nullptr);
        if (code != SQLITE_OK) return in_the_way(connection::failure(code, "sqlite store: expected to empty the write-ahead log").value());
        if (frames > 0) return in_the_way({errc::timed_out, "", code});
        return {};
    }

private:
    struct parts {
        std::timed_mutex mutex;
        std::chrono::steady_clock::duration wait{};
        connection db;
        statement load, scan, version, put, erase, count, last, scrubbed;
    };

    state_store() = default;

    /// The connection for this thread alone; what is left of the deadline is for other processes.
    result<std::unique_lock<std::timed_mutex>> take_turn() const {
        const auto deadline = std::chrono::steady_clock::now() + parts_->wait;
        std::unique_lock turn(parts_->mutex, deadline);
        if (!turn) return fail(errc::timed_out, "sqlite store: other threads kept the connection until the deadline");
        const auto left = deadline - std::chrono::steady_clock::now();
        parts_->db.wait_at_most(std::chrono::duration_cast<std::chrono::milliseconds>(left).count());
        return turn;
    }

    result<void> prepare() {
        struct {
            statement& place;
            const char* sql;
        } const all[] = {
            {parts_->load, "SELECT key, version, value FROM records WHERE key = ?1"},
            {parts_->scan, "SELECT key, version, value FROM records WHERE key >= ?1 AND key < ?2 ORDER BY key LIMIT ?3"},
            {parts_->version, "SELECT version FROM records WHERE key = ?1"},
            {parts_->put, "INSERT INTO records VALUES (?1, ?2, ?3) ON CONFLICT (key) DO UPDATE SET version = ?2, value = ?3"},
            {parts_->erase, "DELETE FROM records WHERE key = ?1"},
            {parts_->count, "UPDATE commits SET last = last + 1 WHERE id = 1 RETURNING last"},
            {parts_->last, "SELECT last, last > scrubbed FROM commits WHERE id = 1"},
            {parts_->scrubbed, "UPDATE commits SET scrubbed = ?1 WHERE id = 1"},
        };
        for (const auto& one : all) {
            auto made =
                statement::prepare(parts_->db, one.sql, "sqlite store: expected the tables of a state store; restore it from a backup");
            if (!made && made.error().code == errc::internal) return fail(errc::corrupt, made.error().text, made.error().native);
            if (!made) return pass(made);
            one.place = std::move(*made);
        }
        return {};
    }

    static ports::record record_of(const query& row) {
        const auto value = row.column_bytes(2);
        return {std::string(as_text(row.column_bytes(0))), static_cast<std::uint64_t>(row.column_number(1)),
                bytes(value.begin(), value.end())};
    }

    /// The smallest string greater than all that begin with `prefix`; where there is none, one greater than every key.
    static std::string end_of_scan(std::string_view prefix) {
        const auto last = prefix.find_last_not_of('\xff');
        if (last == prefix.npos) return std::string(ports::max_key_size + 1, '\xff');
        std::string end(prefix.substr(0, last + 1));
        end.back() = static_cast<char>(static_cast<unsigned char>(end.back()) + 1);
        return end;
    }

    result<void> check_expectations(const ports::batch& batch) const {
        for (const auto& write : batch.writes()) {
            if (!write.expected) continue;
            query found(parts_->version, "sqlite store: expected to read a version");
            const auto row = found.bind(1, as_bytes(write.key)).step();
            if (!row) return pass(row);
            const auto there = *row ? static_cast<std::uint64_t>(found.column_number(0)) : 0;
            if (there != *write.expected)
                return fail(errc::version_conflict, "sqlite store: a record has another version than expected; load and decide again");
        }
        return {};
    }

    result<void> apply(const ports::batch& batch) const {
        const auto& writes = batch.writes();
        if (std::all_of(writes.begin(), writes.end(), [](const auto& write) { return write.only_check; })) return {};
        const auto number = next_number();
        if (!number) return pass(number);
        for (const auto& write : writes) {
            if (write.only_check) continue;
            query change(write.value ? parts_->put : parts_->erase, "sqlite store: expected to write a record");
            change.bind(1, as_bytes(write.key));
            if (write.value) change.bind(2, *number).bind(3, byte_view(*write.value));
            if (auto done = change.finish(); !done) return done;
        }
        return {};
    }

    result<std::int64_t> next_number() const {
        query count(parts_->count, "sqlite store: expected to count a commit");
        const auto row = count.step();
        if (!row) return pass(row);
        if (!*row) return fail(errc::corrupt, "sqlite store: expected the number of the last commit; restore it from a backup");
        const std::int64_t number = count.column_number(0);
        if (const auto done = count.finish(); !done) return pass(done);
        return number;
    }

    /// secure_delete overwrites a cell where it is freed. But when SQLite moves cells to a neighbouring page it leaves
    /// their old images in the unused middle of the first page, and a later erase does not find those: only pages
    /// built anew are free of them.
    result<void> rewrite() const {
        std::int64_t last = 0;
        {
            query count(parts_->last, "sqlite store: expected to read the number of the last commit");
            const auto row = count.step();
            if (!row) return pass(row);
            if (!*row) return fail(errc::corrupt, "sqlite store: expected the number of the last commit; restore it from a backup");
            if (count.column_number(1) == 0) return {};
            last = count.column_number(0);
        }
        if (auto done = parts_->db.run("VACUUM", "sqlite store: expected to rewrite the file"); !done) return done;
        return query(parts_->scrubbed, "sqlite store: expected to note the scrub").bind(1, last).finish();
    }

    /// For `scrub`: whoever holds a lock for too long is a reason to come back later.
    static tl::unexpected<error> in_the_way(error met) noexcept {
        if (met.code != errc::timed_out) return tl::unexpected<error>(met);
        return fail(errc::unavailable, "sqlite store: another connection stands in the way of a scrub; try again", met.native);
    }

    std::unique_ptr<parts> parts_;
};

static_assert(ports::check_state_store<state_store>());

} // namespace keywright::sqlite
