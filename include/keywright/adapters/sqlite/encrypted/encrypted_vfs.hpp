// SPDX-License-Identifier: Apache-2.0
// The VFS `keywright`: SQLite's default one with encryption between. It opens what encrypted_database hands it with a
// ticket; what SQLite opens beside it (journals, logs, temporary files) follows from there.
// Depends on: the files of this folder. Used by encrypted_database.
#pragma once

#include <keywright/adapters/sqlite/encrypted/denied_pragmas.hpp>
#include <keywright/adapters/sqlite/encrypted/file_methods.hpp>
#include <keywright/adapters/sqlite/encrypted/journal_file.hpp>
#include <keywright/adapters/sqlite/encrypted/log_file.hpp>
#include <keywright/adapters/sqlite/encrypted/neighbours.hpp>
#include <keywright/adapters/sqlite/encrypted/temporary_file.hpp>

#include <map>
#include <mutex>

namespace keywright::sqlite::detail {

inline constexpr const char* vfs_name = "keywright";
inline constexpr const char* ticket_parameter = "keywright"; // of the URI

/// The right to open one database file, for as long as this lives. Thread safety: concurrent.
class ticket {
public:
    explicit ticket(std::shared_ptr<page_access> access) : number_(std::to_string(desk().add(std::move(access)))) {}
    ticket(const ticket&) = delete;
    ticket& operator=(const ticket&) = delete;
    ~ticket() { desk().remove(number_); }

    const std::string& number() const noexcept { return number_; }
    /// Null where there is none of that number.
    static std::shared_ptr<page_access> access_of(const char* number) { return number == nullptr ? nullptr : desk().find(number); }

private:
    class tickets {
    public:
        std::uint64_t add(std::shared_ptr<page_access> access) {
            const std::scoped_lock alone(busy_);
            valid_.emplace(std::to_string(++last_), std::move(access));
            return last_;
        }
        void remove(const std::string& number) {
            const std::scoped_lock alone(busy_);
            valid_.erase(number);
        }
        std::shared_ptr<page_access> find(const std::string& number) {
            const std::scoped_lock alone(busy_);
            const auto found = valid_.find(number);
            return found == valid_.end() ? nullptr : found->second;
        }

    private:
        std::mutex busy_;
        std::uint64_t last_ = 0;
        std::map<std::string, std::shared_ptr<page_access>> valid_;
    };
    static tickets& desk() {
        static tickets all;
        return all;
    }

    std::string number_;
};

/// For sqlite3_file_control: `const std::optional<error>**`, what went wrong last.
inline constexpr int control_fault = 0x6b770001;
/// `main_file**`, the file itself.
inline constexpr int control_file = 0x6b770002;
/// `sqlite3*`, the application's connection that has just opened the file: a lock interrupts it, and it has no database in the
/// clear beside.
inline constexpr int control_connection = 0x6b770003;

/// `main_file`, and what SQLite asks of a database file beside reading and writing.
class database_file : public main_file {
public:
    using main_file::main_file;

