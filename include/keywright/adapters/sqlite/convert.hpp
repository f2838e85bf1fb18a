// SPDX-License-Identifier: Apache-2.0
// A database in the clear becomes an encrypted one, or an encrypted one a database in the clear: in a new file that takes
// the old one's place once all is there. A crash at any moment leaves the old one or the new one.
// Depends on: adapters/sqlite/verify, encrypted/replacement, policy/way_out.
// Use: `auto done = sqlite::encrypt("prod.db", [&] { return environment.pages(access::read_write); });`
#pragma once

#include <keywright/adapters/sqlite/encrypted/replacement.hpp>
#include <keywright/adapters/sqlite/generation.hpp>
#include <keywright/adapters/sqlite/verify.hpp>
#include <keywright/policy/way_out.hpp>

namespace keywright::sqlite {

// What stays: tables with their rowids, indices, views, triggers, virtual tables; page size, encoding, auto_vacuum, user version
// and application id, and whether there is a write-ahead log.
// What differs: 32 bytes of each page are set aside for the seal, so a database in the clear is built anew, without free pages;
// the way back leaves pages as they are, those 32 bytes unused. Every SQLite reads that; dump and load to have them back.
// Room: the new file, beside the old one, and a journal of it.
//
// THE OLD FILE IN THE CLEAR: its bytes stay on the disk after its name is gone. `overwrite` writes zeros over them, which helps
// where a file system writes in place on a magnetic disk. It promises nothing on flash, on a file system that copies on
// write or journals data, for snapshots and backups, nor for logs, journals and earlier versions of the file: only a
// disk that was encrypted from the beginning does.

struct convert_options {
    envelope::page_suite suite = envelope::page_suite::aes256_gcm_siv; ///< of a database that becomes encrypted
    envelope::page_engine engine = envelope::botan_pages;              ///< who encrypts, and decrypts
    bool overwrite = true;                                             ///< a file that was in the clear, once it is replaced
    seconds wait{5};                                                   ///< how long, at most, for others to close the database
    /// Told of bytes done and bytes in all, about; may be empty.
    std::function<void(std::uint64_t done, std::uint64_t total)> progress{};
    /// Registers the collations and functions that the schema names, where those are an application's own; may be empty.
    std::function<result<void>(sqlite3*)> prepare{};
    /// The new file's generation is above what it knows, and it is told; after the way out no encrypted file of before is taken.
    generation_keeper kept{};
};

namespace detail {

[[nodiscard]] inline result<connection> open_clear(const std::string& path, const convert_options& how) {
    auto db = connection::open(uri_of(path, {}), SQLITE_OPEN_READWRITE | SQLITE_OPEN_URI, how.wait); // so that VACUUM INTO takes a URI
    if (!db) return db;
    if (sqlite3_db_readonly(db->handle(), "main") == 1)
        return fail(errc::permission_denied, "sqlite: expected the right to write to the file");
    std::array<std::uint8_t, 16> head{};
    sqlite3_file* file = raw_file_of(db->handle());
    const int code = file->pMethods->xRead(file, head.data(), head.size(), 0);
    if (code == SQLITE_IOERR_SHORT_READ) return fail(errc::malformed, "sqlite: expected a database, the file is as good as empty");
    if (code != SQLITE_OK) return connection::failure(code, "sqlite: expected to read the file");
    if (as_text(head) == envelope::header_magic) return fail(errc::already_exists, "sqlite: the database is encrypted already");
    if (how.prepare)
        if (auto ready = how.prepare(db->handle()); !ready) return pass(ready);
    if (auto set = db->run("PRAGMA synchronous = FULL", "sqlite: expected to set up the connection"); !set) return pass(set);
    return db;
}

/// For SQLite's progress handler: the new file's size tells how far VACUUM INTO is.
struct growth {
    const convert_options& how;
    std::string path;
    std::uint64_t total = 0;

