// SPDX-License-Identifier: Apache-2.0
// An encrypted database written from its first page to its last, into a new file, under a file key of its own; without
// SQLite. Used to put what is in a backup, or in a database of another environment, under an environment's keys.
// Depends on: adapters/file/durable, first_page, envelope/page_header, page_keys, keys/lease. Used by adapters/sqlite/backup and
// database_content.
#pragma once

#include <keywright/adapters/file/durable.hpp>
#include <keywright/adapters/sqlite/encrypted/first_page.hpp>
#include <keywright/adapters/sqlite/encrypted/page_grid.hpp>
#include <keywright/envelope/page_header.hpp>
#include <keywright/envelope/page_keys.hpp>
#include <keywright/keys/lease.hpp>

namespace keywright::sqlite::detail {

/// Refuses a first page that SQLite, or this VFS, would not read in a file of so many pages of that size. corrupt.
[[nodiscard]] inline result<void> check_first_page(byte_view page, std::uint64_t pages) {
    if (!leaves_room_for_seals(page))
        return fail(errc::corrupt, "sqlite: the first page says that pages are of another size than they are");
    if (pages_counted(page) > pages) return fail(errc::corrupt, "sqlite: the database has lost pages at its end; use another copy of it");
    return {};
}

/// Thread safety: one thread at a time.
class new_database {
public:
    /// `file` is new and empty. Takes one use of the lease, which outlives this. Fails as the lease does.
    [[nodiscard]] static result<new_database> begin(const file::descriptor& file, const keys::data_key_lease& seals,
                                                    const envelope::page_method& how, std::uint32_t page_size) {
        envelope::file_identity identity;
        auto drawn = keywright::detail::botan_boundary(errc::unavailable, "sqlite: the system's generator failed",
                                                       [&] { Botan::system_rng().randomize(identity); });
        if (!drawn) return pass(drawn);
        const auto file_key = keys::random_secret();
        if (!file_key) return pass(file_key);
        auto wrapped = seals.wrap(keys::data_purpose::page, envelope::file_key_context(seals.environment(), identity), *file_key);
        if (!wrapped) return pass(wrapped);
        auto derived = envelope::page_keys::derive(*file_key, how, identity);
        if (!derived) return pass(derived);
        envelope::page_header header(std::move(*wrapped));
        header.suite = how.suite;
        header.page_size = page_size;
        header.file = identity;
        header.populated = true;
        return new_database(file, seals, std::move(*derived), std::move(header));
    }
    /// The next page, in the clear. Fails as the lease does.
    [[nodiscard]] result<void> add(byte_view page) {
        if (auto usable = seals_->check(); !usable) return usable;
        const auto sealed = keys_.pages.seal({.kind = envelope::page_kind::database, .number = ++pages_}, page);
        if (!sealed) return pass(sealed);
        return file::write_fully_at(*file_, static_cast<std::uint64_t>(page_grid(page.size()).place_of(pages_)), *sealed);
    }
    /// Once: writes the header, whose sequence goes on behind `sequence`, and brings all of it to the disk.
    [[nodiscard]] result<void> finish(std::uint64_t sequence = 0) {
        if (auto usable = seals_->check(); !usable) return usable;
        header_.sequence = sequence;
        for (const std::uint64_t copy : {0u, 1u}) {
            header_.sequence += 1;
            const auto sealed = header_.seal(keys_.header_mac());
            if (!sealed) return pass(sealed);
            if (auto wrote = file::write_fully_at(*file_, copy * envelope::header_slot_size, *sealed); !wrote) return wrote;
        }
        return file::sync(*file_);
    }
    /// Of the finished header.
    std::uint64_t sequence() const noexcept { return header_.sequence; }

private:
    new_database(const file::descriptor& file, const keys::data_key_lease& seals, envelope::page_keys&& keys,
                 envelope::page_header&& header) noexcept
        : file_(&file), seals_(&seals), keys_(std::move(keys)), header_(std::move(header)) {}

    const file::descriptor* file_;
    const keys::data_key_lease* seals_;
    envelope::page_keys keys_;
    envelope::page_header header_;
    std::uint32_t pages_ = 0;
};

} // namespace keywright::sqlite::detail
