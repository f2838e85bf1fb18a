// SPDX-License-Identifier: Apache-2.0
#include "field_helpers.hpp"

#include <keywright/envelope/column.hpp>

#include <doctest/doctest.h>

using namespace keywright;
using namespace keywright::test;
using envelope::column;
using envelope::column_name;
using envelope::field_suite;
using envelope::lookup_column;

namespace {

const column_name email{tenant_id{"contoso"}, "users", "email"};

} // namespace

TEST_CASE("column: a cell opens in its own place and nowhere else") {
    const auto lease = field_lease();
    const auto keys = fresh(field_suite::aes256_gcm_siv);
    auto here = column::make(email, keys, lease).value();
    const auto cell = here.seal("4711", as_bytes("alice@example.com")).value();
    CHECK(cell.size() == 17 + 33);
    CHECK(as_text(here.open("4711", cell).value()) == "alice@example.com");
    CHECK(here.open("4712", cell).error().code == errc::authentication_failed);
    const column_name others[] = {
        {tenant_id{"fabrikam"}, "users", "email"}, {tenant_id{"contoso"}, "user", "email"}, {tenant_id{"contoso"}, "users", "mail"}};
    for (const column_name& other : others)
        CHECK(column::make(other, keys, lease).value().open("4711", cell).error().code == errc::authentication_failed);
    // A value in the clear is no cell: once on, encryption is not turned off by writing plainly.
    CHECK_FALSE(here.open("4711", as_bytes("alice@example.com, in the clear and long enough")).has_value());
}

TEST_CASE("column: its associated data is an encryption context that any program can build") {
    const auto lease = field_lease();
    const auto keys = fresh(field_suite::aes256_gcm_siv);
    const auto cell = column::make(email, keys, lease).value().seal("4711", as_bytes("v")).value();
    const auto place = context({{"column", "email"}, {"row", "4711"}, {"table", "users"}, {"tenant", "contoso"}}).serialise();
    CHECK(unleased(keys).open(place, cell).has_value());
    const auto lookups = fresh(field_suite::aes256_siv);
    const auto found = lookup_column::make(email, lookups, lease).value().seal(as_bytes("v")).value();
    CHECK(unleased(lookups).open(context({{"column", "email"}, {"table", "users"}, {"tenant", "contoso"}}).serialise(), found).has_value());
}

TEST_CASE("column: rows have 1 to 1024 bytes, names 1 to 255") {
    const auto lease = field_lease();
    const auto keys = fresh(field_suite::aes256_gcm_siv);
    auto here = column::make(email, keys, lease).value();
    const std::string longest(1024, 'r');
    CHECK(here.open(longest, here.seal(longest, as_bytes("v")).value()).has_value());
    CHECK(here.seal(longest + "r", as_bytes("v")).error().code == errc::misused);
    CHECK(here.seal("", as_bytes("v")).error().code == errc::misused);
    const std::string name(255, 'n'), too_long(256, 'n');
    CHECK(column::make({tenant_id{"contoso"}, name, name}, keys, lease).has_value());
    CHECK(column::make({tenant_id{"contoso"}, too_long, "c"}, keys, lease).error().code == errc::misused);
    CHECK(column::make({tenant_id{"contoso"}, "t", too_long}, keys, lease).error().code == errc::misused);
    CHECK(column::make({tenant_id{"contoso"}, "t", ""}, keys, lease).error().code == errc::misused);
    CHECK(column::make({{}, "t", "c"}, keys, lease).error().code == errc::misused);
}

TEST_CASE("column: equal values differ in a column and agree in one for look-ups, and neither takes the other's keyset") {
    const auto lease = field_lease();
    const auto keys = fresh(field_suite::aes256_gcm_siv), lookups = fresh(field_suite::aes256_siv);
    auto hidden = column::make(email, keys, lease).value();
    auto found = lookup_column::make(email, lookups, lease).value();
    CHECK(hidden.seal("1", as_bytes("v")).value() != hidden.seal("1", as_bytes("v")).value());
    const auto cell = found.seal(as_bytes("v")).value();
    CHECK(found.seal(as_bytes("v")).value() == cell);
    CHECK(found.look_up(as_bytes("v")).value() == std::vector<bytes>{cell});
    CHECK(as_text(found.open(cell).value()) == "v");
    CHECK(column::make(email, lookups, lease).error().code == errc::misused);
    CHECK(lookup_column::make(email, keys, lease).error().code == errc::misused);
}

TEST_CASE("column: a keyset of no environment seals cells in the same place, and no lock reaches it") {
    const auto watch = std::make_shared<keys::epoch_watch>(1);
    const auto lease = field_lease(watch, 1);
    const auto keys = fresh(field_suite::aes256_gcm_siv), lookups = fresh(field_suite::aes256_siv);
    auto leased = column::make(email, keys, lease).value();
    auto free = column::make_unleased(email, keys).value();
    auto found = lookup_column::make_unleased(email, lookups).value();
    CHECK(lookup_column::make(email, lookups, lease).value().seal(as_bytes("v")).value() == found.seal(as_bytes("v")).value());
    const auto cell = leased.seal("1", as_bytes("v")).value();
    watch->raise(2);
    CHECK(leased.open("1", cell).error().code == errc::locked);
    CHECK(as_text(free.open("1", cell).value()) == "v");
    CHECK(free.open("2", cell).error().code == errc::authentication_failed);
    CHECK(column::make_unleased(email, lookups).error().code == errc::misused);
    CHECK(lookup_column::make_unleased(email, keys).error().code == errc::misused);
    CHECK(column::make_unleased({{}, "t", "c"}, keys).error().code == errc::misused);
}
