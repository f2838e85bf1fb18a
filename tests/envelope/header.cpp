// SPDX-License-Identifier: Apache-2.0
// envelope/header: the layout, limits before memory is taken, what a reader refuses.
#include <keywright/envelope/header.hpp>

#include "helpers.hpp"

#include <doctest/doctest.h>

using namespace keywright;
using envelope::header_needs;
using envelope::parse_header;
using envelope::read_limits;

namespace {

bytes begin_of_header(std::uint16_t suite = 0x0478) {
    bytes out{2};
    append_be(out, suite);
    out.resize(out.size() + 32, 0xAB);
    return out;
}
void append_field(bytes& out, std::size_t size) {
    append_be(out, static_cast<std::uint16_t>(size));
    out.resize(out.size() + size, 'x');
}
struct shape {
    std::size_t entries = 1;
    std::size_t field = 4;
    std::uint8_t content = 2;
    std::uint32_t frame = 512;
    bytes context{};
};
bytes header_of(const shape& s) {
    bytes out = begin_of_header();
    append_be(out, static_cast<std::uint16_t>(s.context.size()));
    append(out, s.context);
    append_be(out, static_cast<std::uint16_t>(s.entries));
    for (std::size_t i = 0; i < 3 * s.entries; ++i) append_field(out, s.field);
    out.push_back(s.content);
    append_be(out, s.frame);
    out.resize(out.size() + 32 + 16, 0xCD);
    return out;
}
errc refused(const bytes& header, const read_limits& limits = {}) {
    const auto parsed = parse_header(header, limits);
    REQUIRE_FALSE(parsed.has_value());
    return parsed.error().code;
}

} // namespace

TEST_CASE("parse_header: reads each field where the format has it") {
    bytes in = header_of({.entries = 2, .frame = 512, .context = test::context({{"a", "1"}}).serialise()});
    const auto size = in.size();
    in.resize(size + 5, 0xFF); // what follows is not looked at
    const auto h = parse_header(in, {}).value();
    CHECK(h.size == size);
    CHECK(h.id[0] == 0xAB);
    CHECK(h.context == test::context({{"a", "1"}}));
    CHECK(h.entries.size() == 2);
    CHECK(h.entries[1].provider_id == "xxxx");
    CHECK(h.framed);
    CHECK(h.frame_length == 512);
    CHECK(h.committed[31] == 0xCD);
    CHECK_FALSE(parse_header(header_of({.content = 1, .frame = 0}), {}).value().framed);
}

TEST_CASE("serialise_header: as long as the official client's header for ids of the same lengths") {
    auto key = test::kek_of(test::counting(0));
    const auto entry = key.wrap("ProviderName", "KeyId", {}, test::counting(1)).value();
    const auto made = envelope::serialise_header({envelope::committing_suite, {}, {}, {entry}, 4096, {}}).value();
    CHECK(made.size() + envelope::header_tag_size == 183); // its first vector: 237 bytes, of which 40 + 14 are the frame
    CHECK(envelope::serialise_header({envelope::committing_suite, {}, {}, {}, 4096, {}}).error().code == errc::limit_exceeded);
}

TEST_CASE("header_needs: asks for more until the header is whole, and never for less than it got") {
    const bytes in = header_of({.entries = 3, .context = test::context({{"a", "1"}}).serialise()});
    for (std::size_t n = 0; n < in.size(); ++n) {
        CAPTURE(n);
        const auto needs = header_needs(byte_view(in).first(n), {});
        REQUIRE(needs.has_value());
        CHECK(*needs > n);
        CHECK(*needs <= in.size());
        CHECK(refused(bytes(in.begin(), in.begin() + static_cast<std::ptrdiff_t>(n))) == errc::malformed);
    }
    CHECK(header_needs(in, {}).value() == in.size());
}

TEST_CASE("header_needs: 65 535 entries are refused when their number has been read") {
    bytes in = begin_of_header();
    append_be(in, std::uint16_t{0});
    append_be(in, std::uint16_t{65'535});
    CHECK(header_needs(in, {}).error().code == errc::limit_exceeded);
    CHECK(refused(header_of({.entries = 65'535, .field = 0})) == errc::limit_exceeded);
}

TEST_CASE("parse_header: each limit at limit - 1, limit and limit + 1") {
    const read_limits limits{.max_header = 400, .max_entries = 4, .max_frame = 1000};
    CHECK(parse_header(header_of({.entries = 3}), limits).has_value());
    CHECK(parse_header(header_of({.entries = 4}), limits).has_value());
    CHECK(refused(header_of({.entries = 5}), limits) == errc::limit_exceeded);
    CHECK(parse_header(header_of({.frame = 999}), limits).has_value());
    CHECK(parse_header(header_of({.frame = 1000}), limits).has_value());
    CHECK(refused(header_of({.frame = 1001}), limits) == errc::limit_exceeded);
    CHECK(refused(header_of({.frame = 0xFFFFFFFF})) == errc::limit_exceeded);
    const std::size_t fixed = header_of({.entries = 1, .field = 0}).size();
    for (const std::size_t size : {399u, 400u, 401u}) {
        CAPTURE(size);
        // One entry whose three fields fill the rest.
        bytes in = header_of({.entries = 1, .field = 0});
        const auto at = static_cast<std::ptrdiff_t>(3 + 32 + 2 + 2);
        bytes grown(in.begin(), in.begin() + at);
        append_field(grown, size - fixed);
        grown.insert(grown.end(), in.begin() + at + 2, in.end());
        REQUIRE(grown.size() == size);
        const auto parsed = parse_header(grown, limits);
        CHECK(parsed.has_value() == (size <= 400));
        if (!parsed) CHECK(parsed.error().code == errc::limit_exceeded);
    }
}

TEST_CASE("parse_header: refuses what the format forbids") {
    CHECK(refused(header_of({.entries = 0})) == errc::malformed);
    CHECK(refused(header_of({.content = 0})) == errc::malformed);
    CHECK(refused(header_of({.content = 3})) == errc::malformed);
    CHECK(refused(header_of({.content = 2, .frame = 0})) == errc::malformed);
    CHECK(refused(header_of({.content = 1, .frame = 1})) == errc::malformed);
    CHECK(refused(header_of({.context = test::hex("0000")})) == errc::malformed);             // an empty context has no count
    CHECK(refused(header_of({.context = test::hex("0001000161000131ff")})) == errc::malformed); // bytes behind the pairs
    CHECK(refused(begin_of_header(0x0579)) == errc::unsupported);
    bytes signed_context = test::hex("00010015");
    append(signed_context, as_bytes("aws-crypto-public-key"));
    append(signed_context, test::hex("000141"));
    CHECK(refused(header_of({.context = signed_context})) == errc::malformed);
}
