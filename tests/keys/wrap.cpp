// SPDX-License-Identifier: Apache-2.0
// keys/wrap: the record against another implementation's, every flipped bit, every truncation, other names.
#include <keywright/keys/wrap.hpp>

#include "helpers.hpp"

#include <doctest/doctest.h>

#include <set>
#include <type_traits>

using namespace keywright;
using keys::wrapped_key;

namespace {

// Made with AESGCM of Python's `cryptography` 50: key 00..1f wraps 40..5f, IV a0..ab, name ring/contoso/eu/3, context
// {generation: 3, region: eu, tenant: contoso}.
const char* const known_record =
    "00096b6579777269676874002572696e672f636f6e746f736f2f65752f33000000800000000ca0a1a2a3a4a5a6a7a8a9aaab0030a6593e6e01"
    "8e44f82a2ccd984b378e9120fd0b43c6e2143bc4577cdd23f62b5ef2f2e26d352c3be68617829949203d6c";
const char* const known_name = "ring/contoso/eu/3";

keys::encryption_context known_context() {
    return keys::house_context({.tenant = tenant_id{"contoso"}, .region = region_id{"eu"}, .generation = 3});
}

errc unwrap_code(keys::kek& key, std::string_view name, byte_view record) {
    const auto parsed = wrapped_key::parse(record);
    if (!parsed) return parsed.error().code;
    const auto opened = keys::unwrap_key(key, name, known_context(), parsed->view());
    REQUIRE_FALSE(opened.has_value());
    return opened.error().code;
}

} // namespace

TEST_CASE("unwrap_key: opens a record that another implementation made") {
    auto key = test::kek_of(test::counting(0));
    const auto record = wrapped_key::parse(test::hex(known_record)).value();
    CHECK(test::seen(keys::unwrap_key(key, known_name, known_context(), record.view()).value()) == test::seen(test::counting(64)));
}

TEST_CASE("wrap_key: differs from that record in the IV and what hangs on it, and opens again") {
    auto key = test::kek_of(test::counting(0));
    const auto made = keys::wrap_key(key, known_name, known_context(), test::counting(64)).value();
    const bytes known = test::hex(known_record);
    REQUIRE(made.serialised().size() == known.size());
    const std::size_t fixed = known.size() - 12 - 2 - 48;
    CHECK(std::equal(known.begin(), known.begin() + static_cast<std::ptrdiff_t>(fixed), made.serialised().begin()));
    CHECK(test::seen(keys::unwrap_key(key, known_name, known_context(), made.view()).value()) == test::seen(test::counting(64)));
}

TEST_CASE("wrap_key: no IV twice, alone or in batches") {
    auto from = test::kek_of(test::counting(0));
    auto to = test::kek_of(test::counting(1));
    const auto context = known_context();
    const auto once = keys::wrap_key(from, known_name, context, test::counting(64)).value();
    keys::rewrapper rewrap(from, known_name, to, "ring/contoso/eu/4");
    std::set<bytes> ivs;
    for (int i = 0; i < 200; ++i) {
        const auto alone = keys::wrap_key(from, known_name, context, test::counting(64)).value();
        const auto again = rewrap(once.view(), context.serialise(), context.serialise()).value();
        for (const auto& record : {alone, again}) {
            const auto iv = record.view().provider_info.last(12);
            CHECK(ivs.insert(bytes(iv.begin(), iv.end())).second);
        }
    }
}

TEST_CASE("rewrapper: moves a record to another key, name and context") {
    auto from = test::kek_of(test::counting(0));
    auto to = test::kek_of(test::counting(1));
    const auto old_context = known_context();
    const auto new_context = keys::house_context({.tenant = tenant_id{"contoso"}, .region = region_id{"eu"}, .generation = 4});
    keys::rewrapper rewrap(from, known_name, to, "ring/contoso/eu/4");
    const auto old_record = keys::wrap_key(from, known_name, old_context, test::counting(64)).value();
    const auto moved = rewrap(old_record.view(), old_context.serialise(), new_context.serialise()).value();
    CHECK(test::seen(keys::unwrap_key(to, "ring/contoso/eu/4", new_context, moved.view()).value()) == test::seen(test::counting(64)));
    CHECK(keys::unwrap_key(to, "ring/contoso/eu/4", old_context, moved.view()).error().code == errc::authentication_failed);
    CHECK(rewrap(moved.view(), new_context.serialise(), new_context.serialise()).error().code == errc::not_mine);
}

