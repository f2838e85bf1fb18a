// EXPECT: ignoring return value
// SPDX-License-Identifier: Apache-2.0
// A failure that nobody looks at is a failure in silence.
#include <keywright/core/parse_id.hpp>

void drop() {
#ifndef FIXED
    keywright::parse_id<keywright::tenant_id>("contoso");
#else
    if (!keywright::parse_id<keywright::tenant_id>("contoso")) return;
#endif
}
