// SPDX-License-Identifier: Apache-2.0
#include "options.hpp"

#include "../common/command_line.hpp"

#include <map>

namespace encrypted_sqlite {

using example::exit_code;
using keywright::envelope::page_suite;

namespace {

constexpr const char* lesson = R"text(Examples:
  head -c 32 /dev/urandom > shop.key && chmod 600 shop.key
      a key of 256 bits; whoever has this file opens the database, and nobody else does
  encrypted_sqlite --key shop.key shop.db "CREATE TABLE item(name, price)" "INSERT INTO item VALUES ('tea', 3)"
      makes the database, as sqlite3 does; statements from arguments, or from standard input
  encrypted_sqlite --key shop.key --mode column shop.db
      at a terminal: statements that end with ; and commands that begin with . (.help lists them)
  encrypted_sqlite convert --to encrypted --key shop.key old.db
      a database in the clear becomes an encrypted one; --to clear is the way back
  encrypted_sqlite verify --key shop.key shop.db
      every page is proved, and PRAGMA integrity_check
  encrypted_sqlite backup --key shop.key shop.db -o shop.backup && encrypted_sqlite verify --key shop.key shop.backup
      as it is at one moment; back: encrypted_sqlite restore --key shop.key shop.db -i shop.backup
  encrypted_sqlite inspect shop.db
      what the file says about itself, without any key; --json for programs
  envelope_file -e --rsa-key escrow.pem shop.key && encrypted_sqlite --key shop.key.esdk --rsa-key escrow.pfx --ask shop.db
      the key file itself encrypted, for whoever holds a PFX: the clear one may then be destroyed
  encrypted_sqlite --environment contoso/eu/prod --state-folder provider --by alice prod.db .tables
      under the keys of a tenant's environment, as the example tenant_admin keeps them; a lock ends it

A file whose name is one of the commands is written ./inspect. On a pipe the first statement that fails ends the work.

Exit codes:
)text";

std::string footer() {
    return lesson +
           example::exit_code_lines({exit_code::proof_failed, exit_code::audit_broken, exit_code::files_differ, exit_code::weak_key,
                                     exit_code::state_exists, exit_code::other_context, exit_code::decision_needed}) +
           "Keys, passwords and passphrases are never taken from the command line, which every process of the machine can read.";
}

struct parser {
    options given;
    CLI::Option* own_file = nullptr;
    CLI::App app{"Works with SQLite databases that are encrypted page by page, as sqlite3 does with others", "encrypted_sqlite"};

    parser() {
        app.footer(footer());
        app.get_formatter()->column_width(32);
        app.fallthrough();
        app.require_subcommand(0, 1);
        own_file = app.add_option("file", given.file, "the database; it is made where there is none");
        app.add_option("sql", given.sql, "statements, or commands that begin with a dot; else they come from standard input");
        add_commands();
        add_keys();
        add_output();
    }

    void add_commands() {
        add_command("inspect", action::inspect, "shows a file's header; needs no key, and proves nothing");
        add_command("verify", action::verify, "proves every page, and asks SQLite for integrity_check");
        auto* convert = add_command("convert", action::convert, "encrypts a database that is in the clear, or the other way round");
        convert
            ->add_option("--to", given.to,
                         "encrypted, or clear: the way out, open to whoever holds the key file; for a tenant's "
                         "environment once that is on the provider's key")
            ->required()
            ->option_text("WHAT")
            ->transform(CLI::CheckedTransformer(std::map<std::string, way>{{"encrypted", way::encrypted}, {"clear", way::clear}}));
        auto* backup = add_command("backup", action::backup, "copies a database while others use it; pages stay sealed");
        backup->add_option("-o,--out", given.out, "the backup that is made; - is standard output")->required()->option_text("PATH");
        backup->add_flag("-f,--force", given.force, "replace what is there");
        auto* restore = add_command("restore", action::restore, "puts a backup in the place of a database");
        restore->add_option("-i,--in", given.in, "the backup; - is standard input")->required()->option_text("PATH");
        restore
            ->add_option("--from-key", given.from_key,
                         "the key file that it was taken under, if that is not --key: so a database moves to another key")
            ->option_text("FILE");
        restore
            ->add_option("--confirm", given.environment.confirmation,
                         "type the name of a production environment: its restore is a decision, told to all administrators")
            ->option_text("NAME");
        add_command("rekey", action::rekey,
                    "a new key for the file, every page sealed anew, while others use it; may be stopped and goes on");
        convert->add_flag("--keep-old-bytes", given.keep_old_bytes, "do not write zeros over the file that was in the clear");
    }
    CLI::App* add_command(const std::string& name, action what, const std::string& help) {
        auto* command = app.add_subcommand(name, help);
        command->add_option("file", given.file, "the database")->required();
        command->callback([this, what] { given.what = what; });
        return command;
    }
    void add_keys() {
        auto* k = app.add_option_group("Keys", "a key file, or a tenant's environment");
        auto* key = k->add_option("--key", given.key,
                                  "a file of 32 bytes, or one that envelope_file made of it: then --aes-key or --rsa-key opens it")
                        ->option_text("FILE");
        example::add_key_files(*k, given.keys);
        example::add_environment(*k, given.environment);
        key->excludes("--environment");
        k->add_option("--suite", given.suite, "of a database that is made: aes-gcm-siv (default), aes-gcm")
            ->option_text("SUITE")
            ->transform(CLI::CheckedTransformer(
                std::map<std::string, page_suite>{{"aes-gcm-siv", page_suite::aes256_gcm_siv}, {"aes-gcm", page_suite::aes256_gcm}}));
        k->add_flag("--read-only", given.read_only, "nothing is written; a missing file is not made");
    }
    void add_output() {
        app.add_option("-m,--mode", given.mode, "how rows are written: list (default), column, json, csv")
            ->option_text("MODE")
            ->transform(CLI::CheckedTransformer(std::map<std::string, row_mode>{
                {"list", row_mode::list}, {"column", row_mode::column}, {"json", row_mode::json}, {"csv", row_mode::csv}}));
        app.add_flag("--header", given.headers, "names of columns first, in modes list and csv");
        app.add_flag("--json", given.as_json, "with inspect and verify: one JSON object");
        example::add_output(app, given.quiet, given.no_colour);
    }

    /// What CLI11 cannot know; throws like it.
    void finish() const {
        if (given.file.empty()) throw CLI::ValidationError("a file is needed", "the database");
        if (given.what != action::shell && own_file->count() > 0)
            throw CLI::ValidationError("one file is expected", "a command takes no SQL");
        if (given.as_json && given.what != action::inspect && given.what != action::verify)
            throw CLI::ValidationError("--json", "goes with inspect and verify; rows become JSON with --mode json");
        if (!given.keys.empty() && given.key.empty()) throw CLI::ValidationError("--aes-key, --rsa-key", "open the file that --key names");
        if (!given.from_key.empty() && given.key.empty()) throw CLI::ValidationError("--from-key", "goes with --key");
        if (given.what != action::inspect && !given.has_key()) throw CLI::ValidationError("a key is needed", "--key or --environment");
    }
};

} // namespace

tl::expected<options, int> parse(int argc, char** argv) {
    parser p;
    if (const auto ends = example::parse(p.app, argc, argv, [&p] { p.finish(); })) return tl::unexpected(*ends);
    return std::move(p.given);
}

} // namespace encrypted_sqlite
