// SPDX-License-Identifier: Apache-2.0
#include "timeline.hpp"

#include "sentences.hpp"

#include <keywright/policy/names.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace simulate {

using namespace keywright;

void timeline::add(const answer& a) {
    if (a.is(verdict::understood)) return;
    if (columns_.size() == max_columns) {
        ++left_out_;
        return;
    }
    const instant before = columns_.empty() ? a.at : columns_.back().at;
    column c{
        a.line, later(before, a.at), std::string(a.what), std::string(a.by.who.view()), std::string(a.note), a.came_to, {}, to_sentences(a),
        {}};
    for (const policy::reason& each : a.reasons) c.rules.push_back(fmt::format("{} {}", each.rule, policy::name(each.code)));
    for (const ring_world* ring : a.rings) c.rings.push_back(ring->name);
    columns_.push_back(std::move(c));
    for (const ring_world* ring : a.rings) follow(*ring);
}

timeline::lane* timeline::find_lane(std::map<std::string, lane>& all, const std::string& name) {
    if (const auto found = all.find(name); found != all.end()) return &found->second;
    if (lanes_ == max_lanes) return nullptr;
    ++lanes_;
    lane& made = all[name];
    made.name = name;
    return &made;
}

void timeline::follow(const ring_world& ring) {
    ring_lanes& lanes = rings_[ring.name];
    for (const policy::key_record& key : ring.state.keys) {
        const std::string name = fmt::format("{} ({})", name_of(ring, key), material_of(key.print));
        const bool known = lanes.keys.contains(name);
        if (lane* l = find_lane(lanes.keys, name)) {
            if (!known) lanes.key_order.push_back(name);
            enter(*l, policy::name(key.state));
        }
    }
    for (const auto& [name, each] : ring.tenant->policies)
        if (lane* l = each.region == ring.state.region ? find_lane(lanes.policies, name) : nullptr) enter(*l, state_of(each));
    for (const auto& [name, environment] : ring.environments)
        if (lane* l = find_lane(lanes.environments, name)) enter(*l, state_of(ring, environment));
    follow_windows(lanes, ring);
}

void timeline::enter(lane& l, std::string_view state) {
    const std::size_t now = columns_.size() - 1;
    if (l.segments.empty() || l.segments.back().state != state) l.segments.push_back({state, now, now});
    // Lanes of a ring that a line did not touch keep their state, so each segment ends where the next begins.
    if (l.segments.size() > 1) l.segments[l.segments.size() - 2].to = l.segments.back().from;
}

/// Each change that starts a window again ends the one before.
void timeline::follow_windows(ring_lanes& lanes, const ring_world& ring) {
    const policy::ring_state& r = ring.state;
    const bool unheard = spans_.waits_for_notice && happened(r.effective_at) && !happened(r.activation.noticed_at);
    const instant changed = later(later(r.effective_at, r.applied_at), r.activation.noticed_at);
    if (spans_.lock.count != 0) open(lanes.no_lock, changed, unheard ? seconds{} : spans_.lock, {});
    if (spans_.activation.count != 0) open(lanes.no_activation, r.effective_at, spans_.activation, {});
    if (spans_.unlock.count != 0) open(lanes.no_unlock, r.lock_requested_at, spans_.unlock, {});
    for (const auto& [name, environment] : ring.environments) {
        const auto known = lanes.environments.find(name);
        if (known == lanes.environments.end()) continue;
        instant since = never;
        const seconds span = follow_deadline(ring, environment, since);
        if (span.count != 0)
            open(lanes.to_deletion, since, span, known->first);
        else
            close(lanes.to_deletion, known->first);
    }
}

/// How long from `since` on an environment has before it is deleted; 0: nothing threatens it.
seconds timeline::follow_deadline(const ring_world& ring, const environment_world& environment, instant& since) const {
    const policy::environment_state& e = environment.state;
    if (e.deleted) return {};
    const auto its = ring.tenant->policies.find(e.membership.policy.view());
    if (its != ring.tenant->policies.end() && its->second.revoked) {
        since = its->second.revoked_at;
        return e.kind == policy::environment_kind::production ? spans_.offline_production : spans_.offline_others;
    }
    if (!policy::is_locked(ring.state, e)) return {};
    since = policy::locked_at(ring.state, e);
    const instant due = policy::deletion_due(ring.state, since, spans_.retention);
    return happened(due) ? due - since : spans_.retention;
}

void timeline::open(std::vector<window>& windows, instant from, seconds span, std::string_view subject) {
    if (!happened(from)) return;
    const instant until = span.count == 0 ? open_end : from + span;
    for (auto w = windows.rbegin(); w != windows.rend(); ++w)
        if (w->subject == subject && w->begins == from && w->span == span) return;
    close(windows, subject);
    windows.push_back({columns_.size() - 1, from, span, until, subject});
}
void timeline::close(std::vector<window>& windows, std::string_view subject) {
    for (window& w : windows)
        if (w.subject == subject) w.until = std::min(w.until, columns_.back().at);
}

} // namespace simulate
