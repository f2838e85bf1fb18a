// SPDX-License-Identifier: Apache-2.0
// Whether a destroyed key is in no memory of the process: looks for its prime in every page that can be written.
#include "../../memory_search.hpp"

#include <keywright/adapters/file/key_vault.hpp>
#include <keywright/adapters/memory/key_vault.hpp>

#include <botan/rsa.h>
#include <botan/system_rng.h>

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include <stdlib.h>

namespace {

using keywright::memory_tests::hidden_value;

hidden_value hidden(Botan::secure_vector<std::uint8_t> prime, bool reversed) {
    if (reversed) std::ranges::reverse(prime);
    return hidden_value(prime);
}

struct hidden_primes {
    std::vector<hidden_value> forms;
    bool in_memory() const { return keywright::memory_tests::times_in_memory(forms) > 0; }
};

/// Stages a new key whose every other copy is gone when this returns.
template <class Vault>
hidden_primes stage_new_key(Vault& vault) {
    const Botan::RSA_PrivateKey key(Botan::system_rng(), 1024);
    REQUIRE(vault.stage("a", keywright::ports::key_purpose::customer, key));
    const auto p = key.get_p().template serialize<Botan::secure_vector<std::uint8_t>>();
    const auto q = key.get_q().template serialize<Botan::secure_vector<std::uint8_t>>();
    return {{hidden(p, false), hidden(p, true), hidden(q, false), hidden(q, true)}}; // as bytes, and as Botan's words
}

template <class Vault>
void use_and_destroy(Vault& vault) {
    const auto primes = stage_new_key(vault);
    CHECK_FALSE(vault.unwrap("a", keywright::bytes(128, 1))); // makes a decryptor
    CHECK(primes.in_memory());
    REQUIRE(vault.destroy("a"));
    CHECK_FALSE(primes.in_memory());
}

} // namespace

TEST_CASE("held_key: after close nothing is left in memory, although somebody still points to the key") {
    struct holder { // as much of a vault as stage_new_key needs
        std::shared_ptr<keywright::ports::held_key> held;
        keywright::result<void> stage(std::string_view, keywright::ports::key_purpose purpose, const Botan::Private_Key& key) {
            held = *keywright::ports::held_key::from_pkcs8(purpose, key.private_key_info());
            return {};
        }
    } vault;
    const auto primes = stage_new_key(vault);
    CHECK(primes.in_memory());
    vault.held->close();
    CHECK_FALSE(primes.in_memory());
}

TEST_CASE("memory::key_vault: a destroyed key is in no memory of the process") {
    keywright::memory::key_vault vault;
    use_and_destroy(vault);
}

TEST_CASE("file::key_vault: a destroyed key is in no memory of the process") {
    std::string folder = (std::filesystem::temp_directory_path() / "keywright-vault-XXXXXX").string();
    REQUIRE(::mkdtemp(folder.data()) != nullptr);
    {
        auto vault =
            keywright::file::key_vault::create(folder, keywright::secret_bytes(keywright::as_bytes("p")), keywright::file::costs_for_tests);
        REQUIRE(vault);
        use_and_destroy(*vault);
    }
    std::filesystem::remove_all(folder);
}
