// SPDX-License-Identifier: Apache-2.0
// What an environment's keys are used for beside messages: fields, pages and secrets, each through a lock, a rotation,
// an apply, a return and a reset; and what happens to a key that is used up.
#include "world.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <cstring>
#include <malloc.h>
#include <new>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define KEYWRIGHT_OWN_DELETE 0
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define KEYWRIGHT_OWN_DELETE 0
#endif
#ifndef KEYWRIGHT_OWN_DELETE
#define KEYWRIGHT_OWN_DELETE 1
#endif

using world::eu;
using world::prod;
using world::smtp;
using world::tenant;

namespace {

using namespace keywright;

constexpr auto reading = access::read;
constexpr auto writing = access::read_write;

bytes seal_email(tenant& t, const environment_id& e, std::string_view row, std::string_view value) {
    const auto fields = t.use(e).fields(writing);
    REQUIRE(fields);
    return fields->column("users", "email")->seal(row, as_bytes(value)).value();
}
/// The value of a cell, or the name of what opening it fails with.
std::string email(tenant& t, const environment_id& e, std::string_view row, byte_view cell) {
    const auto fields = t.use(e).fields(reading);
    if (!fields) return std::string(name(fields.error().code));
    const auto value = fields->column("users", "email")->open(row, cell);
    return value ? std::string(as_text(*value)) : std::string(name(value.error().code));
}
result<std::uint64_t> put(tenant& t, const environment_id& e, const secret_id& id, std::string_view value) {
    return t.use(e).secrets().put(id, secret_bytes(as_bytes(value)));
}
/// A secret's value, or the name of what using it fails with.
std::string secret(tenant& t, const environment_id& e, const secret_id& id = smtp, std::uint64_t number = 0) {
    std::string seen;
    const auto used = t.use(e).secrets().with(id, [&](byte_view value) { seen = as_text(value); }, number);
    return used ? seen : std::string(name(used.error().code));
}
void set_uses(tenant& t, std::string_view key, std::uint64_t used) {
    bytes value;
    append_be(value, used);
    ports::batch batch;
    batch.put_any(service::records::uses(eu, key), value);
    REQUIRE(t.memory.commit(batch));
}
std::uint64_t uses_of(tenant& t, std::string_view key) {
    const auto found = t.memory.load(service::records::uses(eu, key));
    return found ? load_be<std::uint64_t>(found->value.data()) : 0;
}
void move_record(tenant& t, const std::string& from, const std::string& to) {
    ports::batch batch;
    batch.put_any(to, t.memory.load(from).value().value);
    REQUIRE(t.memory.commit(batch));
}
void lock(tenant& t) {
    t.clock.advance(hours(72));
    tenant::must(t.lock());
}
void unlock(tenant& t) {
    t.clock.advance(hours(1));
    tenant::must(t.unlock());
    tenant::must(t.unlock(prod));
}

} // namespace

#if KEYWRIGHT_OWN_DELETE
namespace {
std::atomic<bool> watching{false};
std::atomic<int> left_behind{0};
constexpr std::string_view needle = "a password that stands nowhere else";
} // namespace

// A block that operator delete is given while it still holds the needle is a value that nobody wiped.
void* operator new(std::size_t size) {
    if (void* block = std::calloc(1, size == 0 ? 1 : size)) return block;
    throw std::bad_alloc();
}
namespace {
void free_watched(void* block) noexcept {
    if (watching && block != nullptr && ::memmem(block, ::malloc_usable_size(block), needle.data(), needle.size()) != nullptr)
        ++left_behind;
    std::free(block);
}
} // namespace
void operator delete(void* block) noexcept { free_watched(block); }
void operator delete(void* block, std::size_t) noexcept { free_watched(block); }
#endif

// --- fields ---

TEST_CASE("fields: there are none before field encryption is on, and then it stays on") {
    tenant t;
    CHECK(t.use(prod).fields(writing).error().code == errc::permission_denied);
    t.fields_on(prod);
    CHECK(t.use(prod).fields(reading).error().code == errc::not_found);
    const bytes cell = seal_email(t, prod, "1", "ada@example.org");
    CHECK(email(t, prod, "1", cell) == "ada@example.org");
    CHECK(email(t, prod, "2", cell) == "authentication_failed");
    const auto off = t.svc.run({eu, prod}, policy::disable_field_encryption{.by = world::alice});
    CHECK(off->decision().refused_by("G09", policy::refusal::cannot_turn_off));
    CHECK(email(t, prod, "1", cell) == "ada@example.org");
    CHECK(t.use(world::test).fields(writing).error().code == errc::permission_denied); // it is on for one environment
}

