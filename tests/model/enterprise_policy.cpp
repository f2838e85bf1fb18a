// SPDX-License-Identifier: Apache-2.0
// Every state that enterprise_policy can reach within bounds, and every mutant of it.
//     model_enterprise_policy            all states
//     model_enterprise_policy mutants    a table: which mutant broke which sentence
#include "vault_search.hpp"

#include "stopwatch.hpp"

#include <cstdio>
#include <cstring>

namespace {

using namespace keywright::model;

constexpr vault::bounds searches[] = {
    {.name = "one policy, everything that can happen to its key", .environments = 1, .vic = true, .versions = true},
    {.name = "one policy, two environments", .environments = 2, .vic = true},
    {.name = "two policies, two environments", .policies = 2, .environments = 2},
};

void print(const vault::step& s) {
    const auto name = [](const auto& names, std::uint8_t number) { return number < names.size() ? names[number] : std::string_view{}; };
    const std::string_view policy = name(vault::policy_names, s.a.policy), environment = name(vault::environment_names, s.a.environment);
    std::printf("    %.*s: %.*s %.*s %.*s\n", length(s.by.who.view()), s.by.who.view().data(), length(s.what), s.what.data(),
                length(policy), policy.data(), length(environment), environment.data());
}

/// Returns what was not true, or nothing.
const char* check(const vault::bounds& b, const vault::mutant& m, std::size_t& states) {
    const stopwatch watch;
    const vault::subject subject(m);
    vault::search<vault::subject> s(subject, b);
    const char* wrong = s.run();
    states += s.states().size();
    if (&m != &vault::honest) return wrong;
    std::printf("enterprise_policy, %.*s: %zu states, %llu decisions, %.1f s\n", length(b.name), b.name.data(), s.states().size(),
                static_cast<unsigned long long>(s.decisions()), watch.seconds());
    if (wrong == nullptr) return nullptr;
    std::printf("  NOT TRUE: %s\n  the shortest way to it:\n", wrong);
    for (const vault::step& each : s.way()) print(each);
    return wrong;
}

int check_all() {
    std::size_t states = 0;
    for (const vault::bounds& b : searches)
        if (check(b, vault::honest, states) != nullptr) return 1;
    const bool enough = states > 10'000;
    std::printf("enterprise_policy: %s %zu states\n", enough ? "every sentence holds in all of" : "FAILED, these are too few:", states);
    return enough ? 0 : 1;
}

int hunt_all() {
    std::size_t survived = 0;
    for (const vault::mutant& m : vault::mutants) {
        const char* found = nullptr;
        std::size_t states = 0;
        for (const vault::bounds& b : searches)
            if (found == nullptr) found = check(b, m, states);
        std::printf("%-45.*s %-70s %zu\n", length(m.what), m.what.data(), found != nullptr ? found : "SURVIVED", states);
        survived += found != nullptr ? 0U : 1U;
    }
    std::printf("enterprise_policy: %zu mutants, %zu survived\n", std::size(vault::mutants), survived);
    return survived == 0 ? 0 : 1;
}

} // namespace

int main(int count, char** arguments) { return count > 1 && std::strcmp(arguments[1], "mutants") == 0 ? hunt_all() : check_all(); }
