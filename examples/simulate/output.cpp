// SPDX-License-Identifier: Apache-2.0
#include "output.hpp"

#include <keywright/core/time_text.hpp>
#include <keywright/policy/names.hpp>

#include <charconv>

namespace simulate {

using namespace keywright;

namespace {

/// Objects and lists, with the commas between.
class json_writer {
public:
    explicit json_writer(std::string& out) : out_(out) {}

    json_writer& open(std::string_view name, char bracket) {
        begin(name);
        out_ += bracket;
        first_ = true;
        return *this;
    }
    json_writer& close(char bracket) {
        out_ += bracket;
        first_ = false;
        return *this;
    }
    /// Ids, codes, symbols and moments hold nothing that JSON would escape.
    void plain(std::string_view name, std::string_view text) {
        begin(name);
        out_.append("\"").append(text).append("\"");
    }
    void foreign(std::string_view name, std::string_view text) {
        begin(name);
        out_ += line::as_json(text);
    }
    void number(std::string_view name, std::int64_t value) {
        begin(name);
        char digits[24];
        out_.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
    }
    void flag(std::string_view name, bool value) {
        begin(name);
        out_ += value ? "true" : "false";
    }
    void nothing(std::string_view name) {
        begin(name);
        out_ += "null";
    }
    void moment(std::string_view name, instant value) { plain(name, to_text(value)); }

    // --- the fields of events, by their type ---

    void field(std::string_view name, bool value) { flag(name, value); }
    void field(std::string_view name, std::unsigned_integral auto value) { number(name, static_cast<std::int64_t>(value)); }
    void field(std::string_view name, instant value) {
        if (happened(value)) moment(name, value);
    }
    void field(std::string_view name, seconds value) { number(name, value.count); }
    void field(std::string_view name, const policy::key_permissions& value) {
        open(name, '{');
        value.visit(value, [&](const char* each, bool has) { flag(each, has); });
        close('}');
    }
    void field(std::string_view name, const fingerprint& value) {
        if (!value.empty()) plain(name, material_of(value));
    }
    template <std::size_t N>
    void field(std::string_view name, const inline_text<N>& value) {
        if (!value.empty()) foreign(name, value.view());
    }
    template <class Tag>
    void field(std::string_view name, const id<Tag>& value) {
        if (!value.empty()) plain(name, value.view());
    }
    template <policy::named_enum E>
    void field(std::string_view name, E value) {
        plain(name, policy::name(value));
    }

private:
    void begin(std::string_view name) {
        if (!first_) out_ += ',';
        first_ = false;
        if (!name.empty()) out_.append("\"").append(name).append("\":");
    }

