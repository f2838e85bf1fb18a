// SPDX-License-Identifier: Apache-2.0
// JSON as transfer files and JSON Web Keys use it: one object in which no member occurs twice, because two readers
// could take different ones. Bounded by the caller's limit on the text.
// Depends on: core, nlohmann/json.
#pragma once

#include <keywright/core/result.hpp>

#include <nlohmann/json.hpp>

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace keywright::formats::detail {

/// The object that `text` is. malformed: no JSON, no object, or a member occurs twice, at any depth.
inline result<nlohmann::json> parse_unambiguous(std::string_view text) {
    std::vector<std::set<std::string>> open;
    bool twice = false;
    const auto watch = [&](int, nlohmann::json::parse_event_t event, nlohmann::json& parsed) {
        if (event == nlohmann::json::parse_event_t::object_start) open.emplace_back();
        if (event == nlohmann::json::parse_event_t::object_end) open.pop_back();
        if (event == nlohmann::json::parse_event_t::key) twice = !open.back().insert(parsed.get_ref<const std::string&>()).second || twice;
        return true;
    };
    auto json = nlohmann::json::parse(text, watch, false);
    if (json.is_discarded() || !json.is_object()) return fail(errc::malformed, "json: the text does not parse as one object");
    if (twice) return fail(errc::malformed, "json: a member occurs twice");
    return json;
}

/// A string member; empty when it is missing or something else.
inline std::string_view text_member(const nlohmann::json& object, const char* name) {
    const auto found = object.is_object() ? object.find(name) : object.end();
    return found != object.end() && found->is_string() ? std::string_view(found->get_ref<const std::string&>()) : std::string_view();
}

} // namespace keywright::formats::detail
