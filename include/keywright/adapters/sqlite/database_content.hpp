// SPDX-License-Identifier: Apache-2.0
// Environments' data as encrypted databases: a content store by which apply, return, restore, copy and reset drive real
// databases. A backup is taken while they are in use, and needs no key.
// Depends on: ports/content_store, adapters/detail/content_folders (layout of the folders), adapters/sqlite/encrypted.
// Use: `auto store = sqlite::database_content::open("/var/lib/app/databases");`
//      `auto db = sqlite::open(store->path(ref) + "/main.db", [&] { return environment.pages(access::read_write); });`
#pragma once

#include <keywright/adapters/detail/content_folders.hpp>
#include <keywright/adapters/sqlite/encrypted/new_database.hpp>
#include <keywright/adapters/sqlite/encrypted/replacement.hpp>
#include <keywright/adapters/sqlite/encrypted/snapshot.hpp>

namespace keywright::sqlite {

namespace detail {

/// Every file is an encrypted database, or what SQLite keeps beside one.
class database_items {
public:
    /// Journals and logs come and go with their databases, and so does what a killed restore or conversion left.
    static std::vector<file::detail::tree_item> of(std::vector<file::detail::tree_item>&& tree) {
        const auto all = tree;
        std::erase_if(tree, [&all](const auto& item) {
            return std::any_of(beside.begin(), beside.end(), [&](std::string_view suffix) { return is_beside(item, suffix, all); });
        });
        return std::move(tree);
    }

    [[nodiscard]] static result<void> rebuild(const file::moving_item& item, const keys::data_key_lease& opens,
                                              const keys::data_key_lease& seals, const ports::content_progress& told) {
        auto from = snapshot::take(item.source, std::make_shared<page_access>(opens, envelope::page_suite::aes256_gcm_siv), patience);
        if (!from) return as_corrupt(from.error());
        const auto target = file::open_file(item.target, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW);
        if (!target) return pass(target);
        auto to = new_database::begin(*target, seals, from->header().suite, from->header().page_size);
        if (!to) return pass(to);
        for (std::uint32_t number = 1; number <= from->pages(); ++number) {
            const auto page = from->read(number);
            if (!page) return pass(page);
            if (number == 1)
                if (auto fine = check_first_page(page->clear, from->pages()); !fine) return fine;
            if (auto added = to->add(page->clear); !added) return added;
            told(envelope::header_size + std::uint64_t{number} * page->clear.size(), item.size);
        }
        return to->finish();
    }

    /// The file, its journal or log, and what a killed re-encryption left, as they are at one moment. A journal that a living writer has is copied in vain: it
    /// holds the pages as they are in the copy.
    [[nodiscard]] static result<void> copy(const file::moving_item& item) {
        auto from = bare_file::open(item.source);
        if (!from) return pass(from);
        if (auto locked = from->lock(SQLITE_LOCK_SHARED, patience); !locked) return locked;
        if (auto held = from->hold_log(patience); !held) return held;
        const auto target = file::open_file(item.target, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW);
        if (!target) return pass(target);
        auto copied = from->read_all([&](byte_view piece) { return file::write_fully(*target, piece); });
        if (copied) copied = file::sync(*target);
        bytes buffer(std::size_t{1} << 18);
        for (const char* suffix : {"-journal", "-wal", resealing::suffix}) {
            if (!copied) return copied;
            const auto there = file::detail::present(item.source + suffix);
            if (!there) return pass(there);
            if (*there) copied = file::detail::copy_file(item.source + suffix, item.target + suffix, buffer);
        }
        return copied;
    }

private:
    static constexpr seconds patience{5}; // how long others are waited for
    static constexpr std::array<std::string_view, 5> beside{"-journal", "-wal", "-shm", resealing::suffix, replacement::suffix};

    static bool is_beside(const file::detail::tree_item& item, std::string_view suffix, const std::vector<file::detail::tree_item>& all) {
        if (item.is_folder || !item.path.ends_with(suffix)) return false;
        const auto database = std::string_view(item.path).substr(0, item.path.size() - suffix.size());
        return std::any_of(all.begin(), all.end(), [&](const auto& other) { return !other.is_folder && other.path == database; });
    }
    /// In an environment's folder belongs nothing but databases of its own.
    static tl::unexpected<error> as_corrupt(const error& e) {
        if (e.code == errc::malformed || e.code == errc::unsupported || e.code == errc::misused)
            return fail(errc::corrupt, "content: expected an encrypted database in every file of an environment", e.native);
        return tl::unexpected(e);
    }
};

} // namespace detail

// A generation is a folder, a backup too; the databases in it have any names, sub-folders with them. What is not noticed,
// beside what encrypted_database says: a database put in another one's place within one environment, or a whole one removed.
// A rebuild reads what was committed, from log and journal, too, which SQLite may write back into the old file; it waits 5 s
// for transactions of others to end, then fails with timed_out. Everybody closes the databases of a generation that is no
// longer current. A backup is a copy of files: while it is made writers wait, and a transaction over several databases whose
// process was killed may be in one of them and not in the other.

/// Thread safety: concurrent, also with other processes. Nothing is kept open between calls.
class database_content : public file::content_folders<detail::database_items> {
public:
    /// What its data is sealed under: a service leases this beside the keys of messages.
    static constexpr keys::data_purpose purpose = keys::data_purpose::page;

    /// The folder is made when it is missing and its parent is there.
    [[nodiscard]] static result<database_content> open(std::string root) {
        if (auto made = file::make_folder_durably(root); !made) return pass(made);
        return database_content(std::move(root));
    }

private:
    using content_folders::content_folders;
};
static_assert(ports::check_content_store<database_content>());

} // namespace keywright::sqlite
