// SPDX-License-Identifier: Apache-2.0
// Whether the model check itself can be trusted: its set of states, its sorting of names, and its sketches, against
// walks through real time.
#include "report.hpp"

#include <keywright/profiles/recommended.hpp>

#include <doctest/doctest.h>

#include <map>
#include <string>

namespace {

using namespace keywright;
using namespace keywright::model;

class dice {
public:
    explicit dice(std::uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15U + 1) {}
    std::uint32_t below(std::uint32_t n) {
        state_ ^= state_ << 13;
        state_ ^= state_ >> 7;
        state_ ^= state_ << 17;
        return static_cast<std::uint32_t>(state_ >> 33) % n;
    }
    bool coin() { return below(2) == 0; }

private:
    std::uint64_t state_;
};

/// Any sketch at all, whether it can be reached or not.
sketch any_sketch(dice& d) {
    sketch s;
    const auto upto = [&](std::uint32_t most) { return static_cast<std::uint8_t>(d.below(most + 1)); };
    for (ring_sketch& r : s.rings) {
        for (key_place& key : r.keys) key = static_cast<key_place>(upto(4));
        for (environment_sketch& e : r.environments) e = {static_cast<life>(upto(2)), d.coin(), d.coin(), upto(9), upto(4), upto(2)};
        r.backup = {d.coin(), upto(2), d.coin(), d.coin(), d.coin(), d.coin()};
        if (!r.backup.there) r.backup = {};
        r.self_managed = d.coin(), r.unlocks = d.coin(), r.locking = d.coin(), r.applied_late = d.coin();
        r.effective = static_cast<change_zone>(upto(2)), r.hold = static_cast<hold_zone>(upto(2));
        r.lock_count = upto(4);
        for (due_zone& lock : r.locks) lock = static_cast<due_zone>(upto(2));
        r.attempt = {upto(2), upto(3), d.coin(), upto(3)};
        r.activation = {upto(2), upto(3), d.coin(), upto(3)};
        r.request = {upto(2), upto(3), d.coin()};
        r.vote = upto(2), r.ever_applied = d.coin();
    }
    for (bool& there : s.elsewhere) there = d.coin();
    for (bool& there : s.present) there = d.coin();
    s.feature_on = d.coin();
    return s;
}

renaming any_names(dice& d) {
    renaming by;
    for (std::size_t i = max_keys; i-- > 1;) std::swap(by.keys[i], by.keys[d.below(static_cast<std::uint32_t>(i) + 1)]);
    for (auto& environments : by.environments)
        if (d.coin()) std::swap(environments[1], environments[2]);
    if (d.coin()) std::swap(by.people[0], by.people[1]);
    return by;
}

constexpr bounds small{.name = "small", .keys = 2, .environments = {2, 0}, .backups = true, .elsewhere = true};
constexpr bounds small_of_two{.name = "small", .keys = 2, .environments = {1, 0}, .two_people = true};

} // namespace

TEST_CASE("pack: a sketch comes back as it was, bit for bit") {
    dice d(1);
    for (int i = 0; i < 20'000; ++i) {
        const sketch s = any_sketch(d);
        CHECK(unpack(pack(s)) == s);
    }
}

TEST_CASE("canonical: whatever keys, environments and people are called, the form is one") {
    dice d(2);
    for (int i = 0; i < 20'000; ++i) {
        const sketch s = any_sketch(d);
        const sketch c = canonical(s);
        CHECK(canonical(renamed(s, any_names(d))) == c);
        CHECK(canonical(c) == c);
        CHECK(renamed(s, canonical_names(s)) == c);
    }
}

TEST_CASE("renaming: one after the other is what `after` says") {
    dice d(3);
    for (int i = 0; i < 5'000; ++i) {
        const sketch s = any_sketch(d);
        const renaming first = any_names(d);
        const renaming second = any_names(d);
        CHECK(renamed(renamed(s, first), second) == renamed(s, second.after(first)));
    }
}

