// SPDX-License-Identifier: Apache-2.0
// A way to a state as JSON lines that `simulate` reads: the commands with real names and real times. A search knows
// which windows have closed, not when; here each closes as early as it can, and a finding that shows only in the last
// second of a window is put there.
// Depends on: search.
#pragma once

#include "search.hpp"

#include <keywright/core/time_text.hpp>
#include <keywright/policy/names.hpp>

#include <cstdio>
#include <string>

namespace keywright::model {

namespace detail {

/// One JSON object, field by field.
class json_line {
public:
    json_line(instant at, std::string_view verb) {
        text("at", to_text(at));
        text("do", verb);
    }
    json_line& text(std::string_view name, std::string_view value) { return raw(name, "\"" + std::string(value) + "\""); }
    json_line& flag(std::string_view name, bool value) { return value ? raw(name, "true") : *this; }
    json_line& raw(std::string_view name, const std::string& value) {
        line_ += (line_.empty() ? "{\"" : ",\"") + std::string(name) + "\":" + value;
        return *this;
    }
    std::string end() const { return line_ + "}"; }

private:
    std::string line_;
};

inline void put_file(json_line& line, const key_evidence& file) {
    line.text("material", "m" + std::to_string(file.print.bytes[0]));
    if (file.format == file_kind::byok) line.text("format", "byok").text("kid", file.kid.view());
}
inline std::string_view word_for(operation of) {
    constexpr std::array<std::string_view, 10> words{"none",   "activation",         "unlock_key", "lock", "apply",
                                                     "return", "unlock_environment", "restore",    "copy", "reset"};
    return words[static_cast<std::size_t>(of)];
}
inline void put_by(json_line& line, const actor& by) {
    if (by.as == principal::person) line.text("by", by.who.view());
}

template <class C>
constexpr std::string_view verb_of() {
    if constexpr (std::is_same_v<C, enable_feature>)
        return "feature_on";
    else if constexpr (types<add_administrator, remove_administrator>::contains<C>)
        return "admin";
    else if constexpr (std::is_same_v<C, create_environment>)
        return "environment";
    else if constexpr (std::is_same_v<C, create_import_key>)
        return "import_key";
    else if constexpr (std::is_same_v<C, generate_key>)
        return "generate_key";
    else if constexpr (std::is_same_v<C, upload_key>)
        return "upload_key";
    else if constexpr (std::is_same_v<C, activate_key>)
        return "activate_key";
    else if constexpr (std::is_same_v<C, rollback_activation>)
        return "rollback_activation";
    else if constexpr (std::is_same_v<C, lock>)
        return "lock";
    else if constexpr (std::is_same_v<C, approve_lock>)
        return "approve";
    else if constexpr (std::is_same_v<C, unlock_key>)
        return "unlock_key";
    else if constexpr (std::is_same_v<C, apply_key>)
        return "apply_key";
    else if constexpr (std::is_same_v<C, return_to_provider>)
        return "return_to_provider";
    else if constexpr (std::is_same_v<C, unlock_environment>)
        return "unlock_environment";
    else if constexpr (std::is_same_v<C, delete_environment>)
        return "delete_environment";
    else if constexpr (std::is_same_v<C, open_environment>)
        return "open";
    else if constexpr (std::is_same_v<C, take_backup>)
        return "backup";
    else if constexpr (std::is_same_v<C, restore>)
        return "restore";
    else if constexpr (std::is_same_v<C, copy>)
        return "copy";
    else if constexpr (std::is_same_v<C, reset>)
        return "reset";
    else if constexpr (std::is_same_v<C, completed>)
        return "completed";
    else if constexpr (std::is_same_v<C, failed>)
        return "failed";
    else if constexpr (std::is_same_v<C, expire_environment>)
        return "tick";
    else if constexpr (std::is_same_v<C, report_delivery>)
        return "notice_delivered";
    else
        return "accept_clock";
}

/// The command in one line.
template <class C>
std::string line_of(const C& c, const about& a, instant at) {
    json_line line(at, verb_of<C>());
    put_by(line, c.by);
    if (a.ring != 0 || a.environment == about::none) line.text("region", region_names[a.ring]);
    const std::string_view mine = a.environment == about::none ? std::string_view{} : environment_names[a.ring][a.environment];
    if (!mine.empty() && !types<copy, expire_environment>::contains<C>) line.text("environment", mine);
    if constexpr (requires { c.who; }) {
        line.text("who", c.who.view()).text("role", c.environment.empty() ? "tenant_admin" : "environment_admin");
        if (!c.environment.empty()) line.text("environment", c.environment.view());
        line.flag("remove", std::is_same_v<C, remove_administrator>);
    }
    if constexpr (std::is_same_v<C, create_environment>) line.text("kind", policy::name(c.kind));
    if constexpr (types<generate_key, upload_key, activate_key>::contains<C>) line.text("key", c.key.view());
    if constexpr (std::is_same_v<C, generate_key>) line.text("material", "m" + std::to_string(c.print.bytes[0]));
    if constexpr (std::is_same_v<C, upload_key>) put_file(line, c.file);
    if constexpr (types<lock, unlock_key>::contains<C>) put_file(line, c.key);
    if constexpr (std::is_same_v<C, take_backup>) line.text("backup", c.backup.view());
    if constexpr (std::is_same_v<C, restore>) line.text("backup", "b1").text("source", environment_names[a.ring][a.source]);
    if constexpr (std::is_same_v<C, copy>) line.text("source", environment_names[a.ring][a.source]).text("target", mine);
    if constexpr (types<completed, failed>::contains<C>) line.text("of", word_for(c.of));
    if constexpr (std::is_same_v<C, report_delivery>) line.text("event", "key_activated").text("to", c.to.view());
    if constexpr (requires { c.acknowledged; }) line.flag("acknowledged", c.acknowledged);
    if constexpr (requires { c.confirmed; }) line.flag("confirmed", c.confirmed);
    if constexpr (requires { c.confirmation; }) line.text("confirmation", c.confirmation.view());
    return line.end();
}

// --- other names ---

inline void rename(fingerprint& print, const renaming& by) {
    if (const std::size_t n = key_number(print); n < max_keys) print = print_of(by.keys[n]);
}
inline void rename(admin_id& who, const renaming& by) {
    if (const std::size_t n = person_number(who); n < max_people) who = admin_id(people_names[by.people[n]]);
}
/// The command under the names that `by` gives to its numbers.
template <class C>
void rename(C& c, about& a, const renaming& by) {
    rename(c.by.who, by);
    if constexpr (requires { c.who; }) rename(c.who, by);
    if constexpr (std::is_same_v<C, report_delivery>) rename(c.to, by), rename(c.key, by);
    if constexpr (types<generate_key, upload_key, activate_key>::contains<C>)
        for (std::size_t i = 0; i < max_keys; ++i)
            if (c.key.view() == key_names[i]) {
                c.key = key_id(key_names[by.keys[i]]);
                break;
            }
    if constexpr (std::is_same_v<C, generate_key>) rename(c.print, by);
    if constexpr (std::is_same_v<C, upload_key>) rename(c.file.print, by);
    if constexpr (types<lock, unlock_key>::contains<C>) rename(c.key.print, by);
    const auto& environments = by.environments[a.ring];
    if (a.environment != about::none) a.environment = environments[a.environment];
    if (a.source != about::none) a.source = environments[a.source];
    const std::string_view mine = a.environment == about::none ? std::string_view{} : environment_names[a.ring][a.environment];
    if constexpr (requires { c.confirmation; })
        if (!mine.empty()) c.confirmation = typed_text(mine);
    if constexpr (std::is_same_v<C, create_environment>) c.environment = environment_id(mine);
}

// --- real time ---

/// When the next limit that the windows of this ring wait for is reached; `now` itself where there is none.
inline instant next_limit(const ring_state& ring, instant now) {
    instant next = now;
    const auto limit = [&](instant since, seconds span) {
        if (happened(since) && since + span > now && (next == now || since + span < next)) next = since + span;
    };
    limit(ring.effective_at, hours(24)), limit(ring.effective_at, hours(72)), limit(ring.applied_at, hours(72));
    limit(ring.installing_since, hours(1)), limit(ring.lock_requested_at, hours(1)), limit(ring.hold_until, seconds{});
    limit(ring.activation.noticed_at, hours(72));
    if (!ring.lock_request.by.empty()) limit(ring.lock_request.at, hours(24));
    for (const lock_record& lock : ring.locks) limit(lock.completed_at, days(28));
    return next;
}
/// The moment at which what a search calls so has come about.
inline instant limit_called(std::string_view what, const ring_world& r, instant now) {
    const ring_state& ring = r.ring;
    if (what == "24 h after the activation") return ring.effective_at + hours(24);
    if (what == "72 h after the activation") return ring.effective_at + hours(72);
    if (what == "72 h after the apply") return ring.applied_at + hours(72);
    if (what == "1 h of installing") return ring.installing_since + hours(1);
    if (what == "1 h after the lock") return ring.lock_requested_at + hours(1);
    if (what == "24 h after the unlocking") return ring.hold_until;
    if (what == "24 h after the request") return ring.lock_request.at + hours(24);
    if (what == "72 h after the notice") return ring.activation.noticed_at + hours(72);
    instant due = now;
    if (what == "28 d after the lock")
        for (std::size_t i = ring.locks.size(); i-- > 0;)
            if (ring.locks[i].completed_at + days(28) > now) due = ring.locks[i].completed_at + days(28);
    if (what == "24 h after the first finding")
        for (const environment_state& e : r.environments)
            if (happened(e.deadline_seen_at)) due = later(due, e.deadline_seen_at + hours(24));
    return due;
}

} // namespace detail

/// A way told in lines, and whether it has been taken in real time and real names to the end.
struct told_way {
    std::vector<std::string> lines;
    bool taken = true; ///< every command but the last was allowed there, too
};

template <class Subject>
class narrator {
public:
    /// `aloud`: each line is printed as it is found, because the last step may stop the program.
    explicit narrator(const search<Subject>& s, bool aloud = false) : search_(s), aloud_(aloud) {}

