// SPDX-License-Identifier: Apache-2.0
#include "plan.hpp"

#include <keywright/adapters/file/durable.hpp>

#include <algorithm>
#include <filesystem>
#include <unistd.h>

namespace envelope_file {

using namespace keywright;
namespace fs = std::filesystem;

namespace {

tl::unexpected<trouble> failure(const std::error_code& code, const std::string& path) {
    return trouble_of({file::errc_of(code.value()), "file: expected to read the file or folder", code.value()}, path);
}

/// A file's name on the other side; empty where it has none.
std::string other_name(const std::string& name, action what) {
    if (what == action::encrypt) return name + std::string(suffix);
    return name.ends_with(suffix) && name.size() > suffix.size() ? name.substr(0, name.size() - suffix.size()) : std::string();
}

outcome<plan> one_file(const options& given, std::uint64_t size) {
    const fs::path in(given.in);
    const std::string name = in.filename().string();
    const std::string plain = given.what == action::encrypt ? name : other_name(name, given.what);
    std::string to = given.out;
    if (to.empty() || (to != "-" && fs::is_directory(to))) {
        const std::string made = other_name(name, given.what);
        if (made.empty())
            return trouble_of(exit_code::usage, given.in, "its name does not end with .esdk", "say what it becomes: --out FILE");
        to = ((to.empty() ? in.parent_path() : fs::path(to)) / made).string();
    }
    return plan{{{given.in, to, plain.empty() ? name : plain, size}}, {}, {}, size};
}

/// Whether `inner` is `outer` or lies in it.
bool lies_in(const fs::path& inner, const fs::path& outer) {
    const auto a = fs::weakly_canonical(inner), b = fs::weakly_canonical(outer);
    return std::mismatch(b.begin(), b.end(), a.begin(), a.end()).first == b.end();
}

outcome<plan> whole_folder(const options& given) {
    if (given.out.empty() || given.out == "-")
        return trouble_of(exit_code::usage, given.in, "a folder becomes a folder", "say which: --out FOLDER");
    const fs::path from(given.in), to(given.out);
    if (lies_in(to, from)) return trouble_of(exit_code::usage, given.out, "lies in the folder that is read", "choose another --out");
    plan p;
    p.folders.emplace_back(to.string(), from.string());
    std::error_code failed;
    for (fs::recursive_directory_iterator at(from, failed), end; !failed && at != end; at.increment(failed)) {
        const std::string name = at->path().lexically_relative(from).generic_string();
        if (at->is_directory() && !at->is_symlink()) {
            p.folders.emplace_back((to / name).string(), at->path().string());
            continue;
        }
        const std::string other = other_name(name, given.what);
        if (at->is_symlink() || !at->is_regular_file() || other.empty() || fs::path(name).filename() == suffix) {
            p.passed_over.push_back(at->path().string());
            continue;
        }
        p.files.push_back({at->path().string(), (to / other).string(), given.what == action::encrypt ? name : other, at->file_size()});
        p.total += p.files.back().size;
    }
    if (failed) return failure(failed, given.in);
    std::sort(p.files.begin(), p.files.end(), [](const transfer& a, const transfer& b) { return a.name < b.name; });
    std::sort(p.folders.begin(), p.folders.end());
    std::sort(p.passed_over.begin(), p.passed_over.end());
    return p;
}

} // namespace

outcome<plan> plan_of(const options& given) {
    const std::string to = given.out.empty() ? "-" : given.out;
    if (given.what == action::encrypt && (given.out == "-" || (given.in == "-" && to == "-")) && ::isatty(STDOUT_FILENO) != 0)
        return trouble_of(exit_code::usage, "standard output", "a message is not for a terminal", "name a file with --out, or use a pipe");
    if (given.in == "-") {
        if (::isatty(STDIN_FILENO) != 0)
            return trouble_of(exit_code::usage, "standard input", "expected a file, a folder or a pipe", "see envelope_file --help");
        if (given.bind_names) return trouble_of(exit_code::usage, "--bind-names", "standard input has no name");
        return plan{{{"-", to, {}, 0}}, {}, {}, 0};
    }
    try {
        std::error_code failed;
        const auto status = fs::status(given.in, failed);
        if (!fs::exists(status)) return failure(failed, given.in);
        if (fs::is_directory(status)) return whole_folder(given);
        if (!fs::is_regular_file(status))
            return trouble_of(exit_code::usage, given.in, "expected a file or a folder", "send it through a pipe: - reads standard input");
        return one_file(given, fs::file_size(given.in));
    } catch (const fs::filesystem_error& e) {
        return failure(e.code(), e.path1().string());
    }
}

} // namespace envelope_file