TEST_CASE("fields: those from before an apply and a rotation open, and new ones are under another key") {
    tenant t;
    t.fields_on(prod);
    const bytes first = seal_email(t, prod, "1", "under the provider's key");
    with_key_on_prod(t);
    CHECK(email(t, prod, "1", first) == "under the provider's key");
    const bytes second = seal_email(t, prod, "2", "under the customer's");
    CHECK_FALSE(std::equal(first.begin(), first.begin() + 5, second.begin())); // another key: its id is in front
    tenant::must(t.upload_second());
    t.clock.advance(hours(24));
    tenant::must(t.activate());
    CHECK(email(t, prod, "1", first) == "under the provider's key");
    CHECK(email(t, prod, "2", second) == "under the customer's");
}

TEST_CASE("fields: a lock ends a column at its next use, and unlocking opens the fields again") {
    tenant t;
    t.fields_on(prod);
    with_key_on_prod(t);
    const bytes cell = seal_email(t, prod, "1", "ada@example.org");
    const auto held = t.use(prod).fields(writing);
    auto column = held->column("users", "email").value();
    lock(t);
    CHECK(column.seal("2", as_bytes("x")).error().code == errc::locked);
    CHECK(column.open("1", cell).error().code == errc::locked);
    CHECK(email(t, prod, "1", cell) == "locked");
    unlock(t);
    CHECK(email(t, prod, "1", cell) == "ada@example.org");
    CHECK(column.open("1", cell).error().code == errc::locked); // granted before the lock: dead for good
}

TEST_CASE("fields: a copy of every wrap from before an apply opens nothing once the customer's key is locked") {
    tenant t;
    t.fields_on(prod);
    const bytes cell = seal_email(t, prod, "1", "ada@example.org");
    const auto stolen = t.memory.scan("wrap/contoso/eu/prod/", "", 10).value();
    REQUIRE(stolen.size() == 2); // of messages and of fields
    with_key_on_prod(t);
    lock(t);
    ports::batch batch;
    for (const auto& r : stolen) batch.put_any(r.key, r.value);
    REQUIRE(t.memory.commit(batch));
    service::parts<world::store_type, memory::key_vault, memory::manual_clock, world::mailroom, world::content> parts{
        t.store, t.vault, t.clock, t.mail, t.data, tenant::options()};
    service::custody chain(parts, eu);
    for (const auto& r : stolen) {
        const auto of = service::key_name_of(r.key).value();
        CHECK(chain.unwrap(of, r.value).error().code == errc::not_found); // its slot is gone
    }
}

TEST_CASE("fields: a return seals them anew, so that they open without the customer's key; without help it is given up") {
    tenant t;
    t.fields_on(prod);
    with_key_on_prod(t);
    const bytes old = seal_email(t, prod, "1", "ada@example.org");
    t.users.emails["1"] = old;
    world::service_type helpless(t.store, t.vault, t.clock, t.mail, t.data, tenant::options());
    const auto refused = helpless.run(
        {eu, prod}, policy::return_to_provider{
                        .by = world::alice, .acknowledged = true, .confirmed = true, .confirmation = policy::typed_text("prod")});
    REQUIRE(refused);
    CHECK(refused->unfinished()->code == errc::misused);
    CHECK(t.state_of(prod) == "customer_managed");
    tenant::must(t.apply(world::test)); // something that a lock locks
    tenant::must(t.give_back(prod));
    lock(t);
    CHECK(email(t, prod, "1", t.users.emails["1"]) == "ada@example.org");
    CHECK(email(t, prod, "1", old) == "not_mine"); // its key stayed behind the customer's
}

TEST_CASE("fields: what a return has sealed anew still opens when the return is given up") {
    tenant t;
    t.fields_on(prod);
    with_key_on_prod(t);
    t.users.emails["1"] = seal_email(t, prod, "1", "ada@example.org");
    auto how = t.with_product();
    how.before_return = [&](const service::data_move& move) -> result<void> {
        REQUIRE(t.users.seal_anew(move));
        return fail(errc::storage_full, "product: no room for the rest");
    };
    world::service_type failing(t.store, t.vault, t.clock, t.mail, t.data, how);
    for (int times = 0; times < 2; ++times) {
        const auto o = failing.run(
            {eu, prod}, policy::return_to_provider{
                            .by = world::alice, .acknowledged = true, .confirmed = true, .confirmation = policy::typed_text("prod")});
        CHECK(o->unfinished()->code == errc::storage_full);
        CHECK(t.state_of(prod) == "customer_managed");
        CHECK(email(t, prod, "1", t.users.emails["1"]) == "ada@example.org");
    }
    tenant::must(t.give_back(prod));
    CHECK(email(t, prod, "1", t.users.emails["1"]) == "ada@example.org");
}

