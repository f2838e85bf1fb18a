// SPDX-License-Identifier: Apache-2.0
// The command line: which arguments there are, and how a subcommand is tied to what it does.
#pragma once

#include "workspace.hpp"

#include <CLI/CLI.hpp>

#include <functional>
#include <string>
#include <vector>

namespace tenant_admin {

/// Arguments of all subcommands; each asks for those that it needs.
struct arguments {
    std::uint32_t seats = 0;
    bool opted_in = false;
    unsigned regions = 1;
    std::string who;
    std::string environment, source, backup;
    std::string kind = "production";
    bool file_data = false, external_logs = false;
    std::string key, file, password_file, password_again_file, alias, write_to;
    bool replace = false;
    unsigned bits = 4096, days = 7;
    bool acknowledged = false, confirmed = false;
    std::string confirmation;
    std::vector<std::string> files;
    std::string folder, program;
    std::string public_key, head;
    std::vector<std::string> also;
};

/// One program run. Subcommands store what to do in `chosen`, which main runs.
struct console {
    using work = std::function<keywright::result<answer>(workspace&)>;
    using early_work = std::function<keywright::result<answer>()>;

    places where;
    voice how;
    arguments given;
    std::string name;  ///< of the chosen subcommand
    work chosen;       ///< with everything open, after recovery
    early_work early;  ///< before anything is opened
    early_work late;   ///< after `chosen`, when everything is closed again

    /// Adds a subcommand to `parent` that does `what`.
    CLI::App* add(CLI::App& parent, const std::string& title, const std::string& help, work what) {
        return tie(parent, title, help, [this, what = std::move(what)] { chosen = what; });
    }
    CLI::App* add_early(CLI::App& parent, const std::string& title, const std::string& help, early_work what) {
        return tie(parent, title, help, [this, what = std::move(what)] { early = what; });
    }

    // --- arguments that several subcommands share ---

    void wants_environment(CLI::App* sub, const char* help = "the environment") {
        sub->add_option("--environment,-e", given.environment, help)->required();
    }
    void wants_key(CLI::App* sub) { sub->add_option("--key,-k", given.key, "the key's name"); }
    void wants_key_file(CLI::App* sub) {
        sub->add_option("--file,-f", given.file, "the key file: a PFX, or a BYOK transfer file")->required();
        sub->add_option("--password-file", given.password_file, "a file that holds its password; else KEYWRIGHT_PASSWORD is used");
        sub->add_option("--alias", given.alias, "of several keys in a PFX the one with this friendly name");
    }
    void wants_acknowledgement(CLI::App* sub) {
        sub->add_flag("--acknowledge-risk", given.acknowledged, "that a lost key means lost data");
    }
    void wants_yes(CLI::App* sub) { sub->add_flag("--yes,-y", given.confirmed, "confirm"); }
    void wants_typed(CLI::App* sub, const char* help) { sub->add_option("--confirm", given.confirmation, help); }

private:
    CLI::App* tie(CLI::App& parent, const std::string& title, const std::string& help, std::function<void()> choose) {
        auto* sub = parent.add_subcommand(title, help);
        const bool nested = parent.get_parent() != nullptr;
        sub->callback([this, choose = std::move(choose), full = nested ? parent.get_name() + " " + title : title] {
            name = full;
            choose();
        });
        return sub;
    }
};

void add_setup_commands(console& c, CLI::App& app);
void add_key_commands(console& c, CLI::App& app);
void add_environment_commands(console& c, CLI::App& app);
void add_plan_commands(console& c, CLI::App& app);
void add_file_commands(console& c, CLI::App& app);
void add_secret_commands(console& c, CLI::App& app);
void add_view_commands(console& c, CLI::App& app);
void add_audit_commands(console& c, CLI::App& app);
void add_proof_command(console& c, CLI::App& app);

// --- what several of them share ---

/// The subject that the arguments name: ring, environment, and where data comes from.
keywright::result<keywright::service::subject> subject_of(const workspace& w, const arguments& given);
/// A key file and its password, kept while they are used.
struct loaded_key_file {
    keywright::bytes content;
    std::optional<keywright::secret_bytes> password;
    std::string alias;
    keywright::service::key_file view() const { return {.content = content, .password = password ? &*password : nullptr, .alias = alias}; }
};
keywright::result<loaded_key_file> load_key_file(const arguments& given);
keywright::result<keywright::policy::typed_text> typed(const std::string& text);

/// Runs a command and answers with `done` if it was accepted.
template <class Command>
keywright::result<answer> run_command(workspace& w, const keywright::service::subject& s, const Command& command, const std::string& done,
                                      json data) {
    const auto outcome = w.service.run(s, command);
    if (!outcome) return keywright::pass(outcome);
    const auto state = w.service.state(s);
    if (!state) return keywright::pass(state);
    return answer_of(*outcome, done, std::move(data), *state);
}

} // namespace tenant_admin
