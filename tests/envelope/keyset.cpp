// SPDX-License-Identifier: Apache-2.0
#include <keywright/envelope/keyset.hpp>

#include "field_helpers.hpp"

#include <keywright/keys/multi_keyring.hpp>
#include <keywright/keys/raw_aes_keyring.hpp>

#include <doctest/doctest.h>

using namespace keywright;
using namespace keywright::test;
using envelope::field_suite;
using envelope::keyset;

namespace {

const keys::encryption_context of_prod = keys::encryption_context::make({{"environment", "prod"}, {"keyset", "users"}}).value();

} // namespace

TEST_CASE("keyset: wrapped by an environment it comes back, under its context and no other") {
    const auto lease = field_lease();
    auto keys = fresh(field_suite::aes256_gcm_siv);
    const auto sealed = unleased(keys).seal({}, as_bytes("value")).value();
    REQUIRE(keys.rotate(field_suite::aes256_gcm_siv).has_value());
    const auto stored = keys.wrap(lease, of_prod).value();
    const auto again = keyset::unwrap(lease, of_prod, keys::wrapped_key::parse(stored.serialised()).value()).value();
    CHECK(again.primary_id() == keys.primary_id());
    CHECK(unleased(again).open({}, sealed).value() == bytes{'v', 'a', 'l', 'u', 'e'});
    const auto elsewhere = keys::encryption_context::make({{"environment", "test"}, {"keyset", "users"}}).value();
    CHECK(keyset::unwrap(lease, elsewhere, stored).error().code == errc::authentication_failed);
    CHECK(keyset::unwrap(field_lease(std::make_shared<keys::epoch_watch>(1), 1), of_prod, stored).error().code ==
          errc::authentication_failed);
}

TEST_CASE("keyset: what the store keeps is an encrypted Tink keyset under the environment's field key") {
    const auto lease = field_lease();
    const auto keys = fresh(field_suite::aes256_gcm_siv);
    const auto tink = keys.as_tink(keys.wrap(lease, of_prod).value());
    auto environment_key = unleased(keyset::of_raw_key(field_suite::aes256_gcm, counting(0)).value());
    const auto again = envelope::import_keyset(tink, environment_key, of_prod.serialise()).value();
    CHECK(again.primary_id() == keys.primary_id());
    CHECK(tink.info.primary == keys.primary_id());
}

TEST_CASE("keyset: exported and imported under another keyset, in both forms, bound to its associated data") {
    auto master_keys = fresh(field_suite::aes256_gcm_siv);
    auto master = unleased(master_keys);
    const auto keys = fresh(field_suite::aes256_siv);
    const auto file = envelope::export_keyset(keys, master, as_bytes("contoso")).value();
    const auto binary = formats::parse_tink_encrypted_keyset(formats::serialise_tink_encrypted_keyset(file)).value();
    const auto text = formats::parse_tink_encrypted_keyset_json(formats::serialise_tink_encrypted_keyset_json(file)).value();
    for (const auto& form : {binary, text}) {
        CHECK(form.encrypted == file.encrypted);
        CHECK(form.info.primary == keys.primary_id());
        REQUIRE(form.info.keys.size() == 1);
        CHECK(form.info.keys[0].type == formats::tink_key_type::aes_siv);
        CHECK(envelope::import_keyset(form, master, as_bytes("contoso")).value().primary_id() == keys.primary_id());
        CHECK(envelope::import_keyset(form, master, as_bytes("fabrikam")).error().code == errc::authentication_failed);
    }
    auto lookups = unleased(keys);
    CHECK(envelope::export_keyset(keys, lookups, {}).error().code == errc::misused);
}

TEST_CASE("keyset: an AES-GCM key is followed by the next one at 2^31 uses, and not before") {
    auto keys = fresh(field_suite::aes256_gcm);
    const auto first = keys.primary_id();
    constexpr std::uint64_t all = std::uint64_t{1} << 31;
    auto taken = keys.reserve(all - 5, 4).value();
    CHECK(taken.used == all - 1);
    CHECK_FALSE(taken.new_primary);
    taken = keys.reserve(all - 4, 4).value();
    CHECK(taken.used == all);
    CHECK_FALSE(taken.new_primary);
    CHECK(keys.primary_id() == first);
    taken = keys.reserve(all - 3, 4).value();
    CHECK(taken.used == 4);
    CHECK(taken.new_primary);
    CHECK(keys.primary_id() != first);
    CHECK(keys.info().keys.size() == 2);
    CHECK(keys.reserve(0, 0).error().code == errc::misused);
    CHECK(keys.reserve(0, all + 1).error().code == errc::misused);
    // What was reserved of the first key is not the second one's.
    auto cipher = unleased(keys);
    for (int i = 0; i < 4; ++i) CHECK(cipher.seal({}, as_bytes("x")).has_value());
    CHECK(cipher.seal({}, as_bytes("x")).error().code == errc::exhausted);
}

