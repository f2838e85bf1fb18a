// SPDX-License-Identifier: Apache-2.0
// A notifier of one's own: one function that makes a message a person can read, once for each id. The service keeps a notice
// in its store, in the event's own commit, and hands it over until it is taken: while the channel is down nothing is lost.
// In `recommended` a lock waits for that: nobody locks before another administrator was told which key became active.
#define DOCTEST_CONFIG_IMPLEMENT
#include <keywright/adapters/memory.hpp>
#include <keywright/keywright.hpp>
#include <keywright/testing/notifier_suite.hpp>
#include <keywright/throwing.hpp>

#include <set>

using namespace keywright;

/// Prints; yours sends. Thread safe, as the port asks.
class chat {
public:
    result<void> deliver(const ports::notice& n) {
        if (!ports::valid_notice_id(n.id)) return fail(errc::malformed, "chat: expected a notice's id of a-z 0-9 . -");
        const std::lock_guard alone(mutex_);
        if (!up) return fail(errc::unavailable, "chat: the channel does not answer"); // may be tried again
        if (told_.insert(n.id).second && !quiet) fmt::print("    to {}: {}\n", n.to, n.subject);
        return {};
    }
    std::size_t delivered() const { return told_.size(); }
    bool up = true, quiet = false;

private:
    std::mutex mutex_;
    std::set<std::string> told_; // yours is durable
};
static_assert(ports::check_notifier<chat>());
struct place : chat {
    place() { quiet = true; }
    chat& notifier() { return *this; }
};
TEST_CASE("chat: passes the suite") { testing::notifier_suite<place>(); }

void tell(const char* what, const auto& work) {
    fmt::print("{}:\n", what);
    const outcome done = work().value();
    if (!done.refused()) return fmt::print("    accepted{}\n", done.unfinished() ? "; somebody is still to be told" : "");
    for (const auto& reason : done.reasons()) fmt::print("    {}\n", reason);
}

int main() {
    doctest::Context suite;
    suite.setOption("minimal", true);
    fmt::print("the suite: {}\n", suite.run() == 0 ? "passed" : "failed");
    using service_type =
        tenant_service<profiles::recommended, memory::state_store, memory::key_vault, memory::manual_clock, chat, memory::content_store>;
    memory::parts p{instant{1'767'596'400}}; // 2026-01-05 07:00 UTC
    chat chat;
    service_type svc(p.store, p.vault, p.clock, chat, p.data);
    const service::ring_id ring{tenant_id{"contoso"}, region_id{"eu"}};
    const environment_id prod{"prod"};
    const policy::actor provider{admin_id{"provider"}, policy::principal::provider}, alice{admin_id{"alice"}};
    or_throw(svc.create_tenant({.by = provider, .tenant = ring.tenant, .seats = 1001, .opted_in = true}));
    or_throw(svc.run({{ring.tenant}}, policy::enable_feature{.by = provider}));
    for (const char* who : {"alice", "bob"})
        or_throw(svc.run({{ring.tenant}}, policy::add_administrator{.by = provider, .who = admin_id(who)}));
    p.clock.advance(hours(1));
    or_throw(svc.run({ring, prod}, policy::create_environment{.by = alice, .environment = prod}));
    const secret_bytes password(as_bytes("correct horse"));
    const Botan::RSA_PrivateKey key(Botan::system_rng(), 2048);
    const auto pfx = or_throw(formats::write_pfx(key, {.iterations = 2000}, password, Botan::system_rng()));
    const auto file = service::key_file::of(pfx, password);
    const auto lock = [&] { return svc.lock(ring, {alice, file, "lock contoso"}); };
    chat.up = false;
    tell("a key is brought while the channel is down", [&] { return svc.upload_key(ring, {alice, key_id{"2026"}, file, true, true}); });
    tell("it is applied", [&] { return svc.run({ring, prod}, policy::apply_key{.by = alice, .acknowledged = true, .confirmed = true}); });
    p.clock.advance(hours(73));
    tell("three days later a lock is asked for", lock);
    chat.up = true;
    fmt::print("the channel is back:\n");
    or_throw(svc.deliver());
    tell("at once a lock is asked for", lock);
    p.clock.advance(hours(72));
    tell("three days after bob was told a lock is asked for", lock);
}
