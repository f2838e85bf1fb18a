// SPDX-License-Identifier: Apache-2.0
// keys/data_key_cache: each bound at its limit, one below and one above; what empties it; what it never does.
#include <keywright/keys/data_key_cache.hpp>

#include <keywright/envelope/message.hpp>
#include <keywright/envelope/sealer.hpp>
#include <keywright/keys/raw_aes_keyring.hpp>

#include "../memory_search.hpp"
#include "helpers.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <set>
#include <thread>

using namespace keywright;
using namespace std::chrono_literals;

namespace {

std::atomic<std::int64_t> clock_ns{0};
std::chrono::nanoseconds test_time() noexcept { return std::chrono::nanoseconds(clock_ns.load()); }
void set_time(std::chrono::nanoseconds t) { clock_ns = t.count(); }

// A keyring below the cache: counts what it is asked, and says what the test wants.
class counted_keyring {
public:
    explicit counted_keyring(std::uint8_t first_byte = 0)
        : ring_(keys::raw_aes_keyring::make("keywright", "counted", test::counting(first_byte)).value()) {}
    result<keys::encryption_materials> on_encrypt(const keys::encryption_context& context) const {
        ++asked;
        if (refuses != nullptr) return tl::unexpected(*refuses);
        return ring_.on_encrypt(context);
    }
    result<secret_bytes> on_decrypt(const keys::encryption_context& context, std::span<const keys::entry_view> entries) const {
        ++opened;
        return ring_.on_decrypt(context, entries);
    }
    result<void> check() const { return revoked != nullptr ? result<void>(tl::unexpected(*revoked)) : result<void>{}; }

    mutable std::atomic<int> asked{0}, opened{0};
    std::atomic<const error*> refuses{nullptr}, revoked{nullptr};

private:
    keys::raw_aes_keyring ring_;
};
static_assert(keys::check_keyring<counted_keyring>());

constexpr error locked{errc::locked, "test: locked"};
constexpr error away{errc::unavailable, "test: away"};

keys::data_key_cache cache_of(keys::cache_bounds bounds = {.max_age = 60s, .max_messages = 1000, .max_bytes = 1'000'000},
                              keys::cache_options options = {}) {
    options.now = test_time;
    set_time(1h);
    return std::move(keys::data_key_cache::make(bounds, options).value());
}
bytes key_of(const keys::caching_keyring& ring, std::uint64_t size = 1, const keys::encryption_context& context = {}) {
    return test::seen(ring.on_encrypt(context, {.plaintext_size = size}).value().data_key);
}

} // namespace

TEST_CASE("data_key_cache: bounds are needed, and none of them is for ever") {
    const auto code = [](keys::cache_bounds bounds, keys::cache_options options = {}) {
        const auto made = keys::data_key_cache::make(bounds, options);
        return made ? errc{} : made.error().code;
    };
    constexpr std::uint64_t messages = std::uint64_t{1} << 32, size = std::uint64_t{1} << 50;
    CHECK(code({24h, messages, size}) == errc{});
    CHECK(code({1ns, 1, 1}) == errc{});
    for (const auto bounds :
         {keys::cache_bounds{24h + 1ns, 1, 1}, {0ns, 1, 1}, {-1ns, 1, 1}, {1s, 0, 1}, {1s, messages + 1, 1}, {1s, 1, 0}, {1s, 1, size + 1}})
        CHECK(code(bounds) == errc::misused);
    CHECK(code({1s, 1, 1}, {.max_entries = 0}) == errc::misused);
    CHECK(code({1s, 1, 1}, {.refresh_ahead = -1ns}) == errc::misused);
    CHECK(code({1s, 1, 1}, {.refresh_ahead = 1s - 1ns}) == errc{});
    CHECK(code({1s, 1, 1}, {.refresh_ahead = 1s}) == errc::misused);
}

TEST_CASE("caching_keyring: a data key serves as many messages as it may, and not one more") {
    const counted_keyring below;
    auto cache = cache_of({.max_age = 60s, .max_messages = 3, .max_bytes = 1000});
    const keys::caching_keyring ring(cache, below);
    const bytes first = key_of(ring);
    CHECK(key_of(ring) == first);
    CHECK(key_of(ring) == first);
    CHECK(below.asked == 1);
    const bytes second = key_of(ring);
    CHECK(second != first);
    CHECK(below.asked == 2);
    CHECK(key_of(ring) == second);
    CHECK(cache.size() == 1);
}