TEST_CASE("fields: a reset leaves none that opens, and the encryption on") {
    tenant t;
    t.fields_on(prod);
    const bytes cell = seal_email(t, prod, "1", "ada@example.org");
    tenant::must(t.reset(prod));
    CHECK(t.records("keyset/") == 0);
    CHECK(email(t, prod, "1", cell) == "not_found");
    const bytes fresh = seal_email(t, prod, "1", "new");
    CHECK(email(t, prod, "1", cell) == "not_mine");
    CHECK(email(t, prod, "1", fresh) == "new");
}

TEST_CASE("fields: a keyset in the place of another environment's, suite's or version's does not open") {
    tenant t;
    for (const auto& e : {prod, world::test}) {
        t.fields_on(e);
        REQUIRE(t.use(e).fields(writing));
    }
    REQUIRE(t.use(prod).fields(writing, envelope::field_suite::aes256_gcm));
    const auto at = [](const environment_id& e, std::string_view suite) { return service::records::keyset(eu, e, suite, 1); };
    move_record(t, at(world::test, "aes256_gcm_siv"), at(prod, "aes256_gcm_siv"));
    CHECK(t.use(prod).fields(reading).error().code == errc::not_mine);
    move_record(t, at(prod, "aes256_gcm"), at(prod, "aes256_gcm_siv"));
    CHECK(t.use(prod).fields(reading).error().code == errc::authentication_failed);
}

TEST_CASE("fields: cells for look-ups are found by every key that may have sealed them") {
    tenant t;
    t.fields_on(prod);
    const auto siv = envelope::field_suite::aes256_siv;
    const auto before = t.use(prod).fields(writing, siv);
    const bytes cell = before->lookup_column("users", "name")->seal(as_bytes("Ada")).value();
    CHECK_FALSE(before->column("users", "name"));
    REQUIRE(t.use(prod).rotate_fields(siv));
    with_key_on_prod(t);
    const auto fields = t.use(prod).fields(reading, siv);
    const auto candidates = fields->lookup_column("users", "name")->look_up(as_bytes("Ada")).value();
    CHECK(candidates.size() == 3); // the first key, the one after it, and the one that the apply has made
    CHECK(std::find(candidates.begin(), candidates.end(), cell) != candidates.end());
}

// --- pages ---

TEST_CASE("pages: a lease of its own wraps the keys of databases, and dies with the lock") {
    tenant t;
    CHECK(t.use(prod).pages(reading).error().code == errc::not_found);
    const auto lease = t.use(prod).pages(writing);
    REQUIRE(lease);
    const auto file_key = keys::random_secret().value();
    const auto wrapped = lease->wrap(keys::data_purpose::page, as_bytes("a database"), file_key).value();
    CHECK(lease->wrap(keys::data_purpose::message, {}, file_key).error().code == errc::not_found);
    CHECK(t.use(prod).open(writing)->unwrap(keys::data_purpose::page, as_bytes("a database"), wrapped.view()).error().code ==
          errc::not_mine);
    const auto opens = [&] {
        const auto again = t.use(prod).pages(reading);
        if (!again) return std::string(name(again.error().code));
        const auto key = again->unwrap(keys::data_purpose::page, as_bytes("a database"), wrapped.view());
        return std::string(key ? (equal(*key, file_key) ? "opens" : "another key") : name(key.error().code));
    };
    CHECK(opens() == "opens");
    with_key_on_prod(t);
    CHECK(opens() == "opens");
    lock(t);
    CHECK(opens() == "locked");
    unlock(t);
    CHECK(opens() == "opens");
    tenant::must(t.reset(prod));
    CHECK(opens() == "not_found");
}

