// SPDX-License-Identifier: Apache-2.0
// Pages sealed anew under the file's second key, where they stand: SQLite offers no way to write a page that has not
// changed, so this writes below it, and keeps a copy on the disk of what it is about to write over.
// Depends on: file_head, side_file. Used by main_file and adapters/sqlite/reencrypt.
#pragma once

#include <keywright/adapters/sqlite/encrypted/file_head.hpp>
#include <keywright/adapters/sqlite/encrypted/page_grid.hpp>
#include <keywright/adapters/sqlite/encrypted/side_file.hpp>

namespace keywright::sqlite::detail {

// <database>-reseal, while a file has two keys; records, one after the other:
//   page number 4, big-endian || page, sealed with the new key for its place in the database
// A step writes and syncs the records, then the pages, then empties the file, with the locks that keep others from writing
// pages, and from reading a file that they take to stand still. What the pages hold does not change, so neither SQLite's
// caches nor its journal or log are concerned. After a kill at any point a page opens where it stands or its record does:
// a record that was cut does not open, and then no page had been touched. Who reads looks there for what does not open
// (`recall`); who writes pages ends the step first (`settle`), so a record is never older than its page.

/// Thread safety: one thread at a time.
class resealing {
public:
    static constexpr const char* suffix = "-reseal";
    static constexpr std::uint32_t most_pages = 65'536; // of one step

    struct progress {
        std::uint64_t pages = 0;    // of the file
        std::uint64_t resealed = 0; // of them, from the first on
    };

    resealing(sqlite3_file* below, file_head& head, const side_file::place& database) : below_(below), head_(head), database_(database) {}

    /// After each lock: a step of theirs may have been cut short.
    void others_were_here() noexcept { is_settled_ = false; }

    /// Page `number` from a step that was cut short or is at work; false where there is none that opens.
    bool recall(std::uint32_t number, byte_span out) {
        if (out.size() != page_size()) return false;
        side_file records(database_, suffix, side_file::how::read);
        const auto count = count_of(records);
        for (std::int64_t i = 0; count && i < *count; ++i)
            if (number_of(records, i) == number && read_record(records, i, number, out)) return true;
        return false;
    }

    /// Ends a step that was cut short. Requires of all that follow: keys, two of them, and that nobody else writes pages.
    [[nodiscard]] result<void> settle() {
        if (is_settled_) return {};
        side_file records(database_, suffix, side_file::how::change);
        auto done = records.is_open() ? settle(records) : result<void>();
        is_settled_ = done.has_value();
        return done;
    }

    /// Seals up to `count` further pages anew, those that need it. `may_go_on` is asked before each page.
    /// authentication_failed: a page was altered.
    template <class MayGoOn>
    [[nodiscard]] result<progress> step(std::uint32_t count, MayGoOn&& may_go_on) {
        if (auto settled = settle(); !settled) return pass(settled);
        const auto pages = pages_below();
        if (!pages) return pass(pages);
        begin_anew_if_changed();
        const std::int64_t end = std::min<std::int64_t>(*pages + 1, next_ + std::int64_t{count});
        side_file records(database_, suffix, side_file::how::make);
        if (auto opened = records.opened(); !opened) return pass(opened);
        is_settled_ = false;
        std::int64_t kept = 0;
        for (std::int64_t number = next_; number < end; ++number) {
            if (auto usable = may_go_on(); !usable) return pass(usable);
            const auto is_kept = keep_sealed_anew(records, kept, static_cast<std::uint32_t>(number));
            if (!is_kept) return pass(is_kept);
            kept += *is_kept;
        }
        if (auto done = settle(records); !done) return pass(done);
        is_settled_ = true;
        next_ = end;
        return progress{static_cast<std::uint64_t>(*pages), static_cast<std::uint64_t>(next_ - 1)};
    }

    /// Whether every page of the file is sealed with the new key. Pages that did not open are tried once more, when no log
    /// holds others in their place.
    [[nodiscard]] result<bool> is_complete() {
        begin_anew_if_changed();
        const auto pages = pages_below();
        if (!pages) return pass(pages);
        if (skipped_ != 0) {
            next_ = std::exchange(skipped_, 0);
            is_last_try_ = true;
        }
        return next_ > *pages;
    }
    /// Takes the key before out of the header, after all pages are on the disk. Requires: `is_complete`, and no log needs it.
    [[nodiscard]] result<void> end() {
        if (auto settled = settle(); !settled) return settled;
        if (auto synced = sync_pages(); !synced) return synced;
        if (auto removed = side_file::remove(database_, suffix); !removed) return removed;
        return head_.drop_other_key();
    }

private:
    static constexpr std::int64_t number_size = 4;

