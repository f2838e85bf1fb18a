// SPDX-License-Identifier: Apache-2.0
// A write-ahead log: its header, and page number and database size of each frame stay in the clear; pages are sealed for
// their place in this filling of the log, and salts and checksums of frames are hidden.
// Depends on: main_file (keys, page size). Used by encrypted_vfs.
#pragma once

#include <keywright/adapters/sqlite/encrypted/main_file.hpp>

namespace keywright::sqlite::detail {

// What SQLite writes (wal.c): header 32 (salts at 16, checksum at 24); then frames
//   page number 4 || database size 4 || salts 8 || checksums 8 || page
// It writes header and page of a frame one after the other, and either of them again; it reads a page, a whole frame, or the
// 8 bytes of the checksums. The header of a frame that is new waits for its page, and both go down in one call: SQLite
// hands us the page next and does nothing in between, and a header alone is no frame.

/// Thread safety: one thread at a time.
class log_file {
public:
    /// Requires: SQLite closes it before the database file.
    log_file(sqlite3_file* below, main_file& database) noexcept : below_(below), database_(database) { database_.note_log(true); }
    log_file(const log_file&) = delete;
    log_file& operator=(const log_file&) = delete;
    ~log_file() { database_.note_log(false); }

    int write(byte_view data, std::int64_t offset) {
        if (!database_.may_go_on()) return refused;
        if (offset == 0 && data.size() == header) {
            database_.ahead_in_log().forget();
            numbers_.clear();
            salts_ = load_be<std::uint64_t>(data.data() + 16);
            end_ = 0;
            waiting_at_ = none;
            return below_->pMethods->xWrite(below_, data.data(), static_cast<int>(data.size()), offset);
        }
        const int ready = offset < static_cast<std::int64_t>(header) ? SQLITE_EMPTY : database_.make_ready();
        if (ready != SQLITE_OK && ready != SQLITE_EMPTY) return ready;
        if (ready == SQLITE_OK) {
            const place at = place_of(offset);
            if (at.within == 0 && data.size() == frame_header) return write_header(data, at);
            if (at.within == frame_header && data.size() == page_size()) return write_page(data, at);
        }
        return database_.tell({errc::misused, "sqlite: expected a frame of a write-ahead log"});
    }

    int read(byte_span out, std::int64_t offset) {
        if (!database_.may_go_on()) return refused;
        if (offset < static_cast<std::int64_t>(header)) return read_header(out, offset);
        const int ready = database_.make_ready();
        if (ready == SQLITE_EMPTY) return short_read(out);
        if (ready != SQLITE_OK) return ready;
        const place at = place_of(offset);
        if (at.within == frame_header && out.size() == page_size()) return read_page(out, at);
        if (at.within + out.size() <= frame_header) return read_frame_header(out, at);
        if (at.within == 0 && out.size() == frame_header + page_size()) return read_frame(out, at);
        return database_.tell({errc::misused, "sqlite: expected to read a frame of a write-ahead log, or a page of one"});
    }

private:
    static constexpr std::size_t header = 32, frame_header = 24;
    // So that the page in memory lies at a multiple of 16: some processors copy one of 4096 bytes 25 times slower to a few bytes
    // further on in its page of memory than where it comes from.
    static constexpr std::size_t in_front = 8;
    static constexpr std::int64_t none = -1;
    struct place {
        std::int64_t frame; // where it begins in the file
        std::size_t within;
    };

    std::size_t page_size() const noexcept { return database_.head().header().page_size; }
    place place_of(std::int64_t offset) const noexcept {
        const auto size = static_cast<std::int64_t>(frame_header + page_size());
        const auto within = (offset - static_cast<std::int64_t>(header)) % size;
        return {offset - within, static_cast<std::size_t>(within)};
    }
    envelope::page_place page_at(std::int64_t frame, std::uint32_t number) const noexcept {
        return {.kind = envelope::page_kind::log, .number = number, .salts = *salts_, .offset = static_cast<std::uint64_t>(frame)};
    }
    static envelope::page_keys::frame_block hidden_part(byte_span frame) noexcept {
        return envelope::page_keys::frame_block(frame.subspan(8, 16));
    }

