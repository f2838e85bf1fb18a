// SPDX-License-Identifier: Apache-2.0
// keys/multi_keyring and keys/discovery_keyring: which failure wins, and that every recipient is served.
#include <keywright/keys/multi_keyring.hpp>

#include <keywright/keys/discovery_keyring.hpp>
#include <keywright/keys/raw_aes_keyring.hpp>
#include <keywright/keys/raw_rsa_keyring.hpp>

#include "helpers.hpp"

#include <doctest/doctest.h>

using namespace keywright;
using namespace keywright::test;
using keys::multi_keyring;
using keys::raw_aes_keyring;

namespace {

raw_aes_keyring aes(std::string name, std::uint8_t first = 0) {
    return std::move(raw_aes_keyring::make("space", std::move(name), counting(first)).value());
}
/// Cannot be asked, or says something else that is neither yes nor no.
struct failing_keyring {
    error why;
    result<keys::encryption_materials> on_encrypt(const keys::encryption_context&) const { return tl::unexpected(why); }
    result<secret_bytes> on_decrypt(const keys::encryption_context&, std::span<const keys::entry_view>) const {
        return tl::unexpected(why);
    }
    result<void> check() const { return tl::unexpected(why); }
};
static_assert(keys::check_keyring<failing_keyring>() && !keys::wraps_data_keys<failing_keyring>);
static_assert(!keys::wraps_data_keys<multi_keyring>);

template <class K>
result<secret_bytes> open_with(const K& keyring, const std::vector<keys::wrapped_key>& entries,
                               const keys::encryption_context& context = {}) {
    std::vector<keys::entry_view> views;
    for (const auto& entry : entries) views.push_back(entry.view());
    return keyring.on_decrypt(context, views);
}

} // namespace

TEST_CASE("multi_keyring: what it seals, each of its keyrings opens alone") {
    const auto first = aes("first"), escrow = aes("escrow", 7);
    const auto rsa_key = std::make_shared<const Botan::RSA_PrivateKey>(Botan::system_rng(), 2048);
    const auto rsa = keys::raw_rsa_keyring::make("space", "rsa", keys::oaep_hash::sha256, rsa_key).value();
    const multi_keyring all(first, {escrow, rsa});
    const auto context = test::context({{"k", "v"}});
    const auto made = all.on_encrypt(context).value();
    REQUIRE(made.entries.size() == 3);
    CHECK(equal(open_with(first, made.entries, context).value(), made.data_key));
    CHECK(equal(open_with(escrow, made.entries, context).value(), made.data_key));
    CHECK(equal(open_with(rsa, made.entries, context).value(), made.data_key));
    const auto nobody = aes("nobody");
    CHECK(equal(open_with(multi_keyring(nobody, {escrow}), made.entries, context).value(), made.data_key));
}

TEST_CASE("multi_keyring: a recipient that cannot be served is an error, not left out") {
    const auto first = aes("first");
    const failing_keyring cannot{{errc::unavailable, "test: down"}};
    CHECK(multi_keyring(first, {cannot}).on_encrypt({}).error().code == errc::misused);
    CHECK(multi_keyring(cannot, {first}).on_encrypt({}).error().code == errc::unavailable);
    const auto rsa_key = std::make_shared<const Botan::RSA_PrivateKey>(Botan::system_rng(), 2048);
    const auto old =
        keys::raw_rsa_keyring::for_reading_pkcs1("space", "rsa", rsa_key, keys::commitment_policy::require_encrypt_allow_decrypt);
    CHECK(multi_keyring(first, {*old}).on_encrypt({}).error().code == errc::misused);
}

TEST_CASE("multi_keyring: unavailable, locked, forged and not mine are told apart, and none hides a key that opens") {
    const auto mine = aes("mine"), other = aes("other"), forged = aes("mine", 1);
    const auto made = mine.on_encrypt({}).value();
    const failing_keyring down{{errc::unavailable, "test: down"}}, locked{{errc::locked, "test: locked"}};
    const auto code = [&](const multi_keyring& k) { return open_with(k, made.entries).error().code; };
    CHECK(code(multi_keyring(other)) == errc::not_mine);
    CHECK(code(multi_keyring(other, {forged})) == errc::authentication_failed);
    CHECK(code(multi_keyring(forged, {locked, other})) == errc::locked);
    CHECK(code(multi_keyring(locked, {down, forged})) == errc::unavailable);
    for (const auto& before : {keys::key_ref(other), keys::key_ref(forged), keys::key_ref(down), keys::key_ref(locked)})
        CHECK(equal(open_with(multi_keyring(before, {mine}), made.entries).value(), made.data_key));
}

