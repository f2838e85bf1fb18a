// SPDX-License-Identifier: Apache-2.0
// What every content store must pass. A place is where one store lives, with a door to its items:
// Depends on: ports/content_store, envelope/message, doctest. Use, for a place of your own:
//     struct my_place { my_store open(); void put(const content_ref&, std::string_view path, byte_view message);
//                       result<bytes> get(const content_ref&, std::string_view path);
//                       keys::encryption_context context_of(const content_ref&, std::string_view path); };
//     (items that are no messages: in place of context_of, `bytes seal(data, lease)` and `result<bytes> unseal(item, lease)`)
//     TEST_CASE("my_store: passes the suite") { keywright::testing::content_store_suite<my_place>(); }
#pragma once

#include <keywright/envelope/message.hpp>
#include <keywright/ports/content_store.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <map>

namespace keywright::testing {

namespace detail {

/// Keys of `environment`, for messages and for pages, whose 32 bytes are all `fill`, with their lease.
inline keys::data_key_lease lease_of(std::string_view environment, std::uint8_t fill, std::uint64_t version,
                                     std::shared_ptr<keys::epoch_watch> watch = std::make_shared<keys::epoch_watch>(1),
                                     std::uint64_t uses = 1000, std::chrono::nanoseconds max_age = std::chrono::hours(1)) {
    std::vector<keys::leased_key> held;
    for (const auto purpose : {keys::data_purpose::message, keys::data_purpose::page})
        held.push_back({{environment_id(environment), purpose, version}, secret_bytes(bytes(32, fill)), true, uses});
    auto lease = keys::data_key_lease::grant(std::move(watch), 1, std::move(held), {.max_age = max_age});
    REQUIRE(lease.has_value());
    return std::move(*lease);
}

/// The same, for who asks when it is needed.
inline ports::content_keys keys_of(std::string_view environment, std::uint8_t fill, std::uint64_t version) {
    return [=] { return result<keys::data_key_lease>(lease_of(environment, fill, version)); };
}

inline ports::content_ref ref_of(std::string_view environment, std::uint64_t generation, std::string_view backup = {}) {
    ports::content_ref ref{tenant_id("contoso"), region_id("eu"), environment_id(environment), generation};
    if (!backup.empty()) ref.backup = backup_id(backup);
    return ref;
}

/// Plaintexts by path: empty, one byte, exactly one frame of 4096, several frames, in sub-folders.
inline std::map<std::string, bytes> sample_items() {
    return {{"a", {}}, {"b.pdf", bytes(1, 7)}, {"deep/er/c", bytes(4096, 8)}, {"deep/d", bytes(100'000, 9)}};
}

/// Items are messages, unless the place knows others.
template <class Place>
constexpr bool has_messages = requires(Place& place, const ports::content_ref& ref) { place.context_of(ref, std::string_view()); };

template <class Place>
keys::encryption_context bound_to(Place& place, const ports::content_ref& ref, const std::string& path) {
    auto pairs = place.context_of(ref, path).pairs();
    pairs.emplace_back("of the application", path + "!");
    return *keys::encryption_context::make(std::move(pairs));
}
struct item_place {
    const ports::content_ref& ref;
    std::string path;
};
template <class Place>
bytes seal_item(Place& place, const item_place& at, const bytes& data, const keys::data_key_lease& lease) {
    if constexpr (has_messages<Place>) {
        auto message = envelope::seal(lease, data, bound_to(place, at.ref, at.path));
        REQUIRE(message.has_value());
        return *message;
    } else {
        return place.seal(data, lease);
    }
}
template <class Place>
result<bytes> open_item(Place& place, const item_place& at, const bytes& item, const keys::data_key_lease& lease) {
    if constexpr (has_messages<Place>)
        return envelope::open(lease, item, {.expected = bound_to(place, at.ref, at.path)});
    else
        return place.unseal(item, lease);
}

/// Makes `ref` with the sample items, and returns the messages.
template <class Place, class Store>
std::map<std::string, bytes> fill(Place& place, Store& store, const ports::content_ref& ref, const keys::data_key_lease& lease) {
    REQUIRE(store.create(ref).has_value());
    std::map<std::string, bytes> messages;
    for (const auto& [path, data] : sample_items()) {
        messages[path] = seal_item(place, {ref, path}, data, lease);
        place.put(ref, path, messages[path]);
    }
    return messages;
}

/// A place whose first generation holds the sample items, and has yet to become the second under new keys.
template <class Place>
struct to_be_rebuilt {
    Place place;
    decltype(place.open()) store = place.open();
    const ports::content_ref from = ref_of("prod", 1), to = ref_of("prod", 2);
    const keys::data_key_lease old_lease = lease_of("prod", 1, 1), new_lease = lease_of("prod", 2, 2);
    const std::map<std::string, bytes> messages = fill(place, store, from, old_lease);
};

template <class Place>
void check_opens(Place& place, const ports::content_ref& ref, const keys::data_key_lease& lease) {
    for (const auto& [path, data] : sample_items()) {
        CAPTURE(path);
        const auto message = place.get(ref, path);
        REQUIRE(message.has_value());
        const auto opened = open_item(place, {ref, path}, *message, lease);
        REQUIRE_MESSAGE(opened.has_value(), opened.error().text);
        CHECK(*opened == data);
    }
}

template <class Store>
std::size_t count_of(Store& store, const ports::content_ref& ref) {
    const auto found = store.list(ref.tenant, ref.region, ref.environment);
    REQUIRE(found.has_value());
    return static_cast<std::size_t>(std::count(found->begin(), found->end(), ref));
}

template <class Result>
errc code_of(const Result& r) {
    REQUIRE_FALSE(r.has_value());
    return r.error().code;
}

} // namespace detail

/// Names appear, and go.
template <class Place>
void content_names_suite() {
    using namespace detail;
    Place place;
    auto&& store = place.open();
    const auto one = ref_of("prod", 1);
    SUBCASE("an unknown environment has no content, and dropping it is success") {
        CHECK(store.list(one.tenant, one.region, one.environment)->empty());
        CHECK(store.drop(one).has_value());
        CHECK(code_of(store.back_up(one, ref_of("prod", 0, "b-1"), keys_of("prod", 1, 1), {})) == errc::not_found);
    }
    SUBCASE("create twice is create once, and keeps what is there") {
        REQUIRE(store.create(one).has_value());
        place.put(one, "x", bytes(3, 1));
        REQUIRE(store.create(one).has_value());
        CHECK(place.get(one, "x") == bytes(3, 1));
        CHECK(count_of(store, one) == 1);
        CHECK(count_of(store, ref_of("prod", 11)) == 0);
        CHECK(count_of(store, ref_of("other", 1)) == 0);
    }
    SUBCASE("drop takes one generation, twice is once") {
        REQUIRE(store.create(one).has_value());
        REQUIRE(store.create(ref_of("prod", 2)).has_value());
        place.put(one, "deep/x", bytes(3, 1));
        CHECK(store.drop(one).has_value());
        CHECK(store.drop(one).has_value());
        CHECK(count_of(store, one) == 0);
        CHECK(count_of(store, ref_of("prod", 2)) == 1);
        CHECK_FALSE(place.get(one, "deep/x").has_value());
    }
    SUBCASE("a ref without an environment, and a place onto itself, are misused") {
        const auto lease = lease_of("prod", 1, 1);
        auto nowhere = one;
        nowhere.environment = {};
        CHECK(code_of(store.create(nowhere)) == errc::misused);
        CHECK(code_of(store.drop(nowhere)) == errc::misused);
        const auto keys = keys_of("prod", 1, 1);
        auto backup_of_nothing = nowhere;
        backup_of_nothing.backup = backup_id("b-1");
        CHECK(code_of(store.back_up(one, backup_of_nothing, keys, {})) == errc::misused);
        CHECK(code_of(store.back_up(one, one, keys, {})) == errc::misused);
        REQUIRE(store.create(one).has_value());
        CHECK(code_of(store.back_up(one, ref_of("prod", 2), keys, {})) == errc::misused);
        CHECK(code_of(store.rebuild(one, one, lease, lease, {})) == errc::misused);
        CHECK(code_of(store.list(one.tenant, one.region, {})) == errc::misused);
    }
}

/// A new generation under new keys.
template <class Place>
void content_rebuild_suite() {
    using namespace detail;
    to_be_rebuilt<Place> filled;
    auto& [place, store, from, to, old_lease, new_lease, messages] = filled;

    SUBCASE("everything opens with the new keys and nothing with the old, and the old is untouched") {
        std::uint64_t last = 0, of = 1;
        bool only_grows = true;
        REQUIRE(store
                    .rebuild(from, to, old_lease, new_lease,
                             [&](std::uint64_t done, std::uint64_t total) {
                                 only_grows = only_grows && done >= last;
                                 last = done;
                                 of = total;
                             })
                    .has_value());
        CHECK(only_grows);
        CHECK(last == of);
        check_opens(place, to, new_lease);
        check_opens(place, from, old_lease);
        for (const auto& [path, message] : messages) {
            CAPTURE(path);
            CHECK(place.get(from, path) == message);
            CHECK(code_of(open_item(place, {to, path}, *place.get(to, path), old_lease)) == errc::not_mine);
        }
        CHECK(count_of(store, to) == 1);
    }
    SUBCASE("what is whole already is left as it is, and an empty generation gives an empty one") {
        REQUIRE(store.create(ref_of("prod", 3)).has_value());
        REQUIRE(store.rebuild(ref_of("prod", 3), to, old_lease, new_lease, {}).has_value());
        CHECK(count_of(store, to) == 1);
        place.put(to, "written since", bytes(3, 1));
        REQUIRE(store.rebuild(from, to, old_lease, new_lease, {}).has_value());
        CHECK(place.get(to, "written since") == bytes(3, 1));
        CHECK_FALSE(place.get(to, "a").has_value());
    }
    SUBCASE("from is not there: not_found") {
        CHECK(code_of(store.rebuild(ref_of("prod", 9), to, old_lease, new_lease, {})) == errc::not_found);
        CHECK(count_of(store, to) == 0);
    }
    SUBCASE("what a lease says passes through, and leaves no new generation") {
        const auto locked = std::make_shared<keys::epoch_watch>(2);
        const auto rebuild = [&](const auto& opens, const auto& seals) {
            const auto code = code_of(store.rebuild(from, to, opens, seals, {}));
            CHECK(count_of(store, to) == 0);
            return code;
        };
        CHECK(rebuild(lease_of("prod", 1, 1, locked), new_lease) == errc::locked);
        CHECK(rebuild(old_lease, lease_of("prod", 2, 2, locked)) == errc::locked);
        CHECK(rebuild(lease_of("prod", 1, 1, std::make_shared<keys::epoch_watch>(1), 0, std::chrono::nanoseconds(0)), new_lease) ==
              errc::expired);
        CHECK(rebuild(old_lease, lease_of("prod", 2, 2, std::make_shared<keys::epoch_watch>(1), 3)) == errc::exhausted);
        CHECK(rebuild(lease_of("prod", 1, 7), new_lease) == errc::not_mine);
        CHECK(rebuild(lease_of("prod", 3, 1), new_lease) == errc::authentication_failed);
    }
    SUBCASE("a lock in the middle ends it") {
        const auto watch = std::make_shared<keys::epoch_watch>(1);
        const auto lease = lease_of("prod", 2, 2, watch);
        const auto lock_at_half = [&](std::uint64_t done, std::uint64_t total) {
            if (done > total / 2) watch->raise(2);
        };
        CHECK(code_of(store.rebuild(from, to, old_lease, lease, lock_at_half)) == errc::locked);
        CHECK(count_of(store, to) == 0);
        check_opens(place, from, old_lease);
    }
    SUBCASE("an empty generation is not rebuilt with a dead lease either") {
        const auto dead = lease_of("prod", 2, 2, std::make_shared<keys::epoch_watch>(2));
        REQUIRE(store.create(ref_of("prod", 3)).has_value());
        CHECK(code_of(store.rebuild(ref_of("prod", 3), to, old_lease, dead, {})) == errc::locked);
    }
}

/// What is not as it was written is not carried over.
template <class Place>
void content_damage_suite() {
    using namespace detail;
    to_be_rebuilt<Place> filled;
    auto& [place, store, from, to, old_lease, new_lease, messages] = filled;
    const auto code_with = [&](std::string_view path, const bytes& item) {
        place.put(from, path, item);
        const auto code = code_of(store.rebuild(from, to, old_lease, new_lease, {}));
        CHECK(count_of(store, to) == 0);
        place.put(from, path, messages.at(std::string(path)));
        return code;
    };
    auto shorter = messages.at("deep/d"), longer = shorter, flipped = shorter;
    shorter.pop_back();
    longer.push_back(0);
    flipped.back() ^= 1;
    CHECK(code_with("deep/d", shorter) == errc::corrupt);
    CHECK(code_with("deep/d", longer) == errc::corrupt);
    CHECK(code_with("deep/d", flipped) == errc::authentication_failed);
    CHECK(code_with("b.pdf", {}) == errc::corrupt);
    CHECK(code_with("b.pdf", bytes(5000, 'x')) == errc::corrupt);
    CHECK(code_with("b.pdf", bytes(5000, 1)) == errc::corrupt);              // begins like version 1
    if constexpr (has_messages<Place>) { // which are bound to their place
        CHECK(code_with("b.pdf", messages.at("a")) == errc::authentication_failed);
        CHECK(code_with("b.pdf", seal_item(place, {ref_of("test", 1), "b.pdf"}, bytes(1), old_lease)) == errc::authentication_failed);
    } else {
        CHECK(code_with("b.pdf", place.seal(bytes(1), lease_of("test", 9, 9))) == errc::not_mine);
    }
    CHECK(store.rebuild(from, to, old_lease, new_lease, {}).has_value());
}

/// Backups, and restores of them: into their own environment and into another one.
template <class Place>
void content_backup_suite() {
    using namespace detail;
    Place place;
    auto&& store = place.open();
    const auto from = ref_of("prod", 1), backup = ref_of("prod", 0, "b-1"), again = ref_of("prod", 5);
    const auto lease = lease_of("prod", 1, 1);
    const auto keys = keys_of("prod", 1, 1);
    const auto messages = fill(place, store, from, lease);
    REQUIRE(store.back_up(from, backup, keys, instant{}).has_value());
    SUBCASE("it is listed, and what it was made of is as it was") {
        for (const auto& [path, message] : messages) CHECK(place.get(from, path) == message);
        if constexpr (has_messages<Place>) // each of which is its own backup
            for (const auto& [path, message] : messages) CHECK(place.get(backup, path) == message);
        CHECK(count_of(store, backup) == 1);
        CHECK(count_of(store, ref_of("prod", 0, "b-2")) == 0);
        CHECK(store.list(from.tenant, from.region, from.environment)->size() == 2);
    }
    SUBCASE("one that is there is left alone") {
        const auto kept = place.get(backup, "b.pdf");
        place.put(from, "b.pdf", messages.at("a"));
        CHECK(code_of(store.back_up(from, backup, keys, instant{})) == errc::already_exists);
        CHECK(place.get(backup, "b.pdf") == kept);
    }
    SUBCASE("a backup does not change with what it was made of, nor go with it") {
        place.put(from, "b.pdf", bytes(3, 1));
        REQUIRE(store.drop(from).has_value());
        REQUIRE(store.rebuild(backup, again, lease, lease, {}).has_value());
        check_opens(place, again, lease);
        CHECK(store.drop(backup).has_value());
        CHECK(count_of(store, backup) == 0);
    }
    SUBCASE("restored into another environment it is bound to that one") {
        const auto other = lease_of("test", 5, 1);
        const auto to = ref_of("test", 4);
        REQUIRE(store.rebuild(backup, to, lease, other, {}).has_value());
        check_opens(place, to, other);
        const auto message = *place.get(to, "b.pdf");
        if constexpr (!has_messages<Place>)
            CHECK(code_of(place.unseal(message, lease)) == errc::not_mine);
        else
            CHECK(code_of(envelope::open(other, message, {.expected = place.context_of(from, "b.pdf")})) == errc::authentication_failed);
        CHECK(count_of(store, to) == 1);
    }
    SUBCASE("a lock closes it, and another key does not open it") {
        const auto locked = lease_of("prod", 1, 1, std::make_shared<keys::epoch_watch>(2));
        CHECK(code_of(store.rebuild(backup, again, locked, lease, {})) == errc::locked);
        CHECK(code_of(store.rebuild(backup, again, lease_of("prod", 1, 7), lease, {})) == errc::not_mine);
        CHECK(count_of(store, again) == 0);
        REQUIRE(store.rebuild(backup, again, lease, lease, {}).has_value());
        check_opens(place, again, lease);
    }
}

/// All of it. Place as said above.
template <class Place>
void content_store_suite() {
    SUBCASE("names") { content_names_suite<Place>(); }
    SUBCASE("rebuild") { content_rebuild_suite<Place>(); }
    SUBCASE("damage") { content_damage_suite<Place>(); }
    SUBCASE("backups") { content_backup_suite<Place>(); }
}

} // namespace keywright::testing
