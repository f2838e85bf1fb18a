// SPDX-License-Identifier: Apache-2.0
// envelope/body, detail/in_pieces, adapters/file/message_frames: one message by several threads is the message that one
// thread makes, and fails as with one.
#include <keywright/adapters/file/message_file.hpp>

#include "file_helpers.hpp"

#include <atomic>
#include <set>
#include <stdexcept>
#include <thread>

using namespace keywright;
using envelope::body_layout;
using keywright::detail::in_pieces;
using keywright::detail::workers_for;
using test::folder;
using test::read;
using test::write;

namespace {

constexpr std::uint32_t frame = 32 * 1024; // 4 of them are a piece
constexpr std::size_t piece = 4 * frame;

std::size_t header_size(byte_view message) { return envelope::inspect_header(message).value().header_size; }
std::size_t start_of(byte_view message, std::size_t number) { return header_size(message) + number * (frame + envelope::frame_overhead); }

// Locks its lease with the question after `from` others.
class locking_keyring {
public:
    explicit locking_keyring(std::uint64_t from) : from_(from), lease_(test::lease(watch_)) {}
    result<keys::encryption_materials> on_encrypt(const keys::encryption_context& c) const { return test::keyring().on_encrypt(c); }
    result<secret_bytes> on_decrypt(const keys::encryption_context& c, std::span<const keys::entry_view> e) const {
        return test::keyring().on_decrypt(c, e);
    }
    result<void> check() const {
        if (asked_.fetch_add(1) >= from_) watch_->raise(2);
        return lease_.check();
    }
    std::uint64_t asked() const { return asked_; }

private:
    std::uint64_t from_;
    std::shared_ptr<keys::epoch_watch> watch_ = std::make_shared<keys::epoch_watch>(1);
    keys::data_key_lease lease_;
    mutable std::atomic<std::uint64_t> asked_{0};
};
static_assert(keys::check_keyring<locking_keyring>());

} // namespace

TEST_CASE("workers_for: as many as asked for, with two pieces each, and one at least") {
    CHECK(workers_for(1, 1000) == 1);
    CHECK(workers_for(2, 1000) == 2);
    CHECK(workers_for(8, 0) == 1);
    CHECK(workers_for(8, 1) == 1);
    CHECK(workers_for(8, 3) == 1);
    CHECK(workers_for(8, 4) == 2);
    CHECK(workers_for(8, 15) == 7);
    CHECK(workers_for(8, 16) == 8);
    CHECK(workers_for(0, 1000) == std::max(1U, std::thread::hardware_concurrency()));
}

TEST_CASE("in_pieces: each piece is done once, by no more threads than asked for") {
    std::vector<std::atomic<int>> done(1000);
    std::atomic<std::size_t> highest{0};
    const auto ended = in_pieces(4, done.size(), [&](std::size_t worker, std::uint64_t p) -> result<void> {
        ++done[p];
        for (std::size_t seen = highest; seen < worker && !highest.compare_exchange_weak(seen, worker);) {}
        return {};
    });
    CHECK(ended.has_value());
    CHECK(std::all_of(done.begin(), done.end(), [](const auto& times) { return times == 1; }));
    CHECK(highest < 4);
}

TEST_CASE("in_pieces: of several failures the first piece's is told, whichever comes first, and the work stops") {
    for (int round = 0; round < 50; ++round) {
        std::atomic<std::uint64_t> begun{0};
        const auto ended = in_pieces(4, 100'000, [&](std::size_t, std::uint64_t p) -> result<void> {
            ++begun;
            if (p == 10) {
                for (int i = 0; i < 50; ++i) std::this_thread::yield(); // 11 has failed by now
                return fail(errc::malformed, "test: the first");
            }
            return p > 10 ? fail(errc::authentication_failed, "test: a later one") : result<void>{};
        });
        REQUIRE_FALSE(ended.has_value());
        CHECK(ended.error().code == errc::malformed);
        CHECK(begun < 20);
    }
}