TEST_CASE("content: it is told where the content store has it, before and after it was moved, to anybody, and of no other environment") {
    tenant t;
    const auto at = [&](const environment_id& e) { return t.svc.environment(eu, e, {admin_id{"mallory"}}).content(); };
    const auto first = at(prod).value();
    CHECK(t.data.there.contains(world::content::key(first)));
    with_key_on_prod(t);
    const auto second = at(prod).value();
    CHECK(second.generation != first.generation);
    CHECK(t.data.there.contains(world::content::key(second)));
    lock(t);
    CHECK(at(prod).value() == second);
    unlock(t);
    tenant::must(t.remove(prod));
    CHECK(at(prod).error().code == errc::not_found);
    CHECK(at(environment_id{"nowhere"}).error().code == errc::not_found);
}

TEST_CASE("way out: whoever may open an environment may leave it in the clear from the provider's key, never from the customer's") {
    tenant t;
    const auto says = [&](const policy::actor& by = world::alice) {
        std::optional<policy::decision> why;
        const auto permit = t.svc.environment(eu, prod, by).way_out(&why);
        if (permit) return std::string(permit->environment().view());
        return std::string(why && why->refused_by("T20", policy::refusal::not_provider_managed) ? "return it first: " : "") +
               name(permit.error().code);
    };
    CHECK(says() == "prod");
    CHECK(says({admin_id{"mallory"}}) == "locked");
    with_key_on_prod(t);
    CHECK(says() == "return it first: permission_denied");
    lock(t);
    CHECK(says() == "locked");
    unlock(t);
    tenant::must(t.give_back(prod));
    CHECK(says() == "prod");
}

// --- uses ---

TEST_CASE("uses: leases of one process share a block, so opening takes none") {
    tenant t;
    for (int i = 0; i < 300; ++i) REQUIRE(t.use(prod).open(writing));
    CHECK(uses_of(t, "prod.message.1") == service::uses_per_block);
    auto one = t.use(prod).open(writing), other = t.use(prod).open(writing);
    REQUIRE(envelope::seal(*one, as_bytes("x")));
    CHECK(other->uses_left(keys::data_purpose::message) == service::uses_per_block - 1);
}

TEST_CASE("uses: the last block of a key is used, then its next key is made, and both open") {
    tenant t;
    const auto before = t.use(prod).open(writing);
    const bytes old = envelope::seal(*before, as_bytes("under the first key")).value();
    set_uses(t, "prod.message.1", service::uses_per_key - service::uses_per_block);
    const auto wraps = [&] { return t.records("wrap/contoso/eu/prod/"); };
    world::service_type second(t.store, t.vault, t.clock, t.mail, t.data, tenant::options());
    REQUIRE(second.environment(eu, prod, world::alice).open(writing));
    CHECK(uses_of(t, "prod.message.1") == service::uses_per_key);
    CHECK(wraps() == 1);
    world::service_type third(t.store, t.vault, t.clock, t.mail, t.data, tenant::options());
    const auto next = third.environment(eu, prod, world::alice).open(writing);
    REQUIRE(next);
    CHECK(wraps() == 2);
    CHECK(uses_of(t, "prod.message.4294967297") == service::uses_per_block); // 2^32 + 1: one used up, of version 1
    const bytes fresh = envelope::seal(*next, as_bytes("under the next")).value();
    CHECK(as_text(*envelope::open(*next, old)) == "under the first key");
    CHECK(envelope::open(*before, fresh).error().code == errc::not_mine);
    with_key_on_prod(t); // both go behind the ring
    const auto applied = t.use(prod).open(writing);
    CHECK(as_text(*envelope::open(*applied, old)) == "under the first key");
    CHECK(as_text(*envelope::open(*applied, fresh)) == "under the next");
    CHECK(t.slots(prod) == 0);
}

TEST_CASE("uses: an AES-GCM keyset moves on to its next key when the primary one is used up") {
    tenant t;
    t.fields_on(prod);
    const auto gcm = envelope::field_suite::aes256_gcm;
    const auto first = t.use(prod).fields(writing, gcm);
    const auto id = first->keyset().primary_id();
    const std::string name = "prod.keyset." + std::to_string(id);
    CHECK(uses_of(t, name) == service::uses_per_block);
    const bytes cell = first->column("users", "email")->seal("1", as_bytes("old")).value();
    CHECK_FALSE(t.use(prod).fields(reading, gcm)->column("users", "email")->seal("1", as_bytes("x"))); // nothing reserved
    set_uses(t, name, service::uses_per_key);
    world::service_type other(t.store, t.vault, t.clock, t.mail, t.data, tenant::options());
    const auto second = other.environment(eu, prod, world::alice).fields(writing, gcm);
    REQUIRE(second);
    CHECK(second->keyset().primary_id() != id);
    CHECK(second->column("users", "email")->seal("2", as_bytes("new")));
    CHECK(as_text(second->column("users", "email")->open("1", cell).value()) == "old");
}

