// SPDX-License-Identifier: Apache-2.0
// The rules of a key in the customer's own vault, as rows of the same table: "ring" reads "policy". Depends on
// rules.hpp.
#pragma once

#include "rules.hpp"

namespace second_model {

inline constexpr verbs of_policies{verb::grant,          verb::revoke,    verb::request_unlock, verb::approve_unlock,
                                   verb::rotate_version, verb::purge_key, verb::add_to_policy};
inline constexpr verbs shows_a_key{verb::policy, verb::rotate_version};

/// P18: how long an environment may be offline.
inline instant offline_at_most(const environment& one) { return one.is == kind::production ? 30 * day : 7 * day; }

inline bool overdue_offline(const world& in, const environment& one, instant now) {
    const auto* of = find(in.policies, one.policy);
    return of && of->revoked && now >= of->revoked_at + offline_at_most(one);
}

inline bool has_members(const world& in, const std::string& policy) {
    return std::ranges::any_of(in.environments, [&](const auto& one) { return one.second.policy == policy; });
}
inline bool gone(const scene& s) { return !s.under || (s.under->deleted && !has_members(s.in, s.asked.policy)); }

inline bool offline(const scene& s, const environment* one) {
    const auto* of = one ? find(s.in.policies, one->policy) : nullptr;
    return of && of->revoked;
}
inline bool either_offline(const scene& s) { return offline(s, s.on) || offline(s, s.from); }

inline const key_version* numbered_version(const scene& s) {
    if (!s.under || s.asked.version_number == 0 || s.asked.version_number > s.under->versions.size()) return nullptr;
    const auto& one = s.under->versions[s.asked.version_number - 1];
    return one.purged ? nullptr : &one;
}
inline std::optional<instant> deletable_key(const scene& s) {
    if (!s.under->key_deleted_at) return std::nullopt;
    return *s.under->key_deleted_at + s.under->soft_delete;
}
inline std::optional<instant> deletable_version(const scene& s) {
    const auto* one = numbered_version(s);
    if (!one || !one->replaced_at) return std::nullopt;
    return *one->replaced_at + 28 * day;
}
inline bool is_tenant_administrator(const scene& s) { return tenant_administrator(s, s.asked.by); }

inline const row vault_rules[] = {
    {"H01", enterprise_policy, {verb::policy}, "already_exists", [](const scene& s) { return !gone(s); }},
    {"H01", enterprise_policy, of_policies, "not_found", gone},
    {"H01",
     enterprise_policy,
     {verb::add_to_policy, verb::remove_from_policy, verb::integrate},
     "not_found",
     [](const scene& s) { return !s.on; }},
    {"P16",
     enterprise_policy,
     {verb::purge_key},
     "not_found",
     [](const scene& s) { return s.asked.version_number != 0 && !numbered_version(s); }},
    {"P19",
     enterprise_policy,
     {verb::policy},
     "not_found",
     [](const scene& s) { return s.asked.deleted_at && s.now >= *s.asked.deleted_at + s.asked.soft_delete; }},
    {"P01", enterprise_policy, {verb::add_to_policy}, "grant_incomplete", [](const scene& s) { return s.under && !s.under->complete(); }},
    {"P02", enterprise_policy, {verb::add_to_policy}, "not_managed", [](const scene& s) { return s.on && !s.on->has.managed; }},
    {"P03", enterprise_policy, {verb::add_to_policy}, "already_in_policy", [](const scene& s) { return s.on && !s.on->policy.empty(); }},
    {"P07",
     enterprise_policy,
     {verb::add_to_policy, verb::remove_from_policy, verb::rotate_version},
     "environment_offline",
     [](const scene& s) { return s.under && s.under->revoked; }},
    {"P07",
     enterprise_policy,
     {verb::completed},
     "environment_offline",
     [](const scene& s) { return s.asked.of != work::reset && offline(s, s.on); }},
    {"T22", enterprise_policy, {verb::open, verb::backup, verb::copy}, "environment_offline", either_offline},
    {"T25", enterprise_policy, {verb::restore}, "environment_offline", either_offline},
    {"T33", enterprise_policy, {verb::reset}, "environment_offline", either_offline},
    {"P08", enterprise_policy, {verb::open}, "approval_required", [](const scene& s) { return offline(s, s.on) && s.under->complete(); }},
    {"P08",
     enterprise_policy,
     {verb::grant},
     "wrong_key",
     [](const scene& s) { return s.under && s.under->versions.back().material != s.asked.file.name; }},
    {"P08",
     enterprise_policy,
     {verb::request_unlock, verb::approve_unlock},
     "not_locked",
     [](const scene& s) { return s.under && !s.under->revoked; }},
    {"P08",
     enterprise_policy,
     {verb::request_unlock, verb::approve_unlock},
     "grant_incomplete",
     [](const scene& s) { return s.under && s.under->revoked && !s.under->complete(); }},
    {"P08",
     enterprise_policy,
     {verb::request_unlock},
     "already_exists",
     [](const scene& s) { return s.under && s.under->revoked && !s.under->requested_by.empty(); }},
    {"P08",
     enterprise_policy,
     {verb::approve_unlock},
     "approval_required",
     [](const scene& s) { return s.under && s.under->revoked && s.under->complete() && s.under->requested_by.empty(); }},
    {"P09",
     enterprise_policy,
     {verb::policy},
     "vault_unprotected",
     [](const scene& s) { return !s.asked.purge_protection || s.asked.soft_delete < 7 * day || s.asked.soft_delete > 90 * day; }},
    {"P09",
     enterprise_policy,
     {verb::policy, verb::grant, verb::rotate_version, verb::purge_key},
     "separation_of_duties",
     [](const scene& s) { return s.asked.as_vault && is_tenant_administrator(s); }},
    {"P09",
     enterprise_policy,
     {verb::policy, verb::add_to_policy, verb::request_unlock},
     "separation_of_duties",
     [](const scene& s) { return !gone(s) && !s.asked.as_vault && s.under->granted_by == s.asked.by; }},
    {"P10", enterprise_policy, shows_a_key, "bad_key_type", [](const scene& s) { return s.asked.file.type != "rsa"; }},
    {"P10", enterprise_policy, shows_a_key, "bad_key_size", [](const scene& s) { return s.asked.file.bits < 2048; }},
    {"P12",
     enterprise_policy,
     {verb::add_to_policy},
     "not_integrated",
     [](const scene& s) { return s.on && s.on->has.finance && s.on->organisation.empty(); }},
    {"P12", enterprise_policy, {verb::integrate}, "already_in_policy", [](const scene& s) { return s.on && !s.on->policy.empty(); }},
    {"P14", enterprise_policy, {verb::add_to_policy}, "cloud_hosted", [](const scene& s) { return s.on && s.on->has.cloud_hosted; }},
    {"P14", enterprise_policy, {verb::add_to_policy}, "not_licensed", [](const scene& s) { return s.on && !s.on->has.licensed; }},
    {"P15", enterprise_policy, shows_a_key, "bad_key_size",
     [](const scene& s) { return s.asked.file.bits != 2048 && s.asked.file.bits != 3072; }},
    {"P16",
     enterprise_policy,
     {verb::rotate_version},
     "duplicate_key",
     [](const scene& s) {
         return s.under && std::ranges::any_of(s.under->versions,
                                               [&](const key_version& one) { return !one.purged && one.material == s.asked.file.name; });
     }},
    {"P16",
     enterprise_policy,
     {verb::purge_key},
     "version_in_use",
     [](const scene& s) { return numbered_version(s) && (!deletable_version(s) || s.now < *deletable_version(s)); },
     deletable_version},
    {"P17", enterprise_policy, {verb::policy}, "region_mismatch", [](const scene& s) { return s.asked.vault_region != s.region; }},
    {"P17",
     enterprise_policy,
     {verb::add_to_policy},
     "region_mismatch",
     [](const scene& s) { return s.on && s.under && s.on->region != s.under->region; }},
    {"P18",
     enterprise_policy,
     {verb::request_unlock, verb::approve_unlock},
     "retention_expired",
     [](const scene& s) {
         return std::ranges::any_of(s.in.environments, [&](const auto& one) {
             return one.second.policy == s.asked.policy && overdue_offline(s.in, one.second, s.now);
         });
     }},
    {"P19",
     enterprise_policy,
     {verb::policy},
     "recoverable",
     [](const scene& s) { return s.asked.deleted_at && s.now < *s.asked.deleted_at + s.asked.soft_delete; }},
    {"P20",
     enterprise_policy,
     {verb::purge_key},
     "purge_protected",
     [](const scene& s) { return s.under && s.asked.version_number == 0 && (!deletable_key(s) || s.now < *deletable_key(s)); },
     deletable_key},
    {"P23",
     enterprise_policy,
     {verb::add_to_policy},
     "unknown_organisation",
     [](const scene& s) {
         return s.on && !(s.on->has.finance && s.on->organisation.empty()) && (s.on->has.finance || !s.asked.organisation.empty()) &&
                s.asked.organisation != s.on->organisation;
     }},
    {"P23", enterprise_policy, {verb::integrate}, "unknown_organisation", [](const scene& s) { return s.asked.organisation.empty(); }},
    {"P24", enterprise_policy, {verb::add_to_policy}, "no_data_platform", [](const scene& s) { return s.on && !s.on->has.dataverse; }},
    {"P25", enterprise_policy, {verb::policy}, "region_unavailable", [](const scene& s) { return !s.asked.offered; }},
    {"H02",
     enterprise_policy,
     {verb::rotate_version},
     "too_many",
     [](const scene& s) {
         return s.under && std::ranges::count_if(s.under->versions, [](const key_version& one) { return !one.purged; }) >= 8;
     }},
    {"T19", enterprise_policy, {verb::add_to_policy}, "not_confirmed", [](const scene& s) { return !s.asked.confirmed; }},
    {"T19", enterprise_policy, {verb::open}, "operation_in_progress", [](const scene& s) { return s.on && s.on->now != doing::nothing; }},
    {"T20", enterprise_policy, {verb::remove_from_policy}, "not_confirmed", [](const scene& s) { return !s.asked.confirmed; }},
    {"T20", enterprise_policy, {verb::remove_from_policy}, "confirmation_mismatch", production_mistyped},
    {"T20",
     enterprise_policy,
     {verb::remove_from_policy},
     "not_customer_managed",
     [](const scene& s) { return s.on && s.on->policy.empty(); }},
    {"T36",
     enterprise_policy,
     {verb::add_to_policy, verb::remove_from_policy, verb::integrate},
     "operation_in_progress",
     [](const scene& s) { return s.busy(s.on); }},
};

} // namespace second_model