    /// The shortest way to a state, and the step that shows the finding, if any.
    told_way tell(const finding& f) {
        std::vector<state_set::origin> way;
        for (std::uint32_t n = f.state; search_.states().origin_of(n).from != state_set::not_there; n = search_.states().origin_of(n).from)
            way.insert(way.begin(), search_.states().origin_of(n));
        const sketch start = unpack(search_.states()[0]);
        real_ = world_of(start, search_.limits(), end_of_zone::last);
        for (ring_world& r : real_.rings) r.ring.latest = never;
        begin(start);
        for (const auto& o : way) take(o.from, o.step, end_of_zone::first);
        last_ = true; // it may be a refusal that is wrong
        if (f.what != nullptr) take(f.state, f.step, f.end);
        return std::move(told_);
    }

private:
    void say(std::string line) {
        if (aloud_) std::printf("%s\n", line.c_str());
        told_.lines.push_back(std::move(line));
    }

    void begin(const sketch& start) {
        const instant early = now_ - far - days(1);
        const bool two = search_.limits().rings > 1;
        say(R"({"profile":")" + std::string(Subject::profile_name) + "\"}");
        say(detail::json_line(early, "tenant")
                .text("tenant", "contoso")
                .raw("seats", "1001")
                .flag("opted_in", true)
                .raw("regions", two ? R"(["eu","us"])" : R"(["eu"])")
                .end());
        if (start.feature_on) say(detail::json_line(early, "feature_on").end());
        for (std::size_t i = 0; i < 2; ++i)
            if (start.present[i])
                say(detail::json_line(early + seconds{1}, "admin").text("who", people_names[i]).text("role", "tenant_admin").end());
    }

