// SPDX-License-Identifier: Apache-2.0
// What the pages say about the policy, asked of the code itself: which profile holds which rules, where a rule comes
// from, which errors may be retried, what a key's states are called. One line each, words apart by tabs.
// Depends on: policy. Use: `docs_facts | grep ^rule`
#include <keywright/core/error.hpp>
#include <keywright/policy.hpp>
#include <keywright/policy/names.hpp>
#include <keywright/profiles/dynamics_365.hpp>
#include <keywright/profiles/enterprise_policy.hpp>
#include <keywright/profiles/sources.hpp>

#include <cstdio>
#include <string>

using namespace keywright;

namespace {

void line(std::string_view kind, std::string_view a, std::string_view b, std::string_view c = {}) {
    const std::string text = std::string(kind) + '\t' + std::string(a) + '\t' + std::string(b) + '\t' + std::string(c) + '\n';
    std::fputs(text.c_str(), stdout);
}

/// The name of a rule's class, without namespaces and arguments, and the id that it has itself: of `cites<…, rule>` those of
/// the cited one.
template <class Rule>
struct class_of {
    static std::string name() {
        const std::string_view all = __PRETTY_FUNCTION__;
        std::string_view type = all.substr(all.find("Rule = ") + 7);
        type = type.substr(0, type.find_first_of("<;]"));
        return std::string(type.substr(type.rfind(':') + 1)) + '\t' + std::string(std::string_view(Rule::id::text));
    }
};
template <policy::fixed_text Id, class Rule>
struct class_of<policy::cites<Id, Rule>> : class_of<Rule> {};

template <class Grants, class... Rules>
void rules_of(std::string_view profile, const profiles::profile<Grants, Rules...>&) {
    line("rule", profile, Grants::id::text, class_of<Grants>::name());
    (line("rule", profile, Rules::id::text, class_of<Rules>::name()), ...);
}

void errors() {
    for (int i = 0; name(static_cast<errc>(i)) != std::string_view("unknown"); ++i) {
        const error e{static_cast<errc>(i), "", 0};
        line("error", name(e.code), e.retryable() ? "yes" : "no");
    }
}

} // namespace

int main() {
    rules_of("power_platform", profiles::power_platform);
    rules_of("recommended", profiles::recommended);
    rules_of("dynamics_365", profiles::dynamics_365);
    rules_of("enterprise_policy", profiles::enterprise_policy);
    rules_of("", profiles::profile<profiles::power_platform_grants>{}.with(policy::custody_fits{}, policy::protection_fits{}));
    for (const profiles::rule_source& source : profiles::rule_sources) line("source", source.rule, source.document, source.section);
    for (const std::string_view state : policy::names_of<policy::key_state>) line("key_state", state, "");
    errors();
}
