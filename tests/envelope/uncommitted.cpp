// SPDX-License-Identifier: Apache-2.0
// Format version 1 of the AWS Encryption SDK, read behind the commitment policy: messages of the official client in every
// suite (tests/data/esdk/make_v1.py).
#include <keywright/envelope/uncommitted.hpp>

#include "helpers.hpp"

#include <botan/base64.h>
#include <doctest/doctest.h>

#include <fstream>
#include <set>

using namespace keywright;
using namespace keywright::test;

namespace {

struct old_message {
    std::string suite;
    bytes message, plaintext;
};
std::vector<old_message> old_messages() {
    std::ifstream in(KEYWRIGHT_TEST_DATA "/esdk/v1-messages.txt");
    std::vector<old_message> all;
    const auto decoded = [](const std::string& text) {
        const auto raw = Botan::base64_decode(text);
        return bytes(raw.begin(), raw.end());
    };
    for (std::string line; std::getline(in, line);) {
        if (line.starts_with("suite: ")) all.push_back({line.substr(7), {}, {}});
        if (line.starts_with("message: ")) all.back().message = decoded(line.substr(9));
        if (line.starts_with("plaintext: ")) all.back().plaintext = decoded(line.substr(11));
    }
    return all;
}
const keys::raw_aes_keyring& their_keyring() {
    static const auto made = std::move(keys::raw_aes_keyring::make("space", "name", counting(0)).value());
    return made;
}
envelope::open_options allowing() {
    return {.policy = envelope::commitment_policy::require_encrypt_allow_decrypt,
            .release = envelope::before_signature("the test looks at what comes out")};
}

} // namespace

TEST_CASE("format version 1: the official client's messages open in all nine suites, whole and as streams") {
    std::set<std::string> suites;
    std::size_t unframed = 0;
    for (const auto& m : old_messages()) {
        CAPTURE(m.suite);
        CAPTURE(m.plaintext.size());
        suites.insert(m.suite);
        const auto whole = envelope::open(their_keyring(), m.message, allowing());
        REQUIRE(whole.has_value());
        CHECK(*whole == m.plaintext);
        for (const std::size_t step : {1u, 64u, 100'000u}) {
            const auto streamed = open_in_steps(their_keyring(), m.message, step, allowing());
            REQUIRE(streamed.end.has_value());
            CHECK(streamed.out == m.plaintext);
        }
        unframed += envelope::inspect_header(m.message).value().framed ? 0U : 1U;
    }
    CHECK(suites.size() == 9);
    CHECK(unframed == 9);
}

TEST_CASE("format version 1: the default policy refuses every one of them before a key is asked for") {
    for (const auto& m : old_messages()) {
        CHECK(envelope::open(their_keyring(), m.message).error().code == errc::unsupported);
        CHECK(open_in_steps(their_keyring(), m.message, 64).end.error().code == errc::unsupported);
    }
}

TEST_CASE("format version 1: no flipped bit and no truncation opens to anything else") {
    std::set<std::string> done;
    for (const auto& m : old_messages()) {
        if (m.plaintext.size() != 1 || !done.insert(m.suite).second) continue;
        CAPTURE(m.suite);
        for (std::size_t bit = 0; bit < m.message.size() * 8; ++bit)
            CHECK_FALSE(envelope::open(their_keyring(), flipped(m.message, bit), allowing()).has_value());
        for (std::size_t size = 0; size < m.message.size(); ++size)
            CHECK_FALSE(envelope::open(their_keyring(), byte_view(m.message).first(size), allowing()).has_value());
    }
    CHECK(done.size() == 9);
}

TEST_CASE("commitment policy: what forbids commitment seals nothing") {
    const envelope::seal_options forbidding{.policy = envelope::commitment_policy::forbid_encrypt_allow_decrypt};
    CHECK(envelope::seal(keyring(), pattern(5), {}, forbidding).error().code == errc::misused);
    const envelope::seal_options allowing_old{.policy = envelope::commitment_policy::require_encrypt_allow_decrypt};
    CHECK(envelope::open(keyring(), envelope::seal(keyring(), pattern(5), {}, allowing_old).value()).has_value());
}

TEST_CASE("a small message after one of another key size: the cipher of a thread serves both") {
    const auto message = envelope::seal(keyring(), pattern(5)).value();
    for (const auto& m : old_messages()) {
        CHECK(envelope::open(their_keyring(), m.message, allowing()).has_value());
        CHECK(envelope::open(keyring(), message).value() == pattern(5));
    }
}
