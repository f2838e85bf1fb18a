// SPDX-License-Identifier: Apache-2.0
// Before the day comes: does the key in the escrow really open the newest backup? Asked of the escrowed file, the state and
// the stored backup alone: no service, no vault of the provider's. Each step is timed; the last line is the verdict.
//     KEY_PASSWORD=... lock_drill STATE.db CONTENT TENANT REGION ENVIRONMENT KEY.pfx
#include <keywright/adapters/file/content_store.hpp>
#include <keywright/adapters/sqlite/state_store.hpp>
#include <keywright/core/parse_id.hpp>
#include <keywright/format.hpp>
#include <keywright/formats/pfx_reader.hpp>
#include <keywright/service/escrow.hpp>
#include <keywright/throwing.hpp>

#include <cstdlib>
#include <filesystem>

using namespace keywright;

namespace {

/// Does one step, and says how long it took.
template <class Work>
auto timed(std::string_view what, const Work& work) {
    const auto begun = std::chrono::steady_clock::now();
    auto done = work();
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begun;
    fmt::print("{:<48}{:.1f} ms\n", what, took.count());
    return done;
}

policy::backup_state newest_backup(sqlite::state_store& store, const service::ring_id& ring, const environment_id& environment) {
    policy::backup_state newest;
    for (const ports::record& r : or_throw(service::scan_all(store, service::records::backups(ring, environment))))
        if (const auto each = or_throw(service::decode<policy::backup_state>(r.value)); each.taken_at > newest.taken_at) newest = each;
    if (newest.id.empty()) throw error_thrown({errc::not_found, "drill: there is no backup"});
    return newest;
}

std::unique_ptr<Botan::Private_Key> key_of(const std::string& path) {
    const char* const typed = std::getenv("KEY_PASSWORD"); // not on the command line, which every process can read
    const secret_bytes password(as_bytes(typed != nullptr ? typed : ""));
    auto file = or_throw(formats::open_pfx(or_throw(file::read_file(path, formats::pfx_bounds{}.file_bytes)), password));
    return std::move(or_throw(formats::choose_key(file))->key);
}

std::size_t open_all(const file::content_store& content, const ports::content_ref& backup, const keys::data_key_lease& lease) {
    std::size_t opened = 0;
    const std::filesystem::path root = content.path(backup);
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
        if (!entry.is_regular_file()) continue;
        const auto bound_to = or_throw(file::content_store::context_of(backup, entry.path().lexically_relative(root).string()));
        or_throw(envelope::open(lease, or_throw(file::read_file(entry.path().string(), std::size_t{1} << 32)), {.expected = bound_to}));
        ++opened;
    }
    return opened;
}

void drill(char** given) {
    const service::ring_id ring{or_throw(tenant_id::parse(given[3])), or_throw(region_id::parse(given[4]))};
    const auto environment = or_throw(environment_id::parse(given[5]));
    auto store = timed("the state opens", [&] { return or_throw(sqlite::state_store::open(given[1])); });
    const auto backup = timed("the newest backup is found", [&] { return newest_backup(store, ring, environment); });
    const auto key = timed("the escrowed file opens", [&] { return key_of(given[6]); });
    const auto lease = timed("its key opens the environment's keys",
                             [&] { return or_throw(service::open_with_key(store, {ring, environment, backup.key_version}, *key)); });
    const auto content = or_throw(file::content_store::open(given[2]));
    const ports::content_ref ref{ring.tenant, ring.region, environment, 0, backup.id};
    const auto files = timed("every file of the backup opens", [&] { return open_all(content, ref, lease); });
    fmt::print("VERDICT: the escrowed key opens backup `{}`, all {} file(s) of it\n", backup.id, files);
}

} // namespace

int main(int count, char** arguments) {
    if (count != 7) return fmt::print(stderr, "KEY_PASSWORD=... lock_drill STATE.db CONTENT TENANT REGION ENVIRONMENT KEY.pfx\n"), 2;
    try {
        return drill(arguments), 0;
    } catch (const error_thrown& e) {
        return fmt::print("VERDICT: the escrowed key does not open it: {}\n", e.what()), 1;
    }
}