TEST_CASE("caching_keyring: a data key serves as many bytes as it may, and a message that is too long for it has its own") {
    const counted_keyring below;
    auto cache = cache_of({.max_age = 60s, .max_messages = 1000, .max_bytes = 100});
    for (const std::uint64_t last : {39u, 40u, 41u}) {
        CAPTURE(last);
        const keys::caching_keyring ring(cache, below);
        const bytes first = key_of(ring, 60);
        CHECK((key_of(ring, last) == first) == (last <= 40));
    }
    const keys::caching_keyring ring(cache, below);
    const int before = below.asked;
    const bytes whole = key_of(ring, 100);
    CHECK(key_of(ring, 0) == whole);
    CHECK(key_of(ring, 101) != whole);
    CHECK(key_of(ring, 101) != whole);
    CHECK(below.asked == before + 3);
    CHECK(key_of(ring, 0) == whole); // those two did not drive it out
}

TEST_CASE("caching_keyring: a data key serves until its age is reached, counted from when it was asked for") {
    const counted_keyring below;
    auto cache = cache_of();
    const keys::caching_keyring ring(cache, below);
    const bytes first = key_of(ring);
    set_time(1h + 60s - 1ns);
    CHECK(key_of(ring) == first);
    set_time(1h + 60s);
    CHECK(cache.size() == 1);
    const bytes second = key_of(ring);
    CHECK(second != first);
    set_time(1h + 120s - 1ns);
    cache.wipe_expired();
    CHECK(cache.size() == 1);
    CHECK(key_of(ring) == second); // use does not make it younger
    set_time(1h + 120s);
    cache.wipe_expired();
    CHECK(cache.size() == 0);
}

TEST_CASE("caching_keyring: refreshed ahead, by one use, while the keyring's absence is no loss until the end") {
    counted_keyring below;
    auto cache = cache_of({.max_age = 60s, .max_messages = 1000, .max_bytes = 1000}, {.refresh_ahead = 8s});
    const keys::caching_keyring ring(cache, below);
    const bytes first = key_of(ring);
    set_time(1h + 52s - 1ns);
    CHECK(key_of(ring) == first);
    CHECK(below.asked == 1);
    below.refuses = &away;
    set_time(1h + 52s);
    CHECK(key_of(ring) == first);
    CHECK(below.asked == 2);
    CHECK(key_of(ring) == first); // not asked again at once
    CHECK(below.asked == 2);
    set_time(1h + 54s);
    CHECK(key_of(ring) == first);
    CHECK(below.asked == 3);
    below.refuses = nullptr;
    set_time(1h + 56s);
    const bytes second = key_of(ring);
    CHECK(second != first);
    CHECK(key_of(ring) == second);
    CHECK(below.asked == 4);
    below.refuses = &away;
    set_time(1h + 116s);
    CHECK(ring.on_encrypt({}, {.plaintext_size = 1}).error().code == errc::unavailable);
}

TEST_CASE("caching_keyring: another context, another keyring of the same cache, or a stream, has another data key") {
    const counted_keyring below, other_below(1);
    auto cache = cache_of();
    const keys::caching_keyring ring(cache, below), other(cache, other_below), again(cache, below);
    const auto context = test::context({{"table", "invoices"}});
    std::set<bytes> all{key_of(ring), key_of(other), key_of(again), key_of(ring, 1, context)};
    CHECK(all.size() == 4);
    CHECK(cache.size() == 4);
    CHECK(key_of(ring, 1, context) == key_of(ring, 1, context));
    all.insert(test::seen(ring.on_encrypt({}, {}).value().data_key));
    all.insert(test::seen(ring.on_encrypt({}, {}).value().data_key));
    CHECK(all.size() == 6);
    CHECK(cache.size() == 4);
}

TEST_CASE("caching_keyring: messages under one data key have ids, and so frame keys, of their own; streams and signed ones a data key") {
    const counted_keyring below;
    auto cache = cache_of();
    const keys::caching_keyring ring(cache, below);
    std::set<envelope::message_id> ids;
    std::set<bytes> wraps, commitments;
    for (int i = 0; i < 200; ++i) {
        const auto message = envelope::seal(ring, bytes(10, 7)).value();
        const auto header = envelope::parse_header(message, {}).value();
        ids.insert(header.id);
        wraps.emplace(header.entries[0].provider_info.begin(), header.entries[0].provider_info.end());
        commitments.emplace(header.committed.begin(), header.committed.end());
        CHECK(envelope::open(below, message).value() == bytes(10, 7));
    }
    CHECK(below.asked == 1);
    CHECK(ids.size() == 200);
    CHECK(commitments.size() == 200); // derived like the frames' keys, from data key and id
    CHECK(wraps.size() == 1);
    REQUIRE(envelope::seal(ring, bytes(10, 7), {}, {.sign = true}).has_value());
    REQUIRE(envelope::seal(ring, bytes(10, 7), {}, {.sign = true}).has_value());
    CHECK(below.asked == 3);
    REQUIRE(envelope::sealer::begin(ring, {}).has_value());
    REQUIRE(envelope::sealer::begin(ring, {}).has_value());
    CHECK(below.asked == 5);
    CHECK(cache.size() == 1);
}