TEST_CASE("in_pieces: what a worker throws reaches the caller when all have ended") {
    std::atomic<int> inside{0};
    const auto work = [&](std::size_t, std::uint64_t p) -> result<void> {
        ++inside;
        if (p == 7) --inside, throw std::runtime_error("7");
        std::this_thread::yield();
        --inside;
        return {};
    };
    CHECK_THROWS_AS((void)in_pieces(4, 1000, work), std::runtime_error);
    CHECK(inside == 0);
}

TEST_CASE("body_layout: what is written is found again by its size alone") {
    for (const std::uint32_t length : {1u, 7u, 8u, 16u, 31u, 32u, 33u, 4096u})
        for (std::uint64_t size = 0; size < 300; ++size) {
            CAPTURE(length);
            CAPTURE(size);
            const auto written = body_layout::of_plaintext(size, length).value();
            const auto found = body_layout::of_body(written.body_size(), length).value();
            CHECK(found.regular == written.regular);
            CHECK(found.last == written.last);
            CHECK(found.plaintext_size() == size);
            CHECK(written.last <= length);
            std::uint64_t frames = 0;
            for (std::uint64_t p = 0; p < found.pieces(); ++p) {
                const auto range = found.frames_of(p);
                if (range.count > 0) CHECK(range.first == frames);
                CHECK((range.count == 0) == found.is_final(p));
                frames += range.count;
            }
            CHECK(frames == found.regular);
        }
    CHECK(body_layout::of_body(39, 1).error().code == errc::malformed);
    CHECK(body_layout::of_body(40, 1).has_value());
    CHECK(body_layout::of_plaintext(0xFFFFFFFEull, 1).value().regular == 0xFFFFFFFDull); // the final one is 2^32 - 2
    CHECK(body_layout::of_plaintext(0xFFFFFFFFull, 1).error().code == errc::limit_exceeded);
    CHECK(body_layout::of_body(0xFFFFFFFEull * 33 + 40, 1).has_value());
    CHECK(body_layout::of_body(0xFFFFFFFFull * 33 + 40, 1).error().code == errc::malformed);
}

TEST_CASE("seal, open: several threads write and read what one does, at every size around frames and pieces") {
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{frame}, piece - 1, piece, piece + 1, 4 * piece,
                                   4 * piece + 1, 5 * piece + frame, 9 * piece + 77}) {
        const bytes data = test::pattern(size);
        for (const unsigned threads : {0u, 2u, 3u, 8u}) {
            CAPTURE(size);
            CAPTURE(threads);
            const auto many = envelope::seal(test::keyring(), data, {}, {.frame_length = frame, .threads = threads}).value();
            const auto one = envelope::seal(test::keyring(), data, {}, {.frame_length = frame}).value();
            CHECK(many.size() == one.size());
            CHECK(envelope::open(test::keyring(), many).value() == data);
            CHECK(envelope::open(test::keyring(), one, {.threads = threads}).value() == data);
            const auto streamed = test::open_in_steps(test::keyring(), many, 50'000);
            CHECK(streamed.end.has_value());
            CHECK(streamed.out == data);
        }
    }
}

TEST_CASE("seal: the body that several threads make is, byte for byte, the one that one thread makes") {
    auto cipher = std::move(envelope::message_cipher::make(Botan::Cipher_Dir::Encryption).value());
    REQUIRE(cipher.begin_sealing(test::counting(0)).has_value());
    const bytes data = test::pattern(6 * piece + 100);
    const auto at = body_layout::of_plaintext(data.size(), frame).value();
    bytes one(at.body_size()), many(at.body_size());
    REQUIRE(envelope::detail::seal_body({cipher, test::keyring(), 1}, at, data, one).has_value());
    REQUIRE(envelope::detail::seal_body({cipher, test::keyring(), 3}, at, data, many).has_value());
    CHECK(one == many);
    for (std::uint32_t i = 0; i < at.regular; ++i) { // and each IV is the frame's own number
        const auto read = envelope::read_regular(byte_view(many).subspan(i * at.frame_size(), at.frame_size()), i + 1).value();
        CHECK(load_be<std::uint64_t>(read.iv.data()) == 0);
        CHECK(load_be<std::uint32_t>(read.iv.data() + 8) == i + 1);
    }
    auto other = cipher.twin().value();
    cipher.forget();
    bytes by_twin(at.body_size());
    REQUIRE(envelope::detail::seal_body({other, test::keyring(), 1}, at, data, by_twin).has_value());
    CHECK(one == by_twin);
}

