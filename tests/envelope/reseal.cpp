// SPDX-License-Identifier: Apache-2.0
// envelope/reseal: to other keys in one pass; what does not prove itself to the end is not moved.
#include <keywright/envelope/reseal.hpp>

#include <keywright/adapters/file/message_file.hpp>

#include "file_helpers.hpp"

using namespace keywright;
using envelope::reseal;

namespace {

const keys::raw_aes_keyring& other_ring() {
    static const auto made = std::move(keys::raw_aes_keyring::make("keywright", "other.message.1", test::counting(1)).value());
    return made;
}
bytes stream_through(envelope::resealer& moving, byte_view message, std::size_t step, result<void>& end) {
    bytes out;
    while (!message.empty() && end) {
        const auto part = message.first(std::min(step, message.size()));
        end = moving.write(part, test::collect(out));
        message = message.subspan(part.size());
    }
    if (end) end = moving.finish(test::collect(out));
    return out;
}

} // namespace

TEST_CASE("reseal: the new keys open it, the old ones do not, and neither id, wrap nor commitment is the old message's") {
    const auto context = test::context({{"k", "v"}});
    for (const std::size_t size : {0u, 1u, 15u, 16u, 17u, 4096u, 200'000u})
        for (const std::uint32_t frame : {16u, 4096u, 65'536u}) {
            if (size / frame > 2000) continue;
            CAPTURE(size);
            CAPTURE(frame);
            const auto old = envelope::seal(test::keyring(), test::pattern(size), context, {.frame_length = frame}).value();
            const auto moved = reseal(test::keyring(), other_ring(), old).value();
            CHECK(envelope::open(other_ring(), moved, {.expected = context}).value() == test::pattern(size));
            CHECK(envelope::open(test::keyring(), moved).error().code == errc::not_mine);
            const auto before = envelope::parse_header(old, {}).value(), after = envelope::parse_header(moved, {}).value();
            CHECK(before.id != after.id);
            CHECK(before.committed != after.committed);
            CHECK(after.context == context);
            for (const std::size_t step : {1u, 1000u, 1'000'000u}) {
                if (size / step > 10'000) continue;
                envelope::resealer moving(test::keyring(), other_ring());
                result<void> end{};
                const auto streamed = stream_through(moving, old, step, end);
                REQUIRE(end.has_value());
                CHECK(envelope::open(other_ring(), streamed).value() == test::pattern(size));
            }
        }
}

TEST_CASE("reseal: a context of the caller's, and frames of another length") {
    const auto old = envelope::seal(test::keyring(), test::pattern(100), test::context({{"k", "v"}})).value();
    const auto moved =
        reseal(test::keyring(), other_ring(), old, {.sealing = {.frame_length = 10}, .context = test::context({{"k", "w"}})}).value();
    const auto info = envelope::inspect_header(moved).value();
    CHECK(info.frame_length == 10);
    CHECK(info.context == test::context({{"k", "w"}}));
    CHECK(envelope::open(other_ring(), moved).value() == test::pattern(100));
}

TEST_CASE("reseal: a signed message is signed anew, and its old verification key goes; in memory and as a file") {
    const auto context = test::context({{"k", "v"}});
    const auto old = envelope::seal(test::keyring(), test::pattern(5000), context, {.frame_length = 1000, .sign = true}).value();
    const test::folder here;
    test::write(here / "file", old);
    REQUIRE(file::reseal_file(test::keyring(), other_ring(), here / "file").has_value());
    for (const auto& moved : {reseal(test::keyring(), other_ring(), old).value(), test::read(here / "file")}) {
        const auto before = envelope::inspect_header(old).value(), after = envelope::inspect_header(moved).value();
        CHECK(after.is_signed);
        CHECK(after.context.find("k") == "v");
        CHECK(after.context.find("aws-crypto-public-key") != before.context.find("aws-crypto-public-key"));
        CHECK(envelope::open(other_ring(), moved).value() == test::pattern(5000));
    }
    const auto plain = envelope::seal(test::keyring(), test::pattern(10), context).value();
    const auto now_signed = reseal(test::keyring(), other_ring(), plain, {.sealing = {.sign = true}}).value();
    CHECK(envelope::inspect_header(now_signed)->is_signed);
    CHECK(envelope::open(other_ring(), now_signed).value() == test::pattern(10));
}

TEST_CASE("reseal: pairs that the header leaves out stay bound to the new message") {
    const auto context = test::context({{"k", "v"}, {"tenant", "contoso"}});
    const auto old = envelope::seal(test::keyring(), test::pattern(10), context, {.left_out = {"tenant"}}).value();
    const auto left_out = test::context({{"tenant", "contoso"}});
    const auto moved =
        reseal(test::keyring(), other_ring(), old, {.opening = {.left_out = left_out}, .sealing = {.left_out = {"tenant"}}}).value();
    CHECK_FALSE(envelope::inspect_header(moved)->context.find("tenant").has_value());
    CHECK(envelope::open(other_ring(), moved, {.left_out = left_out}).value() == test::pattern(10));
    CHECK(envelope::open(other_ring(), moved).error().code == errc::authentication_failed);
}

TEST_CASE("reseal: every bit flipped and every truncation, of signed messages, too, moves nothing to its end") {
    for (const bool sign : {false, true}) {
        CAPTURE(sign);
        const auto old = envelope::seal(test::keyring(), test::pattern(40), {}, {.frame_length = 16, .sign = sign}).value();
        const auto ends_as_message = [&](byte_view bad) {
            envelope::resealer moving(test::keyring(), other_ring());
            result<void> end{};
            const auto out = stream_through(moving, bad, 1000, end);
            return end.has_value() || envelope::open(other_ring(), out).has_value();
        };
        CHECK(ends_as_message(old));
        for (std::size_t bit = 0; bit < 8 * old.size(); bit += sign ? 37 : 1) CHECK_FALSE(ends_as_message(test::flipped(old, bit)));
        for (std::size_t size = 0; size < old.size(); size += sign ? 11 : 1) CHECK_FALSE(ends_as_message(byte_view(old).first(size)));
        bytes longer = old;
        longer.push_back(0);
        CHECK_FALSE(ends_as_message(longer));
    }
}

TEST_CASE("reseal: a lock of either side stops it between frames") {
    const auto old = envelope::seal(test::keyring(), test::pattern(500'000), {}, {.frame_length = 65'536}).value();
    for (const bool old_side : {false, true}) {
        const auto from_watch = std::make_shared<keys::epoch_watch>(1), to_watch = std::make_shared<keys::epoch_watch>(1);
        const auto from = test::lease(from_watch), to = test::lease(to_watch, 1);
        envelope::resealer moving(from, to);
        bytes out;
        REQUIRE(moving.write(byte_view(old).first(200'000), test::collect(out)).has_value());
        (old_side ? from_watch : to_watch)->raise(2);
        CHECK(moving.write(byte_view(old).subspan(200'000), test::collect(out)).error().code == errc::locked);
        CHECK(moving.finish(test::collect(out)).error().code == errc::locked);
        const auto same_key = test::lease(std::make_shared<keys::epoch_watch>(1), 1);
        CHECK(envelope::open(same_key, out).error().code == errc::malformed);
    }
}
