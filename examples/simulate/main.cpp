// SPDX-License-Identifier: Apache-2.0
// simulate: runs the policy on a scenario. Reads JSON lines, answers each with one, keeps nothing; see FORMAT.md and
// `simulate --help`.
#include "lines.hpp"
#include "output.hpp"
#include "profiles.hpp"

#include <CLI/CLI.hpp>

#include <memory>

namespace {

using namespace simulate;

enum exit_code : int { understood = 0, line_not_understood = 1, usage = 2, io_failed = 3 };

struct options {
    std::string file;
    output_options json;
};

int complain(int code, const std::string& text) {
    fmt::print(stderr, "simulate: {}\n", text);
    return code;
}

/// Writes what has gathered, once there is enough of it.
bool flush(std::string& out, std::size_t at_least) {
    if (out.size() < at_least) return true;
    const bool written = std::fwrite(out.data(), 1, out.size(), stdout) == out.size() && std::fflush(stdout) == 0;
    out.clear();
    return written;
}

int run(std::FILE* from, const options& how) {
    constexpr std::size_t chunk = 64 * 1024;
    line_source source(from);
    session s;
    line l;
    std::string out;
    std::string_view text;
    int code = understood;
    std::size_t number = 0;
    while (source.next(text)) {
        if (++number > max_lines) return complain(line_not_understood, fmt::format("expected at most {} lines", max_lines));
        if (!source.too_long() && text.find_first_not_of(" \t") == std::string_view::npos) continue;
        l.read(number, source.too_long() ? std::string_view("{}") : text);
        if (source.too_long()) l.complain("expected lines of at most {} bytes", max_line_bytes);
        const answer& a = s.run(l);
        if (a.is(verdict::error)) code = line_not_understood;
        write_json(out, a, how.json);
        if (!flush(out, chunk)) return complain(io_failed, "the answers could not be written");
    }
    if (!flush(out, 1)) return complain(io_failed, "the answers could not be written");
    return source.failed() ? complain(io_failed, "the scenario could not be read to its end") : code;
}

} // namespace

int main(int argc, char** argv) {
    CLI::App app("Runs keywright's policy on a scenario: JSON lines in, one JSON line out for each", "simulate");
    options how;
    app.add_option("scenario", how.file, "the scenario's file; standard input where none is given");
    app.add_flag("--state", how.json.state, "show keys and environments after each line");
    app.add_flag("--effects", how.json.effects, "show what is to be done because of each line");
    CLI11_PARSE(app, argc, argv);
    if (how.file.empty()) return run(stdin, how);
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(how.file.c_str(), "rb"), &std::fclose);
    if (file == nullptr) return complain(io_failed, fmt::format("`{}` cannot be opened", how.file));
    return run(file.get(), how);
}
