// SPDX-License-Identifier: Apache-2.0
// envelope/message: whole messages; every bit, every truncation, frames out of place.
#include <keywright/envelope/message.hpp>
#include <keywright/keys/raw_aes_keyring.hpp>

#include "helpers.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <set>
#include <thread>

using namespace keywright;
using envelope::final_overhead;
using envelope::frame_overhead;

namespace {

constexpr std::uint32_t small_frame = 16;

// 3 regular frames of 16 bytes and a final one of 5.
bytes small_message(const keys::encryption_context& context = {}) {
    return envelope::seal(test::keyring(), test::pattern(53), context, {.frame_length = small_frame}).value();
}
std::size_t header_size(byte_view message) { return envelope::inspect_header(message).value().header_size; }

errc open_code(byte_view message, const envelope::open_options& options = {}) {
    const auto opened = envelope::open(test::keyring(), message, options);
    REQUIRE_FALSE(opened.has_value());
    return opened.error().code;
}

} // namespace

TEST_CASE("seal, open: every size around frame boundaries, whole and as streams, in every pairing") {
    const auto context = test::context({{"k", "v"}});
    for (const std::uint32_t frame : {1u, 16u, 4096u})
        for (const std::size_t size : {0u, 1u, 15u, 16u, 17u, 31u, 32u, 33u, 4095u, 4096u, 4097u, 8192u}) {
            if (size / frame > 600) continue;
            CAPTURE(frame);
            CAPTURE(size);
            const bytes data = test::pattern(size);
            const auto whole = envelope::seal(test::keyring(), data, context, {.frame_length = frame}).value();
            CHECK(envelope::open(test::keyring(), whole).value() == data);
            for (const std::size_t step : {1u, 17u, 5000u}) {
                const auto sealed = test::seal_in_steps(test::keyring(), data, step, context, {.frame_length = frame});
                REQUIRE(sealed.end.has_value());
                CHECK(envelope::open(test::keyring(), sealed.out).value() == data);
                for (const auto* message : {&whole, &sealed.out}) {
                    const auto opened = test::open_in_steps(test::keyring(), *message, step);
                    CHECK(opened.end.has_value());
                    CHECK(opened.out == data);
                }
            }
        }
}

TEST_CASE("seal: sizes of messages are what the format's layout adds up to") {
    // 183 bytes of header with ids of 12 and 5 bytes (the official client's first vector); ours have 9 and 14.
    const std::size_t header = 183 - 12 - 5 + 9 + 14;
    const auto size_of = [](std::size_t n) {
        return envelope::seal(test::keyring(), test::pattern(n), {}, {.frame_length = 16}).value().size();
    };
    CHECK(size_of(0) == header + final_overhead);
    CHECK(size_of(16) == header + final_overhead + 16); // one full final frame, no empty one behind it
    CHECK(size_of(17) == header + frame_overhead + 16 + final_overhead + 1);
}

TEST_CASE("seal: no two messages share an id, a wrap or a commitment") {
    std::set<std::string> seen; // text: g++ 12 at -O3 warns of a set of vectors for nothing
    for (int i = 0; i < 300; ++i) {
        const auto message = envelope::seal(test::keyring(), test::pattern(10)).value();
        const auto h = envelope::parse_header(message, {}).value();
        CHECK(seen.emplace(as_text(h.id)).second);
        CHECK(seen.emplace(as_text(h.committed)).second);
        CHECK(seen.emplace(as_text(h.entries[0].ciphertext)).second);
    }
}

