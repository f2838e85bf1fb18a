// SPDX-License-Identifier: Apache-2.0
// keys/context: the serialisation, its limits, and what it refuses.
#include <keywright/keys/context.hpp>

#include "helpers.hpp"

#include <doctest/doctest.h>

using namespace keywright;
using keys::encryption_context;

TEST_CASE("encryption_context: serialises as the AWS Encryption SDK does, sorted") {
    // Two bytes of count, then u16-prefixed keys and values: written out by hand after the message format's page.
    const auto context = test::context({{"tenant", "contoso"}, {"generation", "3"}, {"region", "eu"}});
    CHECK(context.serialise() == test::hex("0003000a67656e65726174696f6e0001330006726567696f6e00026575000674656e616e740007636f6e746f736f"));
    CHECK(encryption_context::parse(context.serialise()).value() == context);
    CHECK(encryption_context{}.serialise().empty());
    CHECK(encryption_context::parse({}).value().empty());
}

TEST_CASE("encryption_context: sorts by bytes, not by letters of a language") {
    const auto context = test::context({{"\xC3\xA4", "1"}, {"b", "2"}, {"B", "3"}, {"\xF0\x9F\x94\x91", "4"}});
    std::vector<std::string> order;
    for (const auto& [key, value] : context.pairs()) order.push_back(key);
    CHECK(order == std::vector<std::string>{"B", "b", "\xC3\xA4", "\xF0\x9F\x94\x91"});
}

TEST_CASE("encryption_context: refuses reserved, doubled and empty keys, empty values and what is not UTF-8") {
    struct row {
        const char* name;
        std::vector<encryption_context::pair> pairs;
    };
    const row rows[] = {
        {"reserved", {{"aws-crypto-public-key", "x"}}},
        {"reserved prefix", {{"aws-crypto-", "x"}}},
        {"twice", {{"a", "1"}, {"a", "2"}}},
        {"empty key", {{"", "1"}}},
        {"empty value", {{"a", ""}}},
        {"lone continuation", {{"\x80", "1"}}},
        {"overlong", {{"a", "\xC0\xAF"}}},
        {"surrogate", {{"a", "\xED\xA0\x80"}}},
        {"above U+10FFFF", {{"a", "\xF4\x90\x80\x80"}}},
        {"truncated sequence", {{"a", "\xE2\x82"}}},
    };
    for (const auto& r : rows) {
        CAPTURE(r.name);
        const auto made = encryption_context::make(r.pairs);
        CHECK_FALSE(made.has_value());
        if (!made) CHECK(made.error().code == errc::malformed);
    }
    CHECK(encryption_context::make({{"aws-crypto", "x"}}).has_value()); // the prefix has the hyphen
}

TEST_CASE("encryption_context: 65 535 bytes serialised are the limit") {
    // 2 for the count, 4 for the lengths, 1 for the key.
    const auto of_size = [](std::size_t n) { return encryption_context::make({{"k", std::string(n - 7, 'v')}}); };
    CHECK(of_size(65'534).value().serialise().size() == 65'534);
    CHECK(of_size(65'535).value().serialise().size() == 65'535);
    CHECK(of_size(65'536).error().code == errc::limit_exceeded);
    CHECK(encryption_context::parse(bytes(65'536)).error().code == errc::limit_exceeded);
}

TEST_CASE("encryption_context: every truncation and every surplus byte is malformed") {
    const bytes good = test::context({{"a", "1"}, {"bc", "23"}}).serialise();
    for (std::size_t n = 1; n < good.size(); ++n) {
        CAPTURE(n);
        CHECK(encryption_context::parse(byte_view(good).first(n)).error().code == errc::malformed);
    }
    bytes longer = good;
    longer.push_back(0);
    CHECK(encryption_context::parse(longer).error().code == errc::malformed);
}

TEST_CASE("encryption_context: a reader refuses pairs out of order, twice, or a count of none") {
    CHECK(encryption_context::parse(test::hex("0002000162000131000161000132")).error().code == errc::malformed); // b, a
    CHECK(encryption_context::parse(test::hex("0002000161000131000161000132")).error().code == errc::malformed); // a, a
    CHECK(encryption_context::parse_unsorted(test::hex("0002000162000131000161000132")).value() == test::context({{"a", "2"}, {"b", "1"}}));
    CHECK(encryption_context::parse_unsorted(test::hex("0002000161000131000161000132")).error().code == errc::malformed); // a, a
    CHECK(encryption_context::parse_unsorted(test::hex("0003000161000131000162000131000161000131")).error().code ==
          errc::malformed); // a, b, a
    CHECK(encryption_context::parse(test::hex("0000")).error().code == errc::malformed);
    CHECK(encryption_context::parse(test::hex("ffff000161000131")).error().code == errc::malformed); // count without pairs
}

TEST_CASE("encryption_context: contains compares keys and values") {
    const auto context = test::context({{"a", "1"}, {"b", "2"}, {"c", "3"}});
    CHECK(context.contains({}));
    CHECK(context.contains(test::context({{"a", "1"}, {"c", "3"}})));
    CHECK_FALSE(context.contains(test::context({{"a", "2"}})));
    CHECK_FALSE(context.contains(test::context({{"d", "1"}})));
    CHECK(context.find("b") == std::optional<std::string_view>("2"));
    CHECK_FALSE(context.find("bb").has_value());
}

TEST_CASE("house_context: leaves out what is empty") {
    const auto full = keys::house_context({.tenant = tenant_id{"contoso"},
                                           .region = region_id{"eu"},
                                           .environment = environment_id{"prod"},
                                           .generation = 18446744073709551615u,
                                           .purpose = "message"});
    CHECK(full.pairs().size() == 5);
    CHECK(full.find("generation") == std::optional<std::string_view>("18446744073709551615"));
    CHECK(keys::house_context({.tenant = tenant_id{"contoso"}}).pairs().size() == 1);
    CHECK(keys::house_context({.generation = 0}).find("generation") == std::optional<std::string_view>("0"));
}
