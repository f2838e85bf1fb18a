// SPDX-License-Identifier: Apache-2.0
// The table of operations of one profile: each word that `do` may be, with the command of the policy that it means.
// Almost all run through `ask`: find the subject, read the command, let the policy answer.
#pragma once

#include "session.hpp"

#include <keywright/policy/activation.hpp>
#include <keywright/policy/effects.hpp>
#include <keywright/policy/housekeeping.hpp>
#include <keywright/policy/locking.hpp>
#include <keywright/policy/rollback.hpp>
#include <keywright/policy/vault_lock.hpp>
#include <keywright/profiles/decide.hpp>
#include <keywright/profiles/next_allowed.hpp>
#include <keywright/profiles/plan.hpp>

namespace simulate {

template <const auto& Profile, const auto&... Tables>
struct operations_of {
    using profile_type = std::remove_cvref_t<decltype(Profile)>;

    /// A command that a profile grants to nobody does not exist in it.
    template <class C>
    static constexpr bool has = !(profile_type::grants::template to<C>() == policy::no_one);

    // --- commands of the policy ---

    template <class C>
    static void judge(session& s, const subject& about, const C& command, intent what) {
        const policy::facts f = about.facts_at(command.at);
        if (what == intent::plan) return s.conclude(about, keywright::profiles::plan(Profile, f, command));
        if (what == intent::next_allowed) return s.conclude(about, first_allowed(f, command));
        s.conclude(about, keywright::profiles::decide(Profile, f, command));
        if (s.works_instantly()) carry_out(s, about);
    }
    /// The first moment from the command's own on at which nothing objects, if all stays as it is; `never` where it would
    /// have to change.
    template <class C>
    static instant first_allowed(const policy::facts& f, const C& command) {
        const auto answer = keywright::profiles::next_allowed(Profile, f, command);
        const bool by_waiting = answer.when == keywright::profiles::allowed::now || answer.when == keywright::profiles::allowed::from;
        return by_waiting ? answer.from : keywright::never;
    }
    /// One command about what `Find` names.
    template <class C, auto Find>
    static void ask(session& s, line& l, intent what) {
        if constexpr (has<C>) {
            const subject about = (s.names().*Find)(l);
            C command;
            if (l.understood()) read(operands{l, s.things(), about}, command);
            command.by = s.by();
            command.at = s.at();
            if (l.understood()) judge(s, about, command, what);
        }
    }
    /// `ask`, where the profile has the command.
    template <class C, auto Find>
    static constexpr auto asks = has<C> ? &ask<C, Find> : nullptr;

    /// Of a ring's key or of an environment, as the work is.
    template <class C>
    static void report(session& s, line& l, intent what) {
        const bool of_ring = is_of_ring(operands{l, s.things(), {}}.operation());
        of_ring ? ask<C, &subjects::ring>(s, l, what) : ask<C, &subjects::environment>(s, l, what);
    }
    static void admin(session& s, line& l, intent what) {
        static constexpr choice<policy::principal> roles[] = {{"tenant_admin", policy::principal::person},
                                                              {"environment_admin", policy::principal::person},
                                                              {"provider", policy::principal::provider},
                                                              {"vault_admin", policy::principal::vault}};
        const auto role = l.one_of("role", roles, policy::principal::person);
        const bool of_environment = l.text("role") == "environment_admin";
        if (of_environment && !l.has("environment")) l.complain("expected `environment`, the one that an environment_admin is of");
        if (!of_environment && l.has("environment")) l.complain("`environment`: expected only where `role` is environment_admin");
        if (role != policy::principal::person) return s.appoint(l, role);
        if (l.flag("remove")) return ask<policy::remove_administrator, &subjects::tenant>(s, l, what);
        ask<policy::add_administrator, &subjects::tenant>(s, l, what);
    }
    static void environment(session& s, line& l, intent what) {
        const auto facts = read_facts(l);
        ask<policy::create_environment, &subjects::environment>(s, l, what);
        if (what == intent::act && s.out().is(verdict::allowed)) s.names().environment(l).environment->facts = facts;
    }
    static void import_key(session& s, line& l, intent what) {
        l.flag("show") ? s.show_import_key(l) : ask<policy::create_import_key, &subjects::ring>(s, l, what);
    }
    static void field_encryption(session& s, line& l, intent what) {
        l.flag("on", true) ? ask<policy::enable_field_encryption, &subjects::environment>(s, l, what)
                           : ask<policy::disable_field_encryption, &subjects::environment>(s, l, what);
    }

