// SPDX-License-Identifier: Apache-2.0
// A notifier of one's own: one function, that makes a message a person can read, once for each id. The service keeps notices
// in its store with the event that they tell of, and hands each over until it is taken: while the channel is down
// nothing is lost, and `deliver` goes on. In `recommended` a lock waits for that: nobody locks before another
// administrator was told which key became active. The conformance suite says what else a notifier must do.
#define DOCTEST_CONFIG_IMPLEMENT
#include <keywright/adapters/memory.hpp>
#include <keywright/keywright.hpp>
#include <keywright/testing/notifier_suite.hpp>
#include <keywright/throwing.hpp>

#include <set>

using namespace keywright;

namespace acme {

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
TEST_CASE("acme::chat: passes the suite") { testing::notifier_suite<place>(); }

} // namespace acme

int main() {
    doctest::Context suite;
    suite.setOption("minimal", true);
    fmt::print("the suite: {}\n", suite.run() == 0 ? "passed" : "failed");

    using service_type = tenant_service<profiles::recommended, memory::state_store, memory::key_vault, memory::manual_clock, acme::chat,
                                        memory::content_store>;
    memory::parts p{instant{1'767'596'400}}; // 2026-01-05 07:00 UTC
    acme::chat chat;
    service_type svc(p.store, p.vault, p.clock, chat, p.data);
    const service::ring_id ring{tenant_id{"contoso"}, region_id{"eu"}};
    const environment_id prod{"prod"};
    const policy::actor provider{admin_id{"provider"}, policy::principal::provider}, alice{admin_id{"alice"}};
    or_throw(svc.create_tenant({.by = provider, .tenant = ring.tenant, .seats = 1001, .opted_in = true}));
    or_throw(svc.run({{ring.tenant}}, policy::enable_feature{.by = provider}));
    for (const char* who : {"alice", "bob"})
        or_throw(svc.run({{ring.tenant}}, policy::add_administrator{.by = provider, .who = admin_id(who)}));
    or_throw(svc.run({ring, prod}, policy::create_environment{.by = alice, .environment = prod}));

    const secret_bytes password(as_bytes("correct horse"));
    const Botan::RSA_PrivateKey key(Botan::system_rng(), 2048);
    const auto pfx = or_throw(formats::write_pfx(key, {.iterations = 2000}, password, Botan::system_rng()));
    const auto ask_for_a_lock = [&](std::string_view when) {
        fmt::print("a lock is asked for {}:\n", when);
        const auto outcome = svc.lock(ring, {alice, service::key_file::of(pfx, password), "lock contoso"}).value();
        if (outcome.refused())
            for (const auto& reason : outcome.reasons()) fmt::print("    {}\n", reason);
    };
    chat.up = false;
    const auto brought = svc.upload_key(ring, {alice, key_id{"2026"}, service::key_file::of(pfx, password), true, true}).value();
    fmt::print("a key is brought while the channel is down: accepted\n    {}\n", brought.unfinished().value());
    (void)svc.run({ring, prod}, policy::apply_key{.by = alice, .acknowledged = true, .confirmed = true}).value();
    p.clock.advance(hours(73));
    ask_for_a_lock("three days later");
    chat.up = true;
    fmt::print("the channel is back:\n");
    or_throw(svc.deliver());
    ask_for_a_lock("at once");
    p.clock.advance(hours(72));
    ask_for_a_lock("three days after bob was told");
}
