// SPDX-License-Identifier: Apache-2.0
// Policy tests that read as sentences: a world of one ring with its environments and backups, folded from events by
// evolve; a command; what must come of it. Constexpr throughout: the same table is folded in a static_assert and
// looped at run time. Depends on: policy, profiles/decide; no test framework. Smallest use:
//     constexpr scenario rows[] = {{"T18: no lock 72 h less 1 s after an activation", [] {
//         return given(power_platform, active).when(lock{.by = alice, ...}).then_refused({{"T18", refusal::lock_cooldown, at + hours(72)}});
//     }}};
//     static_assert(first_failure(rows) == none_failed);
#pragma once

#include <keywright/policy/evolve.hpp>
#include <keywright/policy/vault_evolve.hpp>
#include <keywright/profiles/decide.hpp>

#include <initializer_list>

namespace keywright::testing {

// --- the world ---

/// What a command is about: `environment` is its own (the target, where there are two), `source` the other one.
struct subject {
    environment_id environment;
    environment_id source;
    backup_id backup;
    policy_id policy{}; ///< where it is not the environment's own
};

/// One ring and what belongs to it. A plain value; grows only by events.
struct world {
    static constexpr std::size_t max_environments = 4;
    static constexpr std::size_t max_backups = 6;
    static constexpr std::size_t max_policies = 3;

    policy::tenant_state tenant;
    policy::ring_state ring;
    inline_list<policy::environment_state, max_environments> environments;
    inline_list<policy::backup_state, max_backups> backups;
    inline_list<policy::policy_state, max_policies> policies;

    constexpr world(const tenant_id& of_tenant, const region_id& in_region) {
        ring.tenant = of_tenant;
        ring.region = in_region;
    }

    constexpr void evolve(const policy::event& e) {
        policy::evolve(tenant, e);
        policy::evolve(ring, e);
        if (std::holds_alternative<policy::environment_created>(e.body)) {
            environments.push_back(blank());
            policy::evolve(environments[environments.size() - 1], e);
        } else {
            for (policy::environment_state& environment : environments) policy::evolve(environment, e);
        }
        if (const auto* taken = std::get_if<policy::backup_taken>(&e.body))
            backups.push_back(
                {taken->backup, taken->environment, e.at, taken->managed_by, taken->key, taken->key_version, taken->data_era});
        if (const auto* made = std::get_if<policy::policy_created>(&e.body); made != nullptr && find(made->policy)->id.empty()) {
            policies.push_back({});
            policies[policies.size() - 1].tenant = ring.tenant;
        }
        for (policy::policy_state& each : policies) policy::evolve(each, e);
    }

    /// The world after something that happened, whoever allowed it.
    constexpr world having(instant at, const policy::event_body& body, const policy::actor& by = policy::the_system) const {
        world next = *this;
        next.evolve({by, at, body});
        return next;
    }
    /// The world after a command. Requires: the profile allows it; otherwise this does not compile, or stops.
    template <class Profile, class C>
    constexpr world after(const Profile& profile, const C& command, const subject& about = {}) const {
        world next = *this; // decided on the copy: g++ 12 does not compare a temporary's address in a constant expression
        const policy::decision d = next.decide(profile, command, about);
        expects(d.allowed(), "world::after: the profile allows the command");
        for (const policy::event& e : d.events()) next.evolve(e);
        return next;
    }

    /// A command that names what it makes is about that.
    template <class Profile, class C>
    constexpr policy::decision decide(const Profile& profile, const C& command, subject about = {}) const {
        if constexpr (std::is_same_v<C, policy::create_environment>) about.environment = command.environment;
        if constexpr (std::is_same_v<C, policy::take_backup>) about.backup = command.backup;
        if constexpr (std::is_same_v<C, policy::create_policy>) about.policy = command.policy;
        return profiles::decide(profile, facts_for(command.at, about), command);
    }
    constexpr policy::facts facts_for(instant at, const subject& about) const {
        return {.tenant = tenant,
                .ring = ring,
                .now = policy::effective_now(ring, at),
                .environment_ = find(about.environment),
                .source_ = find(about.source),
                .backup_ = find(about.backup),
                .policy_ = about.policy.empty() ? policy_of(about.environment) : find(about.policy),
                .source_policy_ = policy_of(about.source)};
    }

    /// Requires: it is there.
    constexpr const policy::environment_state& environment(std::string_view name) const {
        const policy::environment_state* found = find(environment_id(name));
        expects(!found->id.empty(), "world::environment: one of that name");
        return *found;
    }

    /// Requires: it is there.
    constexpr const policy::policy_state& vault_policy(std::string_view name) const {
        const policy::policy_state* found = find(policy_id(name));
        expects(!found->id.empty(), "world::vault_policy: one of that name");
        return *found;
    }

