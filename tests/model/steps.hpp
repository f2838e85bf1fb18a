// SPDX-License-Identifier: Apache-2.0
// What may be tried in a state: every command as it should be, put by everybody for whom it makes a difference; and
// what happens without a command: time closes a window, another ring takes or leaves a key.
// Of things that a state tells apart in nothing, the first one only.
// Depends on: sight, symmetry.
#pragma once

#include "sight.hpp"
#include "symmetry.hpp"

namespace keywright::model {

/// Numbers of what is worth trying in a state.
struct choices {
    inline_list<std::uint8_t, max_keys> keys;
    std::array<inline_list<std::uint8_t, max_environments>, max_rings> environments;
    inline_list<std::uint8_t, 2> people;
};

/// Requires: a canonical sketch.
inline choices choices_in(const sketch& s, const bounds& b) {
    choices c;
    for (std::uint8_t i = 0; i < b.keys; ++i)
        if (i == 0 || detail::weight_of_key(s, i) != detail::weight_of_key(s, i - 1U)) c.keys.push_back(i);
    for (std::size_t r = 0; r < b.rings; ++r)
        for (std::uint8_t i = 0; i < b.environments[r]; ++i)
            if (i < 2 || detail::weight_of_environment(s.rings[r], i) != detail::weight_of_environment(s.rings[r], i - 1U))
                c.environments[r].push_back(i);
    c.people.push_back(0);
    if (b.two_people && detail::weight_of_person(s, 0) != detail::weight_of_person(s, 1)) c.people.push_back(1);
    return c;
}

constexpr key_evidence file_of(std::size_t key, bool byok = false) {
    return {.format = byok ? file_kind::byok : file_kind::pfx,
            .outcome = file_outcome::opened,
            .has_password = !byok,
            .has_private = true,
            .type = key_kind::rsa,
            .bits = 2048,
            .print = print_of(key),
            .kid = byok ? kid_text(import_kid) : kid_text{}};
}

namespace detail {

/// Calls visit(command, about) for the commands of one kind of subject.
template <class Visit>
class commands {
public:
    commands(const world& w, const bounds& b, const choices& c, Visit& visit) : world_(w), bounds_(b), choices_(c), visit_(visit) {}

    void all() {
        if (bounds_.people_change) people();
        for (std::uint8_t r = 0; r < bounds_.rings; ++r) {
            ring_ = r;
            for (const std::uint8_t who : choices_.people) keys(person(who));
            reports();
            for (const std::uint8_t e : choices_.environments[r]) environment(e);
        }
    }

private:
    const ring_world& here() const { return world_.rings[ring_]; }
    instant at() const { return here().now; }
    about ring() const { return {.ring = ring_}; }

    void people() {
        ring_ = 0;
        const actor provider{admin_id("provider"), principal::provider};
        visit_(enable_feature{provider, at()}, ring());
        for (std::uint8_t i = 0; i < max_people; ++i) {
            const environment_id of = i == 2 ? environment_id(environment_names[0][0]) : environment_id{};
            visit_(add_administrator{provider, at(), admin_id(people_names[i]), of}, ring());
            visit_(remove_administrator{provider, at(), admin_id(people_names[i]), of}, ring());
        }
    }

    void keys(const actor& who) {
        for (const std::uint8_t k : choices_.keys) {
            const key_id id(key_names[k]);
            key_evidence file = file_of(k);
            file.held_by_another_ring = held_by_another(world_, ring_, k);
            // A vault makes no key twice: what another ring holds is not made here.
            if (!file.held_by_another_ring) visit_(generate_key{who, at(), id, print_of(k), 2048, true, true, true, true}, ring());
            visit_(upload_key{who, at(), id, file, true, true, true}, ring());
            if (bounds_.import_keys) {
                file = file_of(k, true);
                file.held_by_another_ring = held_by_another(world_, ring_, k);
                visit_(upload_key{who, at(), id, file, true, true, true}, ring());
                visit_(unlock_key{who, at(), file}, ring());
            }
            visit_(activate_key{who, at(), id, true, true}, ring());
            visit_(lock{who, at(), file_of(k), typed_text("lock contoso"), true}, ring());
            visit_(unlock_key{who, at(), file_of(k)}, ring());
        }
        if (bounds_.import_keys) visit_(create_import_key{who, at(), kid_text(import_kid), print_of(200), false}, ring());
        if (!bounds_.two_people) return;
        visit_(rollback_activation{who, at()}, ring());
        if (bounds_.clocks) {
            visit_(rollback_activation{who, clock_behind}, ring());
            visit_(accept_clock{who, clock_behind}, ring());
            visit_(accept_clock{who, clock_less_behind}, ring());
        }
        visit_(approve_lock{who, at(), typed_text("lock contoso")}, ring());
    }

    void reports() {
        for (const operation of : {operation::activation, operation::unlocking_key, operation::locking}) {
            visit_(completed{.at = at(), .of = of}, ring());
            visit_(failed{.at = at(), .of = of}, ring());
        }
        if (!bounds_.two_people) return;
        const key_record* key = active_key(here().ring);
        if (key == nullptr) return;
        for (const std::string_view to : people_names)
            visit_(report_delivery{.at = at(), .to = admin_id(to), .key = key->print, .activation = here().ring.activation.number}, ring());
    }

