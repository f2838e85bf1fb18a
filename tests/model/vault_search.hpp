// SPDX-License-Identifier: Apache-2.0
// Breadth first through every state of policies and their environments that can be reached within bounds: in each, every
// command at both ends of all windows, is allowed exactly when the rules say so, and leaves what they say.
// Depends on: vault_rules, vault_faults, state_set, way_out.
#pragma once

#include "state_set.hpp"
#include "vault_faults.hpp"
#include "vault_rules.hpp"
#include "way_out.hpp"

namespace keywright::model::vault {

struct bounds {
    std::string_view name;
    std::size_t policies = 1;
    std::size_t environments = 1;
    bool vic = false;      ///< a second administrator of the vault, who comes to be one of the tenant's
    bool versions = false; ///< the key is rotated, deleted and purged; all ways in which a use can end
};

/// What was done, or came about, by whom, and about what.
struct step {
    std::string_view what;
    actor by;
    about a;
};

namespace detail {

/// What the aggregates count is what there is.
inline const char* wrong_with_counts(const world& w) {
    const world counted = world_of(sketch_of(w), end_of_zone::first);
    if (counted.ring.environments != w.ring.environments || counted.ring.customer_managed != w.ring.customer_managed ||
        counted.ring.in_transition != w.ring.in_transition || counted.ring.resetting != w.ring.resetting)
        return "the ring counts its environments";
    for (std::size_t i = 0; i < max_policies; ++i) {
        const policy_state& is = w.policies[i];
        if (is.production != counted.policies[i].production || is.others != counted.policies[i].others)
            return "P07: a policy counts whom a revocation hits";
        if (!is.id.empty() && (is.versions.empty() || happened(is.in_force().replaced_at))) return "P16: one version is in force";
    }
    return nullptr;
}
/// Numbers that a sketch does not keep: what goes down ends every lease, and a revocation those of all its environments.
inline const char* wrong_with_numbers(const world& before, const world& after) {
    for (std::size_t i = 0; i < max_policies; ++i)
        if (after.policies[i].id == before.policies[i].id && after.policies[i].versions.size() > 0 &&
            before.policies[i].permissions != key_permissions{} && after.policies[i].permissions == key_permissions{} &&
            !after.policies[i].id.empty() && after.policies[i].epoch <= before.policies[i].epoch && after.policies[i].revoked)
            return "P05: access ends at once: a revocation ends every lease";
    for (std::size_t i = 0; i < max_environments; ++i) {
        const environment_state& was = before.environments[i];
        const environment_state& is = after.environments[i];
        const bool begun = was.transition == operation::none && is.transition != operation::none;
        if ((begun || (is.deleted && !was.deleted)) && is.access_epoch <= was.access_epoch)
            return "what goes down or is deleted ends every lease";
        if (is.deleted) continue;
        const bool moved = was.managed_by != is.managed_by;
        const bool reset_now = was.transition == operation::resetting && is.transition == operation::none;
        if ((moved || reset_now) != (is.key_version != was.key_version))
            return "add, remove and reset, and nothing else, make new environment keys";
        if (reset_now != (is.data_era != was.data_era)) return "after a reset no earlier backup is readable";
    }
    return nullptr;
}

} // namespace detail

template <class Subject>
class search {
public:
    search(const Subject& subject, const bounds& b) : subject_(subject), bounds_(b) {}

