// SPDX-License-Identifier: Apache-2.0
// Environments' data as folders of items, each generation and each backup one tree that is there whole or not at all. What an
// item is, the adapter says: how it is put under other keys, and how it is copied. Linux first.
// Depends on: ports/content_store, adapters/file/durable, content_tree. Nearest users: adapters/file/content_store.hpp,
// adapters/sqlite/database_content.hpp
#pragma once

#include <keywright/adapters/detail/content_tree.hpp>
#include <keywright/ports/content_store.hpp>

#include <charconv>

namespace keywright::file {

// Layout:
//   <root>/<tenant>/<region>/<environment>/lock              flock while a generation or backup is built or dropped
//                                         /<generation>/     decimal: a tree of files
//                                         /backups/<backup>/ the same
//   `~partial` behind a generation's or backup's name: being built or removed, never content; ids hold no `~`

/// One item on its way from one place to another.
struct moving_item {
    const ports::content_ref& from;
    const ports::content_ref& to;
    std::string path;           ///< within either, with `/`
    std::string source, target; ///< where its file is, and where one is to be made; the folder is there, the file is not
    std::uint64_t size = 0;     ///< bytes of the file when it was looked at
};

/// `Items` has `of(tree) -> tree`, what of a tree counts as folders and items; `rebuild(const moving_item&, opens, seals, told)`
/// and `back_up(const moving_item&, keys, taken)`, each of which makes a file and syncs its bytes.
/// Thread safety: concurrent, also with other processes. Nothing is kept open between calls.
template <class Items>
class content_folders {
public:
    /// The folder of a generation or backup, whether it is there or not. An application makes its items in it,
    /// and sub-folders.
    std::string path(const ports::content_ref& ref) const {
        return ref.backup.empty() ? environment(ref) + '/' + std::to_string(ref.generation)
                                  : backups(ref) + '/' + std::string(ref.backup.view());
    }

    [[nodiscard]] result<void> create(const ports::content_ref& ref) {
        const auto held = prepare(ref);
        if (!held) return pass(held);
        return make_folder_durably(path(ref));
    }

    [[nodiscard]] result<void> rebuild(const ports::content_ref& from, const ports::content_ref& to, const keys::data_key_lease& opens,
                                       const keys::data_key_lease& seals, const ports::content_progress& told = {}) {
        const auto begun = begin(from, to);
        if (!begun) return pass(begun);
        // Whoever had the lock before has done this very work; to begin again would take away what may be current by now.
        if (std::error_code failed; std::filesystem::symlink_status(path(to), failed).type() == std::filesystem::file_type::directory)
            return {};
        if (auto removed = remove(to); !removed) return removed;
        for (const auto* lease : {&opens, &seals})
            if (auto usable = lease->check(); !usable) return usable;
        std::uint64_t total = 0, done = 0;
        for (const auto& item : begun->items) total += item.size;
        return build(to, begun->items, [&](const detail::tree_item& item, const std::string& target) {
            auto sealed = items_.rebuild(moving(from, to, item, target), opens, seals, [&](std::uint64_t read, std::uint64_t) {
                if (told) told(done + std::min(read, item.size), total);
            });
            done += item.size;
            return sealed;
        });
    }

    [[nodiscard]] result<void> back_up(const ports::content_ref& from, const ports::content_ref& to, const ports::content_keys& keys,
                                       instant taken) {
        if (to.backup.empty()) return fail(errc::misused, "content: expected the name of a backup");
        const auto begun = begin(from, to);
        if (!begun) return pass(begun);
        const auto there = detail::present(path(to));
        if (!there) return pass(there);
        if (*there) return fail(errc::already_exists, "content: expected a name that is free; drop what has it first");
        return build(to, begun->items, [&](const detail::tree_item& item, const std::string& target) {
            return items_.back_up(moving(from, to, item, target), keys, taken);
        });
    }

    [[nodiscard]] result<void> drop(const ports::content_ref& ref) {
        if (auto fine = check(ref); !fine) return fine;
        const auto held = lock(ref);
        if (!held && held.error().code == errc::not_found) return {};
        if (!held) return pass(held);
        if (auto swept = sweep(ref); !swept) return swept;
        return remove(ref);
    }

    [[nodiscard]] result<std::vector<ports::content_ref>> list(const tenant_id& tenant, const region_id& region,
                                                               const environment_id& environment_of) {
        const ports::content_ref place{tenant, region, environment_of};
        if (auto fine = check(place); !fine) return pass(fine);
        std::vector<ports::content_ref> found;
        const auto generations = folders_in(environment(place));
        if (!generations) return pass(generations);
        for (const auto& name : *generations) {
            auto ref = place;
            std::from_chars(name.data(), name.data() + name.size(), ref.generation);
            if (std::to_string(ref.generation) == name) found.push_back(ref);
        }
        const auto kept = folders_in(backups(place));
        if (!kept) return pass(kept);
        for (const auto& name : *kept) {
            if (!backup_id::valid(name)) continue;
            found.push_back(place);
            found.back().backup = backup_id(name);
        }
        return found;
    }

protected:
    explicit content_folders(std::string&& root, Items items = {}) noexcept : root_(std::move(root)), items_(std::move(items)) {}

private:
    /// Locks on both environments (one when they are the same), and what there is to build from.
    struct beginning {
        std::vector<descriptor> locks;
        std::vector<detail::tree_item> items;
    };

    static constexpr std::string_view partial_suffix = "~partial";

    moving_item moving(const ports::content_ref& from, const ports::content_ref& to, const detail::tree_item& item,
                       const std::string& target) const {
        return {from, to, item.path, path(from) + '/' + item.path, target, item.size};
    }

