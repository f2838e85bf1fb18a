// SPDX-License-Identifier: Apache-2.0
// A preloaded library that counts, stops, refuses or records what a program does to its disk. Test-only, Linux.
//
//   LD_PRELOAD=libkeywright_crash_shim.so   and, in the environment:
//   KEYWRIGHT_SHIM_ROOT     folders, absolute, separated by `:`; everything outside passes through untouched
//   KEYWRIGHT_SHIM_MODE     count | kill | errno | journal
//   KEYWRIGHT_SHIM_AT       number of the operation to act on, from 1
//   KEYWRIGHT_SHIM_WHEN     kill: before | half | after that operation; errno: half makes a write short before it fails.
//                           `half` acts on writes of two bytes or more and leaves other operations alone
//   KEYWRIGHT_SHIM_ERRNO    ENOSPC | EIO | EACCES | EMFILE | EINTR, or NONE: with half, a write is short and nothing fails
//   KEYWRIGHT_SHIM_REPEAT   errno: once (default) | on (this operation and all that follow)
//   KEYWRIGHT_SHIM_REPORT   file that holds the number of operations so far, as text
//   KEYWRIGHT_SHIM_JOURNAL  journal: file to append records to; power_loss.py reads it
//
// An operation is a call that changes a file or a folder, or syncs one: open with O_CREAT or O_TRUNC, write, truncate,
// fallocate, fsync, fdatasync, rename, unlink, mkdir, rmdir, link. Not seen: files opened by stdio, and mappings (of
// SQLite's files only the -shm is written through one, and that is rebuilt after a crash anyway). In journal mode what
// the program writes to its standard output is recorded too, so that a check knows what had been promised by then:
// write it with write(2), because stdio's writes cannot be intercepted.
#define _GNU_SOURCE
#undef _FORTIFY_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum mode { off, counting, killing, failing, journaling };
enum when { before, half, after };

enum { most_fds = 4096, most_roots = 16 };
static enum mode mode;
static enum when when;
static long at;
static int fail_errno, fail_on;
static char roots[most_roots][PATH_MAX];
static int root_count;
static atomic_long* operations; // shared with children
static char* report;
static int journal = -1;
static atomic_long handles;
static long handle_of[most_fds]; // 0: not below a root
static char folder_path[most_fds][256]; // of open folders, for openat; longer ones are looked up in /proc
static pthread_mutex_t order = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;

// --- setting up ---

static int errno_named(const char* name) {
    static const struct {
        const char* name;
        int number;
    } known[] = {{"NONE", 0}, {"ENOSPC", ENOSPC}, {"EIO", EIO}, {"EACCES", EACCES}, {"EMFILE", EMFILE}, {"EINTR", EINTR}};
    for (size_t i = 0; name && i < sizeof known / sizeof *known; ++i)
        if (strcmp(name, known[i].name) == 0) return known[i].number;
    return EIO;
}

static void read_roots(const char* list) {
    while (list && *list && root_count < most_roots) {
        const char* end = strchrnul(list, ':');
        if (end > list) snprintf(roots[root_count++], PATH_MAX, "%.*s", (int)(end - list), list);
        list = *end ? end + 1 : end;
    }
}

static int raw_open(const char* path, int flags) { return (int)syscall(SYS_openat, AT_FDCWD, path, flags | O_CLOEXEC, 0600); }

