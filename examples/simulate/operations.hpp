// SPDX-License-Identifier: Apache-2.0
// The table of operations of one profile: each word that `do` may be, with the command of the policy that it means.
// Almost all run through `ask`: find the subject, read the command, let the policy decide.
#pragma once

#include "session.hpp"

#include <keywright/policy/activation.hpp>
#include <keywright/policy/housekeeping.hpp>
#include <keywright/policy/locking.hpp>
#include <keywright/profiles/decide.hpp>
#include <keywright/profiles/plan.hpp>

namespace simulate {

template <const auto& Profile>
struct operations_of {
    /// Lets the policy answer, and concludes.
    template <class C>
    static void decide(session& s, const subject& about, C command, intent what = intent::act) {
        command.by = s.by();
        command.at = s.at();
        judge(s, about, command, what);
    }
    template <class C>
    static void judge(session& s, const subject& about, const C& command, intent what) {
        const policy::facts f = about.facts_at(command.at);
        if (what == intent::plan) return s.conclude(about, keywright::profiles::plan(Profile, f, command));
        s.conclude(about, keywright::profiles::decide(Profile, f, command));
        if (s.works_instantly()) carry_out(s, about);
    }

    /// One command of the policy about what `Find` names.
    template <class C, auto Find>
    static void ask(session& s, line& l, intent what) {
        const subject about = (s.names().*Find)(l);
        C command;
        if (l.understood()) read(operands{l, s.things(), about}, command);
        if (l.understood()) decide(s, about, command, what);
    }

    /// Of a ring's key or of an environment, as the work is.
    template <class C>
    static void report(session& s, line& l, intent what) {
        const auto of = operands{l, s.things(), {}}.operation();
        if (is_of_ring(of)) return ask<C, &subjects::ring>(s, l, what);
        ask<C, &subjects::environment>(s, l, what);
    }

    static void admin(session& s, line& l, intent what) {
        static constexpr choice<int> roles[] = {{"tenant_admin", 0}, {"environment_admin", 1}, {"provider", 2}};
        const int role = l.one_of("role", roles, 0);
        if (role == 1 && !l.has("environment")) l.complain("expected `environment`, the one that an environment_admin is of");
        if (role != 1 && l.has("environment")) l.complain("`environment`: expected only where `role` is environment_admin");
        if (role == 2) return provider(s, l);
        if (l.flag("remove")) return ask<policy::remove_administrator, &subjects::tenant>(s, l, what);
        ask<policy::add_administrator, &subjects::tenant>(s, l, what);
    }
    /// The provider's people are no part of any tenant's state, so no rule speaks about them.
    static void provider(session& s, line& l) {
        const auto who = l.required_id<keywright::admin_id>("who");
        if (s.by().as != policy::principal::provider) l.complain("expected `by` the provider, whose people only it names");
        if (!l.understood()) return;
        if (l.flag("remove"))
            s.names().remove_provider(who);
        else
            s.names().add_provider(who);
        s.out().came_to = verdict::allowed;
    }

    static void import_key(session& s, line& l, intent what) {
        if (!l.flag("show")) return ask<policy::create_import_key, &subjects::ring>(s, l, what);
        const subject about = s.names().ring(l);
        if (!l.understood()) return;
        s.out().import_kid = about.ring->state.import_kid.view();
        s.out().came_to = verdict::allowed;
        s.mention(about.ring);
    }

    // --- what is done because something has happened ---

    /// Where work takes no time: every effect is carried out, those of what is reported of it included.
    static void carry_out(session& s, const subject& about) {
        for (std::size_t i = 0; i < s.out().effects.size(); ++i) {
            const policy::effect effect = s.out().effects[i];
            if (const auto* e = std::get_if<policy::install_key>(&effect))
                system_does(s, {about.tenant, about.ring},
                            policy::completed{.of = e->unlocks ? policy::operation::unlocking_key : policy::operation::activation});
            if (const auto* e = std::get_if<policy::carry_out>(&effect))
                system_does(s, {about.tenant, about.ring, s.things().environment(*about.ring, e->environment.view())},
                            policy::completed{.of = e->what});
            if (std::holds_alternative<policy::carry_out_lock>(effect)) carry_out_lock(s, {about.tenant, about.ring});
        }
    }
    /// What was under way when the lock began is undone; a reset is finished, because it only rolls forward.
    static void carry_out_lock(session& s, subject about) {
        for (auto& [name, environment] : about.ring->environments) {
            about.environment = &environment;
            const policy::operation under_way = environment.state.transition;
            if (under_way == policy::operation::resetting)
                system_does(s, about, policy::completed{.of = under_way});
            else if (under_way != policy::operation::none)
                system_does(s, about, policy::failed{.of = under_way});
        }
        system_does(s, {about.tenant, about.ring}, policy::completed{.of = policy::operation::locking});
    }

