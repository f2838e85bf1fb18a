// SPDX-License-Identifier: Apache-2.0
// What every key vault must do: the conformance suite of ports/key_vault.hpp, with ciphertexts made by OpenSSL and a
// signature from RFC 8032. A fixture gives it a vault:
//     struct fixture {
//         keywright::my::key_vault& vault();  // empty at first
//         void restart();                     // the process that used the vault is gone, another one opens it
//     };
//     TEST_CASE("my::key_vault: does what the port says") { keywright::testing::key_vault_suite<fixture>(); }
// Depends on: ports/key_vault, Botan, doctest.
#pragma once

#include <keywright/core/bytes.hpp>
#include <keywright/core/secret_bytes.hpp>
#include <keywright/ports/key_vault.hpp>
#include <keywright/testing/key_vault_vectors.hpp>

#include <botan/ed25519.h>
#include <botan/hex.h>
#include <botan/pkcs8.h>

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <numeric>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace keywright::testing {

inline bytes from_hex(std::string_view text) { return Botan::hex_decode(text); }
/// The RSA key of key_vault_vectors.hpp.
inline const Botan::Private_Key& vault_rsa_key() {
    static const auto key = Botan::PKCS8::load_key(from_hex(vectors::rsa_private_key));
    return *key;
}
/// The key of RFC 8032, section 7.1, TEST 3.
inline const Botan::Private_Key& vault_ed25519_key() {
    static const auto key = Botan::Ed25519_PrivateKey::from_seed(from_hex(vectors::ed25519_seed));
    return key;
}
/// What the OAEP ciphertexts hold: 00 01 … 1f.
inline secret_bytes vault_wrapped_secret() {
    bytes counted(32);
    std::iota(counted.begin(), counted.end(), std::uint8_t{0});
    return secret_bytes(counted);
}

namespace detail {

template <class Result>
bool fails_with(const Result& outcome, errc code) {
    return !outcome && outcome.error().code == code;
}
inline bool opens(const result<secret_bytes>& outcome) { return outcome && equal(*outcome, vault_wrapped_secret()); }

/// The ids of entries, joined by a space.
inline std::string ids_of(const result<std::vector<ports::vault_entry>>& entries) {
    if (!entries) return name(entries.error().code);
    std::string ids;
    for (const auto& entry : *entries) ids += (ids.empty() ? "" : " ") + entry.id;
    return ids;
}

inline void check_rsa_entry(const ports::vault_entry& entry, std::string_view id, bool published) {
    CHECK(entry.id == id);
    CHECK(entry.purpose == ports::key_purpose::customer);
    CHECK(entry.published == published);
    CHECK(entry.public_key == from_hex(vectors::rsa_public_key));
    CHECK(bytes(entry.print.bytes.begin(), entry.print.bytes.end()) == from_hex(vectors::rsa_fingerprint));
    CHECK(entry.key_check == from_hex(vectors::rsa_key_check));
}

// --- the life of a key ---

template <class Fixture>
void key_vault_life() {
    using enum ports::key_purpose;
    Fixture fixture;
    auto& vault = fixture.vault();
    const auto& key = vault_rsa_key();

    SUBCASE("a staged key is there, and not published") {
        const auto staged = vault.stage("a/b", customer, key);
        REQUIRE(staged);
        check_rsa_entry(*staged, "a/b", false);
        const auto found = vault.find("a/b");
        REQUIRE(found);
        check_rsa_entry(*found, "a/b", false);
        CHECK(vault.abandoned()->empty());
    }
    SUBCASE("publish may be repeated, and needs a key") {
        CHECK(fails_with(vault.publish("a/b"), errc::not_found));
        REQUIRE(vault.stage("a/b", customer, key));
        CHECK(vault.publish("a/b"));
        CHECK(vault.publish("a/b"));
        const auto found = vault.find("a/b");
        REQUIRE(found);
        check_rsa_entry(*found, "a/b", true);
    }
    SUBCASE("an id is taken until its key is destroyed") {
        REQUIRE(vault.stage("a", customer, key));
        CHECK(fails_with(vault.stage("a", customer, key), errc::already_exists));
        CHECK(fails_with(vault.stage_slot("a"), errc::already_exists));
        REQUIRE(vault.publish("a"));
        CHECK(fails_with(vault.stage_slot("a"), errc::already_exists));
        REQUIRE(vault.destroy("a"));
        CHECK(vault.stage_slot("a"));
        CHECK(vault.find("a")->purpose == slot);
        CHECK_FALSE(vault.find("a")->published);
    }
    SUBCASE("destroy ends a key, staged or published, and may be repeated") {
        CHECK(vault.destroy("never"));
        for (const bool published : {false, true}) {
            REQUIRE(vault.stage("a", customer, key));
            if (published) REQUIRE(vault.publish("a"));
            CHECK(opens(vault.unwrap("a", from_hex(vectors::oaep_sha256))));
            CHECK(vault.destroy("a"));
            CHECK(vault.destroy("a"));
            CHECK(fails_with(vault.find("a"), errc::not_found));
            CHECK(fails_with(vault.unwrap("a", from_hex(vectors::oaep_sha256)), errc::not_found));
            CHECK(fails_with(vault.publish("a"), errc::not_found));
            CHECK(ids_of(vault.list("")).empty());
        }
    }
    SUBCASE("list goes by prefix, in order") {
        for (const auto* id : {"b/2", "a", "b/1", "b", "b0"}) REQUIRE(vault.stage_slot(id));
        REQUIRE(vault.publish("b/1"));
        CHECK(ids_of(vault.list("")) == "a b b/1 b/2 b0");
        CHECK(ids_of(vault.list("b")) == "b b/1 b/2 b0");
        CHECK(ids_of(vault.list("b/")) == "b/1 b/2");
        CHECK(ids_of(vault.list("c")).empty());
        const auto found = vault.list("b/");
        CHECK((*found)[0].published);
        CHECK_FALSE((*found)[1].published);
    }
}

template <class Fixture>
void key_vault_after_death() {
    using enum ports::key_purpose;
    Fixture fixture;
    REQUIRE(fixture.vault().stage("staged", customer, vault_rsa_key()));
    REQUIRE(fixture.vault().stage("published", customer, vault_rsa_key()));
    REQUIRE(fixture.vault().stage_slot("slot/a"));
    REQUIRE(fixture.vault().publish("published"));
    const auto before = fixture.vault().slot_secret("slot/a");
    REQUIRE(before);
    fixture.restart();
    auto& vault = fixture.vault();
    REQUIRE(vault.stage_slot("mine"));

    SUBCASE("what the dead process staged is abandoned, what this one staged is not") {
        CHECK(vault.abandoned() == std::vector<std::string>{"slot/a", "staged"});
        CHECK(ids_of(vault.list("")) == "mine published slot/a staged");
    }
    SUBCASE("an abandoned key can be published by recovery") {
        CHECK(vault.publish("staged"));
        CHECK(vault.publish("slot/a"));
        CHECK(vault.abandoned()->empty());
        CHECK(opens(vault.unwrap("staged", from_hex(vectors::oaep_sha256))));
        CHECK(equal(*vault.slot_secret("slot/a"), *before));
    }
    SUBCASE("an abandoned key can be destroyed by recovery") {
        CHECK(vault.destroy("staged"));
        CHECK(vault.abandoned() == std::vector<std::string>{"slot/a"});
        CHECK(opens(vault.unwrap("published", from_hex(vectors::oaep_sha256))));
    }
}

// --- its use ---

template <class Fixture>
void key_vault_use() {
    using enum ports::key_purpose;
    Fixture fixture;
    auto& vault = fixture.vault();
    const auto sha256 = from_hex(vectors::oaep_sha256);
    const auto sha1 = from_hex(vectors::oaep_sha1);

    SUBCASE("customer and provider keys unwrap OAEP with SHA-256 and nothing else") {
        for (const auto purpose : {customer, provider}) {
            const std::string id = purpose == customer ? "customer" : "provider";
            REQUIRE(vault.stage(id, purpose, vault_rsa_key()));
            CHECK(opens(vault.unwrap(id, sha256)));
            for (const auto& foreign :
                 {sha1, from_hex(vectors::oaep_mixed), from_hex(vectors::oaep_label), from_hex(vectors::oaep_other_key)})
                CHECK(fails_with(vault.unwrap(id, foreign), errc::authentication_failed));
            CHECK(opens(vault.unwrap(id, sha256)));
        }
    }
    SUBCASE("import keys unwrap OAEP with SHA-1 and nothing else") {
        REQUIRE(vault.stage("i", import, vault_rsa_key()));
        CHECK(opens(vault.unwrap("i", sha1)));
        CHECK(fails_with(vault.unwrap("i", sha256), errc::authentication_failed));
    }
    SUBCASE("a ciphertext with a changed bit or of another length does not open") {
        REQUIRE(vault.stage("c", customer, vault_rsa_key()));
        for (std::size_t bit = 0; bit < sha256.size() * 8; bit += 37) { // 37 is odd: all positions within a byte occur
            auto changed = sha256;
            changed[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
            CHECK(fails_with(vault.unwrap("c", changed), errc::authentication_failed));
        }
        auto longer = sha256;
        longer.push_back(0);
        for (const auto& wrong : {bytes{}, bytes{0}, bytes(sha256.begin(), sha256.end() - 1), longer, bytes(256, 0xff)})
            CHECK(fails_with(vault.unwrap("c", wrong), errc::authentication_failed));
    }
    SUBCASE("audit keys sign as RFC 8032 says") {
        const auto staged = vault.stage("log", audit, vault_ed25519_key());
        REQUIRE(staged);
        CHECK(staged->key_check == from_hex(vectors::ed25519_key_check));
        const auto spki = from_hex(std::string("302a300506032b6570032100") += vectors::ed25519_public); // RFC 8410
        CHECK(staged->public_key == spki);
        CHECK(vault.sign("log", from_hex(vectors::ed25519_message)) == from_hex(vectors::ed25519_signature));
    }
    SUBCASE("slots are 32 bytes, each its own") {
        const auto a = vault.stage_slot("a");
        REQUIRE(a);
        REQUIRE(vault.stage_slot("b"));
        CHECK(a->purpose == slot);
        CHECK(a->public_key.empty());
        CHECK(a->print.empty());
        CHECK(a->key_check.size() == 32);
        CHECK(vault.find("b")->key_check != a->key_check);
        const auto secret = vault.slot_secret("a");
        REQUIRE(secret);
        CHECK(secret->size() == 32);
        CHECK(equal(*secret, *vault.slot_secret("a")));
        CHECK_FALSE(equal(*secret, *vault.slot_secret("b")));
    }
}

template <class Fixture>
void key_vault_misuse() {
    using enum ports::key_purpose;
    Fixture fixture;
    auto& vault = fixture.vault();
    REQUIRE(vault.stage("rsa", customer, vault_rsa_key()));
    REQUIRE(vault.stage("ed", audit, vault_ed25519_key()));
    REQUIRE(vault.stage_slot("slot"));

    SUBCASE("a key serves its purpose only") {
        CHECK(fails_with(vault.unwrap("ed", from_hex(vectors::oaep_sha256)), errc::misused));
        CHECK(fails_with(vault.unwrap("slot", from_hex(vectors::oaep_sha256)), errc::misused));
        CHECK(fails_with(vault.slot_secret("rsa"), errc::misused));
        CHECK(fails_with(vault.slot_secret("ed"), errc::misused));
        CHECK(fails_with(vault.sign("rsa", as_bytes("m")), errc::misused));
        CHECK(fails_with(vault.sign("slot", as_bytes("m")), errc::misused));
    }
    SUBCASE("a key of the wrong kind is not taken") {
        CHECK(fails_with(vault.stage("x", audit, vault_rsa_key()), errc::misused));
        for (const auto purpose : {customer, provider, import})
            CHECK(fails_with(vault.stage("x", purpose, vault_ed25519_key()), errc::misused));
        CHECK(fails_with(vault.stage("x", slot, vault_rsa_key()), errc::misused));
        CHECK(fails_with(vault.find("x"), errc::not_found));
    }
    SUBCASE("a missing key is not_found") {
        CHECK(fails_with(vault.find("x"), errc::not_found));
        CHECK(fails_with(vault.publish("x"), errc::not_found));
        CHECK(fails_with(vault.unwrap("x", {}), errc::not_found));
        CHECK(fails_with(vault.slot_secret("x"), errc::not_found));
        CHECK(fails_with(vault.sign("x", {}), errc::not_found));
    }
    SUBCASE("ids are 1 to 200 bytes of the port's alphabet") {
        const std::string longest(200, '/');
        CHECK(vault.stage_slot(longest));
        CHECK(vault.find(longest));
        CHECK(vault.stage_slot(".."));
        CHECK(vault.stage_slot("a.key"));
        CHECK(vault.stage_slot("a.staged"));
        CHECK(vault.stage_slot("a"));
        CHECK(ids_of(vault.list("")) == ".. " + longest + " a a.key a.staged ed rsa slot");
        for (const std::string& bad :
             {std::string(), longest + "a", std::string("A"), std::string("a+b"), std::string("a\0b", 3), std::string("\xc3\xa4")}) {
            CAPTURE(bad);
            CHECK(fails_with(vault.stage_slot(bad), errc::malformed));
            CHECK(fails_with(vault.stage(bad, customer, vault_rsa_key()), errc::malformed));
        }
    }
}

// --- many at once ---

/// Unwraps until the key is gone; counts what may not happen.
template <class Vault>
void unwrap_until_destroyed(Vault& vault, std::atomic<int>& opened, std::atomic<int>& wrong) {
    const auto ciphertext = from_hex(vectors::oaep_sha256);
    for (;;) {
        const auto outcome = vault.unwrap("a", ciphertext);
        if (!outcome && outcome.error().code == errc::not_found) return;
        opens(outcome) ? ++opened : ++wrong;
        if (!outcome) return;
    }
}

template <class Fixture>
void key_vault_threads() {
    Fixture fixture;
    auto& vault = fixture.vault();
    SUBCASE("destroy while others unwrap: they finish or get not_found, and none succeeds afterwards") {
        for (int round = 0; round < 5; ++round) {
            REQUIRE(vault.stage("a", ports::key_purpose::customer, vault_rsa_key()));
            std::atomic<int> opened{0}, wrong{0};
            std::vector<std::thread> threads;
            for (int i = 0; i < 3; ++i) threads.emplace_back([&] { unwrap_until_destroyed(vault, opened, wrong); });
            while (opened < 5 && wrong == 0) std::this_thread::yield();
            CHECK(vault.destroy("a"));
            CHECK(fails_with(vault.unwrap("a", from_hex(vectors::oaep_sha256)), errc::not_found));
            for (auto& thread : threads) thread.join();
            CHECK(opened >= 5);
            CHECK(wrong == 0);
        }
    }
    SUBCASE("of several who stage one id, one wins") {
        std::atomic<int> won{0}, taken{0};
        std::vector<std::thread> threads;
        for (int i = 0; i < 4; ++i)
            threads.emplace_back([&] {
                const auto staged = vault.stage_slot("a");
                if (staged)
                    ++won;
                else if (staged.error().code == errc::already_exists)
                    ++taken;
            });
        for (auto& thread : threads) thread.join();
        CHECK(won == 1);
        CHECK(taken == 3);
    }
}

} // namespace detail

/// Call it in a TEST_CASE; each part makes a fixture of its own.
template <class Fixture>
void key_vault_suite() {
    SUBCASE("life") { detail::key_vault_life<Fixture>(); }
    SUBCASE("after death") { detail::key_vault_after_death<Fixture>(); }
    SUBCASE("use") { detail::key_vault_use<Fixture>(); }
    SUBCASE("misuse") { detail::key_vault_misuse<Fixture>(); }
    SUBCASE("threads") { detail::key_vault_threads<Fixture>(); }
}

} // namespace keywright::testing
