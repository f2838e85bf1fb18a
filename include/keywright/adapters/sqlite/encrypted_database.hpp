// SPDX-License-Identifier: Apache-2.0
// SQLite databases under an environment's key: encrypted as they are written, readable by any program that takes an
// sqlite3* from here. The library's SQLite stays as the system has it.
// Depends on: adapters/sqlite/encrypted/*, keys/lease, SQLite 3.37 or later, with threads.
// Use: `auto db = sqlite::open("prod.db", [&] { return environment.pages(access::read_write); });`
//      `sqlite3_exec(db->handle(), "CREATE TABLE t(x)", nullptr, nullptr, nullptr);`
#pragma once

#include <keywright/adapters/sqlite/encrypted/encrypted_vfs.hpp>

namespace keywright::sqlite {

// What is encrypted and proved: the database (page 1 follows 8192 bytes of header, envelope/page_header.hpp), the rollback
// journal, the write-ahead log, statement journals and whatever else SQLite spills.
// What is not: the names of files in a super-journal; page numbers in journal and log, and the log's commit marks; the
// -shm file, which holds page numbers, salts and the running checksum of the log's last frame (whoever knows all of
// a log's pages but one small value can test guesses at it there; it goes when the last connection closes, also after a
// lock; none is made after `PRAGMA locking_mode = EXCLUSIVE` before the log's first use); sizes of files, and which pages
// change when.
// What is noticed: a changed bit, a page moved within its file or taken from another, a file cut short; with `at_least` a
// file of an earlier generation (adapters/sqlite/generation). What is not: an older copy of the whole file, of the same
// generation, or of one page, put back; a log cut off after an earlier commit; an old journal or log of the same file
// planted beside it; a file emptied to nothing. A journal record that does not open ends a recovery, as one with a wrong
// checksum does. Who writes into the -shm file while it is used misleads SQLite about which frame holds which page.
// SQLite before 3.50.2, with any database: ROLLBACK TO a savepoint in WAL mode, after pages were spilled into the log twice, has
// it write frames without checksums, and a crash then takes what was committed after them.
// A lock: begins no transaction and no statement, and reads and writes no page from then on; a running statement ends within
// 1000 steps of SQLite's machine. It is told as SQLITE_IOERR_AUTH, and as SQLITE_INTERRUPT of what runs, is within a
// transaction or began while the connection held copies (temporary tables, databases in memory, which close with `main`) or
// kept its locks. Pages in SQLite's own cache stay there until the connection is closed, and sqlite3_blob_read goes on
// reading those, in exclusive locking mode sqlite3_backup_step and sqlite3_serialize, too; with `install_page_cache`
// (adapters/sqlite/page_cache) they are wiped, in all connections of the process, when one of them meets the lock.
// Not prevented: sqlite3_backup_init into a database in the clear, and sqlite3_serialize. Those are no SQL.

struct open_options {
    envelope::page_suite suite = envelope::page_suite::aes256_gcm_siv; ///< of a new file; an old one keeps its own
    envelope::page_engine engine = envelope::botan_pages;              ///< who encrypts; the file is the same
    bool read_only = false;
    bool create = true;                                                ///< a missing file is made, if not read only
    seconds wait{5};                                                   ///< how long a call waits for other connections
    std::uint64_t at_least = 0;                                        ///< the generation that the file must have

