// SPDX-License-Identifier: Apache-2.0
// A state store in an encrypted database: the provider's own records, under a key that stands in another place.
// Depends on: adapters/sqlite/state_store, adapters/sqlite/encrypted_database.
// Use: `auto store = sqlite::open_encrypted_store("state.db", leases_of_the_state_key);`
#pragma once

#include <keywright/adapters/sqlite/encrypted_database.hpp>
#include <keywright/adapters/sqlite/state_store.hpp>

namespace keywright::sqlite {

/// As state_store::open; `source` gives leases for the store's own environment, whose key must not come out of the store.
/// Fails also as sqlite::open: not_mine, authentication_failed (another key), malformed (a store in the clear: sqlite::encrypt
/// converts it). When the leases end, every call fails as a lock does; a store that is scrubbed is rewritten as any other.
[[nodiscard]] inline result<state_store> open_encrypted_store(const std::string& path, lease_source source, store_options options = {}) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(options.deadline.count);
    if (const auto named = detail::make_store_name(path); !named) return pass(named);
    auto opened = open(path, std::move(source), {.wait = options.deadline});
    if (!opened) return pass(opened);
    connection db = std::move(*opened).release();
    // The header was proved, so whose file this is can wait until SQLite has mended what a killed process left.
    const auto made = detail::has_tables(db);
    if (!made) return pass(made);
    if (*made)
        if (const auto known = detail::recognise(db); !known) return pass(known);
    if (const auto done = detail::make_ready(db, deadline); !done) return pass(done);
    return state_store::over(std::move(db), options);
}

} // namespace keywright::sqlite
