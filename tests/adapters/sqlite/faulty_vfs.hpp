// SPDX-License-Identifier: Apache-2.0
// A test double: SQLite's usual VFS with calls in it that fail, and a look at all that is written. It must be the default VFS before
// keywright's is installed, which then works on top of it.
// Use: `faulty_vfs::install(); faulty_vfs::arm({"write", SQLITE_FULL}, 3); … faulty_vfs::disarm();`
#pragma once

#include <sqlite3.h>

#include <cstring>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace keywright::encrypted_tests {

/// What goes wrong: calls of this name give this code.
struct fault {
    const char* call;
    int code;
    bool half = false; ///< of a read or write the first half happens
};

inline constexpr fault all_faults[] = {
    {"read", SQLITE_IOERR_READ},         {"read", SQLITE_IOERR_SHORT_READ, true},
    {"write", SQLITE_IOERR_WRITE},       {"write", SQLITE_IOERR_WRITE, true},
    {"write", SQLITE_FULL, true},        {"sync", SQLITE_IOERR_FSYNC},
    {"truncate", SQLITE_IOERR_TRUNCATE}, {"size", SQLITE_IOERR_FSTAT},
    {"lock", SQLITE_IOERR_LOCK},         {"lock", SQLITE_BUSY},
    {"unlock", SQLITE_IOERR_UNLOCK},     {"reserved", SQLITE_IOERR_CHECKRESERVEDLOCK},
    {"shm map", SQLITE_IOERR_SHMMAP},    {"shm map", SQLITE_NOMEM},
    {"shm lock", SQLITE_IOERR_SHMLOCK},  {"shm lock", SQLITE_BUSY},
    {"open", SQLITE_CANTOPEN},           {"delete", SQLITE_IOERR_DELETE},
    {"access", SQLITE_IOERR_ACCESS},     {"path", SQLITE_CANTOPEN},
};

/// Thread safety: one thread.
class faulty_vfs {
public:
    static void install() {
        static sqlite3_vfs ours = make();
        sqlite3_vfs_register(&ours, 1);
    }
    /// The `number`th call of its kind from now on fails, from 1; and the `again`th after that, or `for_ever`.
    static constexpr int for_ever = -1;
    static void arm(const fault& what, int number, int again = 0) { now() = {what, number, again, 0, 0}; }
    /// Nothing fails any more; how often something has.
    static int disarm() { return std::exchange(now(), state{}).failed; }
    /// Calls of the armed kind since.
    static int calls() { return now().calls; }

    /// Sees every write to every file from now on, null: none. `flags` are those that the file was opened with.
    using watcher = std::function<void(int flags, std::string_view data, sqlite3_int64 offset)>;
    static void watch(watcher sees) { watching() = std::move(sees); }

private:
    struct state {
        fault what{"", SQLITE_OK};
        int number = 0;
        int again = 0;
        int calls = 0, failed = 0;
    };
    struct file : sqlite3_file {
        int flags = 0;
        sqlite3_file* below() { return reinterpret_cast<sqlite3_file*>(this + 1); }
    };
    static state& now() {
        static state armed;
        return armed;
    }
    static watcher& watching() {
        static watcher sees;
        return sees;
    }
    static sqlite3_file* below(sqlite3_file* open) { return static_cast<file*>(open)->below(); }
    static sqlite3_vfs* below(sqlite3_vfs* ours) { return static_cast<sqlite3_vfs*>(ours->pAppData); }

    /// Whether this call fails.
    static bool fails(std::string_view call) {
        auto& armed = now();
        if (armed.what.call != call) return false;
        ++armed.calls;
        const bool chosen = armed.calls == armed.number ||
                            (armed.calls > armed.number && (armed.again == for_ever || armed.calls == armed.number + armed.again));
        armed.failed += chosen ? 1 : 0;
        return chosen;
    }
    /// A short read means the end of the file, to SQLite too; what it makes of one in a journal or a log that is not at
    /// the end is its own affair, and no system does it.
    static bool may_be_short(sqlite3_file* open) {
        return (static_cast<file*>(open)->flags & (SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_WAL | SQLITE_OPEN_SUPER_JOURNAL)) == 0;
    }