    int lock(int level) { return has_clear_one_beside() ? beside_clear_one() : main_file::lock(level); }
    int lock_log(int offset, int n, int flags) {
        const bool is_refused = (flags & SQLITE_SHM_LOCK) != 0 && has_clear_one_beside();
        return is_refused ? beside_clear_one() : main_file::lock_log(offset, n, flags);
    }
    int control(int op, void* arg) {
        switch (op) {
        case control_fault: *static_cast<const std::optional<error>**>(arg) = &access().fault(); return SQLITE_OK;
        case control_file: *static_cast<main_file**>(arg) = this; return SQLITE_OK;
        case control_connection:
            access().connection = static_cast<sqlite3*>(arg);
            known_.emplace(access());
            return SQLITE_OK;
        case SQLITE_FCNTL_HAS_MOVED: *static_cast<int*>(arg) = was_moved() ? 1 : 0; return SQLITE_OK;
        case SQLITE_FCNTL_MMAP_SIZE: *static_cast<sqlite3_int64*>(arg) = 0; return SQLITE_OK;
        case SQLITE_FCNTL_SIZE_HINT:
        case SQLITE_FCNTL_CHUNK_SIZE: return SQLITE_OK; // a file grows by sealed pages only
        case SQLITE_FCNTL_BEGIN_ATOMIC_WRITE:
        case SQLITE_FCNTL_COMMIT_ATOMIC_WRITE:
        case SQLITE_FCNTL_ROLLBACK_ATOMIC_WRITE: return SQLITE_NOTFOUND;
        case SQLITE_FCNTL_PRAGMA: return pragma(static_cast<char**>(arg));
        default: break;
        }
        const int code = below_->pMethods->xFileControl(below_, op, arg);
        if (op == SQLITE_FCNTL_VFSNAME && code == SQLITE_OK) {
            char*& name = *static_cast<char**>(arg);
            name = sqlite3_mprintf("%s/%z", vfs_name, name);
        }
        return code;
    }

private:
    /// The size of pages stays: SQLite would change it by writing pages of the new size in pieces of the old.
    int pragma(char** words) {
        if (const char* why = denial_of(words[1], words[2]); why != nullptr) return words[0] = sqlite3_mprintf("%s", why), SQLITE_AUTH;
        sqlite3_int64 bytes = 0;
        const bool sets_page_size = sqlite3_stricmp(words[1], "page_size") == 0 && words[2] != nullptr;
        if (sets_page_size && size(&bytes) == SQLITE_OK && bytes > 0) return SQLITE_OK;
        return below_->pMethods->xFileControl(below_, SQLITE_FCNTL_PRAGMA, words);
    }
    bool has_clear_one_beside() noexcept { return access().connection != nullptr && has_clear_neighbour(access().connection, vfs_name); }
    int beside_clear_one() noexcept { return access().note(SQLITE_AUTH, clear_one_attached); }

    std::optional<interruptible> known_; // first to go when the file is closed
};

class encrypted_vfs {
public:
    /// Makes the VFS known to SQLite, once in a process, above what is its default then. misused: SQLite is too old, or
    /// not for several threads.
    [[nodiscard]] static result<void> install() {
        static const int code = [] {
            static sqlite3_vfs ours = make();
            return ours.pAppData == nullptr ? SQLITE_ERROR : sqlite3_vfs_register(&ours, 0);
        }();
        if (sqlite3_libversion_number() < 3'037'000 || sqlite3_threadsafe() == 0)
            return fail(errc::misused, "sqlite: expected SQLite 3.37 or later, built for several threads");
        if (code != SQLITE_OK) return fail(errc::internal, "sqlite: expected SQLite to take a VFS", code);
        return {};
    }

private:
    static sqlite3_vfs* below(sqlite3_vfs* ours) noexcept { return static_cast<sqlite3_vfs*>(ours->pAppData); }

    static sqlite3_vfs make() noexcept {
        sqlite3_vfs v{};
        sqlite3_vfs* usual = sqlite3_vfs_find(nullptr);
        if (usual == nullptr || usual->iVersion < 2) return v;
        v.iVersion = 2;
        v.szOsFile = static_cast<int>(sizeof(shell)) + usual->szOsFile;
        v.mxPathname = usual->mxPathname;
        v.zName = vfs_name;
        v.pAppData = usual;
        v.xOpen = [](sqlite3_vfs* u, const char* name, sqlite3_file* file, int flags, int* out) {
            return guarded([&] { return open(*below(u), name, *static_cast<shell*>(file), flags, out); });
        };
        v.xDelete = [](sqlite3_vfs* u, const char* name, int sync) { return below(u)->xDelete(below(u), name, sync); };
        v.xAccess = [](sqlite3_vfs* u, const char* name, int flags, int* out) { return below(u)->xAccess(below(u), name, flags, out); };
        v.xFullPathname = [](sqlite3_vfs* u, const char* name, int n, char* out) {
            return below(u)->xFullPathname(below(u), name, n, out);
        };
        v.xDlOpen = [](sqlite3_vfs* u, const char* name) { return below(u)->xDlOpen(below(u), name); };
        v.xDlError = [](sqlite3_vfs* u, int n, char* out) { below(u)->xDlError(below(u), n, out); };
        v.xDlSym = [](sqlite3_vfs* u, void* library, const char* name) { return below(u)->xDlSym(below(u), library, name); };
        v.xDlClose = [](sqlite3_vfs* u, void* library) { below(u)->xDlClose(below(u), library); };
        v.xRandomness = [](sqlite3_vfs* u, int n, char* out) { return below(u)->xRandomness(below(u), n, out); };
        v.xSleep = [](sqlite3_vfs* u, int microseconds) { return below(u)->xSleep(below(u), microseconds); };
        v.xCurrentTime = [](sqlite3_vfs* u, double* out) { return below(u)->xCurrentTime(below(u), out); };
        v.xGetLastError = [](sqlite3_vfs* u, int n, char* out) { return below(u)->xGetLastError(below(u), n, out); };
        v.xCurrentTimeInt64 = [](sqlite3_vfs* u, sqlite3_int64* out) { return below(u)->xCurrentTimeInt64(below(u), out); };
        return v;
    }

