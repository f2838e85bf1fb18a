// SPDX-License-Identifier: Apache-2.0
// inspect_key: what a key file is, who made it, what it costs to open, what is in it, and what keywright would say to
// it. For those who answer when a customer's upload is refused; see `inspect_key --help`.
#include "../common/ask_password.hpp"
#include "../common/command_line.hpp"
#include "../common/passwords.hpp"
#include "../common/trouble.hpp"
#include "examine.hpp"
#include "show.hpp"

#include <keywright/adapters/file/durable.hpp>
#include <keywright/adapters/system/clock.hpp>
#include <keywright/format.hpp>

#include <cstdio>
#include <cstdlib>
#include <unistd.h>

namespace {

using namespace keywright;
using example::exit_code;

// No key file is larger; the readers have limits of their own below this.
constexpr std::size_t largest_file = std::size_t{16} << 20;

struct arguments {
    std::string file, password_file, password_variable, alias;
    bool ask = false, as_json = false, no_colour = false;
};

constexpr const char* examples_of_use = R"(Examples:
  inspect_key customer.pfx                         from outside: layers, costs, who may have made it
  inspect_key --ask customer.pfx                   asks for the password without showing it, and looks inside
  inspect_key --password-file pw.txt a.pfx         the password is the file's first line
  PW=... inspect_key --password-env PW a.pfx       the password is in the variable PW
  inspect_key --alias signing --ask many.pfx       of several keys the one with this name
  inspect_key --json customer.byok | jq .verdicts  for programs; fields as in examples/inspect_key/README.md

Exit codes:
)";

std::string footer() {
    std::string text = examples_of_use;
    for (const auto& row : example::exit_code_table) {
        const int code = static_cast<int>(row.code);
        const bool used = code <= 3 || (code >= 20 && code < 30) || row.code == exit_code::not_there;
        const auto meaning = row.code == exit_code::done ? "nothing objects to the file, as far as could be seen" : row.meaning;
        if (used) text += fmt::format("  {:>3}  {}\n", code, meaning);
    }
    return text + "A password is never taken from the command line, which every process of the machine can read.";
}

result<std::optional<secret_bytes>> password_of(const arguments& given) {
    if (given.ask) return example::ask_password("Password: ");
    if (given.password_file.empty() && given.password_variable.empty()) return std::optional<secret_bytes>();
    auto found = example::read_password(given.password_file, given.password_variable.c_str());
    if (found && !*found) return fail(errc::not_found, "usage: the variable that --password-env names is not set");
    return found;
}

int fail_with(const error& e, const arguments& given, const std::string& subject = {}) {
    const auto trouble = example::trouble_of(e, subject).value();
    example::tell("inspect_key", trouble, !given.no_colour && std::getenv("NO_COLOR") == nullptr && ::isatty(STDERR_FILENO) != 0);
    return static_cast<int>(trouble.code);
}

int run(const arguments& given) {
    const auto content = file::read_file(given.file, largest_file);
    if (!content) return fail_with(content.error(), given, given.file);
    const auto password = password_of(given);
    if (!password) return fail_with(password.error(), given, given.password_file);
    const auto now = system_clock{}.now();
    if (!now) return fail_with(now.error(), given);
    const auto report =
        inspect_key::examine({.path = given.file, .content = *content, .password = *password, .alias = given.alias, .now = *now});
    const bool colours = !given.no_colour && std::getenv("NO_COLOR") == nullptr && ::isatty(STDOUT_FILENO) != 0;
    fmt::print("{}\n", given.as_json ? inspect_key::as_json(report) : inspect_key::as_text(report, colours));
    return static_cast<int>(report.code);
}

} // namespace

int main(int argc, char** argv) {
    arguments given;
    CLI::App app("What a key file is, what it costs to open, what is in it, and what keywright would say to it", "inspect_key");
    app.footer(footer());
    app.add_option("file", given.file, "the file: a PFX, a BYOK transfer file, or anything that somebody took for one")->required();
    auto* ask = app.add_flag("--ask,-a", given.ask, "ask for the file's password, without showing it");
    auto* from_file = app.add_option("--password-file", given.password_file, "a file that holds the password");
    auto* from_variable = app.add_option("--password-env", given.password_variable, "the name of a variable that holds the password");
    ask->excludes(from_file)->excludes(from_variable);
    from_file->excludes(from_variable);
    app.add_option("--alias", given.alias, "of several keys in a PFX the one with this friendly name");
    app.add_flag("--json", given.as_json, "one JSON object");
    app.add_flag("--no-color", given.no_colour, "no colours, also on a terminal");
    if (const auto ends = example::parse(app, argc, argv)) return *ends;
    return run(given);
}