    /// Explores everything, or up to the first finding. Returns what is not true, or nothing.
    const char* run() {
        sketch start;
        for (std::size_t i = bounds_.environments; i < max_environments; ++i) start.environments[i].deleted = true;
        states_.insert(pack(start), {});
        for (std::uint32_t n = 0; n < states_.size() && wrong_ == nullptr; ++n) expand(n);
        if (wrong_ != nullptr) return wrong_;
        const model::dead_ends ends = dead_ends();
        number_ = ends.nearest;
        step_ = {"and no way out", the_system, {}};
        if (ends.count > 0) object("every state has a way out, were the key lost");
        return wrong_;
    }
    const state_set& states() const { return states_; }
    std::uint64_t decisions() const { return decisions_; }
    /// The shortest way to what was found, its last step included.
    std::vector<step> way() const {
        std::vector<step> steps{last_};
        for (std::uint32_t n = number_; states_.origin_of(n).from != state_set::not_there; n = states_.origin_of(n).from)
            steps.insert(steps.begin(), steps_[states_.origin_of(n).step]);
        return steps;
    }

private:
    void expand(std::uint32_t number) {
        number_ = number;
        sampled_ = hash_of(states_[number]) % 8 == 0;
        now_ = vault::unpack(states_[number]);
        for (const end_of_zone end : {end_of_zone::first, end_of_zone::last}) {
            world_ = world_of(now_, end);
            if (!(sketch_of(world_) == now_)) object("a world made of a sketch is sketched as it");
            for (std::uint8_t p = 0; p < bounds_.policies; ++p) try_policy(p);
            for (std::uint8_t e = 0; e < bounds_.environments; ++e) try_environment(e);
            if (bounds_.vic) {
                try_all("add_administrator", add_administrator{.by = {}, .at = {}, .who = vic.who, .environment = {}}, {});
                try_all("remove_administrator", remove_administrator{.by = {}, .at = {}, .who = vic.who, .environment = {}}, {});
            }
        }
        pass_time();
    }
    void try_policy(std::uint8_t p) {
        const about a{.policy = p};
        const vault_key_evidence key{.key = key_id(key_names[p]), .print = print_of(p, 1), .type = key_kind::rsa, .bits = 2048};
        try_all("create_policy",
                create_policy{.by = {},
                              .at = {},
                              .policy = policy_id(policy_names[p]),
                              .vault = {.vault = vault_id{"safe"}, .region = region_id{"eu"}, .purge_protection = true},
                              .key = key,
                              .offered_here = true},
                a);
        const std::size_t in_force = now_.policies[p].earlier_version == keep_zone::none ? 1 : 2;
        try_all("grant_access", grant_access{.by = {}, .at = {}, .permissions = all_uses, .print = print_of(p, in_force)}, a);
        try_all("grant_access", grant_access{.by = {}, .at = {}, .permissions = {.get = true}, .print = print_of(p, in_force)}, a);
        try_all("grant_access", grant_access{.by = {}, .at = {}, .permissions = all_uses, .print = print_of(p, 9)}, a);
        try_all("request_unlock", request_unlock{}, a);
        try_all("approve_unlock", approve_unlock{}, a);
        for (std::uint8_t cause = 0; cause < 6; ++cause)
            if (bounds_.versions ? cause != 1 && cause != 4 : cause == 0)
                try_all("revoke_access", revoke_access{{}, {}, static_cast<revocation>(cause)}, a);
        if (bounds_.versions) {
            auto next = key;
            next.print = print_of(p, 2);
            if (now_.policies[p].earlier_version == keep_zone::none)
                try_all("rotate_version", rotate_version{.by = {}, .at = {}, .key = next}, a);
            for (std::uint32_t version = 0; version < 3; ++version)
                try_all("purge_key", purge_key{.by = {}, .at = {}, .version = version}, a);
        }
        for (std::uint8_t e = 0; e < bounds_.environments; ++e)
            try_all("add_to_policy",
                    add_to_policy{.by = {},
                                  .at = {},
                                  .facts = {.managed = true, .data_platform = true, .licensed = true},
                                  .organisation = {},
                                  .confirmed = true},
                    {.policy = p, .environment = e});
    }
    void try_environment(std::uint8_t e) {
        const about a{.environment = e};
        const typed_text name(environment_names[e]);
        try_all("remove_from_policy", remove_from_policy{{}, {}, true, name}, a);
        try_all("open_environment", open_environment{}, a);
        try_all("reset", reset{{}, {}, name}, a);
        try_all("delete_environment", delete_environment{{}, {}, name}, a);
        try_all("expire_environment", expire_environment{}, a);
        for (const operation of : {operation::applying, operation::returning, operation::resetting, operation::copying}) {
            try_all("completed", completed{.by = {}, .at = {}, .of = of}, a);
            try_all("failed", failed{.by = {}, .at = {}, .of = of}, a);
        }
        if (bounds_.environments > 1) try_all("copy", copy{{}, {}, name}, {.environment = e, .source = static_cast<std::uint8_t>(1 - e)});
    }
    /// Those whose business a command is, if it is anybody's; everybody else is tried in every 8th state.
    template <class C>
    static bool concerns(const actor& by) {
        if (types<grant_access, rotate_version, purge_key>::contains<C>) return by.as == principal::vault;
        if (std::is_same_v<C, approve_unlock>) return by == provider_person;
        if (types<completed, failed, expire_environment>::contains<C>) return by == the_system;
        const bool vault = types<create_policy, revoke_access>::contains<C> && by.as == principal::vault;
        return vault || by == alice || by == vic_as_person;
    }
    template <class C>
    void try_all(std::string_view name, C command, const about& a) {
        step_ = {name, {}, a};
        for (const actor& by : people) {
            if ((by.who == vic.who && !bounds_.vic) || wrong_ != nullptr || !(sampled_ || concerns<C>(by))) continue;
            command.by = step_.by = by, command.at = world_.ring.latest;
            take(command, a);
        }
    }

