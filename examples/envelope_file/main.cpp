// SPDX-License-Identifier: Apache-2.0
// envelope_file: encrypts and decrypts files, folders and streams as messages that every AWS Encryption SDK reads, under
// key files of the user's or under the keys of a tenant's environment; see `envelope_file --help`.
#include "../common/progress_bar.hpp"
#include "header.hpp"
#include "transfers.hpp"
#include "why_closed.hpp"

#include <cstdio>
#include <filesystem>

namespace {

using namespace envelope_file;

outcome<void> inspect(const options& given) {
    const auto begin = read_beginning(given.in);
    if (!begin) return trouble_of(begin.error(), given.in);
    const auto info = keywright::envelope::inspect_header(*begin);
    if (!info) return tl::unexpected(why_no_message(info.error(), given.in, *begin));
    std::fputs((given.as_json ? as_json(*info, given.in) + "\n" : as_text(*info, given.in, given.colours(STDOUT_FILENO))).c_str(), stdout);
    return {};
}

/// The folders that are mirrored, with the permissions of those that they mirror.
outcome<void> make_folders(const plan& p) {
    for (const auto& [made, like] : p.folders) {
        std::error_code failed;
        std::filesystem::create_directory(made, like, failed);
        if (failed && !std::filesystem::is_directory(made))
            return trouble_of({keywright::file::errc_of(failed.value()), "file: expected to make the folder"}, made);
    }
    return {};
}

/// Every file, also behind one that fails; the first failure is what the program ends with.
exit_code work(const options& given, recipients& keys, const plan& p) {
    const bool colours = given.colours(STDERR_FILENO);
    example::progress_bar bar(p.total, !given.quiet);
    std::uint64_t before = 0;
    std::size_t failures = 0;
    exit_code first = exit_code::done;
    for (const auto& t : p.files) {
        const auto told = [&](std::uint64_t done, std::uint64_t) { bar.at(before + done); };
        const auto done = given.what == action::encrypt ? encrypt(keys, given, t, told) : decrypt(keys, given, t, told);
        before += t.size;
        if (done) continue;
        bar.clear();
        tell(done.error(), colours);
        if (failures++ == 0) first = done.error().code;
    }
    bar.clear();
    for (const auto& path : p.passed_over) tell({exit_code::done, path, "passed over: a link, no file, or without .esdk"}, colours);
    if (failures > 0 && p.files.size() > 1) fmt::print(stderr, "envelope_file: {} of {} files failed\n", failures, p.files.size());
    if (failures == 0 && !given.quiet && p.files.size() != 1)
        fmt::print(stderr, "envelope_file: {} files, {} MiB\n", p.files.size(), p.total >> 20);
    return first;
}

outcome<exit_code> run(const options& given) {
    if (given.what == action::inspect) {
        if (auto shown = inspect(given); !shown) return pass_on(shown);
        return exit_code::done;
    }
    const auto p = plan_of(given);
    if (!p) return pass_on(p);
    const auto keys = recipients::open(given.keys, given.environment, given.how());
    if (!keys) return pass_on(keys);
    if (auto made = make_folders(*p); !made) return pass_on(made);
    return work(given, **keys, *p);
}

} // namespace

int main(int argc, char** argv) {
    const auto given = parse(argc, argv);
    if (!given) return given.error();
    const auto ended = run(*given);
    if (!ended) tell(ended.error(), given->colours(STDERR_FILENO));
    return static_cast<int>(ended ? *ended : ended.error().code);
}
