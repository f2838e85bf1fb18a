// SPDX-License-Identifier: Apache-2.0
// tenant_admin: a customer's keys, environments and locks by hand. State lives in an SQLite file, keys in a vault
// folder, files in a content folder, mails in an outbox folder; see `tenant_admin --help`.
#include "../common/command_line.hpp"
#include "console.hpp"

#include <csignal>
#include <cstdlib>
#include <unistd.h>

namespace {

using namespace tenant_admin;

std::string exit_codes() {
    std::string text = "Exit codes:\n";
    for (const auto& row : example::exit_code_table)
        if (row.code <= exit_code::not_there) text += fmt::format("  {:>3}  {}\n", static_cast<int>(row.code), row.meaning);
    return text + "Passwords and passphrases come from files or from the environment, never from the command line.";
}

void add_common(CLI::App& app, console& c) {
    auto& w = c.where;
    const auto text = [&](const char* flag, std::string& into, const char* variable, const char* help, const char* value) {
        into = value;
        app.add_option(flag, into, help)->envname(variable)->capture_default_str();
    };
    text("--state", w.state, "KEYWRIGHT_STATE", "the state, an SQLite file; prove-lock reads all that is in its folder", "state/state.db");
    text("--state-key", w.state_key, "KEYWRIGHT_STATE_KEY",
         "a file of 32 bytes, kept elsewhere, that the state is encrypted under from init on; one in the clear becomes encrypted by "
         "encrypted_sqlite convert --to encrypted --key FILE",
         "");
    text("--vault", w.vault, "KEYWRIGHT_VAULT", "the folder of the vault; never in one backup with the state", "state/vault");
    text("--content", w.content, "KEYWRIGHT_CONTENT", "the folder of the environments' encrypted files", "state/content");
    text("--outbox", w.outbox, "KEYWRIGHT_OUTBOX", "the folder that mails are put into", "state/outbox");
    text("--vault-passphrase-file", w.passphrase_file, "KEYWRIGHT_VAULT_PASSPHRASE_FILE",
         "a file that holds the vault's passphrase; else KEYWRIGHT_VAULT_PASSPHRASE is used", "");
    text("--tenant", w.tenant, "KEYWRIGHT_TENANT", "the tenant", "");
    text("--region", w.region, "KEYWRIGHT_REGION", "the region", "");
    text("--by", w.by, "KEYWRIGHT_BY", "who is asking", "");
    app.add_option("--as", w.as, "in what role: person or provider")
        ->envname("KEYWRIGHT_AS")
        ->check(CLI::IsMember({"person", "provider"}))
        ->capture_default_str();
    app.add_option("--now", w.now,
                   "the moment it is, such as 2026-11-25T06:00:00Z: a manual clock, for trials; a state begun with it needs it always")
        ->envname("KEYWRIGHT_NOW");
    app.add_option("--deadline", w.deadline, "seconds to wait for other processes")->capture_default_str();
    app.add_option("--settle", w.settle, "milliseconds to wait for other processes' leases to end")
        ->envname("KEYWRIGHT_SETTLE_MS")
        ->capture_default_str();
    app.add_flag("--json", c.how.as_json, "answer with one JSON object on stdout");
    app.add_flag("--quiet,-q", c.how.quiet, "say nothing when all is well");
    static bool no_colour = false; // read once, after parsing
    app.add_flag("--no-color", no_colour, "no colours, also on a terminal");
    app.add_flag("--progress", c.how.progress, "progress also where stderr is no terminal");
    app.parse_complete_callback([&c] {
        const bool terminal = ::isatty(STDOUT_FILENO) != 0 && ::isatty(STDERR_FILENO) != 0;
        c.how.colours = terminal && !no_colour && std::getenv("NO_COLOR") == nullptr;
        c.how.progress = c.how.progress || ::isatty(STDERR_FILENO) != 0;
    });
}

answer failure(const keywright::error& e) {
    const auto code = code_of(e);
    const std::string_view text = e.text;
    const bool plain = code == exit_code::usage || code == exit_code::wrong_clock; // a mistake of the caller's, no layer's failure
    return {code, plain ? std::string(text.substr(text.find(' ') + 1)) : to_text(e), {{"error", name(e.code)}}};
}

int report(const console& c, const narrator& out, const keywright::result<answer>& done) {
    const auto a = done ? *done : failure(done.error());
    const auto& moment = c.where.now;
    out.tell(c.chosen && !c.early ? (moment.empty() ? to_text(keywright::system_clock{}.now().value_or(keywright::never)) : moment)
                                  : std::string(),
             c.chosen && !c.early ? c.where.by : std::string(), c.name, a);
    return static_cast<int>(a.code);
}

int run(console& c) {
    narrator out(c.how);
    if (c.early) return report(c, out, c.early());
    auto opened = workspace::open(c.where, out);
    if (!opened) return report(c, out, keywright::pass(opened));
    auto& w = **opened;
    if (const auto resumed = w.recover(); !resumed) return report(c, out, keywright::pass(resumed));
    auto done = c.chosen(w);
    if (done && c.late) {
        opened->reset();
        done = c.late();
    }
    return report(c, out, done);
}

} // namespace

int main(int argc, char** argv) {
    std::signal(SIGXFSZ, SIG_IGN); // a size limit is an error like a full disk, not the end of the process
    console c;
    CLI::App app("Customer keys, environments and locks of a tenant", "tenant_admin");
    app.footer(exit_codes());
    app.require_subcommand(1);
    app.fallthrough();
    add_common(app, c);
    add_setup_commands(c, app);
    add_key_commands(c, app);
    add_environment_commands(c, app);
    add_plan_commands(c, app);
    add_file_commands(c, app);
    add_secret_commands(c, app);
    add_view_commands(c, app);
    add_audit_commands(c, app);
    add_proof_command(c, app);
    if (const auto ends = example::parse(app, argc, argv)) return *ends;
    return run(c);
}
