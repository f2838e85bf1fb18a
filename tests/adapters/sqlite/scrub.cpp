// SPDX-License-Identifier: Apache-2.0
// What is left of erased and replaced values in the bytes of the SQLite store, read from outside of SQLite.
#include "store_helpers.hpp"

#include <algorithm>
#include <cstdio>
#include <random>
#include <set>

namespace {

using namespace keywright;
using namespace keywright::store_tests;

/// A file's bytes. Read by another process, because a handle that is closed in this one would drop SQLite's locks.
std::string content_of(const std::string& path) {
    FILE* file = ::popen(("cat '" + path + "' 2>/dev/null").c_str(), "r");
    REQUIRE(file != nullptr);
    std::string all;
    char part[65536];
    for (std::size_t got; (got = std::fread(part, 1, sizeof part, file)) > 0;) all.append(part, got);
    ::pclose(file);
    return all;
}
std::string bytes_at_rest(const std::string& path) {
    return content_of(path) + content_of(path + "-wal") + content_of(path + "-shm") + content_of(path + "-journal");
}
bool holds(const std::string& all, std::string_view marker) { return all.find(marker) != all.npos; }

/// Many commits that put, replace and erase records of every size, each value made of one marker, over and over.
struct busy_life {
    explicit busy_life(unsigned seed) : random(seed) {}

    ports::batch next_batch() {
        ports::batch batch;
        for (int i = 0; i < 10; ++i) {
            const std::string key = "k" + std::to_string(random() % 200);
            const auto live = std::find_if(values.begin(), values.end(), [&](const auto& value) { return value.first == key; });
            if (live != values.end()) {
                dead.push_back(live->second);
                values.erase(live);
            }
            if (random() % 3 == 0) {
                batch.erase_any(key);
                continue;
            }
            const std::string marker = "<mark " + std::to_string(1000000 + count++) + ">";
            const std::size_t size = random() % 4 == 0 ? random() % 9000 : random() % 600;
            bytes value;
            do append(value, as_bytes(marker));
            while (value.size() < size);
            values.emplace_back(key, marker);
            batch.put_any(key, std::move(value));
        }
        return batch;
    }

    std::mt19937 random;
    unsigned count = 0;
    std::vector<std::pair<std::string, std::string>> values;
    std::vector<std::string> dead;
};

/// How many dead values' markers are in the files; fails when a live one is not.
std::size_t survivors(const std::string& path, const busy_life& life) {
    const auto all = bytes_at_rest(path);
    constexpr std::size_t marker_size = 14;
    std::set<std::string> found;
    for (auto at = all.find("<mark "); at != all.npos; at = all.find("<mark ", at + 1)) found.insert(all.substr(at, marker_size));
    for (const auto& [key, marker] : life.values) REQUIRE(found.contains(marker));
    return static_cast<std::size_t>(
        std::count_if(life.dead.begin(), life.dead.end(), [&](const auto& marker) { return found.contains(marker); }));
}

} // namespace

TEST_CASE("scrub: erased and replaced values are in the write-ahead log before it, and nowhere after it") {
    const temporary_folder folder;
    const std::string path = folder / "state.db";
    auto store = open_store(path);
    put(store, "erased", "marker of the erased value");
    put(store, "replaced", "marker of the replaced value");
    put(store, "large", std::string(20000, 'x') + "marker of the large value" + std::string(20000, 'x'));
    testing::detail::erase(store, "erased");
    testing::detail::erase(store, "large");
    put(store, "replaced", "marker of the present value");
    const auto before = bytes_at_rest(path);
    for (const char* marker : {"marker of the erased value", "marker of the replaced value", "marker of the large value"})
        CHECK(holds(before, marker));
    REQUIRE(store.scrub().has_value());
    const auto after = bytes_at_rest(path);
    for (const char* marker : {"marker of the erased value", "marker of the replaced value", "marker of the large value"})
        CHECK_FALSE(holds(after, marker));
    CHECK(holds(after, "marker of the present value"));
}