    int write_header(byte_view data, place at) {
        std::copy(data.begin(), data.end(), header_.begin());
        note_number(at.frame, load_be<std::uint32_t>(data.data()));
        // Another process may have filled the log anew since the last frame. Without salts it is a frame of this connection's
        // transaction, whose header will be written again.
        if (const auto salts = load_be<std::uint64_t>(data.data() + 8); salts != 0) salts_ = salts;
        const auto hidden = database_.head().keys().hide_frame(static_cast<std::uint64_t>(at.frame), hidden_part(header_));
        if (!hidden) return database_.tell(hidden.error());
        waiting_at_ = at.frame >= end_ ? at.frame : none;
        return waiting_at_ != none ? SQLITE_OK : write_below(header_, at.frame);
    }
    int write_page(byte_view page, place at) {
        const std::uint32_t number = number_of(at.frame);
        if (number == 0) return database_.tell({errc::misused, "sqlite: expected a frame's header before its page"});
        const bool is_new = std::exchange(waiting_at_, none) == at.frame;
        if (number == 1 && !leaves_room_for_seals(page)) return database_.refuse_first();
        if (const int code = know_salts(); code != SQLITE_OK) return code;
        const byte_span frame = room_for_frame();
        const byte_span sealed = frame.subspan(frame_header);
        if (auto done = database_.head().keys().pages.seal(page_at(at.frame, number), page, sealed); !done)
            return database_.tell(done.error());
        if (!is_new) return write_below(sealed, at.frame + static_cast<std::int64_t>(frame_header));
        std::copy(header_.begin(), header_.end(), frame.begin());
        end_ = at.frame + static_cast<std::int64_t>(frame.size());
        return write_below(frame, at.frame);
    }
    /// SQLite writes a page of its transaction again without its frame's header, which says which page it is.
    void note_number(std::int64_t frame, std::uint32_t number) {
        const auto size = static_cast<std::int64_t>(frame_header + page_size());
        const auto i = static_cast<std::size_t>((frame - numbers_from_) / size);
        if (frame < numbers_from_ || i > numbers_.size()) {
            numbers_from_ = frame;
            numbers_.assign(1, number);
        } else if (i == numbers_.size()) {
            numbers_.push_back(number);
        } else {
            numbers_[i] = number;
        }
    }
    std::uint32_t number_of(std::int64_t frame) const noexcept {
        const auto i = static_cast<std::size_t>((frame - numbers_from_) / static_cast<std::int64_t>(frame_header + page_size()));
        return frame >= numbers_from_ && i < numbers_.size() ? numbers_[i] : 0;
    }
    int write_below(byte_view data, std::int64_t offset) {
        database_.ahead_in_log().give_up(offset, data.size());
        return below_->pMethods->xWrite(below_, data.data(), static_cast<int>(data.size()), offset);
    }

