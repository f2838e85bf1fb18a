// SPDX-License-Identifier: Apache-2.0
// The database file as SQLite sees it: pages in the clear at the offsets that SQLite knows, while the file below holds a
// header and sealed pages, all offsets 8192 further on.
// Depends on: file_head, resealing, page_cache, SQLite's file methods. Used by encrypted_vfs; journal_file and log_file borrow its keys.
#pragma once

#include <keywright/adapters/sqlite/encrypted/file_place.hpp>
#include <keywright/adapters/sqlite/encrypted/first_page.hpp>
#include <keywright/adapters/sqlite/encrypted/log_lock.hpp>
#include <keywright/adapters/sqlite/encrypted/page_grid.hpp>
#include <keywright/adapters/sqlite/encrypted/read_ahead.hpp>
#include <keywright/adapters/sqlite/encrypted/resealing.hpp>
#include <keywright/adapters/sqlite/interrupt.hpp>
#include <keywright/adapters/sqlite/page_cache.hpp>

namespace keywright::sqlite::detail {

/// Thread safety: one thread at a time, as SQLite uses a file.
class main_file {
public:
    main_file(sqlite3_file* below, std::shared_ptr<page_access> access, const side_file::place& beside)
        : below_(below), access_(std::move(access)), head_(below, access_), resealing_(below, head_, beside) {}

    page_access& access() noexcept { return *access_; }
    file_head& head() noexcept { return head_; }
    resealing& pages_between_keys() noexcept { return resealing_; }
    /// Of the write-ahead log; forgets with each change of a lock.
    read_ahead& ahead_in_log() noexcept { return ahead_in_log_; }
    void note_log(bool is_open) noexcept { has_log_ = is_open; }

    /// Whether the keys may be used now. Keys that may not be are gone from memory.
    [[nodiscard]] bool may_go_on() { return allow(access_->check()); }
    /// The same at the beginning of a transaction, where a new lease may be had.
    [[nodiscard]] bool may_begin() { return allow(access_->begin()); }
    /// The same where SQLite may go on with what it has cached and read nothing: a new lease must unwrap the keys before.
    int begin_ready() {
        const int ready = may_begin() ? make_ready() : refused;
        return ready == SQLITE_EMPTY ? SQLITE_OK : ready;
    }
    /// SQLITE_OK with keys; SQLITE_EMPTY where the file holds nothing yet; else the code of what is wrong.
    int make_ready() {
        if (head_.is_ready()) return SQLITE_OK;
        const auto loaded = head_.load();
        if (!loaded) return tell(loaded.error());
        return *loaded ? SQLITE_OK : SQLITE_EMPTY;
    }
    int tell(const error& e) noexcept { return access_->note(code_of(e), e); }
    /// SQLite's lock on the file.
    int level() const noexcept { return level_; }
    /// Whether SQLite asks for a lock before its next transaction: not where it kept the one of the last, as with
    /// `PRAGMA locking_mode = EXCLUSIVE`.
    bool is_asked_to_begin() const noexcept { return level_ == SQLITE_LOCK_NONE || (level_ == SQLITE_LOCK_SHARED && shares_log_); }
    /// SQLITE_OK: the file has other keys than were known of it, and they are here; SQLITE_DONE: it has the same; else why they
    /// are not to be had. Asked where something does not open: who reads a log has no lock that keeps the file from being
    /// given a new key meanwhile.
    int new_keys() {
        if (!forget_if_changed()) return SQLITE_DONE;
        const int ready = make_ready();
        return ready == SQLITE_EMPTY ? SQLITE_IOERR_DATA : ready;
    }

    // --- SQLite's methods ---

    int read(byte_span out, std::int64_t offset) {
        if (!may_go_on()) return refused;
        if (level_ == SQLITE_LOCK_NONE) forget_if_changed();
        const int ready = make_ready();
        if (ready == SQLITE_EMPTY) return short_read(out);
        if (ready != SQLITE_OK) return ready;
        const std::size_t size = head_.header().page_size;
        if (out.size() == size && offset % static_cast<std::int64_t>(size) == 0) return read_page(grid().number_at(offset), out);
        return read_parts(out, offset);
    }

