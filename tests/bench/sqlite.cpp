// SPDX-License-Identifier: Apache-2.0
// Encrypted databases beside plain ones, the same pages, cache and SQL: bulk insert, scan, random reads, random updates, in a
// rollback journal and in a write-ahead log. Each round runs them all in turns; printed are medians of processor time, and
// the ratio to plain SQLite.
//     bench_sqlite [ROWS [ROUNDS]]     in the folder TMPDIR: one in memory leaves the disk out
#include "sqlite_steps.hpp"

#include <keywright/adapters/sqlite/encrypted_database.hpp>
#include <keywright/testing/temporary_folder.hpp>

#include <algorithm>
#include <filesystem>

using namespace keywright;

namespace {

constexpr const char* kinds[] = {"plain", "GCM-SIV", "GCM"};

result<keys::data_key_lease> lease() {
    std::vector<keys::leased_key> list;
    list.push_back({{environment_id{"prod"}, keys::data_purpose::page, 1}, secret_bytes(byte_view(bytes(32, 7))), true, 1000});
    return keys::data_key_lease::grant(std::make_shared<keys::epoch_watch>(1), 1, std::move(list));
}
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
}