    std::string environment(const ports::content_ref& ref) const {
        std::string folder = root_;
        for (const auto part : {ref.tenant.view(), ref.region.view(), ref.environment.view()}) folder.append(1, '/').append(part);
        return folder;
    }
    std::string backups(const ports::content_ref& ref) const { return environment(ref) + "/backups"; }
    std::string partial(const ports::content_ref& ref) const { return path(ref).append(partial_suffix); }

    static result<void> check(const ports::content_ref& ref) {
        if (ref.tenant.empty() || ref.region.empty() || ref.environment.empty())
            return fail(errc::misused, "content: expected a tenant, a region and an environment");
        return {};
    }
    static result<std::vector<std::string>> folders_in(const std::string& folder) {
        namespace fs = std::filesystem;
        std::vector<std::string> names;
        std::error_code failed;
        for (fs::directory_iterator at(folder, failed); !failed && at != fs::directory_iterator(); at.increment(failed))
            if (at->symlink_status(failed).type() == fs::file_type::directory) names.push_back(at->path().filename().native());
        if (failed && errc_of(failed.value()) != errc::not_found) return detail::fail_code(failed, "content: expected to read the folder");
        return names;
    }

    result<descriptor> lock(const ports::content_ref& ref) const {
        auto held = detail::lock_file(environment(ref) + "/lock");
        if (!held) return fail(held.error().code, "content: expected to lock the environment's folder", held.error().native);
        return held;
    }
    /// Makes the folders above a generation or backup, and takes the environment's lock.
    result<descriptor> prepare(const ports::content_ref& ref) const {
        if (auto fine = check(ref); !fine) return pass(fine);
        const auto region = folder_of(environment(ref));
        for (const auto& folder : {folder_of(region), region, environment(ref)})
            if (auto made = make_folder_durably(folder); !made) return pass(made);
        if (!ref.backup.empty())
            if (auto made = make_folder_durably(backups(ref)); !made) return pass(made);
        auto held = lock(ref);
        if (!held) return held;
        if (auto swept = sweep(ref); !swept) return pass(swept);
        return held;
    }
    /// Requires the lock: nobody builds or removes here, so what is partial was left by somebody who died. Its name is
    /// no content's any more, and nobody would ask for its removal again.
    result<void> sweep(const ports::content_ref& ref) const {
        for (const auto& folder : {environment(ref), backups(ref)}) {
            const auto names = folders_in(folder);
            if (!names) return pass(names);
            bool found = false;
            for (const auto& name : *names) {
                if (!name.ends_with(partial_suffix)) continue;
                found = true;
                if (auto removed = detail::remove_tree(std::string(folder).append("/").append(name)); !removed) return removed;
            }
            if (found)
                if (auto synced = sync_folder(folder); !synced) return synced;
        }
        return {};
    }
    /// `from` is locked as well: dropped under our eyes, it would look like content with fewer files. The locks are
    /// taken in one order by everybody.
    result<beginning> begin(const ports::content_ref& from, const ports::content_ref& to) const {
        if (auto fine = check(from); !fine) return pass(fine);
        if (from == to) return fail(errc::misused, "content: expected two different generations or backups");
        beginning made;
        const bool from_first = environment(from) < environment(to);
        for (const bool is_from : {from_first, !from_first}) {
            if (is_from && environment(from) == environment(to)) continue;
            auto held = is_from ? lock(from) : prepare(to);
            if (!held) return pass(held);
            made.locks.push_back(std::move(*held));
        }
        auto items = detail::list_tree(path(from));
        if (!items) return pass(items);
        made.items = items_.of(std::move(*items));
        return made;
    }

    /// Requires the lock and a sweep. Taken out of sight in one step, so that a kill never leaves half of it looking whole.
    result<void> remove(const ports::content_ref& ref) const {
        if (::rename(path(ref).c_str(), partial(ref).c_str()) != 0) {
            if (errno == ENOENT) return {};
            return fail_errno("content: expected to take the folder out of sight");
        }
        if (auto synced = sync_folder(folder_of(path(ref))); !synced) return synced;
        if (auto removed = detail::remove_tree(partial(ref)); !removed) return removed;
        return sync_folder(folder_of(path(ref)));
    }
    /// Requires the lock, a sweep, and nothing at path(to). `fill(item, target)` makes one file, and syncs its bytes.
    template <class Fill>
    result<void> build(const ports::content_ref& to, const std::vector<detail::tree_item>& items, Fill&& fill) const {
        auto built = build_partial(partial(to), items, fill);
        if (built && ::rename(partial(to).c_str(), path(to).c_str()) != 0)
            built = fail_errno("content: expected to move the folder into place");
        if (built) return sync_folder(folder_of(path(to)));
        // The first failure is what the caller wants to know; remains are no content and go with the next attempt.
        (void)detail::remove_tree(partial(to));
        return built;
    }
    template <class Fill>
    static result<void> build_partial(const std::string& folder, const std::vector<detail::tree_item>& items, Fill&& fill) {
        if (::mkdir(folder.c_str(), 0700) != 0) return fail_errno("content: expected to make the folder");
        for (const auto& item : items) {
            const auto target = folder + '/' + item.path;
            if (item.is_folder && ::mkdir(target.c_str(), 0700) != 0) return fail_errno("content: expected to make a folder");
            if (item.is_folder) continue;
            if (result<void> filled = fill(item, target); !filled) return filled;
        }
        return detail::sync_folders(folder, items);
    }

    std::string root_;
    Items items_;
};

} // namespace keywright::file
