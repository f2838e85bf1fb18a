// SPDX-License-Identifier: Apache-2.0
// ledger: a small product that keeps each customer's books in SQLite, under a key that the customer brings. The store is
// its own, so is a rule, so is the way in which people are told; the rest is what keywright ships: the books are an
// environment's content, so that apply, backup, restore and lock are theirs, too.
#include "text_store.hpp"

#include <keywright/adapters/file/key_vault.hpp>
#include <keywright/adapters/memory/clock.hpp>
#include <keywright/adapters/sqlite/database_content.hpp>
#include <keywright/adapters/sqlite/encrypted_database.hpp>
#include <keywright/keywright.hpp>

#include <set>

namespace ledger {

/// Our contract deletes a backup after 30 days, so an older one goes nowhere.
struct backup_is_young {
    using id = policy::rule_tag<"LEDGER-1">;
    using commands = policy::types<policy::restore>;
    seconds span = days(30);
    constexpr policy::verdict operator()(const policy::facts& f, const policy::restore&) const {
        if (f.now < f.backup().taken_at + span) return policy::verdict::pass();
        return policy::verdict::object(policy::refusal::consumer_rule, policy::mender::nobody, f.backup().id.view());
    }
};
inline constexpr auto house = profiles::recommended.with(backup_is_young{});
static_assert(profiles::check_profile<house>());

/// Shows alice's mail, once each.
class console {
public:
    result<void> deliver(const ports::notice& n) {
        const std::scoped_lock alone(busy_);
        if (seen_.insert(n.id).second && n.to == admin_id{"alice"}) fmt::print("  to {}: {}\n", n.to, n.subject);
        return {};
    }

private:
    std::mutex busy_;
    std::set<std::string> seen_;
};
static_assert(ports::check_notifier<console>());

using service_type = tenant_service<house, text_store, file::key_vault, memory::manual_clock, console, sqlite::database_content>;

const service::ring_id ring{tenant_id{"contoso"}, region_id{"eu"}};
const environment_id prod{"prod"}, sandbox{"sandbox"};
const backup_id monday{"monday"};
const policy::actor provider{admin_id{"provider"}, policy::principal::provider}, alice{admin_id{"alice"}}, bob{admin_id{"bob"}};

void tell(std::string_view what, const result<outcome>& answer) {
    const outcome& done = answer.value();
    fmt::print("{}:", what);
    if (done.refused()) {
        fmt::print(" refused\n");
        for (const auto& reason : done.reasons()) fmt::print("  {}\n", reason);
        return;
    }
    for (const auto& event : done.decision().events()) policy::visit_body(event.body, [](const auto& e) { fmt::print(" {}", e.name); });
    fmt::print("\n");
    if (done.unfinished()) fmt::print("  unfinished: {}\n", *done.unfinished());
}

void run_sql(const sqlite::database& books, const char* sql) {
    const auto print_row = [](void*, int columns, char** values, char**) {
        for (int i = 0; i < columns; ++i) fmt::print("  {}\n", values[i]);
        return 0;
    };
    fmt::print("{}\n", sql);
    if (sqlite3_exec(books.handle(), sql, print_row, nullptr, nullptr) == SQLITE_OK) return;
    fmt::print("  {}\n", sqlite3_errmsg(books.handle()));
    if (const auto why = sqlite::last_error(books.handle())) fmt::print("  {}\n", *why);
}

/// The books where they stand at this moment: apply and restore move them.
sqlite::database open_books(service_type& svc, const sqlite::database_content& content, keywright::access how) {
    auto data = svc.environment(ring, prod, alice);
    const std::string path = content.path(data.content().value()) + "/books.db";
    return sqlite::open(path, [data, how]() mutable { return data.pages(how); }, {.read_only = how == access::read}).value();
}

void set_up(service_type& svc, memory::manual_clock& clock) {
    tell("tenant", svc.create_tenant({.by = provider, .tenant = ring.tenant, .seats = 1001, .opted_in = true}));
    tell("feature", svc.run({{ring.tenant}}, policy::enable_feature{.by = provider}));
    for (const auto& who : {alice, bob})
        tell("administrator", svc.run({{ring.tenant}}, policy::add_administrator{.by = provider, .who = who.who}));
    clock.advance(seconds{1});
    tell("prod", svc.run({ring, prod}, policy::create_environment{.by = alice, .environment = prod}));
    tell("sandbox", svc.run({ring, sandbox},
                            policy::create_environment{.by = alice, .environment = sandbox, .kind = policy::environment_kind::sandbox}));
}

secret_bytes bring_a_key(service_type& svc, const secret_bytes& password) {
    secret_bytes pfx;
    const auto keep = [&](const secret_bytes& file) { return pfx = file.clone(), result<void>{}; };
    const key_id key{"2026"};
    tell("key",
         svc.generate_key(
             ring, {.by = alice, .key = key, .password = password, .password_again = password, .hand_out = keep, .acknowledged = true}));
    tell("activate", svc.run({ring}, policy::activate_key{.by = alice, .key = key, .acknowledged = true, .confirmed = true}));
    tell("apply", svc.run({ring, prod}, policy::apply_key{.by = alice, .acknowledged = true, .confirmed = true}));
    return pfx;
}

void live(service_type& svc, memory::manual_clock& clock, const sqlite::database_content& content) {
    const secret_bytes password(as_bytes("correct horse"));
    const secret_bytes pfx = bring_a_key(svc, password);
    run_sql(open_books(svc, content, access::read_write), "CREATE TABLE entry(amount); INSERT INTO entry VALUES (40), (2)");
    tell("backup", svc.run({ring, prod}, policy::take_backup{.by = alice, .backup = monday}));
    const service::subject back{.ring = ring, .environment = prod, .source = prod, .backup = monday};
    tell("restore", svc.run(back, policy::restore{.by = alice, .confirmation = policy::typed_text("prod")}));
    clock.advance(days(40));
    const service::subject elsewhere{.ring = ring, .environment = sandbox, .source = prod, .backup = monday};
    tell("restore into the sandbox", svc.run(elsewhere, policy::restore{.by = alice}));

    const auto books = open_books(svc, content, access::read_write); // and kept open over the lock
    const auto file = service::key_file::of(pfx, password);
    tell("lock", svc.lock(ring, {.by = alice, .file = file, .confirmation = "lock contoso"}));
    run_sql(books, "SELECT sum(amount) FROM entry");
    const policy::typed_text typed("lock contoso");
    tell("approved by alice", svc.run({ring}, policy::approve_lock{.by = alice, .confirmation = typed}));
    tell("approved by bob", svc.run({ring}, policy::approve_lock{.by = bob, .confirmation = typed}));
    run_sql(books, "SELECT sum(amount) FROM entry");
    clock.advance(hours(1));
    tell("key comes back", svc.unlock_key(ring, {.by = alice, .file = file}));
    tell("prod comes back", svc.run({ring, prod}, policy::unlock_environment{.by = alice, .confirmed = true}));
    run_sql(books, "SELECT sum(amount) FROM entry");
}

} // namespace ledger

int main(int, char** arguments) {
    using namespace ledger;
    const std::string home = arguments[1]; // an empty folder
    const secret_bytes passphrase(as_bytes("staple"));
    memory::manual_clock clock{instant{1'795'323'600}}; // a test's: forty days pass at once
    console mail;
    auto content = sqlite::database_content::open(home + "/content").value();
    {
        text_store store(home + "/state.txt");
        auto vault = file::key_vault::create(home + "/vault", passphrase).value();
        service_type svc(store, vault, clock, mail, content);
        set_up(svc, clock);
        live(svc, clock, content);
    }
    fmt::print("another day\n");
    text_store store(home + "/state.txt");
    auto vault = file::key_vault::open(home + "/vault", passphrase).value();
    service_type svc(store, vault, clock, mail, content);
    if (const auto done = svc.recover(); !done) fmt::print("recover: {}\n", done.error());
    run_sql(open_books(svc, content, access::read), "SELECT sum(amount) FROM entry");
}
