// SPDX-License-Identifier: Apache-2.0
// SAYS: profile: the library, or a part of the service, uses an algorithm that is not on the profile's list (G11, G17)
#include <keywright/profiles/algorithms.hpp>
#include <keywright/profiles/power_platform.hpp>

using namespace keywright;

/// As the file vault, which opens by a passphrase.
struct vault {
    using algorithms = keywright::algorithms<"Argon2id">;
};
#ifdef FIXED
inline constexpr auto acme = profiles::power_platform.with(profiles::only_algorithms{});
#else
inline constexpr auto acme = profiles::power_platform.with(profiles::only_algorithms{fips_140_algorithms});
#endif
static_assert(profiles::check_algorithms<acme, vault>());
