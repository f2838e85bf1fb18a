// SPDX-License-Identifier: Apache-2.0
// SAYS: rule: needs `using id = rule_tag
#include <keywright/policy.hpp>

using namespace keywright::policy;

struct no_lock_at_weekends {
#ifdef FIXED
    using id = rule_tag<"ACME-1">;
#endif
    using commands = types<lock>;
    constexpr verdict operator()(const facts&, const lock&) const { return verdict::pass(); }
};

static_assert(check_rule<no_lock_at_weekends>());
