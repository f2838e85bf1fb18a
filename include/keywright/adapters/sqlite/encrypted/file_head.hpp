// SPDX-License-Identifier: Apache-2.0
// The two header copies in front of an encrypted database, and the keys that they lead to: read, made, brought up to
// date, in an order in which a crash at any write leaves one of them whole.
// Depends on: envelope/page_header, envelope/page_keys, page_access, SQLite's file methods. Used by main_file.
#pragma once

#include <keywright/adapters/sqlite/encrypted/page_access.hpp>
#include <keywright/envelope/page_keys.hpp>

#include <array>
#include <utility>

namespace keywright::sqlite::detail {

/// What SQLite is told of an error of ours.
inline int code_of(const error& e) noexcept {
    switch (e.code) {
    case errc::io_failed: return e.native != 0 ? e.native : SQLITE_IOERR;
    case errc::corrupt:
    case errc::authentication_failed: return SQLITE_IOERR_DATA;
    case errc::malformed:
    case errc::unsupported: return SQLITE_NOTADB;
    case errc::misused: return SQLITE_IOERR_WRITE;
    default: return refused; // no lease, a lock, keys of others
    }
}

/// What SQLite is given of what lies beyond the end.
inline int short_read(byte_span out) noexcept {
    std::fill(out.begin(), out.end(), std::uint8_t{0});
    return SQLITE_IOERR_SHORT_READ;
}

/// One file's header. Keys are there from `load` or `create` on until `forget`. Thread safety: one thread at a time.
class file_head {
public:
    file_head(sqlite3_file* below, std::shared_ptr<page_access> access) noexcept : below_(below), access_(std::move(access)) {}

    bool is_ready() const noexcept { return header_ && keys_[header_->sealing_slot]; }
    const envelope::page_header& header() const noexcept { return *header_; }
    /// The keys that seal.
    envelope::page_keys& keys() noexcept { return *keys_[header_->sealing_slot]; }
    /// Those that open what says to be sealed in this slot; where there are none, those that will not open it.
    envelope::page_keys& keys_of(std::uint8_t slot) noexcept { return slot < 2 && keys_[slot] ? *keys_[slot] : keys(); }
    envelope::page_keys& keys_for(byte_view sealed) noexcept { return keys_of(envelope::page_cipher::slot_of(sealed)); }
    /// Whether some pages are still sealed with the key before the one that seals.
    bool is_between_keys() const noexcept { return header_ && header_->other; }
    /// Where the copy begins that counts.
    std::int64_t place_of_header() const noexcept { return static_cast<std::int64_t>(current_ * envelope::header_slot_size); }
    /// Takes the keys out of memory.
    void forget() noexcept {
        for (auto& of_slot : keys_) of_slot.reset();
    }

    /// Reads the header; false where the file holds nothing yet. malformed: not a file of ours; corrupt: it was cut, or is
    /// older than it may be; authentication_failed: altered, or wrapped by other keys; and what the lease says.
    [[nodiscard]] result<bool> load() {
        forget();
        const auto size = size_below();
        if (!size) return pass(size);
        const auto adopted = *size == 0 ? result<bool>(false) : adopt(*size);
        if (!adopted) return adopted;
        const bool is_old = (*adopted ? header_->sequence : 0) < access_->oldest_generation;
        const bool is_cut = *adopted && header_->populated && *size <= static_cast<std::int64_t>(envelope::header_size);
        if (is_old || is_cut) forget();
        if (is_old)
            return fail(errc::corrupt, "sqlite: expected a file of the generation that is known, an older one was put in its place");
        if (is_cut) return fail(errc::corrupt, "sqlite: expected pages behind the header, the file was cut; restore it from a backup");
        return *adopted;
    }

    /// Drops what is known of the header where it is another one now: the file was made anew, or has another key. Whether.
    /// Whoever writes a copy raises its sequence, which stands at its beginning, and a new file has another identity there.
    bool forget_if_changed() {
        if (!is_ready()) return false;
        const int code = below_->pMethods->xRead(below_, found_.data(), static_cast<int>(found_.size()), 0);
        if (code == SQLITE_OK && std::equal(found_.begin(), found_.end(), copies_.begin())) return false;
        forget();
        return true;
    }