    int write(byte_view page, std::int64_t offset) {
        if (!may_go_on()) return refused;
        if (!envelope::is_page_size(page.size()) || offset % static_cast<std::int64_t>(page.size()) != 0)
            return tell({errc::misused, "sqlite: expected a write of one whole page"});
        if (const int ready = make_room_for(page.size()); ready != SQLITE_OK) return ready;
        const std::uint32_t number = grid().number_at(offset);
        if (number == 1 && !leaves_room_for_seals(page)) return refuse_first();
        if (const int settled = settle(); settled != SQLITE_OK) return settled;
        if (const int filled = fill_up_to(number); filled != SQLITE_OK) return filled;
        return write_page(number, page);
    }

    int truncate(std::int64_t size) {
        if (!may_go_on()) return refused;
        forget_contents();
        if (size == 0) { // the next page makes another header, and may have another size
            forget_keys();
            return below_->pMethods->xTruncate(below_, 0);
        }
        if (const int ready = make_ready(); ready != SQLITE_OK) return ready == SQLITE_EMPTY ? SQLITE_IOERR_TRUNCATE : ready;
        if (size % static_cast<std::int64_t>(head_.header().page_size) != 0)
            return tell({errc::misused, "sqlite: expected a file of whole pages"});
        if (const int settled = settle(); settled != SQLITE_OK) return settled;
        if (const int filled = fill_up_to(grid().number_at(size)); filled != SQLITE_OK) return filled; // where it becomes longer
        end_ = 0;
        return below_->pMethods->xTruncate(below_, size + header);
    }

    int sync(int flags) {
        const int code = below_->pMethods->xSync(below_, flags);
        if (code != SQLITE_OK || !head_.is_ready() || head_.header().populated) return code;
        const auto size = head_.size_below();
        if (!size) return tell(size.error());
        if (*size <= header) return SQLITE_OK;
        const auto noted = head_.note_pages();
        return noted ? SQLITE_OK : tell(noted.error());
    }

    int size(sqlite3_int64* out) {
        const auto below = head_.size_below();
        if (!below) return tell(below.error());
        *out = *below > header ? *below - header : 0;
        if (keeps_others_out() && head_.is_ready()) end_ = grid().pages_in(*below);
        if (*below == 0 || *below > header) return SQLITE_OK;
        // To SQLite a file without pages is an empty database, of which it reads nothing.
        if (!may_go_on()) return refused;
        if (const int ready = make_ready(); ready != SQLITE_OK) return ready == SQLITE_EMPTY ? SQLITE_OK : ready;
        if (head_.header().populated)
            return tell({errc::corrupt, "sqlite: expected pages behind the header, the file was cut; restore it from a backup"});
        return SQLITE_OK;
    }

    int lock(int level) {
        if (!may_begin()) return refused;
        if (!keeps_others_out()) forget_contents();
        const int code = below_->pMethods->xLock(below_, level);
        if (code != SQLITE_OK) return code;
        // Without a lock the file may have been emptied and made anew, or given another key; from here on it cannot be. A
        // reader who finds page 1 as it was looks at the header when a page does not open, a writer before it seals one. Who
        // reads a log has a lock that does not keep others from giving it a key, and writes with an exclusive one when it closes.
        const bool begins = level_ == SQLITE_LOCK_NONE;
        const bool is_in_doubt = begins ? !first_.confirm(below_, header) : level_ == SQLITE_LOCK_SHARED;
        const bool is_asked_now = level == SQLITE_LOCK_RESERVED || (begins && is_in_doubt);
        if (is_asked_now ? place_.is_lost(below_) : begins && place_.was_lost(below_))
            return below_->pMethods->xUnlock(below_, level_), access_->note(SQLITE_READONLY_DBMOVED, file_replaced);
        if (is_in_doubt) forget_if_changed();
        resealing_.others_were_here();
        level_ = std::max(level_, level);
        return code;
    }
    int unlock(int level) {
        forget_contents();
        level_ = level;
        shares_log_ = shares_log_ && level != SQLITE_LOCK_NONE;
        return below_->pMethods->xUnlock(below_, level);
    }
    int lock_log(int offset, int n, int flags) {
        const log_lock asked{offset, n, flags};
        shares_log_ = true;
        if (asked.is_taken())
            if (const int ready = begin_ready(); ready != SQLITE_OK) return ready;
        forget_contents();
        // A log that is written back is written back wherever the file is.
        if (asked.begins_writing_log() ? place_.is_lost(below_) : asked.begins_reading() && place_.was_lost(below_))
            return access_->note(SQLITE_READONLY_DBMOVED, file_replaced);
        const int code = below_->pMethods->xShmLock(below_, offset, n, flags);
        if (code != SQLITE_OK) return code;
        if (asked.is_of_reader()) read_mark_ = asked.is_taken() ? asked.read_mark() : no_mark;
        if (!asked.is_of_writer()) return code; // whoever gives the file another key has all of these
        resealing_.others_were_here();
        forget_if_changed();
        const int ready = make_ready();
        if (ready == SQLITE_OK || ready == SQLITE_EMPTY) return SQLITE_OK;
        below_->pMethods->xShmLock(below_, offset, n, SQLITE_SHM_UNLOCK | SQLITE_SHM_EXCLUSIVE);
        return ready;
    }
    /// The -shm file holds a checksum of pages in the clear. SQLite leaves it where the log could not be written back, as
    /// after a lock; but whoever can have the file alone may remove it: it is made again from the log.
    int unmap_log(int remove) {
        shares_log_ = false;
        const bool is_last = level_ != SQLITE_LOCK_NONE && below_->pMethods->xLock(below_, SQLITE_LOCK_EXCLUSIVE) == SQLITE_OK;
        return below_->pMethods->xShmUnmap(below_, is_last ? 1 : remove);
    }