    // --- what is done because something has happened ---

    /// The system may ask for what is not due: a refusal is no news.
    template <class C>
    static void system_does(session& s, const subject& about, C command) {
        command.at = s.at();
        const auto decided = keywright::profiles::decide(Profile, about.facts_at(command.at), command);
        if (decided.allowed()) s.conclude(about, decided);
    }
    static subject environment_in(session& s, const subject& ring, std::string_view name) {
        return s.names().with(ring, s.things().environment(*ring.ring, name));
    }
    /// Where work takes no time: every effect is carried out, those of what is reported of it included.
    static void carry_out(session& s, const subject& about) {
        const subject ring{.tenant = about.tenant, .ring = about.ring};
        for (std::size_t i = 0; i < s.out().effects.size(); ++i) {
            const policy::effect effect = s.out().effects[i];
            if (const auto* e = std::get_if<policy::install_key>(&effect))
                system_does(s, ring,
                            policy::completed{.of = e->unlocks ? policy::operation::unlocking_key : policy::operation::activation});
            if (const auto* e = std::get_if<policy::carry_out>(&effect))
                system_does(s, environment_in(s, ring, e->environment.view()), policy::completed{.of = e->what});
            if (std::holds_alternative<policy::carry_out_lock>(effect)) carry_out_lock(s, ring);
        }
    }
    /// What was under way when the lock began is undone; a reset is finished, because it only rolls forward.
    static void carry_out_lock(session& s, const subject& ring) {
        for (auto& [name, environment] : ring.ring->environments) {
            const policy::operation under_way = environment.state.transition;
            if (under_way == policy::operation::resetting)
                system_does(s, environment_in(s, ring, name), policy::completed{.of = under_way});
            else if (under_way != policy::operation::none)
                system_does(s, environment_in(s, ring, name), policy::failed{.of = under_way});
        }
        system_does(s, ring, policy::completed{.of = policy::operation::locking});
    }

    // --- what time does ---

    static void tick(session& s, line& l, intent) {
        const std::vector<ring_world*> rings = s.names().rings(l);
        if (!l.understood()) return;
        s.out().came_to = verdict::allowed;
        for (ring_world* each : rings) {
            const subject ring{.tenant = each->tenant, .ring = each};
            s.mention(each);
            end_late_installation(s, ring);
            for (auto& [name, environment] : each->environments)
                if (!environment.state.deleted && environment.state.managed_by == policy::protector::customer)
                    system_does(s, environment_in(s, ring, name), policy::expire_environment{});
        }
    }
    static void end_late_installation(session& s, const subject& about) {
        const policy::ring_state& ring = about.ring->state;
        const auto limit = Profile.template rule_of<policy::report_matches_work>().installation;
        if (incoming_key(ring) == nullptr || policy::effective_now(ring, s.at()) < ring.installing_since + limit) return;
        system_does(s, about,
                    policy::failed{.of = ring.installing_unlocks ? policy::operation::unlocking_key : policy::operation::activation});
    }

    // --- questions ---

    static void plan(session& s, line& l, intent) { s.run_inner(l, intent::plan); }
    static void next_allowed(session& s, line& l, intent) { s.run_inner(l, intent::next_allowed); }
    static void coverage(session& s, line& l, intent) {
        const subject about = s.names().tenant(l);
        [[maybe_unused]] const auto uses = read_uses(l);
        if (l.understood()) s.cover(about);
        if (l.understood()) (s.cover(Tables, uses), ...);
    }

    // --- the table ---

