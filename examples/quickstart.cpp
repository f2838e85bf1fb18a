// SPDX-License-Identifier: Apache-2.0
#include <keywright/adapters/memory.hpp>
#include <keywright/keywright.hpp>
#include <keywright/throwing.hpp>
using namespace keywright;

using service_type = tenant_service<profiles::power_platform, // what is allowed: a constexpr value
                                    memory::state_store,      // where state lives    (or sqlite::state_store)
                                    memory::key_vault,        // who holds the keys   (or file::key_vault)
                                    memory::manual_clock,     // what time it is      (or system_clock)
                                    memory::notifier,         // who is told          (or file::outbox)
                                    memory::content_store>;   // where the data lives (or file::content_store)

int main() {
    memory::parts p{instant{1'795'323'600}}; // 2026-11-22 05:00 UTC
    service_type svc(p.store, p.vault, p.clock, p.mail, p.data);
    const service::ring_id ring{tenant_id{"contoso"}, region_id{"eu"}};
    const environment_id prod{"prod"};
    const policy::actor provider{admin_id{"provider"}, policy::principal::provider}, alice{admin_id{"alice"}};

    or_throw(svc.create_tenant({.by = provider, .tenant = ring.tenant, .seats = 1001, .opted_in = true})); // T01 asks for both
    or_throw(svc.run({{ring.tenant}}, policy::enable_feature{.by = provider}));
    or_throw(svc.run({{ring.tenant}}, policy::add_administrator{.by = provider, .who = alice.who}));
    p.clock.advance(hours(1)); // T02: only an environment made after the feature was turned on may have a customer's key
    or_throw(svc.run({ring, prod}, policy::create_environment{.by = alice, .environment = prod}));

    const secret_bytes password(as_bytes("correct horse"));
    secret_bytes pfx; // handed out once; the vault never gives it again
    const auto keep = [&](const secret_bytes& file) { return pfx = file.clone(), result<void>{}; };
    or_throw(svc.generate_key(
        ring,
        {.by = alice, .key = key_id{"2026"}, .password = password, .password_again = password, .hand_out = keep, .acknowledged = true}));
    or_throw(svc.run({ring}, policy::activate_key{.by = alice, .key = key_id{"2026"}, .acknowledged = true, .confirmed = true}));
    or_throw(svc.run({ring, prod}, policy::apply_key{.by = alice, .acknowledged = true, .confirmed = true}));

    const auto lease = or_throw(svc.open(ring, prod, alice, access::read_write));
    const bytes message = or_throw(envelope::seal(lease, as_bytes("contoso's secret"))); // AWS Encryption SDK format
    fmt::print("{}\n", as_text(or_throw(envelope::open(lease, message))));

    const auto outcome =
        svc.lock(ring, {.by = alice, .file = service::key_file::of(pfx, password), .confirmation = "lock contoso"}).value();
    for (const auto& reason : outcome.reasons()) fmt::print("{}\n", reason);
    // fmt::print("{}\n", password);   does not compile: a secret is not printed
}
