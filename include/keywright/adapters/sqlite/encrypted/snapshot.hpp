// SPDX-License-Identifier: Apache-2.0
// A database as it was at one moment, while others go on using it: every page of it can be read, from its file or its log, and
// stays as it is for as long as this lives.
// Depends on: encrypted_database, log_pages, sole_writer. Used by adapters/sqlite/backup and database_content.
#pragma once

#include <keywright/adapters/sqlite/encrypted/log_pages.hpp>
#include <keywright/adapters/sqlite/encrypted/sole_writer.hpp>

#include <chrono>

namespace keywright::sqlite::detail {

// Without a log that is a read transaction, and with one that has been written back whole, which is tried first, too. Where it
// could not be, because others read an older state or write on and on, the frames of now are in the log for as long as this
// transaction has its mark there; the file is held still besides, by the lock of those who read it alone, so that neither a
// checkpoint nor a new key gets into it. Writers go on into the log. Nobody has to pause for any of this.

/// The lock of those who read the file alone, beside a transaction that has another one. Move-only.
class still_file {
public:
    /// SQLITE_BUSY: a checkpoint or a re-encryption is at work.
    static int hold(main_file& file, std::optional<still_file>& into) {
        const int code = file.lock_log(sole_writer::file_readers, 1, SQLITE_SHM_LOCK | SQLITE_SHM_SHARED);
        if (code == SQLITE_OK) into.emplace(still_file(file));
        return code;
    }
    still_file(still_file&& other) noexcept : file_(std::exchange(other.file_, nullptr)) {}
    still_file& operator=(still_file&&) = delete;
    ~still_file() {
        if (file_ != nullptr) (void)file_->lock_log(sole_writer::file_readers, 1, SQLITE_SHM_UNLOCK | SQLITE_SHM_SHARED);
    }

private:
    explicit still_file(main_file& file) noexcept : file_(&file) {}
    main_file* file_;
};

/// Thread safety: one thread at a time.
class snapshot {
public:
    /// Opens a connection of its own. timed_out: for all of `wait` others wrote to the file: without a log in transactions of
    /// theirs, with one in a checkpoint or a re-encryption; not_found; corrupt: no page is in the file; else as sqlite::open.
    [[nodiscard]] static result<snapshot> take(const std::string& path, std::shared_ptr<page_access> access, seconds wait) {
        const open_options options{.create = false, .wait = wait};
        auto reader = opener::open(path, access, options);
        if (!reader) return pass(reader);
        snapshot made(std::move(*reader), std::move(access));
        sqlite3_busy_handler(made.db_.handle(), wait_a_moment, milliseconds_of(wait));
        made.file_ = file_of(made.db_.handle());
        if (made.file_ == nullptr) return fail(errc::internal, "sqlite: expected a file of the encrypting VFS");
        if (auto settled = made.settle(wait); !settled) return pass(settled);
        if (auto frozen = made.freeze(wait); !frozen) return pass(frozen);
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
        const envelope::page_place place{.kind = envelope::page_kind::database, .number = number};
        if (in_log_.has(number)) {
            errno = 0;
            if (const int code = in_log_.read(number, clear_); code != SQLITE_OK) return failed(code);
            return seal(place);
        }
        const auto at = page_grid(size).place_of(number);
        errno = 0;
        if (const int code = file_->read_below(sealed_, at); code != SQLITE_OK) return failed(code);
        auto& head = file_->head();
        auto opened = head.keys_for(sealed_).pages.open(place, sealed_, clear_);
        const bool is_recalled = !opened && head.is_between_keys() && file_->pages_between_keys().recall(number, clear_);
        if (!opened && !is_recalled) return pass(opened);
        if (is_recalled || envelope::page_cipher::slot_of(sealed_) != header().sealing_slot) return seal(place);
        return page{sealed_, clear_};
    }

private:
    snapshot(database&& db, std::shared_ptr<page_access>&& access) noexcept : access_(std::move(access)), db_(std::move(db)) {}

    /// Who writes on and on leaves a moment between two transactions: it is looked for each millisecond, where SQLite's own
    /// waiting looks ten times a second.
    static int wait_a_moment(void* milliseconds, int waited) noexcept {
        if (waited >= reinterpret_cast<std::intptr_t>(milliseconds)) return 0;
        sqlite3_sleep(1);
        return 1;
    }
    static void* milliseconds_of(seconds wait) noexcept {
        return reinterpret_cast<void*>(static_cast<std::intptr_t>(std::clamp<std::int64_t>(wait.count, 0, 1'000'000) * 1000));
    }
    static constexpr const char* peek = "SELECT 1 FROM sqlite_schema LIMIT 1";

    tl::unexpected<error> failed(int code) const {
        if ((code & 0xff) == SQLITE_BUSY)
            return fail(errc::timed_out,
                        "sqlite: others kept the database for themselves until the deadline; let them pause, or wait longer");
        if (access_->fault()) return tl::unexpected(*access_->fault());
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
    result<page> seal(const envelope::page_place& place) {
        const auto anew = keys().pages.seal(place, clear_);
        if (!anew) return pass(anew);
        sealed_.assign(anew->begin(), anew->end());
        return page{sealed_, clear_};
    }

    /// Leaves a read transaction open.
    result<void> freeze(seconds wait) {
        if (const int code = run(db_, peek); code != SQLITE_OK) return failed(code); // plays back what a crash left, finds the log
        if (auto begun = begin_written_back(); !begun || file_->reads_file_alone()) return begun;
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(wait.count);
        int code = still_file::hold(*file_, still_);
        while ((code & 0xff) == SQLITE_BUSY && std::chrono::steady_clock::now() < deadline) {
            sqlite3_sleep(1);
            code = still_file::hold(*file_, still_);
        }
        if (code != SQLITE_OK) return failed(code);
        if (file_->make_ready() != SQLITE_OK) return failed(SQLITE_IOERR_READ);
        errno = 0;
        code = in_log_.find(db_.handle(), header().page_size);
        if (code == SQLITE_CORRUPT) return fail(errc::corrupt, "sqlite: expected the frames of the log that its index counts, it was cut");
        return code == SQLITE_OK ? result<void>() : failed(code);
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
        pages_ = in_log_.pages() != 0 ? in_log_.pages() : static_cast<std::uint32_t>(bytes_of_pages / head.header().page_size);
        header_copy_.resize(envelope::header_slot_size);
        errno = 0;
        if (const int code = file_->read_below(header_copy_, head.place_of_header()); code != SQLITE_OK) return failed(code);
        return {};
    }

    std::shared_ptr<page_access> access_;
    database db_;
    main_file* file_ = nullptr; // of db_
    std::optional<still_file> still_;
    log_pages in_log_;
    std::uint32_t pages_ = 0;
    bytes header_copy_, sealed_;
    Botan::secure_vector<std::uint8_t> clear_;
};

} // namespace keywright::sqlite::detail
