// SPDX-License-Identifier: Apache-2.0
// envelope/sealer: locks in mid-stream, failures that stay, use after finish.
#include <keywright/envelope/sealer.hpp>

#include "helpers.hpp"

#include <doctest/doctest.h>

using namespace keywright;
using envelope::sealer;

TEST_CASE("sealer: a lock in mid-stream stops it at the next frame, for good") {
    const auto watch = std::make_shared<keys::epoch_watch>(1);
    const auto lease = test::lease(watch);
    auto seal = std::move(sealer::begin(lease, {}, {.frame_length = 16}).value());
    bytes out;
    REQUIRE(seal.write(test::pattern(24), test::collect(out)).has_value());
    CHECK(out.size() == 16 + envelope::frame_overhead);
    watch->raise(2);
    REQUIRE(seal.write(test::pattern(7), test::collect(out)).has_value()); // 15 of 16 bytes: no frame yet
    CHECK(seal.write(test::pattern(1), test::collect(out)).error().code == errc::locked);
    CHECK(out.size() == 16 + envelope::frame_overhead);
    CHECK(seal.write(test::pattern(1), test::collect(out)).error().code == errc::locked);
    CHECK(seal.finish().error().code == errc::locked);
    CHECK(seal.room().empty());
}

TEST_CASE("sealer: a lock before finish leaves no message") {
    const auto watch = std::make_shared<keys::epoch_watch>(1);
    const auto lease = test::lease(watch);
    auto seal = std::move(sealer::begin(lease, {}, {.frame_length = 16}).value());
    watch->raise(2);
    CHECK(seal.finish().error().code == errc::locked);
    CHECK(sealer::begin(lease, {}, {}).error().code == errc::locked);
}

TEST_CASE("sealer: after finish it is misused, whatever is called") {
    auto seal = std::move(sealer::begin(test::keyring(), {}, {.frame_length = 16}).value());
    REQUIRE(seal.finish().has_value());
    bytes out;
    CHECK(seal.finish().error().code == errc::misused);
    CHECK(seal.write(test::pattern(1), test::collect(out)).error().code == errc::misused);
    CHECK(seal.filled(0).error().code == errc::misused);
    CHECK(seal.room().empty());
}

TEST_CASE("sealer: what was written without finish is no message") {
    const bytes data = test::pattern(64);
    auto seal = std::move(sealer::begin(test::keyring(), {}, {.frame_length = 16}).value());
    bytes out = seal.header();
    REQUIRE(seal.write(data, test::collect(out)).has_value());
    CHECK(envelope::open(test::keyring(), out).error().code == errc::malformed);
}

TEST_CASE("sealer: a sink that fails ends it") {
    auto seal = std::move(sealer::begin(test::keyring(), {}, {.frame_length = 16}).value());
    const auto full = [](byte_view) -> result<void> { return fail(errc::storage_full, "test: full"); };
    CHECK(seal.write(test::pattern(20), full).error().code == errc::storage_full);
    CHECK(seal.finish().error().code == errc::storage_full);
}

TEST_CASE("sealer: writing nothing changes nothing") {
    auto seal = std::move(sealer::begin(test::keyring(), {}, {.frame_length = 16}).value());
    bytes out = seal.header();
    REQUIRE(seal.write({}, test::collect(out)).has_value());
    REQUIRE(seal.filled(0).has_value());
    append(out, seal.finish().value());
    CHECK(envelope::open(test::keyring(), out).value().empty());
}
