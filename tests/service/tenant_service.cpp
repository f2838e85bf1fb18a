// SPDX-License-Identifier: Apache-2.0
// A tenant's life through the service: what policy allows and refuses, and what the vault, the store and the leases
// really hold at each point.
#include <keywright/service/tenant_service.hpp>

#include "world.hpp"

#include <keywright/formats/byok_writer.hpp>

#include <doctest/doctest.h>

using world::tenant;

using namespace keywright;

TEST_CASE("tenant_service: a new environment is encrypted under the provider's key from its first byte") {
    tenant t;
    CHECK(t.state_of(world::prod) == "provider_managed");
    CHECK(t.slots(world::prod) == 1);
    CHECK(t.opens(world::prod));
    const auto wraps = t.memory.scan(service::records::wraps(world::eu, world::prod), "", 10);
    REQUIRE(wraps->size() == 1);
    const auto wrapped = keys::wrapped_key::parse(wraps->front().value);
    CHECK(as_text(wrapped->view().provider_info).starts_with("slot/contoso/eu/prod"));
}

TEST_CASE("tenant_service: the first upload activates by itself, a later one does not") {
    tenant t;
    tenant::must(t.upload());
    CHECK(policy::active_key(t.ring())->id == key_id{"k1"});
    tenant::must(t.upload_second());
    CHECK(policy::active_key(t.ring())->id == key_id{"k1"});
    CHECK(policy::find_key(t.ring(), key_id{"k2"})->state == policy::key_state::available);
}

TEST_CASE("tenant_service: applying the key closes the provider's path and opens the customer's") {
    tenant t;
    with_key_on_prod(t);
    CHECK(t.slots(world::prod) == 0);
    CHECK(t.opens(world::prod));
    const auto wraps = t.memory.scan(service::records::wraps(world::eu, world::prod), "", 10);
    CHECK(wraps->size() == 2); // the old key, for its backups, and the new one
    for (const auto& r : *wraps) CHECK(as_text(keys::wrapped_key::parse(r.value)->view().provider_info).starts_with("ring/contoso/eu/1"));
}

TEST_CASE("tenant_service: a lock leaves no customer key in the vault and every read fails") {
    tenant t;
    with_key_on_prod(t);
    CHECK(t.lock()->refused());
    t.clock.advance(hours(72));
    auto before = t.svc.open(world::eu, world::prod, world::alice, access::read_write);
    REQUIRE(before.has_value());
    tenant::must(t.lock());
    CHECK(before->check().error().code == errc::locked);
    CHECK_FALSE(t.opens(world::prod));
    CHECK(t.opens(world::sand)); // not on the customer's key: a lock does not reach it
    CHECK(t.customer_keys() == 0);
    const auto secrets = t.memory.scan(service::records::secrets(world::eu), "", 10);
    CHECK(secrets->size() == 1);
}

TEST_CASE("tenant_service: only the same key unlocks, an hour later, and environments come back one by one") {
    tenant t;
    with_key_on_prod(t);
    tenant::must(t.apply(world::test));
    t.clock.advance(hours(72));
    tenant::must(t.lock());
    t.clock.advance(minutes(30));
    const auto early = t.unlock();
    REQUIRE(early->refused());
    CHECK(early->decision().refused_by("T24", policy::refusal::unlock_cooldown));
    t.clock.advance(minutes(30));
    const bytes other = world::read_data("pfx/kt-rsa2048.p12");
    const auto wrong = t.svc.unlock_key(world::eu, {.by = world::bob, .file = {other, &world::first_password()}});
    REQUIRE(wrong->refused());
    CHECK(wrong->decision().refused_by("T27", policy::refusal::wrong_key));
    CHECK(t.customer_keys() == 0);
    tenant::must(t.unlock());
    CHECK_FALSE(t.opens(world::prod));
    tenant::must(t.unlock(world::prod));
    CHECK(t.opens(world::prod));
    CHECK_FALSE(t.opens(world::test));
    tenant::must(t.unlock(world::test));
    CHECK(t.opens(world::test));
}

