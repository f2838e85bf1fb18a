// SPDX-License-Identifier: Apache-2.0
// The public names of the policy's enumerations, as they stand in stored records, in the audit log and on screens.
// Depends on: policy/events.
#pragma once

#include <keywright/policy/events.hpp>

#include <array>
#include <string_view>

namespace keywright::policy {

/// In the order of the enumerators. Names are stored: add, never change.
template <class E>
inline constexpr std::array<std::string_view, 0> names_of{};
template <>
inline constexpr std::array<std::string_view, 4> names_of<principal>{"person", "provider", "system", "vault"};
template <>
inline constexpr std::array<std::string_view, 3> names_of<licence_plan>{"other", "customer_engagement", "dynamics_365"};
template <>
inline constexpr std::array<std::string_view, 3> names_of<file_kind>{"pfx", "byok", "other"};
template <>
inline constexpr std::array<std::string_view, 3> names_of<environment_kind>{"production", "sandbox", "support_investigation"};
template <>
inline constexpr std::array<std::string_view, 7> names_of<key_state>{"available", "installing", "active",  "locked",
                                                                     "deleted",   "retired",    "replaced"};
template <>
inline constexpr std::array<std::string_view, 2> names_of<protector>{"provider", "customer"};
template <>
inline constexpr std::array<std::string_view, 3> names_of<protection>{"provider", "customer", "locked"};
template <>
inline constexpr std::array<std::string_view, 10> names_of<operation>{"none",      "activation", "unlocking_key", "locking", "applying",
                                                                      "returning", "unlocking",  "restoring",     "copying", "resetting"};

template <>
inline constexpr std::array<std::string_view, 4> names_of<classification>{"open_to_all", "internal", "confidential", "highly_confidential"};
template <>
inline constexpr std::array<std::string_view, 6> names_of<revocation>{"access",      "key_disabled",  "version_disabled",
                                                                      "key_deleted", "vault_deleted", "policy_deleted"};

template <class E>
concept named_enum = requires { names_of<E>[0]; } && !names_of<E>.empty();

template <named_enum E>
constexpr std::string_view name(E value) {
    return names_of<E>[static_cast<std::size_t>(value)];
}

/// An environment's state in one word, as rules and people name it.
constexpr std::string_view state_name(const ring_state& ring, const environment_state& e) {
    if (e.deleted) return "deleted";
    switch (e.transition) {
    case operation::applying: return "applying";
    case operation::returning: return "returning";
    case operation::unlocking: return "unlocking";
    case operation::restoring:
    case operation::copying: return "overwriting";
    case operation::resetting: return "resetting";
    default: break;
    }
    if (is_locked(ring, e)) return ring.locking && e.unlock_epoch + 1 == ring.lock_epoch ? "locking" : "locked";
    if (e.managed_by == protector::provider) return "provider_managed";
    return incoming_key(ring) != nullptr ? "rewrapping" : "customer_managed";
}

/// Where the key stays in the customer's own vault. `policy`: the one that it is in, or null.
constexpr std::string_view state_name(const ring_state& ring, const policy_state* policy, const environment_state& e) {
    const bool offline = policy != nullptr && policy->revoked && !e.deleted && e.transition == operation::none;
    return offline ? "offline" : state_name(ring, e);
}

} // namespace keywright::policy