    static int open(sqlite3_vfs& usual, const char* name, shell& file, int flags, int* out) {
        file.pMethods = nullptr;
        const int code = usual.xOpen(&usual, name, file.below(), flags, out);
        if (code != SQLITE_OK) {
            if (file.below()->pMethods != nullptr) file.below()->pMethods->xClose(file.below());
            return code;
        }
        const int made = guarded([&] { return open_ours(usual, name, file, flags); });
        if (made != SQLITE_OK) file.below()->pMethods->xClose(file.below());
        return made;
    }
    static int open_ours(sqlite3_vfs& usual, const char* name, shell& file, int flags) {
        constexpr int spilled = SQLITE_OPEN_TEMP_DB | SQLITE_OPEN_TRANSIENT_DB | SQLITE_OPEN_TEMP_JOURNAL | SQLITE_OPEN_SUBJOURNAL;
        if ((flags & SQLITE_OPEN_MAIN_DB) != 0) return open_database(usual, name, file);
        if ((flags & SQLITE_OPEN_MAIN_JOURNAL) != 0) return open_beside<journal_file>(name, file);
        if ((flags & SQLITE_OPEN_WAL) != 0) return open_beside<log_file>(name, file);
        if ((flags & SQLITE_OPEN_SUPER_JOURNAL) != 0) return take(file, std::make_unique<clear_file>()); // names of files
        if ((flags & spilled) == 0) return SQLITE_CANTOPEN;
        auto made = temporary_file::make(file.below());
        return made ? take(file, std::make_unique<temporary_file>(std::move(*made))) : code_of(made.error());
    }
    static int open_database(sqlite3_vfs& usual, const char* name, shell& file) {
        auto access = ticket::access_of(name == nullptr ? nullptr : sqlite3_uri_parameter(name, ticket_parameter));
        if (!access) {
            sqlite3_log(SQLITE_CANTOPEN, "keywright: a database of this VFS is opened by keywright::sqlite::open or attach");
            return SQLITE_CANTOPEN;
        }
        auto opened = std::make_unique<database_file>(file.below(), std::move(access), side_file::place{&usual, name});
        const int ready = opened->begin_ready();
        return ready == SQLITE_OK ? take(file, std::move(opened)) : ready;
    }
    template <class File>
    static int open_beside(const char* name, shell& file) {
        sqlite3_file* database = sqlite3_database_file_object(name);
        if (database == nullptr || database->pMethods != &file_methods<database_file>::table()) return SQLITE_CANTOPEN;
        return take(file, std::make_unique<File>(file.below(), file_methods<database_file>::file_of(database)));
    }
    template <class File>
    static int take(shell& file, std::unique_ptr<File> opened) noexcept {
        file.file = opened.release();
        file.pMethods = &file_methods<File>::table();
        return SQLITE_OK;
    }
};

} // namespace keywright::sqlite::detail
