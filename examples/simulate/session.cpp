// SPDX-License-Identifier: Apache-2.0
#include "profiles.hpp"

#include <algorithm>

namespace simulate {

using namespace keywright;

namespace {

/// What a row of names reads like in a complaint.
template <class Range, class Name>
std::string names_in(const Range& range, const Name& name) {
    std::string all;
    for (const auto& each : range) all.append(all.empty() ? "" : ", ").append(name(each));
    return all;
}

} // namespace

void answer::clear() {
    what = {};
    by = {};
    note = {};
    came_to = verdict::error;
    events.clear();
    notices.clear();
    effects.clear();
    reasons.clear();
    error.clear();
    profile = {};
    plan.reset();
    next_allowed.reset();
    coverage.clear();
    import_kid = {};
    rings.clear();
}

// --- one line ---

const answer& session::run(line& l) {
    answer_.clear();
    answer_.line = l.number();
    if (l.understood()) profile_ == nullptr ? begin(l) : dispatch(l, intent::act);
    if (!l.understood()) {
        answer_.clear();
        answer_.error = l.error();
    } else {
        latest_ = answer_.at;
    }
    return answer_;
}

void session::begin(line& l) {
    const std::string_view name = l.text("profile");
    for (const simulated_profile* each : all_profiles)
        if (each->name == name) profile_ = each;
    l.expect_only({"profile instant note"});
    if (profile_ == nullptr)
        l.complain("the first line: expected {{\"profile\":\"...\"}} with one of {}",
                   names_in(all_profiles, [](const simulated_profile* each) { return each->name; }));
    works_instantly_ = l.flag("instant");
    if (!l.understood()) {
        profile_ = nullptr;
        return;
    }
    names_.emplace(world_, profile_->rings);
    answer_.profile = profile_->name;
    answer_.came_to = verdict::understood;
}

void session::dispatch(line& l, intent what) {
    const std::string_view name = l.text("do");
    const auto& known = profile_->operations;
    const auto found = std::find_if(known.begin(), known.end(), [&](const operation& each) { return each.name == name; });
    if (found == known.end() || found->run == nullptr)
        return l.complain("`do`: expected an operation that {} has; found {} (see --list)", profile_->name, line::quoted(name));
    l.expect_only({common_fields, found->fields, found->brings_key_file ? key_file_fields : std::string_view()});
    if (what == intent::act) answer_.what = found->name, answer_.note = l.text("note");
    const bool asked_inside = l.has("command") && !l.has("by");
    if (!asked_inside && (l.has("by") || answer_.by.who.empty())) answer_.by = names_->actor(l, found->asked_by);
    if (const auto at = l.moment("at"))
        answer_.at = *at;
    else if (what == intent::act)
        answer_.at = latest_;
    if (!happened(answer_.at)) l.complain("expected `at`, the moment of the first command");
    if (world_.full()) l.complain("expected at most {} tenants, rings, environments and backups together", max_things);
    found->run(*this, l, what);
}

void session::run_inner(line& l, intent what) {
    line* inner = l.command();
    if (inner == nullptr) return;
    if (inner->text("do") == "plan" || inner->text("do") == "next_allowed")
        inner->complain("`do`: expected a command, found {}", line::quoted(inner->text("do")));
    if (inner->understood()) dispatch(*inner, what);
    if (!inner->understood()) l.complain("`command`: {}", inner->error());
}

// --- lines that no rule speaks about ---

void session::appoint(line& l, policy::principal as) {
    const auto who = l.required_id<admin_id>("who");
    if (by().as != policy::principal::provider) l.complain("expected `by` the provider, who alone names people that are in no tenant");
    if (!l.understood()) return;
    names_->appoint(who, l.flag("remove") ? policy::principal::person : as);
    answer_.came_to = verdict::allowed;
}

void session::tell_vault(session& s, line& l, intent what) {
    const subject about = s.names_->tenant(l);
    if (what != intent::act) l.complain("`do`: expected a command, found `vault`");
    auto told = read_vault(l);
    if (!l.understood()) return;
    if (told.region.empty()) told.region = region_id(about.tenant->regions.front());
    s.world_.note_vault(*about.tenant, told);
    s.answer_.came_to = verdict::allowed;
}

void session::show_import_key(line& l) {
    const subject about = names_->ring(l);
    if (!l.understood()) return;
    answer_.import_kid = about.ring->state.import_kid.view();
    answer_.came_to = verdict::allowed;
    mention(about.ring);
}

void session::cover(const subject& about) {
    answer_.came_to = verdict::allowed;
    for (const auto& [name, ring] : about.tenant->rings)
        for (const auto& [environment, each] : ring.environments) {
            if (each.state.deleted) continue;
            const bool covered = each.state.managed_by == policy::protector::customer;
            answer_.coverage.push_back(
                {"environment " + environment, covered, covered ? "on the customer's key" : "on the provider's key"});
        }
}

// --- what follows ---

void session::mention(const ring_world* ring) {
    if (ring != nullptr && std::find(answer_.rings.begin(), answer_.rings.end(), ring) == answer_.rings.end())
        answer_.rings.push_back(ring);
}

void session::conclude(subject about, const policy::decision& decided) {
    mention(about.ring);
    answer_.came_to = decided.allowed() ? verdict::allowed : verdict::refused;
    if (decided.refused()) {
        answer_.reasons = decided.reasons();
        return;
    }
    for (const policy::event& event : decided.events()) take(about, event);
}

void session::conclude(const subject& about, const profiles::plan_outline& planned) {
    mention(about.ring);
    answer_.plan = planned;
    answer_.came_to = planned.decision.allowed() ? verdict::allowed : verdict::refused;
    if (planned.decision.refused()) answer_.reasons = planned.decision.reasons();
}

void session::conclude(const subject& about, instant first_allowed) {
    mention(about.ring);
    answer_.came_to = verdict::allowed;
    answer_.next_allowed = first_allowed;
}

void session::take(subject& about, const policy::event& event) {
    world_.evolve(about, event);
    answer_.events.push_back({event, about.ring});
    if (policy::notifies(event)) tell(about, event);
    for (const policy::effect& effect : policy::effects_of(event)) answer_.effects.push_back(effect);
}

/// Every administrator of the tenant, and of any environment of the ring, once.
void session::tell(const subject& about, const policy::event& event) {
    const std::size_t first = answer_.notices.size();
    for (const policy::administrator& each : about.tenant->state.administrators) {
        if (!each.environment.empty() && !about.ring->environments.contains(each.environment.view())) continue;
        const bool told = std::any_of(answer_.notices.begin() + static_cast<std::ptrdiff_t>(first), answer_.notices.end(),
                                      [&](const notice& n) { return n.to == each.who; });
        if (!told) answer_.notices.push_back({each.who, policy::name(event)});
    }
}

} // namespace simulate
