// SPDX-License-Identifier: Apache-2.0
// keys/lease: age and uses at their limits, locks, several keys, many threads.
#include <keywright/keys/lease.hpp>

#include "helpers.hpp"

#include <doctest/doctest.h>

#include <thread>
#include <type_traits>

using namespace keywright;
using namespace std::chrono_literals;
using keys::data_key_lease;
using keys::data_purpose;
using keys::epoch_watch;
using keys::leased_key;

namespace {

std::atomic<std::int64_t> fake_now{5'000'000'000'000};
std::chrono::nanoseconds fake_time() noexcept { return std::chrono::nanoseconds(fake_now.load()); }

leased_key message_key(std::uint64_t version, std::uint64_t uses, bool primary = true) {
    return {{environment_id{"prod"}, data_purpose::message, version}, test::counting(static_cast<std::uint8_t>(version)), primary, uses};
}
template <class... Keys>
std::vector<leased_key> list(Keys&&... keys) {
    std::vector<leased_key> made;
    (made.push_back(std::move(keys)), ...);
    return made;
}
data_key_lease lease_of(std::shared_ptr<epoch_watch> watch, std::vector<leased_key> keys, keys::lease_bounds bounds = {}) {
    return std::move(data_key_lease::grant(std::move(watch), 1, std::move(keys), bounds).value());
}
std::shared_ptr<epoch_watch> epoch_one() { return std::make_shared<epoch_watch>(1); }

} // namespace

TEST_CASE("data_key_lease: what it wraps opens with the environment's key, and the other way round") {
    auto lease = lease_of(epoch_one(), list(message_key(1, 10)));
    const auto context = test::context({{"k", "v"}});
    const auto wrapped = lease.wrap(data_purpose::message, context.serialise(), test::counting(100)).value();
    auto key = test::kek_of(test::counting(1));
    CHECK(test::seen(keys::unwrap_key(key, "prod.message.1", context, wrapped.view()).value()) == test::seen(test::counting(100)));
    const auto by_key = keys::wrap_key(key, "prod.message.1", context, test::counting(101)).value();
    CHECK(test::seen(lease.unwrap(data_purpose::message, context.serialise(), by_key.view()).value()) == test::seen(test::counting(101)));
    CHECK(lease.unwrap(data_purpose::message, {}, by_key.view()).error().code == errc::authentication_failed);
    CHECK(lease.unwrap(data_purpose::field, context.serialise(), by_key.view()).error().code == errc::not_mine);
    CHECK(lease.environment() == environment_id{"prod"});
}

TEST_CASE("data_key_lease: writes under the primary key and reads under the older ones") {
    auto lease = lease_of(epoch_one(), list(message_key(1, 0, false), message_key(2, 10)));
    const auto wrapped = lease.wrap(data_purpose::message, {}, test::counting(100)).value();
    CHECK(as_text(wrapped.view().provider_info).starts_with("prod.message.2"));
    auto older = test::kek_of(test::counting(1));
    const auto by_older = keys::wrap_key(older, "prod.message.1", {}, test::counting(101)).value();
    CHECK(lease.unwrap(data_purpose::message, {}, by_older.view()).has_value());
    const auto by_unknown = keys::wrap_key(older, "prod.message.3", {}, test::counting(101)).value();
    CHECK(lease.unwrap(data_purpose::message, {}, by_unknown.view()).error().code == errc::not_mine);
    CHECK(lease.wrap(data_purpose::page, {}, test::counting(100)).error().code == errc::not_found);
}

TEST_CASE("data_key_lease: counts its uses down to none, and reading takes none") {
    auto lease = lease_of(epoch_one(), list(message_key(1, 2)));
    const auto first = lease.wrap(data_purpose::message, {}, test::counting(0));
    REQUIRE(first.has_value());
    CHECK(lease.uses_left(data_purpose::message) == 1);
    CHECK(lease.wrap(data_purpose::message, {}, test::counting(0)).has_value());
    CHECK(lease.uses_left(data_purpose::message) == 0);
    CHECK(lease.wrap(data_purpose::message, {}, test::counting(0)).error().code == errc::exhausted);
    CHECK(lease.unwrap(data_purpose::message, {}, first->view()).has_value());
    CHECK(lease.check().has_value());
    CHECK(lease.uses_left(data_purpose::field) == 0);
}

TEST_CASE("data_key_lease: threads together get exactly the uses that were reserved") {
    auto lease = lease_of(epoch_one(), list(message_key(1, 1000)));
    std::atomic<int> granted{0};
    std::vector<std::thread> users;
    for (int i = 0; i < 4; ++i)
        users.emplace_back([&] {
            for (int k = 0; k < 300; ++k) {
                const auto wrapped = lease.wrap(data_purpose::message, {}, test::counting(0));
                if (wrapped) ++granted;
                if (wrapped && !lease.unwrap(data_purpose::message, {}, wrapped->view())) granted += 10'000;
            }
        });
    for (auto& user : users) user.join();
    CHECK(granted == 1000);
}