    static constexpr operation table[] = {
        {"tenant", "seats opted_in regions plan", "provider", asks<policy::create_tenant, &subjects::new_tenant>},
        {"feature_on", "", "provider", asks<policy::enable_feature, &subjects::tenant>},
        {"admin", "who role environment remove", "provider", admin},
        {"environment",
         "environment kind file_data external_logs geography version managed dataverse licensed finance_and_operations hosting", "",
         environment},

        {"import_key", "environment show replace kid", "", has<policy::create_import_key> ? import_key : nullptr},
        {"generate_key", "environment key material bits password password_again acknowledged confirmed", "",
         asks<policy::generate_key, &subjects::ring>},
        {"upload_key", "environment key acknowledged confirmed", "", asks<policy::upload_key, &subjects::ring>, true},
        {"activate_key", "environment key acknowledged confirmed", "", asks<policy::activate_key, &subjects::ring>},
        {"rollback_activation", "environment", "", asks<policy::rollback_activation, &subjects::ring>},
        {"lock", "environment confirmation confirmed", "", asks<policy::lock, &subjects::ring>, true},
        {"approve", "environment confirmation", "", asks<policy::approve_lock, &subjects::ring>},
        {"unlock_key", "environment", "", asks<policy::unlock_key, &subjects::ring>, true},

        {"apply_key", "environment acknowledged confirmed", "", asks<policy::apply_key, &subjects::environment>},
        {"return_to_provider", "environment acknowledged confirmed confirmation", "",
         asks<policy::return_to_provider, &subjects::environment>},
        {"unlock_environment", "environment confirmed", "", asks<policy::unlock_environment, &subjects::environment>},
        {"delete_environment", "environment confirmation", "", asks<policy::delete_environment, &subjects::environment>},
        {"open", "environment", "", asks<policy::open_environment, &subjects::environment>},
        {"backup", "environment backup", "", asks<policy::take_backup, &subjects::backup>},
        {"restore", "environment source backup confirmation", "", asks<policy::restore, &subjects::restore>},
        {"copy", "source target confirmation", "", asks<policy::copy, &subjects::copy>},
        {"reset", "environment confirmation", "", asks<policy::reset, &subjects::environment>},
        {"field_encryption", "environment on", "", has<policy::enable_field_encryption> ? field_encryption : nullptr},

        {"vault", "vault soft_delete_days purge_protection", "", has<policy::create_policy> ? &session::tell_vault : nullptr},
        {"policy", "policy vault key material type bits deleted_at offered", "", asks<policy::create_policy, &subjects::policy>},
        {"grant", "policy permissions material", "", asks<policy::grant_access, &subjects::policy>},
        {"add_to_policy", "environment policy organisation confirmed", "", asks<policy::add_to_policy, &subjects::member>},
        {"remove_from_policy", "environment confirmed confirmation", "", asks<policy::remove_from_policy, &subjects::environment>},
        {"revoke", "policy cause", "", asks<policy::revoke_access, &subjects::policy>},
        {"request_unlock", "policy", "", asks<policy::request_unlock, &subjects::policy>},
        {"approve_unlock", "policy", "provider", asks<policy::approve_unlock, &subjects::policy>},
        {"rotate_version", "policy material type bits", "", asks<policy::rotate_version, &subjects::policy>},
        {"purge_key", "policy version", "", asks<policy::purge_key, &subjects::policy>},
        {"integrate", "environment organisation", "", asks<policy::integrate_environment, &subjects::environment>},

        {"completed", "of environment", "system", report<policy::completed>},
        {"failed", "of environment", "system", report<policy::failed>},
        {"notice_delivered", "environment event to key activation", "system", asks<policy::report_delivery, &subjects::ring>},
        {"accept_clock", "environment", "", asks<policy::accept_clock, &subjects::ring>},
        {"tick", "", "system", tick},

        {"coverage", "uses", "system", coverage},
        {"plan", "command", "", plan},
        {"next_allowed", "command", "", next_allowed},
    };

    // --- windows ---

    /// The span of a rule, where the profile has it.
    template <class Rule>
    static constexpr keywright::seconds span_of() {
        if constexpr (profile_type::template has<Rule>)
            return Profile.template rule_of<Rule>().span;
        else
            return {};
    }
    static constexpr window_spans windows() {
        window_spans all{span_of<policy::lock_cooldown>(),
                         span_of<policy::activation_cooldown>(),
                         span_of<policy::unlock_cooldown>(),
                         span_of<policy::retention>(),
                         {},
                         {},
                         profile_type::template has<policy::lock_waits_for_notice>};
        if constexpr (profile_type::template has<policy::offline_retention>) {
            const auto& rule = Profile.template rule_of<policy::offline_retention>();
            all.offline_production = rule.production, all.offline_others = rule.others;
        }
        return all;
    }
};

/// A profile that can be run, with the coverage tables that speak of it.
template <const auto& Profile, const auto&... Tables>
constexpr simulated_profile simulated(std::string_view name, ring_kind rings) {
    using all = operations_of<Profile, Tables...>;
    return {name, rings, all::table, all::windows()};
}

} // namespace simulate