TEST_CASE("open: every flipped bit fails, and a stream lets out nothing from the bad frame on") {
    const bytes good = small_message(test::context({{"k", "v"}}));
    const bytes data = test::pattern(53);
    const std::size_t header = header_size(good);
    for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
        CAPTURE(bit);
        const bytes bad = test::flipped(good, bit);
        CHECK_FALSE(envelope::open(test::keyring(), bad).has_value());
        // In frames, what is no number and no length is proved by the tag alone.
        const std::size_t bad_frame = bit / 8 < header ? 0 : (bit / 8 - header) / (small_frame + frame_overhead);
        for (const std::size_t step : {1u, 1000u}) {
            const auto opened = test::open_in_steps(test::keyring(), bad, step);
            CHECK_FALSE(opened.end.has_value());
            CHECK(opened.out.size() <= bad_frame * small_frame);
            CHECK(std::equal(opened.out.begin(), opened.out.end(), data.begin()));
        }
    }
}

TEST_CASE("open: a flipped bit in an IV, a ciphertext or a tag is authentication_failed") {
    const bytes good = small_message();
    const std::size_t header = header_size(good);
    for (std::size_t frame = 0; frame < 3; ++frame)
        for (std::size_t at = 4; at < small_frame + frame_overhead; ++at) {
            CAPTURE(frame);
            CAPTURE(at);
            CHECK(open_code(test::flipped(good, 8 * (header + frame * (small_frame + frame_overhead) + at))) ==
                  errc::authentication_failed);
        }
    for (std::size_t at = header - 48; at < header; ++at) // commitment and header tag
        CHECK(open_code(test::flipped(good, 8 * at)) == errc::authentication_failed);
}

TEST_CASE("open: every truncation is malformed, and a stream lets out whole frames at most") {
    const bytes good = small_message();
    const bytes data = test::pattern(53);
    const std::size_t header = header_size(good);
    for (std::size_t n = 0; n < good.size(); ++n) {
        CAPTURE(n);
        const auto part = byte_view(good).first(n);
        CHECK(open_code(part) == errc::malformed);
        const auto opened = test::open_in_steps(test::keyring(), part, 7);
        CHECK_FALSE(opened.end.has_value());
        if (!opened.end) CHECK(opened.end.error().code == errc::malformed);
        const std::size_t whole_frames = n < header ? 0 : (n - header) / (small_frame + frame_overhead);
        CHECK(opened.out.size() <= whole_frames * small_frame);
        CHECK(std::equal(opened.out.begin(), opened.out.end(), data.begin()));
    }
}

TEST_CASE("open: bytes behind the final frame are malformed") {
    const bytes good = small_message();
    for (const std::size_t more : {1u, 16u, 40u, 100u}) {
        CAPTURE(more);
        bytes longer = good;
        longer.resize(good.size() + more, 0);
        CHECK(open_code(longer) == errc::malformed);
        for (const std::size_t step : {1u, 50u, 1000u}) {
            const auto opened = test::open_in_steps(test::keyring(), longer, step);
            CHECK_FALSE(opened.end.has_value());
            if (!opened.end) CHECK(opened.end.error().code == errc::malformed);
        }
    }
    bytes twice = good;
    append(twice, good);
    CHECK(open_code(twice) == errc::malformed);
}

