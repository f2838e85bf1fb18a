// SPDX-License-Identifier: Apache-2.0
// Environments' data as encrypted databases: a content store by which apply, return, backup, restore, copy and reset drive
// real databases while they are in use.
// Depends on: ports/content_store, adapters/detail/content_folders (layout of the folders), adapters/sqlite/backup.
// Use: `auto store = sqlite::database_content::open("/var/lib/app/databases");`
//      `auto data = svc.environment(ring, prod, alice);`
//      `auto db = sqlite::open(store->path(*data.content()) + "/main.db", [&] { return data.pages(access::read_write); });`
#pragma once

#include <keywright/adapters/detail/content_folders.hpp>
#include <keywright/adapters/sqlite/backup.hpp>

namespace keywright::sqlite {

namespace detail {

/// Every file of a generation is an encrypted database, or what SQLite keeps beside one; every file of a backup is a container.
class database_items {
public:
    explicit database_items(envelope::page_engine engine) noexcept : engine_(engine) {}

    /// Journals and logs come and go with their databases, and so does what a killed restore or conversion left.
    static std::vector<file::detail::tree_item> of(std::vector<file::detail::tree_item>&& tree) {
        const auto all = tree;
        std::erase_if(tree, [&all](const auto& item) {
            return std::any_of(beside.begin(), beside.end(), [&](std::string_view suffix) { return is_beside(item, suffix, all); });
        });
        return std::move(tree);
    }

    [[nodiscard]] result<void> rebuild(const file::moving_item& item, const keys::data_key_lease& opens, const keys::data_key_lease& seals,
                                       const ports::content_progress& told) const {
        const auto target = new_file(item.target);
        if (!target) return pass(target);
        const keys::key_change keys{opens, seals};
        auto built = item.from.backup.empty() ? from_database(item, *target, keys, told) : from_container(item, *target, keys, told);
        return built ? built : as_corrupt(built.error());
    }

    [[nodiscard]] result<void> back_up(const file::moving_item& item, const ports::content_keys& keys, instant taken) const {
        const auto target = new_file(item.target);
        if (!target) return pass(target);
        const auto written = write_backup(item.source, keys, write_to(*target), {.taken = taken, .engine = engine_, .wait = patience});
        if (!written) return as_corrupt(written.error());
        return file::sync(*target);
    }

private:
    static constexpr seconds patience{5}; // how long others are waited for
    static constexpr std::array<std::string_view, 5> beside{"-journal", "-wal", "-shm", resealing::suffix, replacement::suffix};

    static bool is_beside(const file::detail::tree_item& item, std::string_view suffix, const std::vector<file::detail::tree_item>& all) {
        if (item.is_folder || !item.path.ends_with(suffix)) return false;
        const auto database = std::string_view(item.path).substr(0, item.path.size() - suffix.size());
        return std::any_of(all.begin(), all.end(), [&](const auto& other) { return !other.is_folder && other.path == database; });
    }
    static result<file::descriptor> new_file(const std::string& path) {
        return file::open_file(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW);
    }

    result<void> from_database(const file::moving_item& item, const file::descriptor& target, const keys::key_change& keys,
                               const ports::content_progress& told) const {
        const envelope::page_method method{envelope::page_suite::aes256_gcm_siv, engine_}; // the file says its own suite
        auto from = snapshot::take(item.source, std::make_shared<page_access>(keys.opens, method), patience);
        if (!from) return pass(from);
        auto to = new_database::begin(target, keys.seals, {from->header().suite, engine_}, from->header().page_size);
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
    result<void> from_container(const file::moving_item& item, const file::descriptor& target, const keys::key_change& keys,
                                const ports::content_progress& told) const {
        const auto source = file::open_file(item.source, O_RDONLY | O_NOFOLLOW);
        if (!source) return pass(source);
        std::uint64_t done = 0;
        auto opened = envelope::backup_opener::begin(
            [&](byte_span room) {
                auto got = file::read_fully(*source, room);
                if (got) told(done += *got, item.size);
                return got;
            },
            keys.opens, engine_);
        if (!opened) return pass(opened);
        auto to = new_database::begin(target, keys.seals, {opened->info().suite, engine_}, opened->info().page_size);
        if (!to) return pass(to);
        if (auto moved = read_backup(*opened, [&](byte_view page) { return to->add(page); }); !moved) return moved;
        return to->finish();
    }

    /// In an environment's folder belongs nothing but databases of its own, in a backup nothing but containers of those.
    static tl::unexpected<error> as_corrupt(const error& e) {
        if (e.code != errc::malformed && e.code != errc::unsupported && e.code != errc::misused) return tl::unexpected(e);
        return fail(errc::corrupt, "content: expected an encrypted database in every file of an environment, or its backup", e.native);
    }

    envelope::page_engine engine_;
};

} // namespace detail

// A generation is a folder of databases, of any names, with sub-folders; a backup is one of containers
// (envelope/page_backup), each of the name of its database: `verify_backup` checks one, with the environment's keys or without any.
// What is not noticed, beside what encrypted_database says: a database put in another one's place within one environment, or a
// whole one removed. A rebuild or a backup takes what was committed, from log and journal, too, which SQLite may write back into
// the old file, and each database as it is at one moment, one after the other. It waits 5 s for transactions of others to end, then
// fails with timed_out; where there is no log, others wait for it to write. Everybody closes the databases of a generation that is
// no longer current.

struct content_options {
    envelope::page_engine engine = envelope::botan_pages; ///< who decrypts, and encrypts; the files are the same
};

/// Thread safety: concurrent, also with other processes. Nothing is kept open between calls.
class database_content : public file::content_folders<detail::database_items> {
public:
    /// What its data is sealed under: a service leases this beside the keys of messages.
    static constexpr std::array purposes{keys::data_purpose::page};

    /// The folder is made when it is missing and its parent is there.
    [[nodiscard]] static result<database_content> open(std::string root, content_options options = {}) {
        if (auto made = file::make_folder_durably(root); !made) return pass(made);
        return database_content(std::move(root), detail::database_items(options.engine));
    }

private:
    using content_folders::content_folders;
};
static_assert(ports::check_content_store<database_content>());

} // namespace keywright::sqlite
