// SPDX-License-Identifier: Apache-2.0
// A database as it was at one moment, while others go on using it: every page of it can be read from the file alone, and
// stays as it is for as long as this lives.
// Depends on: encrypted_database, sole_writer. Used by adapters/sqlite/backup and database_content.
#pragma once

#include <keywright/adapters/sqlite/encrypted/sole_writer.hpp>

namespace keywright::sqlite::detail {

// Without a log that is a read transaction. With one, what was committed last stands in the log; so for a moment nobody may
// write, the log is written back, and the read transaction that begins then needs the file alone: SQLite lets no checkpoint
// into it until that ends, and writers go on into the log.

/// Thread safety: one thread at a time.
class snapshot {
public:
    /// Opens connections of its own. timed_out: after `wait` there are still writers (without a log), or readers of an older
    /// state (with one); not_found; corrupt: no page is in the file; else as sqlite::open.
    [[nodiscard]] static result<snapshot> take(const std::string& path, std::shared_ptr<page_access> access, seconds wait) {
        const open_options options{.create = false, .wait = wait};
        auto reader = opener::open(path, access, options);
        if (!reader) return pass(reader);
        snapshot made(std::move(*reader), std::move(access));
        made.file_ = file_of(made.db_.handle());
        if (made.file_ == nullptr) return fail(errc::internal, "sqlite: expected a file of the encrypting VFS");
        if (auto settled = made.settle(wait); !settled) return pass(settled);
        if (auto frozen = made.freeze(path, options); !frozen) return pass(frozen);
        if (auto known = made.learn(); !known) return pass(known);
        return made;
    }

    const envelope::page_header& header() const noexcept { return file_->head().header(); }
    envelope::page_keys& keys() noexcept { return file_->head().keys(); }
    const environment_id& environment() const noexcept { return access_->environment(); }
    std::uint32_t pages() const noexcept { return pages_; }
    /// The header copy that counts, as it is in the file.
    byte_view header_copy() const noexcept { return header_copy_; }

    struct page {
        byte_view sealed, clear; ///< valid until the next call
    };
    /// One page, proved, and sealed under `keys()`: where the file is between two keys, anew. authentication_failed: damaged; and
    /// what the lease says. Requires: 1 to `pages()`.
    [[nodiscard]] result<page> read(std::uint32_t number) {
        const std::size_t size = header().page_size;
        sealed_.resize(size);
        clear_.resize(size);
        const auto at =
            static_cast<std::int64_t>(envelope::header_size) + static_cast<std::int64_t>(number - 1) * static_cast<std::int64_t>(size);
        errno = 0;
        if (const int code = file_->read_below(sealed_, at); code != SQLITE_OK) return failed(code);
        const envelope::page_place place{.kind = envelope::page_kind::database, .number = number};
        auto& head = file_->head();
        auto opened = head.keys_for(sealed_).pages.open(place, sealed_, clear_);
        const bool is_recalled = !opened && head.is_between_keys() && file_->pages_between_keys().recall(number, clear_);
        if (!opened && !is_recalled) return pass(opened);
        if (is_recalled || envelope::page_cipher::slot_of(sealed_) != header().sealing_slot) {
            const auto anew = keys().pages.seal(place, clear_);
            if (!anew) return pass(anew);
            sealed_.assign(anew->begin(), anew->end());
        }
        return page{sealed_, clear_};
    }

private:
    snapshot(database&& db, std::shared_ptr<page_access>&& access) noexcept : access_(std::move(access)), db_(std::move(db)) {}

    static constexpr const char* peek = "SELECT 1 FROM sqlite_schema LIMIT 1";

    tl::unexpected<error> failed(int code) const {
        if (access_->fault() && (code & 0xff) != SQLITE_BUSY) return tl::unexpected(*access_->fault());
        return connection::failure(code, "sqlite: expected to read the database as it is now");
    }
    static int run(const database& db, const char* sql) noexcept {
        errno = 0;
        return sqlite3_exec(db.handle(), sql, nullptr, nullptr, nullptr);
    }

    /// Ends what a killed re-encryption has left half done: until then pages stand beside the file.
    result<void> settle(seconds wait) const {
        if (file_->make_ready() != SQLITE_OK || !file_->head().is_between_keys()) return {};
        const auto alone = sole_writer::begin(db_.handle(), wait);
        if (!alone) return pass(alone);
        const bool is_needed = file_->make_ready() == SQLITE_OK && file_->head().is_between_keys();
        return is_needed ? file_->pages_between_keys().settle() : result<void>();
    }
    /// Leaves a read transaction open. A commit may come between the checkpoint and that; then it is done again while nobody
    /// may write.
    result<void> freeze(const std::string& path, const open_options& options) {
        if (const int code = run(db_, peek); code != SQLITE_OK) return failed(code); // plays back what a crash left, finds the log
        for (std::int64_t waited = 0;; waited += 10) {
            std::optional<database> holder;
            for (const bool is_held : {false, true}) {
                if (is_held) {
                    auto held = hold_writers(path, options);
                    if (!held) return pass(held);
                    holder = std::move(*held);
                }
                if (auto begun = begin_written_back(); !begun) return begun;
                if (file_->reads_file_alone()) return {};
                if (const int code = run(db_, "ROLLBACK"); code != SQLITE_OK) return failed(code);
            }
            if (waited >= options.wait.count * 1000)
                return fail(errc::timed_out, "sqlite: others still read an older state of the database; end their transactions, try again");
            holder.reset();
            sqlite3_sleep(10);
        }
    }
    result<database> hold_writers(const std::string& path, const open_options& options) const {
        auto holder = opener::open(path, access_, options);
        if (!holder) return holder;
        if (const int code = run(*holder, "BEGIN IMMEDIATE"); code != SQLITE_OK) return failed(code);
        return holder;
    }
    result<void> begin_written_back() {
        const int code = sqlite3_wal_checkpoint_v2(db_.handle(), "main", SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
        if (code != SQLITE_OK && (code & 0xff) != SQLITE_BUSY) return failed(code);
        int begun = run(db_, "BEGIN");
        if (begun == SQLITE_OK) begun = run(db_, peek);
        if (begun != SQLITE_OK) return failed(begun);
        return {};
    }

    result<void> learn() {
        auto& head = file_->head();
        const auto loaded = head.load(); // another connection may have written a newer copy before
        if (!loaded) return pass(loaded);
        const auto size = *loaded ? head.size_below() : result<std::int64_t>(0);
        if (!size) return pass(size);
        const std::int64_t bytes_of_pages = *size - static_cast<std::int64_t>(envelope::header_size);
        if (!*loaded || bytes_of_pages <= 0) return fail(errc::corrupt, "sqlite: expected a database with pages, this one is empty");
        if (bytes_of_pages % head.header().page_size != 0) return fail(errc::corrupt, "sqlite: expected whole pages to the file's end");
        pages_ = static_cast<std::uint32_t>(bytes_of_pages / head.header().page_size);
        header_copy_.resize(envelope::header_slot_size);
        errno = 0;
        if (const int code = file_->read_below(header_copy_, head.place_of_header()); code != SQLITE_OK) return failed(code);
        return {};
    }

    std::shared_ptr<page_access> access_;
    database db_;
    main_file* file_ = nullptr; // of db_
    std::uint32_t pages_ = 0;
    bytes header_copy_, sealed_;
    Botan::secure_vector<std::uint8_t> clear_;
};

} // namespace keywright::sqlite::detail
