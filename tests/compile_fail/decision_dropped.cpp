// SPDX-License-Identifier: Apache-2.0
// SAYS: decision: it may be a refusal; ask refused()
#include <keywright/policy.hpp>

void lock_them(const keywright::policy::facts& f, const keywright::policy::lock& command) {
#ifdef FIXED
    const auto answer = keywright::profiles::decide(keywright::profiles::power_platform, f, command);
    if (answer.refused()) return;
#else
    keywright::profiles::decide(keywright::profiles::power_platform, f, command);
#endif
}
