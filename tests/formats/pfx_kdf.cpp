// SPDX-License-Identifier: Apache-2.0
// RFC 7292's derivation against Botan's, for the passwords that Botan's interface can take.
#include "samples.hpp"

#include <keywright/formats/detail/pfx_kdf.hpp>

#include <botan/pwdhash.h>

using namespace keywright;
using namespace keywright::formats::detail;

TEST_CASE("pkcs12_kdf: equals Botan's for every hash, use, and size around its blocks") {
    const bytes salts[] = {{1, 2, 3, 4, 5, 6, 7, 8}, bytes(64, 9), bytes(65, 9), bytes(200, 3), {}};
    std::size_t compared = 0;
    for (const std::string hash : {"SHA-1", "SHA-256", "SHA-512", "SHA-3(256)", "MD5"}) {
        for (const int use : {1, 2, 3}) {
            for (const std::string_view text :
                 {"x",
                  "Schl\xc3\xbc\xc3\x9f"
                  "el",
                  "", "a password that is longer than one block of any hash, which is 144 bytes at most; this is 2 * 120"}) {
                for (const bytes& salt : salts) {
                    for (const std::size_t size : {1u, 16u, 20u, 21u, 64u, 100u}) {
                        const auto password = encode_password(as_bytes(text));
                        const auto engine = Botan::HashFunction::create_or_throw(hash);
                        const auto ours = pkcs12_kdf(*engine, {static_cast<kdf_use>(use), password.utf16, salt, 3}, size);
                        Botan::secure_vector<std::uint8_t> theirs(size);
                        Botan::PasswordHashFamily::create_or_throw("PKCS12-KDF(" + hash + "," + std::to_string(use) + ")")
                            ->from_iterations(3)
                            ->hash(theirs, text, salt);
                        CHECK(ours == theirs);
                        ++compared;
                    }
                }
            }
        }
    }
    CHECK(compared == 5 * 3 * 4 * 5 * 6);
}

TEST_CASE("kdf_budget: what is reserved stays reserved, and the sum cannot overflow") {
    kdf_budget budget(formats::pfx_bounds{.iterations = UINT64_MAX, .total_cost = UINT64_MAX});
    budget.reserve({UINT64_MAX / 3, 3, 0});
    CHECK_THROWS_AS(budget.reserve({1, 1, 0}), walk_refused); // nothing is left
    CHECK_THROWS_AS(budget.reserve({UINT64_MAX, 512, 0}), walk_refused);
    CHECK_THROWS_AS(budget.reserve({0, 1, 0}), walk_refused);
}