TEST_CASE("tenant_service: the same key in a re-exported file with another password unlocks") {
    tenant t;
    with_key_on_prod(t);
    t.clock.advance(hours(72));
    tenant::must(t.lock());
    t.clock.advance(hours(1));
    const auto opened = formats::open_pfx(world::first_pfx(), world::first_password());
    const secret_bytes other(as_bytes("an other password"));
    const auto again =
        formats::write_pfx(*opened->keys[0].key, {.not_before = instant{1'700'000'000}, .iterations = 1000}, other, Botan::system_rng());
    tenant::must(t.svc.unlock_key(world::eu, {.by = world::bob, .file = {detail::reveal(*again), &other}}));
}

TEST_CASE("tenant_service: a rotation leaves leases, messages and other environments as they are") {
    tenant t;
    with_key_on_prod(t);
    auto lease = t.svc.open(world::eu, world::prod, world::alice, access::read_write);
    const auto message = envelope::seal(*lease, as_bytes("before the rotation"));
    REQUIRE(message.has_value());
    tenant::must(t.upload_second());
    CHECK(t.activate()->decision().refused_by("T17", policy::refusal::activation_cooldown));
    t.clock.advance(hours(24));
    tenant::must(t.activate());
    CHECK(lease->check().has_value());
    auto fresh = t.svc.open(world::eu, world::prod, world::alice, access::read);
    REQUIRE(fresh.has_value());
    CHECK(as_text(*envelope::open(*fresh, *message)) == "before the rotation");
    const auto secrets = t.memory.scan(service::records::secrets(world::eu), "", 10);
    CHECK(secrets->size() == 1); // the older generation went with the commit that ended the rotation
    CHECK(t.records("wrap/contoso/eu/prod/") == 2);
}

TEST_CASE("tenant_service: after a reset neither stray files nor backups open") {
    tenant t;
    with_key_on_prod(t);
    auto lease = t.svc.open(world::eu, world::prod, world::alice, access::read_write);
    const auto stray = envelope::seal(*lease, as_bytes("a stray file"));
    tenant::must(t.back_up(world::prod, "b1"));
    tenant::must(t.reset(world::prod));
    CHECK(t.state_of(world::prod) == "provider_managed");
    CHECK(lease->check().error().code == errc::locked);
    auto fresh = t.svc.open(world::eu, world::prod, world::alice, access::read);
    REQUIRE(fresh.has_value());
    CHECK(envelope::open(*fresh, *stray).error().code == errc::not_mine);
    CHECK(t.restore(world::prod, "b1", world::prod)->decision().refused_by("T30", policy::refusal::backup_deleted));
    CHECK_FALSE(t.data.there.contains("prod/backup/b1"));
}

TEST_CASE("tenant_service: what a plan counts is had by name: who is hit, who is not, which backups are lost, who is told") {
    tenant t;
    with_key_on_prod(t);
    tenant::must(t.back_up(world::prod, "b1"));
    tenant::must(t.back_up(world::sand, "of-sand"));
    const service::subject ring{world::eu};
    const auto plan = t.svc.plan(ring, policy::lock{.by = world::alice});
    const auto names = t.svc.affected(ring, *plan);
    REQUIRE(names.has_value());
    CHECK(names->environments == std::vector{world::prod});
    CHECK(names->not_covered == std::vector{world::sand, world::test});
    CHECK(names->environments.size() == plan->environments_hit);
    CHECK(names->not_covered.size() == plan->environments_not_covered);
    CHECK(names->backups == std::vector{service::lost_backup{world::prod, backup_id{"b1"}}});
    CHECK(names->told == std::vector{world::alice.who, world::bob.who});

    const service::subject whole{world::eu, world::prod};
    const auto reset = [&] { return t.svc.affected(whole, *t.svc.plan(whole, policy::reset{.by = world::alice})); };
    CHECK(reset()->backups.size() == 1);
    CHECK(reset()->environments == std::vector{world::prod});
    CHECK(reset()->not_covered.empty());
    const auto apply = t.svc.affected(whole, *t.svc.plan(whole, policy::apply_key{.by = world::alice}));
    CHECK(apply->backups.empty()); // they stay readable
    tenant::must(t.reset(world::prod));
    CHECK(reset()->backups.empty()); // lost already
}

TEST_CASE("tenant_service: restore and copy go only where the same key protects") {
    tenant t;
    with_key_on_prod(t);
    tenant::must(t.back_up(world::prod, "b1"));
    tenant::must(t.restore(world::prod, "b1", world::prod));
    CHECK(t.restore(world::prod, "b1", world::sand)->decision().refused_by("T30", policy::refusal::key_mismatch));
    CHECK(t.copy(world::prod, world::sand)->decision().refused_by("T31", policy::refusal::key_mismatch));
    tenant::must(t.apply(world::test));
    tenant::must(t.restore(world::prod, "b1", world::test));
    tenant::must(t.copy(world::prod, world::test));
    CHECK(t.copy(world::prod, world::prod)->decision().refused_by("T31", policy::refusal::same_environment));
}

TEST_CASE("tenant_service: what is not unlocked in 28 days is deleted by a tick, not a second earlier") {
    tenant t;
    with_key_on_prod(t);
    t.clock.advance(hours(72));
    tenant::must(t.lock());
    t.clock.advance(days(28) - seconds{1});
    REQUIRE(t.svc.tick(world::eu).has_value());
    CHECK(t.state_of(world::prod) == "locked");
    t.clock.advance(seconds{1});
    CHECK(t.unlock()->decision().refused_by("T26", policy::refusal::retention_expired));
    REQUIRE(t.svc.tick(world::eu).has_value());
    CHECK(t.state_of(world::prod) == "deleted");
    CHECK(t.records("wrap/contoso/eu/prod/") == 0);
    CHECK(t.ring().keys[0].state == policy::key_state::retired);
    tenant::must(t.upload()); // a Retired key may come again, and is not the first
    CHECK(policy::find_key(t.ring(), key_id{"k1"})->state == policy::key_state::available);
}

TEST_CASE("tenant_service: every administrator gets one notice for each event that tells") {
    tenant t;
    t.mail.clear();
    tenant::must(t.upload());
    const auto notices = t.mail.notices();
    // uploaded, activation started, activated; each to alice and to bob
    CHECK(notices.size() == 6);
    std::set<std::string> ids;
    for (const auto& n : notices) {
        ids.insert(n.id);
        CHECK(n.subject.find("k1") != std::string::npos);
        CHECK(n.body.find("By:   ") != std::string::npos);
        CHECK(n.head_hash.size() == 64);
    }
    CHECK(ids.size() == 6);
}

TEST_CASE("tenant_service: a key of one ring is refused in another ring of the same vault") {
    tenant t;
    tenant::must(t.upload());
    const service::ring_id us{world::contoso, region_id{"us"}};
    const auto second = t.svc.upload_key(us, {.by = world::alice, .key = key_id{"k1"}, .file = t.pfx(), .acknowledged = true});
    REQUIRE(second.has_value());
    CHECK(second->decision().refused_by("T13", policy::refusal::key_in_use));
    const auto again = t.svc.upload_key(world::eu, {.by = world::alice, .key = key_id{"other"}, .file = t.pfx(), .acknowledged = true});
    CHECK(again->decision().refused_by("T13", policy::refusal::duplicate_key));
}

TEST_CASE("tenant_service: a key that one ring has locked is refused in another, though no vault holds it") {
    tenant t;
    with_key_on_prod(t);
    t.clock.advance(hours(72));
    tenant::must(t.lock());
    CHECK(t.customer_keys() == 0);
    const service::ring_id us{world::contoso, region_id{"us"}};
    const auto upload = [&] {
        return t.svc.upload_key(us, {.by = world::alice, .key = key_id{"k9"}, .file = t.pfx(), .acknowledged = true});
    };
    const auto refused = upload();
    REQUIRE(refused->refused());
    CHECK(refused->reasons()[0].code == policy::refusal::key_in_use);
    CHECK(t.vault.list("customer/")->empty());
    // Once nothing is left that it locks, the key is nobody's.
    tenant::must(t.remove(world::prod));
    tenant::must(upload());
}

TEST_CASE("tenant_service: an import key opens nothing once it has expired, and leaves the vault with the next tick") {
    tenant t;
    tenant::must(t.svc.create_import_key(world::eu, {.by = world::alice, .bits = 2048, .valid_for = hours(2)}));
    CHECK(t.ring().import_expires_at == t.clock.now().value() + hours(2));
    const auto file = t.export_from_hsm(Botan::RSA_PrivateKey(Botan::system_rng(), 2048));
    const auto upload = [&] {
        return t.svc.upload_key(world::eu, {.by = world::alice, .key = key_id{"hsm"}, .file = {as_bytes(*file)}, .acknowledged = true});
    };
    const auto import_keys = [&] { return t.vault.list(service::vault_ids::imports(world::eu))->size(); };
    t.clock.advance(hours(2) - seconds{1});
    CHECK(t.svc.tick(world::eu));
    CHECK(import_keys() == 1);
    CHECK(t.svc.import_key(world::eu)->expires_at == t.clock.now().value() + seconds{1});
    t.clock.advance(seconds{1});
    CHECK(t.svc.import_key(world::eu).error().code == errc::not_found); // what opens nothing is not shown
    const auto late = upload();
    CHECK(late->decision().refused_by("T08", policy::refusal::byok_wrong_binding));
    CHECK(std::string(late->file_trouble()->text).find("expired") != std::string::npos);
    CHECK(import_keys() == 1);
    CHECK(t.svc.tick(world::eu));
    CHECK(import_keys() == 0);
    CHECK(t.svc.tick(world::eu));
    CHECK(upload()->decision().refused_by("T08", policy::refusal::byok_wrong_binding));
    // The next one needs no `replace`, and does not open what was made for the last.
    tenant::must(t.svc.create_import_key(world::eu, {.by = world::alice, .bits = 2048}));
    CHECK(import_keys() == 1);
    CHECK(upload()->decision().refused_by("T08", policy::refusal::byok_wrong_binding));
}

TEST_CASE("tenant_service: an import key has one of three sizes and lives for at most 90 days") {
    tenant t;
    const auto code_of = [&](std::size_t bits, seconds valid_for) {
        const auto o = t.svc.create_import_key(world::eu, {.by = world::alice, .bits = bits, .valid_for = valid_for});
        return o ? errc::internal : o.error().code;
    };
    for (const std::size_t bits : {std::size_t{0}, std::size_t{1024}, std::size_t{2047}, std::size_t{8192}})
        CHECK(code_of(bits, days(1)) == errc::misused);
    for (const seconds time : {seconds{-1}, seconds{0}, days(90) + seconds{1}}) CHECK(code_of(2048, time) == errc::misused);
    CHECK(t.vault.list(service::vault_ids::imports(world::eu))->empty());
    tenant::must(t.svc.create_import_key(world::eu, {.by = world::alice, .bits = 3072, .valid_for = days(90)}));
    const auto shown = t.svc.import_key(world::eu);
    REQUIRE(shown);
    CHECK(shown->kid == t.ring().import_kid.view());
    CHECK(Botan::X509::load_key(shown->public_key)->key_length() == 3072);
}

TEST_CASE("tenant_service: a BYOK file opens only under the import key it was made for, once") {
    tenant t;
    CHECK(t.svc.import_key(world::eu).error().code == errc::not_found);
    tenant::must(t.svc.create_import_key(world::eu, {.by = world::alice}));
    CHECK(t.svc.create_import_key(world::eu, {.by = world::alice})->decision().refused_by("H01", policy::refusal::already_exists));
    const Botan::RSA_PrivateKey target(Botan::system_rng(), 2048);
    const auto file = t.export_from_hsm(target);
    REQUIRE(file.has_value());
    const auto o = t.svc.upload_key(world::eu, {.by = world::alice, .key = key_id{"hsm"}, .file = {as_bytes(*file)}, .acknowledged = true});
    tenant::must(o);
    CHECK(policy::active_key(t.ring())->print == keys::fingerprint_of(target)->print);
    CHECK(t.ring().import_kid.empty());
    CHECK(t.svc.import_key(world::eu).error().code == errc::not_found);
    CHECK(t.vault.list(service::vault_ids::imports(world::eu))->empty());
    const auto again =
        t.svc.upload_key(world::eu, {.by = world::alice, .key = key_id{"hsm2"}, .file = {as_bytes(*file)}, .acknowledged = true});
    CHECK(again->decision().refused_by("T08", policy::refusal::byok_wrong_binding));
}

TEST_CASE("tenant_service: a lock undoes an apply that is under way, and the environment stays the provider's") {
    tenant t;
    with_key_on_prod(t);
    t.clock.advance(hours(72));
    // The apply's commit goes through and its work cannot begin: as if the process had been killed there.
    t.store.reset_calls();
    t.data.there.erase("test/1");
    const auto apply = t.apply(world::test); // its content is gone, so it is given up
    REQUIRE(apply.has_value());
    CHECK(apply->unfinished()->code == errc::not_found);
    CHECK(t.state_of(world::test) == "provider_managed");
    CHECK(t.records("wrap/contoso/eu/test/") == 1); // the key that was made for it is gone
}

TEST_CASE("tenant_service: two services on one store hold one lock between them") {
    tenant t;
    with_key_on_prod(t);
    world::service_type other(t.store, t.vault, t.clock, t.mail, t.data, tenant::options());
    auto lease = other.open(world::eu, world::prod, world::bob, access::read);
    REQUIRE(lease.has_value());
    t.clock.advance(hours(72));
    tenant::must(t.lock());
    const auto now = lease->check(); // it asks the store each time here
    REQUIRE_FALSE(now.has_value());
    CHECK(now.error().code == errc::locked);
}

TEST_CASE("tenant_service: whoever is told that leases have ended is told when they have, before keys are destroyed, and of nothing else") {
    tenant t;
    with_key_on_prod(t);
    std::optional<keys::data_key_lease> lease;
    int told = 0;
    auto how = tenant::options();
    how.on_leases_ended = [&] {
        ++told;
        CHECK(lease->check().error().code == errc::locked);
        CHECK(t.customer_keys() == 1);
    };
    world::service_type svc(t.store, t.vault, t.clock, t.mail, t.data, how);
    lease = svc.open(world::eu, world::prod, world::bob, access::read).value();
    tenant::must(
        svc.run({world::eu, world::prod, {}, backup_id{"b1"}}, policy::take_backup{.by = world::alice, .backup = backup_id{"b1"}}));
    CHECK(lease->check().has_value());
    CHECK(told == 0);
    t.clock.advance(hours(72));
    tenant::must(svc.lock(world::eu, {.by = world::alice, .file = t.pfx(), .confirmation = "lock contoso"}));
    CHECK(told == 1);
    CHECK(t.customer_keys() == 0);
}

TEST_CASE("tenant_service: a backup that fails anywhere leaves its name free or the backup whole") {
    for (const auto when : {testing::failing::before, testing::failing::after})
        for (std::uint64_t call = 1; call <= 24; ++call) {
            CAPTURE(call);
            tenant t;
            t.store.reset_calls();
            t.store.fail_call(call, {errc::io_failed, "store: told to fail"}, when);
            const auto first = t.back_up(world::prod, "b1");
            t.store.fail_call(0, {});
            const bool recorded = t.svc.state({world::eu, world::prod, {}, backup_id{"b1"}})->backup->version != 0;
            if (tenant::accepted(first)) CHECK(recorded);
            if (recorded) {
                CHECK(t.data.there.contains("prod/backup/b1"));
                tenant::must(t.restore(world::prod, "b1", world::prod));
            } else if (!t.memory.load("taking/contoso/eu/prod/b1")) {
                tenant::must(t.back_up(world::prod, "b1"));
            }
        }
}

TEST_CASE("tenant_service: a name that is missing, or that subject and command give differently, is told before anything is changed") {
    tenant t;
    const auto records = t.memory.scan("", "", 10'000)->size();
    const auto misused = [](const auto& answer) { return !answer && answer.error().code == errc::misused; };
    const service::ring_id no_region{world::contoso, {}};
    const environment_id none{}, other{"other"};
    CHECK(misused(t.svc.create_tenant({.by = world::provider})));
    CHECK(misused(t.svc.run({no_region}, policy::add_administrator{.by = world::provider})));
    CHECK(misused(t.svc.run({world::eu, none}, policy::create_environment{.by = world::alice})));
    CHECK(misused(t.svc.run({no_region, other}, policy::create_environment{.by = world::alice, .environment = other})));
    CHECK(misused(t.svc.run({world::eu, world::prod}, policy::create_environment{.by = world::alice, .environment = other})));
    CHECK(misused(t.svc.run({world::eu}, policy::apply_key{.by = world::alice})));
    CHECK(misused(t.svc.run({world::eu, world::prod}, policy::take_backup{.by = world::alice})));
    CHECK(
        misused(t.svc.run({.ring = world::eu, .environment = world::prod, .backup = backup_id{"b"}}, policy::restore{.by = world::alice})));
    CHECK(misused(t.svc.run({.ring = world::eu, .environment = world::prod, .source = world::prod}, policy::restore{.by = world::alice})));
    CHECK(misused(t.svc.run({.ring = world::eu, .environment = world::prod}, policy::copy{.by = world::alice})));
    CHECK(misused(t.svc.plan({world::eu}, policy::apply_key{.by = world::alice})));
    CHECK(misused(t.svc.open(world::eu, none, world::alice, access::read)));
    CHECK(misused(t.svc.generate_key(no_region, {.by = world::alice,
                                                 .key = key_id{"k"},
                                                 .password = world::first_password(),
                                                 .password_again = world::first_password(),
                                                 .hand_out = {},
                                                 .acknowledged = true})));
    CHECK(t.memory.scan("", "", 10'000)->size() == records);
}

TEST_CASE("tenant_service: a restore of a backup that is not there, and a command on an unknown tenant, are not_found") {
    tenant t;
    const service::subject s{.ring = world::eu, .environment = world::prod, .source = world::prod, .backup = backup_id{"never"}};
    const policy::restore command{.by = world::alice, .confirmation = policy::typed_text("prod")};
    CHECK(t.svc.run(s, command).error().code == errc::not_found);
    CHECK(t.svc.plan(s, command).error().code == errc::not_found);
    const auto unknown = t.svc.run({{tenant_id{"fabrikam"}}}, policy::enable_feature{.by = world::provider});
    REQUIRE_FALSE(unknown);
    CHECK(unknown.error().code == errc::not_found);
    CHECK(std::string_view(unknown.error().text).starts_with("service: there is no tenant"));
}
