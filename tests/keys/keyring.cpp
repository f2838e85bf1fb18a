// SPDX-License-Identifier: Apache-2.0
// keys/keyring: the three outcomes of opening, for each keyring. That official clients open what these write is
// proved by tests/interop/esdk.
#include <keywright/keys/keyring.hpp>
#include <keywright/keys/raw_aes_keyring.hpp>
#include <keywright/keys/raw_rsa_keyring.hpp>

#include "helpers.hpp"

#include <botan/rsa.h>
#include <doctest/doctest.h>

using namespace keywright;
using keys::data_purpose;
using keys::encryption_context;
using keys::entry_view;

namespace {

template <class Keyring>
result<secret_bytes> open_with(const Keyring& keyring, const encryption_context& context, const std::vector<keys::wrapped_key>& entries) {
    std::vector<entry_view> views;
    for (const auto& entry : entries) views.push_back(entry.view());
    return keyring.on_decrypt(context, views);
}

std::shared_ptr<const Botan::RSA_PrivateKey> rsa_key() {
    static const auto key = std::make_shared<const Botan::RSA_PrivateKey>(Botan::system_rng(), 2048);
    return key;
}

keys::data_key_lease lease(std::uint8_t first_byte = 0) {
    std::vector<keys::leased_key> list;
    list.push_back({{environment_id{"prod"}, data_purpose::message, 1}, test::counting(first_byte), true, 10});
    return std::move(keys::data_key_lease::grant(std::make_shared<keys::epoch_watch>(1), 1, std::move(list)).value());
}

} // namespace

TEST_CASE("raw_aes_keyring: opens its own with keys of each size, and tells its failures apart") {
    const auto context = test::context({{"k", "v"}});
    for (const std::size_t size : {16u, 24u, 32u}) {
        CAPTURE(size);
        const auto mine = keys::raw_aes_keyring::make("ns", "name", secret_bytes(size)).value();
        const auto made = mine.on_encrypt(context).value();
        REQUIRE(made.entries.size() == 1);
        CHECK(made.entries[0].view().provider_id == "ns");
        CHECK(equal(open_with(mine, context, made.entries).value(), made.data_key));
        CHECK(open_with(mine, {}, made.entries).error().code == errc::authentication_failed);
        const auto other_name = keys::raw_aes_keyring::make("ns", "other", secret_bytes(size)).value();
        CHECK(open_with(other_name, context, made.entries).error().code == errc::not_mine);
        const auto other_space = keys::raw_aes_keyring::make("nt", "name", secret_bytes(size)).value();
        CHECK(open_with(other_space, context, made.entries).error().code == errc::not_mine);
        CHECK_FALSE(equal(mine.on_encrypt(context).value().data_key, made.data_key));
    }
    CHECK(keys::raw_aes_keyring::make("", "name", secret_bytes(32)).error().code == errc::misused);
    CHECK(keys::raw_aes_keyring::make("ns", "", secret_bytes(32)).error().code == errc::misused);
    CHECK(keys::raw_aes_keyring::make("ns", "name", secret_bytes(20)).error().code == errc::misused);
}

TEST_CASE("keyrings: the first entry that opens counts, behind foreign and forged ones") {
    const auto mine = keys::raw_aes_keyring::make("ns", "name", test::counting(0)).value();
    const auto foreign = keys::raw_aes_keyring::make("ns", "other", test::counting(1)).value().on_encrypt({}).value().entries[0];
    const auto forged = keys::raw_aes_keyring::make("ns", "name", test::counting(1)).value().on_encrypt({}).value().entries[0];
    const auto good = mine.on_encrypt({}).value();
    CHECK(equal(open_with(mine, {}, {foreign, forged, good.entries[0]}).value(), good.data_key));
    CHECK(open_with(mine, {}, {foreign, forged}).error().code == errc::authentication_failed);
    CHECK(open_with(mine, {}, {forged, foreign}).error().code == errc::authentication_failed);
    CHECK(open_with(mine, {}, {foreign}).error().code == errc::not_mine);
    CHECK(open_with(mine, {}, {}).error().code == errc::not_mine);
}

TEST_CASE("keyrings: an entry that holds no 16, 24 or 32 bytes is no data key") {
    auto key = test::kek_of(test::counting(0));
    const auto short_key = key.wrap("ns", "name", {}, secret_bytes(31)).value();
    const auto mine = keys::raw_aes_keyring::make("ns", "name", test::counting(0)).value();
    CHECK(open_with(mine, {}, {short_key}).error().code == errc::authentication_failed);
}

