// SPDX-License-Identifier: Apache-2.0
// envelope/opener: locks in mid-stream, failures that stay, memory that a header cannot demand, unframed messages.
#include <keywright/envelope/opener.hpp>

#include "helpers.hpp"

#include <doctest/doctest.h>

using namespace keywright;
using envelope::opener;

namespace {

bytes message_of(std::size_t size, std::uint32_t frame) {
    return envelope::seal(test::keyring(), test::pattern(size), {}, {.frame_length = frame}).value();
}

// What no writer of ours makes: one block of content, by the format's page.
bytes unframed_message(std::size_t size) {
    auto cipher = std::move(envelope::message_cipher::make(Botan::Cipher_Dir::Encryption).value());
    const auto committed = cipher.begin_sealing(test::counting(0)).value();
    bytes out = envelope::serialise_header({envelope::committing_suite,
                                            cipher.id(),
                                            {},
                                            {keys::wrapped_key::of("static", as_bytes("key"), as_bytes("none"))},
                                            0,
                                            committed})
                    .value();
    out[out.size() - 32 - 4 - 1] = 1;
    bytes tag(16), data = test::pattern(size), iv(12);
    iv[11] = 1;
    REQUIRE(cipher.seal_header(out, tag).has_value());
    append(out, tag);
    append(out, iv);
    append_be(out, std::uint64_t{size});
    REQUIRE(cipher.seal({envelope::content_kind::unframed, 1}, iv, data, tag).has_value());
    append(out, data);
    append(out, tag);
    return out;
}
test::static_keyring static_key() { return test::static_keyring(test::seen(test::counting(0))); }

} // namespace

TEST_CASE("opener: a lock in mid-stream stops it at the next frame, for good") {
    const auto watch = std::make_shared<keys::epoch_watch>(1);
    const auto lease = test::lease(watch);
    const std::uint32_t frame = 64 * 1024; // as large as what is read at a time
    const auto message = message_of(3 * frame, frame);
    opener open(lease);
    bytes out;
    REQUIRE(open.write(byte_view(message).first(message.size() / 2), test::collect(out)).has_value());
    CHECK(out.size() == frame);
    watch->raise(2);
    const auto rest = byte_view(message).subspan(message.size() / 2);
    CHECK(open.write(rest, test::collect(out)).error().code == errc::locked);
    CHECK(open.write(rest, test::collect(out)).error().code == errc::locked);
    CHECK(open.finish().error().code == errc::locked);
    CHECK(out.size() == frame);
    CHECK(open.room().empty());
}

TEST_CASE("opener: a lock before finish holds back the last frame") {
    const auto watch = std::make_shared<keys::epoch_watch>(1);
    const auto lease = test::lease(watch);
    opener open(lease);
    bytes out;
    REQUIRE(open.write(message_of(10, 16), test::collect(out)).has_value());
    watch->raise(2);
    CHECK(open.finish().error().code == errc::locked);
    CHECK(out.empty());
}

TEST_CASE("opener: after finish it is misused, whatever is called") {
    opener open(test::keyring());
    bytes out;
    REQUIRE(open.write(message_of(10, 16), test::collect(out)).has_value());
    CHECK(open.finish().has_value());
    CHECK(open.finish().error().code == errc::misused);
    CHECK(open.write(test::pattern(1), test::collect(out)).error().code == errc::misused);
    CHECK(open.filled(0).error().code == errc::misused);
    CHECK(open.room().empty());
}

TEST_CASE("opener: a failure stays, and a sink that fails ends it") {
    const auto message = message_of(200'000, 16);
    opener open(test::keyring());
    const auto full = [](byte_view) -> result<void> { return fail(errc::storage_full, "test: full"); };
    CHECK(open.write(message, full).error().code == errc::storage_full);
    CHECK(open.finish().error().code == errc::storage_full);
    opener nothing(test::keyring());
    CHECK(nothing.finish().error().code == errc::malformed);
    CHECK(nothing.finish().error().code == errc::malformed);
}

TEST_CASE("opener: knows the message's own words once its header is proven, not before") {
    const auto message = envelope::seal(test::keyring(), test::pattern(10), test::context({{"k", "v"}})).value();
    const auto size = envelope::inspect_header(message).value().header_size;
    opener open(test::keyring());
    bytes out;
    REQUIRE(open.write(byte_view(message).first(size - 1), test::collect(out)).has_value());
    CHECK_FALSE(open.info().has_value());
    REQUIRE(open.write(byte_view(message).subspan(size - 1, 1), test::collect(out)).has_value());
    REQUIRE(open.info().has_value());
    CHECK(open.info()->context == test::context({{"k", "v"}}));
}

TEST_CASE("opener: takes memory for what is there, not for what a header claims") {
    bytes claims{2, 0x04, 0x78};
    claims.resize(3 + 32, 0);
    append_be(claims, std::uint16_t{0xFFFF}); // 65 535 bytes of context, of which none comes
    opener open(test::keyring());
    bytes out;
    REQUIRE(open.write(claims, test::collect(out)).has_value());
    CHECK(open.room().size() <= 65'535 + 2);

    bytes entries{2, 0x04, 0x78};
    entries.resize(3 + 32 + 2, 0);
    append_be(entries, std::uint16_t{0xFFFF});
    opener many(test::keyring());
    CHECK(many.write(entries, test::collect(out)).error().code == errc::limit_exceeded);

    // The header is genuine, its frames are longer than the reader takes.
    const auto message = message_of(10, 4096);
    opener strict(test::keyring(), {.limits = {.max_frame = 4095}});
    CHECK(strict.write(message, test::collect(out)).error().code == errc::limit_exceeded);
    CHECK(out.empty());
}

TEST_CASE("opener: reads unframed messages whole, in every step, and up to its limit") {
    const auto key = static_key();
    for (const std::size_t size : {0u, 1u, 1000u}) {
        CAPTURE(size);
        const bytes message = unframed_message(size);
        CHECK(envelope::open(key, message).value() == test::pattern(size));
        for (const std::size_t step : {1u, 20u, 5000u}) {
            const auto opened = test::open_in_steps(key, message, step);
            CHECK(opened.end.has_value());
            CHECK(opened.out == test::pattern(size));
        }
    }
    const bytes message = unframed_message(1000);
    CHECK(test::open_in_steps(key, message, 10, {.limits = {.max_frame = 1000}}).end.has_value());
    CHECK(test::open_in_steps(key, message, 10, {.limits = {.max_frame = 999}}).end.error().code == errc::limit_exceeded);
}

TEST_CASE("opener: an unframed message changed, cut or followed by more gives nothing") {
    const auto key = static_key();
    const bytes message = unframed_message(20);
    const std::size_t body = message.size() - 20 - 20 - 16;
    for (std::size_t bit = 8 * body; bit < 8 * message.size(); ++bit) {
        CAPTURE(bit);
        const bytes bad = test::flipped(message, bit);
        CHECK_FALSE(envelope::open(key, bad).has_value());
        const auto opened = test::open_in_steps(key, bad, 1000);
        CHECK_FALSE(opened.end.has_value());
        CHECK(opened.out.empty());
    }
    for (std::size_t n = 0; n < message.size(); ++n) {
        CHECK_FALSE(envelope::open(key, byte_view(message).first(n)).has_value());
        CHECK(test::open_in_steps(key, byte_view(message).first(n), 13).out.empty());
    }
    bytes longer = message;
    longer.push_back(0);
    CHECK(envelope::open(key, longer).error().code == errc::malformed);
    for (const std::size_t step : {1u, 1000u}) CHECK(test::open_in_steps(key, longer, step).end.error().code == errc::malformed);
}