TEST_CASE("seal_into, open_into: into exactly enough room, not into less, and nothing is left of what fails") {
    const bytes data = test::pattern(5 * piece + 3);
    for (const unsigned threads : {1u, 3u})
        for (const bool sign : {false, true}) {
            CAPTURE(threads);
            CAPTURE(sign);
            const envelope::seal_options options{.frame_length = frame, .sign = sign, .threads = threads};
            bytes room(envelope::sealed_bound(data.size(), frame));
            const auto size = envelope::seal_into(test::keyring(), data, room, {}, options).value();
            const auto message = byte_view(room).first(size);
            bytes out(data.size() + 1, 0xAA);
            CHECK(envelope::open_into(test::keyring(), message, out, {.threads = threads}).value() == data.size());
            CHECK(std::equal(data.begin(), data.end(), out.begin()));
            CHECK(out.back() == 0xAA);
            CHECK(envelope::open_into(test::keyring(), message, byte_span(out).first(data.size()), {.threads = threads}).has_value());
            CHECK(envelope::open_into(test::keyring(), message, byte_span(out).first(data.size() - 1)).error().code ==
                  errc::limit_exceeded);
            bytes bad(message.begin(), message.end());
            bad[start_of(bad, 9) + 100] ^= 1;
            CHECK(envelope::open_into(test::keyring(), bad, out, {.threads = threads}).error().code == errc::authentication_failed);
            if (!sign) CHECK(std::count(out.begin(), out.end() - 1, 0) == static_cast<std::ptrdiff_t>(data.size()));
            if (sign) continue;
            bytes exact(size);
            CHECK(envelope::seal_into(test::keyring(), data, exact, {}, options).value() == size);
            CHECK(envelope::seal_into(test::keyring(), data, byte_span(exact).first(size - 1), {}, options).error().code ==
                  errc::limit_exceeded);
        }
    for (const std::uint64_t at : {0u, 1u, 9u}) {
        bytes room(envelope::sealed_bound(data.size(), frame));
        const locking_keyring locking(at);
        CHECK(envelope::seal_into(locking, data, room, {}, {.frame_length = frame, .threads = 3}).error().code == errc::locked);
        const auto body = byte_view(room).subspan(header_size(room));
        CHECK(std::all_of(body.begin(), body.end(), [](auto b) { return b == 0; }));
    }
}

TEST_CASE("open: every frame changed fails with several threads, in memory and as a file, and nothing comes out") {
    const folder here;
    const bytes data = test::pattern(6 * piece + 5);
    const auto good = envelope::seal(test::keyring(), data, {}, {.frame_length = frame}).value();
    const std::size_t frames = 6 * 4 + 1;
    for (std::size_t number = 0; number < frames; ++number)
        for (const std::size_t at : {std::size_t{20}, std::size_t{26}}) { // IV of the regular, number of the final one; ciphertext
            CAPTURE(number);
            CAPTURE(at);
            const bytes bad = test::flipped(good, 8 * (start_of(good, number) + (number == frames - 1 ? at - 1 : at)));
            CHECK_FALSE(envelope::open(test::keyring(), bad, {.threads = 3}).has_value());
            write(here / "sealed", bad);
            CHECK_FALSE(file::open_message(test::keyring(), here / "sealed", here / "out", {.threads = 3}).has_value());
        }
    CHECK(here.names() == std::vector<std::string>{"sealed"});
}

