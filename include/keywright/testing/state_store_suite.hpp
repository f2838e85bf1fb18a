// SPDX-License-Identifier: Apache-2.0
// What every state store must pass. A place is where one store lives: made empty, and opened as often as needed.
// Depends on: ports/state_store, doctest. Use, for a place of your own:
//     struct my_place { my_store open(); static constexpr bool outlives_the_store = true; };
//     TEST_CASE("my_store: passes the suite") { keywright::testing::state_store_suite<my_place>(); }
#pragma once

#include <keywright/testing/state_store_steps.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <thread>

namespace keywright::testing {

/// Values go in and come out; versions name commits and only grow.
template <class Place>
void records_suite() {
    Place place;
    auto store = place.open();
    using namespace detail;
    SUBCASE("a fresh store holds nothing") {
        CHECK(text_at(store, "a") == "<not_found>");
        CHECK(keys_of(store, "").empty());
    }
    SUBCASE("any bytes but NUL make a key, any bytes a value") {
        std::string all_keys, all_values;
        for (int byte = 0; byte < 256; ++byte) all_values.push_back(static_cast<char>(byte));
        for (int byte = 1; byte < 256; ++byte) all_keys.push_back(static_cast<char>(byte));
        put(store, all_keys, all_values);
        const auto found = store.load(all_keys);
        REQUIRE(found.has_value());
        CHECK(found->key == all_keys);
        CHECK(found->value == value_of(all_values));
        put(store, "a", "");
        CHECK(text_at(store, "a") == "");
        CHECK(version_at(store, "a") != 0);
    }
    SUBCASE("a version is never given twice, and not reused after an erase") {
        std::uint64_t newest = 0;
        for (const char* key : {"a", "b", "a", "c", "a"}) {
            put(store, key, key);
            CHECK(version_at(store, key) > newest);
            newest = version_at(store, key);
            erase(store, key);
            CHECK(version_at(store, key) == 0);
        }
    }
    SUBCASE("all records of one commit have its version, and the others keep theirs") {
        put(store, "old", "1");
        const auto old = version_at(store, "old");
        ports::batch batch;
        batch.put("a", 0, value_of("1"));
        batch.put("b", 0, value_of("2"));
        commit(store, batch);
        CHECK(version_at(store, "a") == version_at(store, "b"));
        CHECK(version_at(store, "a") > old);
        CHECK(version_at(store, "old") == old);
    }
    SUBCASE("a value is replaced whole, longer or shorter") {
        for (const std::size_t size : {0u, 1u, 5000u, 3u, 100000u, 0u}) {
            put(store, "a", std::string(size, 'x'));
            CHECK(text_at(store, "a") == std::string(size, 'x'));
        }
    }
    SUBCASE("erasing what is not there is success, a scrub changes nothing that is") {
        erase(store, "missing");
        put(store, "a", "1");
        const auto version = version_at(store, "a");
        for (int round = 0; round < 2; ++round) REQUIRE(store.scrub().has_value());
        CHECK(text_at(store, "a") == "1");
        CHECK(version_at(store, "a") == version);
        put(store, "b", "2");
        CHECK(version_at(store, "b") > version);
    }
}

/// A commit happens wholly or not at all, and only if all expectations hold.
template <class Place>
void commits_suite() {
    Place place;
    auto store = place.open();
    using namespace detail;
    put(store, "a", "1");
    put(store, "b", "2");
    const auto a = version_at(store, "a");
    const auto b = version_at(store, "b");
    ports::batch batch;
    SUBCASE("what is expected and holds is done") {
        batch.put("a", a, value_of("3"));
        batch.erase("b", b);
        batch.put("c", 0, value_of("4"));
        batch.require("d", 0);
        commit(store, batch);
        CHECK(text_at(store, "a") == "3");
        CHECK(text_at(store, "b") == "<not_found>");
        CHECK(text_at(store, "c") == "4");
    }
    SUBCASE("one expectation that does not hold leaves nothing of the rest") {
        batch.put("first", 0, value_of("x"));
        batch.put_any("a", value_of("x"));
        batch.erase_any("b");
        SUBCASE("put over another version") { batch.put("b", b + 1, value_of("x")); }
        SUBCASE("put over an older version") { batch.put("b", a, value_of("x")); }
        SUBCASE("put where there should be none") { batch.put("b", 0, value_of("x")); }
        SUBCASE("put over what is not there") { batch.put("missing", b, value_of("x")); }
        SUBCASE("erase of another version") { batch.erase("a", b); }
        SUBCASE("erase of what is not there") { batch.erase("missing", 1); }
        SUBCASE("require another version") { batch.require("a", b); }
        SUBCASE("require what is not there") { batch.require("missing", 1); }
        SUBCASE("require an absence") { batch.require("b", 0); }
        SUBCASE("a version that no store gives") { batch.require("b", UINT64_MAX); }
        CHECK(code_of_commit(store, batch) == errc::version_conflict);
        CHECK(keys_of(store, "") == key_list{"a", "b"});
        CHECK(text_at(store, "a") == "1");
        CHECK(version_at(store, "a") == a);
        CHECK(version_at(store, "b") == b);
    }
    SUBCASE("require changes nothing, neither value nor version") {
        batch.require("a", a);
        batch.require("missing", 0);
        commit(store, batch);
        commit(store, ports::batch());
        CHECK(version_at(store, "a") == a);
        CHECK(text_at(store, "a") == "1");
    }
    SUBCASE("expectations are judged before the batch, writes happen in order") {
        batch.put("a", a, value_of("first"));
        batch.require("a", a);
        batch.put("a", a, value_of("second"));
        batch.put("c", 0, value_of("gone again"));
        batch.erase("c", 0);
        batch.erase_any("b");
        batch.put("b", b, value_of("back"));
        commit(store, batch);
        CHECK(text_at(store, "a") == "second");
        CHECK(text_at(store, "b") == "back");
        CHECK(keys_of(store, "") == key_list{"a", "b"});
    }
}

/// Keys and values at their limits.
template <class Place>
void limits_suite() {
    Place place;
    auto store = place.open();
    using namespace detail;
    SUBCASE("a key has 1 to 512 bytes and no NUL") {
        const struct {
            const char* name = "";
            std::string key;
            bool fits = false;
            errc code{};
        } rows[] = {
            {"empty", "", false, errc::malformed},
            {"one byte", "k", true, {}},
            {"511", std::string(511, 'k'), true, {}},
            {"512", std::string(512, 'k'), true, {}},
            {"512 of ff", std::string(512, '\xff'), true, {}},
            {"513", std::string(513, 'k'), false, errc::limit_exceeded},
            {"a NUL", std::string("a\0b", 3), false, errc::malformed},
        };
        for (const auto& row : rows) {
            CAPTURE(row.name);
            ports::batch put_batch, erase_batch, require_batch;
            put_batch.put_any("neighbour", {});
            put_batch.put_any(row.key, value_of("v"));
            erase_batch.erase_any(row.key);
            require_batch.require(row.key, 0);
            if (row.fits) {
                commit(store, require_batch);
                commit(store, put_batch);
                CHECK(text_at(store, row.key) == "v");
                CHECK(keys_of(store, row.key) == key_list{row.key});
                commit(store, erase_batch);
            } else {
                CHECK(code_of_commit(store, put_batch) == row.code);
                CHECK(code_of_commit(store, erase_batch) == row.code);
                CHECK(code_of_commit(store, require_batch) == row.code);
                CHECK(text_at(store, row.key) == std::string("<") + name(row.code) + ">");
                CHECK(text_at(store, "neighbour") == "<not_found>");
            }
            erase(store, "neighbour");
        }
    }
    SUBCASE("a value has up to 16 MiB") {
        const std::size_t limit = 16777216;
        for (const std::size_t size : {limit - 1, limit}) {
            const std::string large(size, 'v');
            put(store, "large", large);
            CHECK((text_at(store, "large") == large));
        }
        ports::batch batch;
        batch.put_any("neighbour", {});
        batch.put_any("large", bytes(limit + 1));
        CHECK(code_of_commit(store, batch) == errc::limit_exceeded);
        CHECK(text_at(store, "neighbour") == "<not_found>");
        CHECK(text_at(store, "large").size() == limit);
    }
}

/// Order, pages and prefixes.
template <class Place>
void scans_suite() {
    Place place;
    auto store = place.open();
    using namespace detail;
    const key_list all = {"\x01",     "a",    "a\x01",    "a/",       "a/1",          "a/10",
                          "a/2",      "a0",   "ab",       "b",        "\x7f",         "\x80",
                          "\xfe\xff", "\xff", "\xff\x01", "\xff\xff", "\xff\xff\xff", std::string("\xff\xff\xff").append("a")};
    ports::batch batch;
    for (auto key = all.rbegin(); key != all.rend(); ++key) batch.put(*key, 0, value_of("value of " + *key));
    commit(store, batch);
    SUBCASE("all, bytewise, with values and versions") {
        CHECK(keys_of(store, "") == all);
        const auto page = store.scan("", "", 1000);
        REQUIRE(page.has_value());
        for (const auto& record : *page) {
            CHECK(record.value == value_of("value of " + record.key));
            CHECK(record.version == version_at(store, record.key));
        }
    }
    SUBCASE("every prefix, after every key, at every page size, gives what a filter gives") {
        key_list prefixes = {"", "a/", "a\xff", "c", "\xff\xff\xff\xff", std::string(600, '\xff'), std::string("a\0", 2)};
        prefixes.insert(prefixes.end(), all.begin(), all.end());
        key_list starts = all;
        starts.insert(starts.end(), {"", "a/11", "aa", "\xff\xff\xff\xff", std::string(512, '\xff'), std::string("a\0", 2)});
        for (const auto& prefix : prefixes)
            for (const auto& after : starts) {
                key_list wanted;
                std::copy_if(all.begin(), all.end(), std::back_inserter(wanted),
                             [&](const std::string& key) { return key.starts_with(prefix) && key > after; });
                CAPTURE(prefix);
                CAPTURE(after);
                CHECK(keys_of(store, prefix, after) == wanted);
                if (wanted.size() > 1) wanted.resize(1);
                CHECK(keys_of(store, prefix, after, 1) == wanted);
                CHECK(keys_of(store, prefix, after, 0).empty());
            }
    }
    SUBCASE("pages join up to the whole") {
        for (std::size_t size = 1; size <= all.size() + 1; ++size) {
            key_list joined;
            auto page = keys_of(store, "", "", size);
            while (!page.empty()) {
                CHECK(page.size() <= size);
                joined.insert(joined.end(), page.begin(), page.end());
                page = keys_of(store, "", joined.back(), size);
            }
            CHECK(joined == all);
        }
        CHECK(keys_of(store, "", "", SIZE_MAX) == all);
    }
}

/// Threads that add to shared records by load and commit, retrying on conflict: no addition is lost, and no reader
/// sees half a commit.
template <class Place>
void concurrency_suite() {
    Place place;
    auto store = place.open();
    using namespace detail;
    constexpr int writers = 4, additions = 50;
    std::atomic<int> failures{0}, torn{0}, running{writers};
    const auto number_in = [](const ports::record& record) { return std::stoi(std::string(record.value.begin(), record.value.end())); };
    const auto add_one = [&] {
        for (;;) {
            const auto page = store.scan("sum/", "", 2);
            if (!page) return page.error().retryable();
            const int sum = page->empty() ? 0 : number_in(page->front());
            const auto next = value_of(std::to_string(sum + 1));
            ports::batch batch;
            for (const std::size_t i : {0u, 1u}) batch.put(i == 0 ? "sum/left" : "sum/right", page->empty() ? 0 : (*page)[i].version, next);
            const auto done = store.commit(batch);
            if (done) return true;
            if (!done.error().retryable()) return false;
        }
    };
    std::vector<std::thread> threads;
    for (int writer = 0; writer < writers; ++writer)
        threads.emplace_back([&] {
            for (int i = 0; i < additions; ++i)
                if (!add_one()) ++failures;
            --running;
        });
    threads.emplace_back([&] {
        do {
            const auto page = store.scan("sum/", "", 10);
            if (!page)
                ++failures;
            else if (!page->empty() && (page->size() != 2 || page->front().value != page->back().value))
                ++torn;
        } while (running > 0);
    });
    for (auto& thread : threads) thread.join();
    CHECK(failures == 0);
    CHECK(torn == 0);
    CHECK(text_at(store, "sum/left") == std::to_string(writers * additions));
    CHECK(text_at(store, "sum/right") == std::to_string(writers * additions));
}

/// What was committed is there when the store is opened again, also while it is still open.
template <class Place>
void durability_suite() {
    if constexpr (Place::outlives_the_store) {
        Place place;
        using namespace detail;
        std::uint64_t version = 0;
        {
            auto store = place.open();
            put(store, "a", "1");
            put(store, "gone", "x");
            erase(store, "gone");
            version = version_at(store, "a");
            auto second = place.open();
            CHECK(text_at(second, "a") == "1");
            put(second, "b", "2");
            CHECK(text_at(store, "b") == "2");
        }
        auto store = place.open();
        CHECK(keys_of(store, "") == key_list{"a", "b"});
        CHECK(version_at(store, "a") == version);
        put(store, "c", "3");
        CHECK(version_at(store, "c") > version_at(store, "b"));
    }
}

/// All of the above. `Place` is default constructible: an empty place; `open()` gives a store on it, by value.
template <class Place>
void state_store_suite() {
    SUBCASE("records") { records_suite<Place>(); }
    SUBCASE("commits") { commits_suite<Place>(); }
    SUBCASE("limits") { limits_suite<Place>(); }
    SUBCASE("scans") { scans_suite<Place>(); }
    SUBCASE("concurrency") { concurrency_suite<Place>(); }
    SUBCASE("durability") { durability_suite<Place>(); }
}

} // namespace keywright::testing