    // --- what time does ---

    static void tick(session& s, line& l, intent) {
        const std::vector<ring_world*> rings = s.names().rings(l);
        if (!l.understood()) return;
        s.out().came_to = verdict::allowed;
        for (ring_world* ring : rings) {
            subject about{.tenant = ring->tenant, .ring = ring};
            s.mention(ring);
            end_late_installation(s, about);
            for (auto& [name, environment] : ring->environments) {
                about.environment = &environment;
                if (!environment.state.deleted && environment.state.managed_by == policy::protector::customer)
                    system_does(s, about, policy::expire_environment{});
            }
        }
    }
    static void end_late_installation(session& s, const subject& about) {
        const policy::ring_state& ring = about.ring->state;
        const auto limit = Profile.template rule_of<policy::report_matches_work>().installation;
        if (installing_key(ring) == nullptr || policy::effective_now(ring, s.at()) < ring.installing_since + limit) return;
        system_does(s, about,
                    policy::failed{.of = ring.installing_unlocks ? policy::operation::unlocking_key : policy::operation::activation});
    }
    /// The system may ask for what is not due: a refusal is no news.
    template <class C>
    static void system_does(session& s, const subject& about, C command) {
        command.at = s.at();
        const auto decided = keywright::profiles::decide(Profile, about.facts_at(command.at), command);
        if (decided.allowed()) s.conclude(about, decided);
    }

    static void plan(session& s, line& l, intent) { s.run_inner(l, intent::plan); }
    static void next_allowed(session& s, line& l, intent) { s.run_inner(l, intent::next_allowed); }

    // --- the table ---

    static constexpr operation table[] = {
        {"tenant", "seats opted_in regions plan", "provider", ask<policy::create_tenant, &subjects::new_tenant>},
        {"feature_on", "", "provider", ask<policy::enable_feature, &subjects::tenant>},
        {"admin", "who role environment remove", "provider", admin},
        {"environment", "environment kind file_data external_logs geography version", "",
         ask<policy::create_environment, &subjects::environment>},

        {"import_key", "environment show replace kid", "", import_key},
        {"generate_key", "environment key material bits password password_again acknowledged confirmed", "",
         ask<policy::generate_key, &subjects::ring>},
        {"upload_key", "environment key acknowledged confirmed", "", ask<policy::upload_key, &subjects::ring>, true},
        {"activate_key", "environment key acknowledged confirmed", "", ask<policy::activate_key, &subjects::ring>},
        {"lock", "environment confirmation confirmed", "", ask<policy::lock, &subjects::ring>, true},
        {"unlock_key", "environment", "", ask<policy::unlock_key, &subjects::ring>, true},

        {"apply_key", "environment acknowledged confirmed", "", ask<policy::apply_key, &subjects::environment>},
        {"return_to_provider", "environment acknowledged confirmed confirmation", "",
         ask<policy::return_to_provider, &subjects::environment>},
        {"unlock_environment", "environment confirmed", "", ask<policy::unlock_environment, &subjects::environment>},
        {"delete_environment", "environment confirmation", "", ask<policy::delete_environment, &subjects::environment>},
        {"open", "environment", "", ask<policy::open_environment, &subjects::environment>},
        {"backup", "environment backup", "", ask<policy::take_backup, &subjects::backup>},
        {"restore", "environment source backup confirmation", "", ask<policy::restore, &subjects::restore>},
        {"copy", "source target confirmation", "", ask<policy::copy, &subjects::copy>},
        {"reset", "environment confirmation", "", ask<policy::reset, &subjects::environment>},

        {"completed", "of environment", "system", report<policy::completed>},
        {"failed", "of environment", "system", report<policy::failed>},
        {"tick", "", "system", tick},

        {"plan", "command", "", plan},
        {"next_allowed", "command", "", next_allowed},
    };
};

/// The span of a rule, where the profile has it.
template <const auto& Profile, class Rule>
constexpr keywright::seconds span_of() {
    if constexpr (std::remove_cvref_t<decltype(Profile)>::template has<Rule>)
        return Profile.template rule_of<Rule>().span;
    else
        return {};
}

template <const auto& Profile>
constexpr simulated_profile simulated(std::string_view name, ring_kind rings) {
    return {name,
            rings,
            operations_of<Profile>::table,
            {span_of<Profile, policy::lock_cooldown>(), span_of<Profile, policy::activation_cooldown>(),
             span_of<Profile, policy::unlock_cooldown>(), span_of<Profile, policy::retention>()}};
}

} // namespace simulate
