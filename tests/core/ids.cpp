// SPDX-License-Identifier: Apache-2.0
// core/ids: which text may be a name. Every byte is tried in every place that has a rule of its own.
#include <keywright/core/parse_id.hpp>

#include <doctest/doctest.h>

#include <string>

using namespace keywright;

namespace {

// Written out as the documentation says it, not as the code does.
const std::string allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._@+-";

} // namespace

TEST_CASE("id: each of the 256 bytes is allowed or not as the documentation lists them") {
    for (int value = 0; value < 256; ++value) {
        const char c = static_cast<char>(value);
        CAPTURE(value);
        const bool listed = allowed.find(c) != std::string::npos;
        CHECK(tenant_id::valid(std::string("a") + c) == listed);
        CHECK(tenant_id::valid(std::string("a") + c + "b") == listed);
        CHECK(tenant_id::valid(std::string(1, c)) == (listed && c != '.' && c != '-'));
    }
}

TEST_CASE("id: lengths 0, 1, 63 and 64") {
    CHECK_FALSE(tenant_id::valid(""));
    CHECK(tenant_id::valid("a"));
    CHECK(tenant_id::valid(std::string(63, 'a')));
    CHECK_FALSE(tenant_id::valid(std::string(64, 'a')));
    CHECK_FALSE(tenant_id::valid(std::string(256 + 5, 'a')));
}

TEST_CASE("id: names that would be dangerous as files or options are refused") {
    for (const char* text : {".", "..", "../etc", "a/b", "a\\b", "-rf", "a b", "a\nb", "a'b", "a\"b", "a;b", "a%b", "a:b", "caf\xC3\xA9"}) {
        CAPTURE(std::string(text));
        const auto parsed = tenant_id::parse(text);
        REQUIRE_FALSE(parsed);
        CHECK(parsed.error().code == errc::malformed);
    }
    CHECK_FALSE(tenant_id::parse(std::string_view("a\0b", 3)));
}

TEST_CASE("id: parse keeps the text as it was") {
    const auto parsed = admin_id::parse("Alice+ops@example.com");
    REQUIRE(parsed);
    CHECK(parsed->view() == "Alice+ops@example.com");
    CHECK(*parsed == admin_id{"Alice+ops@example.com"});
    CHECK_FALSE(*parsed == admin_id{"alice+ops@example.com"});
}

TEST_CASE("id: a default-made id is empty, names nothing, and differs from all names") {
    CHECK(tenant_id{}.empty());
    CHECK_FALSE(tenant_id{"a"}.empty());
    CHECK_FALSE(tenant_id{} == tenant_id{"a"});
}

TEST_CASE("id: order is that of the bytes, a prefix before its extension") {
    CHECK(tenant_id{"a"} < tenant_id{"aa"});
    CHECK(tenant_id{"aa"} < tenant_id{"ab"});
    CHECK(tenant_id{"Z"} < tenant_id{"a"});
    CHECK(tenant_id{} < tenant_id{"0"});
}

TEST_CASE("inline_text: holds up to its capacity") {
    CHECK(inline_text<3>("abc").view() == "abc");
    CHECK(inline_text<3>().empty());
    CHECK(inline_text<255>(std::string(255, 'x')).view().size() == 255);
    CHECK(inline_text<3>("ab") < inline_text<3>("abc"));
}

TEST_CASE("fingerprint: empty only when all bytes are zero") {
    fingerprint print;
    CHECK(print.empty());
    for (std::size_t i = 0; i < print.bytes.size(); ++i) {
        fingerprint other;
        other.bytes[i] = 1;
        CAPTURE(i);
        CHECK_FALSE(other.empty());
        CHECK_FALSE(other == print);
        CHECK(print < other);
    }
}
