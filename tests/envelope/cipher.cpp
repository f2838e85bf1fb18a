// SPDX-License-Identifier: Apache-2.0
// envelope/cipher: derivation against another HKDF, and that a message gets one header tag.
#include <keywright/envelope/cipher.hpp>

#include "helpers.hpp"

#include <botan/kdf.h>
#include <doctest/doctest.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <sys/wait.h>
#include <unistd.h>

using namespace keywright;
using envelope::message_cipher;

TEST_CASE("message_cipher: derives what Botan's own HKDF derives") {
    auto cipher = std::move(message_cipher::make(Botan::Cipher_Dir::Encryption).value());
    const auto committed = cipher.begin_sealing(test::counting(0)).value();
    const bytes key = test::seen(test::counting(0));
    const auto kdf = Botan::KDF::create_or_throw("HKDF(SHA-512)");
    const auto expected = kdf->derive_key(32, key, cipher.id(), as_bytes("COMMITKEY"));
    CHECK(bytes(committed.begin(), committed.end()) == bytes(expected.begin(), expected.end()));

    const bytes label = test::hex("0478");
    bytes info = label;
    append(info, as_bytes("DERIVEKEY"));
    const auto encryption_key = kdf->derive_key(32, key, cipher.id(), info);
    auto gcm = std::move(detail::aes_gcm::make(encryption_key, Botan::Cipher_Dir::Encryption).value());
    bytes header = test::pattern(100), by_cipher(16), by_hand(16);
    REQUIRE(cipher.seal_header(header, by_cipher).has_value());
    REQUIRE(gcm.seal(bytes(12), header, {}, by_hand).has_value());
    CHECK(by_cipher == by_hand);
}

TEST_CASE("message_cipher: takes data keys of 32 bytes only") {
    for (const std::size_t size : {0u, 16u, 31u, 33u, 64u}) {
        auto cipher = std::move(message_cipher::make(Botan::Cipher_Dir::Encryption).value());
        CHECK(cipher.begin_sealing(secret_bytes(size)).error().code == errc::misused);
    }
}

TEST_CASE("message_cipher: a data key begins one message, under an id that differs each time") {
    auto cipher = std::move(message_cipher::make(Botan::Cipher_Dir::Encryption).value());
    auto key = test::counting(0);
    REQUIRE(cipher.begin_sealing(std::move(key)).has_value());
    CHECK(key.empty()); // NOLINT(bugprone-use-after-move): that it is gone is the point
    const auto first = cipher.id();
    REQUIRE(cipher.begin_sealing(test::counting(0)).has_value());
    CHECK(cipher.id() != first);
}

TEST_CASE("message_cipher: a second header tag for one message stops the program") {
    const pid_t child = ::fork();
    if (child == 0) {
        auto cipher = std::move(message_cipher::make(Botan::Cipher_Dir::Encryption).value());
        bytes header(50), tag(16);
        if (!cipher.begin_sealing(test::counting(0)) || !cipher.seal_header(header, tag)) ::_exit(1);
        ::signal(SIGABRT, SIG_DFL);
        ::close(2);
        (void)cipher.seal_header(header, tag);
        ::_exit(0);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(WIFSIGNALED(status));
    CHECK(WTERMSIG(status) == SIGABRT);
}

TEST_CASE("message_cipher: one place in the library writes header tags") {
    // Re-wrapping a finished message needs a second tag under its key: whoever adds a caller meets this test.
    const std::filesystem::path include = std::filesystem::path(KEYWRIGHT_TEST_DATA) / "../../include/keywright";
    std::size_t files = 0, callers = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(include)) {
        if (entry.path().extension() != ".hpp") continue;
        ++files;
        std::ostringstream text;
        text << std::ifstream(entry.path()).rdbuf();
        const auto source = text.str();
        for (auto at = source.find(".seal_header("); at != std::string::npos; at = source.find(".seal_header(", at + 1)) {
            ++callers;
            CHECK(entry.path().filename() == "begin.hpp");
        }
    }
    CHECK(files > 20);
    CHECK(callers == 1);
}