    /// One step out of a state, in real names and real time.
    void take(std::uint32_t state, std::uint32_t step, end_of_zone end) {
        const sketch s = unpack(search_.states()[state]);
        const world w = world_of(s, search_.limits(), end);
        std::uint32_t at = 0;
        sketch next = s;
        for_each_command(w, search_.limits(), choices_in(s, search_.limits()), [&]<class C>(C command, about a) {
            if constexpr (Subject::template exists<C>) {
                if (at++ != step) return;
                const C as_searched = command;
                const about subject = a;
                detail::rename(command, a, names_);
                if (end == end_of_zone::last) now_ = before_next_limit(a);
                command.at = now_ - (present_moment - command.at);
                say(detail::line_of(command, a, command.at));
                next = after(w, subject, as_searched);
                const decision d = search_.subject().decide(facts_of(real_, a, command.at), command);
                if (d.allowed())
                    for (const event& e : d.events()) search_.apply(real_, a, e);
                else if (!last_)
                    told_.taken = false;
                if (real_.rings[a.ring].ring.latest < now_) now_ = later(real_.rings[a.ring].ring.latest, command.at);
            }
        });
        for_each_happening(s, search_.limits(), [&](const sketch& changed, std::string_view what) {
            if (at++ != step) return;
            next = changed;
            for (const ring_world& r : real_.rings) now_ = later(now_, detail::limit_called(what, r, now_));
        });
        names_ = canonical_names(next).after(names_);
    }
    instant before_next_limit(const about& a) const {
        const instant next = detail::next_limit(real_.rings[a.ring].ring, now_);
        return next == now_ ? next : next - seconds{1};
    }
    template <class C>
    sketch after(const world& w, const about& a, const C& command) const {
        const decision d = search_.subject().decide(facts_of(w, a, command.at), command);
        world changed = w;
        if (d.allowed())
            for (const event& e : d.events()) search_.apply(changed, a, e);
        return sketch_of(changed, search_.limits());
    }

    const search<Subject>& search_;
    world real_;
    instant now_ = present_moment;
    renaming names_;
    told_way told_;
    bool last_ = false;
    bool aloud_;
};

} // namespace keywright::model
