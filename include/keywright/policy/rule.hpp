// SPDX-License-Identifier: Apache-2.0
// What a rule is: a small value that names itself, names the commands it speaks about, and says of each either
// nothing or its objection. A rule can only object, so removing one never forbids and adding one never permits.
// Depends on: policy/decision. Smallest rule:
//     struct no_lock_on_weekends {
//         using id = rule_tag<"ACME-1">;
//         using commands = types<lock>;
//         constexpr verdict operator()(const facts& f, const lock&) const;
//     };
// It objects with refusal::consumer_rule; to have a sentence of its own, a product looks at reason::rule before it prints.
//
// Families to instantiate with an id, commands and a number, and where they are:
//     wait, minimum hold       cooldown, minimum_hold                       policy/cooldown.hpp
//     so many per window       quota                                        policy/quota.hpp
//     retention                retention; offline_retention                 policy/locking.hpp; policy/vault_lock.hpp
//     state                    nothing_is_locked, key_is_settled            policy/activation.hpp
//                              environment_is_not_locked, environment_rests policy/environments.hpp
//     role                     the profile's grants                         profiles/profile.hpp
//     confirmation             is_confirmed; name_is_typed                  policy/activation.hpp; policy/environments.hpp
//     possession of the key    file_opens                                   policy/key_files.hpp
//     two people, or more      quorum; approval_by_another                  policy/quorum.hpp; policy/second_administrator.hpp
//     eligibility              enough_seats, feature_on, supported_storage  policy/eligibility.hpp
#pragma once

#include <keywright/core/fixed_text.hpp>
#include <keywright/policy/decision.hpp>

#include <type_traits>

namespace keywright::policy {

using keywright::fixed_text;

/// A rule's stable public name, as a type.
template <fixed_text Text>
struct rule_tag {
    static constexpr std::string_view text = Text.view();
};

/// A list of different types. It inherits from them so that to find one takes one question, not one for each.
template <class... Commands>
struct types : std::type_identity<Commands>... {
    template <class C>
    static constexpr bool contains = std::is_base_of_v<std::type_identity<C>, types>;
};

// --- roles ---

/// A set of roles.
struct roles {
    std::uint8_t bits = 0;
    constexpr bool any_of(roles other) const { return (bits & other.bits) != 0; }
    friend constexpr roles operator|(roles a, roles b) { return {static_cast<std::uint8_t>(a.bits | b.bits)}; }
    friend constexpr bool operator==(roles, roles) = default;
};
inline constexpr roles no_one{};
inline constexpr roles tenant_admin{1};
inline constexpr roles environment_admin{2}; ///< of the command's environment; of both, where there are two
inline constexpr roles target_admin{4};      ///< of the command's environment, whatever the other one is
inline constexpr roles provider_role{8};
inline constexpr roles system_role{16};
inline constexpr roles vault_admin{32}; ///< of the customer's own vault

// --- what a rule judges by ---

/// The state that a command is judged against. References stay valid for the call; nothing is copied.
/// `environment` is the command's own (the target, where there are two), `source` the other one.
struct facts {
    const tenant_state& tenant;
    const ring_state& ring;
    instant now; ///< the later of the command's moment and the latest ever committed
    const environment_state* environment_ = nullptr;
    const environment_state* source_ = nullptr;
    const backup_state* backup_ = nullptr;
    const policy_state* policy_ = nullptr;        ///< the command's own, or that of its environment
    const policy_state* source_policy_ = nullptr; ///< that of the source; may be the same

    constexpr const environment_state& environment() const {
        expects(environment_ != nullptr, "facts: a command about an environment comes with it");
        return *environment_;
    }
    constexpr const environment_state& source() const {
        expects(source_ != nullptr, "facts: a restore or copy comes with the environment that the data comes from");
        return *source_;
    }
    constexpr const backup_state& backup() const {
        expects(backup_ != nullptr, "facts: a restore comes with its backup");
        return *backup_;
    }
    constexpr const policy_state& policy() const {
        expects(policy_ != nullptr, "facts: a command about a policy, or about an environment in one, comes with it");
        return *policy_;
    }
};

/// The policy that an environment of these facts is in; null: in none.
constexpr const policy_state* policy_of(const facts& f, const environment_state& e) {
    if (!e.membership.in_policy()) return nullptr;
    const bool is_own = f.policy_ != nullptr && f.policy_->id == e.membership.policy;
    const policy_state* found = is_own ? f.policy_ : f.source_policy_;
    expects(found != nullptr && found->id == e.membership.policy, "facts: an environment in a policy comes with it");
    return found;
}

/// The moment that counts: a clock that steps back makes nothing legal earlier.
constexpr instant effective_now(const ring_state& ring, instant asked_at) { return later(ring.latest, asked_at); }

/// How the commands of a profile are carried out, where that differs. A rule that needs it says so in
/// `constexpr void shape(procedure&) const`; what it says decides no permission.
struct procedure {
    bool lock_is_requested = false; ///< `lock` only asks; `approve_lock` locks
    bool keys_at_once = false;      ///< a key that is brought is used at once, and so is one that comes back
    seconds second_finding;         ///< a deadline is found passed twice, this far apart, before anything is deleted; 0: once
};

// --- the shape of a rule ---

template <class R>
concept names_itself = requires {
    { R::id::text } -> std::convertible_to<std::string_view>;
};
template <class R>
concept names_its_commands = requires { typename R::commands; };
template <class R, class C>
concept judges = requires(const R& rule, const facts& f, const C& command) {
    { rule(f, command) } -> std::same_as<verdict>;
};

namespace detail {
template <class R, class... Cs>
consteval bool judges_all(types<Cs...>) {
    return (judges<R, Cs> && ...);
}
} // namespace detail

template <class R>
concept rule = names_itself<R> && names_its_commands<R> && detail::judges_all<R>(typename R::commands{});

/// Says in one sentence what a type lacks to be a rule. A command that a rule names but cannot judge is an error: to
/// skip it in silence would be a rule that never objects.
template <class R>
consteval bool check_rule() {
    static_assert(names_itself<R>, "rule: needs `using id = rule_tag<\"...\">;`; see keywright/policy/rule.hpp");
    static_assert(names_its_commands<R>, "rule: needs `using commands = types<lock, ...>;`; see keywright/policy/rule.hpp");
    if constexpr (names_its_commands<R>)
        static_assert(
            detail::judges_all<R>(typename R::commands{}),
            "rule: needs `constexpr verdict operator()(const facts&, const C&) const` for each command C that it names; see keywright/policy/rule.hpp");
    return rule<R>;
}

/// The same rule under another id, where another source demands it: `cites<"I08", lock_cooldown>`.
template <fixed_text Id, class Rule>
struct cites : Rule {
    using id = rule_tag<Id>;
};

} // namespace keywright::policy
