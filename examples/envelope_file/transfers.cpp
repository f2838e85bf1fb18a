// SPDX-License-Identifier: Apache-2.0
#include "transfers.hpp"

#include "why_closed.hpp"

#include <filesystem>
#include <unistd.h>

namespace envelope_file {

using namespace keywright;
namespace fs = std::filesystem;

namespace {

outcome<void> may_be_made(const std::string& path, bool replace) {
    if (path == "-") return {};
    std::error_code ignored;
    const auto there = fs::symlink_status(path, ignored);
    if (fs::is_directory(there)) return trouble_of(exit_code::usage, path, "is a folder, expected a name for a file");
    if (fs::exists(there) && !replace)
        return trouble_of(exit_code::output_exists, path, "is there already", "--force replaces it; --out names another");
    return {};
}

/// The context of one file: what was given, and where --bind-names asks for it, its name.
outcome<keys::encryption_context> context_of(const options& given, const transfer& t) {
    if (!given.bind_names) return given.context;
    auto name = keys::encryption_context::make({{"file", t.name}});
    if (!name) return trouble_of(name.error(), t.from);
    auto joined = given.context.joined(*name);
    if (!joined) return trouble_of(exit_code::usage, t.from, "--bind-names writes the pair `file`, and --context has another");
    return std::move(*joined);
}

/// Where a stream ends: a file that is whole or not there, or standard output.
class sink {
public:
    static result<sink> open(const std::string& path) {
        sink made;
        if (path == "-") {
            made.pipe_ = file::descriptor(::dup(STDOUT_FILENO));
            if (!made.pipe_) return file::fail_errno("file: expected standard output to be open");
            return made;
        }
        auto begun = file::growing_file::begin(path);
        if (!begun) return pass(begun);
        made.file_.emplace(std::move(*begun));
        return made;
    }
    result<void> write(byte_view data) { return file_ ? file_->write(data) : file::write_fully(pipe_, data); }
    result<void> commit() { return file_ ? file_->commit() : result<void>{}; }

private:
    std::optional<file::growing_file> file_;
    file::descriptor pipe_;
};

/// Everything of `from` through a sealer or an opener into `out`.
template <class Machine>
result<void> pump(const std::string& from, Machine& machine, sink& out, const file::progress& told) {
    const auto in = from == "-" ? result<file::descriptor>(file::descriptor(::dup(STDIN_FILENO))) : file::open_file(from, O_RDONLY);
    if (!in) return pass(in);
    std::uint64_t done = 0;
    for (;;) {
        const auto room = machine.room();
        const auto got = file::read_fully(*in, room);
        if (!got) return pass(got);
        done += *got;
        if (told) told(done, 0);
        if (*got > 0) {
            const auto ready = machine.filled(*got);
            if (!ready) return pass(ready);
            if (auto wrote = out.write(*ready); !wrote) return wrote;
        }
        if (*got < room.size()) break;
    }
    const auto last = machine.finish();
    if (!last) return pass(last);
    if (auto wrote = out.write(*last); !wrote) return wrote;
    return out.commit();
}

bool between_files(const transfer& t) { return t.from != "-" && t.to != "-"; }

result<void> seal_stream(const keys::key_ref& keys, const transfer& t, const keys::encryption_context& context,
                         const envelope::seal_options& how, const file::progress& told) {
    auto machine = envelope::sealer::begin(keys, context, how);
    if (!machine) return pass(machine);
    auto out = sink::open(t.to);
    if (!out) return pass(out);
    if (auto wrote = out->write(machine->header()); !wrote) return wrote;
    return pump(t.from, *machine, *out, told);
}

result<void> open_stream(const keys::key_ref& keys, const transfer& t, const envelope::open_options& how, const file::progress& told) {
    envelope::opener machine(keys, how);
    auto out = sink::open(t.to);
    if (!out) return pass(out);
    return pump(t.from, machine, *out, told);
}

} // namespace

outcome<void> encrypt(recipients& keys, const options& given, const transfer& t, const file::progress& told) {
    if (auto may = may_be_made(t.to, given.force); !may) return may;
    const auto context = context_of(given, t);
    if (!context) return pass_on(context);
    const auto keyring = keys.keyring();
    if (!keyring) return pass_on(keyring);
    const envelope::seal_options how{
        .frame_length = given.frame_length, .sign = given.sign, .policy = given.policy, .threads = given.threads};
    const auto done =
        between_files(t) ? file::seal_file(*keyring, t.from, t.to, *context, told, how) : seal_stream(*keyring, t, *context, how, told);
    if (done) return {};
    return trouble_of(done.error(), t.from == "-" || fs::exists(t.from) ? t.to : t.from);
}

outcome<void> decrypt(recipients& keys, const options& given, const transfer& t, const file::progress& told) {
    if (auto may = may_be_made(t.to, given.force); !may) return may;
    auto context = context_of(given, t);
    if (!context) return pass_on(context);
    const auto keyring = keys.keyring();
    if (!keyring) return pass_on(keyring);
    const example::witness asked(*keyring);
    envelope::open_options how{.limits = {.unsorted_context = given.unsorted_context},
                               .expected = std::move(*context),
                               .required_keys = given.required_keys,
                               .policy = given.policy,
                               .threads = given.threads};
    if (t.to != "-") how.release = envelope::before_signature("the file appears only once the signature holds");
    if (given.before_signature) how.release = envelope::before_signature("--before-signature was given");
    result<void> done;
    if (between_files(t)) {
        const auto info = file::open_message(asked, t.from, t.to, how, told);
        if (!info) done = pass(info);
    } else {
        done = open_stream(asked, t, how, told);
    }
    if (done) return {};
    return tl::unexpected(why_closed(done.error(), {given, how.expected, t, asked.opened()}));
}

} // namespace envelope_file
