// SPDX-License-Identifier: Apache-2.0
// Files that are either wholly there after a crash or not at all. A file is written beside its place, synced, moved
// into place, and then its folder is synced: before that last step a power cut may still undo the move.
// Linux first (POSIX). Only plain libc calls, so that a preloaded shim can make each of them fail.
// Depends on: core. Use: `auto done = file::write_file_durably("/var/lib/app/state", data);`
#pragma once

#include <keywright/core/bytes.hpp>
#include <keywright/core/result.hpp>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace keywright::file {

/// What an unfinished file's name ends with. A process killed while it wrote leaves one behind; nobody reads it, and
/// it may be removed when nobody writes to the folder.
inline constexpr std::string_view temporary_suffix = ".tmp";

/// The code that an errno stands for.
constexpr errc errc_of(int number) noexcept {
    switch (number) {
    case ENOENT:
    case ENOTDIR: return errc::not_found;
    case EEXIST: return errc::already_exists;
    case EACCES:
    case EPERM:
    case EROFS: return errc::permission_denied;
    case ENOSPC:
    case EDQUOT:
    case EFBIG: return errc::storage_full;
    case EAGAIN:
    case EBUSY:
    case EINTR:
    case EMFILE:
    case ENFILE:
    case ENOLCK:
    case ETXTBSY: return errc::unavailable;
    case ETIMEDOUT: return errc::timed_out;
    case ENAMETOOLONG: return errc::limit_exceeded;
    case EOPNOTSUPP:
    case ENOSYS: return errc::unsupported;
    default: return errc::io_failed;
    }
}

/// The failing half for the call that has just set errno. `text` must be a literal.
[[nodiscard]] inline tl::unexpected<error> fail_errno(const char* text) noexcept {
    const int number = errno;
    return fail(errc_of(number), text, number);
}

/// Repeats a call that returns -1 until a signal no longer interrupts it.
template <class Call>
auto retry_on_signal(Call&& call) {
    auto got = call();
    while (got == -1 && errno == EINTR) got = call();
    return got;
}

