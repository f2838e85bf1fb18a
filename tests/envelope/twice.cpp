// SPDX-License-Identifier: Apache-2.0
// envelope/twice: two layers, two keys, and neither of them alone.
#include <keywright/envelope/twice.hpp>

#include "helpers.hpp"

#include <doctest/doctest.h>

using namespace keywright;
using envelope::open_twice;
using envelope::seal_twice;

namespace {

const keys::raw_aes_keyring& customers() {
    static const auto made = std::move(keys::raw_aes_keyring::make("customer", "hsm-1", test::counting(1)).value());
    return made;
}

} // namespace

TEST_CASE("seal_twice: both keys open it, and either alone gets nothing") {
    const auto context = test::context({{"table", "invoices"}});
    for (const std::size_t size : {0u, 1u, 4096u, 100'000u})
        for (const bool sign : {false, true}) {
            const bytes data = test::pattern(size);
            const auto message = seal_twice(test::keyring(), customers(), data, context, {.sign = sign}).value();
            CHECK(open_twice(test::keyring(), customers(), message, {.expected = context}).value() == data);
            CHECK(envelope::open(test::keyring(), message).error().code == errc::not_mine);
            const auto within = envelope::open(customers(), message).value();
            CHECK(envelope::open(customers(), within).error().code == errc::not_mine);
            CHECK(open_twice(customers(), test::keyring(), message).error().code == errc::not_mine);
            if (size > 100) CHECK(std::search(within.begin(), within.end(), data.begin(), data.begin() + 16) == within.end());
        }
}

TEST_CASE("seal_twice: two layers under one key are refused, by the key's name") {
    CHECK(seal_twice(test::keyring(), test::keyring(), test::pattern(10)).error().code == errc::misused);
    const auto same_name = keys::raw_aes_keyring::make("keywright", "prod.message.1", test::counting(9)).value();
    CHECK(seal_twice(test::keyring(), same_name, test::pattern(10)).error().code == errc::misused);
    const auto other_space = keys::raw_aes_keyring::make("customer", "prod.message.1", test::counting(9)).value();
    CHECK(seal_twice(test::keyring(), other_space, test::pattern(10)).has_value());
}

TEST_CASE("open_twice: layers of different places do not belong together, whoever holds the outer key") {
    const auto here = test::context({{"row", "1"}}), there = test::context({{"row", "2"}});
    const auto stolen = envelope::seal(test::keyring(), test::pattern(10), there).value();
    const auto moved = envelope::seal(customers(), stolen, here).value();
    CHECK(open_twice(test::keyring(), customers(), moved).error().code == errc::authentication_failed);
    const auto not_double = envelope::seal(customers(), test::pattern(10), here).value();
    CHECK_FALSE(open_twice(test::keyring(), customers(), not_double).has_value());
}

TEST_CASE("open_twice: a lock of either holder closes it") {
    const auto ours = std::make_shared<keys::epoch_watch>(1);
    const auto lease = test::lease(ours);
    const auto message = seal_twice(lease, customers(), test::pattern(10)).value();
    CHECK(open_twice(lease, customers(), message).has_value());
    ours->raise(2);
    CHECK(open_twice(lease, customers(), message).error().code == errc::locked);
}

TEST_CASE("open_twice: no flipped bit opens") {
    const auto message = seal_twice(test::keyring(), customers(), test::pattern(3)).value();
    for (std::size_t bit = 0; bit < 8 * message.size(); ++bit)
        CHECK_FALSE(open_twice(test::keyring(), customers(), test::flipped(message, bit)).has_value());
}
