// SPDX-License-Identifier: Apache-2.0
// Rotates a customer's key over 100 environments, or as many as are asked for: rotate_a_million [ENVIRONMENTS]. No file,
// message or backup is touched: one record of each environment is wrapped anew, in batches, while all stay open. The first
// process is killed half way; whoever comes next calls `recover`, which goes on where that one stood. A terminal shows a bar.
#include <keywright/adapters/memory.hpp>
#include <keywright/adapters/sqlite/state_store.hpp>
#include <keywright/keywright.hpp>
#include <keywright/throwing.hpp>

#include <csignal>
#include <sys/wait.h>
#include <unistd.h>

using namespace keywright;

namespace {

using service_type = tenant_service<profiles::power_platform, sqlite::state_store, memory::key_vault, memory::manual_clock,
                                    memory::notifier, memory::content_store>;

const service::ring_id ring{tenant_id{"contoso"}, region_id{"eu"}};
const policy::actor provider{admin_id{"provider"}, policy::principal::provider}, alice{admin_id{"alice"}};
const policy::activate_key to_the_next{.by = alice, .key = key_id{"next"}, .acknowledged = true, .confirmed = true};
environment_id environment(std::size_t number) { return environment_id("e" + std::to_string(number)); }

/// One process: the state is on disk; the vault and the other parts outlive it here, as a vault on disk would.
struct process {
    process(memory::parts& p, service::progress told)
        : svc(store, p.vault, p.clock, p.mail, p.data,
              {.epoch_refresh = {}, .rotation_batch = 50, .on_progress = std::move(told), .on_key_use = [this](auto&) { ++uses; }}) {}
    sqlite::state_store store = or_throw(sqlite::state_store::open("state.db"));
    int uses = 0;
    service_type svc;
};

void begin(process& now, memory::parts& p, std::size_t count) {
    const secret_bytes password(as_bytes("correct horse"));
    const auto hand_out = [](const secret_bytes&) { return result<void>(); }; // the customer keeps it
    or_throw(now.svc.create_tenant({.by = provider, .tenant = ring.tenant, .seats = 1001, .opted_in = true}));
    or_throw(now.svc.run({{ring.tenant}}, policy::enable_feature{.by = provider}));
    or_throw(now.svc.run({{ring.tenant}}, policy::add_administrator{.by = provider, .who = alice.who}));
    p.clock.advance(hours(1));
    for (const char* key : {"first", "next"})
        or_throw(now.svc.generate_key(ring, {alice, key_id(key), password, password, hand_out, true, true}));
    or_throw(now.svc.run({ring}, policy::activate_key{.by = alice, .key = key_id{"first"}, .acknowledged = true, .confirmed = true}));
    for (std::size_t i = 0; i < count; ++i) {
        or_throw(now.svc.run({ring, environment(i)}, policy::create_environment{.by = alice, .environment = environment(i)}));
        or_throw(now.svc.run({ring, environment(i)}, policy::apply_key{.by = alice, .acknowledged = true, .confirmed = true}));
    }
    p.clock.advance(hours(24)); // T17: one activation a day
}

void show(process& now, std::size_t count) {
    for (const policy::key_record& key : or_throw(now.svc.state({ring})).ring.value.keys)
        fmt::print("    key `{}` is {}\n", key.id, policy::name(key.state));
    fmt::print("    environment {} {}\n", count, now.svc.open(ring, environment(count - 1), alice, access::read) ? "opens" : "is shut");
}
void die_half_way(std::string_view, std::uint64_t done, std::uint64_t all) {
    if (done >= all / 2) std::raise(SIGKILL);
}
void draw_bar(std::string_view what, std::uint64_t done, std::uint64_t all) {
    if (::isatty(STDERR_FILENO) != 0) fmt::print(stderr, "\r{} [{:-<40}] {} of {}", what, std::string(done * 40 / all, '#'), done, all);
}

} // namespace

int main(int argc, char** arguments) {
    const std::size_t count = argc > 1 ? std::strtoul(arguments[1], nullptr, 10) : 100;
    if (count == 0 || argc > 2) return fmt::print(stderr, "rotate_a_million [ENVIRONMENTS]\n"), 2;
    ::unlink("state.db"); // of a run before
    memory::parts p{instant{1'767'596'400}}; // 2026-01-05 07:00 UTC
    begin(*std::make_unique<process>(p, nullptr), p, count);
    if (::fork() == 0) ::_exit(process(p, die_half_way).svc.run({ring}, to_the_next) ? 0 : 1);
    if (int ended = 0; ::wait(&ended) > 0) fmt::print("the first process {}\n", WIFSIGNALED(ended) ? "was killed half way" : "ended");
    process next(p, draw_bar);
    show(next, count);
    or_throw(next.svc.recover());
    fmt::print("the next one went on; the customer's keys were used {} times in all\n", next.uses);
    show(next, count);
}
