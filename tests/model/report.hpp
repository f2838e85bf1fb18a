// SPDX-License-Identifier: Apache-2.0
// Runs searches and prints what came of them, for people: sizes, times, and a counterexample as a scenario.
// Depends on: mutant_table, scenario, way_out.
#pragma once

#include "mutant_table.hpp"
#include "scenario.hpp"
#include "stopwatch.hpp"
#include "way_out.hpp"

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <span>

namespace keywright::model {

/// The tenant as a search finds it: alice, bob and erin are there, and the feature is on; or none of this.
inline sketch first_sketch(const bounds& b) {
    sketch s;
    if (b.people_change) return s;
    s.feature_on = true;
    s.present = {true, true, true};
    return s;
}

/// What a finished or stopped search has to say: a sentence that did not hold, or nothing.
template <class Subject>
finding verdict_of(const search<Subject>& s) {
    if (s.found().what != nullptr) return s.found();
    if (const dead_ends any = find_dead_ends(s, true); any.count > 0)
        return {"every state has a way out", any.nearest, UINT32_MAX, end_of_zone::first};
    if (const dead_ends without = find_dead_ends(s, false); without.count > 0)
        return {"every state has a way out, were the locked key lost", without.nearest, UINT32_MAX, end_of_zone::first};
    return {};
}

template <class Subject>
void print_way(const search<Subject>& s, const finding& f) {
    const told_way told = narrator<Subject>(s).tell(f);
    std::printf("  NOT TRUE: %s\n", f.what);
    std::printf("  the shortest way to it%s:\n", told.taken ? "" : " (windows may have to close in another order than written here)");
    for (const std::string& line : told.lines) std::printf("%s\n", line.c_str());
}

/// Prints the way to a precondition that broke: contract_broken ends in abort().
template <class Subject>
class breach_teller {
public:
    explicit breach_teller(const search<Subject>& s) {
        searched_ = &s;
        std::signal(SIGABRT, &tell);
    }
    ~breach_teller() { std::signal(SIGABRT, SIG_DFL); }
    breach_teller(const breach_teller&) = delete;
    breach_teller& operator=(const breach_teller&) = delete;

private:
    static void tell(int) {
        static std::atomic_flag told;
        if (told.test_and_set()) std::fflush(stdout), std::_Exit(1); // the last step, taken once more
        std::printf("  NOT TRUE: no command breaks a precondition\n  the shortest way to it:\n");
        finding f = at_work;
        f.what = "";
        narrator<Subject>(*searched_, true).tell(f);
        std::fflush(stdout);
        std::_Exit(1);
    }
    static inline const search<Subject>* searched_ = nullptr;
};

/// One search of what is shipped. Returns the number of its states, 0 if anything was found.
template <class Subject>
std::size_t check(const bounds& b) {
    const Subject subject{};
    const stopwatch watch;
    search<Subject> s(subject, b);
    const breach_teller<Subject> tells(s);
    const bool all = s.run(first_sketch(b));
    const finding f = all ? verdict_of(s) : s.found();
    std::printf("%.*s, %.*s: %zu ring(s), %zu keys, %zu+%zu environments, 3 administrators%s%s%s%s%s\n", length(Subject::profile_name),
                Subject::profile_name.data(), length(b.name), b.name.data(), b.rings, b.keys, b.environments[0], b.environments[1],
                b.people_change ? " who come and go" : "", b.backups ? ", a backup each" : "", b.import_keys ? ", import keys" : "",
                b.elsewhere ? ", a ring elsewhere" : "", b.two_people ? ", told apart" : "");
    std::printf("  %zu states, %zu steps between them, depth %zu, %llu decisions, %.1f s\n", s.states().size(), s.edges().size(), s.depth(),
                static_cast<unsigned long long>(s.decisions()), watch.seconds());
    std::fflush(stdout);
    if (f.what == nullptr) return s.states().size();
    print_way(s, f);
    return 0;
}

/// All of them; more than a million states. Prints a last line; returns the exit code.
template <class Subject>
int check_all(std::span<const bounds> normal, std::span<const bounds> wider) {
    const bool wide = std::getenv("KEYWRIGHT_MODEL_LARGE") != nullptr;
    std::size_t states = 0;
    for (const bounds& b : wide ? wider : normal) {
        const std::size_t found = check<Subject>(b);
        if (found == 0) {
            std::printf("%.*s: FAILED\n", length(Subject::profile_name), Subject::profile_name.data());
            return 1;
        }
        states += found;
    }
    const bool enough = states > 1'000'000;
    std::printf("%.*s: %s %zu states\n", length(Subject::profile_name), Subject::profile_name.data(),
                enough ? "every invariant holds in all of" : "FAILED, these are too few:", states);
    return enough ? 0 : 1;
}

/// One mutant. Prints its row; returns whether it was found, or has shown itself equivalent.
template <class Subject>
bool hunt(const mutant& m, const bounds& b) {
    const stopwatch watch;
    const Subject subject(m);
    search<Subject> s(subject, b);
    const bool all = s.run(first_sketch(b));
    const finding f = all ? verdict_of(s) : s.found();
    const bool equivalent = f.what == nullptr && !m.equivalent.empty();
    std::printf("%-45.*s %-55s %5zu %7.2f\n", length(m.what), m.what.data(),
                f.what != nullptr ? f.what
                : equivalent      ? "(equivalent)"
                                  : "SURVIVED",
                s.depth(), watch.seconds());
    if (equivalent) std::printf("    because %.*s\n", length(m.equivalent), m.equivalent.data());
    std::fflush(stdout);
    return m.equivalent.empty() ? f.what != nullptr : equivalent;
}

/// All mutants. Returns the exit code.
template <class Subject, std::size_t N>
int hunt_all(const mutant (&all)[N], const bounds& b) {
    std::printf("%-45s %-55s %5s %7s\n", "mutant", "what it broke first", "depth", "seconds");
    std::size_t survived = 0;
    for (const mutant& m : all) survived += hunt<Subject>(m, b) ? 0U : 1U;
    std::printf("%.*s: %zu mutants, %zu survived\n", length(Subject::profile_name), Subject::profile_name.data(), N, survived);
    return survived == 0 ? 0 : 1;
}

} // namespace keywright::model
