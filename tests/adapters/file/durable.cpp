// SPDX-License-Identifier: Apache-2.0
// Durable files with every system call failing in turn. This program's own open, write, fsync, rename and link stand
// before libc's; outside of a `faults` they only pass on.
#include <keywright/adapters/file/durable.hpp>
#include <keywright/testing/temporary_folder.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdarg>
#include <filesystem>
#include <thread>
#include <vector>

#include <dlfcn.h>

namespace {

using namespace keywright;
using testing::temporary_folder;

/// While it lives, this thread's calls are recorded and may fail.
struct faults {
    int fail_at = -1; ///< the call, counted from 0, that fails
    int with = EIO;
    bool interrupt = false;               ///< every call is interrupted once before it is made
    std::size_t write_at_most = SIZE_MAX; ///< short writes and reads
    int calls = 0;
    bool interrupted = false;
    std::vector<std::string> trace;

    faults();
    faults(const faults&) = delete;
    faults& operator=(const faults&) = delete;
    ~faults();

    /// True when the call is to fail; errno is set then.
    bool fails(std::string call) {
        if (interrupt && !std::exchange(interrupted, !interrupted)) {
            errno = EINTR;
            return true;
        }
        trace.push_back(std::move(call));
        if (calls++ != fail_at) return false;
        errno = with;
        return true;
    }
};
thread_local faults* active = nullptr;
faults::faults() { active = this; }
faults::~faults() { active = nullptr; }

template <class Function>
Function* next(const char* name) {
    return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}
std::string name_of(int file) {
    return std::filesystem::path(std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(file))).filename().string();
}
std::string last_part(const char* path) { return std::filesystem::path(path).filename().string(); }

} // namespace

extern "C" {

int open(const char* path, int flags, ...) {
    va_list more;
    va_start(more, flags);
    const auto mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(more, mode_t) : 0;
    va_end(more);
    if (active != nullptr && active->fails("open " + last_part(path))) return -1;
    return next<int(const char*, int, ...)>("open")(path, flags, mode);
}
ssize_t write(int file, const void* data, size_t size) {
    if (active != nullptr && active->fails("write " + name_of(file))) return -1;
    if (active != nullptr) size = std::min(size, active->write_at_most);
    return next<ssize_t(int, const void*, size_t)>("write")(file, data, size);
}
int fsync(int file) {
    if (active != nullptr && active->fails("fsync " + name_of(file))) return -1;
    return next<int(int)>("fsync")(file);
}
int rename(const char* from, const char* to) noexcept {
    // A rename is never interrupted.
    if (active != nullptr) active->interrupted = true;
    if (active != nullptr && active->fails("rename " + last_part(from) + " " + last_part(to))) return -1;
    return next<int(const char*, const char*)>("rename")(from, to);
}
int link(const char* from, const char* to) noexcept {
    if (active != nullptr) active->interrupted = true;
    if (active != nullptr && active->fails("link " + last_part(from) + " " + last_part(to))) return -1;
    return next<int(const char*, const char*)>("link")(from, to);
}

} // extern "C"

namespace {

std::string content_of(const std::string& path) {
    const auto read = file::read_file(path, 1000000);
    return read ? std::string(as_text(*read)) : std::string("<") + name(read.error().code) + ">";
}
std::vector<std::string> names_in(const temporary_folder& folder) {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder.path())) names.push_back(entry.path().filename().string());
    return names;
}

} // namespace

TEST_CASE("write_file_durably: file written and synced before the move, folder synced after it") {
    const temporary_folder folder;
    std::vector<std::string> trace;
    {
        faults watched;
        REQUIRE(file::write_file_durably(folder / "a", as_bytes("new")).has_value());
        trace = watched.trace;
    }
    REQUIRE(trace.size() == 6);
    const std::string unfinished = trace[0].substr(5);
    CHECK(unfinished.starts_with("a."));
    CHECK(unfinished.ends_with(file::temporary_suffix));
    CHECK(trace[1] == "write " + unfinished);
    CHECK(trace[2] == "fsync " + unfinished);
    CHECK(trace[3] == "rename " + unfinished + " a");
    CHECK(trace[4] == "open " + last_part(folder.path().c_str()));
    CHECK(trace[5] == "fsync " + last_part(folder.path().c_str()));
}

TEST_CASE("write_file_durably, create_file_durably: whichever call fails, the old file or the new is there, whole, and nothing else") {
    for (const bool create : {false, true})
        for (int call = 0; call < 6; ++call)
            for (const int number : {EIO, ENOSPC, EACCES}) {
                CAPTURE(create);
                CAPTURE(call);
                CAPTURE(number);
                const temporary_folder folder;
                if (!create) REQUIRE(file::write_file_durably(folder / "a", as_bytes("old")).has_value());
                result<void> done;
                {
                    faults failing;
                    failing.fail_at = call;
                    failing.with = number;
                    done = create ? file::create_file_durably(folder / "a", as_bytes("new"))
                                  : file::write_file_durably(folder / "a", as_bytes("new"));
                    REQUIRE(failing.calls > call);
                }
                REQUIRE_FALSE(done.has_value());
                CHECK(done.error().code == (number == EIO      ? errc::io_failed
                                            : number == ENOSPC ? errc::storage_full
                                                               : errc::permission_denied));
                CHECK(done.error().native == number);
                const bool moved = call >= 4;
                CHECK(content_of(folder / "a") == (moved ? "new" : create ? "<not_found>" : "old"));
                CHECK(names_in(folder).size() == (create && !moved ? 0u : 1u));
                CHECK(file::write_file_durably(folder / "a", as_bytes("later")).has_value());
                CHECK(content_of(folder / "a") == "later");
            }
}

