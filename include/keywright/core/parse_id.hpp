// SPDX-License-Identifier: Apache-2.0
// What `id::parse` does. Apart from core/ids, so that the policy core, which is only given names that are good, does not
// compile result<T>: that was a third of its cost.
// Depends on: core/ids, core/result. Use: `const auto tenant = tenant_id::parse(text); if (!tenant) ...`
#pragma once

#include <keywright/core/ids.hpp>
#include <keywright/core/result.hpp>

namespace keywright {

/// A name of the kind that the first argument is of, which says no more. Fails with malformed.
template <class Tag>
[[nodiscard]] constexpr result<id<Tag>> parse_id(const id<Tag>&, std::string_view text) {
    if (id<Tag>::valid(text)) return id<Tag>(text);
    return fail(errc::malformed, "id: expected 1 to 63 characters of A-Z a-z 0-9 . _ @ + -, not beginning with . or -");
}

} // namespace keywright
