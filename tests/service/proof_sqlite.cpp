// SPDX-License-Identifier: Apache-2.0
// What a proof finds in the files of SQLite: in a page that was freed, and in the write-ahead log. Written without the
// store's own care (secure_delete, scrub), because the proof is there for when that fails.
#include <keywright/adapters/sqlite/state_store.hpp>
#include <keywright/core/hex.hpp>
#include <keywright/service/proof.hpp>
#include <keywright/testing/temporary_folder.hpp>

#include <doctest/doctest.h>

using namespace keywright;
using service::survivor_kind;

namespace {

bytes slot_wrap() {
    auto under = keys::kek::make(secret_bytes(bytes(32, 5)));
    return keys::wrap_key(*under, "slot/contoso/eu/prod", {}, secret_bytes(bytes(32, 6))).value().serialised();
}
void run(const sqlite::connection& db, const std::string& sql) { REQUIRE_MESSAGE(db.run(sql.c_str(), "").has_value(), sql); }
std::string literal(byte_view data) { return "x'" + to_hex(data) + "'"; }

service::proof search(const testing::temporary_folder& folder, const bytes& lost) {
    service::proof_request request{.places = {folder.path()}};
    request.checks.secrets = {keys::key_check(secret_bytes(byte_view(lost))).value()};
    auto found = service::find_survivors(request);
    REQUIRE(found.has_value());
    return std::move(*found);
}

} // namespace

TEST_CASE("proof: a provider's wrap and a key in a free page of a SQLite file survive, until the file is rewritten") {
    const testing::temporary_folder folder;
    bytes lost(32);
    for (std::size_t i = 0; i < lost.size(); ++i) lost[i] = static_cast<std::uint8_t>(i * 37 + 11);
    const auto path = folder / "state.db";
    const auto with = [&](const std::vector<std::string>& statements) {
        const auto db = sqlite::connection::open(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, seconds{1}).value();
        for (const auto& sql : statements) run(db, sql);
    };
    with({"PRAGMA secure_delete = OFF", "CREATE TABLE t(k INTEGER PRIMARY KEY, v BLOB)",
          "INSERT INTO t VALUES(1, zeroblob(3000)), (2, " + literal(slot_wrap()) + "), (3, " + literal(lost) + ")"});
    CHECK(search(folder, lost).survivor_count == 2);
    with({"PRAGMA secure_delete = OFF", "DELETE FROM t"});
    const auto found = search(folder, lost);
    REQUIRE(found.survivor_count == 2);
    for (const auto& survivor : found.survivors) CHECK(survivor.file == path);
    CHECK(found.wraps.at("slot/contoso/eu/prod").count == 1);
    with({"VACUUM"});
    CHECK(search(folder, lost).clean());
}

TEST_CASE("proof: a key in the write-ahead log survives, and the store's scrub takes it out") {
    const testing::temporary_folder folder;
    bytes lost(32);
    for (std::size_t i = 0; i < lost.size(); ++i) lost[i] = static_cast<std::uint8_t>(i * 41 + 3);
    // Copied from outside: to close a file of an open store would drop SQLite's locks on it.
    const auto copy_and_search = [&] {
        const testing::temporary_folder copy;
        REQUIRE(std::system(("cp '" + folder.path() + "'/* '" + copy.path() + "'").c_str()) == 0);
        auto found = search(copy, lost);
        for (auto& survivor : found.survivors) survivor.file = survivor.file.substr(copy.path().size() + 1);
        return found;
    };
    auto store = sqlite::state_store::open(folder / "state.db").value();
    const auto commit = [&](auto&& change) {
        ports::batch batch;
        change(batch);
        REQUIRE(store.commit(batch).has_value());
    };
    commit([&](auto& b) { b.put_any("secret", lost); });
    commit([&](auto& b) { b.erase_any("secret"); });
    const auto found = copy_and_search();
    REQUIRE_FALSE(found.clean());
    for (const auto& survivor : found.survivors) CHECK(survivor.file == "state.db-wal");
    REQUIRE(store.scrub().has_value());
    CHECK(copy_and_search().clean());
}
