// SPDX-License-Identifier: Apache-2.0
// What a command is about, by name, and which names each command needs: a name that is missing is the caller's
// mistake, told as misused with what to write, before any rule is asked.
// Depends on: policy/commands, policy/vault_commands, service/records.
#pragma once

#include <keywright/core/result.hpp>
#include <keywright/policy/rule.hpp>
#include <keywright/policy/vault_commands.hpp>
#include <keywright/service/records.hpp>

#include <type_traits>

namespace keywright::service {

/// Names what a command is about. Of a restore or a copy `environment` is the target, which is overwritten.
struct subject {
    ring_id ring;                 ///< an empty region: the tenant itself
    environment_id environment{}; ///< of a command about one
    environment_id source{};      ///< of a restore or a copy: where the data comes from; a backup's own environment
    backup_id backup{};           ///< of a restore
    policy_id policy{};           ///< of a command about one; empty: the one that the environment is in, if any
};

namespace detail {

using about_a_tenant =
    policy::types<policy::create_tenant, policy::enable_feature, policy::add_administrator, policy::remove_administrator>;
using about_an_environment =
    policy::types<policy::create_environment, policy::apply_key, policy::return_to_provider, policy::unlock_environment,
                  policy::delete_environment, policy::open_environment, policy::take_backup, policy::restore, policy::copy, policy::reset,
                  policy::enable_field_encryption, policy::disable_field_encryption, policy::expire_environment, policy::add_to_policy,
                  policy::remove_from_policy, policy::integrate_environment>;
using about_a_policy = policy::types<policy::create_policy, policy::grant_access, policy::revoke_access, policy::request_unlock,
                                     policy::approve_unlock, policy::rotate_version, policy::purge_key, policy::add_to_policy>;

/// Commands whose key or evidence the service reads itself; to take it from the caller would be to take their word.
using brings_a_key = policy::types<policy::generate_key, policy::upload_key, policy::unlock_key, policy::lock, policy::create_import_key,
                                   policy::create_tenant>;
/// What the service says of its own work.
using is_a_report = policy::types<policy::completed, policy::failed, policy::report_delivery>;

/// Takes over the name that a command brings itself; false where the subject already has another one.
template <class Id>
constexpr bool take_over(Id& place, const Id& name) {
    const bool agrees = place.empty() || place == name;
    place = name;
    return agrees;
}
template <class Command>
constexpr bool take_over_names(subject& s, const Command& command) {
    if constexpr (std::is_same_v<Command, policy::create_environment>) return take_over(s.environment, command.environment);
    if constexpr (std::is_same_v<Command, policy::take_backup>) return take_over(s.backup, command.backup);
    if constexpr (std::is_same_v<Command, policy::create_policy>) return take_over(s.policy, command.policy);
    if constexpr (std::is_same_v<Command, policy::create_tenant>) return take_over(s.ring.tenant, command.tenant);
    return true;
}

} // namespace detail

/// Says in one sentence why `tenant_service::run` does not take a command.
template <class Command>
consteval bool check_runnable() {
    constexpr bool brings_a_key = detail::brings_a_key::contains<Command>, is_a_report = detail::is_a_report::contains<Command>;
    static_assert(!brings_a_key,
                  "tenant_service: `run` takes no command that brings a key; call the function of its name, which reads the key itself");
    static_assert(!is_a_report, "tenant_service: `run` takes no report; what has become of its work the service says itself, in `recover`");
    return !brings_a_key && !is_a_report;
}

/// The subject with the names that the command brings itself. Fails with misused where a name is missing, or where subject
/// and command name different things.
template <class Command>
[[nodiscard]] constexpr result<subject> named(subject s, const Command& command) {
    if (!detail::take_over_names(s, command)) return fail(errc::misused, "service: the subject and the command name different things");
    if (s.ring.tenant.empty()) return fail(errc::misused, "service: expected the name of a tenant in the subject: {{tenant}}");
    if (s.ring.region.empty() && !detail::about_a_tenant::contains<Command>)
        return fail(errc::misused, "service: the command is about a ring; expected a region too: {{tenant, region}}");
    if (s.environment.empty() && detail::about_an_environment::contains<Command>)
        return fail(errc::misused, "service: the command is about an environment; expected its name in the subject: {ring, environment}");
    if (s.source.empty() && policy::types<policy::restore, policy::copy>::contains<Command>)
        return fail(errc::misused, "service: expected where the data comes from: {.ring, .environment = target, .source}");
    if (s.backup.empty() && policy::types<policy::restore, policy::take_backup>::contains<Command>)
        return fail(errc::misused, "service: expected the name of a backup: of a restore in the subject, of take_backup in the command");
    if (s.policy.empty() && s.environment.empty() && detail::about_a_policy::contains<Command>)
        return fail(errc::misused, "service: the command is about a policy; expected its name in the subject: {.ring, .policy}");
    if constexpr (std::is_same_v<Command, policy::add_administrator>)
        if (command.who.empty()) return fail(errc::misused, "service: expected the name of an administrator; `who` is empty");
    return s;
}

} // namespace keywright::service
