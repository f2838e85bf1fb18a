// SPDX-License-Identifier: Apache-2.0
// SAYS: profile: revoke_access (P05) is granted, a step of the way back (P08) to nobody
#include <keywright/profiles/enterprise_policy.hpp>
#include <keywright/profiles/vault_consistency.hpp>

using namespace keywright;

struct acme_grants : profiles::enterprise_policy_grants {
    template <class C>
    static constexpr policy::roles to() {
#ifndef FIXED
        if (std::is_same_v<C, policy::approve_unlock>) return policy::no_one;
#endif
        return profiles::enterprise_policy_grants::to<C>();
    }
};
inline constexpr profiles::profile<acme_grants> acme{};
static_assert(profiles::check_vault_profile<acme>());
