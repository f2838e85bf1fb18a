// SPDX-License-Identifier: Apache-2.0
// A scenario as JSON lines, in the format that the example program `simulate` reads, so that a divergence can be
// replayed by hand. Depends on vocabulary.hpp.
//     puts(text_of(profile::power_platform, operations).c_str());
#pragma once

#include "vocabulary.hpp"

#include <algorithm>
#include <chrono>

namespace second_model {

inline std::string_view name_of(profile plays) {
    switch (plays) {
    case profile::power_platform: return "power_platform";
    case profile::recommended: return "recommended";
    case profile::dynamics_365: return "dynamics_365";
    case profile::enterprise_policy: return "enterprise_policy";
    }
    return "?";
}

inline std::string padded(std::int64_t number, std::size_t digits) {
    const auto text = std::to_string(number);
    return std::string(digits - std::min(digits, text.size()), '0') + text;
}

inline std::string text_of_instant(instant at) {
    using namespace std::chrono;
    const sys_seconds moment{std::chrono::seconds{at}};
    const auto whole = floor<days>(moment);
    const year_month_day date{whole};
    const hh_mm_ss time{moment - whole};
    return padded(static_cast<int>(date.year()), 4) + "-" + padded(static_cast<unsigned>(date.month()), 2) + "-" +
           padded(static_cast<unsigned>(date.day()), 2) + "T" + padded(time.hours().count(), 2) + ":" + padded(time.minutes().count(), 2) +
           ":" + padded(time.seconds().count(), 2) + "Z";
}

/// One line of a scenario under construction. Names here are plain: nothing needs escaping.
class line {
public:
    explicit line(const operation& asked) {
        text_ = "{\"at\":\"" + text_of_instant(asked.at) + "\"";
        put("by", asked.by);
        if (asked.as_vault) put("as", "vault");
        put("do", verb_names[static_cast<std::size_t>(asked.does)]);
    }
    void put(std::string_view field, std::string_view value) {
        text_.append(",\"").append(field).append("\":\"").append(value).append("\"");
    }
    void put_if_any(std::string_view field, std::string_view value) {
        if (!value.empty()) put(field, value);
    }
    void put_raw(std::string_view field, std::string_view value) { text_.append(",\"").append(field).append("\":").append(value); }
    void put(std::string_view field, bool value) {
        if (value) put_raw(field, "true");
    }
    void put(std::string_view field, const char* value) { put(field, std::string_view(value)); }
    void put(std::string_view field, const std::string& value) { put(field, std::string_view(value)); }
    std::string take() && { return std::move(text_) + "}"; }

private:
    std::string text_;
};

inline void put_file(line& out, const operation& asked) {
    out.put("material", asked.file.name);
    out.put("format", format_names[static_cast<std::size_t>(asked.file.in)]);
    out.put("type", asked.file.type);
    out.put_raw("bits", std::to_string(asked.file.bits));
    out.put_raw("private", asked.file.private_half ? "true" : "false");
    out.put_if_any("kid", asked.file.kid);
    out.put("password", asked.password);
    out.put("file_password", asked.file_password);
    out.put("corrupt", asked.corrupt);
}

inline void put_scene(line& out, const operation& asked) {
    switch (asked.does) {
    case verb::tenant: {
        out.put("tenant", "tenant");
        out.put_raw("seats", std::to_string(asked.seats));
        out.put("opted_in", asked.opted_in);
        std::string regions;
        for (const auto& one : asked.regions) regions += (regions.empty() ? "\"" : ",\"") + one + "\"";
        out.put_raw("regions", "[" + regions + "]");
        out.put_if_any("plan", asked.plan);
        return;
    }
    case verb::admin:
        out.put("who", asked.who);
        out.put("role", role_names[static_cast<std::size_t>(asked.as)]);
        out.put_if_any("environment", asked.environment);
        return out.put("remove", asked.remove);
    case verb::environment:
        out.put("environment", asked.environment);
        out.put_if_any("region", asked.region);
        out.put("kind", kind_names[static_cast<std::size_t>(asked.is)]);
        out.put("file_data", asked.file_data);
        out.put_if_any("geography", asked.geography);
        out.put_if_any("version", asked.version);
        if (!asked.managed) out.put_raw("managed", "false");
        if (!asked.dataverse) out.put_raw("dataverse", "false");
        if (!asked.licensed) out.put_raw("licensed", "false");
        out.put("finance_and_operations", asked.finance);
        if (asked.cloud_hosted) out.put("hosting", "customer");
        return out.put("external_logs", asked.external_logs);
    default: return;
    }
}

inline void put_key(line& out, const operation& asked) {
    out.put_if_any("environment", asked.environment);
    out.put_if_any("region", asked.region);
    if (asked.does == verb::import_key) {
        out.put("kid", asked.file.kid);
        return out.put("replace", true);
    }
    if (asked.does == verb::lock || asked.does == verb::approve) {
        out.put("confirmation", asked.confirmation);
        out.put("confirmed", asked.confirmed);
    } else {
        out.put_if_any("key", asked.key);
    }
    if (asked.does == verb::lock || asked.does == verb::unlock_key || asked.does == verb::upload_key) put_file(out, asked);
    if (asked.does == verb::generate_key) {
        out.put("material", asked.file.name);
        out.put("password", asked.password);
        out.put("password_again", asked.password_again);
    }
    if (asked.does == verb::generate_key || asked.does == verb::upload_key || asked.does == verb::activate_key) {
        out.put("acknowledged", asked.acknowledged);
        out.put("confirmed", asked.confirmed);
    }
}

inline void put_environment(line& out, const operation& asked) {
    out.put_if_any("environment", asked.does == verb::restore ? asked.target : asked.environment);
    out.put_if_any("backup", asked.backup);
    out.put_if_any("source", asked.source);
    if (asked.does == verb::copy) out.put("target", asked.target);
    out.put_if_any("confirmation", asked.confirmation);
    out.put("acknowledged", asked.acknowledged);
    out.put("confirmed", asked.confirmed);
}

inline void put_report(line& out, const operation& asked) {
    if (asked.does == verb::completed || asked.does == verb::failed) out.put("of", work_names[static_cast<std::size_t>(asked.of)]);
    out.put_if_any("environment", asked.environment);
    if (asked.environment.empty()) out.put_if_any("region", asked.region);
    out.put_if_any("event", asked.event);
    out.put_if_any("to", asked.to);
}

/// The vault is a line of its own, before the one that names it.
inline std::string vault_line(const operation& asked) {
    auto vault = asked;
    vault.does = verb::vault;
    line out(vault);
    out.put("vault", asked.vault);
    out.put("region", asked.vault_region);
    out.put_raw("soft_delete_days", std::to_string(asked.soft_delete / day));
    out.put_raw("purge_protection", asked.purge_protection ? "true" : "false");
    return std::move(out).take() + "\n";
}

inline void put_policy(line& out, const operation& asked) {
    out.put_if_any("policy", asked.policy);
    out.put_if_any("environment", asked.environment);
    out.put_if_any("organisation", asked.organisation);
    out.put_if_any("cause", asked.cause);
    if (asked.does == verb::policy) {
        out.put("vault", asked.vault);
        out.put_if_any("region", asked.region);
        out.put("key", asked.key);
        if (asked.deleted_at) out.put("deleted_at", text_of_instant(*asked.deleted_at));
        out.put_raw("offered", asked.offered ? "true" : "false");
    }
    if (asked.does == verb::policy || asked.does == verb::rotate_version || asked.does == verb::grant) out.put("material", asked.file.name);
    if (asked.does == verb::policy || asked.does == verb::rotate_version) {
        out.put("type", asked.file.type);
        out.put_raw("bits", std::to_string(asked.file.bits));
    }
    if (asked.does == verb::grant) {
        std::string list;
        if (asked.get) list += ",\"get\"";
        if (asked.wrap) list += ",\"wrap\"";
        if (asked.unwrap) list += ",\"unwrap\"";
        out.put_raw("permissions", "[" + list.substr(std::min<std::size_t>(1, list.size())) + "]");
    }
    if (asked.does == verb::purge_key) out.put_raw("version", std::to_string(asked.version_number));
    if (asked.does == verb::remove_from_policy) out.put("confirmation", asked.confirmation);
    out.put("confirmed", asked.confirmed);
}

inline std::string text_of(const operation& asked) {
    line out(asked);
    switch (asked.does) {
    case verb::tenant:
    case verb::admin:
    case verb::environment: put_scene(out, asked); break;
    case verb::feature_on: break;
    case verb::import_key:
    case verb::generate_key:
    case verb::upload_key:
    case verb::activate_key:
    case verb::rollback_activation:
    case verb::lock:
    case verb::approve:
    case verb::accept_clock:
    case verb::unlock_key: put_key(out, asked); break;
    case verb::completed:
    case verb::failed:
    case verb::tick:
    case verb::notice_delivered: put_report(out, asked); break;
    case verb::policy: put_policy(out, asked); return vault_line(asked) + std::move(out).take();
    case verb::grant:
    case verb::revoke:
    case verb::request_unlock:
    case verb::approve_unlock:
    case verb::rotate_version:
    case verb::purge_key:
    case verb::integrate:
    case verb::add_to_policy:
    case verb::remove_from_policy: put_policy(out, asked); break;
    default: put_environment(out, asked); break;
    }
    return std::move(out).take();
}

inline std::string text_of(profile plays, const std::vector<operation>& story) {
    std::string out = "{\"profile\":\"" + std::string(name_of(plays)) + "\"}\n";
    for (const auto& one : story) out += text_of(one) + "\n";
    return out;
}

inline std::string text_of(const outcome& answer) {
    std::string out = answer.allowed() ? "allowed:" : "refused:";
    for (const auto& one : answer.events) out.append(" ").append(one);
    for (const auto& one : answer.refusals) {
        out.append(" ").append(one.rule).append("/").append(one.code);
        if (one.not_before) out.append("@").append(text_of_instant(*one.not_before));
    }
    return out;
}

} // namespace second_model
