// EXPECT: could not convert || no viable conversion || no known conversion || cannot convert || invalid initialization of reference || no matching function
// SPDX-License-Identifier: Apache-2.0
// A region is not a tenant, although both are names.
#include <keywright/core/ids.hpp>

bool known(const keywright::tenant_id& tenant);

#ifndef FIXED
bool answer = known(keywright::region_id{"eu"});
#else
bool answer = known(keywright::tenant_id{"contoso"});
#endif