TEST_CASE("caching_keyring: opens what it has opened without asking, within age and number, and nothing else") {
    const counted_keyring below;
    auto cache = cache_of({.max_age = 60s, .max_messages = 3, .max_bytes = 5});
    const keys::caching_keyring ring(cache, below);
    const auto context = test::context({{"k", "v"}});
    const auto message = envelope::seal(below, bytes(10, 7), context).value();
    for (int i = 0; i < 3; ++i) CHECK(envelope::open(ring, message).value() == bytes(10, 7));
    CHECK(below.opened == 1);
    CHECK(envelope::open(ring, message).has_value());
    CHECK(below.opened == 2);
    set_time(1h + 60s);
    CHECK(envelope::open(ring, message).has_value());
    CHECK(below.opened == 3);
    // The same entry in another context, and an entry that differs in one bit, are other names, and do not open.
    const auto header = envelope::parse_header(message, {}).value();
    CHECK(ring.on_decrypt(test::context({{"k", "w"}}), header.entries).error().code == errc::authentication_failed);
    bytes changed(header.entries[0].ciphertext.begin(), header.entries[0].ciphertext.end());
    changed[0] ^= 1;
    const keys::entry_view forged{header.entries[0].provider_id, header.entries[0].provider_info, changed};
    CHECK(ring.on_decrypt(context, {&forged, 1}).error().code == errc::authentication_failed);
    CHECK(below.opened == 5);
    CHECK(cache.size() == 1); // what failed is not kept
}

TEST_CASE("caching_keyring: a lock stops cached keys at once, seen through the lease's epoch, and empties the cache") {
    const auto watch = std::make_shared<keys::epoch_watch>(1);
    std::vector<keys::leased_key> list;
    list.push_back({{environment_id{"prod"}, keys::data_purpose::message, 1}, test::counting(0), true, 1});
    const auto lease = keys::data_key_lease::grant(watch, 1, std::move(list)).value();
    const counted_keyring elsewhere;
    auto cache = cache_of();
    const keys::caching_keyring ring(cache, lease), other(cache, elsewhere);
    const bytes kept = key_of(other);
    const auto message = envelope::seal(ring, bytes(10, 7)).value();
    CHECK(envelope::seal(ring, bytes(10, 7)).has_value()); // the lease had one use
    CHECK(envelope::open(ring, message).has_value());
    CHECK(cache.size() == 3);
    watch->raise(2);
    CHECK(envelope::open(ring, message).error().code == errc::locked);
    CHECK(cache.size() == 1);
    CHECK(envelope::seal(ring, bytes(10, 7)).error().code == errc::locked);
    CHECK(key_of(other) == kept); // another environment's keys are not touched
}

TEST_CASE("caching_keyring: across processes cached keys live no longer than the epoch's refresh, and none while it cannot be read") {
    static std::atomic<std::uint64_t> stored;
    static std::atomic<bool> readable;
    stored = 1, readable = true;
    set_time(1h);
    const auto read = []() -> result<std::uint64_t> {
        return readable ? result<std::uint64_t>(stored.load()) : fail(errc::io_failed, "test");
    };
    const auto watch = std::make_shared<keys::epoch_watch>(1, read, test_time(), 1s, test_time);
    std::vector<keys::leased_key> list;
    list.push_back({{environment_id{"prod"}, keys::data_purpose::message, 1}, test::counting(0), true, 10});
    const auto lease = keys::data_key_lease::grant(watch, 1, std::move(list), {.now = test_time}).value();
    auto cache = cache_of();
    const keys::caching_keyring ring(cache, lease);
    REQUIRE(envelope::seal(ring, bytes(1, 7)).has_value());
    readable = false;
    set_time(1h + 1s);
    CHECK(envelope::seal(ring, bytes(1, 7)).error().code == errc::unavailable);
    CHECK(cache.size() == 1); // not known to be revoked
    readable = true;
    CHECK(envelope::seal(ring, bytes(1, 7)).has_value());
    stored = 2;
    set_time(1h + 2s - 1ns);
    CHECK(envelope::seal(ring, bytes(1, 7)).has_value());
    set_time(1h + 2s);
    CHECK(envelope::seal(ring, bytes(1, 7)).error().code == errc::locked);
    CHECK(cache.size() == 0);
}

