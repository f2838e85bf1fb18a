// SPDX-License-Identifier: Apache-2.0
// A rollback journal: its header and its page numbers stay in the clear, pages are sealed, and the checksum behind each
// is masked.
// Depends on: main_file (keys, page size). Used by encrypted_vfs.
#pragma once

#include <keywright/adapters/sqlite/encrypted/main_file.hpp>

namespace keywright::sqlite::detail {

// What SQLite writes (pager.c): headers at multiples of the sector size, zero behind their first 28 bytes; then records
//   page number 4 || page || checksum 4
// at multiples of 8; at the end perhaps the number of the page that is never used || name of a super-journal || length 4 ||
// checksum 4 || magic 8. So a page is what has the size of one and stands 4 behind a multiple of 8, with a number before it.
// The three parts of a record come one after the other and go down together, with the last; whatever comes instead of
// the next part lets go those before it.

/// Thread safety: one thread at a time.
class journal_file {
public:
    journal_file(sqlite3_file* below, main_file& database) noexcept : below_(below), database_(database) {}

    int write(byte_view data, std::int64_t offset) {
        if (!database_.may_go_on()) return refused;
        if (offset == 0 && data.size() >= 512) written_to_ = 0; // a journal begins; what is behind is an older one
        const auto masked = std::exchange(checksum_at_, none);
        if (data.size() == 4 && offset == masked) return write_masked(data, offset);
        if (data.size() >= header) return write_record(data, offset);
        if (const int code = let_go(); code != SQLITE_OK) return code;
        if (data.size() == 4 && offset % 8 == 0) {
            number_at_ = offset;
            number_ = load_be<std::uint32_t>(data.data());
            return hold(data, offset);
        }
        return write_below(data, offset);
    }

    int read(byte_span out, std::int64_t offset) {
        if (const int code = let_go(); code != SQLITE_OK) return code;
        const auto masked = std::exchange(checksum_at_, none);
        const int code = below_->pMethods->xRead(below_, out.data(), static_cast<int>(out.size()), offset);
        if (code != SQLITE_OK) return code;
        if (out.size() == 4 && offset == masked) {
            if (!database_.may_go_on() || database_.make_ready() != SQLITE_OK) return refused;
            const auto shown = database_.head().keys_of(slot_).mask_checksum(nonce_, std::span<std::uint8_t, 4>(out));
            return shown ? SQLITE_OK : database_.tell(shown.error());
        }
        return offset % 8 == 4 && out.size() >= envelope::smallest_page ? read_page(out, offset) : SQLITE_OK;
    }
    int sync(int flags) {
        if (const int code = let_go(); code != SQLITE_OK) return code;
        return below_->pMethods->xSync(below_, flags);
    }
    int truncate(std::int64_t size) {
        if (const int code = let_go(); code != SQLITE_OK) return code;
        return below_->pMethods->xTruncate(below_, size);
    }
    int size(sqlite3_int64* out) {
        if (const int code = let_go(); code != SQLITE_OK) return code;
        return below_->pMethods->xFileSize(below_, out);
    }

private:
    static constexpr std::int64_t none = -1;
    static constexpr std::size_t header = 28;
    static constexpr std::size_t in_front = 12; // of a record in memory: as in log_file, a page lies at a multiple of 16

    static bool is_unused(std::uint32_t number, std::size_t page_size) { return number == page_grid(page_size).lock_page(); }