TEST_CASE("open: of several bad frames the first is told, in memory and as a file") {
    const folder here;
    const auto good = envelope::seal(test::keyring(), test::pattern(16 * piece), {}, {.frame_length = frame}).value();
    struct row {
        std::size_t forged, renumbered;
        errc code;
    };
    for (const row r : {row{21, 24, errc::authentication_failed}, row{24, 21, errc::malformed}, row{0, 63, errc::authentication_failed},
                        row{62, 40, errc::malformed}}) {
        bytes bad = good;
        bad[start_of(good, r.forged) + 100] ^= 1;
        bad[start_of(good, r.renumbered) + 3] ^= 1;
        write(here / "sealed", bad);
        for (int round = 0; round < 5; ++round) {
            CHECK(envelope::open(test::keyring(), bad, {.threads = 4}).error().code == r.code);
            CHECK(file::open_message(test::keyring(), here / "sealed", here / "out", {.threads = 4}).error().code == r.code);
        }
    }
}

TEST_CASE("seal_file, open_message: several threads write and read what one does, in frames of every size") {
    const folder here;
    for (const std::uint32_t length : {100u, 4096u, 32'768u, 131'072u, 131'073u, 1'000'000u})
        for (const std::size_t size : {std::size_t{0}, std::size_t{99}, 8 * piece, 9 * piece + 4097}) {
            CAPTURE(length);
            CAPTURE(size);
            const bytes data = test::pattern(size);
            write(here / "in", data);
            REQUIRE(file::seal_file(test::keyring(), here / "in", here / "sealed", test::context({{"k", "v"}}), {},
                                    {.frame_length = length, .threads = 3})
                        .has_value());
            CHECK(envelope::open(test::keyring(), read(here / "sealed")).value() == data);
            REQUIRE(file::open_message(test::keyring(), here / "sealed", here / "out").has_value());
            CHECK(read(here / "out") == data);
            const auto info = file::open_message(test::keyring(), here / "sealed", here / "out", {.threads = 3});
            REQUIRE(info.has_value());
            CHECK(info->context == test::context({{"k", "v"}}));
            CHECK(info->frame_length == length);
            CHECK(read(here / "out") == data);
        }
    CHECK(here.names() == std::vector<std::string>{"in", "out", "sealed"});
}

TEST_CASE("seal_file, open_message: signed and old messages go through one thread, whatever is asked for") {
    const folder here;
    const bytes data = test::pattern(6 * piece);
    write(here / "in", data);
    const envelope::seal_options signing{.frame_length = frame, .sign = true, .threads = 4};
    REQUIRE(file::seal_file(test::keyring(), here / "in", here / "sealed", {}, {}, signing).has_value());
    const auto info = file::open_message(test::keyring(), here / "sealed", here / "out", {.threads = 4});
    REQUIRE(info.has_value());
    CHECK(info->is_signed);
    CHECK(read(here / "out") == data);
}

TEST_CASE("open_message: a message cut or lengthened anywhere leaves nothing, by several threads, too") {
    const folder here;
    const auto good = envelope::seal(test::keyring(), test::pattern(4 * piece + 9), {}, {.frame_length = frame}).value();
    const std::size_t body = header_size(good);
    for (const std::size_t size : {std::size_t{0}, std::size_t{2}, body - 1, body, body + 39, start_of(good, 4), start_of(good, 4) + 39,
                                   start_of(good, 4) + 40, start_of(good, 16), start_of(good, 16) - 1, good.size() - 1}) {
        CAPTURE(size);
        write(here / "sealed", byte_view(good).first(size));
        CHECK(file::open_message(test::keyring(), here / "sealed", here / "out", {.threads = 3}).error().code == errc::malformed);
    }
    bytes longer = good;
    longer.push_back(0);
    write(here / "sealed", longer);
    CHECK(file::open_message(test::keyring(), here / "sealed", here / "out", {.threads = 3}).error().code == errc::malformed);
    CHECK(here.names() == std::vector<std::string>{"sealed"});
}

TEST_CASE("seal_file, open_message: progress comes on the calling thread, forward, up to the whole") {
    const folder here;
    write(here / "in", test::pattern(20 * piece + 1));
    for (const bool opening : {false, true}) {
        std::set<std::thread::id> callers;
        std::vector<std::uint64_t> told;
        std::uint64_t whole = 0;
        const auto tell = [&](std::uint64_t done, std::uint64_t total) {
            callers.insert(std::this_thread::get_id());
            told.push_back(done);
            whole = total;
        };
        const bool done = opening ? file::open_message(test::keyring(), here / "sealed", here / "out", {.threads = 3}, tell).has_value()
                                  : file::seal_file(test::keyring(), here / "in", here / "sealed", {}, tell,
                                                    {.frame_length = file::file_frame_length, .threads = 3})
                                        .has_value();
        REQUIRE(done);
        CHECK(callers == std::set{std::this_thread::get_id()});
        CHECK(std::is_sorted(told.begin(), told.end()));
        CHECK(whole == std::filesystem::file_size(opening ? here / "sealed" : here / "in"));
        CHECK(told.back() == whole);
    }
}

TEST_CASE("seal_file, open_message: a lock, or a progress that throws, half way, stops all threads and leaves nothing") {
    const folder here;
    write(here / "in", test::pattern(20 * piece));
    REQUIRE(file::seal_file(test::keyring(), here / "in", here / "sealed", {}, {}, {.frame_length = frame}).has_value());
    for (const bool opening : {false, true}) {
        CAPTURE(opening);
        const auto run = [&](const keys::key_ref& keys, file::progress told) -> result<void> {
            if (!opening)
                return file::seal_file(keys, here / "in", here / "out", {}, std::move(told), {.frame_length = frame, .threads = 3});
            const auto info = file::open_message(keys, here / "sealed", here / "out", {.threads = 3}, std::move(told));
            return info ? result<void>{} : pass(info);
        };
        CHECK_THROWS_AS((void)run(test::keyring(), [](std::uint64_t, std::uint64_t) { throw std::runtime_error("stop"); }),
                        std::runtime_error);
        const locking_keyring locking(30);
        CHECK(run(locking, {}).error().code == errc::locked);
        CHECK(locking.asked() <= 30 + 3); // no thread begins another frame after its first refusal
        CHECK(here.names() == std::vector<std::string>{"in", "sealed"});
    }
}

TEST_CASE("seal_file, open_message: every frame asks whether its key may still be used") {
    const folder here;
    write(here / "in", test::pattern(10 * piece + 1)); // 40 frames and the final one
    const locking_keyring sealing(1000), opening(1000);
    REQUIRE(file::seal_file(sealing, here / "in", here / "sealed", {}, {}, {.frame_length = frame, .threads = 3}).has_value());
    CHECK(sealing.asked() == 41);
    REQUIRE(file::open_message(opening, here / "sealed", here / "out", {.threads = 3}).has_value());
    CHECK(opening.asked() == 41);
}

TEST_CASE("frame_workers: memory for what is there, and 64 MiB for all threads together") {
    auto cipher = std::move(envelope::message_cipher::make(Botan::Cipher_Dir::Encryption).value());
    REQUIRE(cipher.begin_sealing(test::counting(0)).has_value());
    const file::descriptor none;
    const auto workers = [&](std::uint64_t size, std::uint32_t length, unsigned threads) {
        const auto at = body_layout::of_plaintext(size, length).value();
        return file::detail::frame_workers::make(cipher, test::keyring(), {none, none, 0, at}, threads).value().count();
    };
    constexpr std::uint64_t mib = 1024 * 1024;
    CHECK(workers(1024 * mib, 16 * mib, 1000) == 3); // of 16 MiB and a few bytes each
    CHECK(workers(1024 * mib, 16 * mib - 32, 1000) == 4);
    CHECK(workers(1024 * mib, 128 * 1024, 20) == 20);
    CHECK(workers(10, 16 * mib, 20) == 1);
}