TEST_CASE("open: frames swapped, dropped, repeated or taken from another message fail") {
    const bytes good = small_message();
    const bytes other = small_message();
    const std::size_t header = header_size(good);
    const std::size_t size = small_frame + frame_overhead;
    const auto frame = [&](const bytes& of, std::size_t i) {
        const auto part = byte_view(of).subspan(header + i * size);
        return i < 3 ? part.first(size) : part;
    };
    const auto with_frames = [&](std::vector<byte_view> frames) {
        bytes made(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(header));
        for (const auto f : frames) append(made, f);
        return made;
    };
    REQUIRE(with_frames({frame(good, 0), frame(good, 1), frame(good, 2), frame(good, 3)}) == good);
    struct row {
        const char* name;
        std::vector<byte_view> frames;
        errc code;
    };
    const row rows[] = {
        {"swapped", {frame(good, 1), frame(good, 0), frame(good, 2), frame(good, 3)}, errc::malformed},
        {"dropped first", {frame(good, 1), frame(good, 2), frame(good, 3)}, errc::malformed},
        {"dropped last regular", {frame(good, 0), frame(good, 1), frame(good, 3)}, errc::malformed},
        {"final only", {frame(good, 3)}, errc::malformed},
        {"repeated", {frame(good, 0), frame(good, 0), frame(good, 1), frame(good, 2), frame(good, 3)}, errc::malformed},
        {"no final", {frame(good, 0), frame(good, 1), frame(good, 2)}, errc::malformed},
        {"two finals", {frame(good, 0), frame(good, 1), frame(good, 2), frame(good, 3), frame(good, 3)}, errc::malformed},
        {"from another message", {frame(good, 0), frame(other, 1), frame(good, 2), frame(good, 3)}, errc::authentication_failed},
        {"final from another message", {frame(good, 0), frame(good, 1), frame(good, 2), frame(other, 3)}, errc::authentication_failed},
    };
    for (const auto& r : rows) {
        CAPTURE(r.name);
        const bytes bad = with_frames(r.frames);
        CHECK(open_code(bad) == r.code);
        const auto opened = test::open_in_steps(test::keyring(), bad, 1000);
        CHECK_FALSE(opened.end.has_value());
        if (!opened.end) CHECK(opened.end.error().code == r.code);
    }
}

TEST_CASE("open: a frame under a number that its tag does not know fails") {
    const bytes good = small_message();
    const std::size_t header = header_size(good);
    // Frames 1 and 2 exchanged, with their numbers put right: the tag still knows.
    bytes bad = good;
    const auto first = bad.begin() + static_cast<std::ptrdiff_t>(header);
    const auto size = static_cast<std::ptrdiff_t>(small_frame + frame_overhead);
    std::swap_ranges(first, first + size, first + size);
    std::swap_ranges(first, first + 4, first + size);
    CHECK(open_code(bad) == errc::authentication_failed);
    // A regular frame dressed as the final one of the same length.
    bytes dressed(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(header));
    append_be(dressed, envelope::end_marker);
    append(dressed, byte_view(good).subspan(header, 16));
    append_be(dressed, small_frame);
    append(dressed, byte_view(good).subspan(header + 16, small_frame + 16));
    CHECK(open_code(dressed) == errc::authentication_failed);
}

TEST_CASE("open: a header of another message, or the key of another environment, opens nothing") {
    const bytes good = small_message();
    const bytes other = small_message();
    const std::size_t header = header_size(good);
    bytes mixed(other.begin(), other.begin() + static_cast<std::ptrdiff_t>(header));
    append(mixed, byte_view(good).subspan(header));
    CHECK(open_code(mixed) == errc::authentication_failed);
    const auto wrong_key = keys::raw_aes_keyring::make("keywright", "prod.message.1", test::counting(1)).value();
    CHECK(envelope::open(wrong_key, good).error().code == errc::authentication_failed);
    const auto wrong_name = keys::raw_aes_keyring::make("keywright", "prod.message.2", test::counting(0)).value();
    CHECK(envelope::open(wrong_name, good).error().code == errc::not_mine);
}

TEST_CASE("open: a data key that the message does not commit to is refused before its header tag") {
    const test::static_keyring right(test::pattern(32)), wrong(bytes(32));
    const auto message = envelope::seal(right, test::pattern(10)).value();
    CHECK(envelope::open(right, message).value() == test::pattern(10));
    CHECK(envelope::open(wrong, message).error().code == errc::authentication_failed);
}

TEST_CASE("open: the context that the caller expects must be there, value by value") {
    const auto message = small_message(test::context({{"table", "invoices"}, {"tenant", "contoso"}}));
    CHECK(envelope::open(test::keyring(), message, {.expected = test::context({{"tenant", "contoso"}})}).has_value());
    CHECK(open_code(message, {.expected = test::context({{"tenant", "fabrikam"}})}) == errc::authentication_failed);
    CHECK(open_code(message, {.expected = test::context({{"row", "1"}})}) == errc::authentication_failed);
}

