// SPDX-License-Identifier: Apache-2.0
// From SQLite's table of C functions to the files of this folder: what a file class does not do itself goes to the file
// below. No exception leaves.
// Depends on: SQLite's file methods. Used by encrypted_vfs.
#pragma once

#include <keywright/core/bytes.hpp>

#include <sqlite3.h>

#include <new>

namespace keywright::sqlite::detail {

/// What SQLite holds as an open file; the file below stands right behind it.
struct shell : sqlite3_file {
    void* file = nullptr;

    static shell& of(sqlite3_file* file) noexcept { return *static_cast<shell*>(file); }
    sqlite3_file* below() noexcept { return reinterpret_cast<sqlite3_file*>(this + 1); }
};
static_assert(sizeof(shell) % 8 == 0, "the file below is aligned");

/// A file that is as the one below.
struct clear_file {};

/// Nothing may be thrown through SQLite: memory that runs out is told, and what a source of leases throws is a refusal.
template <class Work>
int guarded(Work&& work) noexcept {
    try {
        return work();
    } catch (const std::bad_alloc&) {
        return SQLITE_IOERR_NOMEM;
    } catch (...) {
        return SQLITE_IOERR_AUTH;
    }
}

/// Sealed pages are longer than a sector at most devices, and can be half written; nothing may be mapped past us.
inline constexpr int claims_kept = SQLITE_IOCAP_SAFE_APPEND | SQLITE_IOCAP_SEQUENTIAL | SQLITE_IOCAP_UNDELETABLE_WHEN_OPEN |
                                   SQLITE_IOCAP_POWERSAFE_OVERWRITE | SQLITE_IOCAP_IMMUTABLE;

template <class File>
class file_methods {
public:
    static const sqlite3_io_methods& table() noexcept {
        static const sqlite3_io_methods all = make();
        return all;
    }
    static File& file_of(sqlite3_file* open) noexcept { return *static_cast<File*>(shell::of(open).file); }

private:
    static constexpr bool is_shared = requires(File& f) { f.lock_log(0, 0, 0); };

    static sqlite3_io_methods make() noexcept {
        sqlite3_io_methods m{};
        m.iVersion = is_shared ? 3 : 1;
        m.xClose = [](sqlite3_file* open) {
            const int code = shell::of(open).below()->pMethods->xClose(shell::of(open).below());
            delete static_cast<File*>(shell::of(open).file);
            open->pMethods = nullptr;
            return code;
        };
        add_bytes(m);
        add_locks(m);
        m.xFileControl = [](sqlite3_file* open, int op, void* arg) {
            auto* below = shell::of(open).below();
            if constexpr (requires(File& f) { f.control(op, arg); }) return guarded([&] { return file_of(open).control(op, arg); });
            return below->pMethods->xFileControl(below, op, arg);
        };
        m.xSectorSize = [](sqlite3_file* open) { return shell::of(open).below()->pMethods->xSectorSize(shell::of(open).below()); };
        m.xDeviceCharacteristics = [](sqlite3_file* open) {
            return claims_kept & shell::of(open).below()->pMethods->xDeviceCharacteristics(shell::of(open).below());
        };
        return m;
    }
    static void add_bytes(sqlite3_io_methods& m) noexcept {
        m.xRead = [](sqlite3_file* open, void* out, int size, sqlite3_int64 offset) {
            auto* below = shell::of(open).below();
            const byte_span into(static_cast<std::uint8_t*>(out), static_cast<std::size_t>(size));
            if constexpr (requires(File& f) { f.read(into, offset); }) return guarded([&] { return file_of(open).read(into, offset); });
            return below->pMethods->xRead(below, out, size, offset);
        };
        m.xWrite = [](sqlite3_file* open, const void* data, int size, sqlite3_int64 offset) {
            auto* below = shell::of(open).below();
            const byte_view from(static_cast<const std::uint8_t*>(data), static_cast<std::size_t>(size));
            if constexpr (requires(File& f) { f.write(from, offset); }) return guarded([&] { return file_of(open).write(from, offset); });
            return below->pMethods->xWrite(below, data, size, offset);
        };
        m.xTruncate = [](sqlite3_file* open, sqlite3_int64 size) {
            auto* below = shell::of(open).below();
            if constexpr (requires(File& f) { f.truncate(size); }) return guarded([&] { return file_of(open).truncate(size); });
            return below->pMethods->xTruncate(below, size);
        };
        m.xSync = [](sqlite3_file* open, int flags) {
            auto* below = shell::of(open).below();
            if constexpr (requires(File& f) { f.sync(flags); }) return guarded([&] { return file_of(open).sync(flags); });
            return below->pMethods->xSync(below, flags);
        };
        m.xFileSize = [](sqlite3_file* open, sqlite3_int64* size) {
            auto* below = shell::of(open).below();
            if constexpr (requires(File& f) { f.size(size); }) return guarded([&] { return file_of(open).size(size); });
            return below->pMethods->xFileSize(below, size);
        };
    }
    static void add_locks(sqlite3_io_methods& m) noexcept {
        m.xLock = [](sqlite3_file* open, int level) {
            auto* below = shell::of(open).below();
            if constexpr (requires(File& f) { f.lock(level); }) return guarded([&] { return file_of(open).lock(level); });
            return below->pMethods->xLock(below, level);
        };
        m.xUnlock = [](sqlite3_file* open, int level) {
            auto* below = shell::of(open).below();
            if constexpr (requires(File& f) { f.unlock(level); }) return guarded([&] { return file_of(open).unlock(level); });
            return below->pMethods->xUnlock(below, level);
        };
        m.xCheckReservedLock = [](sqlite3_file* open, int* out) {
            auto* below = shell::of(open).below();
            return below->pMethods->xCheckReservedLock(below, out);
        };
        if constexpr (is_shared) add_shared_memory(m);
    }
    static void add_shared_memory(sqlite3_io_methods& m) noexcept {
        m.xShmMap = [](sqlite3_file* open, int region, int size, int extend, void volatile** out) {
            auto* below = shell::of(open).below();
            if (below->pMethods->iVersion < 2 || below->pMethods->xShmMap == nullptr) return SQLITE_IOERR_SHMMAP;
            return below->pMethods->xShmMap(below, region, size, extend, out);
        };
        m.xShmLock = [](sqlite3_file* open, int offset, int n, int flags) {
            return guarded([&] { return file_of(open).lock_log(offset, n, flags); });
        };
        m.xShmBarrier = [](sqlite3_file* open) { shell::of(open).below()->pMethods->xShmBarrier(shell::of(open).below()); };
        m.xShmUnmap = [](sqlite3_file* open, int remove) {
            auto* below = shell::of(open).below();
            return below->pMethods->iVersion < 2 ? SQLITE_OK : guarded([&] { return file_of(open).unmap_log(remove); });
        };
        // No page is ever read but through xRead.
        m.xFetch = [](sqlite3_file*, sqlite3_int64, int, void** out) {
            *out = nullptr;
            return SQLITE_OK;
        };
        m.xUnfetch = [](sqlite3_file*, sqlite3_int64, void*) { return SQLITE_OK; };
    }
};

} // namespace keywright::sqlite::detail
