// SPDX-License-Identifier: Apache-2.0
// A tree of files as one thing: listed, copied, synced, removed. Only folders and regular files are content; symbolic
// links, devices and the like are refused, because what they lead to is not in the folder.
// Depends on: adapters/file/durable. Nearest user: content_folders.
#pragma once

#include <keywright/adapters/file/durable.hpp>

#include <filesystem>
#include <system_error>
#include <vector>

namespace keywright::file::detail {

struct tree_item {
    std::string path; ///< relative to the tree's folder
    bool is_folder = false;
    std::uint64_t size = 0; ///< bytes of a file
};

/// Whether a name is one that durable.hpp gives to files that are being written (`<name>.<pid>-<number>.tmp`). One
/// that stays behind a killed process is no content, and must not stand in the way of a rebuild for ever.
inline bool is_unfinished(std::string_view name) {
    if (!name.ends_with(temporary_suffix)) return false;
    name.remove_suffix(temporary_suffix.size());
    const auto take_digits = [&name] {
        const auto last = name.find_last_not_of("0123456789");
        const bool some = last != name.npos && last + 1 < name.size();
        if (some) name = name.substr(0, last + 1);
        return some;
    };
    const auto take = [&name](char c) {
        if (!name.ends_with(c)) return false;
        name.remove_suffix(1);
        return true;
    };
    return take_digits() && take('-') && take_digits() && take('.') && !name.empty();
}

[[nodiscard]] inline tl::unexpected<error> fail_code(const std::error_code& code, const char* text) noexcept {
    return fail(errc_of(code.value()), text, code.value());
}

/// What is in a folder, at any depth, each folder before what is in it; unfinished files are left out. Fails with
/// not_found when there is no such folder, corrupt when there is anything but files and folders.
[[nodiscard]] inline result<std::vector<tree_item>> list_tree(const std::string& folder) {
    namespace fs = std::filesystem;
    std::vector<tree_item> items;
    std::error_code failed;
    fs::recursive_directory_iterator at(folder, failed);
    for (; !failed && at != fs::recursive_directory_iterator(); at.increment(failed)) {
        const auto type = at->symlink_status(failed).type();
        if (failed) break;
        tree_item item{at->path().native().substr(folder.size() + 1), type == fs::file_type::directory};
        if (!item.is_folder && type != fs::file_type::regular)
            return fail(errc::corrupt, "content: expected files and folders only, found a link, a device or the like");
        if (!item.is_folder && is_unfinished(item.path)) continue;
        if (!item.is_folder) item.size = at->file_size(failed);
        if (failed) break;
        items.push_back(std::move(item));
    }
    if (failed) return fail_code(failed, "content: expected to read the folder");
    return items;
}

/// Removes a file or a folder with all that is in it, following no link; one that is not there is success.
[[nodiscard]] inline result<void> remove_tree(const std::string& path) {
    std::error_code failed;
    std::filesystem::remove_all(path, failed);
    if (failed) return fail_code(failed, "content: expected to remove the folder");
    return {};
}

/// Syncs the folder and all folders in it, so that every name in the tree survives a power cut.
[[nodiscard]] inline result<void> sync_folders(const std::string& folder, const std::vector<tree_item>& items) {
    for (const auto& item : items) {
        if (!item.is_folder) continue;
        if (auto synced = sync_folder(folder + '/' + item.path); !synced) return synced;
    }
    return sync_folder(folder);
}

/// Copies a file's bytes into a new file, and syncs them; the name is not synced. Follows no link.
[[nodiscard]] inline result<void> copy_file(const std::string& from, const std::string& to, byte_span buffer) {
    const auto in = open_file(from, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    if (!in) return pass(in);
    const auto out = open_file(to, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW);
    if (!out) return pass(out);
    for (;;) {
        const auto got = read_fully(*in, buffer);
        if (!got) return pass(got);
        if (auto wrote = write_fully(*out, buffer.first(*got)); !wrote) return wrote;
        if (*got < buffer.size()) return sync(*out);
    }
}

} // namespace keywright::file::detail
