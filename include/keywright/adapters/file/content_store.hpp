// SPDX-License-Identifier: Apache-2.0
// Environments' data as folders of files, each file one AWS Encryption SDK message bound to its place. Linux first.
// Depends on: ports/content_store, adapters/file/message_file, content_tree, vault_folder (the lock).
// Use: `auto store = file::content_store::open("/var/lib/app/content");`
//      `seal_file(lease, "in.pdf", store->path(ref) + "/in.pdf", *store->context_of(ref, "in.pdf"));`
#pragma once

#include <keywright/adapters/file/content_tree.hpp>
#include <keywright/adapters/file/message_file.hpp>
#include <keywright/adapters/file/vault_folder.hpp>
#include <keywright/envelope/message.hpp>
#include <keywright/ports/content_store.hpp>

#include <charconv>

namespace keywright::file {

// Layout:
//   <root>/<tenant>/<region>/<environment>/lock              flock while a generation or backup is built or dropped
//                                         /<generation>/     decimal: a tree of files
//                                         /backups/<backup>/ the same
//   `~partial` behind a generation's or backup's name: being built or removed, never content; ids hold no `~`
// Context of every file: environment, path (relative, with `/`), region, tenant; pairs of the application's own may
// stand beside them. Neither generation nor backup is in it, so that a duplicate opens as what it is a copy of.

/// Thread safety: concurrent, also with other processes. Nothing is kept open between calls.
class content_store {
public:
    /// The folder is made when it is missing and its parent is there.
    [[nodiscard]] static result<content_store> open(std::string root) {
        if (auto made = make_folder_durably(root); !made) return pass(made);
        return content_store(std::move(root));
    }

    /// The folder of a generation or backup, whether it is there or not. An application seals files into it, opens
    /// them, and makes sub-folders.
    std::string path(const ports::content_ref& ref) const {
        return ref.backup.empty() ? environment(ref) + '/' + std::to_string(ref.generation)
                                  : backups(ref) + '/' + std::string(ref.backup.view());
    }

    /// What a file at this relative path must be bound to. malformed: not a plain relative path in UTF-8 (an empty,
    /// `.` or `..` part, a NUL), or a name that durable.hpp keeps for unfinished files.
    [[nodiscard]] static result<keys::encryption_context> context_of(const ports::content_ref& ref, std::string_view relative_path) {
        if (!is_plain(relative_path)) return fail(errc::malformed, "content: expected a plain relative path");
        auto pairs = keys::house_context({.tenant = ref.tenant, .region = ref.region, .environment = ref.environment}).pairs();
        pairs.emplace_back("path", relative_path);
        return keys::encryption_context::make(std::move(pairs));
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
            auto sealed = reseal(from, to, item, target, opens, seals, [&](std::uint64_t read, std::uint64_t) {
                if (told) told(done + read, total);
            });
            done += item.size;
            return sealed;
        });
    }

    [[nodiscard]] result<void> duplicate(const ports::content_ref& from, const ports::content_ref& to) {
        const auto begun = begin(from, to);
        if (!begun) return pass(begun);
        const auto taken = detail::present(path(to));
        if (!taken) return pass(taken);
        if (*taken) return fail(errc::already_exists, "content: expected a name that is free; drop what has it first");
        bytes buffer(std::size_t{1} << 20);
        return build(to, begun->items, [&](const detail::tree_item& item, const std::string& target) {
            return detail::copy_file(path(from) + '/' + item.path, target, buffer);
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

private:
    /// Locks on both environments (one when they are the same), and what there is to build from.
    struct beginning {
        std::vector<descriptor> locks;
        std::vector<detail::tree_item> items;
    };

    static constexpr std::string_view partial_suffix = "~partial";

    explicit content_store(std::string&& root) noexcept : root_(std::move(root)) {}

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
    static bool is_plain(std::string_view relative) {
        if (relative.find('\0') != relative.npos || detail::is_unfinished(relative)) return false;
        for (std::size_t at = 0; at <= relative.size();) {
            const auto end = std::min(relative.find('/', at), relative.size());
            const auto part = relative.substr(at, end - at);
            if (part.empty() || part == "." || part == "..") return false;
            at = end + 1;
        }
        return true;
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
        made.items = std::move(*items);
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

    /// The old message gets a second name in the new place, where reseal_file replaces it.
    result<void> reseal(const ports::content_ref& from, const ports::content_ref& to, const detail::tree_item& item,
                        const std::string& target, const keys::data_key_lease& opens, const keys::data_key_lease& seals,
                        progress told) const {
        const auto source = path(from) + '/' + item.path;
        if (::linkat(AT_FDCWD, source.c_str(), AT_FDCWD, target.c_str(), 0) != 0)
            return fail_errno("content: expected to link a file (the file system needs hard links)");
        auto expected = context_of(from, item.path);
        if (!expected) return as_corrupt(expected.error());
        auto bound = moved_context(from, to, item, source);
        if (!bound) return as_corrupt(bound.error());
        auto sealed = reseal_file(opens, seals, target, *bound, std::move(told), {.expected = std::move(*expected)});
        if (!sealed) return as_corrupt(sealed.error());
        return sealed;
    }
    /// The context for the new place, with the application's own pairs; none when the old one stays. The header that
    /// it is read from is proven afterwards, when the file is resealed.
    static result<std::optional<keys::encryption_context>> moved_context(const ports::content_ref& from, const ports::content_ref& to,
                                                                         const detail::tree_item& item, const std::string& source) {
        const auto place = context_of(to, item.path);
        if (!place) return pass(place);
        if (*context_of(from, item.path) == *place) return std::nullopt;
        const auto file = open_file(source, O_RDONLY | O_NOFOLLOW);
        if (!file) return pass(file);
        bytes header(std::min<std::uint64_t>(item.size, envelope::read_limits{}.max_header));
        const auto got = read_fully(*file, header);
        if (!got) return pass(got);
        auto info = envelope::inspect_header(byte_view(header).first(*got));
        if (!info) return pass(info);
        auto pairs = place->pairs();
        for (const auto& pair : info->context.pairs())
            if (!place->find(pair.first)) pairs.push_back(pair);
        auto bound = keys::encryption_context::make(std::move(pairs));
        if (!bound) return pass(bound);
        return std::move(*bound);
    }
    /// In an environment's folder belongs nothing but messages that seal_file makes.
    static tl::unexpected<error> as_corrupt(const error& e) {
        if (e.code == errc::malformed || e.code == errc::unsupported || e.code == errc::limit_exceeded)
            return fail(errc::corrupt, "content: expected a whole message in every file of an environment", e.native);
        return tl::unexpected(e);
    }

    std::string root_;
};
static_assert(ports::check_content_store<content_store>());

} // namespace keywright::file
