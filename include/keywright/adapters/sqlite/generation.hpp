// SPDX-License-Identifier: Apache-2.0
// The generation of an encrypted database file: a number in its header that only grows, kept elsewhere too, so that an older
// copy of the whole file put in its place is known for one.
// Depends on: encrypted/sole_writer, ports/state_store. Use: `const auto kept = sqlite::kept_in(store, "generation/prod.db");` for
// whoever restores and converts, `kept.keep(*sqlite::generation(db))`, and `sqlite::open(path, source, {.at_least = *kept.known()})`.
#pragma once

#include <keywright/adapters/sqlite/encrypted/sole_writer.hpp>
#include <keywright/ports/state_store.hpp>

#include <functional>

namespace keywright::sqlite {

// It grows when a file is made, when its first pages are on the disk, when a re-encryption begins and when it ends, with
// `raise_generation`, and where a file is restored or converted: above the one that is known, if a `generation_keeper` tells.
// What `at_least` refuses: a file with the header of an earlier generation, one made anew, an empty or a missing one.
// What it does not see: older pages behind the header of now, as long as their key is the same; commits taken back within a
// generation. To notice a copy from yesterday, raise the generation every day. Pages from before a re-encryption do not
// open behind a header from after it.

/// Of the file as it is now; 0 where it holds nothing yet. Fails as `open`.
[[nodiscard]] inline result<std::uint64_t> generation(const database& db) {
    detail::main_file* file = detail::file_of(db.handle());
    if (file == nullptr) return fail(errc::misused, "sqlite: expected an open database");
    if (!file->may_begin()) return tl::unexpected(*file->access().fault());
    file->head().forget_if_changed();
    const int ready = file->make_ready();
    if (ready == SQLITE_EMPTY) return std::uint64_t{0};
    if (ready != SQLITE_OK) return detail::sole_writer::failure(*file, ready, "sqlite: expected to read the header");
    return file->head().header().sequence;
}

/// Makes it `to` or more, on the disk when this returns; one that is there already stays as it is. Waits for those who
/// write, and for readers of a file whose log has been written back. Fails with misused: the file is empty, or this connection
/// has a transaction; permission_denied: it may only read; limit_exceeded: `to` is 2^63 or more; timed_out: others kept at it
/// for longer than `wait`; and as `open`.
[[nodiscard]] inline result<void> raise_generation(database& db, std::uint64_t to, seconds wait = seconds{5}) {
    if (to >> 63 != 0) return fail(errc::limit_exceeded, "sqlite: expected a generation below 2^63");
    auto alone = detail::sole_writer::begin(db.handle(), wait);
    if (!alone) return pass(alone);
    const auto has_header = alone->has_header();
    if (!has_header) return pass(has_header);
    if (!*has_header) return fail(errc::misused, "sqlite: expected a database with a page, this file is empty");
    return alone->file().head().raise_sequence(to);
}

/// Where the generation of one database is kept, away from its file. An empty one keeps nothing.
struct generation_keeper {
    std::function<result<std::uint64_t>()> known{};           ///< 0: none was kept yet
    std::function<result<void>(std::uint64_t value)> keep{};  ///< on the disk when it returns; below what is known it changes nothing

    explicit operator bool() const noexcept { return static_cast<bool>(known); }
};

/// In a record of a state store, 8 bytes, big-endian. Requires: the store outlives it.
template <class Store>
[[nodiscard]] generation_keeper kept_in(Store& store, const std::string& record) {
    const auto load = [&store, record]() -> result<std::pair<std::uint64_t, std::uint64_t>> { // the generation, the record's version
        const auto found = store.load(record);
        if (!found && found.error().code == errc::not_found) return std::pair(std::uint64_t{0}, std::uint64_t{0});
        if (!found) return pass(found);
        if (found->value.size() != 8) return fail(errc::corrupt, "sqlite: the record of a database's generation is damaged");
        return std::pair(load_be<std::uint64_t>(found->value.data()), found->version);
    };
    const auto known = [load]() -> result<std::uint64_t> {
        const auto found = load();
        if (!found) return pass(found);
        return found->first;
    };
    const auto keep = [&store, record, load](std::uint64_t value) -> result<void> {
        for (;;) {
            const auto found = load();
            if (!found) return pass(found);
            if (found->first >= value) return {};
            bytes stored(8);
            store_be(value, stored.data());
            ports::batch batch;
            batch.put(record, found->second, std::move(stored));
            auto done = store.commit(batch);
            if (done || done.error().code != errc::version_conflict) return done; // else somebody else keeps one, too
        }
    };
    return {known, keep};
}

namespace detail {

/// What a keeper knows; 0 where there is none.
[[nodiscard]] inline result<std::uint64_t> known_to(const generation_keeper& keeper) {
    return keeper ? keeper.known() : result<std::uint64_t>(0);
}
/// Once a new file is in its place, which stays there whatever this says.
[[nodiscard]] inline result<void> keep_in(const generation_keeper& keeper, std::uint64_t value) {
    if (!keeper) return {};
    auto kept = keeper.keep(value);
    if (kept) return kept;
    return fail(kept.error().code, "sqlite: the new database is in place, but its generation was not kept; raise it and keep it again",
                kept.error().native);
}

} // namespace detail

} // namespace keywright::sqlite
