// SPDX-License-Identifier: Apache-2.0
// SAYS: profile: request_unlock and approve_unlock (P08) are granted to one role
#include <keywright/profiles/enterprise_policy.hpp>
#include <keywright/profiles/vault_consistency.hpp>

using namespace keywright;

struct acme_grants : profiles::enterprise_policy_grants {
    template <class C>
    static constexpr policy::roles to() {
        const policy::roles as_shipped = profiles::enterprise_policy_grants::to<C>();
#ifndef FIXED
        if (std::is_same_v<C, policy::approve_unlock>) return as_shipped | policy::tenant_admin;
#endif
        return as_shipped;
    }
};
inline constexpr profiles::profile<acme_grants> acme{};
static_assert(profiles::check_vault_profile<acme>());
