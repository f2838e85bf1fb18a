// SPDX-License-Identifier: Apache-2.0
// EXPECT: could not convert || no viable conversion
// An error does not turn into a result's value by itself: `pass` says that it is a failure.
#include <keywright/core/ids.hpp>
#include <keywright/core/result.hpp>

keywright::result<keywright::tenant_id> second(const keywright::result<keywright::tenant_id>& first) {
#ifndef FIXED
    return first.error();
#else
    return keywright::pass(first);
#endif
}
