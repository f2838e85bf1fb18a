// SPDX-License-Identifier: Apache-2.0
// envelope/suite: which suites there are, and which of them each policy reads.
#include <keywright/envelope/suite.hpp>

#include <doctest/doctest.h>

#include <string>

using namespace keywright;
using envelope::commitment_policy;
using envelope::find_suite;

namespace {

int readable(std::uint8_t version, commitment_policy policy) {
    int count = 0;
    for (unsigned id = 0; id <= 0xFFFF; ++id)
        if (find_suite(version, static_cast<std::uint16_t>(id), policy)) ++count;
    return count;
}

} // namespace

TEST_CASE("find_suite: the default policy reads 0x0478 and 0x0578 of version 2 and nothing else") {
    constexpr commitment_policy strict{};
    static_assert(strict == commitment_policy::require_encrypt_require_decrypt);
    CHECK(find_suite(2, 0x0478, strict).value()->signature == envelope::signature_scheme::none);
    CHECK(find_suite(2, 0x0578, strict).value()->is_signed());
    CHECK(readable(2, strict) == 2);
    CHECK(readable(1, strict) == 0);
}

TEST_CASE("find_suite: the other policies read the nine suites of version 1, too") {
    for (const auto policy : {commitment_policy::require_encrypt_allow_decrypt, commitment_policy::forbid_encrypt_allow_decrypt}) {
        CHECK(readable(2, policy) == 2);
        CHECK(readable(1, policy) == 9);
    }
    // A suite belongs to one version: 0x0478 in a header of version 1 would not commit.
    CHECK(find_suite(1, 0x0478, commitment_policy::require_encrypt_allow_decrypt).error().code == errc::unsupported);
    CHECK(find_suite(2, 0x0378, commitment_policy::require_encrypt_allow_decrypt).error().code == errc::unsupported);
}

TEST_CASE("find_suite: what is not read is refused by name, with the way to read it") {
    for (const unsigned id : {0x0014u, 0x0046u, 0x0078u, 0x0114u, 0x0146u, 0x0178u, 0x0214u, 0x0346u, 0x0378u}) {
        CAPTURE(id);
        const auto refused = find_suite(1, static_cast<std::uint16_t>(id), {});
        CHECK(refused.error().code == errc::unsupported);
        CHECK(std::string(refused.error().text).find("require_encrypt_allow_decrypt") != std::string::npos);
    }
    for (unsigned version = 0; version < 256; ++version)
        if (version != 1 && version != 2) CHECK(find_suite(static_cast<std::uint8_t>(version), 0x0478, {}).error().code == errc::malformed);
}
