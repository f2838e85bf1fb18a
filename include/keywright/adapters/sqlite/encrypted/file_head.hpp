// SPDX-License-Identifier: Apache-2.0
// The two header copies in front of an encrypted database, and the keys that they lead to: read, made, brought up to
// date, in an order in which a crash at any write leaves one of them whole.
// Depends on: envelope/page_header, envelope/page_keys, page_access, SQLite's file methods. Used by main_file.
#pragma once

#include <keywright/adapters/sqlite/encrypted/page_access.hpp>
#include <keywright/envelope/page_keys.hpp>

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

/// One file's header. Keys are there from `load` or `create` on until `forget`. Thread safety: one thread at a time.
class file_head {
public:
    file_head(sqlite3_file* below, std::shared_ptr<page_access> access) noexcept : below_(below), access_(std::move(access)) {}

    bool is_ready() const noexcept { return keys_.has_value(); }
    const envelope::page_header& header() const noexcept { return *header_; }
    envelope::page_keys& keys() noexcept { return *keys_; }
    /// Where the copy begins that counts.
    std::int64_t place_of_header() const noexcept { return static_cast<std::int64_t>(current_ * envelope::header_slot_size); }
    /// Takes the keys out of memory.
    void forget() noexcept { keys_.reset(); }

    /// Reads the header; false where the file holds nothing yet. malformed: not a file of ours; corrupt: it was cut;
    /// authentication_failed: altered, or wrapped by other keys; and what the lease says.
    [[nodiscard]] result<bool> load() {
        keys_.reset();
        const auto size = size_below();
        if (!size) return pass(size);
        if (*size == 0) return false;
        bytes both(envelope::header_size);
        if (auto read = check(below_->pMethods->xRead(below_, both.data(), static_cast<int>(both.size()), 0),
                              "sqlite: expected to read the header");
            !read)
            return pass(read);
        auto adopted = adopt_newest(both);
        if (!adopted && is_leftover(both, *size)) return false;
        if (!adopted) return pass(adopted);
        if (header_->populated && *size <= static_cast<std::int64_t>(envelope::header_size)) {
            keys_.reset();
            return fail(errc::corrupt, "sqlite: expected pages behind the header, the file was cut; restore it from a backup");
        }
        return true;
    }

    /// Drops what is known of the header where the file has been made anew meanwhile, by its identity in either copy.
    void forget_if_made_anew() noexcept {
        if (!is_ready()) return;
        for (const std::size_t copy : {std::size_t{0}, std::size_t{1}}) {
            envelope::file_identity found{};
            const auto at = static_cast<sqlite3_int64>(copy * envelope::header_slot_size + envelope::identity_at);
            const int code = below_->pMethods->xRead(below_, found.data(), static_cast<int>(found.size()), at);
            if (code == SQLITE_OK && found == header_->file) return;
        }
        forget();
    }

    /// A new file key and a header with it, synced before any page can follow. Requires: this connection alone may write.
    [[nodiscard]] result<void> create(std::uint32_t page_size) {
        envelope::file_identity file;
        auto drawn = keywright::detail::botan_boundary(errc::unavailable, "sqlite: the system's generator failed",
                                                       [&] { Botan::system_rng().randomize(file); });
        if (!drawn) return drawn;
        const auto file_key = keys::random_secret();
        if (!file_key) return pass(file_key);
        auto wrapped = access_->wrap(file, *file_key);
        if (!wrapped) return pass(wrapped);
        auto derived = envelope::page_keys::derive(*file_key, access_->suite_for_new_files, file);
        if (!derived) return pass(derived);
        envelope::page_header fresh(std::move(*wrapped));
        fresh.suite = access_->suite_for_new_files;
        fresh.page_size = page_size;
        fresh.file = file;
        header_ = std::move(fresh);
        keys_ = std::move(*derived);
        current_ = 1;
        auto done = check(below_->pMethods->xTruncate(below_, 0), "sqlite: expected to empty the file");
        if (done) done = write_next();
        if (done) done = check(below_->pMethods->xTruncate(below_, envelope::header_size), "sqlite: expected to write the header");
        if (done) done = sync();
        if (!done) keys_.reset();
        return done;
    }

    /// Says in the header that pages are on the disk, so that a file without them is known to have been cut.
    [[nodiscard]] result<void> note_pages() {
        if (header_->populated) return {};
        header_->populated = true;
        for (int copy = 0; copy < 2; ++copy) {
            auto done = write_next();
            if (done && copy == 0) done = sync();
            if (!done) {
                header_->populated = copy > 0; // else it is tried again with the next sync
                return done;
            }
        }
        return {};
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

    // The copy that counts stays as it is; the other one is overwritten.
    result<void> write_next() {
        header_->sequence += 1;
        const auto sealed = header_->seal(keys_->header_mac());
        if (!sealed) return pass(sealed);
        current_ = 1 - current_;
        const auto at = static_cast<sqlite3_int64>(current_ * envelope::header_slot_size);
        return check(below_->pMethods->xWrite(below_, sealed->data(), static_cast<int>(sealed->size()), at),
                     "sqlite: expected to write the header");
    }

    result<void> adopt_newest(byte_view both) {
        error why{errc::malformed, as_text(both.first(16)) == std::string_view("SQLite format 3\0", 16)
                                       ? "sqlite: expected an encrypted database, this one is in the clear; convert it"
                                       : "sqlite: expected an encrypted database, found no header of one; restore it from a backup"};
        std::array copies{envelope::page_header::parse(slot(both, 0)), envelope::page_header::parse(slot(both, 1))};
        const std::size_t newer = copies[0] && (!copies[1] || copies[0]->sequence > copies[1]->sequence) ? 0 : 1;
        bool is_ours = false;
        for (const std::size_t which : {newer, 1 - newer}) {
            auto adopted = copies[which] ? adopt(std::move(*copies[which]), slot(both, which)) : result<void>(pass(copies[which]));
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
    result<void> adopt(envelope::page_header&& read, byte_view copy) {
        const auto file_key = access_->unwrap(read);
        if (!file_key) return pass(file_key);
        auto derived = envelope::page_keys::derive(*file_key, read.suite, read.file);
        if (!derived) return pass(derived);
        if (auto proved = envelope::page_header::prove(copy, derived->header_mac()); !proved) return proved;
        header_ = std::move(read);
        keys_ = std::move(*derived);
        return {};
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
    std::optional<envelope::page_keys> keys_;
    std::size_t current_ = 1; // the copy that was written last
};

} // namespace keywright::sqlite::detail
