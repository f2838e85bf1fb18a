// SPDX-License-Identifier: Apache-2.0
// keys/epoch: raise, staleness at its limit, a source that fails, many threads.
#include <keywright/keys/epoch.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <thread>
#include <vector>

using namespace keywright;
using namespace std::chrono_literals;
using keys::epoch_watch;

namespace {

// One clock for the whole program: a test moves it on, and never back.
std::atomic<std::int64_t> fake_now{1'000'000'000'000};
std::chrono::nanoseconds fake_time() noexcept { return std::chrono::nanoseconds(fake_now.load()); }
void advance(std::chrono::nanoseconds by) { fake_now += by.count(); }

struct shared_store {
    std::atomic<std::uint64_t> epoch{1};
    std::atomic<bool> reachable{true};
    std::atomic<int> reads{0};
    auto source() {
        return [this]() -> result<std::uint64_t> {
            ++reads;
            if (!reachable) return fail(errc::timed_out, "test: not reachable", 110);
            return epoch.load();
        };
    }
};

errc code_of(const result<void>& r) {
    REQUIRE_FALSE(r.has_value());
    return r.error().code;
}

} // namespace

TEST_CASE("epoch_watch: a raise stops what was granted before, at once and for ever") {
    epoch_watch watch(7);
    CHECK(watch.check(7).has_value());
    watch.raise(8);
    CHECK(code_of(watch.check(7)) == errc::locked);
    CHECK(watch.check(8).has_value());
    watch.raise(7); // never lowers
    CHECK(code_of(watch.check(7)) == errc::locked);
    CHECK(code_of(watch.check(9)) == errc::locked); // granted by nobody that this process knows
}

TEST_CASE("epoch_watch: reads again at the refresh interval, not before") {
    shared_store store;
    epoch_watch watch(1, store.source(), fake_time(), 1s, fake_time);
    advance(1s - 1ns);
    store.epoch = 2;
    CHECK(watch.check(1).has_value());
    CHECK(store.reads == 0);
    advance(1ns);
    CHECK(code_of(watch.check(1)) == errc::locked);
    CHECK(store.reads == 1);
    CHECK(watch.check(2).has_value());
    CHECK(store.reads == 1);
}

TEST_CASE("epoch_watch: a source that fails stops every use until it answers again") {
    shared_store store;
    epoch_watch watch(1, store.source(), fake_time(), 1s, fake_time);
    store.reachable = false;
    CHECK(watch.check(1).has_value());
    advance(1s);
    const auto blind = watch.check(1);
    CHECK(code_of(blind) == errc::unavailable);
    CHECK(blind.error().native == 110);
    CHECK(code_of(watch.check(1)) == errc::unavailable);
    CHECK(store.reads == 2);
    store.reachable = true;
    CHECK(watch.check(1).has_value());
}

TEST_CASE("epoch_watch: an answer is as old as its question") {
    std::uint64_t epoch = 1;
    epoch_watch watch(
        1,
        [&epoch]() -> result<std::uint64_t> {
            const auto read = epoch;
            advance(2s); // the answer took longer than it may be old
            return read;
        },
        fake_time(), 1s, fake_time);
    advance(1s);
    CHECK(watch.check(1).has_value());
    epoch = 2;
    CHECK(code_of(watch.check(1)) == errc::locked); // so the next use asks again
}

TEST_CASE("epoch_watch: a raise in this process is not undone by an older answer") {
    shared_store store;
    epoch_watch watch(1, store.source(), fake_time(), 1s, fake_time);
    watch.raise(2); // before the commit that the store will show
    advance(1s);
    CHECK(code_of(watch.check(1)) == errc::locked);
}

TEST_CASE("epoch_watch: from many threads, no use succeeds after a raise has returned") {
    shared_store store;
    epoch_watch watch(1, store.source(), keys::running_time(), 50us);
    std::atomic<bool> raised{false}, stop{false};
    std::atomic<int> wrong{0}, used{0}, refused{0};
    std::vector<std::thread> users;
    for (int i = 0; i < 4; ++i)
        users.emplace_back([&] {
            while (!stop) {
                const bool before = raised.load();
                const bool usable = watch.check(1).has_value();
                if (before && usable) ++wrong;
                ++(before ? refused : used);
            }
        });
    while (store.reads < 20 || used < 1000) std::this_thread::yield();
    watch.raise(2);
    raised = true;
    while (refused < 1000) std::this_thread::yield();
    stop = true;
    for (auto& user : users) user.join();
    CHECK(wrong == 0);
}

TEST_CASE("running_time: runs forward") {
    const auto first = keys::running_time();
    CHECK(first.count() > 0);
    CHECK(keys::running_time() >= first);
}