// --- secrets ---

TEST_CASE("secrets: a value is used by reference, in its newest version or in one of its number") {
    tenant t;
    CHECK(secret(t, prod) == "not_found");
    const auto first = put(t, prod, smtp, "hunter2"), second = put(t, prod, smtp, "correct horse");
    REQUIRE(second);
    CHECK(*second > *first);
    CHECK(secret(t, prod) == "correct horse");
    CHECK(secret(t, prod, smtp, *first) == "hunter2");
    CHECK(secret(t, prod, smtp, *second + 1) == "not_found");
    CHECK(t.use(prod).secrets().versions(smtp).value() == std::vector{*first, *second});
    REQUIRE(put(t, prod, secret_id{"smtp.2"}, "another"));
    CHECK(t.use(prod).secrets().names().value() == std::vector{secret_id{"smtp.2"}, smtp});
    CHECK(secret(t, world::test) == "not_found");
    const auto refuse = [](byte_view) -> result<void> { return fail(errc::timed_out, "smtp: nobody answers"); };
    CHECK(t.use(prod).secrets().with(smtp, refuse).error().code == errc::timed_out);
    REQUIRE(t.use(prod).secrets().remove(smtp));
    CHECK(secret(t, prod) == "not_found");
    CHECK(*put(t, prod, smtp, "again") > *second + 1); // a number is never given twice
}

TEST_CASE("secrets: they are locked with their environment, and go with it through rotation, apply and return") {
    tenant t;
    REQUIRE(put(t, prod, smtp, "one"));
    REQUIRE(put(t, prod, smtp, "two"));
    const auto numbers = t.use(prod).secrets().versions(smtp).value();
    with_key_on_prod(t);
    CHECK(secret(t, prod) == "two");
    CHECK(secret(t, prod, smtp, numbers[0]) == "one");
    CHECK(t.use(prod).secrets().versions(smtp).value() == numbers);
    CHECK(t.records("sealed/") == 2); // those under the key before are gone
    tenant::must(t.upload_second());
    t.clock.advance(hours(24));
    tenant::must(t.activate());
    CHECK(secret(t, prod) == "two");
    tenant::must(t.give_back(prod));
    CHECK(secret(t, prod) == "two");
    CHECK(t.records("sealed/") == 2);
}

TEST_CASE("secrets: none opens while its environment is locked, not even to put one") {
    tenant t;
    with_key_on_prod(t);
    REQUIRE(put(t, prod, smtp, "one"));
    lock(t);
    CHECK(secret(t, prod) == "locked");
    CHECK(put(t, prod, smtp, "two").error().code == errc::locked);
    CHECK(t.use(prod).secrets().remove(smtp).error().code == errc::locked);
    unlock(t);
    CHECK(secret(t, prod) == "one");
}

TEST_CASE("secrets: a reset and a deletion leave none") {
    tenant t;
    for (const auto& e : {prod, world::test}) REQUIRE(put(t, e, smtp, "one"));
    tenant::must(t.reset(prod));
    tenant::must(t.remove(world::test));
    CHECK(t.records("sealed/") == 0);
    CHECK(secret(t, prod) == "not_found");
    CHECK(secret(t, world::test) == "locked");
}

TEST_CASE("secrets: a record of another environment, name or number does not open in a secret's place") {
    tenant t;
    const auto first = put(t, prod, smtp, "one"), second = put(t, prod, smtp, "two");
    const auto other = put(t, prod, secret_id{"imap"}, "three"), elsewhere = put(t, world::test, smtp, "four");
    REQUIRE((first && second && other && elsewhere));
    const auto at = [](const environment_id& e, std::string_view id, std::uint64_t number) {
        return service::records::sealed(eu, e, 1, id) + service::records::detail::number(number);
    };
    move_record(t, at(prod, "smtp", *first), at(prod, "smtp", *second)); // rolled back
    CHECK(secret(t, prod) == "authentication_failed");
    CHECK(secret(t, prod, smtp, *first) == "one");
    move_record(t, at(prod, "imap", *other), at(prod, "smtp", *second));
    CHECK(secret(t, prod) == "authentication_failed");
    move_record(t, at(world::test, "smtp", *elsewhere), at(prod, "smtp", *second));
    CHECK(secret(t, prod) != "four");
}