    envelope::page_method method() const noexcept { return {suite, engine}; }
};

namespace detail {

/// SQLite takes an empty name and `:memory:` for a database that goes with its connection, and a name up to its first zero.
inline result<void> check_path(const std::string& path) {
    if (path.empty() || path == ":memory:" || path.find('\0') != path.npos)
        return fail(errc::misused, "sqlite: expected the path of a file");
    return {};
}

/// `path` as a URI for SQLite, with the ticket; `mode` is SQLite's, empty: as the connection's own. A cache that connections
/// share would hand one what another's keys opened.
inline std::string uri_of(std::string_view path, const std::string& ticket_number, std::string_view mode = {}) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string uri = "file:";
    for (std::size_t i = 0; i < path.size(); ++i) {
        const auto byte = static_cast<unsigned char>(path[i]);
        const bool is_plain = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') || byte == '.' ||
                              byte == '_' || byte == '-' || (byte == '/' && i != 1); // two slashes at first would name a host
        if (is_plain) {
            uri += path[i];
        } else {
            uri += {'%', digits[byte >> 4], digits[byte & 15]};
        }
    }
    uri.append("?cache=private&").append(ticket_parameter).append("=").append(ticket_number);
    return mode.empty() ? uri : uri.append("&mode=").append(mode);
}

/// What guards a connection; lives as long as its database file is open, also where statements that were not finalised keep
/// it open behind a closed handle.
struct guard {
    struct other {
        std::string schema;
        std::weak_ptr<page_access> access;
    };
    explicit guard(page_access& of_main) noexcept : access(of_main) {}

    page_access& access;
    sqlite3* db = nullptr;
    const std::string* attaching = nullptr; // the only file that may be attached now
    std::vector<other> attached{};          // databases that have been
    bool has_copies = false;                // perhaps: in temporary tables, or in databases that go with the connection

    /// SQLite's authorizer: databases in the clear beside an encrypted one are an accident that this prevents.
    static int authorise(void* self, int action, const char* name, const char* value, const char* schema, const char*) noexcept {
        auto& all = *static_cast<guard*>(self);
        // `PRAGMA main.…` asks that file, which says why; `PRAGMA temp.…` none.
        if (action == SQLITE_PRAGMA && schema != nullptr && schema != std::string_view("main"))
            return denial_of(name, value) == nullptr ? SQLITE_OK : SQLITE_DENY;
        if (action == SQLITE_INSERT && schema != nullptr && schema == std::string_view("temp")) all.has_copies = true;
        if (action != SQLITE_ATTACH) return SQLITE_OK;
        if (name == nullptr) return SQLITE_DENY;
        const std::string_view file = name;
        if (file.empty() || file == ":memory:") return all.has_copies = true, SQLITE_OK; // is encrypted where it is spilled
        const std::string* expected = all.attaching;
        return expected != nullptr && file == *expected ? SQLITE_OK : SQLITE_DENY;
    }
    /// SQLite's progress handler: not 0 ends the statement. Without a transaction an unlock counts at once.
    static int interrupts(void* self) noexcept {
        return guarded([self] {
            auto& all = *static_cast<guard*>(self);
            return all.has_lost_one() || (!all.is_in_transaction("main") && !all.access.begin()) ? 1 : 0;
        });
    }
    /// SQLite's trace of statements that begin: within a transaction a short one may need neither a page that is not cached nor
    /// as many steps as `interrupts` waits for. Outside of one it needs a lock of the file, and that is refused; but none where
    /// SQLite has kept it, nor for what was copied into temporary tables or memory. What reads and writes nothing itself
    /// may begin: ROLLBACK must, and a COMMIT of changes has still a page to write.
    static int begins(unsigned, void* self, void* begun, void*) noexcept {
        auto* statement = static_cast<sqlite3_stmt*>(begun);
        if (sqlite3_column_count(statement) == 0 && sqlite3_stmt_readonly(statement) != 0) return 0;
        auto& all = *static_cast<guard*>(self);
        if (guarded([&] { return all.has_lost_one() || !all.may_begin_one() ? 1 : 0; }) != 0) sqlite3_interrupt(all.db);
        return 0;
    }

private:
    bool is_in_transaction(const char* schema) const noexcept { return sqlite3_txn_state(db, schema) > SQLITE_TXN_NONE; }
    /// Whether a database is locked within its transaction.
    bool has_lost_one() {
        if (is_in_transaction("main") && !access.check()) return true;
        return std::any_of(attached.begin(), attached.end(), [this](const other& each) {
            const auto its = each.access.lock();
            return its && is_in_transaction(each.schema.c_str()) && !its->check();
        });
    }
    /// Whether a transaction may begin of which SQLite would not ask a database file.
    bool may_begin_one() {
        if (!may_begin("main", has_copies)) return false;
        return std::all_of(attached.begin(), attached.end(),
                           [this](const other& each) { return each.access.expired() || may_begin(each.schema.c_str(), false); });
    }
    bool may_begin(const char* schema, bool although_asked) {
        main_file* file = nullptr;
        return sqlite3_file_control(db, schema, control_file, static_cast<void*>(&file)) != SQLITE_OK ||
               (file->is_asked_to_begin() && !although_asked) || is_in_transaction(schema) || file->begin_ready() == SQLITE_OK;
    }
};

class opener;

/// What is told of a file that could not be opened.
inline tl::unexpected<error> why(const page_access& access, int code) {
    if (access.fault()) return tl::unexpected(*access.fault());
    return connection::failure(code, "sqlite: expected to open the database file");
}

} // namespace detail

