// SPDX-License-Identifier: Apache-2.0
// Encrypted databases beside plain ones, the same pages, cache and SQL: bulk insert, scan, random reads, random updates, in a
// rollback journal and in a write-ahead log. Each round runs them all in turns; printed are medians of processor time, and
// the ratio to plain SQLite. Then what it costs to open one of a service's environment, with a shared lease and to get one, and
// the look at the file's header that each transaction takes which writes.
//     bench_sqlite [ROWS [ROUNDS]]     in the folder TMPDIR: one in memory leaves the disk out
#include "../adapters/sqlite/sql.hpp"
#include "sqlite_steps.hpp"

#include <keywright/adapters/memory.hpp>
#include <keywright/adapters/sqlite/encrypted/sole_writer.hpp>
#include <keywright/keywright.hpp>
#include <keywright/testing/temporary_folder.hpp>
#include <keywright/throwing.hpp>

#include <algorithm>
#include <filesystem>

using namespace keywright;
using encrypted_tests::lease;

namespace {

constexpr const char* kinds[] = {"plain", "GCM-SIV", "GCM"};

bench::step_times measure(std::size_t kind, const char* mode, unsigned rows) {
    const testing::temporary_folder folder;
    if (kind == 0) {
        sqlite3* db = nullptr;
        if (sqlite3_open((folder / "a.db").c_str(), &db) != SQLITE_OK) std::exit(1);
        const auto times = bench::all_steps(db, mode, rows);
        sqlite3_close(db);
        return times;
    }
    const auto db = sqlite::open(folder / "a.db", lease,
                                 {.suite = kind == 1 ? envelope::page_suite::aes256_gcm_siv : envelope::page_suite::aes256_gcm});
    if (!db) std::printf("failed: %s\n", db.error().text), std::exit(1);
    return bench::all_steps(db->handle(), mode, rows);
}
double median(std::vector<double> all) {
    std::nth_element(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2), all.end());
    return all[all.size() / 2];
}

/// Microseconds of processor time, the least of many.
double least_of(int times, const auto& work) {
    double least = 1e9;
    for (int i = 0; i < times; ++i) {
        const double from = bench::seconds_used();
        work();
        least = std::min(least, 1e6 * (bench::seconds_used() - from));
    }
    return least;
}
void open_through_service() {
    memory::parts p{instant{1'800'000'000}};
    tenant_service<profiles::power_platform, memory::state_store, memory::key_vault, memory::manual_clock, memory::notifier,
                   memory::content_store>
        svc(p.store, p.vault, p.clock, p.mail, p.data);
    const service::ring_id ring{tenant_id{"contoso"}, region_id{"eu"}};
    const environment_id prod{"prod"};
    const policy::actor provider{admin_id{"provider"}, policy::principal::provider}, alice{admin_id{"alice"}};
    or_throw(svc.create_tenant({.by = provider, .tenant = ring.tenant, .seats = 1001, .opted_in = true}));
    or_throw(svc.run({{ring.tenant}}, policy::enable_feature{.by = provider}));
    or_throw(svc.run({{ring.tenant}}, policy::add_administrator{.by = provider, .who = alice.who}));
    p.clock.advance(hours(1));
    or_throw(svc.run({ring, prod}, policy::create_environment{.by = alice, .environment = prod}));

    const testing::temporary_folder folder;
    const auto ask = [&] { return svc.environment(ring, prod, alice).pages(access::read_write); };
    const auto leases = sqlite::share(ask);
    const auto open = [&] { return or_throw(sqlite::open(folder / "a.db", leases)); };
    const auto db = open();
    bench::run(db.handle(), "CREATE TABLE t(a INTEGER PRIMARY KEY, b BLOB)");
    const auto schema = [&] { bench::run(open().handle(), "SELECT count(*) FROM t"); };
    std::printf("opening and reading the schema, with a shared lease: %.0f us\n", least_of(200, schema));
    std::printf("a new lease, one use of the provider's RSA key in it: %.0f us\n", least_of(50, [&] { or_throw(ask()); }));
    auto& head = sqlite::detail::file_of(db.handle())->head();
    constexpr int looks = 1000;
    const double all = least_of(50, [&] {
        for (int i = 0; i < looks; ++i)
            if (head.forget_if_changed()) std::exit(1);
    });
    std::printf("a look at the header: %.2f us\n", all / looks);
}

} // namespace

int main(int argc, char** argv) {
    const unsigned rows = argc > 1 ? static_cast<unsigned>(std::atoi(argv[1])) : 200'000;
    const int rounds = argc > 2 ? std::atoi(argv[2]) : 5;
    for (const char* mode : {"delete", "wal"}) {
        std::vector<double> times[std::size(kinds)][bench::steps.size()];
        for (int round = 0; round < rounds; ++round)
            for (std::size_t kind = 0; kind < std::size(kinds); ++kind) {
                const auto once = measure(kind, mode, rows);
                for (std::size_t step = 0; step < bench::steps.size(); ++step) times[kind][step].push_back(once[step]);
            }
        std::printf("journal_mode = %s, %u rows of 300 bytes\n", mode, rows);
        for (std::size_t step = 0; step < bench::steps.size(); ++step) {
            const double plain = median(times[0][step]);
            std::printf("  %-16s plain %7.1f ms", bench::steps[step], 1e3 * plain);
            for (std::size_t kind = 1; kind < std::size(kinds); ++kind)
                std::printf("   %s %7.1f ms, ratio %.2f", kinds[kind], 1e3 * median(times[kind][step]), median(times[kind][step]) / plain);
            std::printf("\n");
        }
    }
    open_through_service();
}
