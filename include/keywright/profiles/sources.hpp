// SPDX-License-Identifier: Apache-2.0
// Where each rule comes from, in words that a reader can look up: the document, its day, and its section. A refusal
// carries the rule's id; this says who demands it.
// Depends on: core only. Use: `profiles::source_of(reason.rule).document`.
#pragma once

#include <array>
#include <string_view>

namespace keywright::profiles {

struct rule_source {
    std::string_view rule;
    std::string_view document;
    std::string_view section; ///< empty where the document has none of its own for it
};

namespace detail {
inline constexpr std::string_view power_platform_page = "Manage the encryption key, Power Platform documentation, 2020-04-17";
inline constexpr std::string_view instance_page = "Manage the encryption keys, Dynamics 365 documentation, 2017-12-12";
inline constexpr std::string_view strategy_page = "Recommendations for data encryption, Power Platform guidance, 2024-01-31";
inline constexpr std::string_view finance_page = "Use customer-managed keys, finance and operations documentation, 2023-07-19";
inline constexpr std::string_view overview_page = "Encryption in Microsoft Dynamics 365";
inline constexpr std::string_view ours = "keywright";
} // namespace detail

/// One row for each rule that can refuse, in the order of the ids.
inline constexpr auto rule_sources = std::to_array<rule_source>({
    {"T01", detail::power_platform_page, "Manage the encryption key"},
    {"T02", detail::power_platform_page, "Manage the encryption key"},
    {"T03", detail::power_platform_page, "Manage the encryption key"},
    {"T05", detail::power_platform_page, "Privileges required"},
    {"T06", detail::power_platform_page, "Encryption key requirements"},
    {"T07", detail::power_platform_page, "Introduction to key management"},
    {"T08", detail::power_platform_page, "Upload a key"},
    {"T10", detail::power_platform_page, "Generate or upload the encryption key for a tenant"},
    {"T11", detail::power_platform_page, "Generate or upload the encryption key for a tenant"},
    {"T12", detail::power_platform_page, "Generate a new key"},
    {"T13", detail::power_platform_page, "Upload a key"},
    {"T15", detail::power_platform_page, "Activate an encryption key for a tenant"},
    {"T16", detail::power_platform_page, "Activate an encryption key for a tenant"},
    {"T17", detail::power_platform_page, "Activate an encryption key for a tenant"},
    {"T18", detail::power_platform_page, "Understand the potential risk when you manage your keys"},
    {"T19", detail::power_platform_page, "Apply encryption key to an environment"},
    {"T20", detail::power_platform_page, "Return a managed encryption key back to Microsoft-provided encryption key"},
    {"T21", detail::power_platform_page, "Lock the tenant"},
    {"T22", detail::power_platform_page, "Lock the tenant"},
    {"T23", detail::power_platform_page, "Lock the tenant"},
    {"T24", detail::power_platform_page, "Unlock locked environments"},
    {"T25", detail::power_platform_page, "Lock the tenant"},
    {"T26", detail::power_platform_page, "Lock the tenant"},
    {"T27", detail::power_platform_page, "Unlock encryption key"},
    {"T28", detail::power_platform_page, "Unlock environments"},
    {"T29", detail::power_platform_page, "Unlock locked environments"},
    {"T30", detail::power_platform_page, "Environment database operations: restore"},
    {"T31", detail::power_platform_page, "Environment database operations: copy"},
    {"T32", detail::power_platform_page, "Environment database operations: copy"},
    {"T33", detail::power_platform_page, "Environment database operations: reset"},
    {"T36", detail::power_platform_page, "Activate an encryption key for a tenant"},
    {"I01", detail::instance_page, "Introduction to key management"},
    {"I02", detail::instance_page, "Subscription requirements"},
    {"I03", detail::instance_page, "Privileges required"},
    {"I04", detail::instance_page, "Encryption key requirements"},
    {"I06", detail::instance_page, "Set or change the encryption key for an instance"},
    {"I07", detail::instance_page, "Set or change the encryption key for an instance"},
    {"I08", detail::instance_page, "Understand the potential risk when you manage your keys"},
    {"I09", detail::instance_page, "Revert a managed encryption key"},
    {"I10", detail::instance_page, "Lock an instance"},
    {"I11", detail::instance_page, "Unlock a locked instance"},
    {"I12", detail::instance_page, "Introduction to key management"},
    {"I15", detail::instance_page, "Manage the encryption keys"},
    {"I16", detail::instance_page, "Encryption key requirements"},
    {"P01", detail::strategy_page, "Customer Managed Key"},
    {"P02", detail::strategy_page, "Using CMK in an environment"},
    {"P03", detail::strategy_page, "Using CMK in an environment"},
    {"P05", detail::strategy_page, "Locking environments"},
    {"P07", detail::strategy_page, "Locking environments"},
    {"P08", detail::strategy_page, "Locking environments"},
    {"P09", detail::strategy_page, "Risk when you manage your key"},
    {"P10", detail::strategy_page, "Encryption keys"},
    {"P12", detail::finance_page, "Enable CMKs"},
    {"P14", detail::finance_page, "Use customer-managed keys to control encryption keys for data at rest"},
    {"P15", detail::ours, "practice since the sources were written"},
    {"P16", detail::ours, "practice since the sources were written"},
    {"P17", detail::ours, "practice since the sources were written"},
    {"P18", detail::ours, "practice since the sources were written"},
    {"P19", detail::ours, "practice since the sources were written"},
    {"P20", detail::ours, "practice since the sources were written"},
    {"P23", detail::finance_page, "Enable CMKs"},
    {"P24", detail::strategy_page, "Using CMK in an environment"},
    {"P25", detail::finance_page, "Use customer-managed keys to control encryption keys for data at rest"},
    {"R01", detail::ours, "recommended: a second administrator rolls back"},
    {"R02", detail::ours, "recommended: a lock waits for a delivered notice"},
    {"R03", detail::ours, "recommended: a lock takes two administrators"},
    {"R04", detail::ours, "recommended: a clock that is behind ends nothing"},
    {"G05", detail::strategy_page, "Data residency"},
    {"G09", detail::overview_page, ""},
    {"G12", detail::strategy_page, "Encryption keys"},
    {"G13", detail::strategy_page, "Recommendations for data encryption"},
    {"H01", detail::ours, "names are new, things exist"},
    {"H02", detail::ours, "the state has a fixed size"},
    {"H03", detail::ours, "reports match the work under way"},
});

/// Where a rule comes from; a consumer's own rule has an empty document.
constexpr rule_source source_of(std::string_view rule) {
    for (const rule_source& row : rule_sources)
        if (row.rule == rule) return row;
    return {rule, {}, {}};
}

} // namespace keywright::profiles
