// SPDX-License-Identifier: Apache-2.0
// SAYS: id: the text is a valid id
// In a constant expression a broken precondition does not compile.
#include <keywright/core/ids.hpp>

#ifndef FIXED
constexpr keywright::tenant_id tenant{"../contoso"};
#else
constexpr keywright::tenant_id tenant{"contoso"};
#endif
static_assert(!tenant.empty());
