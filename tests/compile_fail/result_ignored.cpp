// SPDX-License-Identifier: Apache-2.0
// EXPECT: ignoring return value
// A failure that nobody looks at is a failure in silence.
#include <keywright/core/parse_id.hpp>

void drop() {
#ifndef FIXED
    keywright::tenant_id::parse("contoso");
#else
    if (!keywright::tenant_id::parse("contoso")) return;
#endif
}