TEST_CASE("secrets: a value has 1 byte to 64 KiB, an environment 256 names, a name 16 versions") {
    tenant t;
    auto secrets = t.use(prod).secrets();
    const auto code = [&](std::size_t size) {
        const auto done = secrets.put(smtp, secret_bytes(size));
        return done ? errc::internal : done.error().code;
    };
    CHECK(code(0) == errc::limit_exceeded);
    CHECK(code(service::largest_secret) == errc::internal);
    CHECK(code(service::largest_secret + 1) == errc::limit_exceeded);
    for (int i = 0; i < 16; ++i) REQUIRE(put(t, prod, smtp, std::to_string(i)));
    CHECK(secrets.versions(smtp)->size() == 16); // the large one is gone, the first behind it is there
    CHECK(secret(t, prod, smtp, secrets.versions(smtp)->front()) == "0");
    for (int i = 1; i < 256; ++i) REQUIRE(put(t, prod, secret_id{"s" + std::to_string(i)}, "x"));
    CHECK(secrets.names()->size() == 256);
    CHECK(put(t, prod, secret_id{"one.more"}, "x").error().code == errc::limit_exceeded);
    CHECK(put(t, prod, smtp, "another version"));
}

// --- stored bytes ---

// Written by the first version that had them. What Python's `cryptography` opens of them with the keys below: each keyset
// (AESGCM, its context as associated data), and the cells of AES-GCM and AES-SIV under the keys that stand in it.
TEST_CASE("environment data: keysets, cells and a secret as version 1 wrote them are read") {
    std::map<std::string, bytes> stored;
    std::ifstream in(std::string(KEYWRIGHT_TEST_DATA) + "/environment-1/records.txt");
    tenant t;
    ports::batch batch;
    for (std::string key, hex; in >> key >> hex;) {
        const auto value = Botan::hex_decode(hex);
        stored[key] = bytes(value.begin(), value.end());
        batch.put_any(key, stored[key]);
    }
    REQUIRE(stored.size() == 7);
    REQUIRE(t.memory.commit(batch));
    const auto counting = [](std::uint8_t first) {
        bytes key(32);
        for (auto& byte : key) byte = first++;
        return secret_bytes(byte_view(key));
    };
    std::vector<keys::leased_key> held;
    held.push_back({{prod, keys::data_purpose::message, 1}, counting(0), false, 0});
    held.push_back({{prod, keys::data_purpose::field, 1}, counting(64), false, 0});
    const auto lease = keys::data_key_lease::grant(std::make_shared<keys::epoch_watch>(1), 1, std::move(held)).value();
    service::parts<world::store_type, memory::key_vault, memory::manual_clock, world::mailroom, world::content> parts{
        t.store, t.vault, t.clock, t.mail, t.data, tenant::options()};
    for (const auto suite : service::field_suites) {
        CAPTURE(service::name(suite));
        const auto keys = service::keysets(parts, eu, prod).load(suite, 1, lease).value();
        REQUIRE(keys);
        auto cipher = envelope::field_cipher::make(*keys, lease).value();
        const auto value = cipher.open(as_bytes("a place"), stored["cell/" + std::string(service::name(suite))]);
        REQUIRE(value);
        CHECK(as_text(*value) == "ada@example.org");
    }
    const service::sealed_values values(parts, eu, prod);
    const ports::record record{"sealed/contoso/eu/prod/1/smtp/000000000007", 1, stored["sealed/contoso/eu/prod/1/smtp/000000000007"]};
    std::string seen;
    REQUIRE(values.open(lease, smtp, record, [&](byte_view value) { seen = as_text(value); }));
    CHECK(seen == "correct horse battery staple");
}

#if KEYWRIGHT_OWN_DELETE
TEST_CASE("secrets: no memory is given back with a value in it") {
    tenant t;
    const secret_bytes value(as_bytes(needle));
    left_behind = 0;
    watching = true;
    { const std::string unwiped(needle); }
    watching = false;
    CHECK(left_behind == 1); // so the net has no hole
    left_behind = 0;
    watching = true;
    const bool stored = t.use(prod).secrets().put(smtp, value).has_value();
    bool same = false;
    const bool used = t.use(prod).secrets().with(smtp, [&](byte_view seen) { same = as_text(seen) == needle; }).has_value();
    watching = false;
    CHECK((stored && used && same));
    CHECK(left_behind == 0);
}
#endif