    std::string& out_;
    bool first_ = true;
};

void write_event(json_writer& json, const happening& h) {
    json.open({}, '{');
    json.plain("event", policy::name(h.event));
    if (h.ring != nullptr) json.plain("ring", h.ring->name);
    json.moment("at", h.event.at);
    policy::visit_body(h.event.body,
                       [&](const auto& body) { body.visit(body, [&](const char* name, const auto& value) { json.field(name, value); }); });
    json.close('}');
}

void write_reason(json_writer& json, const policy::reason& r) {
    json.open({}, '{');
    json.plain("rule", r.rule);
    json.plain("code", policy::name(r.code));
    if (!r.subject.empty()) json.foreign("subject", r.subject.view());
    if (happened(r.since)) json.moment("since", r.since);
    if (r.span.count != 0) json.number("span", r.span.count);
    if (r.found != 0 || r.limit != 0) json.number("found", r.found), json.number("limit", r.limit);
    if (happened(r.not_before)) json.moment("not_before", r.not_before);
    json.plain("who_can_mend", policy::name(r.who_can_mend));
    json.close('}');
}

void write_plan(json_writer& json, const profiles::plan_outline& plan) {
    json.open("plan", '{');
    json.number("environments_hit", plan.environments_hit);
    json.number("environments_not_covered", plan.environments_not_covered);
    json.flag("downtime", plan.downtime);
    json.flag("backups_become_unreadable", plan.backups_become_unreadable);
    json.flag("notice_to_all", plan.notice_to_all);
    json.flag("never_in_normal_business", plan.never_in_normal_business);
    json.flag("unsaved_data_is_lost", plan.unsaved_data_is_lost);
    json.open("keys_that_die", '[');
    for (const key_id& key : plan.keys_that_die) json.plain({}, key.view());
    json.close(']').close('}');
}

void write_policy(json_writer& json, const policy::policy_state& p) {
    json.open({}, '{');
    json.plain("policy", p.id.view());
    json.plain("state", state_of(p));
    json.number("version", p.in_force().number);
    json.plain("print", material_of(p.in_force().print));
    json.number("environments", p.environments());
    json.close('}');
}

void write_state(json_writer& json, const ring_world& ring) {
    json.open({}, '{');
    json.plain("ring", ring.name);
    json.open("keys", '[');
    for (const policy::key_record& key : ring.state.keys) {
        json.open({}, '{');
        json.foreign("key", name_of(ring, key));
        json.plain("state", policy::name(key.state));
        json.plain("print", material_of(key.print));
        json.close('}');
    }
    json.close(']').open("environments", '[');
    for (const auto& [name, environment] : ring.environments) {
        json.open({}, '{');
        json.plain("environment", name);
        json.plain("state", state_of(ring, environment));
        json.close('}');
    }
    json.close(']');
    if (!ring.tenant->policies.empty()) {
        json.open("policies", '[');
        for (const auto& [name, each] : ring.tenant->policies)
            if (each.region == ring.state.region) write_policy(json, each);
        json.close(']');
    }
    json.close('}');
}

void write_allowed(json_writer& json, const answer& a) {
    json.open("events", '[');
    for (const happening& each : a.events) write_event(json, each);
    json.close(']').open("notices", '[');
    for (const notice& each : a.notices) {
        json.open({}, '{');
        json.plain("to", each.to.view());
        json.plain("kind", each.kind);
        json.close('}');
    }
    json.close(']');
    if (!a.import_kid.empty()) json.foreign("import_kid", a.import_kid);
}

void write_coverage(json_writer& json, const answer& a) {
    json.open("coverage", '[');
    for (const covered_thing& each : a.coverage) {
        json.open({}, '{');
        json.foreign("what", each.what);
        json.flag("covered", each.covered);
        json.foreign("why", each.why);
        if (happened(each.as_of)) json.moment("as_of", each.as_of);
        if (each.stale) json.flag("stale", true);
        json.close('}');
    }
    json.close(']');
}

void write_effects(json_writer& json, const answer& a) {
    json.open("effects", '[');
    for (const policy::effect& effect : a.effects)
        std::visit(
            [&](const auto& each) {
                json.open({}, '{');
                json.plain("effect", each.name);
                each.visit(each, [&](const char* name, const auto& value) { json.field(name, value); });
                json.close('}');
            },
            effect);
    json.close(']');
}

/// Names that stand in one text, with spaces between.
void write_names(json_writer& json, std::string_view names) {
    for (std::size_t at = 0; at < names.size();) {
        const std::size_t end = std::min(names.find(' ', at), names.size());
        json.plain({}, names.substr(at, end - at));
        at = end + 1;
    }
}

} // namespace

void write_operation(std::string& out, const operation& o) {
    json_writer json(out);
    json.open({}, '{');
    json.plain("do", o.name);
    json.plain("asked_by", o.asked_by);
    json.open("fields", '[');
    write_names(json, o.fields);
    if (o.brings_key_file) write_names(json, key_file_fields);
    json.close(']').close('}');
    out += '\n';
}

void write_json(std::string& out, const answer& a, const output_options& how) {
    json_writer json(out);
    json.open({}, '{');
    json.number("line", static_cast<std::int64_t>(a.line));
    if (a.is(verdict::error)) json.foreign("error", a.error);
    if (a.is(verdict::understood)) json.plain("profile", a.profile);
    if (a.is(verdict::allowed) || a.is(verdict::refused)) json.flag("allowed", a.is(verdict::allowed));
    if (a.is(verdict::allowed)) write_allowed(json, a);
    if (a.is(verdict::refused)) {
        json.open("reasons", '[');
        for (const policy::reason& each : a.reasons) write_reason(json, each);
        json.close(']');
    }
    if (!a.coverage.empty()) write_coverage(json, a);
    if (a.plan) write_plan(json, *a.plan);
    if (a.next_allowed) happened(*a.next_allowed) ? json.moment("next_allowed", *a.next_allowed) : json.nothing("next_allowed");
    if (how.effects && a.is(verdict::allowed)) write_effects(json, a);
    if (how.state && !a.is(verdict::error) && !a.is(verdict::understood)) {
        json.open("state", '[');
        for (const ring_world* ring : a.rings) write_state(json, *ring);
        json.close(']');
    }
    json.close('}');
    out += '\n';
}

} // namespace simulate
