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

void timeline::follow(const ring_world& ring) {
    ring_lanes& lanes = rings_[ring.name];
    const auto lane_of = [&](std::map<std::string, lane>& all, const std::string& name) -> lane* {
        if (const auto found = all.find(name); found != all.end()) return &found->second;
        if (lanes_ == max_lanes) return nullptr;
        ++lanes_;
        lane& made = all[name];
        made.name = name;
        return &made;
    };
    for (const policy::key_record& key : ring.state.keys) {
        const std::string name = fmt::format("{} ({})", key.id.view(), material_of(key.print));
        const bool known = lanes.keys.contains(name);
        if (lane* l = lane_of(lanes.keys, name)) {
            if (!known) lanes.key_order.push_back(name);
            enter(*l, policy::name(key.state));
        }
    }
    for (const auto& [name, environment] : ring.environments)
        if (lane* l = lane_of(lanes.environments, name)) enter(*l, state_of(ring, environment));
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
    const instant changed = later(later(r.effective_at, r.applied_at), r.activation.noticed_at);
    open(lanes.no_lock, changed, spans_.lock, {});
    open(lanes.no_activation, r.effective_at, spans_.activation, {});
    open(lanes.no_unlock, r.lock_requested_at, spans_.unlock, {});
    for (const auto& [name, environment] : ring.environments) {
        const auto known = lanes.environments.find(name);
        if (known == lanes.environments.end()) continue;
        if (environment.state.deleted || !policy::is_locked(r, environment.state)) {
            close(lanes.to_deletion, known->first);
            continue;
        }
        const instant since = policy::locked_at(r, environment.state);
        const instant due = policy::deletion_due(r, since, spans_.retention);
        open(lanes.to_deletion, since, happened(due) ? due - since : spans_.retention, known->first);
    }
}

void timeline::open(std::vector<window>& windows, instant from, seconds span, std::string_view subject) {
    if (!happened(from) || span.count == 0) return;
    for (auto w = windows.rbegin(); w != windows.rend(); ++w)
        if (w->subject == subject && w->begins == from && w->span == span) return;
    close(windows, subject);
    windows.push_back({columns_.size() - 1, from, span, from + span, subject});
}
void timeline::close(std::vector<window>& windows, std::string_view subject) {
    for (window& w : windows)
        if (w.subject == subject) w.until = std::min(w.until, columns_.back().at);
}

} // namespace simulate
