// SPDX-License-Identifier: Apache-2.0
// What a rotation and a lock cost for 10, 1 000 and 100 000 environments on an SQLite store: a rotation grows with the
// records that it re-wraps, a lock must not grow at all. Beside it the store alone, which reads every record and writes
// it back in the same batches: what the rotation takes beyond that is unwrapping and wrapping. Uses of the customers'
// keys are counted.
//   rotation [environments...]      default: 10 1000 100000; a million takes a minute
#include <keywright/adapters/memory.hpp>
#include <keywright/adapters/sqlite/state_store.hpp>
#include <keywright/keywright.hpp>
#include <keywright/testing/temporary_folder.hpp>

#include <fmt/ranges.h>

#include <cstdlib>
#include <ctime>

using namespace keywright;

namespace {

using service_type = tenant_service<profiles::power_platform, sqlite::state_store, memory::key_vault, memory::manual_clock,
                                    memory::notifier, memory::content_store>;

const service::ring_id ring{tenant_id{"contoso"}, region_id{"eu"}};
const policy::actor provider{admin_id{"provider"}, policy::principal::provider};
const policy::actor alice{admin_id{"alice"}};
const secret_bytes password(as_bytes("correct horse"));

struct cost {
    double seconds = 0, cpu = 0;
};
cost cost_of(const auto& work) {
    const auto start = std::chrono::steady_clock::now();
    const std::clock_t ran = std::clock();
    work();
    return {std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(),
            static_cast<double>(std::clock() - ran) / CLOCKS_PER_SEC};
}
void must(const result<outcome>& o) {
    if (o && !o->refused() && !o->unfinished()) return;
    fmt::print(stderr, "rotation: {}\n", !o ? to_text(o.error()) : o->refused() ? to_text(o->reasons()[0]) : to_text(*o->unfinished()));
    std::exit(1);
}
void must(const result<void>& r) {
    if (!r) fmt::print(stderr, "rotation: {}\n", to_text(r.error())), std::exit(1);
}

/// The records that `count` applied environments would have left, written in bulk.
void clone_environments(sqlite::state_store& store, memory::parts& p, std::size_t count) {
    service::parts<sqlite::state_store, memory::key_vault, memory::manual_clock, memory::notifier, memory::content_store> parts{
        store, p.vault, p.clock, p.mail, p.data, {}};
    service::custody chain(parts, ring);
    auto env = service::load<policy::environment_state>(store, service::records::environment(ring, environment_id{"e0"})).value().value;
    auto state = service::load<policy::ring_state>(store, service::records::ring(ring)).value();
    ports::batch batch;
    const auto flush = [&] {
        must(store.commit(batch));
        batch = {};
    };
    for (std::size_t i = 1; i < count; ++i) {
        env.id = environment_id{"e" + std::to_string(i)};
        const keys::environment_key_name name{env.id, keys::data_purpose::message, env.key_version};
        batch.put(service::records::environment(ring, env.id), 0, service::encode(env));
        batch.put(service::records::wrap(ring, env.id, name.text()), 0,
                  chain.wrap_under_ring(name, state.value.generation, keys::random_secret().value()).value());
        if (i % 1000 == 0) flush();
    }
    state.value.environments = state.value.customer_managed = static_cast<std::uint32_t>(count);
    batch.put(service::records::ring(ring), state.version, service::encode(state.value));
    flush();
}

constexpr std::size_t batch_size = 1000;

/// What the store takes of a rotation.
void read_and_write_back(sqlite::state_store& store) {
    for (std::string after;;) {
        (void)service::load<policy::ring_state>(store, service::records::ring(ring)).value();
        auto page = store.scan(service::records::wraps(ring), after, batch_size).value();
        if (page.empty()) return;
        ports::batch batch;
        for (auto& r : page) batch.put(r.key, r.version, std::move(r.value));
        must(store.commit(batch));
        after = page.back().key;
    }
}

void measure(std::size_t count) {
    std::size_t uses = 0;
    testing::temporary_folder folder;
    auto store = sqlite::state_store::open(folder / "state.db").value();
    memory::parts p{instant{1'800'000'000}};
    service_type svc(store, p.vault, p.clock, p.mail, p.data,
                     {.epoch_refresh = std::chrono::milliseconds(0),
                      .pfx_iterations = 1000,
                      .rotation_batch = batch_size,
                      .on_key_use = [&](const policy::key_use&) { ++uses; }});
    must(svc.create_tenant({.by = provider, .tenant = ring.tenant, .seats = 1001, .opted_in = true}));
    must(svc.run({{ring.tenant}}, policy::enable_feature{.by = provider}));
    must(svc.run({{ring.tenant}}, policy::add_administrator{.by = provider, .who = alice.who}));
    p.clock.advance(hours(1));
    const environment_id first{"e0"};
    must(svc.run({ring, first}, policy::create_environment{.by = alice, .environment = first}));
    secret_bytes pfx;
    const auto keep = [&](const secret_bytes& file) { return pfx = file.clone(), result<void>{}; };
    for (const char* key : {"one", "two"}) must(svc.generate_key(ring, {alice, key_id{key}, password, password, keep, true, true}));
    must(svc.run({ring}, policy::activate_key{.by = alice, .key = key_id{"one"}, .acknowledged = true, .confirmed = true}));
    must(svc.run({ring, first}, policy::apply_key{.by = alice, .acknowledged = true, .confirmed = true}));
    clone_environments(store, p, count);

    const cost alone = cost_of([&] { read_and_write_back(store); });
    p.clock.advance(hours(24));
    uses = 0;
    const cost rotation = cost_of(
        [&] { must(svc.run({ring}, policy::activate_key{.by = alice, .key = key_id{"two"}, .acknowledged = true, .confirmed = true})); });
    const std::size_t in_rotation = uses;
    p.clock.advance(hours(72));
    const cost lock = cost_of([&] { must(svc.lock(ring, {alice, service::key_file::of(pfx, password), "lock contoso"})); });
    const double each = 1e6 / static_cast<double>(count);
    fmt::print("{:>8} environments   rotation {:>9.2f} ms ({:>6.2f} us each, {} uses of keys)   store alone {:>9.2f} ms   "
               "the rest, of a core {:>6.2f} us each   lock {:>7.2f} ms\n",
               count, rotation.seconds * 1e3, rotation.seconds * each, in_rotation, alone.seconds * 1e3, (rotation.cpu - alone.cpu) * each,
               lock.seconds * 1e3);
}

} // namespace

int main(int argc, char** argv) {
    if (argc == 1)
        for (const std::size_t count : {10U, 1'000U, 100'000U}) measure(count);
    for (int i = 1; i < argc; ++i) measure(std::strtoull(argv[i], nullptr, 10));
}
