// SPDX-License-Identifier: Apache-2.0
// Pairs of the context that a reader demands, and pairs that the header leaves out.
#include "helpers.hpp"

#include <doctest/doctest.h>

using namespace keywright;
using namespace keywright::test;

namespace {

const keys::encryption_context both = context({{"secret project", "apollo"}, {"table", "invoices"}});

bytes message_with(std::vector<std::string> left_out, bool sign = false) {
    return envelope::seal(keyring(), pattern(5), both, {.sign = sign, .left_out = std::move(left_out)}).value();
}

} // namespace

TEST_CASE("required keys: a message without them does not open, whatever else it has") {
    const bytes message = message_with({});
    CHECK(envelope::open(keyring(), message, {.required_keys = {"table"}}).has_value());
    CHECK(envelope::open(keyring(), message, {.required_keys = {"table", "secret project"}}).has_value());
    CHECK(envelope::open(keyring(), message, {.required_keys = {"tenant"}}).error().code == errc::authentication_failed);
}

TEST_CASE("left out pairs: not in the header, and the message opens only to who knows them") {
    for (const bool sign : {false, true}) {
        const bytes message = message_with({"secret project"}, sign);
        CHECK(as_text(message).find("apollo") == std::string_view::npos);
        const auto shown = envelope::inspect_header(message).value().context;
        CHECK(shown.find("table") == "invoices");
        CHECK_FALSE(shown.find("secret project").has_value());
        CHECK(envelope::open(keyring(), message).error().code == errc::authentication_failed);
        CHECK(envelope::open(keyring(), message, {.left_out = context({{"secret project", "apollo"}})}).value() == pattern(5));
        CHECK(envelope::open(keyring(), message, {.left_out = both}).value() == pattern(5)); // what the header has, too, does no harm
        CHECK(envelope::open(keyring(), message, {.left_out = context({{"secret project", "gemini"}})}).error().code ==
              errc::authentication_failed);
        CHECK(envelope::open(keyring(), message, {.left_out = context({{"secret project", "apollo"}, {"table", "orders"}})}).error().code ==
              errc::authentication_failed);
    }
    const bytes nothing_shown = message_with({"secret project", "table"});
    CHECK(envelope::inspect_header(nothing_shown).value().context.empty());
    CHECK(envelope::open(keyring(), nothing_shown, {.left_out = both}).value() == pattern(5));
}

TEST_CASE("left out pairs: a pair that the message was not sealed with opens nothing") {
    CHECK(envelope::open(keyring(), message_with({}), {.left_out = context({{"more", "1"}})}).error().code == errc::authentication_failed);
    CHECK(envelope::seal(keyring(), pattern(5), both, {.left_out = {"tenant"}}).error().code == errc::misused);
}
