// SPDX-License-Identifier: Apache-2.0
// SAYS: profile: P15 accepts no key size, or one that P10 refuses
#include <keywright/profiles/enterprise_policy.hpp>
#include <keywright/profiles/vault_consistency.hpp>

using namespace keywright;

#ifdef FIXED
inline constexpr auto acme = profiles::enterprise_policy.with(policy::vault_key_sizes{{2048, 4096}});
#else
inline constexpr auto acme = profiles::enterprise_policy.with(policy::vault_key_sizes{{1024, 2048}});
#endif
static_assert(profiles::check_vault_profile<acme>());