    /// Whether the file has lost its name, a millisecond ago at most. SQLite asks under a lock with which that was looked up.
    bool was_moved() noexcept { return place_.was_lost(below_); }

    // --- for whoever copies the file ---

    /// Whether the read transaction reads nothing but this file, which nobody changes before it ends: so it is without a
    /// log, and with one that has been written back whole (wal.c: WAL_READ_LOCK(0)).
    bool reads_file_alone() const noexcept { return level_ != SQLITE_LOCK_NONE && read_mark_ <= 0; }
    /// Bytes as they are in the file, header and seals with them.
    int read_below(byte_span out, std::int64_t offset) {
        if (!may_go_on()) return refused;
        return below_->pMethods->xRead(below_, out.data(), static_cast<int>(out.size()), offset);
    }

    int refuse_first() noexcept { return tell(no_room_for_seals); }

protected:
    sqlite3_file* below_;

private:
    static constexpr std::int64_t header = envelope::header_size;
    static constexpr std::size_t looked_at = 100; // bytes of page 1, at most, that SQLite reads without reading the page

    /// A file's keys are as good as the lease that unwrapped them: a new lease, as after a reset, is asked for them again.
    bool allow(const result<void>& usable) {
        if (!usable && usable.error().code == errc::locked && head_.is_ready()) {
            interruptible::interrupt_locked(access_->connection);
            wipe_page_caches();
        }
        if (!usable || lease_number_ != access_->leases()) forget_keys();
        lease_number_ = access_->leases();
        if (!usable) access_->note(refused, usable.error());
        return usable.has_value();
    }
    /// Whether it has a lock, and has had it for as long as that is known, that lets others read and nothing else.
    bool keeps_others_out() const noexcept { return level_ != SQLITE_LOCK_NONE && !shares_log_; }
    /// What others may have changed, or may change from now on.
    void forget_contents() noexcept {
        end_ = 0;
        ahead_.forget();
        ahead_in_log_.forget();
        first_.doubt();
    }
    void forget_keys() noexcept {
        head_.forget();
        first_.forget();
        Botan::secure_scrub_memory(part_.data(), part_.size());
    }
    bool forget_if_changed() {
        const bool changed = head_.forget_if_changed();
        if (changed) first_.forget();
        return changed;
    }
    page_grid grid() const noexcept { return page_grid(head_.header().page_size); }

