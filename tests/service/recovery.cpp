// SPDX-License-Identifier: Apache-2.0
// Every call to the store fails once, before its work or after it, in every operation that touches keys: afterwards
// recovery leaves a ring that is either before or after, never in between.
#include "at_rest.hpp"

#include <doctest/doctest.h>

using world::smtp;
using world::tenant;

namespace {

using namespace keywright;

/// The log replays to the state that is stored, and its signatures hold.
void check_log(tenant& t) {
    const auto key = t.vault.find(service::vault_ids::audit(world::contoso));
    auto verifier = service::audit_verifier::make(key->public_key);
    policy::ring_state ring;
    ring.tenant = world::contoso;
    ring.region = world::eu.region;
    const auto log = t.memory.scan(service::records::log_prefix(world::contoso), "", 10'000);
    for (const auto& stored : *log) {
        const auto record = verifier->next(stored.value);
        REQUIRE(record.has_value());
        if (!record->region.empty()) policy::evolve(ring, record->event);
    }
    CHECK(ring == t.ring());
    CHECK(verifier->head().hash == t.svc.state({{world::contoso, {}}})->head.value.hash);
}

// --- what an environment's other keys protect ---

/// A field, a database's key and a secret of prod.
void with_values(tenant& t) {
    t.fields_on(world::prod);
    const auto fields = t.use(world::prod).fields(access::read_write);
    REQUIRE(fields);
    t.users.emails["1"] = fields->column("users", "email")->seal("1", as_bytes("ada@example.org")).value();
    REQUIRE(t.use(world::prod).pages(access::read_write));
    REQUIRE(t.use(world::prod).secrets().put(smtp, secret_bytes(as_bytes("hunter2"))));
}
/// They open exactly when prod does.
void check_values(tenant& t) {
    const bool open = t.opens(world::prod);
    const auto fields = t.use(world::prod).fields(access::read);
    CHECK(fields.has_value() == open);
    if (fields) {
        const auto email = fields->column("users", "email")->open("1", t.users.emails["1"]);
        REQUIRE(email);
        CHECK(as_text(*email) == "ada@example.org");
    }
    CHECK(t.use(world::prod).pages(access::read).has_value() == open);
    std::string value;
    CHECK(t.use(world::prod).secrets().with(smtp, [&](byte_view v) { value = as_text(v); }).has_value() == open);
    CHECK(value == (open ? "hunter2" : ""));
    CHECK(t.records("sealed/") == 1); // none is left of a version that was left, or never came to be
}

/// Runs `operation` on a fresh tenant made by `prepare`, once for each store call it makes, with that call failing.
template <class Prepare, class Operation>
void fail_everywhere(const Prepare& prepare, const Operation& operation, void (*check)(tenant&)) {
    tenant reference;
    prepare(reference);
    reference.store.reset_calls();
    tenant::must(operation(reference));
    const auto calls = reference.store.calls();
    REQUIRE(calls > 2);
    world::check_ring(reference);
    check(reference);
    for (const auto when : {testing::failing::before, testing::failing::after})
        for (std::uint64_t call = 1; call <= calls; ++call) {
            CAPTURE(call);
            CAPTURE(static_cast<int>(when));
            tenant t;
            prepare(t);
            t.store.reset_calls();
            t.store.fail_call(call, {errc::io_failed, "store: told to fail"}, when);
            (void)operation(t).has_value();
            t.store.fail_call(0, {});
            t.vault.restart(); // as if the process had ended
            REQUIRE(t.svc.recover().has_value());
            world::check_ring(t);
            check_log(t);
            check(t);
        }
}
template <class Prepare, class Operation>
void fail_everywhere(const Prepare& prepare, const Operation& operation) {
    fail_everywhere(prepare, operation, [](tenant&) {});
}
/// The same for each of its commits, on a tenant that has values, of which `check` must hold afterwards.
template <class Prepare, class Operation>
void fail_every_commit(const Prepare& prepare, const Operation& operation, void (*check)(tenant&) = check_values) {
    const auto with_all = [&](tenant& t) {
        t.store.count_commits_only();
        with_values(t);
        prepare(t);
    };
    fail_everywhere(with_all, operation, check);
}

void with_active_key(tenant& t) {
    tenant::must(t.upload());
    tenant::must(t.apply(world::prod));
}
void two_keys(tenant& t) {
    with_active_key(t);
    tenant::must(t.upload_second());
    t.clock.advance(hours(24));
}
void ready_to_lock(tenant& t) {
    with_active_key(t);
    tenant::must(t.apply(world::test));
    tenant::must(t.give_back(world::test));
    t.clock.advance(hours(72));
}
void locked(tenant& t) {
    ready_to_lock(t);
    tenant::must(t.lock());
    t.clock.advance(hours(1));
}

} // namespace

TEST_CASE("recovery: an upload that fails anywhere leaves the key whole or absent") {
    fail_everywhere([](tenant&) {}, [](tenant& t) { return t.upload(); });
}
TEST_CASE("recovery: an apply that fails anywhere leaves one open path to the data") {
    const auto prepare = [](tenant& t) { tenant::must(t.upload()); };
    const auto apply = [](tenant& t) { return t.apply(world::prod); };
    fail_everywhere(prepare, apply);
    fail_every_commit(prepare, apply);
}
TEST_CASE("recovery: a return that fails anywhere leaves one open path to the data") {
    const auto give_back = [](tenant& t) { return t.give_back(world::prod); };
    fail_everywhere(with_active_key, give_back);
    fail_every_commit(with_active_key, give_back);
}
TEST_CASE("recovery: a lock that fails anywhere is rolled forward, and no customer key survives it") {
    fail_everywhere(ready_to_lock, [](tenant& t) { return t.lock(); });
}
TEST_CASE("recovery: an unlock that fails anywhere never leaves a key in a ring that is marked locked") {
    fail_everywhere(locked, [](tenant& t) { return t.unlock(); });
}
TEST_CASE("recovery: unlocking an environment fails anywhere and ends locked or open") {
    const auto prepare = [](tenant& t) {
        locked(t);
        tenant::must(t.unlock());
    };
    const auto unlock = [](tenant& t) { return t.unlock(world::prod); };
    fail_everywhere(prepare, unlock);
    fail_every_commit(prepare, unlock);
}
TEST_CASE("recovery: a reset that fails anywhere rolls forward, and leaves neither fields nor secrets") {
    const auto reset = [](tenant& t) { return t.reset(world::prod); };
    fail_everywhere(with_active_key, reset);
    fail_every_commit(with_active_key, reset, [](tenant& t) {
        const bool done = t.environment(world::prod).managed_by == policy::protector::provider;
        CHECK(t.records("sealed/") == (done ? 0U : 1U));
        CHECK(t.use(world::prod).fields(access::read).has_value() == !done);
    });
}
TEST_CASE("recovery: restore and copy that fail anywhere leave the old content or the new") {
    const auto with_backup = [](tenant& t) { tenant::must(t.back_up(world::prod, "b1")); };
    fail_everywhere(with_backup, [](tenant& t) { return t.restore(world::prod, "b1", world::prod); });
    fail_everywhere(with_backup, [](tenant& t) { return t.copy(world::prod, world::sand); });
}
TEST_CASE("recovery: a deletion that fails anywhere leaves nothing that opens the environment") {
    fail_everywhere(with_active_key, [](tenant& t) { return t.remove(world::prod); });
}
TEST_CASE("recovery: a rotation that fails anywhere keeps every environment open") {
    const auto activate = [](tenant& t) { return t.activate(); };
    fail_everywhere(two_keys, activate);
    fail_every_commit(two_keys, activate);
}
TEST_CASE("recovery: a rotation that was stopped between two batches moves no record twice") {
    // Messages, fields and pages, before the apply and after it: six records in three batches.
    const auto of_generation = [](tenant& t, const char* name) {
        std::map<std::string, std::uint64_t> found;
        const auto wraps = t.memory.scan("wrap/contoso/eu/prod/", "", 100);
        for (const auto& r : *wraps)
            if (as_text(keys::wrapped_key::parse(r.value)->view().provider_info).starts_with(name)) found[r.key] = r.version;
        return found;
    };
    std::set<std::size_t> stopped_at;
    for (std::uint64_t call = 1, calls = 1; call <= calls; ++call) {
        tenant t;
        t.store.count_commits_only();
        with_values(t);
        two_keys(t);
        REQUIRE(of_generation(t, "ring/contoso/eu/1").size() == 6);
        t.store.reset_calls();
        t.store.fail_call(call, {errc::io_failed, "store: told to fail"});
        (void)t.activate().has_value();
        calls = std::max(calls, t.store.calls() + 1);
        t.store.fail_call(0, {});
        const auto moved = of_generation(t, "ring/contoso/eu/2");
        stopped_at.insert(moved.size());
        t.vault.restart();
        REQUIRE(t.svc.recover());
        const auto after = of_generation(t, "ring/contoso/eu/2");
        for (const auto& [key, version] : moved) CHECK(after.at(key) == version);
    }
    CHECK(stopped_at == std::set<std::size_t>{0, 2, 4, 6});
}
TEST_CASE("recovery: a secret whose storing fails anywhere is as it was, or new") {
    for (const auto when : {testing::failing::before, testing::failing::after})
        for (std::uint64_t call = 1, calls = 1; call <= calls; ++call) {
            CAPTURE(call);
            tenant t;
            t.store.count_commits_only();
            with_values(t);
            t.store.reset_calls();
            t.store.fail_call(call, {errc::io_failed, "store: told to fail"}, when);
            const auto put = t.use(world::prod).secrets().put(smtp, secret_bytes(as_bytes("correct horse")));
            calls = std::max(calls, t.store.calls() + 1);
            t.store.fail_call(0, {});
            std::string value;
            REQUIRE(t.use(world::prod).secrets().with(smtp, [&](byte_view v) { value = as_text(v); }));
            CHECK((value == "correct horse" || (!put && value == "hunter2")));
            CHECK(t.use(world::prod).secrets().put(smtp, secret_bytes(as_bytes("next"))));
        }
}
TEST_CASE("recovery: a first field key whose making fails anywhere is made the next time") {
    for (const auto when : {testing::failing::before, testing::failing::after})
        for (std::uint64_t call = 1, calls = 1; call <= calls; ++call) {
            CAPTURE(call);
            tenant t;
            t.store.count_commits_only();
            t.fields_on(world::prod);
            t.store.reset_calls();
            t.store.fail_call(call, {errc::io_failed, "store: told to fail"}, when);
            (void)t.use(world::prod).fields(access::read_write).has_value();
            calls = std::max(calls, t.store.calls() + 1);
            t.store.fail_call(0, {});
            with_values(t);
            check_values(t);
            CHECK(t.records("wrap/contoso/eu/prod/prod.field.") == 1);
        }
}
TEST_CASE("recovery: a generated key whose PFX was not handed out is dropped") {
    tenant t;
    const auto refuse = [](const secret_bytes&) -> result<void> { return fail(errc::storage_full, "sink: full"); };
    const auto o = t.svc.generate_key(world::eu, {.by = world::alice,
                                                  .key = key_id{"k"},
                                                  .password = world::first_password(),
                                                  .password_again = world::first_password(),
                                                  .hand_out = refuse,
                                                  .acknowledged = true});
    REQUIRE_FALSE(o.has_value());
    CHECK(o.error().code == errc::storage_full);
    CHECK(t.customer_keys() == 0);
    CHECK(t.ring().keys.empty());
}
