// SPDX-License-Identifier: Apache-2.0
#include "sentences.hpp"

#include <keywright/format.hpp>

#include <algorithm>

namespace simulate {

using namespace keywright;

namespace {

/// Takes of an event's fields the names, which say what it is about.
struct names_only {
    std::string names;
    template <class Tag>
    void operator()(const char*, const id<Tag>& value) {
        if (!value.empty()) names.append(names.empty() ? ": " : ", ").append(value.view());
    }
    void operator()(const char*, const auto&) const {}
};

void list(std::string& all, std::string_view one) { all.append(all.empty() ? "" : ", ").append(one); }

} // namespace

std::string to_words(const policy::event& event) {
    std::string words(policy::name(event));
    std::replace(words.begin(), words.end(), '_', ' ');
    names_only names;
    policy::visit_body(event.body, [&](const auto& body) { body.visit(body, names); });
    return words + names.names;
}

std::string notices_in_words(const answer& a) {
    std::string kinds;
    std::string people;
    std::string_view last;
    std::vector<std::string_view> told;
    for (const notice& each : a.notices) {
        if (each.kind != last) list(kinds, each.kind);
        last = each.kind;
        if (std::find(told.begin(), told.end(), each.to.view()) == told.end()) told.push_back(each.to.view());
    }
    for (const std::string_view each : told) list(people, each);
    return told.empty() ? std::string() : kinds + " to " + people;
}

std::string to_words(const profiles::plan_outline& plan) {
    std::string words;
    if (plan.environments_hit > 0) list(words, fmt::format("{} environment(s) hit", plan.environments_hit));
    if (plan.environments_not_covered > 0) list(words, fmt::format("{} not covered", plan.environments_not_covered));
    if (plan.downtime) list(words, "downtime");
    if (plan.backups_become_unreadable) list(words, "backups become unreadable");
    if (plan.unsaved_data_is_lost) list(words, "unsaved data is lost");
    if (plan.notice_to_all) list(words, "notice to all");
    for (const key_id& key : plan.keys_that_die) list(words, fmt::format("key `{}` dies", key.view()));
    if (plan.never_in_normal_business) list(words, "never in normal business");
    return "it would mean: " + (words.empty() ? std::string("nothing that is seen") : words);
}

std::vector<std::string> to_sentences(const answer& a) {
    std::vector<std::string> all;
    for (const happening& each : a.events) all.push_back(to_words(each.event));
    if (const std::string told = notices_in_words(a); !told.empty()) all.push_back("mail: " + told);
    for (const policy::reason& each : a.reasons) all.push_back(to_text(each));
    if (a.plan) all.push_back(to_words(*a.plan));
    if (a.next_allowed)
        all.push_back(happened(*a.next_allowed) ? "allowed from " + to_text(*a.next_allowed) : std::string("not allowed by waiting alone"));
    for (const covered_thing& each : a.coverage)
        all.push_back(fmt::format("{}: {}, {}{}", each.what, each.covered ? "covered" : "not covered", each.why,
                                  each.stale ? " (this was to change before now)" : ""));
    if (!a.import_kid.empty()) all.push_back(fmt::format("import key: {}", a.import_kid));
    if (a.is(verdict::error)) all.push_back(a.error);
    return all;
}

} // namespace simulate
