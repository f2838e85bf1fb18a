// SPDX-License-Identifier: Apache-2.0
// adapters/file/message_file: files whole or not at all, under locks, failures and other keys.
#include <keywright/adapters/file/message_file.hpp>

#include "file_helpers.hpp"

#include <doctest/doctest.h>

using namespace keywright;
namespace fs = std::filesystem;

using test::folder;
using test::read;
using test::write;

TEST_CASE("seal_file, open_message: every size around frame boundaries, and others read it") {
    const folder here;
    const std::size_t frame = file::file_frame_length;
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, frame - 1, frame, frame + 1, 3 * frame, 3 * frame + 7}) {
        CAPTURE(size);
        const bytes data = test::pattern(size);
        write(here / "in", data);
        REQUIRE(file::seal_file(test::keyring(), here / "in", here / "sealed", test::context({{"k", "v"}})).has_value());
        CHECK(envelope::open(test::keyring(), read(here / "sealed")).value() == data);
        const auto info = file::open_message(test::keyring(), here / "sealed", here / "out");
        REQUIRE(info.has_value());
        CHECK(info->context == test::context({{"k", "v"}}));
        CHECK(read(here / "out") == data);
    }
    CHECK(here.names() == std::vector<std::string>{"in", "out", "sealed"});
}

TEST_CASE("open_message: reads small frames, and unequal ones, as others write them") {
    const folder here;
    for (const std::uint32_t frame : {1u, 100u, 4096u, 65'504u, 65'505u, 1'000'000u}) {
        CAPTURE(frame);
        const bytes data = test::pattern(frame == 1 ? 5000 : 300'001);
        write(here / "sealed", envelope::seal(test::keyring(), data, {}, {.frame_length = frame}).value());
        REQUIRE(file::open_message(test::keyring(), here / "sealed", here / "out").has_value());
        CHECK(read(here / "out") == data);
    }
}

TEST_CASE("seal_file: in place, with the permissions of the source, and progress up to the whole") {
    const folder here;
    write(here / "file", test::pattern(600'000));
    fs::permissions(here / "file", fs::perms::owner_read | fs::perms::owner_write);
    std::vector<std::uint64_t> told;
    const auto done = file::seal_file(test::keyring(), here / "file", here / "file", {}, [&](std::uint64_t n, std::uint64_t total) {
        CHECK(total == 600'000);
        told.push_back(n);
    });
    REQUIRE(done.has_value());
    CHECK(std::is_sorted(told.begin(), told.end()));
    CHECK(told.size() >= 3);
    CHECK(told.back() == 600'000);
    CHECK(fs::status(here / "file").permissions() == (fs::perms::owner_read | fs::perms::owner_write));
    CHECK(envelope::open(test::keyring(), read(here / "file")).value() == test::pattern(600'000));
    CHECK(here.names() == std::vector<std::string>{"file"});
}

TEST_CASE("open_message: a message that is forged or cut at its end leaves what was there, and nothing else") {
    const folder here;
    write(here / "in", test::pattern(600'000));
    REQUIRE(file::seal_file(test::keyring(), here / "in", here / "sealed").has_value());
    const bytes good = read(here / "sealed");
    write(here / "out", as_bytes("kept"));
    write(here / "sealed", test::flipped(good, good.size() * 8 - 1));
    CHECK(file::open_message(test::keyring(), here / "sealed", here / "out").error().code == errc::authentication_failed);
    write(here / "sealed", byte_view(good).first(good.size() - 1));
    CHECK(file::open_message(test::keyring(), here / "sealed", here / "out").error().code == errc::malformed);
    write(here / "sealed", {});
    CHECK(file::open_message(test::keyring(), here / "sealed", here / "out").error().code == errc::malformed);
    CHECK(read(here / "out") == bytes{'k', 'e', 'p', 't'});
    CHECK(here.names() == std::vector<std::string>{"in", "out", "sealed"});
}

TEST_CASE("seal_file, open_message: a lock half way leaves nothing") {
    const folder here;
    write(here / "in", test::pattern(2'000'000));
    for (const bool opening : {false, true}) {
        CAPTURE(opening);
        const auto watch = std::make_shared<keys::epoch_watch>(1);
        const auto lease = test::lease(watch);
        write(here / "sealed",
              envelope::seal(test::keyring(), test::pattern(2'000'000), {}, {.frame_length = file::file_frame_length}).value());
        const auto lock_half_way = [&](std::uint64_t done, std::uint64_t total) {
            if (done > total / 2) watch->raise(2);
        };
        const auto code = opening ? file::open_message(lease, here / "sealed", here / "out", {}, lock_half_way).error().code
                                  : file::seal_file(lease, here / "in", here / "out", {}, lock_half_way).error().code;
        CHECK(code == errc::locked);
        CHECK(here.names() == std::vector<std::string>{"in", "sealed"});
    }
}

TEST_CASE("seal_file: a source that is missing or a folder, and a place that is missing") {
    const folder here;
    write(here / "in", test::pattern(10));
    CHECK(file::seal_file(test::keyring(), here / "nowhere", here / "out").error().code == errc::not_found);
    CHECK(file::seal_file(test::keyring(), here / "", here / "out").error().code == errc::malformed);
    CHECK(file::seal_file(test::keyring(), here / "in", here / "no/out").error().code == errc::not_found);
    CHECK(here.names() == std::vector<std::string>{"in"});
}

TEST_CASE("reseal_file: another keyring opens it, the first one does not, and nothing of the old message is kept") {
    const folder here;
    const auto from = test::lease();
    const auto to = test::lease(std::make_shared<keys::epoch_watch>(1), 1);
    for (const std::size_t size : {0u, 10u, 262'144u, 600'000u}) {
        CAPTURE(size);
        const auto context = test::context({{"k", "v"}});
        const auto old = envelope::seal(from, test::pattern(size), context, {.frame_length = 4096}).value();
        write(here / "file", old);
        REQUIRE(file::reseal_file(from, to, here / "file").has_value());
        const auto fresh = read(here / "file");
        CHECK(envelope::open(to, fresh).value() == test::pattern(size));
        CHECK(envelope::open(from, fresh).error().code == errc::authentication_failed); // the same name, another key
        const auto before = envelope::inspect_header(old).value();
        const auto after = envelope::inspect_header(fresh).value();
        CHECK(after.context == context);
        CHECK(after.id != before.id);
        REQUIRE(file::reseal_file(to, from, here / "file", test::context({{"k", "w"}})).has_value());
        CHECK(envelope::open(from, read(here / "file"), {.expected = test::context({{"k", "w"}})}).value() == test::pattern(size));
    }
    CHECK(here.names() == std::vector<std::string>{"file"});
}

TEST_CASE("reseal_file: a file that does not open stays as it is") {
    const folder here;
    const auto from = test::lease();
    const auto to = test::lease(std::make_shared<keys::epoch_watch>(1), 1);
    const bytes good = envelope::seal(from, test::pattern(100'000)).value();
    const bytes bad = test::flipped(good, good.size() * 8 - 1);
    write(here / "file", bad);
    CHECK(file::reseal_file(from, to, here / "file").error().code == errc::authentication_failed);
    CHECK(read(here / "file") == bad);
    write(here / "file", good);
    const auto watch = std::make_shared<keys::epoch_watch>(1);
    const auto locked = test::lease(watch, 1);
    watch->raise(2);
    CHECK(file::reseal_file(from, locked, here / "file").error().code == errc::locked);
    CHECK(read(here / "file") == good);
    CHECK(here.names() == std::vector<std::string>{"file"});
}