TEST_CASE("unwrap_key: another key or context is authentication_failed, another name or provider not_mine") {
    auto key = test::kek_of(test::counting(0));
    auto other = test::kek_of(test::counting(1));
    const auto record = wrapped_key::parse(test::hex(known_record)).value();
    CHECK(keys::unwrap_key(other, known_name, known_context(), record.view()).error().code == errc::authentication_failed);
    CHECK(keys::unwrap_key(key, known_name, {}, record.view()).error().code == errc::authentication_failed);
    CHECK(keys::unwrap_key(key, "ring/contoso/eu/4", known_context(), record.view()).error().code == errc::not_mine);
    CHECK(keys::unwrap_key(key, "ring/contoso/eu/33", known_context(), record.view()).error().code == errc::not_mine);
    CHECK(keys::unwrap_key(key, "ring/contoso/eu/", known_context(), record.view()).error().code == errc::not_mine);
    CHECK(key.unwrap("other", known_name, known_context().serialise(), record.view()).error().code == errc::not_mine);
}

TEST_CASE("unwrap_key: every flipped bit of a record fails") {
    auto key = test::kek_of(test::counting(0));
    const bytes good = test::hex(known_record);
    const std::size_t first_of_iv = good.size() - 48 - 2 - 12;
    for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
        CAPTURE(bit);
        bytes bad = good;
        bad[bit / 8] = static_cast<std::uint8_t>(bad[bit / 8] ^ (1u << (bit % 8)));
        const errc code = unwrap_code(key, known_name, bad);
        const bool in_length =
            bit / 8 < 2 || (bit / 8 >= 11 && bit / 8 < 13) || (bit / 8 >= first_of_iv + 12 && bit / 8 < first_of_iv + 14);
        if (in_length)
            CHECK((code == errc::malformed || code == errc::not_mine));
        else
            CHECK(code == (bit / 8 < first_of_iv ? errc::not_mine : errc::authentication_failed));
    }
}

TEST_CASE("wrapped_key: every truncation and a surplus byte are malformed") {
    const bytes good = test::hex(known_record);
    for (std::size_t n = 0; n < good.size(); ++n) {
        CAPTURE(n);
        CHECK(wrapped_key::parse(byte_view(good).first(n)).error().code == errc::malformed);
    }
    bytes longer = good;
    longer.push_back(0);
    CHECK(wrapped_key::parse(longer).error().code == errc::malformed);
}

TEST_CASE("kek: takes 16, 24 and 32 bytes, wraps keys of 1 to 4096") {
    for (const std::size_t size : {0u, 15u, 17u, 23u, 31u, 33u, 64u}) {
        CAPTURE(size);
        CHECK(keys::kek::make(secret_bytes(size)).error().code == errc::misused);
    }
    for (const std::size_t size : {16u, 24u, 32u}) CHECK(keys::kek::make(secret_bytes(size)).has_value());
    auto key = test::kek_of(test::counting(0));
    for (const std::size_t size : {1u, 4095u, 4096u}) {
        CAPTURE(size);
        const auto made = keys::wrap_key(key, "n", {}, secret_bytes(size));
        CHECK(keys::unwrap_key(key, "n", {}, made.value().view()).value().size() == size);
    }
    for (const std::size_t size : {0u, 4097u}) CHECK(keys::wrap_key(key, "n", {}, secret_bytes(size)).error().code == errc::misused);
    CHECK(keys::wrap_key(key, std::string(65'536 - 20, 'n'), {}, secret_bytes(32)).error().code == errc::limit_exceeded);
    CHECK(keys::wrap_key(key, std::string(65'535 - 20, 'n'), {}, secret_bytes(32)).has_value());
}

static_assert(!std::is_copy_constructible_v<keys::kek> && std::is_nothrow_move_constructible_v<keys::kek>);
