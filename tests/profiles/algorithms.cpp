// SPDX-License-Identifier: Apache-2.0
#include <keywright/profiles/algorithms.hpp>

#include "../policy/worlds.hpp"

namespace {

using namespace keywright;
using namespace keywright::testing;
using profiles::check_algorithms;
using profiles::only_algorithms;

struct plain_part {};
struct passphrase_part {
    using algorithms = keywright::algorithms<"Argon2id">;
};

constexpr auto fips = power_platform.with(only_algorithms{fips_140_algorithms});
constexpr auto as_approved = power_platform.with(only_algorithms{});

static_assert(check_algorithms<power_platform, plain_part, passphrase_part>());
static_assert(check_algorithms<as_approved, plain_part, passphrase_part>());
static_assert(check_algorithms<fips>() && check_algorithms<fips, plain_part>()); // with passphrase_part: tests/compile_fail

TEST_CASE("G17: a narrower list refuses no command; it is a matter of what compiles") {
    CHECK(given(fips, both).when(locks(lockable_at)).then_allowed());
    CHECK(fips.rule_of<only_algorithms>().list.holds("AES-256/GCM"));
    CHECK_FALSE(fips.rule_of<only_algorithms>().list.holds("Argon2id"));
}

} // namespace