static void open_report(const char* path) {
    char text[32] = {0};
    const int fd = path ? raw_open(path, O_RDWR | O_CREAT) : -1;
    if (fd < 0) return;
    (void)!syscall(SYS_pread64, fd, text, sizeof text - 1, 0);
    atomic_store(operations, atol(text)); // a program that this one was called by has counted before
    if (syscall(SYS_ftruncate, fd, 21) == 0) report = mmap(NULL, 21, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (report == MAP_FAILED) report = NULL;
    if (report) memcpy(report, "00000000000000000000\n", 21);
    syscall(SYS_close, fd);
}

__attribute__((constructor)) static void start(void) {
    const char* m = getenv("KEYWRIGHT_SHIM_MODE");
    const char* w = getenv("KEYWRIGHT_SHIM_WHEN");
    const char* a = getenv("KEYWRIGHT_SHIM_AT");
    const char* r = getenv("KEYWRIGHT_SHIM_REPEAT");
    if (!m || mode != off) return;
    operations = mmap(NULL, sizeof *operations, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (operations == MAP_FAILED) abort();
    read_roots(getenv("KEYWRIGHT_SHIM_ROOT"));
    at = a ? atol(a) : 0;
    when = w && strcmp(w, "half") == 0 ? half : w && strcmp(w, "after") == 0 ? after : before;
    fail_errno = errno_named(getenv("KEYWRIGHT_SHIM_ERRNO"));
    fail_on = r && strcmp(r, "on") == 0;
    open_report(getenv("KEYWRIGHT_SHIM_REPORT"));
    const char* j = getenv("KEYWRIGHT_SHIM_JOURNAL");
    if (j) journal = raw_open(j, O_WRONLY | O_CREAT | O_APPEND);
    mode = strcmp(m, "count") == 0     ? counting
           : strcmp(m, "kill") == 0    ? killing
           : strcmp(m, "errno") == 0   ? failing
           : strcmp(m, "journal") == 0 ? journaling
                                       : off;
}

// --- which paths and descriptors are ours ---

/// Makes a path absolute and free of `.`, `..` and double slashes, by its text alone.
static void normalise(int folder, const char* path, char out[PATH_MAX]) {
    char whole[2 * PATH_MAX] = "";
    if (path[0] != '/') {
        if (folder == AT_FDCWD) {
            if (!getcwd(whole, PATH_MAX)) whole[0] = 0;
        } else if (folder >= 0 && folder < most_fds && folder_path[folder][0]) {
            strcpy(whole, folder_path[folder]);
        } else {
            char link[64];
            snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
            const ssize_t n = readlink(link, whole, PATH_MAX - 1);
            whole[n < 0 ? 0 : n] = 0;
        }
        strcat(whole, "/");
    }
    strncat(whole, path, PATH_MAX - 1);
    size_t length = 0;
    for (char *rest = whole, *part; (part = strtok_r(rest, "/", &rest));) {
        if (strcmp(part, ".") == 0) continue;
        if (strcmp(part, "..") == 0) {
            while (length > 0 && out[--length] != '/') {}
            continue;
        }
        const size_t size = strlen(part);
        if (length + size + 2 > PATH_MAX) break;
        out[length++] = '/';
        memcpy(out + length, part, size);
        length += size;
    }
    out[length] = 0;
}

static int is_ours(const char* absolute) {
    for (int i = 0; i < root_count; ++i) {
        const size_t n = strlen(roots[i]);
        if (strncmp(absolute, roots[i], n) == 0 && (absolute[n] == '/' || absolute[n] == 0)) return 1;
    }
    return 0;
}

static int ours(int folder, const char* path, char out[PATH_MAX]) {
    if (mode == off || !path) return 0;
    normalise(folder, path, out);
    return is_ours(out);
}

static long handle(int fd) { return mode != off && fd >= 0 && fd < most_fds ? handle_of[fd] : 0; }

// --- the journal ---

static void record(const char* format, ...) {
    if (mode != journaling || journal < 0) return;
    char* line = NULL;
    va_list list;
    va_start(list, format);
    const int size = vasprintf(&line, format, list);
    va_end(list);
    if (size > 0) (void)!syscall(SYS_write, journal, line, (size_t)size);
    free(line);
}

static char* hex_of(const void* data, size_t size) {
    static const char digits[] = "0123456789abcdef";
    char* text = malloc(2 * size + 1);
    if (!text) abort();
    for (size_t i = 0; i < size; ++i) {
        text[2 * i] = digits[((const unsigned char*)data)[i] >> 4];
        text[2 * i + 1] = digits[((const unsigned char*)data)[i] & 15];
    }
    text[2 * size] = 0;
    return text;
}

static void record_write(int fd, long long offset, const void* data, size_t size) {
    if (mode != journaling) return;
    char* hex = hex_of(data, size);
    record("%ld\twrite\t%ld\t%lld\t%s\n", atomic_load(operations), handle(fd), offset, hex);
    free(hex);
}

// --- the operation that is chosen ---

static void die(void) {
    syscall(SYS_kill, (long)getpid(), SIGKILL);
    for (;;) pause();
}

enum verdict { go, go_half, refuse };

/// Counts an operation; whether it may happen. `writes` is the size of a write, 0 for other operations.
static enum verdict enter(size_t writes) {
    const long number = atomic_fetch_add(operations, 1) + 1;
    if (report) {
        char text[24];
        snprintf(text, sizeof text, "%020ld\n", number);
        memcpy(report, text, 21);
    }
    if (mode == killing && number == at) {
        if (when == before) die();
        if (when == half && writes >= 2) return go_half;
    }
    if (mode == failing) {
        if (when == half) {
            if (number == at && writes >= 2) return go_half;
            if (fail_errno != 0 && (number == at + 1 || (fail_on && number > at))) return errno = fail_errno, refuse;
        } else if (number == at || (fail_on && number > at)) {
            return errno = fail_errno, refuse;
        }
    }
    return go;
}

static void leave(void) {
    if (mode == killing && when == after && atomic_load(operations) == at) die();
}

#define REAL(type, name, ...)                                                                                                              \
    static type (*real)(__VA_ARGS__);                                                                                                      \
    if (!real) real = (type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, name)
#define LOCK() pthread_mutex_lock(&order)
#define UNLOCK() (leave(), pthread_mutex_unlock(&order))

// --- opening and closing ---

static int open_any(int folder, const char* path, int flags, mode_t bits) {
    char absolute[PATH_MAX];
    REAL(int, "openat", int, const char*, int, ...);
    if (!ours(folder, path, absolute)) {
        const int other = real(folder, path, flags, bits);
        if (mode != off && other >= 0 && other < most_fds) handle_of[other] = 0, folder_path[other][0] = 0;
        return other;
    }
    struct stat about;
    LOCK();
    const int existed = stat(absolute, &about) == 0;
    const int changes = flags & (O_CREAT | O_TRUNC);
    if (changes && enter(0) == refuse) return UNLOCK(), -1;
    const int fd = real(folder, path, flags, bits);
    if (fd >= 0 && fd < most_fds) {
        const int saved = errno;
        handle_of[fd] = (long)getpid() * 1000000 + atomic_fetch_add(&handles, 1) + 1;
        folder_path[fd][0] = 0;
        if (fstat(fd, &about) == 0 && S_ISDIR(about.st_mode) && strlen(absolute) < sizeof folder_path[fd])
            strcpy(folder_path[fd], absolute);
        record("%ld\topen\t%ld\t%s\t%d\t%d\n", atomic_load(operations), handle_of[fd], absolute, !existed,
               existed && (flags & O_TRUNC) != 0);
        errno = saved;
    }
    if (changes) leave();
    pthread_mutex_unlock(&order);
    return fd;
}

#define OPEN_BITS()                                                                                                                        \
    mode_t bits = 0;                                                                                                                       \
    if (flags & (O_CREAT | __O_TMPFILE)) {                                                                                                 \
        va_list list;                                                                                                                      \
        va_start(list, flags);                                                                                                             \
        bits = va_arg(list, mode_t);                                                                                                       \
        va_end(list);                                                                                                                      \
    }
int open(const char* path, int flags, ...) { OPEN_BITS() return open_any(AT_FDCWD, path, flags, bits); }
int open64(const char* path, int flags, ...) { OPEN_BITS() return open_any(AT_FDCWD, path, flags | O_LARGEFILE, bits); }
int openat(int folder, const char* path, int flags, ...) { OPEN_BITS() return open_any(folder, path, flags, bits); }
int openat64(int folder, const char* path, int flags, ...) { OPEN_BITS() return open_any(folder, path, flags | O_LARGEFILE, bits); }
int creat(const char* path, mode_t bits) { return open_any(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, bits); }
int creat64(const char* path, mode_t bits) { return open_any(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC | O_LARGEFILE, bits); }
int __open_2(const char* path, int flags) { return open_any(AT_FDCWD, path, flags, 0); }
int __open64_2(const char* path, int flags) { return open_any(AT_FDCWD, path, flags | O_LARGEFILE, 0); }
int __openat_2(int folder, const char* path, int flags) { return open_any(folder, path, flags, 0); }
int __openat64_2(int folder, const char* path, int flags) { return open_any(folder, path, flags | O_LARGEFILE, 0); }

int close(int fd) {
    REAL(int, "close", int);
    if (mode != off && fd >= 0 && fd < most_fds) handle_of[fd] = 0, folder_path[fd][0] = 0;
    return real(fd);
}

// --- writing ---

/// Writes at `offset`, or at the file's position when that is negative.
static ssize_t write_any(int fd, const void* data, size_t size, long long offset) {
    if (mode == journaling && fd == STDOUT_FILENO && !handle(fd)) {
        char* hex = hex_of(data, size);
        record("%ld\tsay\t%s\n", atomic_load(operations), hex);
        free(hex);
    }
    if (!handle(fd)) return offset < 0 ? syscall(SYS_write, fd, data, size) : syscall(SYS_pwrite64, fd, data, size, offset);
    LOCK();
    const enum verdict may = enter(size);
    if (may == refuse) return UNLOCK(), -1;
    const size_t some = may == go_half ? size / 2 : size;
    const ssize_t wrote = offset < 0 ? syscall(SYS_write, fd, data, some) : syscall(SYS_pwrite64, fd, data, some, offset);
    if (may == go_half && mode == killing) die();
    if (wrote > 0) record_write(fd, offset < 0 ? (long long)lseek(fd, 0, SEEK_CUR) - wrote : offset, data, (size_t)wrote);
    UNLOCK();
    return wrote;
}

ssize_t write(int fd, const void* data, size_t size) { return write_any(fd, data, size, -1); }
ssize_t pwrite(int fd, const void* data, size_t size, off_t offset) { return write_any(fd, data, size, offset); }
ssize_t pwrite64(int fd, const void* data, size_t size, off64_t offset) { return write_any(fd, data, size, offset); }

static ssize_t writev_any(int fd, const struct iovec* parts, int count, long long offset) {
    size_t size = 0;
    for (int i = 0; i < count; ++i) size += parts[i].iov_len;
    char* joined = malloc(size ? size : 1);
    if (!joined) return errno = ENOMEM, -1;
    char* end = joined;
    for (int i = 0; i < count; ++i) end = (char*)mempcpy(end, parts[i].iov_base, parts[i].iov_len);
    const ssize_t wrote = write_any(fd, joined, size, offset);
    free(joined);
    return wrote;
}
ssize_t writev(int fd, const struct iovec* parts, int count) {
    REAL(ssize_t, "writev", int, const struct iovec*, int);
    return handle(fd) || fd == STDOUT_FILENO ? writev_any(fd, parts, count, -1) : real(fd, parts, count);
}
ssize_t pwritev(int fd, const struct iovec* parts, int count, off_t offset) {
    REAL(ssize_t, "pwritev", int, const struct iovec*, int, off_t);
    return handle(fd) ? writev_any(fd, parts, count, offset) : real(fd, parts, count, offset);
}

// --- sizes ---

static int truncate_any(int fd, long long size) {
    if (!handle(fd)) return (int)syscall(SYS_ftruncate, fd, size);
    LOCK();
    if (enter(0) == refuse) return UNLOCK(), -1;
    const int done = (int)syscall(SYS_ftruncate, fd, size);
    if (done == 0) record("%ld\ttruncate\t%ld\t%lld\n", atomic_load(operations), handle(fd), size);
    UNLOCK();
    return done;
}
int ftruncate(int fd, off_t size) { return truncate_any(fd, size); }
int ftruncate64(int fd, off64_t size) { return truncate_any(fd, size); }
int truncate(const char* path, off_t size) {
    const int fd = open_any(AT_FDCWD, path, O_WRONLY | O_CLOEXEC, 0);
    if (fd < 0) return -1;
    const int done = truncate_any(fd, size);
    const int saved = errno;
    close(fd);
    errno = saved;
    return done;
}
int truncate64(const char* path, off64_t size) { return truncate(path, size); }

static int allocate_any(int fd, int how, long long offset, long long size) {
    if (!handle(fd)) return (int)syscall(SYS_fallocate, fd, how, offset, size);
    LOCK();
    if (enter(0) == refuse) return UNLOCK(), -1;
    const int done = (int)syscall(SYS_fallocate, fd, how, offset, size);
    struct stat about;
    if (done == 0 && fstat(fd, &about) == 0)
        record("%ld\ttruncate\t%ld\t%lld\n", atomic_load(operations), handle(fd), (long long)about.st_size);
    UNLOCK();
    return done;
}
int fallocate(int fd, int how, off_t offset, off_t size) { return allocate_any(fd, how, offset, size); }
int fallocate64(int fd, int how, off64_t offset, off64_t size) { return allocate_any(fd, how, offset, size); }
int posix_fallocate(int fd, off_t offset, off_t size) { return allocate_any(fd, 0, offset, size) == 0 ? 0 : errno; }
int posix_fallocate64(int fd, off64_t offset, off64_t size) { return allocate_any(fd, 0, offset, size) == 0 ? 0 : errno; }

// --- syncing ---

static int sync_any(int fd, long call) {
    if (!handle(fd)) return (int)syscall(call, fd);
    LOCK();
    if (enter(0) == refuse) return UNLOCK(), -1;
    const int done = (int)syscall(call, fd);
    if (done == 0) record("%ld\tsync\t%ld\n", atomic_load(operations), handle(fd));
    UNLOCK();
    return done;
}
int fsync(int fd) { return sync_any(fd, SYS_fsync); }
int fdatasync(int fd) { return sync_any(fd, SYS_fdatasync); }

// --- names ---

static int rename_any(int from_folder, const char* from, int to_folder, const char* to, unsigned flags) {
    char a[PATH_MAX], b[PATH_MAX];
    const int mine = ours(from_folder, from, a), also_mine = ours(to_folder, to, b);
    if (!mine && !also_mine) return (int)syscall(SYS_renameat2, from_folder, from, to_folder, to, flags);
    LOCK();
    if (enter(0) == refuse) return UNLOCK(), -1;
    const int done = (int)syscall(SYS_renameat2, from_folder, from, to_folder, to, flags);
    if (done == 0) record("%ld\trename\t%s\t%s\n", atomic_load(operations), a, b);
    UNLOCK();
    return done;
}
int rename(const char* from, const char* to) { return rename_any(AT_FDCWD, from, AT_FDCWD, to, 0); }
int renameat(int a, const char* from, int b, const char* to) { return rename_any(a, from, b, to, 0); }
int renameat2(int a, const char* from, int b, const char* to, unsigned flags) { return rename_any(a, from, b, to, flags); }

static int link_any(int from_folder, const char* from, int to_folder, const char* to, int flags) {
    char a[PATH_MAX], b[PATH_MAX];
    const int mine = ours(from_folder, from, a), also_mine = ours(to_folder, to, b);
    if (!mine && !also_mine) return (int)syscall(SYS_linkat, from_folder, from, to_folder, to, flags);
    LOCK();
    if (enter(0) == refuse) return UNLOCK(), -1;
    const int done = (int)syscall(SYS_linkat, from_folder, from, to_folder, to, flags);
    if (done == 0) record("%ld\tlink\t%s\t%s\n", atomic_load(operations), a, b);
    UNLOCK();
    return done;
}
int link(const char* from, const char* to) { return link_any(AT_FDCWD, from, AT_FDCWD, to, 0); }
int linkat(int a, const char* from, int b, const char* to, int flags) { return link_any(a, from, b, to, flags); }

static int unlink_any(int folder, const char* path, int flags) {
    char absolute[PATH_MAX];
    if (!ours(folder, path, absolute)) return (int)syscall(SYS_unlinkat, folder, path, flags);
    LOCK();
    if (enter(0) == refuse) return UNLOCK(), -1;
    const int done = (int)syscall(SYS_unlinkat, folder, path, flags);
    if (done == 0) record("%ld\tunlink\t%s\n", atomic_load(operations), absolute);
    UNLOCK();
    return done;
}
int unlink(const char* path) { return unlink_any(AT_FDCWD, path, 0); }
int unlinkat(int folder, const char* path, int flags) { return unlink_any(folder, path, flags); }
int rmdir(const char* path) { return unlink_any(AT_FDCWD, path, AT_REMOVEDIR); }
int remove(const char* path) {
    struct stat about;
    return unlink_any(AT_FDCWD, path, lstat(path, &about) == 0 && S_ISDIR(about.st_mode) ? AT_REMOVEDIR : 0);
}

static int mkdir_any(int folder, const char* path, mode_t bits) {
    char absolute[PATH_MAX];
    if (!ours(folder, path, absolute)) return (int)syscall(SYS_mkdirat, folder, path, bits);
    LOCK();
    if (enter(0) == refuse) return UNLOCK(), -1;
    const int done = (int)syscall(SYS_mkdirat, folder, path, bits);
    if (done == 0) record("%ld\tmkdir\t%s\n", atomic_load(operations), absolute);
    UNLOCK();
    return done;
}
int mkdir(const char* path, mode_t bits) { return mkdir_any(AT_FDCWD, path, bits); }
int mkdirat(int folder, const char* path, mode_t bits) { return mkdir_any(folder, path, bits); }
