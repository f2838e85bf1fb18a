// SPDX-License-Identifier: Apache-2.0
// A database file below its encryption, without keys: locked as SQLite locks it, so that a process whose SQLite has it open
// is in the way, and those who come later wait.
// Depends on: adapters/sqlite/database, SQLite's file methods. Used by adapters/sqlite/backup and database_content.
#pragma once

#include <keywright/adapters/sqlite/database.hpp>

#include <cstddef>
#include <utility>

namespace keywright::sqlite::detail {

/// Thread safety: one thread at a time.
class bare_file {
public:
    [[nodiscard]] static result<bare_file> open(const std::string& path) {
        sqlite3_vfs* usual = sqlite3_vfs_find(nullptr);
        if (usual == nullptr) return fail(errc::internal, "sqlite: expected SQLite to have a VFS");
        bare_file made;
        made.name_.reset(sqlite3_create_filename(path.c_str(), "", "", 0, nullptr));
        made.room_ = std::make_unique<std::max_align_t[]>(static_cast<std::size_t>(usual->szOsFile) / sizeof(std::max_align_t) + 1);
        std::fill_n(made.room_.get(), static_cast<std::size_t>(usual->szOsFile) / sizeof(std::max_align_t) + 1, std::max_align_t{});
        errno = 0;
        const int code = usual->xOpen(usual, made.name_.get(), made.file(), SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_READWRITE, nullptr);
        made.is_open_ = code == SQLITE_OK;
        if (!made.is_open_) return connection::failure(code, "sqlite: expected to open the database file");
        return made;
    }
    bare_file(bare_file&& other) noexcept
        : name_(std::move(other.name_)), room_(std::move(other.room_)), is_open_(std::exchange(other.is_open_, false)),
          has_log_(std::exchange(other.has_log_, false)), has_log_locks_(std::exchange(other.has_log_locks_, false)) {}
    bare_file& operator=(bare_file&&) = delete;
    ~bare_file() {
        if (!is_open_) return;
        if (has_log_) give_log_back();
        file()->pMethods->xUnlock(file(), SQLITE_LOCK_NONE);
        file()->pMethods->xClose(file());
    }

    /// SQLITE_LOCK_SHARED or above; `wait` is how long others are waited for, then timed_out.
    [[nodiscard]] result<void> lock(int level, seconds wait) {
        for (std::int64_t waited = 0;; waited += 10) {
            int code = SQLITE_OK;
            for (int next = SQLITE_LOCK_SHARED; code == SQLITE_OK && next <= level; ++next)
                if (next != SQLITE_LOCK_PENDING) code = file()->pMethods->xLock(file(), next); // SQLite takes that one itself
            if (code == SQLITE_OK) return {};
            file()->pMethods->xUnlock(file(), SQLITE_LOCK_NONE);
            if ((code & 0xff) != SQLITE_BUSY || waited >= wait.count * 1000)
                return connection::failure(code, "sqlite: expected to lock the database file; others use it");
            sqlite3_sleep(10);
        }
    }

    /// Neither the file nor its log changes for as long as this lives: nobody writes into the log, nor from there into the
    /// file. For files of any journal mode, since the mode stands in a sealed page. Requires: SQLITE_LOCK_SHARED.
    [[nodiscard]] result<void> hold_log(seconds wait) {
        const auto* methods = file()->pMethods;
        if (methods->iVersion < 2 || methods->xShmMap == nullptr)
            return fail(errc::unsupported, "sqlite: expected a VFS with shared memory");
        void volatile* index = nullptr;
        errno = 0;
        int code = methods->xShmMap(file(), 0, 32'768, 1, &index);
        has_log_ = code == SQLITE_OK;
        for (std::int64_t waited = 0; code == SQLITE_OK; waited += 10) {
            code = methods->xShmLock(file(), 0, log_locks, SQLITE_SHM_LOCK | SQLITE_SHM_EXCLUSIVE);
            has_log_locks_ = code == SQLITE_OK;
            if (has_log_locks_) return {};
            if ((code & 0xff) == SQLITE_BUSY && waited < wait.count * 1000) sqlite3_sleep(10), code = SQLITE_OK;
        }
        return connection::failure(code, "sqlite: expected to lock the database's log; others write");
    }
    /// All bytes, to `take` in pieces. Not by a handle of one's own: closing that would give up locks of the whole process.
    template <class Take>
    [[nodiscard]] result<void> read_all(Take&& take) {
        sqlite3_int64 size = 0;
        errno = 0;
        int code = file()->pMethods->xFileSize(file(), &size);
        bytes piece(std::size_t{1} << 18);
        for (sqlite3_int64 at = 0; code == SQLITE_OK && at < size; at += static_cast<sqlite3_int64>(piece.size())) {
            piece.resize(static_cast<std::size_t>(std::min<sqlite3_int64>(size - at, static_cast<sqlite3_int64>(piece.size()))));
            code = file()->pMethods->xRead(file(), piece.data(), static_cast<int>(piece.size()), at);
            if (code != SQLITE_OK) break;
            if (result<void> taken = take(byte_view(piece)); !taken) return taken;
        }
        if (code != SQLITE_OK) return connection::failure(code, "sqlite: expected to read the database file");
        return {};
    }

private:
    static constexpr int log_locks = 2; // wal.c: WAL_WRITE_LOCK and WAL_CKPT_LOCK

    /// The -shm file goes where nobody else can be using it.
    void give_log_back() noexcept {
        const auto* methods = file()->pMethods;
        if (has_log_locks_) methods->xShmLock(file(), 0, log_locks, SQLITE_SHM_UNLOCK | SQLITE_SHM_EXCLUSIVE);
        bool is_alone = true;
        for (const int level : {SQLITE_LOCK_RESERVED, SQLITE_LOCK_EXCLUSIVE})
            is_alone = is_alone && methods->xLock(file(), level) == SQLITE_OK;
        methods->xShmUnmap(file(), is_alone ? 1 : 0);
    }

    struct freer {
        void operator()(const char* name) const noexcept { sqlite3_free_filename(name); }
    };
    bare_file() = default;
    sqlite3_file* file() const noexcept { return reinterpret_cast<sqlite3_file*>(room_.get()); }

    std::unique_ptr<const char, freer> name_;
    std::unique_ptr<std::max_align_t[]> room_;
    bool is_open_ = false, has_log_ = false, has_log_locks_ = false;
};

} // namespace keywright::sqlite::detail
