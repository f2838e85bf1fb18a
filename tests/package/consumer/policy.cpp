// SPDX-License-Identifier: Apache-2.0
// A consumer of the policy alone: no Botan, no fmt.
#if __has_include(<keywright/policy.hpp>)
#include <keywright/policy.hpp>
#endif
#include <keywright/core/parse_id.hpp>
#include <keywright/core/time.hpp>

#include <cstdio>

#if __has_include(<botan/hex.h>)
#error "the policy component brings Botan along"
#endif

int main() {
    const auto tenant = keywright::tenant_id::parse("contoso");
    if (!tenant || keywright::hours(72) != keywright::days(3)) return 1;
    std::puts("policy: works");
}
