// SPDX-License-Identifier: Apache-2.0
#include "key_options.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <unistd.h>

namespace example {

using keywright::keys::oaep_hash;

void add_key_files(CLI::App& group, key_file_options& into) {
    group.add_option("--aes-key", into.aes_keys, "[NAMESPACE/NAME=]FILE: a file of 16, 24 or 32 bytes")
        ->option_text("KEY")
        ->allow_extra_args(false);
    group
        .add_option("--rsa-key", into.rsa_keys,
                    "[NAMESPACE/NAME=]FILE: a PFX, PEM or DER; to encrypt, a public key or a certificate will do")
        ->option_text("KEY")
        ->allow_extra_args(false);
    group.add_option("--rsa-padding", into.padding, "the hash of RSA-OAEP: sha1, sha256 (default), sha384, sha512")
        ->option_text("HASH")
        ->transform(CLI::CheckedTransformer(std::map<std::string, oaep_hash>{
            {"sha1", oaep_hash::sha1}, {"sha256", oaep_hash::sha256}, {"sha384", oaep_hash::sha384}, {"sha512", oaep_hash::sha512}}));
    auto* ask = group.add_flag("--ask", into.ask, "ask for the RSA key's password at the terminal");
    group.add_option("--password-file", into.password_file, "a file that holds it; else KEYWRIGHT_PASSWORD is used")
        ->option_text("FILE")
        ->excludes(ask);
}

void add_environment(CLI::App& group, environment_options& into) {
    into.state_folder = "state";
    group.add_option("--environment", into.name, "TENANT/REGION/ENVIRONMENT, of the state that tenant_admin keeps")->option_text("NAME");
    group.add_option("--state-folder", into.state_folder, "the folder with state.db, vault, content and outbox")
        ->option_text("FOLDER")
        ->default_str("state");
    group.add_option("--state-key", into.state_key, "the file of the key that state.db is encrypted under, if it is")
        ->option_text("FILE")
        ->envname("KEYWRIGHT_STATE_KEY");
    group.add_option("--by", into.by, "who opens the environment")->option_text("WHO")->envname("KEYWRIGHT_BY");
    group.add_option("--vault-passphrase-file", into.passphrase_file, "else KEYWRIGHT_VAULT_PASSPHRASE is used")->option_text("FILE");
    group.add_option("--now", into.now, "the moment, for a state that was begun with a manual clock")
        ->option_text("MOMENT")
        ->envname("KEYWRIGHT_NOW");
}

void add_output(CLI::App& app, bool& quiet, bool& no_colour) {
    app.add_flag("-q,--quiet", quiet, "say nothing when all is well; no progress");
    app.add_flag("--no-color", no_colour, "no colours, also on a terminal");
}

std::string exit_code_lines(std::initializer_list<exit_code> never) {
    std::string text;
    for (const auto& row : exit_code_table)
        if (std::find(never.begin(), never.end(), row.code) == never.end())
            text += fmt::format("  {:>3}  {}\n", static_cast<int>(row.code), row.meaning);
    return text;
}

bool wants_colours(int descriptor, bool no_colour) { return !no_colour && std::getenv("NO_COLOR") == nullptr && ::isatty(descriptor) != 0; }

} // namespace example