    static sqlite3_vfs make() {
        sqlite3_vfs* usual = sqlite3_vfs_find(nullptr);
        sqlite3_vfs v = *usual;
        v.iVersion = 2;
        v.zName = "faulty";
        v.szOsFile = static_cast<int>(sizeof(file)) + usual->szOsFile;
        v.pAppData = usual;
        v.xOpen = [](sqlite3_vfs* u, const char* name, sqlite3_file* open, int flags, int* out) {
            open->pMethods = nullptr;
            if (fails("open")) return now().what.code;
            static_cast<file*>(open)->flags = flags;
            const int code = below(u)->xOpen(below(u), name, below(open), flags, out);
            if (below(open)->pMethods != nullptr) open->pMethods = &methods();
            return code;
        };
        v.xDelete = [](sqlite3_vfs* u, const char* name, int sync) {
            return fails("delete") ? now().what.code : below(u)->xDelete(below(u), name, sync);
        };
        v.xAccess = [](sqlite3_vfs* u, const char* name, int flags, int* out) {
            return fails("access") ? now().what.code : below(u)->xAccess(below(u), name, flags, out);
        };
        v.xFullPathname = [](sqlite3_vfs* u, const char* name, int n, char* out) {
            return fails("path") ? now().what.code : below(u)->xFullPathname(below(u), name, n, out);
        };
        // Where something fails nobody else is there to be waited for.
        v.xSleep = [](sqlite3_vfs* u, int microseconds) {
            return now().number > 0 ? microseconds : below(u)->xSleep(below(u), microseconds);
        };
        return v;
    }

    static const sqlite3_io_methods& methods() {
        static const sqlite3_io_methods all = make_methods();
        return all;
    }
    static sqlite3_io_methods make_methods() {
        sqlite3_io_methods m{};
        m.iVersion = 2;
        m.xClose = [](sqlite3_file* f) { return below(f)->pMethods->xClose(below(f)); };
        m.xRead = read;
        m.xWrite = write;
        m.xTruncate = [](sqlite3_file* f, sqlite3_int64 size) {
            return fails("truncate") ? now().what.code : below(f)->pMethods->xTruncate(below(f), size);
        };
        m.xSync = [](sqlite3_file* f, int flags) { return fails("sync") ? now().what.code : below(f)->pMethods->xSync(below(f), flags); };
        m.xFileSize = [](sqlite3_file* f, sqlite3_int64* out) {
            return fails("size") ? now().what.code : below(f)->pMethods->xFileSize(below(f), out);
        };
        m.xLock = [](sqlite3_file* f, int level) { return fails("lock") ? now().what.code : below(f)->pMethods->xLock(below(f), level); };
        // An unlock that fails has still happened: else nobody could go on.
        m.xUnlock = [](sqlite3_file* f, int level) {
            const int code = below(f)->pMethods->xUnlock(below(f), level);
            return fails("unlock") ? now().what.code : code;
        };
        m.xCheckReservedLock = [](sqlite3_file* f, int* out) {
            return fails("reserved") ? now().what.code : below(f)->pMethods->xCheckReservedLock(below(f), out);
        };
        m.xFileControl = [](sqlite3_file* f, int op, void* arg) { return below(f)->pMethods->xFileControl(below(f), op, arg); };
        m.xSectorSize = [](sqlite3_file* f) { return below(f)->pMethods->xSectorSize(below(f)); };
        m.xDeviceCharacteristics = [](sqlite3_file* f) { return below(f)->pMethods->xDeviceCharacteristics(below(f)); };
        m.xShmMap = [](sqlite3_file* f, int region, int size, int extend, void volatile** out) {
            *out = nullptr;
            return fails("shm map") ? now().what.code : below(f)->pMethods->xShmMap(below(f), region, size, extend, out);
        };
        m.xShmLock = [](sqlite3_file* f, int offset, int n, int flags) {
            const bool locks = (flags & SQLITE_SHM_LOCK) != 0;
            return locks && fails("shm lock") ? now().what.code : below(f)->pMethods->xShmLock(below(f), offset, n, flags);
        };
        m.xShmBarrier = [](sqlite3_file* f) { below(f)->pMethods->xShmBarrier(below(f)); };
        m.xShmUnmap = [](sqlite3_file* f, int remove) { return below(f)->pMethods->xShmUnmap(below(f), remove); };
        return m;
    }
    static int read(sqlite3_file* f, void* out, int size, sqlite3_int64 offset) {
        const bool is_short = now().what.half;
        if ((is_short && !may_be_short(f)) || !fails("read")) return below(f)->pMethods->xRead(below(f), out, size, offset);
        std::memset(out, 0, static_cast<std::size_t>(size));
        const int code = is_short ? below(f)->pMethods->xRead(below(f), out, size / 2, offset) : SQLITE_OK;
        return code != SQLITE_OK ? code : now().what.code;
    }
    static int write(sqlite3_file* f, const void* data, int size, sqlite3_int64 offset) {
        if (watching()) watching()(static_cast<file*>(f)->flags, {static_cast<const char*>(data), static_cast<std::size_t>(size)}, offset);
        if (!fails("write")) return below(f)->pMethods->xWrite(below(f), data, size, offset);
        if (now().what.half && size > 1) below(f)->pMethods->xWrite(below(f), data, size / 2, offset);
        return now().what.code;
    }
};

} // namespace keywright::encrypted_tests