TEST_CASE("open: limits are refused before any key is asked") {
    const auto message = small_message();
    CHECK(open_code(message, {.limits = {.max_frame = small_frame - 1}}) == errc::limit_exceeded);
    CHECK(envelope::open(test::keyring(), message, {.limits = {.max_frame = small_frame}}).has_value());
    const std::size_t header = header_size(message);
    CHECK(open_code(message, {.limits = {.max_header = header - 1}}) == errc::limit_exceeded);
    CHECK(envelope::open(test::keyring(), message, {.limits = {.max_header = header}}).has_value());
    CHECK(open_code(message, {.limits = {.max_entries = 0}}) == errc::limit_exceeded);
}

TEST_CASE("seal: frame lengths of 1 byte to 16 MiB") {
    for (const std::uint32_t frame : {0u, envelope::largest_frame + 1, 0xFFFFFFFFu})
        CHECK(envelope::seal(test::keyring(), {}, {}, {.frame_length = frame}).error().code == errc::misused);
    for (const std::uint32_t frame : {1u, envelope::largest_frame - 1, envelope::largest_frame})
        CHECK(envelope::open(test::keyring(), envelope::seal(test::keyring(), {}, {}, {.frame_length = frame}).value()).has_value());
}

TEST_CASE("inspect_header: tells without a key what the message says") {
    const auto context = test::context({{"table", "invoices"}});
    const auto message = small_message(context);
    const auto info = envelope::inspect_header(message).value();
    CHECK(info.context == context);
    CHECK(info.framed);
    CHECK(info.frame_length == small_frame);
    REQUIRE(info.entries.size() == 1);
    CHECK(info.entries[0].provider_id == "keywright");
    CHECK(as_text(info.entries[0].provider_info).starts_with("prod.message.1"));
    CHECK(envelope::inspect_header(byte_view(message).first(info.header_size)).has_value());
    CHECK(envelope::inspect_header(byte_view(message).first(info.header_size - 1)).error().code == errc::malformed);
}

TEST_CASE("seal, open: what a lease says goes through, and a lock stops both") {
    const auto watch = std::make_shared<keys::epoch_watch>(1);
    const auto lease = test::lease(watch, 0, 1);
    const auto message = envelope::seal(lease, test::pattern(100)).value();
    CHECK(envelope::open(lease, message).value() == test::pattern(100));
    CHECK(envelope::open(test::keyring(), message).value() == test::pattern(100)); // the lease's key, held by somebody else
    CHECK(envelope::seal(lease, test::pattern(100)).error().code == errc::exhausted);
    watch->raise(2);
    CHECK(envelope::open(lease, message).error().code == errc::locked);
    CHECK(envelope::seal(lease, test::pattern(100)).error().code == errc::locked);
}

TEST_CASE("seal, open: threads share a lease, and a lock stops them all") {
    const auto watch = std::make_shared<keys::epoch_watch>(1);
    const auto lease = test::lease(watch);
    std::atomic<bool> raised{false};
    std::atomic<int> wrong{0}, opened{0};
    std::vector<std::thread> users;
    for (std::size_t i = 0; i < 4; ++i)
        users.emplace_back([&, i] {
            for (const bytes data = test::pattern(1000 + i);;) {
                const bool before = raised.load();
                const auto message = envelope::seal(lease, data, {}, {.frame_length = 128});
                if (before && message) ++wrong;
                const auto back = message ? envelope::open(lease, *message) : message;
                opened += back ? 1 : 1000; // a thread that ends keeps nobody waiting
                if (!back) return;
                if (*back != data) ++wrong;
            }
        });
    while (opened < 100) std::this_thread::yield();
    watch->raise(2);
    raised = true;
    for (auto& user : users) user.join();
    CHECK(wrong == 0);
}