    /// A new file key and a header with it, synced before any page can follow. Requires: this connection alone may write.
    [[nodiscard]] result<void> create(std::uint32_t page_size) {
        envelope::file_identity file;
        auto drawn = keywright::detail::botan_boundary(errc::unavailable, "sqlite: the system's generator failed",
                                                       [&] { Botan::system_rng().randomize(file); });
        if (!drawn) return drawn;
        auto fresh = make_key(access_->for_new_files, file, 0);
        if (!fresh) return pass(fresh);
        forget();
        header_.emplace(std::move(fresh->wrapped));
        header_->suite = access_->for_new_files.suite;
        header_->page_size = page_size;
        header_->file = file;
        keys_[0] = std::move(fresh->keys);
        current_ = 1;
        copies_.assign(envelope::header_size, 0);
        auto done = check(below_->pMethods->xTruncate(below_, 0), "sqlite: expected to empty the file");
        if (done) done = check(below_->pMethods->xTruncate(below_, envelope::header_size), "sqlite: expected to write the header");
        if (done) done = write_next();
        if (!done) forget();
        return done;
    }

    /// Says in the header that pages are on the disk, so that a file without them is known to have been cut.
    [[nodiscard]] result<void> note_pages() {
        if (header_->populated) return {};
        header_->populated = true;
        return write_both_or_forget(); // then it is tried again with the next sync
    }

    /// Another file key, which seals from now on; the one before still opens. Synced before any page can use it.
    /// Requires of this and the next two: keys, only one; and that nobody else writes pages, log or header.
    [[nodiscard]] result<void> add_key() {
        const auto slot = static_cast<std::uint8_t>(1 - header_->sealing_slot);
        auto fresh = make_key(access_->method_of(header_->suite), header_->file, slot);
        if (!fresh) return pass(fresh);
        header_->other = std::exchange(header_->key, std::move(fresh->wrapped));
        header_->sealing_slot = slot;
        keys_[slot] = std::move(fresh->keys);
        return write_both_or_forget();
    }
    /// Requires: no page, journal or log needs the key before the one that seals.
    [[nodiscard]] result<void> drop_other_key() {
        header_->other.reset();
        keys_[1 - header_->sealing_slot].reset();
        return write_both_or_forget();
    }
    /// Where a crash came between the two copies, the older one may still lead to a key that was dropped.
    [[nodiscard]] result<void> level_copies() {
        constexpr std::size_t at = 48, end = envelope::header_slot_size - 32; // slots, sizes and entries
        const auto one = slot(copies_, 0), other = slot(copies_, 1);
        return std::equal(one.begin() + at, one.begin() + end, other.begin() + at) ? result<void>() : write_both_or_forget();
    }
    [[nodiscard]] result<void> raise_sequence(std::uint64_t to) {
        if (header_->sequence >= to) return {};
        header_->sequence = std::max(header_->sequence, to - 1);
        return write_both_or_forget();
    }

    [[nodiscard]] result<std::int64_t> size_below() const {
        sqlite3_int64 size = 0;
        if (auto known = check(below_->pMethods->xFileSize(below_, &size), "sqlite: expected to learn the file's size"); !known)
            return pass(known);
        return size;
    }

private:
    static result<void> check(int code, const char* text) {
        if (code == SQLITE_OK || code == SQLITE_IOERR_SHORT_READ) return {};
        return fail(errc::io_failed, text, code);
    }
    result<void> sync() const { return check(below_->pMethods->xSync(below_, SQLITE_SYNC_FULL), "sqlite: expected to sync the header"); }

    struct fresh_key {
        keys::wrapped_key wrapped;
        envelope::page_keys keys;
    };
    result<fresh_key> make_key(const envelope::page_method& how, const envelope::file_identity& file, std::uint8_t slot) const {
        const auto file_key = keys::random_secret();
        if (!file_key) return pass(file_key);
        auto wrapped = access_->wrap(file, *file_key);
        if (!wrapped) return pass(wrapped);
        auto derived = envelope::page_keys::derive(*file_key, how, file, slot);
        if (!derived) return pass(derived);
        return fresh_key{std::move(*wrapped), std::move(*derived)};
    }

    // The copy that counts stays as it is until the other one is whole on the disk. What failed is taken back as far as it
    // goes: a copy that others can read but a power cut can lose must not name a key.
    result<void> write_next() {
        header_->sequence += 1;
        const auto sealed = header_->seal(keys().header_mac());
        if (!sealed) return pass(sealed);
        const std::size_t next = 1 - current_;
        auto done = write_copy(next, *sealed);
        if (done) done = sync();
        if (!done) {
            const bytes before(slot(copies_, next).begin(), slot(copies_, next).end());
            if (write_copy(next, before)) (void)sync();
            return done;
        }
        std::copy(sealed->begin(), sealed->end(), copies_.begin() + static_cast<std::ptrdiff_t>(next * envelope::header_slot_size));
        current_ = next;
        return done;
    }
    result<void> write_copy(std::size_t which, byte_view copy) {
        const auto at = static_cast<sqlite3_int64>(which * envelope::header_slot_size);
        return check(below_->pMethods->xWrite(below_, copy.data(), static_cast<int>(copy.size()), at),
                     "sqlite: expected to write the header");
    }
    result<void> write_both() {
        auto done = write_next();
        if (done) done = write_next();
        return done;
    }
    result<void> write_both_or_forget() {
        auto done = write_both();
        if (!done) forget(); // the file tells how far it came
        return done;
    }

