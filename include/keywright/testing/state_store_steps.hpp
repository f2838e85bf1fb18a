// SPDX-License-Identifier: Apache-2.0
// Single steps on a store, each of which fails the test when the store does.
// Depends on: ports/state_store, doctest. Used by testing/state_store_suite and the stores' own tests.
#pragma once

#include <keywright/ports/state_store.hpp>

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

namespace keywright::testing {

namespace detail {

inline bytes value_of(std::string_view text) { return {text.begin(), text.end()}; }

template <class Store>
void commit(Store& store, const ports::batch& batch) {
    const auto done = store.commit(batch);
    REQUIRE_MESSAGE(done.has_value(), std::string(done.error().text));
}
template <class Store>
void put(Store& store, std::string key, std::string_view value) {
    ports::batch batch;
    batch.put_any(std::move(key), value_of(value));
    commit(store, batch);
}
template <class Store>
void erase(Store& store, std::string key) {
    ports::batch batch;
    batch.erase_any(std::move(key));
    commit(store, batch);
}
/// 0 where there is none.
template <class Store>
std::uint64_t version_at(Store& store, std::string_view key) {
    const auto found = store.load(key);
    if (found) return found->version;
    REQUIRE(found.error().code == errc::not_found);
    return 0;
}
template <class Store>
std::string text_at(Store& store, std::string_view key) {
    const auto found = store.load(key);
    if (!found) return std::string("<") + name(found.error().code) + ">";
    return {found->value.begin(), found->value.end()};
}
template <class Store>
std::vector<std::string> keys_of(Store& store, std::string_view prefix, std::string_view after = "", std::size_t limit = 1000) {
    const auto page = store.scan(prefix, after, limit);
    REQUIRE(page.has_value());
    std::vector<std::string> keys;
    for (const auto& record : *page) keys.push_back(record.key);
    return keys;
}
template <class Store>
errc code_of_commit(Store& store, const ports::batch& batch) {
    const auto done = store.commit(batch);
    REQUIRE_FALSE(done.has_value());
    return done.error().code;
}

using key_list = std::vector<std::string>;

} // namespace detail

} // namespace keywright::testing
