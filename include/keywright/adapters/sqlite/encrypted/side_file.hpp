// SPDX-License-Identifier: Apache-2.0
// A file of ours beside a database file, through the VFS below ours: with the database's permissions, closed when it goes
// out of scope.
// Depends on: SQLite's file methods. Used by resealing.
#pragma once

#include <keywright/adapters/sqlite/database.hpp>

#include <vector>

namespace keywright::sqlite::detail {

/// Thread safety: one thread at a time.
class side_file {
public:
    /// Where a database file is.
    struct place {
        sqlite3_vfs* vfs;
        std::string path;
    };
    enum class how { read, change, make };

    side_file(const place& database, const char* suffix, how opened)
        // SQLite wants another zero behind a path's own, and the path for as long as the file is open.
        : path_(database.path + suffix + '\0'), memory_(static_cast<std::size_t>(database.vfs->szOsFile) / sizeof(std::uint64_t) + 1) {
        // To SQLite's VFS it is a journal, so that the folder is synced with it when it is new.
        constexpr int kind = SQLITE_OPEN_MAIN_JOURNAL;
        const int flags =
            opened == how::read ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | (opened == how::make ? SQLITE_OPEN_CREATE : 0);
        code_ = database.vfs->xOpen(database.vfs, path_.c_str(), file(), flags | kind, nullptr);
    }
    side_file(const side_file&) = delete;
    side_file& operator=(const side_file&) = delete;
    ~side_file() {
        if (file()->pMethods != nullptr) file()->pMethods->xClose(file());
    }

    /// Removes the file of that name, if there is one; on the disk, too.
    [[nodiscard]] static result<void> remove(const place& database, const char* suffix) {
        const int code = database.vfs->xDelete(database.vfs, (database.path + suffix).c_str(), 1);
        return code == SQLITE_IOERR_DELETE_NOENT ? result<void>() : check(code);
    }

    bool is_open() const noexcept { return code_ == SQLITE_OK; }
    result<void> opened() const { return check(code_); }

    [[nodiscard]] result<std::int64_t> size() {
        sqlite3_int64 out = 0;
        if (auto known = check(file()->pMethods->xFileSize(file(), &out)); !known) return pass(known);
        return out;
    }
    [[nodiscard]] result<void> read(byte_span out, std::int64_t offset) {
        return check(file()->pMethods->xRead(file(), out.data(), static_cast<int>(out.size()), offset));
    }
    [[nodiscard]] result<void> write(byte_view data, std::int64_t offset) {
        return check(file()->pMethods->xWrite(file(), data.data(), static_cast<int>(data.size()), offset));
    }
    [[nodiscard]] result<void> empty() { return check(file()->pMethods->xTruncate(file(), 0)); }
    [[nodiscard]] result<void> sync() { return check(file()->pMethods->xSync(file(), SQLITE_SYNC_FULL)); }

private:
    static result<void> check(int code) {
        if (code == SQLITE_OK) return {};
        return fail(errc::io_failed, "sqlite: expected to use the file that keeps pages while they are sealed anew", code);
    }
    sqlite3_file* file() noexcept { return reinterpret_cast<sqlite3_file*>(memory_.data()); }

    std::string path_;
    std::vector<std::uint64_t> memory_; // SQLite's file
    int code_ = SQLITE_OK;
};

} // namespace keywright::sqlite::detail
