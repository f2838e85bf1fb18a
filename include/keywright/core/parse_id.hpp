// SPDX-License-Identifier: Apache-2.0
// Names that come from outside. Apart from core/ids, so that the policy core, which only handles names that are known to
// be good, does not compile result<T>.
// Depends on: core/ids, core/result. Use: `const auto tenant = parse_id<tenant_id>(text); if (!tenant) ...`
#pragma once

#include <keywright/core/ids.hpp>
#include <keywright/core/result.hpp>

namespace keywright {

/// A name of that kind, if the text is one. Fails with malformed.
template <class Id>
[[nodiscard]] constexpr result<Id> parse_id(std::string_view text) {
    if (Id::valid(text)) return Id(text);
    return fail(errc::malformed, "id: expected 1 to 63 characters of A-Z a-z 0-9 . _ @ + -, not beginning with . or -");
}

} // namespace keywright