TEST_CASE("caching_keyring: a refresh that learns of a lock does not go on with the old key") {
    counted_keyring below;
    auto cache = cache_of({.max_age = 60s, .max_messages = 1000, .max_bytes = 1000}, {.refresh_ahead = 8s});
    const keys::caching_keyring ring(cache, below);
    REQUIRE(ring.on_encrypt({}, {.plaintext_size = 1}).has_value());
    set_time(1h + 55s);
    below.revoked = &locked;
    CHECK(ring.on_encrypt({}, {.plaintext_size = 1}).error().code == errc::locked);
    CHECK(cache.size() == 0);
}

TEST_CASE("data_key_cache: as many entries as it has room for, and the one used longest ago goes first") {
    const counted_keyring below;
    auto cache = cache_of({.max_age = 60s, .max_messages = 1000, .max_bytes = 1000}, {.max_entries = 3});
    const keys::caching_keyring ring(cache, below);
    const auto of = [&](const char* value) { return key_of(ring, 1, test::context({{"k", value}})); };
    const bytes a = of("a"), b = of("b"), c = of("c");
    CHECK(cache.size() == 3);
    CHECK(of("a") == a);
    const bytes d = of("d");
    CHECK(cache.size() == 3);
    CHECK(of("a") == a);
    CHECK(of("c") == c);
    CHECK(of("d") == d);
    CHECK(below.asked == 4);
    CHECK(of("b") != b);
    CHECK(cache.size() == 3);
    // A context as long as they come is no way to fill the memory with names.
    (void)key_of(ring, 1, test::context({{"k", std::string(16 * 1024, 'x')}}));
    CHECK(of("b") != a);
    CHECK(below.asked == 6);
}

TEST_CASE("data_key_cache: emptied when its keyring is destroyed, and when it is told to") {
    const counted_keyring below;
    auto cache = cache_of();
    {
        const keys::caching_keyring ring(cache, below);
        (void)key_of(ring);
        CHECK(cache.size() == 1);
    }
    CHECK(cache.size() == 0);
    const keys::caching_keyring ring(cache, below);
    (void)key_of(ring);
    cache.clear();
    CHECK(cache.size() == 0);
    (void)key_of(ring);
    CHECK(below.asked == 3);
}

TEST_CASE("data_key_cache: threads that seal, open and lock together use no key after the lock, nor above its bound") {
    const auto watch = std::make_shared<keys::epoch_watch>(1);
    std::vector<keys::leased_key> list;
    list.push_back({{environment_id{"prod"}, keys::data_purpose::message, 1}, test::counting(0), true, 1'000'000});
    const auto lease = keys::data_key_lease::grant(watch, 1, std::move(list)).value();
    auto cache = cache_of({.max_age = 60s, .max_messages = 5, .max_bytes = 1'000'000}, {.max_entries = 4});
    const keys::caching_keyring ring(cache, lease);
    std::mutex busy;
    std::map<bytes, int> uses; // by wrap
    std::atomic<int> wrong{0}, done{0};
    std::atomic<bool> raised{false};
    std::vector<std::thread> users;
    for (std::uint8_t i = 0; i < 4; ++i)
        users.emplace_back([&, i] {
            for (const bytes data(100, i);;) {
                const bool before = raised;
                const auto message = envelope::seal(ring, data);
                if (before && message) ++wrong;
                const auto back = message ? envelope::open(ring, *message) : message;
                done += back ? 1 : 1000;
                if (!back) return;
                if (*back != data) ++wrong;
                const auto entry = envelope::parse_header(*message, {})->entries[0].provider_info;
                const std::scoped_lock alone(busy);
                if (++uses[bytes(entry.begin(), entry.end())] > 5) ++wrong;
            }
        });
    while (done < 200) std::this_thread::yield();
    watch->raise(2);
    raised = true;
    for (auto& user : users) user.join();
    CHECK(wrong == 0);
    (void)ring.check();
    CHECK(cache.size() == 0);
}

#ifdef __linux__
TEST_CASE("data_key_cache: a data key that it forgets is in no memory of the process") {
    const counted_keyring below;
    auto cache = cache_of();
    const keys::caching_keyring ring(cache, below);
    const auto key = [&] {
        const auto made = ring.on_encrypt({}, {.plaintext_size = 1}).value();
        return memory_tests::hidden_value(insecure::export_secret(made.data_key, insecure::secret_access{"looked for in memory"}));
    }();
    CHECK(memory_tests::times_in_memory(key) == 1);
    set_time(1h + 60s);
    cache.wipe_expired();
    CHECK(memory_tests::times_in_memory(key) == 0);
}
#endif