    /// One command by one person: allowed as the rules say, and with what they say.
    template <class C>
    void take(const C& command, const about& a) {
        ++decisions_;
        const asked q{now_, a, command.by};
        const decision d = subject_.decide(facts_of(world_, a, command.at), command);
        if (d.allowed() != may(q, command))
            return object(d.allowed() ? "what is allowed is what the rules allow" : "what the rules allow is allowed");
        if (d.refused()) return;
        sketch expected = now_;
        then(expected, q, command);
        world after = world_;
        for (const event& e : d.events()) apply(after, a, e);
        const sketch found = sketch_of(after);
        if (!(found == expected)) return object("a command leaves what the rules say, and nothing else");
        if ((found == now_) != d.events().empty()) return object("every change of state has its record, and no record is without one");
        if (const char* wrong = detail::wrong_with_counts(after)) return object(wrong);
        if (const char* wrong = detail::wrong_with_numbers(world_, after)) return object(wrong);
        add(found, types<grant_access>::contains<C>);
    }
    void object(const char* sentence) {
        if (wrong_ == nullptr) wrong_ = sentence, last_ = step_;
    }
    void apply(world& w, const about& a, const event& e) const {
        subject_.evolve(w.tenant, e);
        subject_.evolve(w.ring, e);
        for (environment_state& each : w.environments) subject_.evolve(each, e);
        for (std::size_t i = 0; i < max_policies; ++i)
            if (!std::holds_alternative<policy_created>(e.body) || i == a.policy) subject_.evolve(w.policies[i], e);
    }
    void add(const sketch& s, bool needs_luck) {
        const auto [to, is_new] = states_.insert(pack(s), {number_, static_cast<std::uint32_t>(steps_.size())});
        if (is_new) steps_.push_back(step_);
        if (to != number_) edges_.push_back({number_, to, needs_luck});
    }

    /// One window reaches its limit, whichever it is.
    void pass_time() {
        step_ = {"time passes", the_system, {}};
        for (std::size_t i = 0; i < bounds_.policies; ++i) {
            const policy_sketch& p = now_.policies[i];
            sketch later = now_;
            if (p.revoked && p.offline != offline_zone::over) {
                later.policies[i].offline = p.offline == offline_zone::week ? offline_zone::month : offline_zone::over;
                add(later, false);
            }
            for (keep_zone policy_sketch::* window : {&policy_sketch::key_deleted, &policy_sketch::earlier_version}) {
                if (p.*window != keep_zone::running) continue;
                later = now_;
                later.policies[i].*window = keep_zone::over;
                add(later, false);
            }
        }
    }
    /// At rest nothing is under way and no environment is offline; the vault's key may be lost.
    model::dead_ends dead_ends() const {
        return model::dead_ends_among(
            states_.size(), edges_, [](const edge& e) { return !e.needs_luck; },
            [&](std::size_t n) {
                const sketch s = vault::unpack(states_[n]);
                for (std::size_t i = 0; i < max_environments; ++i)
                    if (s.environments[i].under_way != operation::none || (!s.environments[i].deleted && s.offline(i))) return false;
                return true;
            });
    }

    const Subject& subject_;
    bounds bounds_;
    state_set states_;
    std::vector<edge> edges_;
    std::vector<step> steps_; ///< that led to each new state, in their order
    step step_;
    step last_; ///< of what was found
    const char* wrong_ = nullptr;
    std::uint64_t decisions_ = 0;
    std::uint32_t number_ = 0;
    bool sampled_ = false;
    sketch now_;
    world world_;
};

} // namespace keywright::model::vault