TEST_CASE("keyset: other suites need no reservation") {
    auto keys = fresh(field_suite::aes256_gcm_siv);
    CHECK(keys.reserve(7).value().used == 7);
    CHECK(unleased(keys).seal({}, as_bytes("x")).has_value());
}

TEST_CASE("keyset: 24 keys are the most, and 24 of the longest fit into a wrap") {
    auto keys = fresh(field_suite::aes256_siv);
    for (int i = 1; i < 24; ++i) REQUIRE(keys.rotate(field_suite::aes256_siv).has_value());
    CHECK(keys.rotate(field_suite::aes256_siv).error().code == errc::limit_exceeded);
    const auto lease = field_lease();
    const auto stored = keys.wrap(lease, of_prod).value();
    CHECK(keyset::unwrap(lease, of_prod, stored).value().info().keys.size() == 24);
}

TEST_CASE("keyset: a disabled key opens nothing until it is enabled, and the primary one stays enabled") {
    auto keys = fresh(field_suite::aes256_gcm_siv);
    const auto first = keys.primary_id();
    const auto sealed = unleased(keys).seal({}, as_bytes("x")).value();
    CHECK(keys.disable(first).error().code == errc::misused);
    REQUIRE(keys.rotate(field_suite::aes256_gcm_siv).has_value());
    REQUIRE(keys.disable(first).has_value());
    CHECK(unleased(keys).open({}, sealed).error().code == errc::not_mine);
    REQUIRE(keys.enable(first).has_value());
    CHECK(unleased(keys).open({}, sealed).has_value());
    CHECK(keys.disable(first + 1).error().code == errc::not_found);
}

TEST_CASE("keyset: keys for look-ups and others do not mix") {
    auto keys = fresh(field_suite::aes256_siv);
    CHECK(keys.rotate(field_suite::aes256_gcm_siv).error().code == errc::misused);
    formats::tink_keyset mixed{1, {}};
    mixed.keys.push_back({{formats::tink_key_type::aes_gcm, formats::tink_status::enabled, 1, formats::tink_prefix::tink}, counting(0)});
    mixed.keys.push_back(
        {{formats::tink_key_type::aes_siv, formats::tink_status::enabled, 2, formats::tink_prefix::tink}, secret_bytes(std::size_t{64})});
    CHECK(keyset::from(std::move(mixed)).error().code == errc::unsupported);
    CHECK(keyset::of_raw_key(field_suite::aes256_gcm, secret_bytes(std::size_t{16})).error().code == errc::unsupported);
    CHECK(keyset::from({}).error().code == errc::malformed);
}

TEST_CASE("keyset: as a message it is a Tink keyset for every recipient, in its context and no other") {
    const auto mine = keys::raw_aes_keyring::make("acme", "archive", counting(0)).value();
    const auto escrow = keys::raw_aes_keyring::make("acme", "escrow", counting(1)).value();
    const auto stranger = keys::raw_aes_keyring::make("acme", "other", counting(2)).value();
    const auto keys = fresh(field_suite::aes256_gcm_siv);
    const auto sealed = unleased(keys).seal({}, as_bytes("value")).value();
    const keys::multi_keyring both(mine, {escrow});
    const auto kept = envelope::seal_keyset(keys, both, of_prod).value();
    for (const auto* one : {&mine, &escrow}) {
        const auto again = envelope::open_keyset(*one, kept, {.expected = of_prod}).value();
        CHECK(as_text(unleased(again).open({}, sealed).value()) == "value");
    }
    CHECK(envelope::open_keyset(stranger, kept).error().code == errc::not_mine);
    CHECK(envelope::open_keyset(mine, kept, {.expected = context({{"environment", "test"}})}).error().code == errc::authentication_failed);
    const auto text = envelope::seal(mine, as_bytes("no keyset")).value();
    CHECK(envelope::open_keyset(mine, text).error().code == errc::malformed);
    CHECK(formats::parse_tink_keyset(secret_bytes(byte_view(envelope::open(mine, kept).value())))->primary == keys.primary_id());
}