/// What keywright last found wrong with a database of this connection: why SQLite said SQLITE_IOERR_DATA (a page was altered,
/// moved or cut), SQLITE_IOERR_AUTH (a lock, or no lease) or refused a write. Empty where nothing was, or `db` is in the
/// clear. The same stands in SQLite's log (sqlite3_log).
inline std::optional<error> last_error(sqlite3* db, const char* schema = "main") {
    const std::optional<error>* fault = nullptr;
    if (sqlite3_file_control(db, schema, detail::control_fault, static_cast<void*>(&fault)) != SQLITE_OK || fault == nullptr) return {};
    return *fault;
}

/// Owns a connection to an encrypted database. Move-only. Thread safety: as SQLite's own, one mutex a connection; `attach`,
/// `vacuum_into` and the destructor need it alone.
/// Its authorizer denies ATTACH and VACUUM INTO by SQL and notes copies, its progress handler and its trace end statements after a lock; an
/// application that sets its own takes that over.
class database {
public:
    sqlite3* handle() const noexcept { return handle_.get(); }
    /// Gives the connection away; what guards it stays with it until it is closed.
    connection release() && noexcept { return connection(handle_.release()); }

    /// ATTACH as `schema`: another encrypted database, with keys of its own. Fails as `open`.
    [[nodiscard]] result<void> attach(const std::string& path, const std::string& schema, lease_source source, open_options options = {}) {
        if (auto is_path = detail::check_path(path); !is_path) return is_path;
        const bool may_make = options.create && options.at_least == 0;
        const char* mode = options.read_only ? "ro" : may_make || sqlite3_db_readonly(handle(), "main") == 1 ? "" : "rw";
        auto access = std::make_shared<detail::page_access>(std::move(source), options.method(), options.at_least);
        const detail::ticket once(access);
        auto done = run_with("ATTACH %Q AS %Q", detail::uri_of(path, once.number(), mode), &schema, *access);
        if (!done) return done;
        adopt(handle(), schema.c_str());
        std::erase_if(guard_->attached, [](const auto& each) { return each.access.expired(); });
        guard_->attached.push_back({schema, access});
        return {};
    }
    /// VACUUM INTO: a copy, without free pages and with a file key of its own, in a file that is not there yet.
    [[nodiscard]] result<void> vacuum_into(const std::string& path, lease_source source, open_options options = {}) {
        if (auto is_path = detail::check_path(path); !is_path) return is_path;
        auto access = std::make_shared<detail::page_access>(std::move(source), options.method(), options.at_least);
        const detail::ticket once(access);
        return run_with("VACUUM INTO %Q", detail::uri_of(path, once.number()), nullptr, *access);
    }

private:
    friend class detail::opener;

