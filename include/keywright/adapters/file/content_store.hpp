// SPDX-License-Identifier: Apache-2.0
// Environments' data as folders of files, each file one AWS Encryption SDK message bound to its place. Linux first.
// Depends on: ports/content_store, adapters/detail/content_folders (layout of the folders), adapters/file/message_file.
// Use: `auto store = file::content_store::open("/var/lib/app/content");`
//      `seal_file(lease, "in.pdf", store->path(ref) + "/in.pdf", *store->context_of(ref, "in.pdf"));`
#pragma once

#include <keywright/adapters/detail/content_folders.hpp>
#include <keywright/adapters/file/message_file.hpp>
#include <keywright/envelope/message.hpp>

namespace keywright::file {

// Context of every file: environment, path (relative, with `/`), region, tenant; pairs of the application's own may
// stand beside them. Neither generation nor backup is in it, so that a backup opens as what it is a copy of.

namespace detail {

/// Every file is a message.
class message_items {
public:
    static std::vector<tree_item> of(std::vector<tree_item>&& tree) noexcept { return std::move(tree); }

    [[nodiscard]] static result<void> back_up(const moving_item& item, const ports::content_keys&, instant) {
        bytes buffer(std::size_t{1} << 20);
        return copy_file(item.source, item.target, buffer);
    }
    /// The old message gets a second name in the new place, where reseal_file replaces it.
    [[nodiscard]] static result<void> rebuild(const moving_item& item, const keys::data_key_lease& opens, const keys::data_key_lease& seals,
                                              progress told) {
        if (::linkat(AT_FDCWD, item.source.c_str(), AT_FDCWD, item.target.c_str(), 0) != 0)
            return fail_errno("content: expected to link a file (the file system needs hard links)");
        auto expected = context_of(item.from, item.path);
        if (!expected) return as_corrupt(expected.error());
        auto bound = moved_context(item);
        if (!bound) return as_corrupt(bound.error());
        auto sealed = reseal_file(opens, seals, item.target, *bound, std::move(told), {.expected = std::move(*expected)});
        if (!sealed) return as_corrupt(sealed.error());
        return sealed;
    }
    /// As content_store::context_of.
    [[nodiscard]] static result<keys::encryption_context> context_of(const ports::content_ref& ref, std::string_view relative_path) {
        if (!is_plain(relative_path)) return fail(errc::malformed, "content: expected a plain relative path");
        auto pairs = keys::house_context({.tenant = ref.tenant, .region = ref.region, .environment = ref.environment}).pairs();
        pairs.emplace_back("path", relative_path);
        return keys::encryption_context::make(std::move(pairs));
    }

private:
    static bool is_plain(std::string_view relative) {
        if (relative.find('\0') != relative.npos || is_unfinished(relative)) return false;
        for (std::size_t at = 0; at <= relative.size();) {
            const auto end = std::min(relative.find('/', at), relative.size());
            const auto part = relative.substr(at, end - at);
            if (part.empty() || part == "." || part == "..") return false;
            at = end + 1;
        }
        return true;
    }
    /// The context for the new place, with the application's own pairs; none when the old one stays. The header that
    /// it is read from is proven afterwards, when the file is resealed.
    static result<std::optional<keys::encryption_context>> moved_context(const moving_item& item) {
        const auto place = context_of(item.to, item.path);
        if (!place) return pass(place);
        if (*context_of(item.from, item.path) == *place) return std::nullopt;
        const auto file = open_file(item.source, O_RDONLY | O_NOFOLLOW);
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
};

} // namespace detail

/// Thread safety: concurrent, also with other processes. Nothing is kept open between calls.
class content_store : public content_folders<detail::message_items> {
public:
    /// The folder is made when it is missing and its parent is there.
    [[nodiscard]] static result<content_store> open(std::string root) {
        if (auto made = make_folder_durably(root); !made) return pass(made);
        return content_store(std::move(root));
    }

    /// What a file at this relative path must be bound to. malformed: not a plain relative path in UTF-8 (an empty,
    /// `.` or `..` part, a NUL), or a name that durable.hpp keeps for unfinished files.
    [[nodiscard]] static result<keys::encryption_context> context_of(const ports::content_ref& ref, std::string_view relative_path) {
        return detail::message_items::context_of(ref, relative_path);
    }

private:
    using content_folders::content_folders;
};
static_assert(ports::check_content_store<content_store>());

} // namespace keywright::file
