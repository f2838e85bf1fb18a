// SPDX-License-Identifier: Apache-2.0
// SAYS: rule: needs `constexpr verdict operator()
#include <keywright/policy.hpp>

using namespace keywright::policy;

struct no_lock_at_weekends {
    using id = rule_tag<"ACME-1">;
    using commands = types<lock, apply_key>;
    constexpr verdict operator()(const facts&, const lock&) const { return verdict::pass(); }
#ifdef FIXED
    constexpr verdict operator()(const facts&, const apply_key&) const { return verdict::pass(); }
#endif
};

inline constexpr auto acme = keywright::profiles::power_platform.with(no_lock_at_weekends{});
