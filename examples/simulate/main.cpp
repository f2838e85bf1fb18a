// SPDX-License-Identifier: Apache-2.0
// simulate: runs the policy on a scenario. Reads JSON lines, answers each with one, keeps nothing; see FORMAT.md and
// `simulate --help`.
#include "explain.hpp"
#include "lines.hpp"
#include "output.hpp"
#include "profiles.hpp"
#include "timeline_page.hpp"

#include <CLI/CLI.hpp>

#include <unistd.h>

#include <cstdlib>
#include <memory>

namespace {

using namespace simulate;

enum exit_code : int { understood = 0, line_not_understood = 1, usage = 2, io_failed = 3 };

struct options {
    std::string file;
    std::string page;
    bool explain = false;
    output_options json;
};

int complain(int code, const std::string& text) {
    fmt::print(stderr, "simulate: {}\n", text);
    return code;
}

/// Everything that is made of answers, as the options want it.
class reporter {
public:
    explicit reporter(const options& how) : how_(how), explain_(::isatty(STDOUT_FILENO) != 0 && std::getenv("NO_COLOR") == nullptr) {}

    /// False when it could not be written.
    bool tell(const session& s, const answer& a) {
        if (how_.explain)
            explain_.tell(out_, a);
        else
            write_json(out_, a, how_.json);
        if (!how_.page.empty()) {
            if (a.is(verdict::understood)) timeline_.begin(a.profile, s.profile()->windows);
            timeline_.add(a);
        }
        constexpr std::size_t chunk = 64 * 1024;
        return out_.size() < chunk || flush();
    }
    bool finish() {
        if (how_.explain) explain_.sum_up(out_);
        return flush() && (how_.page.empty() || write_page());
    }

private:
    bool flush() {
        const bool written = std::fwrite(out_.data(), 1, out_.size(), stdout) == out_.size() && std::fflush(stdout) == 0;
        out_.clear();
        return written;
    }
    bool write_page() {
        const std::string page = draw_page(timeline_);
        std::FILE* to = std::fopen(how_.page.c_str(), "wb");
        if (to == nullptr) return false;
        const bool written = std::fwrite(page.data(), 1, page.size(), to) == page.size();
        return std::fclose(to) == 0 && written;
    }

    const options& how_;
    explainer explain_;
    timeline timeline_;
    std::string out_;
};

int run(std::FILE* from, const options& how) {
    line_source source(from);
    session s;
    line l;
    reporter report(how);
    std::string_view text;
    int code = understood;
    for (std::size_t number = 1; source.next(text); ++number) {
        if (number > max_lines) return complain(line_not_understood, fmt::format("expected at most {} lines", max_lines));
        if (!source.too_long() && text.find_first_not_of(" \t") == std::string_view::npos) continue;
        l.read(number, source.too_long() ? std::string_view("{}") : text);
        if (source.too_long()) l.complain("expected lines of at most {} bytes", max_line_bytes);
        const answer& a = s.run(l);
        if (a.is(verdict::error)) code = line_not_understood;
        if (!report.tell(s, a)) return complain(io_failed, "the answers could not be written");
    }
    if (!report.finish()) return complain(io_failed, "the answers or the page could not be written");
    return source.failed() ? complain(io_failed, "the scenario could not be read to its end") : code;
}

/// The operations of a profile, for people and for programs that make scenarios.
int list(const std::string& name) {
    for (const simulated_profile* profile : all_profiles)
        if (profile->name == name) {
            std::string out;
            for (const operation& each : profile->operations)
                if (each.run != nullptr) write_operation(out, each);
            return std::fwrite(out.data(), 1, out.size(), stdout) == out.size() ? understood : io_failed;
        }
    return complain(usage, fmt::format("`--list`: there is no profile {}", line::quoted(name)));
}

std::string lesson() {
    std::string profiles;
    for (const simulated_profile* each : all_profiles) profiles.append(profiles.empty() ? "" : ", ").append(each->name);
    return fmt::format(
        R"(A scenario is one JSON object a line. The first names the profile, each other one a moment, who asks, and what for:
  {{"profile":"power_platform"}}
  {{"at":"2026-01-01T00:00:00Z","do":"tenant","tenant":"contoso","seats":1001,"opted_in":true}}
  {{"do":"feature_on"}}
  {{"do":"admin","who":"alice"}}
  {{"at":"2026-01-01T01:00:00Z","by":"alice","do":"upload_key","key":"k1","material":"m1","acknowledged":true}}
  {{"at":"2026-01-01T01:10:00Z","do":"completed","of":"activation"}}
  {{"at":"2026-01-02T01:00:00Z","by":"alice","do":"lock","material":"m1","confirmation":"lock contoso"}}
Each is answered by one line: allowed, with events and notices; refused, with every reason; or an error, and then
nothing was changed:
  {{"line":7,"allowed":false,"reasons":[{{"rule":"T18","code":"lock_cooldown", ...,"not_before":"2026-01-04T01:10:00Z", ...}}, ...]}}
Nothing completes by itself: say `completed` or `failed`, `tick` for what time does, or "instant":true in the first line.
Profiles: {}.
The whole format: FORMAT.md beside the program's source; scenarios to start from: scenarios/.

Exit codes:
  0  every line was understood; a refusal is an answer
  1  a line was not understood; the others were run
  2  the command line does not make sense
  3  reading or writing failed)",
        profiles);
}

} // namespace

int main(int argc, char** argv) {
    CLI::App app("Runs keywright's policy on a scenario: what would be allowed, what refused, by which rule, until when", "simulate");
    options how;
    std::string profile;
    app.add_option("scenario", how.file, "the scenario's file; standard input where none is given");
    app.add_flag("--state", how.json.state, "show keys and environments after each line");
    app.add_flag("--effects", how.json.effects, "show what is to be done because of each line");
    app.add_flag("--explain", how.explain, "answer in sentences, for people");
    app.add_option("--timeline", how.page, "also draw the whole course as a page, into this .html file");
    app.add_option("--list", profile, "only list the operations of this profile, with their fields");
    app.footer(lesson());
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& e) {
        return e.get_exit_code() == 0 ? app.exit(e) : complain(usage, fmt::format("{} (see --help)", e.what()));
    }
    if (!profile.empty()) return list(profile);
    if (how.file.empty()) return run(stdin, how);
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(how.file.c_str(), "rb"), &std::fclose);
    if (file == nullptr) return complain(io_failed, fmt::format("`{}` cannot be opened", how.file));
    return run(file.get(), how);
}
