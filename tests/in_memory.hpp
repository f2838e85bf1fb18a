// SPDX-License-Identifier: Apache-2.0
// Test programs keep their folders in memory, so that none waits for a disk.
// Depends on: Linux, else does nothing. Use: `keywright::keep_folders_in_memory();`, first thing in main.
#pragma once

#include <stdlib.h>
#include <sys/statvfs.h>
#include <unistd.h>

namespace keywright {

/// For what asks for a temporary folder from now on; where TMPDIR is set, or memory is short, all stays as it is.
inline void keep_folders_in_memory() {
    constexpr const char* folder = "/dev/shm";
    constexpr unsigned long long needed = 512ull << 20;
    struct statvfs room{};
    if (::statvfs(folder, &room) != 0 || ::access(folder, W_OK | X_OK) != 0) return;
    if (static_cast<unsigned long long>(room.f_bavail) * room.f_frsize >= needed) ::setenv("TMPDIR", folder, 0);
}

} // namespace keywright