    int read_header(byte_span out, std::int64_t offset) {
        const int code = below_->pMethods->xRead(below_, out.data(), static_cast<int>(out.size()), offset);
        if (code == SQLITE_OK && offset == 0 && out.size() == header) salts_ = load_be<std::uint64_t>(out.data() + 16);
        return code;
    }
    /// Page and frame header come in one read, the header because it says which page it is.
    int read_page(byte_span out, place at) {
        const int code = open_frame(at, out);
        if (code == SQLITE_IOERR_DATA || code == SQLITE_IOERR_SHORT_READ)
            return database_.tell({errc::authentication_failed, "sqlite: a page of the write-ahead log was altered, moved or cut"});
        if (code != SQLITE_OK) std::fill(out.begin(), out.end(), std::uint8_t{0});
        return code;
    }
    /// For recovery: what does not open, because the log was not written further or was filled anew, looks like no frame.
    int read_frame(byte_span out, place at) {
        int code = open_frame(at, out.subspan(frame_header));
        if (code == SQLITE_OK) {
            const auto shown = database_.head().keys_of(slot_).show_frame(static_cast<std::uint64_t>(at.frame), hidden_part(shown_));
            if (!shown) return database_.tell(shown.error());
            std::copy(shown_.begin(), shown_.end(), out.begin());
            return code;
        }
        if (code == SQLITE_IOERR_DATA) code = SQLITE_OK;
        std::fill(out.begin(), out.end(), std::uint8_t{0});
        return code;
    }
    int read_frame_header(byte_span out, place at) {
        std::array<std::uint8_t, frame_header> all;
        const int code = below_->pMethods->xRead(below_, all.data(), static_cast<int>(all.size()), at.frame);
        if (code != SQLITE_OK) return code;
        // The frame's page says with which key it was written.
        auto slot = database_.head().header().sealing_slot;
        const auto said_at = at.frame + static_cast<std::int64_t>(frame_header + page_size() - envelope::slot_from_end);
        if (const int said = below_->pMethods->xRead(below_, &slot, 1, said_at); said == SQLITE_IOERR_SHORT_READ)
            slot = database_.head().header().sealing_slot; // a page that is still to be written
        else if (said != SQLITE_OK)
            return said;
        const auto shown = database_.head().keys_of(slot).show_frame(static_cast<std::uint64_t>(at.frame), hidden_part(all));
        if (!shown) return database_.tell(shown.error());
        std::copy_n(all.begin() + static_cast<std::ptrdiff_t>(at.within), out.size(), out.begin());
        return SQLITE_OK;
    }

    /// The frame's header as it stands into `shown_`, its page in the clear into `out`.
    int open_frame(place at, byte_span out) {
        if (const int code = know_salts(); code != SQLITE_OK) return code;
        int code = open_with_salts(at, out);
        if (code != SQLITE_IOERR_DATA) return code;
        // Another process may have filled the log anew since, or given the file another key, or both.
        const auto known = std::exchange(salts_, std::nullopt);
        code = know_salts();
        if (code != SQLITE_OK) return code;
        const int keys = database_.new_keys();
        if (keys != SQLITE_OK && keys != SQLITE_DONE) return keys;
        return salts_ != known || keys == SQLITE_OK ? open_with_salts(at, out) : SQLITE_IOERR_DATA;
    }
    int open_with_salts(place at, byte_span out) {
        const auto held = database_.ahead_in_log().find(below_, at.frame, frame_header + page_size());
        if (!held.empty() && open_page(at, held, out)) return SQLITE_OK;
        const byte_span frame = room_for_frame();
        const int code = below_->pMethods->xRead(below_, frame.data(), static_cast<int>(frame.size()), at.frame);
        if (code != SQLITE_OK) return code;
        return open_page(at, frame, out) ? SQLITE_OK : SQLITE_IOERR_DATA;
    }
    byte_span room_for_frame() {
        frame_.resize(in_front + frame_header + page_size());
        return byte_span(frame_).subspan(in_front);
    }
    bool open_page(place at, byte_view frame, byte_span out) {
        std::copy_n(frame.begin(), frame_header, shown_.begin());
        const auto page = frame.subspan(frame_header);
        slot_ = envelope::page_cipher::slot_of(page);
        return database_.head().keys_of(slot_).pages.open(page_at(at.frame, load_be<std::uint32_t>(frame.data())), page, out).has_value();
    }
    int know_salts() {
        if (salts_) return SQLITE_OK;
        std::array<std::uint8_t, header> head{};
        return read_header(head, 0);
    }

    sqlite3_file* below_;
    main_file& database_;
    std::optional<std::uint64_t> salts_;
    std::int64_t numbers_from_ = 0;
    std::vector<std::uint32_t> numbers_; // of the pages in a row of frames from there on, as this connection wrote them last
    std::array<std::uint8_t, frame_header> header_{};
    std::int64_t waiting_at_ = none; // where header_ goes with its page
    std::int64_t end_ = 0;           // of the frames that this connection wrote since the log was begun
    bytes frame_;                    // as read or written last, sealed, with `in_front` before it
    std::array<std::uint8_t, frame_header> shown_{}; // of the frame opened last
    std::uint8_t slot_ = 0;                          // of the key with which that was written
};

} // namespace keywright::sqlite::detail
