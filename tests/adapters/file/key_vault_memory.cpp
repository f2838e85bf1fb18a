// SPDX-License-Identifier: Apache-2.0
// Whether a destroyed key is in no memory of the process: looks for its prime in every page that can be written.
#include <keywright/adapters/file/key_vault.hpp>
#include <keywright/adapters/memory/key_vault.hpp>

#include <botan/rsa.h>
#include <botan/system_rng.h>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace {

constexpr std::uint8_t mask = 0xa5;

/// A prime as this test keeps it: masked, so that the search does not find the test's own copy.
keywright::bytes masked(Botan::secure_vector<std::uint8_t> prime, bool reversed) {
    if (reversed) std::ranges::reverse(prime);
    keywright::bytes out(prime.begin(), prime.end());
    for (auto& byte : out) byte ^= mask;
    std::ranges::for_each(prime, [](auto& byte) { byte = 0; });
    return out;
}

bool holds(const std::uint8_t* data, std::size_t size, const keywright::bytes& wanted) {
    const auto same = [](std::uint8_t found, std::uint8_t hidden) { return (found ^ mask) == hidden; };
    return std::search(data, data + size, wanted.begin(), wanted.end(), same) != data + size;
}

/// Pages that can be written, but for the window that they are read through and the reservations of sanitizers.
bool in_memory(const keywright::bytes& wanted) {
    constexpr std::size_t window = 1 << 20, overlap = 4096;
    auto* const buffer = static_cast<std::uint8_t*>(::mmap(nullptr, window, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    const keywright::file::descriptor memory(::open("/proc/self/mem", O_RDONLY | O_CLOEXEC));
    std::ifstream maps("/proc/self/maps");
    bool found = false;
    for (std::string line; std::getline(maps, line);) {
        unsigned long from = 0, to = 0;
        char rights[5] = {};
        if (std::sscanf(line.c_str(), "%lx-%lx %4s", &from, &to, rights) != 3 || rights[1] != 'w' || to - from > (256UL << 20)) continue;
        for (auto at = from; at < to; at += window - overlap) {
            const auto here = reinterpret_cast<unsigned long>(buffer);
            if (at < here + window && here < at + window) continue;
            const auto got = ::pread(memory.number(), buffer, std::min(window, to - at), static_cast<off_t>(at));
            if (got > 0) found = found || holds(buffer, static_cast<std::size_t>(got), wanted);
        }
    }
    ::munmap(buffer, window);
    return found;
}

struct hidden_primes {
    keywright::bytes forms[4];
    bool in_memory() const {
        return std::ranges::any_of(forms, [](const auto& form) { return ::in_memory(form); });
    }
};

/// Stages a new key whose every other copy is gone when this returns.
template <class Vault>
hidden_primes stage_new_key(Vault& vault) {
    const Botan::RSA_PrivateKey key(Botan::system_rng(), 1024);
    REQUIRE(vault.stage("a", keywright::ports::key_purpose::customer, key));
    const auto p = key.get_p().template serialize<Botan::secure_vector<std::uint8_t>>();
    const auto q = key.get_q().template serialize<Botan::secure_vector<std::uint8_t>>();
    return {{masked(p, false), masked(p, true), masked(q, false), masked(q, true)}}; // as bytes, and as Botan's words
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
