// SPDX-License-Identifier: Apache-2.0
// A refusal's reason as JSON, the same in all example programs.
#pragma once

#include <keywright/format.hpp>

#include <nlohmann/json.hpp>

namespace example {

using json = nlohmann::ordered_json;

inline json json_of(const keywright::policy::reason& r) {
    using namespace keywright;
    json out{{"rule", r.rule}, {"code", policy::name(r.code)}, {"text", to_text(r)}, {"who_can_mend", policy::name(r.who_can_mend)}};
    if (!r.subject.empty()) out["subject"] = r.subject.view();
    if (happened(r.not_before)) out["not_before"] = to_text(r.not_before);
    if (happened(r.since)) out["since"] = to_text(r.since);
    if (r.span.count != 0) out["span_seconds"] = r.span.count;
    if (r.found != 0 || r.limit != 0) out["found"] = r.found, out["limit"] = r.limit;
    return out;
}

} // namespace example
