// SPDX-License-Identifier: Apache-2.0
#include "options.hpp"

#include "../common/command_line.hpp"

#include <keywright/adapters/file/message_file.hpp>

#include <map>

namespace envelope_file {

using namespace keywright;
using keys::commitment_policy;

namespace {

constexpr const char* lesson = R"(Examples:
  head -c 32 /dev/urandom > backup.key && chmod 600 backup.key
      a key of 256 bits; whoever has this file opens what is encrypted under it, and nobody else does
  envelope_file -e --aes-key backup.key report.pdf
      makes report.pdf.esdk; the other way round: envelope_file -d --aes-key backup.key report.pdf.esdk
  envelope_file -e --rsa-key escrow.pem --aes-key backup.key --context tenant=contoso photos -o photos.enc
      a whole folder, a message for each file, for two recipients: either key opens it
  envelope_file -d --rsa-key escrow.pfx --ask --context tenant=contoso photos.enc -o photos
      the PFX's password is asked for; a message of another tenant is refused
  pg_dump shop | envelope_file -e --aes-key backup.key > shop.esdk
      from standard input to standard output; - stands for either
  envelope_file -e --environment contoso/eu/prod --state-folder provider --by alice report.pdf
      under the keys of a tenant's environment, as the example tenant_admin keeps them; a lock stops reading
  envelope_file --inspect report.pdf.esdk
      what the message says about itself, without any key; --json for programs

A key has a name, NAMESPACE/NAME, which travels in the message: --aes-key acme/backup=backup.key. Without one it is
envelope_file/<name of the file>. Other AWS Encryption SDKs open what is written here, given key, namespace and name.

Exit codes:
)";

std::string footer() {
    return lesson +
           example::exit_code_lines({exit_code::proof_failed, exit_code::audit_broken, exit_code::files_differ, exit_code::undone,
                                     exit_code::weak_key, exit_code::state_exists}) +
           "Of a folder it is the first file's that failed; the others are done all the same. Keys, passwords and\n"
           "passphrases are never taken from the command line, which every process of the machine can read.";
}

struct parser {
    options given;
    bool encrypt = false, decrypt = false, inspect = false;
    std::vector<std::string> context;
    CLI::App app{"Encrypts and decrypts files, folders and streams in the AWS Encryption SDK's message format", "envelope_file"};

    parser() {
        app.footer(footer());
        app.get_formatter()->column_width(32);
        add_actions();
        add_keys();
        add_context();
        add_message();
        add_output();
    }

    void add_actions() {
        auto* what = app.add_option_group("What to do", "exactly one of these");
        what->add_flag("-e,--encrypt", encrypt, "make messages");
        what->add_flag("-d,--decrypt", decrypt, "open messages");
        what->add_flag("--inspect", inspect, "show a message's header; needs no key, and proves nothing");
        what->require_option(1);
        app.add_option("input", given.in, "a file, a folder, or - for standard input");
        app.add_option("-o,--out", given.out, "the file or folder that is made, or -; else a file's own name with .esdk, or without it")
            ->option_text("PATH");
    }
    void add_keys() {
        auto* k = app.add_option_group("Keys", "one or more; what is encrypted for several, each of them opens");
        example::add_key_files(*k, given.keys);
        example::add_environment(*k, given.environment);
    }
    void add_context() {
        auto* c = app.add_option_group("Context", "not secret, stored in the message, and proven when it is opened");
        c->add_option("--context", context, "KEY=VALUE: written; when decrypting, demanded")
            ->option_text("KEY=VALUE")
            ->allow_extra_args(false);
        c->add_option("--require", given.required_keys, "when decrypting: a key that the context must have, whatever its value")
            ->option_text("KEY")
            ->allow_extra_args(false);
        c->add_flag("--bind-names", given.bind_names,
                    "bind each file's path within its folder (pair `file`): files cannot be exchanged unnoticed");
    }
    void add_message() {
        auto* m = app.add_option_group("Messages");
        m->add_option("--frame-length", given.frame_length, "bytes that are proven at a time, such as 4096 or 64K, to 16M (default 128K)")
            ->option_text("BYTES")
            ->transform(CLI::AsSizeValue(false))
            ->check(CLI::Range(std::uint32_t{1}, envelope::largest_frame));
        m->add_flag("--signed", given.sign, "sign, too (ECDSA P-384): who may only read cannot have written it");
        m->add_option("--commitment", given.policy,
                      "require-encrypt-require-decrypt (default); require-encrypt-allow-decrypt opens format version 1, too; "
                      "forbid-encrypt-allow-decrypt only decrypts")
            ->option_text("POLICY")
            ->transform(CLI::CheckedTransformer(std::map<std::string, commitment_policy>{
                {"require-encrypt-require-decrypt", commitment_policy::require_encrypt_require_decrypt},
                {"require-encrypt-allow-decrypt", commitment_policy::require_encrypt_allow_decrypt},
                {"forbid-encrypt-allow-decrypt", commitment_policy::forbid_encrypt_allow_decrypt}}));
        m->add_flag("--before-signature", given.before_signature,
                    "give out a signed message before the signature at its end is verified, on standard output");
        m->add_flag("--unsorted-context", given.unsorted_context, "open messages whose writer did not sort the context");
        m->add_option("--threads", given.threads, "from file to file, unsigned; 0: as many as there are cores (default 1)")
            ->option_text("N")
            ->default_str("1");
    }
    void add_output() {
        app.add_flag("-f,--force", given.force, "replace what is there");
        app.add_flag("--json", given.as_json, "with --inspect: one JSON object");
        example::add_output(app, given.quiet, given.no_colour);
    }

    /// What CLI11 cannot know; throws like it.
    void finish() {
        given.what = encrypt ? action::encrypt : decrypt ? action::decrypt : action::inspect;
        if (given.frame_length == 0) given.frame_length = file::file_frame_length;
        std::vector<keys::encryption_context::pair> pairs;
        for (const auto& text : context) {
            const auto at = text.find('=');
            if (at == std::string::npos) throw CLI::ValidationError("--context", "expected KEY=VALUE, found `" + text + "`");
            pairs.emplace_back(text.substr(0, at), text.substr(at + 1));
        }
        auto made = keys::encryption_context::make(std::move(pairs));
        if (!made) throw CLI::ValidationError("--context", made.error().text);
        given.context = std::move(*made);
        if (given.what == action::inspect) return;
        if (given.as_json) throw CLI::ValidationError("--json", "goes with --inspect");
        if (given.keys.empty() && given.environment.name.empty())
            throw CLI::ValidationError("a key is needed", "--aes-key, --rsa-key or --environment");
        if (encrypt && !given.required_keys.empty()) throw CLI::ValidationError("--require", "is for --decrypt; --context writes pairs");
        if (encrypt && given.policy == commitment_policy::forbid_encrypt_allow_decrypt)
            throw CLI::ValidationError("--commitment", "nothing is encrypted without key commitment; the other two policies encrypt");
    }
};

} // namespace

tl::expected<options, int> parse(int argc, char** argv) {
    parser p;
    if (const auto ends = example::parse(p.app, argc, argv, [&p] { p.finish(); })) return tl::unexpected(*ends);
    return std::move(p.given);
}

} // namespace envelope_file