    std::size_t page_size() const noexcept { return head_.header().page_size; }
    std::int64_t record_at(std::int64_t i) const noexcept { return i * (number_size + static_cast<std::int64_t>(page_size())); }
    page_grid grid() const noexcept { return page_grid(page_size()); }
    static envelope::page_place place_of(std::uint32_t number) noexcept {
        return {.kind = envelope::page_kind::database, .number = number};
    }
    static result<void> check(int code, const char* text) {
        if (code == SQLITE_OK) return {};
        return fail(errc::io_failed, text, code);
    }
    result<void> read_page(std::uint32_t number, byte_span out) const {
        return check(below_->pMethods->xRead(below_, out.data(), static_cast<int>(out.size()), grid().place_of(number)),
                     "sqlite: expected to read a page");
    }
    result<void> sync_pages() const { return check(below_->pMethods->xSync(below_, SQLITE_SYNC_FULL), "sqlite: expected to sync pages"); }
    result<std::int64_t> pages_below() const {
        const auto size = head_.size_below();
        if (!size) return pass(size);
        return grid().pages_in(*size);
    }
    /// The place in the file where it goes on is known as long as the header stays what it is.
    void begin_anew_if_changed() noexcept {
        if (sequence_ == head_.header().sequence) return;
        sequence_ = head_.header().sequence;
        next_ = 1;
        skipped_ = 0;
        is_last_try_ = false;
    }

    /// The page as record `i`, sealed with the new key; false where it is already, or does not open.
    result<bool> keep_sealed_anew(side_file& records, std::int64_t i, std::uint32_t number) {
        page_.resize(page_size());
        if (auto read = read_page(number, page_); !read) return pass(read);
        if (envelope::page_cipher::slot_of(page_) == head_.header().sealing_slot) return false;
        if (!head_.keys_for(page_).pages.open(place_of(number), page_, page_)) {
            if (is_last_try_)
                return fail(errc::authentication_failed, "sqlite: a page was altered, moved or cut; restore it from a backup");
            if (skipped_ == 0) skipped_ = number; // a log may hold another in its place
            return false;
        }
        const auto sealed = head_.keys().pages.seal(place_of(number), page_);
        if (!sealed) return pass(sealed);
        std::array<std::uint8_t, number_size> name{};
        store_be(number, name.data());
        auto done = records.write(name, record_at(i));
        if (done) done = records.write(*sealed, record_at(i) + number_size);
        if (!done) return pass(done);
        return true;
    }

    // More than a step writes are not its records; what is cut at the end is none.
    result<std::int64_t> count_of(side_file& records) const {
        if (!records.is_open()) return std::int64_t{0};
        const auto size = records.size();
        if (!size) return pass(size);
        return std::min<std::int64_t>(*size / record_at(1), most_pages);
    }
    std::uint32_t number_of(side_file& records, std::int64_t i) const {
        std::array<std::uint8_t, number_size> name{};
        return records.read(name, record_at(i)) ? load_be<std::uint32_t>(name.data()) : 0;
    }
    /// The sealed page into `record_`, what it holds into `out`; false where it does not open.
    bool read_record(side_file& records, std::int64_t i, std::uint32_t number, byte_span out) {
        record_.resize(page_size());
        return records.read(record_, record_at(i) + number_size) && head_.keys_for(record_).pages.open(place_of(number), record_, out);
    }

    /// Writes those pages of the records that are needed, and empties the file.
    result<void> settle(side_file& records) {
        const auto count = count_of(records);
        if (!count) return pass(count);
        const auto pages = pages_below();
        if (!pages) return pass(pages);
        if (*count == 0) return {};
        auto done = records.sync();
        for (std::int64_t i = 0; done && i < *count; ++i) {
            const std::uint32_t number = number_of(records, i);
            if (number != 0 && number <= *pages) done = write_from(records, i, number);
        }
        if (done) done = sync_pages();
        if (done) done = records.empty();
        if (done) done = records.sync();
        return done;
    }
    result<void> write_from(side_file& records, std::int64_t i, std::uint32_t number) {
        page_.resize(page_size());
        if (auto read = read_page(number, page_); !read) return read;
        const bool is_sealed_anew = envelope::page_cipher::slot_of(page_) == head_.header().sealing_slot;
        if (is_sealed_anew && head_.keys().pages.open(place_of(number), page_, page_)) return {};
        if (!read_record(records, i, number, page_)) return {};
        return check(below_->pMethods->xWrite(below_, record_.data(), static_cast<int>(record_.size()), grid().place_of(number)),
                     "sqlite: expected to write a page");
    }

    sqlite3_file* below_;
    file_head& head_;
    side_file::place database_;
    Botan::secure_vector<std::uint8_t> page_; // one, sealed or in the clear
    bytes record_;                            // one, sealed
    bool is_settled_ = false;
    std::uint64_t sequence_ = 0; // of the header for which the following are meant
    std::int64_t next_ = 1;      // the page to go on with
    std::uint32_t skipped_ = 0;  // the first that did not open
    bool is_last_try_ = false;
};

} // namespace keywright::sqlite::detail