TEST_CASE("multi_keyring: a lock of one of them stops what goes on under all") {
    const auto first = aes("first");
    const failing_keyring locked{{errc::locked, "test: locked"}};
    CHECK(multi_keyring(first).check().has_value());
    CHECK(multi_keyring(first, {locked}).check().error().code == errc::locked);
}

TEST_CASE("raw_rsa_keyring: PKCS#1 v1.5 is read when asked for, and what is not padded well gives a random key") {
    const auto key = std::make_shared<const Botan::RSA_PrivateKey>(Botan::system_rng(), 2048);
    constexpr auto allow = keys::commitment_policy::require_encrypt_allow_decrypt;
    CHECK(keys::raw_rsa_keyring::for_reading_pkcs1("s", "n", key, {}).error().code == errc::misused);
    CHECK(keys::raw_rsa_keyring::for_reading_pkcs1("s", "n", key, allow, 20).error().code == errc::misused);
    const auto old = keys::raw_rsa_keyring::for_reading_pkcs1("s", "n", key, allow).value();
    CHECK(old.on_encrypt({}).error().code == errc::misused);
    const auto data_key = counting(3);
    const Botan::PK_Encryptor_EME pkcs1(*key, Botan::system_rng(), "PKCS1v15");
    const auto entry = [&](byte_view wrapped) { return std::vector{keys::wrapped_key::of("s", as_bytes("n"), wrapped)}; };
    CHECK(equal(open_with(old, entry(pkcs1.encrypt(seen(data_key), Botan::system_rng()))).value(), data_key));
    const auto random = open_with(old, entry(bytes(256, 1))).value();
    CHECK(random.size() == 32);
    CHECK_FALSE(equal(random, open_with(old, entry(bytes(256, 1))).value()));
    const auto shorter = keys::raw_rsa_keyring::for_reading_pkcs1("s", "n", key, allow, 16).value();
    CHECK(open_with(shorter, entry(pkcs1.encrypt(seen(data_key), Botan::system_rng()))).value().size() == 16);
}

TEST_CASE("discovery_keyring: finds the key that an entry names, and only reads") {
    const auto one = std::make_shared<const raw_aes_keyring>(aes("prod.message.1")),
               two = std::make_shared<const raw_aes_keyring>(aes("two", 9));
    bool down = false;
    const auto find = [&](const keys::entry_view& entry) -> result<std::shared_ptr<const raw_aes_keyring>> {
        if (down) return fail(errc::unavailable, "test: down");
        for (const auto& [name, keyring] : {std::pair{"prod.message.1", one}, std::pair{"two", two}})
            if (keys::key_name(entry) == name) return keyring;
        return fail(errc::not_mine, "test: no such key");
    };
    const keys::discovery_keyring discovered("space", find);
    static_assert(keys::check_keyring<decltype(discovered)>());
    for (const auto& keyring : {one, two}) {
        const auto made = keyring->on_encrypt({}).value();
        CHECK(equal(open_with(discovered, made.entries).value(), made.data_key));
    }
    CHECK(open_with(discovered, aes("three").on_encrypt({})->entries).error().code == errc::not_mine);
    CHECK(open_with(discovered, aes("two", 1).on_encrypt({})->entries).error().code == errc::authentication_failed);
    const auto elsewhere = raw_aes_keyring::make("elsewhere", "two", counting(9)).value();
    CHECK(open_with(discovered, elsewhere.on_encrypt({})->entries).error().code == errc::not_mine);
    CHECK(discovered.on_encrypt({}).error().code == errc::misused);
    down = true;
    CHECK(open_with(discovered, two->on_encrypt({})->entries).error().code == errc::unavailable);
}

TEST_CASE("discovery_keyring: a lock of the environment that opened the message stops it") {
    const auto watch = std::make_shared<keys::epoch_watch>(1);
    std::vector<keys::leased_key> list;
    list.push_back({{environment_id{"prod"}, keys::data_purpose::message, 1}, counting(0), true, 10});
    const auto lease = keys::data_key_lease::grant(watch, 1, std::move(list)).value();
    const auto keyring = std::make_shared<const keys::environment_keyring>(lease);
    const keys::discovery_keyring discovered(
        "keywright", [&](const keys::entry_view&) -> result<std::shared_ptr<const keys::environment_keyring>> { return keyring; });
    const auto made = keyring->on_encrypt({});
    CHECK(discovered.check().has_value());
    REQUIRE(open_with(discovered, made->entries).has_value());
    CHECK(discovered.check().has_value());
    watch->raise(2);
    CHECK(discovered.check().error().code == errc::locked);
}
