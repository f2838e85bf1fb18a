// SPDX-License-Identifier: Apache-2.0
// Where data may go: G05. Personal data does not leave its geography, so nothing is restored or copied into another.
// Depends on: policy/rule. Facts: environment = the target, source = where the data comes from.
#pragma once

#include <keywright/policy/rule.hpp>

namespace keywright::guards {

using namespace keywright::policy;

/// The geography of an environment; one that names none is in that of its region.
constexpr std::string_view geography_of(const environment_state& e) { return e.geography.empty() ? e.region.view() : e.geography.view(); }

/// G05: both are in the same geography.
struct same_geography {
    using id = rule_tag<"G05">;
    using commands = types<restore, copy>;
    template <class C>
    constexpr verdict operator()(const facts& f, const C&) const {
        if (geography_of(f.environment()) == geography_of(f.source())) return verdict::pass();
        return verdict::object(refusal::geography_mismatch, mender::nobody, f.environment().id.view());
    }
};

} // namespace keywright::guards