    /// A header, a page or the name of a super-journal. Where it cannot be known which, nothing is written.
    int write_record(byte_view data, std::int64_t offset) {
        const int ready = database_.make_ready();
        if (ready != SQLITE_OK && ready != SQLITE_EMPTY) return ready;
        const std::size_t page_size = ready == SQLITE_OK ? database_.head().header().page_size : 0;
        const bool has_number = number_at_ == offset - 4;
        // Without a page there is nothing of one to be kept, and no size of pages that would tell its number.
        const bool is_name =
            has_number && (ready == SQLITE_EMPTY ? number_ >= page_grid(65'536).lock_page() : is_unused(number_, page_size));
        if (has_number && !is_name && data.size() == page_size) return hold_page(data, offset);
        const bool is_header = offset % 512 == 0 && std::all_of(data.begin() + header, data.end(), [](std::uint8_t b) { return b == 0; });
        if (!is_name && !is_header) return database_.tell({errc::misused, "sqlite: expected a record of a rollback journal"});
        if (const int code = let_go(); code != SQLITE_OK) return code;
        return write_below(data, offset);
    }

    int hold_page(byte_view page, std::int64_t offset) {
        if (const int code = hold_from(offset); code != SQLITE_OK) return code;
        const std::size_t before = held_.size();
        held_.resize(before + page.size());
        const byte_span sealed = byte_span(held_).subspan(before);
        auto done = database_.head().keys().pages.seal({.kind = envelope::page_kind::journal, .number = number_}, page, sealed);
        if (!done) {
            held_.resize(before);
            return database_.tell(done.error());
        }
        expect_checksum(sealed, offset);
        written_to_ = std::max(written_to_, checksum_at_);
        return SQLITE_OK;
    }
    int write_masked(byte_view checksum, std::int64_t offset) {
        if (database_.make_ready() != SQLITE_OK) return refused;
        std::array<std::uint8_t, 4> hidden;
        std::copy(checksum.begin(), checksum.end(), hidden.begin());
        if (auto done = database_.head().keys_of(slot_).mask_checksum(nonce_, hidden); !done) return database_.tell(done.error());
        const int code = hold(hidden, offset);
        return code == SQLITE_OK ? let_go() : code;
    }

    /// Keeps a part of a record until `let_go`.
    int hold(byte_view part, std::int64_t offset) {
        if (const int code = hold_from(offset); code != SQLITE_OK) return code;
        append(held_, part);
        return SQLITE_OK;
    }
    /// Lets go what the next part, at `offset`, does not follow.
    int hold_from(std::int64_t offset) {
        if (offset == held_at_ + static_cast<std::int64_t>(held().size())) return SQLITE_OK;
        const int code = let_go();
        if (code == SQLITE_OK) held_at_ = offset;
        return code;
    }
    int let_go() {
        if (held().empty()) return SQLITE_OK;
        const int code = write_below(held(), held_at_);
        held_.resize(in_front);
        return code;
    }
    byte_view held() const noexcept { return byte_view(held_).subspan(in_front); }
    int write_below(byte_view data, std::int64_t offset) {
        return below_->pMethods->xWrite(below_, data.data(), static_cast<int>(data.size()), offset);
    }

    /// A record that does not open ends the playback like one with a wrong checksum, because that is what a crash leaves
    /// behind. Where this connection wrote it, it is damage.
    int read_page(byte_span page, std::int64_t offset) {
        if (!database_.may_go_on()) return refused;
        if (const int ready = database_.make_ready(); ready != SQLITE_OK) return ready == SQLITE_EMPTY ? SQLITE_IOERR_SHORT_READ : ready;
        const std::size_t page_size = database_.head().header().page_size;
        if (page.size() != page_size) return SQLITE_OK;
        std::array<std::uint8_t, 4> number{};
        if (const int code = below_->pMethods->xRead(below_, number.data(), 4, offset - 4); code != SQLITE_OK) return code;
        if (is_unused(load_be<std::uint32_t>(number.data()), page_size)) return SQLITE_OK; // the name of a super-journal
        expect_checksum(page, offset);
        const auto opened = database_.head().keys_for(page).pages.open(
            {.kind = envelope::page_kind::journal, .number = load_be<std::uint32_t>(number.data())}, page, page);
        if (opened) return SQLITE_OK;
        checksum_at_ = none;
        if (offset >= written_to_) return SQLITE_IOERR_SHORT_READ;
        return database_.tell({errc::authentication_failed, "sqlite: a page in the rollback journal was altered"});
    }
    void expect_checksum(byte_view sealed, std::int64_t offset) {
        const auto nonce = envelope::page_cipher::nonce_of(sealed);
        std::copy(nonce.begin(), nonce.end(), nonce_.begin());
        slot_ = envelope::page_cipher::slot_of(sealed);
        checksum_at_ = offset + static_cast<std::int64_t>(sealed.size());
    }

    sqlite3_file* below_;
    main_file& database_;
    std::int64_t written_to_ = 0; // where the records end that this connection wrote into the journal of now
    std::int64_t number_at_ = none;
    std::uint32_t number_ = 0; // written last, at number_at_
    std::int64_t checksum_at_ = none;
    std::array<std::uint8_t, 12> nonce_{}; // of the page before it, as the slot of its key
    std::uint8_t slot_ = 0;
    bytes held_ = bytes(in_front);         // parts of a record, as they will stand in the file, with `in_front` before them
    std::int64_t held_at_ = 0;
};

} // namespace keywright::sqlite::detail