TEST_CASE("state_set: holds what a sorted map holds, through every growth") {
    dice d(4);
    state_set set(4);
    std::map<packed, std::uint32_t> reference;
    for (std::uint32_t i = 0; i < 60'000; ++i) {
        packed p;
        for (std::uint64_t& word : p.words) word = d.below(14); // few values: many meet again
        const auto [number, fresh] = set.insert(p, {i, i});
        const auto [known, added] = reference.emplace(p, static_cast<std::uint32_t>(reference.size()));
        CHECK(fresh == added);
        CHECK(number == known->second);
        CHECK(set.find(p) == number);
    }
    CHECK(set.size() == reference.size());
    packed never_put;
    never_put.words[3] = 1'000;
    CHECK(set.find(never_put) == state_set::not_there);
}

TEST_CASE("sight: a world made of a reached sketch shows that sketch, at both ends of all zones") {
    using subject = shipped<keywright::profiles::power_platform>;
    const subject checked;
    search<subject> s(checked, small, 1);
    REQUIRE(s.run(beginning(small)));
    for (std::size_t i = 0; i < s.states().size(); i += 7) {
        const sketch reached = unpack(s.states()[i]);
        CHECK(sketch_of(world_of(reached, small, end_of_zone::first), small) == reached);
        CHECK(sketch_of(world_of(reached, small, end_of_zone::last), small) == reached);
    }
}

TEST_CASE("search: one thread and two find the same states in the same order") {
    using subject = shipped<keywright::profiles::power_platform>;
    const subject checked;
    search<subject> one(checked, small, 1);
    search<subject> two(checked, small, 2);
    REQUIRE(one.run(beginning(small)));
    REQUIRE(two.run(beginning(small)));
    REQUIRE(one.states().size() == two.states().size());
    bool same = true;
    for (std::size_t i = 0; i < one.states().size(); ++i) same = same && one.states()[i] == two.states()[i];
    CHECK(same);
}

namespace {

/// A walk of one tenant through real time, with real names and every record that a real store keeps.
template <const auto& Profile>
class walk {
public:
    using subject = shipped<Profile>;
    walk(const search<subject>& s, std::uint64_t seed) : search_(s), dice_(seed) {
        real_ = world_of(beginning(s.limits()), s.limits(), end_of_zone::last);
        for (ring_world& r : real_.rings) r.ring.latest = r.now;
    }
    void step() {
        pass_time();
        const sketch seen = sketch_of(real_, bounds_());
        reached_ = reached_ && search_.states().find(pack(canonical(seen))) != state_set::not_there;
        const world again = world_of(seen, bounds_(), dice_.coin() ? end_of_zone::first : end_of_zone::last);
        choices everything;
        for (std::uint8_t i = 0; i < bounds_().keys; ++i) everything.keys.push_back(i);
        for (std::uint8_t i = 0; i < bounds_().environments[0]; ++i) everything.environments[0].push_back(i);
        everything.people.push_back(0);
        if (bounds_().two_people) everything.people.push_back(1);
        allowed_ = 0;
        for_each_command(real_, bounds_(), everything, [&]<class C>(const C& command, const about& a) { compare(command, a, again); });
        if (allowed_ == 0) return;
        take_ = dice_.below(allowed_);
        allowed_ = 0;
        const world before = real_;
        for_each_command(before, bounds_(), everything, [&]<class C>(const C& command, const about& a) { take(before, command, a); });
    }
    bool always_reached() const { return reached_; }
    /// The first answer that was not the same; empty if all were.
    const std::string& difference() const { return difference_; }
    /// An invariant that did not hold in real time and with real records; empty if all did.
    const std::string& wrong() const { return wrong_; }
    std::size_t commands() const { return commands_; }
    std::size_t final_keys() const {
        std::size_t n = 0;
        for (const key_record& key : real_.rings[0].ring.keys) n += in_use(key) ? 0U : 1U;
        return n;
    }

private:
    const bounds& bounds_() const { return search_.limits(); }