    /// One page. Beyond the end of the file it is zero, as SQLite wants it; a page that ends early is damage.
    int read_page(std::uint32_t number, byte_span out) {
        const int code = open_page(number, out);
        if (number == 1 && code == SQLITE_OK) tell_if_cut(out);
        return code == SQLITE_IOERR_DATA ? damaged() : code;
    }
    /// SQLite refuses a file that has fewer pages than its first one counts, and has no word of why. What a log holds is not in the
    /// file yet.
    void tell_if_cut(byte_view first) {
        const bool has_log = first[18] == 2;
        if (has_log || level_ == SQLITE_LOCK_NONE || pages_counted(first) == 0) return;
        const auto size = head_.size_below();
        if (size && *size < grid().place_of(pages_counted(first) + 1)) access_->note(SQLITE_CORRUPT, pages_cut_off);
    }
    /// As `read_page`, saying nothing. A page that does not open may just be being sealed anew, or its sealing was cut short.
    int open_page(std::uint32_t number, byte_span out) {
        if (number == 1 && first_.now().size() == out.size()) {
            std::copy(first_.now().begin(), first_.now().end(), out.begin());
            return SQLITE_OK;
        }
        int code = open_as_it_is(number, out);
        for (int again = 0; code == SQLITE_IOERR_DATA && again < 2; ++again) {
            const int keys = new_keys();
            if (keys != SQLITE_OK && keys != SQLITE_DONE) return keys;
            if (keys == SQLITE_DONE && !head_.is_between_keys()) return code;
            if (head_.is_between_keys() && resealing_.recall(number, out)) return SQLITE_OK;
            code = open_as_it_is(number, out);
        }
        return code;
    }
    int open_as_it_is(std::uint32_t number, byte_span out) {
        const auto at = grid().place_of(number);
        const auto held = level_ == SQLITE_LOCK_NONE ? byte_view() : ahead_.find(below_, at, out.size());
        if (!held.empty() && open_sealed(number, held, out)) return SQLITE_OK;
        const byte_span sealed = head_.keys().pages.landing(out);
        const int code = below_->pMethods->xRead(below_, sealed.data(), static_cast<int>(sealed.size()), at);
        if (code == SQLITE_IOERR_SHORT_READ) {
            const auto size = head_.size_below();
            if (!size) return code_of(size.error());
            if (*size <= at) return was_cut_off(number) ? SQLITE_IOERR_DATA : short_read(out);
        } else if (code != SQLITE_OK) {
            return code;
        }
        return open_sealed(number, sealed, out) ? SQLITE_OK : SQLITE_IOERR_DATA;
    }
    /// Whether the file's own first page counts one that lies beyond the file's end. SQLite asks the log, where there is one,
    /// how long the database is, and takes for zero what stands in neither.
    bool was_cut_off(std::uint32_t number) {
        if (number == 1 || level_ == SQLITE_LOCK_NONE) return false;
        Botan::secure_vector<std::uint8_t> first(head_.header().page_size);
        const int code = open_page(1, first);
        if (code == SQLITE_IOERR_SHORT_READ) return false; // no page is in the file yet
        return code != SQLITE_OK || pages_counted(first) >= number;
    }
    bool open_sealed(std::uint32_t number, byte_view sealed, byte_span out) {
        const bytes first = number == 1 ? bytes(sealed.begin(), sealed.end()) : bytes(); // `out` may be where `sealed` stands
        const envelope::page_place place{.kind = envelope::page_kind::database, .number = number};
        const bool opened = head_.keys_for(sealed).pages.open(place, sealed, out).has_value();
        if (number == 1 && opened) first_.keep(first, out, level_ != SQLITE_LOCK_NONE);
        return opened;
    }
    int damaged() noexcept { return tell(page_damaged); }
    /// What is not one page: a part, or, where this connection's SQLite does not know the size of pages yet, as many as it takes
    /// for the first one. Of those it looks at the first alone, so the others may be what a log still holds, and not open here.
    int read_parts(byte_span out, std::int64_t offset) {
        const auto size = static_cast<std::int64_t>(head_.header().page_size);
        for (std::size_t done = 0; done < out.size();) {
            const std::int64_t at = offset + static_cast<std::int64_t>(done);
            const auto n = std::min(out.size() - done, static_cast<std::size_t>(size - at % size));
            int code = read_part(out.subspan(done, n), at);
            if (code == SQLITE_IOERR_DATA) {
                if (done == 0) return damaged();
                std::fill_n(out.begin() + static_cast<std::ptrdiff_t>(done), n, std::uint8_t{0});
                code = SQLITE_OK;
            }
            done += n;
            if (code != SQLITE_OK) {
                std::fill(out.begin() + static_cast<std::ptrdiff_t>(done), out.end(), std::uint8_t{0});
                return code;
            }
        }
        return SQLITE_OK;
    }
    /// A part of a page: SQLite looks at the first 100 bytes before it has a lock, and at 16 of them with each.
    /// A page that another process is writing, or left half written, does not open then: the first look gets what the
    /// header knows, the second one something that never was, so that SQLite drops what it has cached. Whoever reads the
    /// whole page, after recovery, gets the error.
    int read_part(byte_span out, std::int64_t offset) {
        part_.resize(head_.header().page_size);
        const byte_span page = part_;
        const auto within = offset % static_cast<std::int64_t>(page.size());
        int code = open_page(grid().number_at(offset), page);
        if (code == SQLITE_IOERR_DATA && grid().number_at(offset) == 1 && out.size() <= looked_at) {
            stand_in(page, level_ != SQLITE_LOCK_NONE);
            code = SQLITE_OK;
        }
        if (code != SQLITE_OK && code != SQLITE_IOERR_SHORT_READ) return code;
        std::copy_n(page.begin() + within, out.size(), out.begin());
        return code;
    }

