// SPDX-License-Identifier: Apache-2.0
// The folder of a file vault: its names, its locks, and the slot files that make a key erasable.
//     vault.header         costs of the passphrase                    vault_format.hpp
//     vault.lock           flock while the folder changes             exclusive
//     owners/<hex>.lock    flock as long as a vault object lives      tells whether a stager is alive
//     keys/<id>.staged     a sealed key, not published; publishing renames it
//     keys/<id>.key        a sealed key, published
//     keys/<id>.slot       its slot block, overwritten in place by destruction
// In a file name `/` of an id is written `+`, which ids do not contain.
// Depends on: adapters/file/durable, vault_format.
#pragma once

#include <keywright/adapters/file/durable.hpp>
#include <keywright/adapters/file/vault_format.hpp>

#include <botan/hex.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace keywright::file::detail {

inline constexpr std::string_view staged_suffix = ".staged";
inline constexpr std::string_view published_suffix = ".key";
inline constexpr std::string_view slot_suffix = ".slot";

struct vault_names {
    std::string folder;

    std::string header() const { return folder + "/vault.header"; }
    std::string lock() const { return folder + "/vault.lock"; }
    std::string owners() const { return folder + "/owners"; }
    std::string owner(const random_id& id) const { return owners() + '/' + Botan::hex_encode(id.data(), id.size(), false) + ".lock"; }
    std::string keys() const { return folder + "/keys"; }
    std::string key(std::string_view id, std::string_view suffix) const {
        std::string name(id);
        std::ranges::replace(name, '/', '+');
        return keys() + '/' + name.append(suffix);
    }
};

/// A name within keys/, taken apart; an empty id when it is not one of ours.
struct key_name {
    std::string id;
    std::string_view suffix;
};
inline key_name parse_key_name(std::string_view name) {
    for (const auto suffix : {staged_suffix, published_suffix, slot_suffix}) {
        if (!name.ends_with(suffix)) continue;
        std::string id(name.substr(0, name.size() - suffix.size()));
        std::ranges::replace(id, '+', '/');
        if (ports::valid_vault_id(id)) return {std::move(id), suffix};
    }
    return {};
}

/// The names in a folder, without `.` and `..`, in no order.
[[nodiscard]] inline result<std::vector<std::string>> names_in(const std::string& folder) {
    const std::unique_ptr<DIR, int (*)(DIR*)> open(::opendir(folder.c_str()), &::closedir);
    if (!open) return fail_errno("vault: expected to read the folder");
    std::vector<std::string> names;
    errno = 0;
    while (const auto* entry = ::readdir(open.get())) {
        const std::string_view name = entry->d_name;
        if (name != "." && name != "..") names.emplace_back(name);
    }
    if (errno != 0) return fail_errno("vault: expected to read the folder");
    return names;
}

// --- locks ---

/// Whether the process that made this owner lock is still there. Asks with a shared lock, so that two who ask do not
/// take each other for the owner.
[[nodiscard]] inline result<bool> owner_lives(const std::string& path) {
    const auto file = open_file(path, O_RDONLY | O_NOFOLLOW);
    if (!file && file.error().code == errc::not_found) return false;
    if (!file) return pass(file);
    if (retry_on_signal([&] { return ::flock(file->number(), LOCK_SH | LOCK_NB); }) == 0) return false;
    if (errno == EWOULDBLOCK) return true;
    return fail_errno("vault: expected to ask for an owner's lock");
}

// --- slot files ---

[[nodiscard]] inline result<slot_block> load_slot(const std::string& path) {
    const auto file = open_file(path, O_RDONLY | O_NOFOLLOW);
    if (!file) return pass(file);
    secret_bytes block(slot_block_size + 1); // one more, to notice a longer file
    const auto room = keywright::detail::reveal_writable(block);
    const auto got = read_fully(*file, room);
    if (!got) return pass(got);
    return read_slot(room.first(*got));
}

/// Only the part that is not secret; not_found when it has been destroyed.
[[nodiscard]] inline result<random_id> load_slot_serial(const std::string& path) {
    const auto file = open_file(path, O_RDONLY | O_NOFOLLOW);
    if (!file) return pass(file);
    std::array<std::uint8_t, 24> start{};
    const auto got = read_fully(*file, start);
    if (!got) return pass(got);
    if (*got != start.size() || as_text(byte_view(start).first(8)) != slot_magic)
        return fail(errc::not_found, "vault: the key has been destroyed");
    random_id serial;
    std::copy(start.begin() + 8, start.end(), serial.begin());
    return serial;
}

