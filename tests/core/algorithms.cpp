// SPDX-License-Identifier: Apache-2.0
#include <keywright/core/algorithms.hpp>

#include <doctest/doctest.h>

using namespace keywright;

TEST_CASE("algorithms: G11, what is broken or nobody's standard is on no list") {
    for (const std::string_view name : {"MD5", "SHA-1", "RIPEMD-160", "SM3", "TripleDES/CBC", "AES-128/CBC", "AES-256/ECB", "RC4",
                                        "PKCS1v15", "HMAC(MD5)", "", "aes-256/gcm", "AES-256/GCM "}) {
        CAPTURE(name);
        CHECK_FALSE(approved_algorithms.holds(name));
    }
}

TEST_CASE("algorithms: G17, the narrower list lacks what no FIPS publication names, and is otherwise the same") {
    const auto is_left_out = [](std::string_view name) { return name == "AES-256/GCM-SIV" || name == "AES-256/SIV" || name == "Argon2id"; };
    std::size_t left_out = 0;
    for (const std::string_view name : approved_algorithms.names()) {
        CAPTURE(name);
        CHECK(fips_140_algorithms.holds(name) == !is_left_out(name));
        left_out += is_left_out(name) ? 1U : 0U;
    }
    CHECK(left_out == 3);
    for (const std::string_view name : fips_140_algorithms.names()) CHECK(approved_algorithms.holds(name));
}

TEST_CASE("algorithms: what formats of others prescribe is not approved") {
    for (const std::string_view name : algorithms_of_old_programs.names()) CHECK_FALSE(approved_algorithms.holds(name));
    CHECK(algorithms_of_old_programs.names().size() == 4);
}

TEST_CASE("algorithms: approved gives the name itself, as Botan takes it") {
    constexpr const char* name = approved<"AES-256/GCM">;
    CHECK(std::string_view(name) == "AES-256/GCM");
}
