// SPDX-License-Identifier: Apache-2.0
// SAYS: id: this names another kind of thing
// A region is not a tenant, although both are names.
#include <keywright/core/ids.hpp>

bool known(const keywright::tenant_id& tenant);

#ifndef FIXED
bool answer = known(keywright::region_id{"eu"});
#else
bool answer = known(keywright::tenant_id{"contoso"});
#endif