TEST_CASE("growing_file: whichever call fails, and without a commit, the old file is there or the new, and nothing else") {
    for (int call = 0; call < 8; ++call) { // open, three writes, fsync, rename, and the folder's open and fsync
        CAPTURE(call);
        const temporary_folder folder;
        REQUIRE(file::write_file_durably(folder / "a", as_bytes("old")).has_value());
        faults failing;
        failing.fail_at = call;
        const auto done = [&]() -> result<void> {
            auto growing = file::growing_file::begin(folder / "a");
            if (!growing) return pass(growing);
            for (const char* piece : {"n", "e", "w"})
                if (auto wrote = growing->write(as_bytes(piece)); !wrote) return wrote;
            CHECK(names_in(folder).size() == 2);
            return growing->commit();
        }();
        CHECK(done.error().code == errc::io_failed);
        failing.fail_at = -1;
        CHECK(content_of(folder / "a") == (call >= 6 ? "new" : "old"));
        CHECK(names_in(folder).size() == 1);
    }
    const temporary_folder folder;
    {
        auto growing = std::move(file::growing_file::begin(folder / "a").value());
        CHECK(growing.write(as_bytes("half")).has_value());
    }
    CHECK(names_in(folder).empty());
}

TEST_CASE("write_file_durably: interrupted calls and short writes lose nothing") {
    const temporary_folder folder;
    std::string data;
    for (int i = 0; i < 300; ++i) data += std::to_string(i) + ' ';
    for (const std::size_t most : {1u, 7u, 100000u}) {
        faults rough;
        rough.interrupt = true;
        rough.write_at_most = most;
        REQUIRE(file::write_file_durably(folder / "a", as_bytes(data)).has_value());
        CHECK(rough.calls >= 6);
        CHECK(content_of(folder / "a") == data);
    }
}

TEST_CASE("create_file_durably: of many threads one makes the file") {
    const temporary_folder folder;
    std::atomic<int> made{0}, refused{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([&, i] {
            for (int n = 0; n < 20; ++n) {
                const auto done = file::create_file_durably(folder / std::to_string(n), as_bytes(std::to_string(i)));
                if (done)
                    ++made;
                else if (done.error().code == errc::already_exists)
                    ++refused;
            }
        });
    for (auto& thread : threads) thread.join();
    CHECK(made == 20);
    CHECK(refused == 60);
    CHECK(names_in(folder).size() == 20);
}

TEST_CASE("write_file_durably: a new file has the rights asked for, none for others by default") {
    namespace fs = std::filesystem;
    const temporary_folder folder;
    REQUIRE(file::write_file_durably(folder / "a", {}).has_value());
    CHECK(fs::status(folder / "a").permissions() == (fs::perms::owner_read | fs::perms::owner_write));
    REQUIRE(file::write_file_durably(folder / "b", {}, 0400).has_value());
    CHECK(fs::status(folder / "b").permissions() == fs::perms::owner_read);
    CHECK(content_of(folder / "a").empty());
}

TEST_CASE("read_file: reads up to the limit, and only files") {
    const temporary_folder folder;
    REQUIRE(file::write_file_durably(folder / "a", as_bytes("12345")).has_value());
    CHECK(file::read_file(folder / "a", 4).error().code == errc::limit_exceeded);
    CHECK(file::read_file(folder / "a", 5).value() == bytes{'1', '2', '3', '4', '5'});
    CHECK(file::read_file(folder / "a", 6).value().size() == 5);
    CHECK(file::read_file(folder / "missing", 5).error().code == errc::not_found);
    CHECK(file::read_file(folder.path(), 5).error().code == errc::malformed);
    CHECK(file::read_file("/dev/zero", 5).error().code == errc::malformed);
    REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
    CHECK(file::read_file(folder / "pipe", 5).error().code == errc::malformed); // and does not wait for a writer
}

TEST_CASE("make_folder_durably: makes one level, for its owner alone, and is content with a folder that is there") {
    namespace fs = std::filesystem;
    const temporary_folder folder;
    REQUIRE(file::make_folder_durably(folder / "new").has_value());
    CHECK(fs::status(folder / "new").permissions() == fs::perms::owner_all);
    CHECK(file::make_folder_durably(folder / "new").has_value());
    CHECK(file::make_folder_durably(folder / "missing/new").error().code == errc::not_found);
    REQUIRE(file::write_file_durably(folder / "file", {}).has_value());
    CHECK_FALSE(file::make_folder_durably(folder / "file").has_value());
}

TEST_CASE("folder_of: the part before the last slash") {
    CHECK(file::folder_of("a") == ".");
    CHECK(file::folder_of("/a") == "/");
    CHECK(file::folder_of("/a/b") == "/a");
    CHECK(file::folder_of("a/b/c") == "a/b");
}
