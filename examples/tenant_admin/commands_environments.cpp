// SPDX-License-Identifier: Apache-2.0
// What is done to environments, and the same as plans: what would happen, and what stands in the way.
#include "console.hpp"

namespace tenant_admin {

using namespace keywright;

namespace {

/// A command about environments, ready to be run or planned.
template <class Command>
struct prepared {
    service::subject s;
    Command command;
};

template <class Command>
result<prepared<Command>> prepare(workspace& w, const arguments& given) {
    auto s = subject_of(w, given);
    if (!s) return pass(s);
    const auto by = w.actor();
    if (!by) return pass(by);
    const auto text = typed(given.confirmation);
    if (!text) return pass(text);
    Command c{};
    c.by = *by;
    if constexpr (requires { c.acknowledged; }) c.acknowledged = given.acknowledged;
    if constexpr (requires { c.confirmed; }) c.confirmed = given.confirmed;
    if constexpr (requires { c.confirmation; }) c.confirmation = *text;
    if constexpr (std::is_same_v<Command, policy::restore>)
        if (s->source.empty()) s->source = s->environment; // a backup of its own
    if constexpr (std::is_same_v<Command, policy::take_backup>) c.backup = s->backup, s->backup = {};
    if constexpr (std::is_same_v<Command, policy::activate_key>) {
        const auto key = parse_id<key_id>(given.key, "usage: --key expects a key's name");
        if (!key) return pass(key);
        c.key = *key;
    }
    return prepared<Command>{*s, c};
}

std::string what_is_done(const policy::apply_key&, const service::subject& s) {
    return fmt::format("environment `{}` is on the customer's key; its files were encrypted anew", s.environment);
}
std::string what_is_done(const policy::return_to_provider&, const service::subject& s) {
    return fmt::format("environment `{}` is back on the provider's key", s.environment);
}
std::string what_is_done(const policy::unlock_environment&, const service::subject& s) {
    return fmt::format("environment `{}` is open again", s.environment);
}
std::string what_is_done(const policy::delete_environment&, const service::subject& s) {
    return fmt::format("environment `{}` is deleted with its keys and backups", s.environment);
}
std::string what_is_done(const policy::take_backup& c, const service::subject& s) {
    return fmt::format("backup `{}` of environment `{}` is taken", c.backup, s.environment);
}
std::string what_is_done(const policy::restore&, const service::subject& s) {
    return fmt::format("backup `{}` is restored into environment `{}`", s.backup, s.environment);
}
std::string what_is_done(const policy::copy&, const service::subject& s) {
    return fmt::format("environment `{}` is a copy of `{}`, under keys of its own", s.environment, s.source);
}
std::string what_is_done(const policy::reset&, const service::subject& s) {
    return fmt::format("environment `{}` is empty, its backups are dead, and it is on the provider's key", s.environment);
}

template <class Command>
result<answer> run(workspace& w, const arguments& given) {
    const auto p = prepare<Command>(w, given);
    if (!p) return pass(p);
    json data{{"environment", p->s.environment.view()}};
    if (!p->s.source.empty()) data["from"] = p->s.source.view();
    if (!given.backup.empty()) data["backup"] = given.backup;
    return run_command(w, p->s, p->command, what_is_done(p->command, p->s), std::move(data));
}

// --- plans ---

void add_list(answer& a, const char* title, const char* field, const json& names) {
    if (names.empty()) return;
    std::string line;
    for (const auto& name : names) line += (line.empty() ? "" : ", ") + name.get<std::string>();
    a.text += fmt::format("\n    {:<34} {}", title, line);
    a.data[field] = names;
}

/// Names to the plan's counts: which environments are hit, which a lock does not reach, which backups die.
result<void> add_names(workspace& w, answer& a, const service::subject& s, const profiles::plan_outline& plan) {
    const auto by_name = w.service.affected(s, plan);
    if (!by_name) return pass(by_name);
    json hit = json::array(), not_covered = json::array(), backups = json::array();
    for (const auto& e : by_name->environments) hit.push_back(e.view());
    for (const auto& e : by_name->not_covered) not_covered.push_back(e.view());
    for (const auto& b : by_name->backups) backups.push_back(fmt::format("{}/{}", b.environment, b.backup));
    add_list(a, "environments hit:", "environments", hit);
    add_list(a, "not covered (provider's key):", "not_covered", not_covered);
    add_list(a, "backups that become unreadable:", "backups_lost", backups);
    return {};
}

result<answer> answer_of_plan(workspace& w, const service::subject& s, const result<profiles::plan_outline>& plan,
                              const std::optional<error>& trouble = {}) {
    if (!plan) return pass(plan);
    const auto state = w.service.state({s.ring});
    if (!state) return pass(state);
    answer a{exit_code::done, "would be allowed now", {{"allowed", plan->decision.allowed()}}};
    if (plan->decision.refused()) {
        const auto no = refusal_of(plan->decision.reasons(), trouble, *state);
        a.text = "would be " + no.text;
        a.data["reasons"] = no.data["reasons"];
        if (happened(plan->decision.not_before())) a.data["not_before"] = to_text(plan->decision.not_before());
    }
    if (auto named = add_names(w, a, s, *plan); !named) return pass(named);
    json dying = json::array();
    for (const key_id& key : plan->keys_that_die) dying.push_back(key.view());
    add_list(a, "keys that die:", "keys_that_die", dying);
    a.data["downtime"] = plan->downtime;
    a.data["notice_to_all"] = plan->notice_to_all;
    if (plan->downtime) a.text += "\n    there is downtime";
    if (plan->notice_to_all) a.text += "\n    all administrators get a mail";
    if (plan->never_in_normal_business) a.text += "\n    never in normal business: a lock is for leaving the service or moving away (T43)";
    return a;
}

template <class Command>
result<answer> plan(workspace& w, const arguments& given) {
    const auto p = prepare<Command>(w, given);
    if (!p) return pass(p);
    return answer_of_plan(w, p->s, w.service.plan(p->s, p->command));
}

/// Without the key file a lock is planned as if the right one had been given.
policy::key_evidence right_key(const policy::ring_state& ring) {
    policy::key_evidence file{.format = policy::file_kind::pfx,
                              .outcome = policy::file_outcome::opened,
                              .has_password = true,
                              .has_private = true,
                              .type = policy::key_kind::rsa,
                              .bits = 2048};
    const auto* key = policy::active_key(ring) != nullptr ? policy::active_key(ring) : policy::locked_key(ring);
    if (key != nullptr) file.print = key->print;
    return file;
}

result<answer> plan_lock(workspace& w, const arguments& given) {
    const auto ring = w.ring();
    if (!ring) return pass(ring);
    const auto by = w.actor();
    if (!by) return pass(by);
    const auto confirmation = given.confirmation.empty() ? "lock " + std::string(ring->tenant.view()) : given.confirmation;
    if (!given.file.empty()) {
        const auto file = load_key_file(given);
        if (!file) return pass(file);
        return answer_of_plan(w, {*ring}, w.service.plan_lock(*ring, {.by = *by, .file = file->view(), .confirmation = confirmation}));
    }
    const auto text = typed(confirmation);
    if (!text) return pass(text);
    const auto state = w.service.state({*ring});
    if (!state) return pass(state);
    return answer_of_plan(
        w, {*ring}, w.service.plan({*ring}, policy::lock{.by = *by, .at = {}, .key = right_key(state->ring.value), .confirmation = *text}));
}
result<answer> plan_unlock_key(workspace& w, const arguments&) {
    const auto ring = w.ring();
    if (!ring) return pass(ring);
    const auto by = w.actor();
    if (!by) return pass(by);
    const auto state = w.service.state({*ring});
    if (!state) return pass(state);
    return answer_of_plan(w, {*ring},
                          w.service.plan({*ring}, policy::unlock_key{.by = *by, .at = {}, .key = right_key(state->ring.value)}));
}

/// One subcommand, to be run under the program and planned under `plan`.
template <class Command>
CLI::App* add(console& c, CLI::App& parent, bool planned, const char* title, const char* help) {
    auto& given = c.given;
    auto* sub = c.add(parent, title, help, [&given, planned](workspace& w) {
        // A rotation is run by a command of its own, which shows its progress; here it is only planned.
        if constexpr (!std::is_same_v<Command, policy::activate_key>)
            if (!planned) return run<Command>(w, given);
        expects(planned, "add: a rotation is only planned here");
        return plan<Command>(w, given);
    });
    if constexpr (requires(Command x) { x.acknowledged; }) c.wants_acknowledgement(sub);
    if constexpr (requires(Command x) { x.confirmed; }) c.wants_yes(sub);
    if constexpr (requires(Command x) { x.confirmation; }) c.wants_typed(sub, "type the name of a production environment");
    return sub;
}

void add_both(console& c, CLI::App& app, bool planned) {
    auto& given = c.given;
    c.wants_environment(add<policy::apply_key>(c, app, planned, "apply-key", "put an environment on the customer's key"));
    c.wants_environment(add<policy::return_to_provider>(c, app, planned, "return-key", "put an environment back on the provider's key"));
    c.wants_environment(
        add<policy::unlock_environment>(c, app, planned, "unlock-environment", "open a locked environment, once the key is back"));
    c.wants_environment(
        add<policy::delete_environment>(c, app, planned, "delete-environment", "delete an environment, its keys and its backups"));
    c.wants_environment(
        add<policy::reset>(c, app, planned, "reset", "delete an environment's data and backups; it goes back to the provider's key"));
    auto* backup = add<policy::take_backup>(c, app, planned, "backup", "take a backup of an environment");
    c.wants_environment(backup);
    backup->add_option("--backup,-b", given.backup, "its name")->required();
    auto* restore = add<policy::restore>(c, app, planned, "restore", "restore a backup into its environment, or another one");
    c.wants_environment(restore, "the target");
    restore->add_option("--backup,-b", given.backup, "the backup")->required();
    restore->add_option("--from", given.source, "the environment that it was taken of; the target, if it is not named");
    auto* copy = add<policy::copy>(c, app, planned, "copy", "copy one environment over another");
    c.wants_environment(copy, "the target");
    copy->add_option("--from", given.source, "the environment that is copied")->required();
}

} // namespace

void add_environment_commands(console& c, CLI::App& app) { add_both(c, app, false); }

void add_plan_commands(console& c, CLI::App& app) {
    auto& given = c.given;
    auto* plans = app.add_subcommand("plan", "what a command would do, and what stands in its way; changes nothing");
    plans->require_subcommand(1);
    add_both(c, *plans, true);
    c.wants_key(add<policy::activate_key>(c, *plans, true, "activate-key", "rotate to an available key"));
    auto* lock = c.add(*plans, "lock", "lock every environment on the ring's key", [&](workspace& w) { return plan_lock(w, given); });
    lock->add_option("--file,-f", given.file, "the key file; without it the plan takes the right one for granted");
    lock->add_option("--password-file", given.password_file, "a file that holds its password; else KEYWRIGHT_PASSWORD is used");
    c.wants_typed(lock, "as it would be typed; without it the plan takes the right text for granted");
    c.add(*plans, "unlock-key", "bring the locked key back", [&](workspace& w) { return plan_unlock_key(w, given); });
}

} // namespace tenant_admin