    static void adopt(sqlite3* db, const char* schema) noexcept {
        int bytes = envelope::page_reserve; // at the end of each page for the seal; matters for a file that is still empty
        sqlite3_file_control(db, schema, SQLITE_FCNTL_RESERVE_BYTES, &bytes);
        sqlite3_file_control(db, schema, detail::control_connection, db);
    }
    result<void> run_with(const char* format, const std::string& uri, const std::string* schema, const detail::page_access& access) {
        const std::unique_ptr<char, decltype(&sqlite3_free)> sql(
            sqlite3_mprintf(format, uri.c_str(), schema == nullptr ? "" : schema->c_str()), sqlite3_free);
        guard_->attaching = &uri;
        const int code = sqlite3_exec(handle(), sql.get(), nullptr, nullptr, nullptr);
        guard_->attaching = nullptr;
        if (code != SQLITE_OK) return detail::why(access, code);
        return {};
    }

    struct closer {
        void operator()(sqlite3* open) const noexcept { sqlite3_close_v2(open); }
    };
    std::shared_ptr<detail::page_access> access_;
    std::shared_ptr<detail::guard> guard_;
    std::unique_ptr<sqlite3, closer> handle_; // closed first
};

namespace detail {

/// Opens with an access of whatever kind.
class opener {
public:
    [[nodiscard]] static result<database> open(const std::string& path, std::shared_ptr<page_access> access, const open_options& options) {
        if (auto is_path = check_path(path); !is_path) return pass(is_path);
        if (auto installed = encrypted_vfs::install(); !installed) return pass(installed);
        const ticket once(access);
        database opened;
        opened.access_ = access;
        opened.guard_ = std::make_shared<guard>(*access);
        access->companion = opened.guard_;
        sqlite3* raw = nullptr;
        errno = 0;
        const int code = sqlite3_open_v2(uri_of(path, once.number()).c_str(), &raw, flags_of(options), vfs_name);
        opened.handle_.reset(raw);
        opened.guard_->db = raw;
        if (code != SQLITE_OK) return why(*access, code);
        database::adopt(raw, "main");
        sqlite3_busy_timeout(raw, static_cast<int>(std::clamp<std::int64_t>(options.wait.count, 0, longest_wait) * 1000));
        sqlite3_set_authorizer(raw, guard::authorise, opened.guard_.get());
        sqlite3_progress_handler(raw, 1000, guard::interrupts, opened.guard_.get());
        sqlite3_trace_v2(raw, SQLITE_TRACE_STMT, guard::begins, opened.guard_.get());
        return opened;
    }

private:
    static constexpr std::int64_t longest_wait = std::numeric_limits<int>::max() / 1000; // of what SQLite takes

    static int flags_of(const open_options& options) noexcept {
        const int how = options.read_only ? SQLITE_OPEN_READONLY
                                          : SQLITE_OPEN_READWRITE | (options.create && options.at_least == 0 ? SQLITE_OPEN_CREATE : 0);
        return how | SQLITE_OPEN_URI | SQLITE_OPEN_EXRESCODE;
    }
};

} // namespace detail

/// Opens the database in `path`, or makes it. The lease's environment must be the one that it was made for. A source that
/// many connections have (`share`, adapters/sqlite/lease_source) costs the next one no use of the customer's key.
/// Fails with what the source or the lease says (locked, expired, unavailable); not_mine or authentication_failed: the keys
/// of another environment, or an altered header; malformed: not an encrypted database; unsupported: of a later version;
/// corrupt: cut, or older than `at_least`; and as SQLite does (timed_out, not_found, permission_denied, …).
[[nodiscard]] inline result<database> open(const std::string& path, lease_source source, open_options options = {}) {
    return detail::opener::open(path, std::make_shared<detail::page_access>(std::move(source), options.method(), options.at_least),
                                options);
}
/// The same with one lease: when its time is over the connection refuses everything, as after a lock.
[[nodiscard]] inline result<database> open(const std::string& path, keys::data_key_lease&& lease, open_options options = {}) {
    auto given = std::make_shared<std::optional<keys::data_key_lease>>(std::move(lease));
    return open(
        path,
        [given]() -> result<keys::data_key_lease> {
            if (!*given)
                return fail(errc::expired, "sqlite: the lease that the database was opened with is used up; open it with a source");
            auto once = std::move(**given);
            given->reset();
            return once;
        },
        options);
}

} // namespace keywright::sqlite
