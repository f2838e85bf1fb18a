// SPDX-License-Identifier: Apache-2.0
// The second model against the shipped core: the same random operations to both, and every answer compared whole:
// events in order, or refusals with rule, code and moment. A divergence is shrunk and printed as a scenario.
//     second_model_compare [COMMANDS of each profile [SEED [PROFILE [DIVERGENCES to show [anything: counts]]]]]
#include "core_side.hpp"
#include "generator.hpp"
#include "scenario.hpp"
#include "step.hpp"

#include <cstdio>
#include <cstdlib>

using namespace second_model;

namespace {

constexpr unsigned commands_per_world = 150;

struct divergence {
    outcome model, core;
    std::size_t at = 0;
};

/// Of what is not there the rules say nothing but that: then no other reason is compared.
bool agree(const operation& asked, const outcome& a, const outcome& b) {
    for (const std::string_view rule : {"H01", "I01"}) {
        const refusal absent{rule, "not_found", std::nullopt};
        if (a.refusals.contains(absent) && b.refusals.contains(absent)) return true;
    }
    const refusal forbidden{"I03", "not_authorized", std::nullopt};
    if (not_of_instances.has(asked.does) && a.refusals.contains(forbidden) && b.refusals.contains(forbidden)) return true;
    // Between two rings nothing may pass; which other reasons there are is judged by the target's ring alone.
    for (const std::string_view rule : {asked.does == verb::copy ? "T31" : "T30", "I12"}) {
        const refusal apart{rule, "key_mismatch", std::nullopt};
        if (a.refusals.contains(apart) && b.refusals.contains(apart)) return true;
    }
    return a == b;
}

/// A program asks about backups that it has; of others the policy is not asked.
bool can_be_asked(const world& model, const operation& asked) {
    return asked.does != verb::restore || model.backups.contains(asked.backup);
}

std::optional<divergence> run_both(profile plays, const std::vector<operation>& story) {
    world model;
    model.plays = plays;
    core_side core(plays);
    for (std::size_t i = 0; i < story.size(); ++i) {
        if (!can_be_asked(model, story[i])) continue;
        divergence found{second_model::step(model, story[i]), core.step(story[i]), i};
        if (!agree(story[i], found.model, found.core)) return found;
    }
    return std::nullopt;
}

/// Leaves out every operation that the divergence does not need.
std::vector<operation> shrunk(profile plays, std::vector<operation> story) {
    for (bool again = true; again;) {
        again = false;
        for (std::size_t i = story.size() - 1; i-- > 1;) {
            auto without = story;
            without.erase(without.begin() + static_cast<std::ptrdiff_t>(i));
            const auto still = run_both(plays, without);
            if (!still) continue;
            without.resize(still->at + 1);
            story = std::move(without);
            again = true;
            i = std::min(i, story.size() - 1);
        }
    }
    return story;
}

/// What makes two divergences the same for somebody who looks for causes.
std::string signature(const operation& asked, const divergence& found) {
    std::string out(verb_names[static_cast<std::size_t>(asked.does)]);
    if (found.model.events != found.core.events)
        out += text_of(outcome{{}, found.model.events}) + "|" + text_of(outcome{{}, found.core.events});
    for (const auto& one : found.model.refusals)
        if (!found.core.refusals.contains(one)) out.append(" -").append(one.rule).append(one.code).append(one.not_before ? "@" : "");
    for (const auto& one : found.core.refusals)
        if (!found.model.refusals.contains(one)) out.append(" +").append(one.rule).append(one.code).append(one.not_before ? "@" : "");
    return out;
}

void show(profile plays, std::uint64_t seed, const std::vector<operation>& story) {
    const auto smallest = shrunk(plays, story);
    const auto found = run_both(plays, smallest);
    std::printf("divergence, seed %llu, %zu operations; after the last of them\n%s", static_cast<unsigned long long>(seed), smallest.size(),
                text_of(plays, smallest).c_str());
    std::printf("  the model says %s\n  the core says  %s\n", text_of(found->model).c_str(), text_of(found->core).c_str());
}

struct tally {
    std::size_t commands = 0, allowed = 0, divergences = 0, most = 3;
    std::set<std::string> shown;             ///< the signatures of divergences
    std::map<std::string, std::size_t> seen; ///< how often each refusal and event occurred
};

void run_world(profile plays, std::uint64_t seed, tally& counts) {
    world model;
    model.plays = plays;
    core_side core(plays);
    generator make(plays, seed);
    std::vector<operation> story;
    while (story.size() < commands_per_world) {
        story.push_back(make.next(model));
        const auto first = second_model::step(model, story.back());
        const auto second = core.step(story.back());
        ++counts.commands;
        counts.allowed += first.allowed();
        for (const auto& one : first.refusals) ++counts.seen[std::string(one.rule) + " " + std::string(one.code)];
        for (const auto& one : first.events) ++counts.seen[std::string(one)];
        if (agree(story.back(), first, second)) continue;
        ++counts.divergences;
        if (counts.shown.size() < counts.most && counts.shown.insert(signature(story.back(), {first, second})).second)
            show(plays, seed, story);
        return;
    }
}

constexpr profile compared_profiles[] = {profile::power_platform, profile::recommended, profile::dynamics_365, profile::enterprise_policy};

/// Worlds of one profile until so many commands were compared; false when an answer differed.
bool compare(profile plays, std::uint64_t seed, tally counts, bool in_detail) {
    const auto first = seed;
    const auto wanted = counts.commands;
    counts.commands = 0;
    while (counts.commands < wanted && counts.shown.size() < counts.most) run_world(plays, seed++, counts);
    std::printf("%s: %zu commands (%zu allowed), worlds from seed %llu to %llu: %zu divergences\n", std::string(name_of(plays)).c_str(),
                counts.commands, counts.allowed, static_cast<unsigned long long>(first), static_cast<unsigned long long>(seed - 1),
                counts.divergences);
    if (in_detail)
        for (const auto& [what, times] : counts.seen) std::printf("%10zu %s\n", times, what.c_str());
    return counts.divergences == 0;
}

} // namespace

int main(int count, char** arguments) {
    const auto number = [&](int at, std::size_t unsaid) {
        return count > at ? static_cast<std::size_t>(std::strtoull(arguments[at], nullptr, 10)) : unsaid;
    };
    // The full run sets this; the worlds of the short run come first in it.
    const char* wanted = std::getenv("KEYWRIGHT_SECOND_MODEL_COMMANDS");
    tally counts;
    counts.commands = wanted ? static_cast<std::size_t>(std::strtoull(wanted, nullptr, 10)) : number(1, 100'000);
    counts.most = number(4, 3);
    bool agreed = true;
    for (const auto one : compared_profiles)
        if (count < 4 || name_of(one) == arguments[3]) agreed = compare(one, number(2, 1), counts, count > 5) && agreed;
    return agreed ? 0 : 1;
}