    void environment(std::uint8_t n) {
        const actor who = person(0);
        const about mine{.ring = ring_, .environment = n};
        const environment_state& e = here().environments[n];
        const environment_id id(environment_names[ring_][n]);
        const typed_text typed(id.view());
        if (e.id.empty()) return visit_(create_environment{.by = who, .at = at(), .environment = id, .kind = kind_of(n)}, mine);
        visit_(apply_key{who, at(), true, true}, mine);
        if (e.deleted) return;
        visit_(return_to_provider{who, at(), true, true, typed}, mine);
        visit_(unlock_environment{who, at(), true}, mine);
        visit_(delete_environment{who, at(), typed}, mine);
        visit_(expire_environment{.at = at()}, mine);
        visit_(reset{who, at(), typed}, mine);
        visit_(open_environment{who, at()}, mine);
        overwrite(n, typed);
        if (e.transition == operation::none) return;
        visit_(completed{.at = at(), .of = e.transition}, mine);
        visit_(failed{.at = at(), .of = e.transition}, mine);
    }
    void overwrite(std::uint8_t n, const typed_text& typed) {
        const actor who = person(0);
        for (std::uint8_t source = 0; source < bounds_.environments[ring_]; ++source)
            if (!here().environments[source].id.empty())
                visit_(copy{who, at(), typed}, about{.ring = ring_, .environment = n, .source = source});
        if (!bounds_.backups) return;
        // The backup that is taken takes the place of the one before: they are judged one at a time.
        visit_(take_backup{who, at(), backup_id("b1")}, about{.ring = ring_, .environment = n});
        if (here().backup.id.empty()) return;
        const auto source = static_cast<std::uint8_t>(environment_number(ring_, here().backup.environment));
        visit_(restore{who, at(), typed}, about{.ring = ring_, .environment = n, .source = source, .backup = true});
    }

    const world& world_;
    const bounds& bounds_;
    const choices& choices_;
    Visit& visit_;
    std::uint8_t ring_ = 0;
};

} // namespace detail

/// Calls visit(command, about) for every command that is worth trying, always in the same order.
template <class Visit>
void for_each_command(const world& w, const bounds& b, const choices& c, Visit&& visit) {
    detail::commands<std::remove_reference_t<Visit>>(w, b, c, visit).all();
}

// --- what happens without a command ---

namespace detail {

/// Calls visit(the ring after it, which window) for each window that reaches a limit.
template <class Visit>
void for_each_window(const ring_sketch& r, const Visit& visit) {
    const auto pass = [&](std::string_view what, auto change) {
        ring_sketch next = r;
        change(next);
        visit(next, what);
    };
    if (r.effective == change_zone::below_day)
        pass("24 h after the activation", [](ring_sketch& n) { n.effective = change_zone::below_three; });
    if (r.effective == change_zone::below_three) pass("72 h after the activation", [](ring_sketch& n) { n.effective = change_zone::past; });
    if (!r.applied_late) pass("72 h after the apply", [](ring_sketch& n) { n.applied_late = true; });
    const bool installs = std::find(r.keys.begin(), r.keys.end(), key_place::installing) != r.keys.end();
    if (installs && !r.installing_late) pass("1 h of installing", [](ring_sketch& n) { n.installing_late = true; });
    if (!r.requested_late) pass("1 h after the lock", [](ring_sketch& n) { n.requested_late = true; });
    if (r.hold == hold_zone::after)
        pass("24 h after the unlocking", [](ring_sketch& n) {
            n.hold = hold_zone::none;
            for (due_zone& lock : n.locks)
                if (lock == due_zone::held) lock = due_zone::due;
        });
    for (std::size_t i = 0; i < r.lock_count; ++i) {
        if (r.locks[i] != due_zone::running || (r.locking && i + 1U == r.lock_count)) continue;
        pass("28 d after the lock", [&](ring_sketch& n) { n.locks[i] = r.hold == hold_zone::none ? due_zone::due : due_zone::held; });
        break; // the older ones first: no later lock is due before
    }
    if (r.request.by != 0 && !r.request.late) pass("24 h after the request", [](ring_sketch& n) { n.request.late = true; });
    if (!r.told_late) pass("72 h after the notice", [](ring_sketch& n) { n.told_late = true; });
    for (std::size_t i = 0; i < max_environments; ++i)
        if (r.environments[i].found_due == 1)
            pass("24 h after the first finding", [&](ring_sketch& n) { n.environments[i].found_due = 2; });
}

} // namespace detail

/// Calls visit(the sketch after it, what happened) for everything that happens by itself, always in the same order.
template <class Visit>
void for_each_happening(const sketch& s, const bounds& b, const Visit& visit) {
    for (std::size_t r = 0; r < b.rings; ++r)
        detail::for_each_window(s.rings[r], [&](const ring_sketch& changed, std::string_view what) {
            sketch next = s;
            next.rings[r] = changed;
            visit(next, what);
        });
    if (!b.elsewhere) return;
    for (std::size_t k = 0; k < b.keys; ++k) {
        if (s.rings[0].keys[k] != key_place::none) continue;
        sketch next = s;
        next.elsewhere[k] = !s.elsewhere[k];
        visit(next, s.elsewhere[k] ? "another ring drops a key" : "another ring takes a key");
    }
}

} // namespace keywright::model