    friend constexpr bool operator==(const world&, const world&) = default;

private:
    constexpr policy::environment_state blank() const {
        policy::environment_state made;
        made.tenant = ring.tenant;
        made.region = ring.region;
        return made;
    }
    constexpr const policy::environment_state* find(const environment_id& id) const;
    constexpr const policy::policy_state* find(const policy_id& id) const;
    /// That of an environment; null where it is in none.
    constexpr const policy::policy_state* policy_of(const environment_id& id) const {
        const policy::environment_state* e = find(id);
        return e != nullptr && e->membership.in_policy() ? find(e->membership.policy) : nullptr;
    }
    constexpr const policy::backup_state* find(const backup_id& id) const {
        for (const policy::backup_state& backup : backups)
            if (backup.id == id) return &backup;
        return nullptr;
    }
};

namespace detail {
inline constexpr policy::environment_state no_such_environment{};
inline constexpr policy::policy_state no_such_policy{};
} // namespace detail

/// None where the command names none; a nameless one where the world does not hold it.
constexpr const policy::environment_state* world::find(const environment_id& id) const {
    if (id.empty()) return nullptr;
    for (const policy::environment_state& e : environments)
        if (e.id == id) return &e;
    return &detail::no_such_environment;
}
constexpr const policy::policy_state* world::find(const policy_id& id) const {
    for (const policy::policy_state& each : policies)
        if (each.id == id) return &each;
    return &detail::no_such_policy;
}

// --- given, when, then ---

struct expected_reason {
    std::string_view rule;
    policy::refusal code;
    instant not_before = never;
};

/// What came of a command.
class outcome {
public:
    constexpr outcome(const world& before, const policy::decision& d) : after_(before), decision_(d) {
        if (d.allowed())
            for (const policy::event& e : d.events()) after_.evolve(e);
    }

    /// Exactly these events, by name and in order.
    constexpr bool then_allowed(std::initializer_list<std::string_view> names) const {
        if (!decision_.allowed() || decision_.events().size() != names.size()) return false;
        std::size_t i = 0;
        for (const std::string_view name : names)
            if (policy::name(decision_.events()[i++]) != name) return false;
        return true;
    }
    constexpr bool then_allowed() const { return decision_.allowed(); }
    /// Allowed, and the i-th event's body is this one.
    constexpr bool then_event(std::size_t i, const policy::event_body& body) const {
        return decision_.allowed() && i < decision_.events().size() && decision_.events()[i].body == body;
    }
    /// Exactly these reasons, in any order: one more or one less is a failure.
    constexpr bool then_refused(std::initializer_list<expected_reason> reasons) const {
        if (decision_.allowed() || decision_.reasons().size() != reasons.size()) return false;
        for (const expected_reason& expected : reasons)
            if (!refused_by(expected)) return false;
        return true;
    }
    /// This reason among others.
    constexpr bool refused_by(const expected_reason& expected) const {
        if (decision_.allowed()) return false;
        for (const policy::reason& r : decision_.reasons())
            if (r.rule == expected.rule && r.code == expected.code && r.not_before == expected.not_before) return true;
        return false;
    }
    /// No reason of that rule; whatever else objects.
    constexpr bool not_refused_by(std::string_view rule) const {
        if (decision_.allowed()) return true;
        for (const policy::reason& r : decision_.reasons())
            if (r.rule == rule) return false;
        return true;
    }
    constexpr const policy::decision& decision() const { return decision_; }
    constexpr const world& after() const { return after_; }

private:
    world after_;
    policy::decision decision_;
};

template <class Profile>
class given {
public:
    constexpr given(const Profile& profile, const world& start) : profile_(profile), world_(start) {}

    constexpr given& on(std::string_view environment) {
        about_.environment = environment_id(environment);
        return *this;
    }
    constexpr given& from(std::string_view source) {
        about_.source = environment_id(source);
        return *this;
    }
    /// The policy, where it is not the environment's own.
    constexpr given& under(std::string_view name) {
        about_.policy = policy_id(name);
        return *this;
    }
    /// A backup of the world; `from` becomes its environment.
    constexpr given& backup(std::string_view name) {
        about_.backup = backup_id(name);
        for (const policy::backup_state& held : world_.backups)
            if (held.id == about_.backup) about_.source = held.environment;
        return *this;
    }
    template <class C>
    constexpr outcome when(const C& command) const {
        return {world_, world_.decide(profile_, command, about_)};
    }

private:
    const Profile& profile_;
    const world& world_;
    subject about_;
};
template <class Profile>
given(const Profile&, const world&) -> given<Profile>;

// --- tables ---

/// One row: a sentence, and whether it holds.
struct scenario {
    std::string_view name;
    bool (*holds)();
};

inline constexpr std::size_t none_failed = static_cast<std::size_t>(-1);

/// The number of the first row that does not hold. A table of a static_assert should stay below some 40 rows: clang
/// bounds the steps of one constant expression.
template <std::size_t N>
constexpr std::size_t first_failure(const scenario (&rows)[N]) {
    for (std::size_t i = 0; i < N; ++i)
        if (!rows[i].holds()) return i;
    return none_failed;
}

} // namespace keywright::testing
