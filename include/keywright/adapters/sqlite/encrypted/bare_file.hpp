// SPDX-License-Identifier: Apache-2.0
// A database file below its encryption, without keys: locked as SQLite locks it, so that a process whose SQLite has it open
// is in the way, and those who come later wait.
// Depends on: adapters/sqlite/database, SQLite's file methods. Used by adapters/sqlite/backup.
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
        : name_(std::move(other.name_)), room_(std::move(other.room_)), is_open_(std::exchange(other.is_open_, false)) {}
    bare_file& operator=(bare_file&&) = delete;
    ~bare_file() {
        if (!is_open_) return;
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

private:
    struct freer {
        void operator()(const char* name) const noexcept { sqlite3_free_filename(name); }
    };
    bare_file() = default;
    sqlite3_file* file() const noexcept { return reinterpret_cast<sqlite3_file*>(room_.get()); }

    std::unique_ptr<const char, freer> name_;
    std::unique_ptr<std::max_align_t[]> room_;
    bool is_open_ = false;
};

} // namespace keywright::sqlite::detail
