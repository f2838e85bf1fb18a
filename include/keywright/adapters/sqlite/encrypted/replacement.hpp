// SPDX-License-Identifier: Apache-2.0
// A database file that takes another's place: it is made beside the old one, nobody else uses the old one when it moves, and
// a crash leaves either of them under the name, whole.
// Depends on: encrypted_database, bare_file, adapters/file/durable. Used by adapters/sqlite/backup and convert.
// Use: `auto fresh = replacement::begin(path, wait);` … `take_alone(old.handle());` … `fresh->into_place();`
#pragma once

#include <keywright/adapters/sqlite/encrypted/bare_file.hpp>
#include <keywright/adapters/sqlite/encrypted_database.hpp>

#include <cstdlib>
#include <optional>

namespace keywright::sqlite::detail {

/// Makes a connection, encrypted or not, the only one of its database until it closes, and the file all of the database: a
/// journal or log that was left is played back, and what is beside the file does not count any more. The journal mode stays.
/// timed_out: others use the database for longer than the connection waits.
[[nodiscard]] inline result<void> take_alone(sqlite3* db) {
    errno = 0;
    // In this locking mode a lock, once taken, is kept.
    int code = sqlite3_exec(db, "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT", nullptr, nullptr, nullptr);
    if (code == SQLITE_OK) code = sqlite3_wal_checkpoint_v2(db, "main", SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
    if (code == SQLITE_OK) return {};
    if ((code & 0xff) == SQLITE_BUSY)
        return fail(errc::timed_out, "sqlite: the database is in use; close it everywhere and try again", code);
    if (const auto fault = last_error(db)) return tl::unexpected(*fault);
    return connection::failure(code, "sqlite: expected the database for this alone");
}

/// The new file. Removed when it goes out of scope, unless it was moved into place. Move-only. Thread safety: one thread at
/// a time. Requires: it outlives the connection to the old file, which may remove what is beside that name when it closes.
class replacement {
public:
    /// What it is called until it has its place, behind the name of the database.
    static constexpr std::string_view suffix = "-new.tmp";

    /// An empty file beside the database `path`, with its permissions and, where the process may, its owner; 0600 where there
    /// is none yet. What a killed run left there goes. timed_out: another replacement of it is being made. unsupported: the
    /// database has a second name, which would go on leading to what is replaced.
    [[nodiscard]] static result<replacement> begin(const std::string& path, seconds wait) {
        const std::unique_ptr<char, decltype(&std::free)> real(::realpath(path.c_str(), nullptr), &std::free);
        replacement made(real ? real.get() : path);
        if (auto locked = made.lock(wait); !locked) return pass(locked);
        made.remove_side_files();
        if (::ftruncate(made.file_.number(), 0) != 0) return file::fail_errno("sqlite: expected to empty the new file");
        if (auto given = made.take_after(); !given) return pass(given);
        return made;
    }
    replacement(replacement&& other) noexcept
        : path_(std::move(other.path_)), fresh_(std::exchange(other.fresh_, {})), file_(std::move(other.file_)),
          moved_(std::move(other.moved_)) {}
    replacement& operator=(replacement&&) = delete;
    ~replacement() {
        if (fresh_.empty() || !file_) return; // moved, or another's
        remove_side_files();
        ::unlink(fresh_.c_str());
    }

    const std::string& path() const noexcept { return fresh_; }
    const file::descriptor& file() const noexcept { return file_; }

    /// Once. Whole and durable when it returns. After a failure the old one is there, but for the last steps: where a text
    /// says that the new one is in place, and where the folder cannot be synced, which leaves open which. The new one is
    /// locked until this dies, so that nobody writes into it what a power cut takes back.
    /// Requires: no connection has the new file open, and `take_alone` of the old one, where there is one.
    [[nodiscard]] result<void> into_place() {
        if (auto synced = file::sync(file_); !synced) return synced;
        auto moved = bare_file::open(fresh_);
        if (!moved) return pass(moved);
        if (auto locked = moved->lock(SQLITE_LOCK_EXCLUSIVE, seconds{0}); !locked) return locked;
        moved_.emplace(std::move(*moved));
        // A journal that was kept holds old pages, and a log that comes back after a power cut is no log of the new file.
        for (const char* part : {"-journal", "-wal", "-shm"})
            if (::unlink((path_ + part).c_str()) != 0 && errno != ENOENT)
                return file::fail_errno("sqlite: expected to remove the old journal or log");
        if (auto synced = file::sync_folder(file::folder_of(path_)); !synced) return synced;
        if (::rename(fresh_.c_str(), path_.c_str()) != 0) return file::fail_errno("sqlite: expected to move the new file into place");
        fresh_.clear();
        // What a re-encryption of the old file kept beside it was needed for as long as that stood; nothing in it opens with
        // the keys of the new one.
        if (::unlink((path_ + resealing::suffix).c_str()) != 0 && errno != ENOENT)
            return file::fail_errno("sqlite: the new database is in place, but what a re-encryption of the old one left was not removed");
        return file::sync_folder(file::folder_of(path_));
    }

private:
    explicit replacement(std::string path) : path_(std::move(path)), fresh_(path_ + std::string(suffix)) {}

    /// By flock, which SQLite's locks do not touch. One that had it may have moved or removed its file meanwhile.
    result<void> lock(seconds wait) {
        for (;;) {
            auto opened = file::detail::lock_file(fresh_, std::chrono::seconds(wait.count));
            if (!opened && opened.error().code == errc::timed_out)
                return fail(errc::timed_out, "sqlite: another restore or conversion of the database is at work; wait for its end");
            if (!opened) return pass(opened);
            struct stat mine{}, named{};
            if (::fstat(opened->number(), &mine) == 0 && ::stat(fresh_.c_str(), &named) == 0 && mine.st_ino == named.st_ino) {
                file_ = std::move(*opened);
                return {};
            }
        }
    }
    result<void> take_after() const {
        struct stat old{};
        if (::stat(path_.c_str(), &old) != 0) {
            if (errno == ENOENT) return {};
            return file::fail_errno("sqlite: expected to learn the file's permissions");
        }
        if (S_ISREG(old.st_mode) && old.st_nlink > 1)
            return fail(errc::unsupported, "sqlite: the file has a second name (a hard link), which would stay what it is; remove it");
        const bool is_others = old.st_uid != ::geteuid() || old.st_gid != ::getegid();
        if (is_others && ::fchown(file_.number(), old.st_uid, old.st_gid) != 0 && errno != EPERM)
            return file::fail_errno("sqlite: expected to give the new file its owner");
        if (::fchmod(file_.number(), old.st_mode & 0777) != 0)
            return file::fail_errno("sqlite: expected to give the new file its permissions");
        return {};
    }
    void remove_side_files() const noexcept {
        for (const char* part : {"-journal", "-wal", "-shm"}) ::unlink((fresh_ + part).c_str());
    }

    std::string path_, fresh_;
    file::descriptor file_;
    std::optional<bare_file> moved_; // behind `file_`: closing that gives up the process's locks of SQLite's kind
};

} // namespace keywright::sqlite::detail