TEST_CASE("raw_rsa_keyring: opens its own with each hash, and no other") {
    const auto key = rsa_key();
    for (const auto hash : {keys::oaep_hash::sha1, keys::oaep_hash::sha256, keys::oaep_hash::sha384, keys::oaep_hash::sha512}) {
        CAPTURE(static_cast<int>(hash));
        const auto mine = keys::raw_rsa_keyring::make("ns", "name", hash, key).value();
        const auto made =
            keys::raw_rsa_keyring::for_encryption("ns", "name", hash, key->subject_public_key()).value().on_encrypt({}).value();
        CHECK(as_text(made.entries[0].view().provider_info) == "name");
        for (int again = 0; again < 3; ++again) CHECK(equal(open_with(mine, {}, made.entries).value(), made.data_key));
        const auto other_hash = hash == keys::oaep_hash::sha1 ? keys::oaep_hash::sha256 : keys::oaep_hash::sha1;
        const auto other = keys::raw_rsa_keyring::make("ns", "name", other_hash, key).value();
        CHECK(open_with(other, {}, made.entries).error().code == errc::authentication_failed);
        CHECK(equal(open_with(mine, {}, made.entries).value(), made.data_key));
    }
}

TEST_CASE("raw_rsa_keyring: without a private key nothing is its own; short and other keys are unsupported") {
    const auto writer =
        keys::raw_rsa_keyring::for_encryption("ns", "name", keys::oaep_hash::sha256, rsa_key()->subject_public_key()).value();
    CHECK(open_with(writer, {}, writer.on_encrypt({}).value().entries).error().code == errc::not_mine);
    const auto reader = keys::raw_rsa_keyring::make("ns", "other", keys::oaep_hash::sha256, rsa_key()).value();
    CHECK(open_with(reader, {}, writer.on_encrypt({}).value().entries).error().code == errc::not_mine);
    const auto small = std::make_shared<const Botan::RSA_PrivateKey>(Botan::system_rng(), 1024);
    CHECK(keys::raw_rsa_keyring::make("ns", "name", keys::oaep_hash::sha256, small).error().code == errc::unsupported);
    CHECK(keys::raw_rsa_keyring::make("ns", "name", keys::oaep_hash::sha256, nullptr).error().code == errc::misused);
    CHECK(keys::raw_rsa_keyring::for_encryption("ns", "name", keys::oaep_hash::sha256, {}).error().code == errc::malformed);
}

TEST_CASE("environment_keyring: a raw AES keyring of namespace keywright reads it, and the other way round") {
    const auto held = lease();
    const keys::environment_keyring mine(held);
    const auto raw = keys::raw_aes_keyring::make("keywright", "prod.message.1", test::counting(0)).value();
    const auto context = test::context({{"k", "v"}});
    const auto made = mine.on_encrypt(context).value();
    CHECK(equal(open_with(raw, context, made.entries).value(), made.data_key));
    const auto by_raw = raw.on_encrypt(context).value();
    CHECK(equal(open_with(mine, context, by_raw.entries).value(), by_raw.data_key));
    const auto other = lease(1);
    CHECK(open_with(keys::environment_keyring(other), context, made.entries).error().code == errc::authentication_failed);
}

TEST_CASE("environment_keyring: what a lease says goes before what an entry is") {
    const auto watch = std::make_shared<keys::epoch_watch>(1);
    std::vector<keys::leased_key> list;
    list.push_back({{environment_id{"prod"}, data_purpose::message, 1}, test::counting(0), true, 1});
    const auto held = std::move(keys::data_key_lease::grant(watch, 1, std::move(list)).value());
    const keys::environment_keyring mine(held);
    const auto made = mine.on_encrypt({}).value();
    CHECK(mine.on_encrypt({}).error().code == errc::exhausted);
    watch->raise(2);
    CHECK(open_with(mine, {}, made.entries).error().code == errc::locked);
    CHECK(mine.on_encrypt({}).error().code == errc::locked);
    CHECK(mine.check().error().code == errc::locked);
}

TEST_CASE("key_ref: hands on to a lease and to a keyring alike") {
    const auto held = lease();
    const auto raw = keys::raw_aes_keyring::make("keywright", "prod.message.1", test::counting(0)).value();
    const keys::key_ref by_lease(held);
    const keys::key_ref by_raw(raw);
    const auto made = by_lease.on_encrypt({}).value();
    std::vector<entry_view> views{made.entries[0].view()};
    CHECK(equal(by_raw.on_decrypt({}, views).value(), made.data_key));
    CHECK(by_lease.check().has_value());
    CHECK(by_raw.check().has_value());
}

static_assert(!std::is_constructible_v<keys::key_ref, keys::raw_aes_keyring&&>); // a reference to what is gone
static_assert(keys::key_source<keys::data_key_lease> && keys::key_source<keys::raw_rsa_keyring> && !keys::key_source<int>);
