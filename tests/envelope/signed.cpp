// SPDX-License-Identifier: Apache-2.0
// Signed messages (suite 0x0578): what the signature proves, and that a stream gives nothing away before it does.
#include "helpers.hpp"

#include <doctest/doctest.h>

using namespace keywright;
using namespace keywright::test;

namespace {

const envelope::open_options unverified{.release = envelope::before_signature("the test looks at what comes out")};

bytes signed_message(std::size_t size, std::uint32_t frame = 16, const keys::encryption_context& context = {}) {
    return envelope::seal(keyring(), pattern(size), context, {.frame_length = frame, .sign = true}).value();
}

} // namespace

TEST_CASE("signed message: opens whole and as a stream, whatever its length and however it was sealed") {
    for (const std::size_t size : {0u, 1u, 15u, 16u, 17u, 100u}) {
        CAPTURE(size);
        const bytes data = pattern(size);
        const bytes whole = signed_message(size);
        CHECK(envelope::open(keyring(), whole).value() == data);
        const auto streamed = seal_in_steps(keyring(), data, 7, {}, {.frame_length = 16, .sign = true});
        REQUIRE(streamed.end.has_value());
        CHECK(envelope::open(keyring(), streamed.out).value() == data);
        for (const std::size_t step : {1u, 5u, 1000u}) {
            const auto opened = open_in_steps(keyring(), whole, step, unverified);
            REQUIRE(opened.end.has_value());
            CHECK(opened.out == data);
        }
    }
}

TEST_CASE("signed message: says so, and its context holds the verification key") {
    const auto info = envelope::inspect_header(signed_message(5, 16, context({{"table", "invoices"}}))).value();
    CHECK(info.suite == 0x0578);
    CHECK(info.is_signed);
    CHECK(info.context.find("table") == "invoices");
    CHECK(info.context.find("aws-crypto-public-key")->size() == 68); // base64 of a compressed point of P-384
}

TEST_CASE("signed message: a stream does not open it unless that was asked for by name") {
    const bytes message = signed_message(100);
    for (const std::size_t step : {1u, 1000u}) {
        const auto refused = open_in_steps(keyring(), message, step);
        CHECK(refused.end.error().code == errc::unauthenticated);
        CHECK(refused.out.empty());
    }
}

TEST_CASE("signed message: every flipped bit is refused, and no stream gives out its last frame") {
    const bytes message = signed_message(20);
    for (std::size_t bit = 0; bit < message.size() * 8; ++bit) {
        CAPTURE(bit);
        const auto changed = flipped(message, bit);
        CHECK_FALSE(envelope::open(keyring(), changed).has_value());
        const auto streamed = open_in_steps(keyring(), changed, 64, unverified);
        CHECK_FALSE(streamed.end.has_value());
        CHECK(streamed.out.size() <= 16);
    }
}

TEST_CASE("signed message: every truncation is refused, and so is what follows it") {
    const bytes message = signed_message(20);
    for (std::size_t size = 0; size < message.size(); ++size) {
        CAPTURE(size);
        const bytes cut(message.begin(), message.begin() + static_cast<std::ptrdiff_t>(size));
        CHECK(envelope::open(keyring(), cut).error().code == errc::malformed);
        CHECK(open_in_steps(keyring(), cut, 64, unverified).end.error().code == errc::malformed);
    }
    bytes longer = message;
    longer.push_back(0);
    CHECK(envelope::open(keyring(), longer).error().code == errc::malformed);
    CHECK(open_in_steps(keyring(), longer, 64, unverified).end.error().code == errc::malformed);
}

TEST_CASE("signed message: another message's signature does not hold, though its bytes are whole") {
    const bytes one = signed_message(20), other = signed_message(20);
    const auto footer_at = [](const bytes& m) {
        // The footer is the last u16 and what it counts.
        for (std::size_t at = m.size() - 2 - 104; at < m.size(); ++at)
            if (load_be<std::uint16_t>(m.data() + at) == m.size() - at - 2 && m[at + 2] == 0x30) return at;
        return m.size();
    };
    bytes mixed(one.begin(), one.begin() + static_cast<std::ptrdiff_t>(footer_at(one)));
    append(mixed, byte_view(other).subspan(footer_at(other)));
    CHECK(envelope::open(keyring(), mixed).error().code == errc::authentication_failed);
    CHECK(open_in_steps(keyring(), mixed, 64, unverified).end.error().code == errc::authentication_failed);
}

TEST_CASE("signed message: a recipient who may decrypt cannot change it") {
    // Whoever has the data key can make frames that open; only the writer had the signing key.
    constexpr std::uint32_t frame_length = 64 * 1024; // as much as a stream takes at a time
    const bytes message = signed_message(frame_length + 4, frame_length);
    const auto header = envelope::parse_header(message, {}).value();
    const auto data_key = keyring().on_decrypt(header.context, header.entries).value();
    auto cipher = std::move(envelope::message_cipher::make(Botan::Cipher_Dir::Encryption).value());
    REQUIRE(cipher.begin_opening(data_key, *header.suite, header.id, header.committed).has_value());
    bytes forged = message;
    const auto frame = byte_span(forged).subspan(header.size, frame_length + envelope::frame_overhead);
    std::fill(frame.begin() + envelope::frame_prefix, frame.end(), std::uint8_t{'!'});
    REQUIRE(envelope::seal_regular(cipher, 1, frame).has_value());
    CHECK(envelope::open(keyring(), forged).error().code == errc::authentication_failed);
    const auto streamed = open_in_steps(keyring(), forged, 1000, unverified);
    CHECK(streamed.end.error().code == errc::authentication_failed);
    CHECK(streamed.out == bytes(frame_length, '!')); // what `release` means: a frame may come out, the last one never
}

TEST_CASE("signed message: a verification key belongs to signed messages only, and must be a point") {
    bytes message = signed_message(5);
    message[1] = 0x04; // 0x0478 with a verification key
    CHECK(envelope::open(keyring(), message).error().code == errc::malformed);
    bytes plain = envelope::seal(keyring(), pattern(5)).value();
    plain[1] = 0x05; // 0x0578 without
    CHECK(envelope::open(keyring(), plain).error().code == errc::malformed);
    using envelope::message_verifier;
    constexpr auto p384 = envelope::signature_scheme::ecdsa_p384_sha384;
    const auto signer = envelope::message_signer::make(p384).value();
    CHECK(message_verifier::make(p384, signer.verification_key()).has_value());
    CHECK_FALSE(message_verifier::make(envelope::signature_scheme::ecdsa_p256_sha256, signer.verification_key()).has_value());
    for (const char* wrong : {"", "AAAA", "not base64!", "AgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}) {
        CAPTURE(std::string(wrong));
        CHECK(message_verifier::make(p384, wrong).error().code == errc::malformed);
    }
}
