// SPDX-License-Identifier: Apache-2.0
// A database file that takes another's place: nobody else uses the old one meanwhile, the new one is made beside it, and
// a crash leaves either of them under the name.
// Depends on: adapters/sqlite/verify, adapters/file/durable. Used by adapters/sqlite/convert.
#pragma once

#include <keywright/adapters/sqlite/verify.hpp>

#include <array>
#include <optional>

namespace keywright::sqlite::detail {

/// A connection that has its database for itself, without a log, until it is closed. What was a log is one again where
/// `done` was not said.
class sole_use {
public:
    /// timed_out: others use the database.
    [[nodiscard]] static result<sole_use> begin(sqlite3* db, seconds wait) {
        constexpr const char* text = "sqlite: expected the database for this alone; convert it when nobody has it open";
        const auto mode = ask(db, "PRAGMA journal_mode", text);
        if (!mode) return pass(mode);
        sole_use made(db, *mode == "wal");
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(wait.count);
        if (const auto left = set_journal_mode(db, "delete", deadline, text); !left) return pass(left);
        // In this locking mode a lock, once taken, is kept.
        const auto taken = ask(db, "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT; PRAGMA journal_mode", text);
        if (!taken) return pass(taken);
        if (*taken != "delete") return fail(errc::timed_out, text); // somebody was faster
        return made;
    }
    sole_use(sole_use&& other) noexcept : db_(std::exchange(other.db_, nullptr)), had_log_(other.had_log_) {}
    sole_use& operator=(sole_use&&) = delete;
    ~sole_use() {
        if (db_ != nullptr && had_log_)
            sqlite3_exec(db_, "PRAGMA locking_mode = NORMAL; PRAGMA journal_mode = WAL", nullptr, nullptr, nullptr);
    }

    bool had_log() const noexcept { return had_log_; }
    void done() noexcept { db_ = nullptr; }

private:
    sole_use(sqlite3* db, bool had_log) noexcept : db_(db), had_log_(had_log) {}
    sqlite3* db_;
    bool had_log_;
};

/// The new file. Removed when it goes out of scope, unless it was moved into place. Move-only.
class replacement {
public:
    /// Beside the file of `old`, with its permissions and, where the process may, its owner. What a killed run left there is
    /// removed. unsupported: the file has a second name, which would go on leading to what is replaced.
    /// Requires: sole use of `old`.
    [[nodiscard]] static result<replacement> begin(sqlite3* old) {
        const std::string path = sqlite3_db_filename(old, "main");
        struct stat about{};
        if (::stat(path.c_str(), &about) != 0) return file::fail_errno("sqlite: expected to learn the file's permissions");
        if (about.st_nlink > 1)
            return fail(errc::unsupported, "sqlite: the file has a second name (a hard link), which would stay what it is; remove it");
        replacement made(path);
        made.remove();
        const auto fresh = file::open_file(made.fresh_, O_WRONLY | O_CREAT | O_EXCL);
        if (!fresh) return pass(fresh);
        const bool is_others = about.st_uid != ::geteuid() || about.st_gid != ::getegid();
        if (is_others && ::fchown(fresh->number(), about.st_uid, about.st_gid) != 0 && errno != EPERM)
            return file::fail_errno("sqlite: expected to give the new file its owner");
        if (::fchmod(fresh->number(), about.st_mode & 0777) != 0)
            return file::fail_errno("sqlite: expected to give the new file its permissions");
        return made;
    }
    replacement(replacement&& other) noexcept : path_(std::move(other.path_)), fresh_(std::exchange(other.fresh_, {})) {}
    replacement& operator=(replacement&&) = delete;
    ~replacement() { remove(); }

    const std::string& path() const noexcept { return fresh_; }

    /// Requires: no connection has the new file open.
    [[nodiscard]] result<void> into_place() {
        const auto fresh = file::open_file(fresh_, O_RDONLY);
        if (!fresh) return pass(fresh);
        if (auto synced = file::sync(*fresh); !synced) return synced;
        // A journal that was kept holds old pages, and a log that comes back after a power cut is no log of the new file.
        if (::unlink((path_ + "-journal").c_str()) != 0 && errno != ENOENT)
            return file::fail_errno("sqlite: expected to remove the old journal");
        if (auto synced = file::sync_folder(file::folder_of(path_)); !synced) return synced;
        if (::rename(fresh_.c_str(), path_.c_str()) != 0) return file::fail_errno("sqlite: expected to move the new file into place");
        fresh_.clear();
        // What a re-encryption of the old file kept beside it is needed for as long as that stands.
        if (::unlink((path_ + resealing::suffix).c_str()) != 0 && errno != ENOENT)
            return file::fail_errno("sqlite: the database is converted, but what a re-encryption of the old one left was not removed");
        return file::sync_folder(file::folder_of(path_));
    }

private:
    explicit replacement(const std::string& path) : path_(path), fresh_(path + "-converted" + std::string(file::temporary_suffix)) {}
    void remove() noexcept {
        if (fresh_.empty()) return;
        for (const char* part : {"", "-journal", "-wal", "-shm"}) ::unlink((fresh_ + part).c_str());
    }

    std::string path_, fresh_;
};

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

} // namespace keywright::sqlite::detail
