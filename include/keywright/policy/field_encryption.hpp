// SPDX-License-Identifier: Apache-2.0
// Sealing sensitive columns one by one, beside the encryption of the whole: G09. It is turned on and never off, because
// whoever could turn it off would read in the clear what others trusted it to keep.
// Depends on: policy/rule.
#pragma once

#include <keywright/policy/rule.hpp>

namespace keywright::policy {

/// G09: once on, field encryption cannot be turned off.
struct field_encryption_stays {
    using id = rule_tag<"G09">;
    using commands = types<disable_field_encryption>;
    constexpr verdict operator()(const facts& f, const disable_field_encryption&) const {
        if (!f.environment().field_encrypted) return verdict::pass();
        return verdict::object(refusal::cannot_turn_off, mender::nobody, f.environment().id.view());
    }
};

} // namespace keywright::policy
