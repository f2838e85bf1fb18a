// SPDX-License-Identifier: Apache-2.0
// The words of the second model: what may be asked, of whom, and what is answered. The second model is the policy
// written again from the rules alone, as plain data and one table, so that two readings of the same sentences can be
// run against each other; it includes nothing of the library.
//     outcome answer = step(world, operation{.does = verb::lock, .at = 72 * hour, .who = "ann"});
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace second_model {

using instant = std::int64_t;
inline constexpr instant hour = 3600;
inline constexpr instant day = 24 * hour;

enum class profile : unsigned { power_platform = 1, recommended = 2, dynamics_365 = 4, enterprise_policy = 8 };

enum class verb {
    tenant,
    admin,
    feature_on,
    environment,
    generate_key,
    upload_key,
    activate_key,
    rollback_activation,
    apply_key,
    return_to_provider,
    lock,
    approve,
    unlock_key,
    unlock_environment,
    delete_environment,
    backup,
    restore,
    copy,
    reset,
    notice_delivered,
    accept_clock,
    import_key,
    open,
    completed,
    failed,
    tick,
    vault,
    policy,
    add_to_policy,
    remove_from_policy,
    revoke,
    grant,
    request_unlock,
    approve_unlock,
    rotate_version,
    purge_key,
    integrate,
    field_encryption
};

inline constexpr std::string_view verb_names[] = {"tenant",
                                                  "admin",
                                                  "feature_on",
                                                  "environment",
                                                  "generate_key",
                                                  "upload_key",
                                                  "activate_key",
                                                  "rollback_activation",
                                                  "apply_key",
                                                  "return_to_provider",
                                                  "lock",
                                                  "approve",
                                                  "unlock_key",
                                                  "unlock_environment",
                                                  "delete_environment",
                                                  "backup",
                                                  "restore",
                                                  "copy",
                                                  "reset",
                                                  "notice_delivered",
                                                  "accept_clock",
                                                  "import_key",
                                                  "open",
                                                  "completed",
                                                  "failed",
                                                  "tick",
                                                  "vault",
                                                  "policy",
                                                  "add_to_policy",
                                                  "remove_from_policy",
                                                  "revoke",
                                                  "grant",
                                                  "request_unlock",
                                                  "approve_unlock",
                                                  "rotate_version",
                                                  "purge_key",
                                                  "integrate",
                                                  "field_encryption"};

/// What a report of `completed` or `failed` is about.
enum class work { apply, giving_back, rewrap, restore, copy, reset, unlock_key, unlock_environment, activation, lock };

inline constexpr std::string_view work_names[] = {
    "apply", "return", "rewrap", "restore", "copy", "reset", "unlock_key", "unlock_environment", "activation", "lock"};

enum class role { tenant_admin, environment_admin, vault_admin, provider };

inline constexpr std::string_view role_names[] = {"tenant_admin", "environment_admin", "vault_admin", "provider"};

enum class kind { production, sandbox, support_investigation };

inline constexpr std::string_view kind_names[] = {"production", "sandbox", "support_investigation"};

enum class format { pfx, byok, other };

inline constexpr std::string_view format_names[] = {"pfx", "byok", "other"};

/// A key as a symbol: two files with the same name hold the same key.
struct material {
    std::string name{};
    unsigned bits = 2048;
    std::string type = "rsa";
    format in = format::pfx;
    bool private_half = true;
    std::string kid{};
};

/// One command, report or passing of time. What a verb does not use stays as it is here.
struct operation {
    verb does = verb::tick;
    instant at = 0;
    std::string by{}, who{}, region{}, environment{}, key{}, confirmation{}, password{}, password_again{}, file_password{}, backup{},
        source{}, target{}, event{}, to{};
    bool acknowledged = false, confirmed = false, corrupt = false;
    material file{};
    work of = work::apply;
    // setting the scene
    unsigned seats = 0;
    bool opted_in = false;
    std::vector<std::string> regions{};
    std::string geography{}, version{}, plan{};
    role as = role::tenant_admin;
    bool remove = false;
    kind is = kind::production;
    bool file_data = false, external_logs = false;
    // of a key in the customer's own vault
    std::string policy{}, vault{}, vault_region{}, organisation{}, cause{};
    bool as_vault = false; ///< the actor speaks as an administrator of the vault
    bool get = false, wrap = false, unwrap = false, purge_protection = true, offered = true;
    instant soft_delete = 90 * day;
    std::optional<instant> deleted_at{};
    unsigned version_number = 0;
    bool managed = true, dataverse = true, licensed = true, finance = false, cloud_hosted = false;
};

struct refusal {
    std::string_view rule, code;
    std::optional<instant> not_before;
    auto operator<=>(const refusal&) const = default;
};

/// Allowed: no refusals, and the events in order. Refused: every reason, and nothing has changed.
struct outcome {
    std::set<refusal> refusals;
    std::vector<std::string_view> events;
    bool allowed() const { return refusals.empty(); }
    bool operator==(const outcome&) const = default;
};

} // namespace second_model