/// Owns a file descriptor; closes it once. Move-only.
class descriptor {
public:
    descriptor() = default;
    explicit descriptor(int number) noexcept : number_(number) {}
    descriptor(descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    descriptor& operator=(descriptor&& other) noexcept {
        if (this != &other) {
            reset();
            number_ = std::exchange(other.number_, -1);
        }
        return *this;
    }
    ~descriptor() { reset(); }

    int number() const noexcept { return number_; }
    explicit operator bool() const noexcept { return number_ >= 0; }
    /// Closes now. Whoever needs the bytes on the disk syncs before, because a close promises nothing; and a close
    /// is never repeated, because the number may by then be another thread's.
    void reset() noexcept {
        if (number_ >= 0) ::close(std::exchange(number_, -1));
    }

private:
    int number_ = -1;
};

/// Opens with O_CLOEXEC. `flags` and `mode` as for open(2).
[[nodiscard]] inline result<descriptor> open_file(const std::string& path, int flags, mode_t mode = 0600) {
    descriptor file(retry_on_signal([&] { return ::open(path.c_str(), flags | O_CLOEXEC, mode); }));
    if (!file) return fail_errno("file: expected to open the file or folder");
    return file;
}

/// Writes all of `data` at the file's position.
[[nodiscard]] inline result<void> write_fully(const descriptor& file, byte_view data) {
    while (!data.empty()) {
        const auto wrote = retry_on_signal([&] { return ::write(file.number(), data.data(), data.size()); });
        if (wrote < 0) return fail_errno("file: expected to write all bytes");
        if (wrote == 0) return fail(errc::io_failed, "file: expected to write all bytes, the system took none");
        data = data.subspan(static_cast<std::size_t>(wrote));
    }
    return {};
}

/// Reads until `room` is full or the file ends; returns how many bytes came.
[[nodiscard]] inline result<std::size_t> read_fully(const descriptor& file, byte_span room) {
    std::size_t have = 0;
    while (have < room.size()) {
        const auto got = retry_on_signal([&] { return ::read(file.number(), room.data() + have, room.size() - have); });
        if (got < 0) return fail_errno("file: expected to read the file");
        if (got == 0) break;
        have += static_cast<std::size_t>(got);
    }
    return have;
}

/// As write_fully, at a place of its own; the file's position stays. For several threads at once.
[[nodiscard]] inline result<void> write_fully_at(const descriptor& file, std::uint64_t offset, byte_view data) {
    while (!data.empty()) {
        const auto wrote = retry_on_signal([&] { return ::pwrite(file.number(), data.data(), data.size(), static_cast<off_t>(offset)); });
        if (wrote < 0) return fail_errno("file: expected to write all bytes");
        if (wrote == 0) return fail(errc::io_failed, "file: expected to write all bytes, the system took none");
        data = data.subspan(static_cast<std::size_t>(wrote));
        offset += static_cast<std::uint64_t>(wrote);
    }
    return {};
}
/// Fills `room` from a place of its own; unavailable when the file ends before.
[[nodiscard]] inline result<void> read_exactly_at(const descriptor& file, std::uint64_t offset, byte_span room) {
    while (!room.empty()) {
        const auto got = retry_on_signal([&] { return ::pread(file.number(), room.data(), room.size(), static_cast<off_t>(offset)); });
        if (got < 0) return fail_errno("file: expected to read the file");
        if (got == 0) return fail(errc::unavailable, "file: expected a file that nobody changes while it is read");
        room = room.subspan(static_cast<std::size_t>(got));
        offset += static_cast<std::uint64_t>(got);
    }
    return {};
}

/// Brings what was written to the disk. When this fails, nothing is known about those bytes, and a second try that
/// succeeds proves nothing: write again.
[[nodiscard]] inline result<void> sync(const descriptor& file) {
    if (retry_on_signal([&] { return ::fsync(file.number()); }) != 0) return fail_errno("file: expected to sync to the disk");
    return {};
}

/// The folder that `path` names an entry of.
inline std::string folder_of(const std::string& path) {
    const auto slash = path.find_last_of('/');
    if (slash == std::string::npos) return ".";
    return slash == 0 ? "/" : path.substr(0, slash);
}

/// Makes the folder's entries (new names, moves, removals) survive a power cut.
[[nodiscard]] inline result<void> sync_folder(const std::string& folder) {
    const auto opened = open_file(folder, O_RDONLY | O_DIRECTORY);
    if (!opened) return pass(opened);
    return sync(*opened);
}

/// Makes a folder (0700) whose parent exists; one that is there already is success.
[[nodiscard]] inline result<void> make_folder_durably(const std::string& folder) {
    if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return fail_errno("file: expected to make the folder");
    const auto itself = open_file(folder, O_RDONLY | O_DIRECTORY);
    if (!itself) return pass(itself);
    return sync_folder(folder_of(folder));
}

namespace detail {

/// How long a change waits for those of others, each of which takes a few disk syncs.
inline constexpr std::chrono::seconds lock_patience{10};

/// Opens (or makes) the file and takes its flock; given back when the descriptor closes, also by death.
/// Fails with timed_out after `patience`.
[[nodiscard]] inline result<descriptor> lock_file(const std::string& path, std::chrono::milliseconds patience = lock_patience) {
    auto file = open_file(path, O_RDWR | O_CREAT | O_NOFOLLOW);
    if (!file) return file;
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (retry_on_signal([&] { return ::flock(file->number(), LOCK_EX | LOCK_NB); }) != 0) {
        if (errno != EWOULDBLOCK) return fail_errno("file: expected to lock the folder");
        if (std::chrono::steady_clock::now() >= deadline)
            return fail(errc::timed_out, "file: another thread or process keeps the folder locked");
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return file;
}

/// Whether there is a file of this name. "Cannot tell" is an error and never "no": upon a no, remains are erased.
[[nodiscard]] inline result<bool> present(const std::string& path) {
    struct stat about{};
    if (::lstat(path.c_str(), &about) == 0) return true;
    if (errno == ENOENT) return false;
    return fail_errno("file: expected to learn whether a file is there");
}

/// An unfinished file: removed when it goes out of scope, unless it was moved away before.
struct unfinished_file {
    std::string path;
    descriptor file;
    unfinished_file() = default;
    unfinished_file(unfinished_file&& other) noexcept : path(std::exchange(other.path, {})), file(std::move(other.file)) {}
    unfinished_file& operator=(unfinished_file&&) = delete;
    ~unfinished_file() {
        if (!path.empty()) ::unlink(path.c_str());
    }
};

/// Opens a file of its own beside `path`. The number differs between threads and the process id between processes;
/// a name left by a dead process of the same id is skipped.
[[nodiscard]] inline result<unfinished_file> open_beside(const std::string& path, mode_t mode) {
    static std::atomic<std::uint64_t> count{0};
    for (int attempt = 0; attempt < 100; ++attempt) {
        std::string name = path + '.' + std::to_string(::getpid()) + '-' + std::to_string(++count);
        name += temporary_suffix;
        auto opened = open_file(name, O_WRONLY | O_CREAT | O_EXCL, mode);
        if (!opened && opened.error().code == errc::already_exists) continue;
        if (!opened) return pass(opened);
        unfinished_file made;
        made.path = std::move(name);
        made.file = std::move(*opened);
        return made;
    }
    return fail(errc::already_exists, "file: expected a free temporary name in the folder; remove the .tmp files in it");
}

[[nodiscard]] inline result<unfinished_file> write_beside(const std::string& path, byte_view data, mode_t mode) {
    auto made = open_beside(path, mode);
    if (!made) return made;
    if (const auto wrote = write_fully(made->file, data); !wrote) return pass(wrote);
    if (const auto synced = sync(made->file); !synced) return pass(synced);
    made->file.reset();
    return made;
}

} // namespace detail

/// A file that is written piece by piece, and is whole under its name once `commit` has succeeded; without that, it was
/// never there. Move-only. Thread safety: one thread at a time.
class growing_file {
public:
    /// Beside `path`. `mode` is masked by the umask.
    [[nodiscard]] static result<growing_file> begin(const std::string& path, mode_t mode = 0600) {
        auto made = detail::open_beside(path, mode);
        if (!made) return pass(made);
        return growing_file(std::move(*made), path);
    }
    [[nodiscard]] result<void> write(byte_view data) { return write_fully(beside_.file, data); }
    /// For writing at places of one's own.
    const descriptor& file() const noexcept { return beside_.file; }
    /// Replaces a file of that name. Once.
    [[nodiscard]] result<void> commit() {
        if (auto synced = sync(beside_.file); !synced) return synced;
        if (::rename(beside_.path.c_str(), path_.c_str()) != 0) return fail_errno("file: expected to move the new file into place");
        beside_.path.clear();
        return sync_folder(folder_of(path_));
    }

private:
    growing_file(detail::unfinished_file&& beside, const std::string& path) : beside_(std::move(beside)), path_(path) {}
    detail::unfinished_file beside_;
    std::string path_;
};

/// Writes a file whole, replacing one of that name. After a crash it holds the old bytes or the new, never a mixture.
/// A failure leaves the old file, except that one from the last step (syncing the folder) may leave either.
/// `mode` is masked by the umask. Safe from several threads and processes; the last one wins.
[[nodiscard]] inline result<void> write_file_durably(const std::string& path, byte_view data, mode_t mode = 0600) {
    auto made = growing_file::begin(path, mode);
    if (!made) return pass(made);
    if (auto wrote = made->write(data); !wrote) return wrote;
    return made->commit();
}

/// As write_file_durably, but never replaces: already_exists when the name is taken, also when another thread or
/// process takes it at the same moment. Needs a file system with hard links.
[[nodiscard]] inline result<void> create_file_durably(const std::string& path, byte_view data, mode_t mode = 0600) {
    {
        const auto made = detail::write_beside(path, data, mode);
        if (!made) return pass(made);
        if (::link(made->path.c_str(), path.c_str()) != 0) return fail_errno("file: expected a new name for the new file");
    } // the temporary name goes before the folder is synced
    return sync_folder(folder_of(path));
}

/// Reads a regular file of at most `limit` bytes. Fails with limit_exceeded when it is larger (before reading it),
/// malformed when it is a folder, a pipe or a device (never waits for one).
[[nodiscard]] inline result<bytes> read_file(const std::string& path, std::size_t limit) {
    const auto opened = open_file(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    if (!opened) return pass(opened);
    struct stat about{};
    if (::fstat(opened->number(), &about) != 0) return fail_errno("file: expected to learn the file's size");
    if (!S_ISREG(about.st_mode)) return fail(errc::malformed, "file: expected a regular file, found a folder, a device or the like");
    if (static_cast<std::uint64_t>(about.st_size) > limit)
        return fail(errc::limit_exceeded, "file: expected a file within the size limit, it is longer");
    bytes data(static_cast<std::size_t>(about.st_size) + 1); // one more, to notice that it grew meanwhile
    const auto got = read_fully(*opened, data);
    if (!got) return pass(got);
    if (*got == data.size()) return fail(errc::unavailable, "file: expected a file that nobody appends to while it is read");
    data.resize(*got);
    return data;
}

} // namespace keywright::file