TEST_CASE("scrub: after a long life of commits no dead value survives in any page") {
    for (unsigned seed = 0; seed < 3; ++seed) {
        const temporary_folder folder;
        const std::string path = folder / "state.db";
        auto store = open_store(path);
        busy_life life(seed);
        for (int round = 0; round < 2; ++round) {
            for (int i = 0; i < 150; ++i) testing::detail::commit(store, life.next_batch());
            CHECK(life.dead.size() > 500);
            REQUIRE(store.scrub().has_value());
            CHECK(survivors(path, life) == 0);
        }
    }
}

// Why scrub does more than empty the log. Should SQLite mend this one day, the rewriting can go.
TEST_CASE("scrub: emptying the log alone leaves dead values in free pages without secure_delete, in page gaps with it") {
    SUBCASE("with") {
        std::size_t kept = 0;
        for (unsigned seed = 0; seed < 30 && kept == 0; ++seed) {
            const temporary_folder folder;
            const std::string path = folder / "state.db";
            auto store = open_store(path);
            busy_life life(seed);
            for (int i = 0; i < 300; ++i) testing::detail::commit(store, life.next_batch());
            run(plain_connection(path), "PRAGMA wal_checkpoint(TRUNCATE)");
            kept = survivors(path, life);
        }
        CHECK(kept > 0);
    }
    SUBCASE("without") {
        const temporary_folder folder;
        const std::string path = folder / "plain.db";
        const auto db = plain_connection(path);
        run(db, "PRAGMA secure_delete = OFF; PRAGMA journal_mode = WAL; CREATE TABLE a(b);"
                "INSERT INTO a VALUES ('marker of the erased value'); DELETE FROM a; PRAGMA wal_checkpoint(TRUNCATE);");
        CHECK(holds(bytes_at_rest(path), "marker of the erased value"));
    }
}

TEST_CASE("scrub: a reader or a writer in the way is unavailable, what it holds back is still there, and later it succeeds") {
    const temporary_folder folder;
    const std::string path = folder / "state.db";
    auto store = open_store(path, seconds{1});
    put(store, "a", "marker of the replaced value");
    const auto other = plain_connection(path);
    const char* begin = nullptr;
    SUBCASE("a reader") { begin = "BEGIN; SELECT * FROM records;"; }
    SUBCASE("a writer") { begin = "BEGIN IMMEDIATE"; }
    put(store, "a", "marker of the present value");
    run(other, begin);
    const auto done = store.scrub();
    REQUIRE_FALSE(done.has_value());
    CHECK(done.error().code == errc::unavailable);
    CHECK(holds(bytes_at_rest(path), "marker of the replaced value"));
    CHECK(testing::detail::text_at(store, "a") == "marker of the present value");
    run(other, "ROLLBACK");
    REQUIRE(store.scrub().has_value());
    CHECK_FALSE(holds(bytes_at_rest(path), "marker of the replaced value"));
}

TEST_CASE("scrub: values that another open store has in its cache do not come back with its next commit") {
    const temporary_folder folder;
    const std::string path = folder / "state.db";
    auto first = open_store(path);
    auto second = open_store(path);
    busy_life life(1);
    for (int i = 0; i < 200; ++i) {
        testing::detail::commit(i % 2 == 0 ? first : second, life.next_batch());
        REQUIRE(second.scan("", "", 1000).has_value());
    }
    REQUIRE(first.scrub().has_value());
    CHECK(survivors(path, life) == 0);
    put(second, "k1-next", "next");
    REQUIRE(first.scrub().has_value());
    CHECK(survivors(path, life) == 0);
}

TEST_CASE("scrub: is short when nothing was committed since the last one") {
    const temporary_folder folder;
    const std::string path = folder / "state.db";
    auto store = open_store(path);
    put(store, "a", "1");
    REQUIRE(store.scrub().has_value());
    const auto before = content_of(path);
    REQUIRE(store.scrub().has_value());
    CHECK((content_of(path) == before)); // a rewrite raises the schema cookie
    put(store, "a", "1");
    REQUIRE(store.scrub().has_value());
    CHECK((content_of(path).substr(40, 4) != before.substr(40, 4)));
}
