// SPDX-License-Identifier: Apache-2.0
// Every truncation and every flipped bit of small files: an error, or the very same key.
#include "craft.hpp"

#include <keywright/formats/pfx_reader.hpp>

using namespace keywright;
using namespace keywright::formats;
using samples::secret;

namespace {

bytes small_file() {
    const bytes key = samples::load("byok/target-p256.p8.der");
    const bytes bag = craft::shrouded_key(craft::pbes2(3), craft::encrypt(key, "x", 3));
    return craft::pfx({craft::encrypted_safe(craft::pbes2(3), craft::encrypt(craft::seq({bag}), "x", 3))}, "x", 3);
}
bytes key_of(const pfx_contents& contents) {
    REQUIRE(contents.keys.size() == 1);
    const auto der = Botan::PKCS8::BER_encode(*contents.keys[0].key);
    return {der.begin(), der.end()};
}
const pfx_options cheap{.limits = pfx_limits{{.total_cost = 10'000}}};

} // namespace

TEST_CASE("open_pfx: no truncation opens") {
    const bytes file = small_file();
    REQUIRE(open_pfx(file, secret("x"), cheap));
    for (std::size_t n = 0; n < file.size(); ++n) {
        const bytes cut(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(n)); // of its own size, for sanitizers
        const auto opened = open_pfx(cut, secret("x"), cheap);
        CAPTURE(n);
        CHECK_FALSE(opened);
        if (!opened) CHECK(opened.error().code == errc::malformed);
    }
}

TEST_CASE("open_pfx: a flipped bit is an error or changes nothing") {
    const bytes original = small_file();
    const bytes key = samples::load("byok/target-p256.p8.der");
    std::size_t harmless = 0;
    for (std::size_t bit = 0; bit < original.size() * 8; ++bit) {
        bytes file = original;
        file[bit / 8] ^= static_cast<std::uint8_t>(1u << (bit % 8));
        const auto opened = open_pfx(file, secret("x"), cheap);
        if (!opened) continue;
        CAPTURE(bit);
        CHECK(key_of(*opened) == key);
        ++harmless;
    }
    CHECK(harmless == 0); // nothing in this file is optional: no attributes, no parameters that are skipped
}

TEST_CASE("open_pfx: without a MAC a flipped bit is survived, whatever it yields") {
    const bytes key = samples::load("byok/target-p256.p8.der");
    const bytes bag = craft::shrouded_key(craft::pbes2(3), craft::encrypt(key, "x", 3));
    const bytes original = craft::pfx_without_mac({craft::plain_safe({bag})});
    const pfx_options options{.limits = pfx_limits{{.total_cost = 10'000}}, .without_mac = accept_unauthenticated{"this test alters it"}};
    for (std::size_t bit = 0; bit < original.size() * 8; ++bit) {
        bytes file = original;
        file[bit / 8] ^= static_cast<std::uint8_t>(1u << (bit % 8));
        const auto opened = open_pfx(file, secret("x"), options);
        if (!opened) CHECK(std::string(opened.error().text).starts_with("pfx: "));
    }
}