    /// Mostly little, sometimes to a limit or a second beside it.
    void pass_time() {
        ring_world& r = real_.rings[0];
        const std::uint32_t kind = dice_.below(20);
        instant to = r.now + seconds{dice_.below(kind < 14 ? 60 : kind < 17 ? 7'200 : 90'000)};
        if (kind >= 18) to = keywright::model::detail::next_limit(r.ring, r.now) + seconds{static_cast<std::int64_t>(dice_.below(3)) - 1};
        r.now = later(r.now, to);
    }
    template <class C>
    void compare(const C& command, const about& a, const world& again) {
        if constexpr (subject::template exists<C>) {
            ++commands_;
            C then = command;
            then.at = again.rings[a.ring].now;
            if constexpr (std::is_same_v<C, report_delivery>) then.activation = again.rings[a.ring].ring.activation.number;
            const decision here = search_.subject().decide(facts_of(real_, a, command.at), command);
            const decision there = search_.subject().decide(facts_of(again, a, then.at), then);
            if (answer_of(here) != answer_of(there) && difference_.empty())
                difference_ =
                    std::string(keywright::model::detail::verb_of<C>()) + ": " + answer_of(here) + "but of the sketch " + answer_of(there);
            allowed_ += here.allowed() ? 1U : 0U;
        }
    }
    /// Of what is not there it does not matter what else is said.
    static std::string answer_of(const decision& d) {
        std::string answer;
        if (d.refused_by("H01", refusal::not_found)) return "H01/not_found ";
        if (d.allowed())
            for (const event& e : d.events()) answer += std::string(name(e)) + " ";
        else
            for (const reason& r : d.reasons()) answer += std::string(r.rule) + "/" + std::string(name(r.code)) + " ";
        return answer;
    }
    template <class C>
    void take(const world& before, const C& command, const about& a) {
        if constexpr (subject::template exists<C>) {
            const decision d = search_.subject().decide(facts_of(before, a, command.at), command);
            if (d.refused() || allowed_++ != take_) return;
            if (std::is_same_v<C, delete_environment> && dice_.below(10) != 0) return; // else every walk ends soon
            world now = before; // a search's worlds are as late as the moment of the command
            now.rings[a.ring].ring.latest = effective_now(before.rings[a.ring].ring, command.at);
            const auto followed = search_.follow(now, a, d, command.at < before.rings[a.ring].ring.latest);
            if (followed.wrong != nullptr) wrong_ = followed.wrong;
            for (const event& e : d.events()) search_.apply(real_, a, e);
        }
    }

    const search<subject>& search_;
    dice dice_;
    world real_;
    bool reached_ = true;
    std::string difference_;
    std::string wrong_;
    std::size_t commands_ = 0;
    std::uint32_t allowed_ = 0;
    std::uint32_t take_ = 0;
};

template <const auto& Profile>
void walk_through(bounds b) {
    const shipped<Profile> subject;
    search<shipped<Profile>> s(subject, b, 2);
    REQUIRE(s.run(beginning(b)));
    std::size_t final_keys = 0;
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        walk<Profile> w(s, seed);
        for (int i = 0; i < 250; ++i) w.step();
        CAPTURE(seed);
        CHECK(w.always_reached());
        CHECK(w.difference() == "");
        CHECK(w.wrong() == "");
        REQUIRE(w.commands() > 1'000);
        final_keys += w.final_keys();
    }
    CHECK(final_keys > 0); // the walks got as far as locks
}

} // namespace

TEST_CASE(
    "sight: every state of real walks has its sketch among those reached, is answered as it, and breaks no invariant: power_platform") {
    bounds b = small;
    b.elsewhere = false;
    walk_through<keywright::profiles::power_platform>(b);
}

TEST_CASE("sight: every state of real walks has its sketch among those reached, is answered as it, and breaks no invariant: recommended") {
    walk_through<keywright::profiles::recommended>(small_of_two);
}