    /// A header for pages of this size: the one that is there, or a new one where there are no pages yet.
    int make_room_for(std::size_t page_size) {
        const int ready = make_ready();
        if (ready != SQLITE_EMPTY && (ready != SQLITE_OK || head_.header().page_size == page_size)) return ready;
        if (ready == SQLITE_OK) {
            const auto size = head_.size_below();
            if (!size) return tell(size.error());
            if (*size > header) return tell({errc::misused, "sqlite: the page size is fixed once there are pages; convert the database"});
        }
        first_.forget();
        const auto made = head_.create(static_cast<std::uint32_t>(page_size));
        return made ? SQLITE_OK : tell(made.error());
    }
    /// Whoever writes ends first what was begun before.
    int settle() {
        if (!head_.is_between_keys()) return SQLITE_OK;
        ahead_.forget();
        const auto settled = resealing_.settle();
        return settled ? SQLITE_OK : tell(settled.error());
    }
    /// Pages are written in any order. What is skipped is sealed as zero, so that a hole is never taken for a page. What a log
    /// skips is still in it, or was cut off and must not become a page that opens; only the page of SQLite's locks is in none.
    int fill_up_to(std::uint32_t number) {
        if (end_ == 0) {
            const auto below = head_.size_below();
            if (!below) return tell(below.error());
            end_ = grid().pages_in(*below);
        }
        if (number <= end_ + 1) return SQLITE_OK;
        const Botan::secure_vector<std::uint8_t> blank(head_.header().page_size);
        const auto locks = grid().lock_page();
        if (has_log_) return end_ < locks && locks < number ? write_page(locks, blank) : SQLITE_OK;
        while (end_ + 1 < number)
            if (const int code = write_page(static_cast<std::uint32_t>(end_ + 1), blank); code != SQLITE_OK) return code;
        return SQLITE_OK;
    }
    int write_page(std::uint32_t number, byte_view page) {
        const auto sealed = head_.keys().pages.seal({.kind = envelope::page_kind::database, .number = number}, page);
        if (!sealed) return tell(sealed.error());
        const auto at = grid().place_of(number);
        ahead_.give_up(at, page.size());
        if (number == 1) first_.doubt();
        const int code = below_->pMethods->xWrite(below_, sealed->data(), static_cast<int>(sealed->size()), at);
        if (code != SQLITE_OK) return code;
        if (number == 1) first_.keep(*sealed, page, true);
        end_ = std::max<std::int64_t>(end_, number);
        return code;
    }

    std::shared_ptr<page_access> access_;
    file_head head_;
    resealing resealing_;
    read_ahead ahead_, ahead_in_log_;
    first_page first_;
    file_place place_;
    Botan::secure_vector<std::uint8_t> part_; // a page of which a part was asked for
    std::uint64_t lease_number_ = 0; // of the lease that unwrapped the keys
    int level_ = SQLITE_LOCK_NONE;
    bool shares_log_ = false; // with others, by locks of its own
    static constexpr int no_mark = -1;
    int read_mark_ = no_mark;
    bool has_log_ = false; // open: what is written into the file comes out of the log
    std::int64_t end_ = 0; // pages known to be in the file; 0: to be asked for
};

} // namespace keywright::sqlite::detail