    /// False: making the file was cut short. A copy that is being written does not prove true; it is looked at again.
    result<bool> adopt(std::int64_t size) {
        for (int again = 2;; --again) {
            bytes both(envelope::header_size);
            if (auto read = check(below_->pMethods->xRead(below_, both.data(), static_cast<int>(both.size()), 0),
                                  "sqlite: expected to read the header");
                !read)
                return pass(read);
            const bool is_known = both == copies_;
            copies_ = std::move(both);
            auto adopted = adopt_newest(copies_);
            if (adopted) return true;
            if (is_leftover(copies_, size)) return false;
            if (again == 0 || is_known) return pass(adopted);
        }
    }
    result<void> adopt_newest(byte_view both) {
        error why{errc::malformed, as_text(both.first(16)) == std::string_view("SQLite format 3\0", 16)
                                       ? "sqlite: expected an encrypted database, this one is in the clear; convert it"
                                       : "sqlite: expected an encrypted database, found no header of one; restore it from a backup"};
        std::array copies{envelope::page_header::parse(slot(both, 0)), envelope::page_header::parse(slot(both, 1))};
        const std::size_t newer = copies[0] && (!copies[1] || copies[0]->sequence > copies[1]->sequence) ? 0 : 1;
        bool is_ours = false;
        for (const std::size_t which : {newer, 1 - newer}) {
            auto adopted = copies[which] ? take(std::move(*copies[which]), slot(both, which)) : result<void>(pass(copies[which]));
            if (adopted) {
                current_ = which;
                return {};
            }
            // What the newer copy says is the reason; that one is no header at all is none where the other is.
            if (!is_ours && adopted.error().code != errc::malformed) why = adopted.error();
            is_ours = is_ours || adopted.error().code != errc::malformed;
        }
        return tl::unexpected(why);
    }
    result<void> take(envelope::page_header&& read, byte_view copy) {
        auto sealing = derive(read, read.key, read.sealing_slot);
        if (!sealing) return pass(sealing);
        if (auto proved = envelope::page_header::prove(copy, sealing->header_mac()); !proved) return proved;
        if (read.other) {
            auto other = derive(read, *read.other, static_cast<std::uint8_t>(1 - read.sealing_slot));
            if (!other) return pass(other);
            keys_[1 - read.sealing_slot] = std::move(*other);
        }
        keys_[read.sealing_slot] = std::move(*sealing);
        header_ = std::move(read);
        return {};
    }
    result<envelope::page_keys> derive(const envelope::page_header& of, const keys::wrapped_key& wrapped, std::uint8_t slot) const {
        const auto file_key = access_->unwrap(of.file, wrapped);
        if (!file_key) return pass(file_key);
        return envelope::page_keys::derive(*file_key, access_->method_of(of.suite), of.file, slot);
    }
    static byte_view slot(byte_view both, std::size_t which) noexcept {
        return both.subspan(which * envelope::header_slot_size, envelope::header_slot_size);
    }
    // Making the file was cut short: no page can have been written, since none is before the header is synced.
    static bool is_leftover(byte_view both, std::int64_t size) noexcept {
        const auto is_blank = [](byte_view part) { return std::all_of(part.begin(), part.end(), [](std::uint8_t b) { return b == 0; }); };
        return size <= static_cast<std::int64_t>(envelope::header_size) && is_blank(slot(both, 1)) &&
               (is_blank(both.first(16)) || as_text(both.first(16)) == envelope::header_magic);
    }

    sqlite3_file* below_;
    std::shared_ptr<page_access> access_;
    std::optional<envelope::page_header> header_;
    std::array<std::optional<envelope::page_keys>, 2> keys_; // by slot
    bytes copies_ = bytes(envelope::header_size);            // both, as read or written last
    bytes found_ = bytes(envelope::header_slot_size + 64);   // the first copy and the beginning of the second
    std::size_t current_ = 1;                                // the copy that counts
};

} // namespace keywright::sqlite::detail