    void tell() const {
        struct stat about{};
        if (how.progress && ::stat(path.c_str(), &about) == 0)
            how.progress(std::min<std::uint64_t>(static_cast<std::uint64_t>(about.st_size), total), total);
    }
    static int on_steps(void* self) noexcept {
        return guarded([self] {
            static_cast<const growth*>(self)->tell();
            return 0;
        });
    }
};

/// Where it is to be the only copy of the data, a database must be one that opens.
[[nodiscard]] inline result<void> prove_pages(const database& db) {
    const auto survey = survey_pages(db);
    if (!survey) return pass(survey);
    if (survey->damaged > 0)
        return fail(errc::io_failed, "sqlite: the new database does not read back as it was written; the old one stands");
    return {};
}

/// VACUUM INTO, from the clear into an encrypted file.
[[nodiscard]] inline result<void> seal_into(const std::string& fresh, const connection& old, const lease_source& source,
                                            const convert_options& how) {
    int reserve = envelope::page_reserve; // becomes what was asked for before: what the file has
    sqlite3_file_control(old.handle(), "main", SQLITE_FCNTL_RESERVE_BYTES, &reserve);
    if (reserve > static_cast<int>(envelope::page_reserve))
        return fail(errc::unsupported,
                    "sqlite: expected at most 32 bytes of each page to be reserved; another extension of SQLite uses more");
    growth growing{how, fresh};
    const auto pages = ask(old.handle(),
                           "SELECT page_size * (page_count - freelist_count) FROM pragma_page_size, pragma_page_count,"
                           " pragma_freelist_count",
                           "sqlite: expected a database; the file is something else, or damaged");
    if (!pages) return pass(pages);
    growing.total = std::stoull(*pages) + envelope::header_size;
    sqlite3_progress_handler(old.handle(), 1000, growth::on_steps, &growing);
    auto access = std::make_shared<page_access>(source, envelope::page_method(how.suite, how.engine));
    const ticket once(access);
    const std::string into = uri_of(fresh, once.number()) + "&vfs=" + vfs_name;
    const std::unique_ptr<char, decltype(&sqlite3_free)> sql(sqlite3_mprintf("VACUUM INTO %Q", into.c_str()), sqlite3_free);
    errno = 0;
    const int code = sqlite3_exec(old.handle(), sql.get(), nullptr, nullptr, nullptr);
    sqlite3_progress_handler(old.handle(), 0, nullptr, nullptr);
    if (code != SQLITE_OK && access->fault()) return tl::unexpected(*access->fault());
    if (code != SQLITE_OK)
        return connection::failure(
            code, "sqlite: expected to copy the database; it may be damaged, or its schema name functions of an application's own");
    if (how.progress) how.progress(growing.total, growing.total);
    return {};
}

/// Every page as it is, from an encrypted database into a new one in the clear.
[[nodiscard]] inline result<void> copy_pages(const connection& fresh, const database& old, const convert_options& how) {
    constexpr const char* text = "sqlite: expected to copy the database";
    const auto size = ask(old.handle(), "PRAGMA page_size", text);
    if (!size) return pass(size);
    const std::unique_ptr<sqlite3_backup, decltype(&sqlite3_backup_finish)> copy(
        sqlite3_backup_init(fresh.handle(), "main", old.handle(), "main"), sqlite3_backup_finish);
    if (!copy) return connection::failure(sqlite3_errcode(fresh.handle()), text);
    errno = 0;
    int code = SQLITE_OK;
    while (code == SQLITE_OK) {
        code = sqlite3_backup_step(copy.get(), 256);
        const auto all = static_cast<std::uint64_t>(sqlite3_backup_pagecount(copy.get()));
        const auto left = static_cast<std::uint64_t>(sqlite3_backup_remaining(copy.get()));
        if (how.progress) how.progress((all - left) * std::stoull(*size), all * std::stoull(*size));
    }
    if (const auto fault = last_error(old.handle()); code != SQLITE_DONE && fault) return tl::unexpected(*fault);
    if (code != SQLITE_DONE) return connection::failure(code, text);
    return {};
}

/// Where the old one has a log, the new one has; VACUUM INTO makes it without.
[[nodiscard]] inline result<void> log_as_before(const database& fresh, const connection& old) {
    constexpr const char* text = "sqlite: expected the new database to have a log, as the old one had";
    const auto mode = ask(old.handle(), "PRAGMA journal_mode", text);
    if (!mode) return pass(mode);
    return *mode == "wal" ? set_journal_mode(fresh.handle(), "wal", std::chrono::steady_clock::now(), text) : result<void>();
}

/// Writes zeros over all that the connection's file holds.
[[nodiscard]] inline result<void> overwrite(sqlite3* db) {
    constexpr const char* text = "sqlite: the database is converted, but the old file was not overwritten";
    sqlite3_file* file = raw_file_of(db);
    sqlite3_int64 size = 0;
    constexpr sqlite3_int64 piece = 65'536;
    static constexpr std::array<std::uint8_t, piece> zeros{};
    errno = 0;
    int code = file->pMethods->xFileSize(file, &size);
    for (sqlite3_int64 at = 0; code == SQLITE_OK && at < size; at += piece) {
        const auto n = std::min(size - at, piece);
        code = file->pMethods->xWrite(file, zeros.data(), static_cast<int>(n), at);
    }
    if (code == SQLITE_OK) code = file->pMethods->xSync(file, SQLITE_SYNC_FULL);
    if (code != SQLITE_OK) return connection::failure(code, text);
    return {};
}

/// Gives a new file a generation above one that is known.
[[nodiscard]] inline result<std::uint64_t> raise_above(database& fresh, std::uint64_t known) {
    if (auto raised = raise_generation(fresh, known + 1); !raised) return pass(raised);
    return generation(fresh);
}

} // namespace detail

/// Encrypts the database in `path` under the environment's page key. Fails with already_exists (it is encrypted), timed_out
/// (others use it), malformed or corrupt (no database, or a damaged one), unsupported (a hard link leads to it, or its pages
/// are reserved for another extension), and as `open` and SQLite do; then the old file stands. Only a failure whose text says
/// so comes after the change.
/// A connection of others that is idle, outside of WAL mode, is not noticed: it reads the old file until it is opened anew,
/// or zeros, and can write no more.
[[nodiscard]] inline result<void> encrypt(const std::string& path, lease_source source, const convert_options& how = {}) {
    if (auto installed = detail::encrypted_vfs::install(); !installed) return installed;
    auto fresh = detail::replacement::begin(path, how.wait);
    if (!fresh) return pass(fresh);
    const auto old = detail::open_clear(path, how);
    if (!old) return pass(old);
    if (auto alone = detail::take_alone(old->handle()); !alone) return alone;
    const auto known = detail::known_to(how.kept);
    if (!known) return pass(known);
    if (auto sealed = detail::seal_into(fresh->path(), *old, source, how); !sealed) return sealed;
    result<std::uint64_t> raised = 0;
    {
        auto db = open(fresh->path(), source, {.suite = how.suite, .engine = how.engine, .wait = how.wait});
        if (!db) return pass(db);
        if (auto proved = detail::prove_pages(*db); !proved) return proved;
        if (auto logged = detail::log_as_before(*db, *old); !logged) return logged;
        if (how.kept) raised = detail::raise_above(*db, *known);
        if (!raised) return pass(raised);
    }
    if (auto moved = fresh->into_place(); !moved) return moved;
    auto kept = detail::keep_in(how.kept, *raised);
    auto wiped = how.overwrite ? detail::overwrite(old->handle()) : result<void>{};
    return kept ? wiped : kept;
}

/// The way out: leaves the database in `path` in the clear, for whoever may read the file. `permit` is what the policy says
/// to that (policy/way_out.hpp; a service's `environment(…).way_out()`); misused where it is another environment's.
/// malformed: not encrypted. Otherwise as `encrypt`; after a crash a copy in the clear, named `…-new.tmp`, may stand
/// beside the file: the next call removes it.
[[nodiscard]] inline result<void> decrypt(const std::string& path, lease_source source, const policy::clear_permit& permit,
                                          const convert_options& how = {}) {
    const auto permitted = [given = std::move(source), of = permit.environment()]() -> result<lease_source::lease> {
        auto lease = given();
        if (lease && (*lease)->environment() != of)
            return fail(errc::misused, "sqlite: expected a permit for the environment whose keys are given");
        return lease;
    };
    struct stat about{};
    if (::stat(path.c_str(), &about) != 0) return file::fail_errno("sqlite: expected to open the database file");
    if (about.st_size == 0) return fail(errc::malformed, "sqlite: expected an encrypted database, the file is empty");
    auto fresh = detail::replacement::begin(path, how.wait);
    if (!fresh) return pass(fresh);
    const auto known = detail::known_to(how.kept);
    if (!known) return pass(known);
    const auto old = open(path, permitted, {.engine = how.engine, .create = false, .wait = how.wait, .at_least = *known});
    if (!old) return pass(old);
    if (auto alone = detail::take_alone(old->handle()); !alone) return alone;
    const auto left = generation(*old);
    if (!left) return pass(left);
    {
        const auto db = connection::open(detail::uri_of(fresh->path(), {}), SQLITE_OPEN_READWRITE | SQLITE_OPEN_URI, how.wait);
        if (!db) return pass(db);
        if (auto set = db->run("PRAGMA journal_mode = OFF; PRAGMA synchronous = FULL", "sqlite: expected to set up the new file"); !set)
            return set;
        if (auto copied = detail::copy_pages(*db, *old, how); !copied) return copied;
    }
    if (auto moved = fresh->into_place(); !moved) return moved;
    return detail::keep_in(how.kept, *left + 1);
}

} // namespace keywright::sqlite
