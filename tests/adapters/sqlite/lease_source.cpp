// SPDX-License-Identifier: Apache-2.0
// Where connections have their leases from: each its own, or all of a process one.
#include <keywright/adapters/sqlite/lease_source.hpp>

#include "encrypted_helpers.hpp"

#include <atomic>
#include <thread>

namespace keywright::encrypted_tests {
namespace {

using sqlite::lease_source;

static_assert(std::is_convertible_v<result<keys::data_key_lease> (*)(), lease_source>);
static_assert(!std::is_convertible_v<result<secret_bytes> (*)(), lease_source>);
static_assert(!std::is_convertible_v<keys::data_key_lease, lease_source>);

bool is_refused(const sqlite::database& db) { return try_sql(db.handle(), "SELECT count(*) FROM t").code == SQLITE_IOERR_AUTH; }

} // namespace

TEST_CASE("lease source: connections that share one take a lease together, a lock ends it for all, an unlock brings one for all") {
    const environment prod;
    const temporary_folder folder;
    const auto leases = sqlite::share(prod.source());
    std::vector<sqlite::database> open;
    for (int i = 0; i < 5; ++i) {
        open.push_back(sqlite::open(folder / (i % 2 == 0 ? "a.db" : "b.db"), leases).value());
        sql(open.back(), "CREATE TABLE IF NOT EXISTS t(a)");
    }
    CHECK(prod.leases() == 1);
    prod.lock();
    for (const auto& db : open) CHECK(is_refused(db));
    CHECK(prod.leases() == 1);
    prod.unlock();
    for (const auto& db : open) CHECK(sql(db, "SELECT count(*) FROM t") == "0;");
    CHECK(prod.leases() == 2);
}

TEST_CASE("lease source: a shared lease whose time is over is renewed once, and lives while one connection has it") {
    const environment prod;
    const temporary_folder folder;
    std::optional<lease_source> leases = sqlite::share(prod.source());
    const auto one = sqlite::open(folder / "a.db", *leases).value(), other = sqlite::open(folder / "a.db", *leases).value();
    leases.reset();
    sql(one, "CREATE TABLE t(a)");
    environment::time += std::chrono::minutes(6);
    CHECK(sql(one, "SELECT count(*) FROM t") == "0;");
    CHECK(sql(other, "SELECT count(*) FROM t") == "0;");
    CHECK(prod.leases() == 2);
}

TEST_CASE("lease source: what gives no lease is asked again by the next, and by one thread at a time") {
    const environment prod;
    std::atomic<int> asked{0}, inside{0};
    const auto leases = sqlite::share([&]() -> result<keys::data_key_lease> {
        CHECK(++inside == 1);
        const int before = asked++;
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
        --inside;
        if (before == 0) return fail(errc::unavailable, "test: the vault is away");
        return prod.source()();
    });
    CHECK(leases().error().code == errc::unavailable);
    std::vector<std::thread> all;
    std::vector<lease_source::lease> got(4);
    for (auto& mine : got) all.emplace_back([&] { mine = *leases(); });
    for (auto& each : all) each.join();
    CHECK(asked == 2);
    for (const auto& each : got) CHECK(each == got.front());
}

TEST_CASE("lease source: what is not shared is asked for by each connection") {
    const environment prod;
    const temporary_folder folder;
    const lease_source leases = prod.source();
    const auto one = sqlite::open(folder / "a.db", leases).value(), other = sqlite::open(folder / "a.db", leases).value();
    CHECK(prod.leases() == 2);
}

} // namespace keywright::encrypted_tests
