// SPDX-License-Identifier: Apache-2.0
// What there is, in which state, and what can be done with it now or when.
#include "console.hpp"

#include <keywright/profiles/coverage.hpp>

namespace tenant_admin {

using namespace keywright;

namespace {

/// When a command would be allowed: "now", a moment, or the rules that stand in its way.
std::string when(const result<profiles::plan_outline>& plan) {
    if (!plan) return to_text(plan.error());
    if (plan->decision.allowed()) return "now";
    std::string rules;
    for (const auto& r : plan->decision.reasons()) rules += fmt::format("{}{} {}", rules.empty() ? "" : ", ", r.rule, policy::name(r.code));
    const auto from = plan->decision.not_before();
    return happened(from) ? fmt::format("from {} ({})", to_text(from), rules) : fmt::format("no: {}", rules);
}

struct report {
    answer a;
    void line(const std::string& text) { a.text += "\n    " + text; }
    void can(json& into, std::string_view what, const result<profiles::plan_outline>& plan) {
        const auto text = when(plan);
        line(fmt::format("    {:<20} {}", what, text));
        into[std::string(what)] = text;
    }
};

policy::key_evidence the_key(const fingerprint& print) {
    return {.format = policy::file_kind::pfx,
            .outcome = policy::file_outcome::opened,
            .has_password = true,
            .has_private = true,
            .type = policy::key_kind::rsa,
            .bits = 2048,
            .print = print};
}

void tell_keys(workspace& w, report& r, const service::loaded& l, const service::ring_id& ring, const policy::actor& by) {
    json keys = json::array();
    r.line(fmt::format("keys of ring {}/{}, generation {}, lock epoch {}", ring.tenant, ring.region, l.ring.value.generation,
                       l.ring.value.lock_epoch));
    for (const auto& key : l.ring.value.keys) {
        const auto print = to_hex(key.print);
        r.line(fmt::format("  {:<16} {:<10} since {}  {}…", key.id, policy::name(key.state), to_text(key.created_at), print.substr(0, 16)));
        json one{
            {"key", key.id.view()}, {"state", policy::name(key.state)}, {"fingerprint", print}, {"created_at", to_text(key.created_at)}};
        if (key.state == policy::key_state::available)
            r.can(one, "activate-key",
                  w.service.plan({ring}, policy::activate_key{.by = by, .at = {}, .key = key.id, .acknowledged = true, .confirmed = true}));
        if (key.state == policy::key_state::active)
            r.can(one, "lock",
                  w.service.plan({ring}, policy::lock{.by = by,
                                                      .at = {},
                                                      .key = the_key(key.print),
                                                      .confirmation = policy::typed_text("lock " + std::string(ring.tenant.view()))}));
        if (key.state == policy::key_state::locked)
            r.can(one, "unlock-key", w.service.plan({ring}, policy::unlock_key{.by = by, .at = {}, .key = the_key(key.print)}));
        keys.push_back(std::move(one));
    }
    r.a.data["keys"] = std::move(keys);
}

void tell_environment(workspace& w, report& r, json& into, const service::loaded& l, const service::subject& s,
                      const policy::environment_state& e, const policy::actor& by) {
    const auto state = policy::state_name(l.ring.value, e);
    json one{{"environment", e.id.view()},
             {"kind", policy::name(e.kind)},
             {"state", state},
             {"key_version", e.key_version},
             {"content", e.content}};
    r.line(fmt::format("  {:<16} {:<16} {:<10} key version {}", e.id, state, policy::name(e.kind), e.key_version));
    const policy::typed_text name(e.id.view());
    if (policy::is_locked(l.ring.value, e)) {
        const auto due = policy::deletion_due(l.ring.value, policy::locked_at(l.ring.value, e), days(28));
        if (happened(due))
            one["deleted_from"] = to_text(due), r.line(fmt::format("    {:<20} {}", "deleted if not unlocked by", to_text(due)));
        r.can(one, "unlock-environment", w.service.plan(s, policy::unlock_environment{.by = by, .at = {}, .confirmed = true}));
    } else if (!e.deleted) {
        if (e.managed_by == policy::protector::provider)
            r.can(one, "apply-key", w.service.plan(s, policy::apply_key{.by = by, .at = {}, .acknowledged = true, .confirmed = true}));
        else
            r.can(one, "return-key",
                  w.service.plan(
                      s, policy::return_to_provider{.by = by, .at = {}, .acknowledged = true, .confirmed = true, .confirmation = name}));
        r.can(one, "reset", w.service.plan(s, policy::reset{.by = by, .at = {}, .confirmation = name}));
    }
    into.push_back(std::move(one));
}

result<answer> status(workspace& w) {
    const auto ring = w.ring();
    if (!ring) return pass(ring);
    const auto by = w.actor();
    if (!by) return pass(by);
    const auto l = w.service.state({*ring});
    if (!l) return pass(l);
    const auto all = w.environments(*ring);
    if (!all) return pass(all);
    const auto& state = l->ring.value;
    report r{{exit_code::done,
              fmt::format("tenant `{}`, {} environment(s): {} on the customer's key, {} locked", ring->tenant, state.environments,
                          state.customer_managed, state.locked),
              json::object()}};
    tell_keys(w, r, *l, *ring, *by);
    json environments = json::array();
    r.line("environments");
    for (const auto& e : *all) tell_environment(w, r, environments, *l, {*ring, e.id}, e, *by);
    r.a.data["environments"] = std::move(environments);
    json admins = json::array();
    for (const auto& a : l->tenant.value.administrators) {
        const auto scope = a.environment.empty() ? std::string("tenant") : std::string(a.environment.view());
        r.line(fmt::format("administrator {:<30} of {}", a.who, scope));
        admins.push_back({{"who", a.who.view()}, {"of", scope}});
    }
    r.a.data["administrators"] = std::move(admins);
    return r.a;
}

answer coverage() {
    const auto& table = profiles::power_platform_coverage;
    answer a{exit_code::done,
             fmt::format("what the customer's key covers, as of {} (T04)", to_text(table.as_of).substr(0, 10)),
             {{"as_of", to_text(table.as_of)}, {"rows", json::array()}}};
    for (const auto& row : table.rows) {
        a.text += fmt::format("\n    {:<22} {:<12} {}", row.what, row.covered ? "covered" : "NOT covered", row.why);
        a.data["rows"].push_back({{"what", row.what}, {"covered", row.covered}, {"why", row.why}});
    }
    return a;
}

} // namespace

void add_view_commands(console& c, CLI::App& app) {
    c.add(app, "status", "keys and environments, their states, and what can be done when", [](workspace& w) { return status(w); });
    c.add_early(app, "coverage", "what of an environment is under the customer's key, and what is not",
                []() -> result<answer> { return coverage(); });
}

} // namespace tenant_admin