/// Requires: no such file. The name is safe before the key is written: bytes that no name leads to after a power cut
/// could not be erased any more. Syncing the folder also ends whatever was removed from it before.
[[nodiscard]] inline result<void> create_slot(const std::string& path, const slot_block& slot) {
    const auto file = open_file(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
    if (!file) return pass(file);
    if (const auto named = sync_folder(folder_of(path)); !named) return named;
    const auto block = write_slot(slot);
    if (const auto wrote = write_fully(*file, keywright::detail::reveal(block)); !wrote) return wrote;
    return sync(*file); // allocates the block, so that overwriting it later needs no room and moves nothing
}

/// Overwrites the block where it lies and waits for the disk; success when there is no such file. Needs no room on
/// the disk, whatever part of the block a killed process had written. May be repeated: it writes again, because a
/// second sync after a failed one would prove nothing.
[[nodiscard]] inline result<void> erase_slot(const std::string& path) {
    const auto file = open_file(path, O_WRONLY | O_NOFOLLOW);
    if (!file && file.error().code == errc::not_found) return {};
    if (!file) return pass(file);
    struct stat about{};
    if (::fstat(file->number(), &about) != 0) return fail_errno("vault: expected to learn the size of a slot");
    const bytes zeros(std::min(static_cast<std::size_t>(about.st_size), slot_block_size));
    if (const auto wrote = write_fully(*file, zeros); !wrote) return wrote;
    if (retry_on_signal([&] { return ::fdatasync(file->number()); }) != 0)
        return fail_errno("vault: expected to sync an erased slot to the disk");
    return {};
}

/// Removes a name; one that is not there is success. The folder is synced by the caller, once.
[[nodiscard]] inline result<void> remove_name(const std::string& path) {
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) return fail_errno("vault: expected to remove a file");
    return {};
}

// --- changes; each requires the folder's lock ---

/// First the slot key is gone from the disk, and only then the names: killed at any point, there is either the whole
/// key or none. Of a key that is not there nothing happens. The folder is not synced: names that a power cut
/// brings back lead to an erased slot, and the next opening removes them again.
[[nodiscard]] inline result<void> remove_key(const vault_names& names, std::string_view id) {
    if (const auto erased = erase_slot(names.key(id, slot_suffix)); !erased) return erased;
    for (const auto suffix : {staged_suffix, published_suffix, slot_suffix})
        if (const auto removed = remove_name(names.key(id, suffix)); !removed) return removed;
    return {};
}

/// True when there is a sealed key and its slot has not been destroyed (it may be damaged).
[[nodiscard]] inline result<bool> key_exists(const vault_names& names, std::string_view id) {
    auto sealed = present(names.key(id, staged_suffix));
    if (sealed && !*sealed) sealed = present(names.key(id, published_suffix));
    if (!sealed || !*sealed) return sealed;
    const auto slot = load_slot(names.key(id, slot_suffix));
    if (slot || slot.error().code == errc::corrupt) return true;
    if (slot.error().code == errc::not_found) return false;
    return pass(slot);
}

/// Removes what killed processes left: unfinished files, slots without a key, keys whose slot is gone.
[[nodiscard]] inline result<void> finish_killed_changes(const vault_names& names) {
    const auto found = names_in(names.keys());
    if (!found) return pass(found);
    for (const auto& name : *found) {
        if (name.ends_with(temporary_suffix)) {
            if (const auto removed = remove_name(names.keys() + '/' + name); !removed) return removed;
            continue;
        }
        const auto parsed = parse_key_name(name);
        if (parsed.id.empty()) continue;
        const auto exists = key_exists(names, parsed.id);
        if (!exists) return pass(exists);
        if (*exists) continue;
        if (const auto done = remove_key(names, parsed.id); !done) return done;
    }
    return {};
}

/// Removes the locks of owners that are gone.
[[nodiscard]] inline result<void> forget_dead_owners(const vault_names& names) {
    const auto found = names_in(names.owners());
    if (!found) return pass(found);
    for (const auto& name : *found) {
        const auto path = names.owners() + '/' + name;
        const auto lives = owner_lives(path);
        if (!lives) return pass(lives);
        if (*lives) continue;
        if (const auto removed = remove_name(path); !removed) return removed;
    }
    return {};
}

} // namespace keywright::file::detail
