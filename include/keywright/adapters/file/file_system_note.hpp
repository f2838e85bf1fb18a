// SPDX-License-Identifier: Apache-2.0
// What "overwritten in place" is worth on the file system that a folder lies on. The certificate of a lock quotes it,
// because a reader who is not told would take every file system for one that overwrites.
// Linux. Depends on: core. Use: `auto note = file::note_on_file_system("/var/lib/app/vault");`
#pragma once

#include <keywright/adapters/file/durable.hpp>

#include <cstdint>
#include <fstream>
#include <string>
#include <string_view>

#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

namespace keywright::file {

struct file_system_note {
    std::string_view name;              ///< "ext4", "btrfs", …; "unknown"
    bool overwrites_in_place = false;   ///< whether the file system puts the new bytes where the old ones were
    std::string_view sentence;          ///< for people; static text
};

namespace detail {

inline constexpr std::string_view in_place_sentence =
    "this file system overwrites in place: the medium was told to replace the erased key's only copy. Flash memory may keep the old "
    "block, and a snapshot of the volume or a backup of the folder keeps the old key";
inline constexpr std::string_view elsewhere_sentence =
    "this file system writes changed bytes to another place: the erased key may stay readable on the medium until its block is reused, "
    "and for as long as a snapshot holds it";
inline constexpr std::string_view volatile_sentence =
    "this file system lives in memory: the erased key is gone from it, and every key is lost with the machine's next start";
inline constexpr std::string_view remote_sentence =
    "this file system belongs to another machine: whether the erased key's bytes were replaced there cannot be told from here";
inline constexpr std::string_view journal_sentence =
    "this file system is mounted with data=journal: the erased key may stay readable in the journal until that is overwritten";
inline constexpr std::string_view unknown_sentence =
    "this file system is not known to overwrite in place: nothing is promised about the erased key's old bytes";

/// From linux/magic.h and, where that lacks them, from the file systems' own sources.
constexpr file_system_note note_on_magic(std::uint32_t magic) {
    switch (magic) {
    case 0xEF53: return {"ext4", true, in_place_sentence}; // ext2 and ext3 alike
    case 0x58465342: return {"xfs", true, in_place_sentence};
    case 0x9123683E: return {"btrfs", false, elsewhere_sentence};
    case 0x2FC12FC1: return {"zfs", false, elsewhere_sentence};
    case 0xCA451A4E: return {"bcachefs", false, elsewhere_sentence};
    case 0xF2F52010: return {"f2fs", false, elsewhere_sentence};
    case 0x794C7630: return {"overlayfs", false, elsewhere_sentence};
    case 0x01021994: return {"tmpfs", true, volatile_sentence};
    case 0x6969: return {"nfs", false, remote_sentence};
    case 0xFF534D42:
    case 0xFE534D42: return {"smb", false, remote_sentence};
    case 0x65735546: return {"fuse", false, remote_sentence};
    case 0x01021997: return {"9p", false, remote_sentence};
    default: return {"unknown", false, unknown_sentence};
    }
}

/// Whether the mount with this device number journals data, by /proc/self/mountinfo: its third field is the number,
/// its options end the line.
inline bool journals_data(dev_t device, std::istream& mounts) {
    const auto wanted = ' ' + std::to_string(major(device)) + ':' + std::to_string(minor(device)) + ' ';
    for (std::string line; std::getline(mounts, line);)
        if (line.find(wanted) != std::string::npos && line.find("data=journal") != std::string::npos) return true;
    return false;
}

} // namespace detail

/// Fails as statfs does.
[[nodiscard]] inline result<file_system_note> note_on_file_system(const std::string& folder) {
    struct statfs kind{};
    struct stat about{};
    if (::statfs(folder.c_str(), &kind) != 0 || ::stat(folder.c_str(), &about) != 0)
        return fail_errno("file: expected to learn the folder's file system");
    auto note = detail::note_on_magic(static_cast<std::uint32_t>(kind.f_type));
    std::ifstream mounts("/proc/self/mountinfo");
    if (note.name == "ext4" && detail::journals_data(about.st_dev, mounts))
        return file_system_note{note.name, false, detail::journal_sentence};
    return note;
}

} // namespace keywright::file