TEST_CASE("data_key_lease: expires at its age, not before, and does not come back") {
    auto lease = lease_of(epoch_one(), list(message_key(1, 10)), {.max_age = 60s, .now = fake_time});
    fake_now += std::chrono::nanoseconds(60s).count() - 1;
    CHECK(lease.check().has_value());
    fake_now += 1;
    CHECK(lease.check().error().code == errc::expired);
    CHECK(lease.wrap(data_purpose::message, {}, test::counting(0)).error().code == errc::expired);
    fake_now += 1;
    CHECK(lease.check().error().code == errc::expired);
}

TEST_CASE("data_key_lease: a raise stops every later use of every lease") {
    const auto watch = epoch_one();
    auto one = lease_of(watch, list(message_key(1, 10)));
    auto two = lease_of(watch, list(message_key(1, 10)));
    const auto wrapped = one.wrap(data_purpose::message, {}, test::counting(0)).value();
    watch->raise(2);
    for (const auto* lease : {&one, &two}) {
        CHECK(lease->check().error().code == errc::locked);
        CHECK(lease->wrap(data_purpose::message, {}, test::counting(0)).error().code == errc::locked);
        CHECK(lease->unwrap(data_purpose::message, {}, wrapped.view()).error().code == errc::locked);
    }
    CHECK(one.uses_left(data_purpose::message) == 9); // a refused use is not counted
    CHECK(data_key_lease::grant(watch, 2, list(message_key(1, 1))).value().check().has_value());
    CHECK(data_key_lease::grant(watch, 1, list(message_key(1, 1))).value().check().error().code == errc::locked);
}

TEST_CASE("data_key_lease: cannot be used while the epoch cannot be read, and can again when it can") {
    bool reachable = false;
    const auto source = [&reachable]() -> result<std::uint64_t> {
        if (!reachable) return fail(errc::io_failed, "test: not reachable");
        return std::uint64_t{1};
    };
    auto lease = lease_of(std::make_shared<epoch_watch>(1, source, fake_time(), 1s, fake_time), list(message_key(1, 10)));
    fake_now += std::chrono::nanoseconds(1s).count();
    CHECK(lease.wrap(data_purpose::message, {}, test::counting(0)).error().code == errc::unavailable);
    reachable = true;
    CHECK(lease.wrap(data_purpose::message, {}, test::counting(0)).has_value());
}

TEST_CASE("data_key_lease: a raise in the middle of many uses, from another thread") {
    const auto watch = epoch_one();
    auto lease = lease_of(watch, list(message_key(1, 1'000'000'000)));
    std::atomic<bool> raised{false};
    std::atomic<int> wrong{0}, used{0};
    std::vector<std::thread> users;
    for (int i = 0; i < 3; ++i)
        users.emplace_back([&] {
            for (;;) {
                const bool before = raised.load();
                const auto wrapped = lease.wrap(data_purpose::message, {}, test::counting(0));
                if (wrapped && before) ++wrong;
                used += wrapped ? 1 : 1000; // a thread that ends keeps nobody waiting
                if (wrapped) continue;
                if (wrapped.error().code != errc::locked) ++wrong;
                break;
            }
        });
    while (used < 200) std::this_thread::yield();
    watch->raise(2);
    raised = true;
    for (auto& user : users) user.join();
    CHECK(wrong == 0);
}

TEST_CASE("data_key_lease: is granted only for keys that fit together") {
    const auto grant = [](std::vector<leased_key> keys) { return data_key_lease::grant(epoch_one(), 1, std::move(keys)).error().code; };
    CHECK(grant({}) == errc::misused);
    CHECK(grant(list(message_key(1, 1), message_key(2, 1))) == errc::misused);
    CHECK(grant(list(message_key(1, 1), message_key(1, 0, false))) == errc::misused);
    auto foreign = message_key(2, 0, false);
    foreign.name.environment = environment_id{"test"};
    CHECK(grant(list(message_key(1, 1), std::move(foreign))) == errc::misused);
    auto short_key = message_key(1, 1);
    short_key.key = secret_bytes(16);
    CHECK(grant(list(std::move(short_key))) == errc::misused);
}

static_assert(!std::is_copy_constructible_v<data_key_lease> && std::is_nothrow_move_constructible_v<data_key_lease>);
static_assert(!std::is_copy_assignable_v<data_key_lease>);
