// SPDX-License-Identifier: Apache-2.0
// envelope: messages of somebody who holds the data key, so that every tag is right and only the reader's own rules stand in
// the way; and headers that ask for more memory than there is. Whole, as streams, by several threads, as files, and moved.
#include <keywright/adapters/file/message_file.hpp>
#include <keywright/envelope/reseal.hpp>

#include "file_helpers.hpp"

#include <functional>

using namespace keywright;

namespace {

constexpr std::uint32_t length = 16;

// Writes what it is told, with tags that hold.
class forger {
public:
    forger() {
        committed_ = cipher_.begin_sealing(test::counting(0)).value();
        id_ = cipher_.id();
    }
    bytes header(byte_view context, std::uint32_t frame_length = length, std::size_t entries = 1, std::uint8_t commitment_change = 0) {
        bytes out{2, 0x04, 0x78};
        append(out, id_);
        append_be(out, static_cast<std::uint16_t>(context.size()));
        append(out, context);
        append_be(out, static_cast<std::uint16_t>(entries));
        const auto entry = keys::wrapped_key::of("static", as_bytes("key"), as_bytes("none"));
        for (std::size_t i = 0; i < entries; ++i) append(out, entry.serialised());
        out.push_back(2);
        append_be(out, frame_length);
        append(out, committed_);
        out.back() ^= commitment_change;
        bytes tag(16);
        REQUIRE(cipher_.seal_header(out, tag).has_value());
        append(out, tag);
        return out;
    }
    bytes regular(std::uint32_t sequence, std::size_t size = length) {
        bytes frame(envelope::frame_overhead + size, 'r');
        REQUIRE(envelope::seal_regular(cipher_, sequence, frame).has_value());
        return frame;
    }
    bytes last(std::uint32_t sequence, std::size_t size = 5) {
        bytes frame(envelope::final_overhead + size, 'f');
        REQUIRE(envelope::seal_final(cipher_, sequence, frame).has_value());
        return frame;
    }

private:
    envelope::message_cipher cipher_ = std::move(envelope::message_cipher::make(Botan::Cipher_Dir::Encryption).value());
    envelope::commitment committed_{};
    envelope::message_id id_{};
};

const test::static_keyring& holder() {
    static const test::static_keyring made(test::seen(test::counting(0)));
    return made;
}

// How many bytes of plaintext come out of a message by the way that lets out most; every way must refuse it, or none.
struct verdicts {
    std::size_t opened = 0, refused = 0;
    std::size_t streamed = 0;
};
verdicts every_way(byte_view message) {
    const test::folder here;
    test::write(here / "in", message);
    verdicts v;
    const auto count = [&v](bool has_opened) { ++(has_opened ? v.opened : v.refused); };
    for (const unsigned threads : {1u, 3u}) {
        count(envelope::open(holder(), message, {.threads = threads}).has_value());
        bytes room(message.size());
        count(envelope::open_into(holder(), message, room, {.threads = threads}).has_value());
        count(file::open_message(holder(), here / "in", here / "out", {.threads = threads}).has_value());
    }
    for (const std::size_t step : {1u, 50u, 100'000u}) {
        const auto out = test::open_in_steps(holder(), message, step);
        count(out.end.has_value());
        v.streamed = std::max(v.streamed, out.out.size());
    }
    count(envelope::reseal(holder(), test::keyring(), message).has_value());
    count(file::reseal_file(holder(), test::keyring(), here / "in").has_value());
    if (v.opened == 0) CHECK(here.names() == std::vector<std::string>{"in"});
    return v;
}

struct row {
    const char* name;
    std::function<std::vector<bytes>(forger&)> frames;
    std::size_t before; // bytes of the frames before the first that is wrong
};

long peak_kib() {
    std::ifstream in("/proc/self/status");
    for (std::string line; std::getline(in, line);)
        if (line.starts_with("VmHWM:")) return std::atol(line.c_str() + 6);
    return 0;
}

} // namespace

TEST_CASE("open: frames out of the format's order are refused, though every tag holds") {
    using f = forger;
    using list = std::vector<bytes>;
    const row rows[] = {
        {"no frames", [](f&) { return list{}; }, 0},
        {"no final frame", [](f& w) { return list{w.regular(1), w.regular(2)}; }, 32},
        {"frames behind the final one", [](f& w) { return list{w.regular(1), w.last(2), w.regular(3), w.last(4)}; }, 16},
        {"a regular frame behind the final one", [](f& w) { return list{w.last(1, 8), w.regular(2)}; }, 0},
        {"two final frames", [](f& w) { return list{w.last(1), w.last(2)}; }, 0},
        {"the same final frame twice", [](f& w) { return list{w.regular(1), w.last(2), w.last(2)}; }, 16},
        {"counted from 0", [](f& w) { return list{w.regular(0), w.regular(1), w.last(2)}; }, 0},
        {"counted from 2", [](f& w) { return list{w.regular(2), w.last(3)}; }, 0},
        {"a gap", [](f& w) { return list{w.regular(1), w.regular(3), w.last(4)}; }, 16},
        {"one number twice", [](f& w) { return list{w.regular(1), w.regular(1), w.last(2)}; }, 16},
        {"backwards", [](f& w) { return list{w.regular(2), w.regular(1), w.last(3)}; }, 0},
        {"the final one's number too low", [](f& w) { return list{w.regular(1), w.last(1)}; }, 16},
        {"the final one's number too high", [](f& w) { return list{w.regular(1), w.last(3)}; }, 16},
        {"the final one's number is 0", [](f& w) { return list{w.last(0)}; }, 0},
        {"a number that is the end marker", [](f& w) { return list{w.regular(0xFFFFFFFF), w.last(1)}; }, 0},
        {"a regular frame too short", [](f& w) { return list{w.regular(1, 15), w.last(2)}; }, 0},
        {"a regular frame too long", [](f& w) { return list{w.regular(1, 17), w.last(2)}; }, 0},
        {"a final frame too long", [](f& w) { return list{w.regular(1), w.last(2, 17)}; }, 16},
        {"a final frame as long as two", [](f& w) { return list{w.last(1, 32)}; }, 0},
    };
    for (const row& r : rows) {
        CAPTURE(r.name);
        forger writer;
        bytes message = writer.header({});
        for (const bytes& frame : r.frames(writer)) append(message, frame);
        const auto v = every_way(message);
        CHECK(v.opened == 0);
        CHECK(v.streamed <= r.before);
    }
    forger writer;
    bytes message = writer.header({});
    for (const bytes& frame : {writer.regular(1), writer.regular(2), writer.last(3, 16)}) append(message, frame);
    const auto v = every_way(message);
    CHECK(v.refused == 0); // the same writer, to the rules
    CHECK(v.streamed == 48);
}

TEST_CASE("open: a final frame that says it is longer than it is, up to 2^32 - 1 bytes, is refused") {
    for (const std::uint32_t says : {0u, 4u, 6u, 16u, 17u, 0x7FFFFFFFu, 0xFFFFFFFFu}) {
        CAPTURE(says);
        forger writer;
        bytes message = writer.header({});
        bytes last = writer.last(1);
        store_be(says, last.data() + 20);
        append(message, last);
        CHECK(every_way(message).opened == 0);
    }
}

TEST_CASE("open: a context that is not in the one form that the format has is refused, though the header's tag holds") {
    const char* const contexts[] = {
        "0000",                                 // a count of no pairs
        "0001",                                 // a pair that is not there
        "00010001610001",                       // cut in a value
        "0002000162000131000161000131",         // not sorted
        "0002000161000131000161000132",         // a key twice
        "0002000161000131000161000131",         // a pair twice
        "000100016100013100",                   // bytes behind the pairs
        "000200016100013100",                   // more pairs than there are
        "00010000000131",                       // an empty key
        "00010001ff000131",                     // not UTF-8
        "000100016100ff",                       // longer than the context
    };
    for (const char* context : contexts) {
        CAPTURE(std::string(context));
        forger writer;
        bytes message = writer.header(test::hex(context));
        append(message, writer.last(1));
        CHECK(every_way(message).opened == 0);
        CHECK(envelope::open(holder(), message).error().code == errc::malformed);
    }
}

TEST_CASE("open: a commitment to another key is refused, though tag and frames are under the one that the reader has") {
    forger writer;
    bytes message = writer.header({}, length, 1, 1);
    append(message, writer.last(1));
    CHECK(every_way(message).opened == 0);
    CHECK(envelope::open(holder(), message).error().code == errc::authentication_failed);
}

TEST_CASE("open: an entry that was wrapped in another context opens nothing, though both are the reader's own") {
    const auto here = test::context({{"row", "1"}}), there = test::context({{"row", "2"}});
    const auto theirs = envelope::seal(test::keyring(), test::pattern(10), there).value();
    const auto mine = envelope::seal(test::keyring(), test::pattern(10), here).value();
    const auto entry = envelope::parse_header(theirs, {}).value().entries;
    CHECK(test::keyring().on_decrypt(there, entry).has_value());
    CHECK(test::keyring().on_decrypt(here, entry).error().code == errc::authentication_failed);
    // The contexts have one length, so one header takes the other's entry, or the other's context, byte for byte.
    const std::size_t context_at = 3 + 32 + 2, context_size = here.serialise().size();
    bytes swapped = theirs;
    std::copy_n(mine.begin() + context_at, context_size, swapped.begin() + context_at);
    CHECK(envelope::open(test::keyring(), swapped).error().code == errc::authentication_failed);
}

TEST_CASE("open: 65 535 entries or frames of 2^32 - 1 bytes cost no memory by default, and what is there when they are asked for") {
    forger writer;
    bytes many = writer.header({}, length, 65'535);
    append(many, writer.last(1));
    CHECK(every_way(many).opened == 0);
    CHECK(envelope::open(holder(), many).error().code == errc::limit_exceeded);
    forger other;
    bytes wide = other.header({}, 0xFFFFFFFF);
    append(wide, other.last(1));
    CHECK(every_way(wide).opened == 0);
    CHECK(envelope::open(holder(), wide).error().code == errc::limit_exceeded);

    { std::ofstream("/proc/self/clear_refs") << "5"; }
    const long before = peak_kib();
    const envelope::open_options all{.limits = {.max_header = 4 << 20, .max_entries = 65'535, .max_frame = 0xFFFFFFFF}};
    CHECK(envelope::open(holder(), many, all).value() == bytes(5, 'f'));
    auto by_threads = all;
    by_threads.threads = 3;
    CHECK(envelope::open(holder(), wide, by_threads).value() == bytes(5, 'f'));
    const test::folder here;
    test::write(here / "wide", wide);
    CHECK(file::open_message(holder(), here / "wide", here / "out", by_threads).has_value());
    CHECK(peak_kib() - before < 64 * 1024);
}
