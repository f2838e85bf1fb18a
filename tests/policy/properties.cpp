// SPDX-License-Identifier: Apache-2.0
// What users count on, in states reached by chance: what time cures, and exactly when; and that to ask again is harmless.
#include "dice.hpp"
#include "second_worlds.hpp"

#include <set>
#include <string>

namespace {

using namespace keywright;
using namespace keywright::testing;

constexpr std::array<std::string_view, 3> places{"prod", "sandbox", "support"};
constexpr std::array people{alice, bob, alice, bob, erin, mallory};
/// To look ahead by, each beyond one of the windows.
constexpr std::array ahead{second, hours(1), hours(24), hours(72), days(28), days(400)};

bool names(const decision& d, const reason& why) { return d.refused_by(why.rule, why.code); }
bool names_until(const decision& d, const reason& why) {
    if (d.allowed()) return false;
    for (const reason& r : d.reasons())
        if (r.rule == why.rule && r.code == why.code && r.not_before == why.not_before) return true;
    return false;
}

/// Asks for what may or may not be allowed, in one profile, and looks at every answer from other moments, too.
template <const auto& Profile>
class inquiry {
public:
    explicit inquiry(std::uint64_t seed) : dice_(seed), now_(world_.ring.latest) {}

    void step() {
        pass_time();
        const std::string_view place = places[dice_.below(places.size())];
        const subject about{environment_id(place), {}, {}};
        const typed_text typed(place);
        const actor by = people[dice_.below(people.size())];
        const std::uint8_t n = static_cast<std::uint8_t>(1 + dice_.below(2));
        const key_id name(n == 1 ? "k1" : "k2");
        if (!world_.ring.lock_request.by.empty() && dice_.percent(30))
            return ask(approve_lock{world_.ring.lock_request.by == bob.who ? alice : bob, {}, typed_text("lock contoso")});
        switch (dice_.below(18)) {
        case 0: return ask(but(uploads({}), [&](auto& c) { c.by = by, c.key = name, c.file = dice_.percent(25) ? byok(n) : pfx(n); }));
        case 1: return ask(activate_key{by, {}, name, true, !dice_.percent(10)});
        case 2: return ask(apply_key{by, {}, true, true}, about);
        case 3: return ask(return_to_provider{by, {}, true, true, typed}, about);
        case 4: return ask(but(locks({}, n), [&](auto& c) { c.by = by; }));
        case 5: return ask(but(unlocks_key({}, n), [&](auto& c) { c.by = by; }));
        case 6: return ask(unlock_environment{by, {}, true}, about);
        case 7: return ask(open_environment{by, {}}, about);
        case 8: return ask(expire_environment{}, about);
        case 9: return dice_.percent(10) ? ask(reset{by, {}, typed}, about) : void();
        case 10: return ask(rollback_activation{by, {}});
        case 11: return ask(approve_lock{by, {}, typed_text("lock contoso")});
        case 12: return dice_.percent(20) ? ask(accept_clock{by, {}}) : void();
        case 13: return ask(create_import_key{by, {}, import_kid, print_of(99), false, dice_.percent(50) ? now_ + days(3) : never});
        case 14: return ask(report_delivery{.to = by.who, .key = print_of(n), .activation = world_.ring.activation.number});
        default: return report();
        }
    }

    std::set<std::string> wrong;    ///< what was not so, each sentence once
    std::set<std::string> for_ever; ///< rules that refused without a moment …
    std::set<std::string> for_now;  ///< … and with one
    std::size_t accepted = 0;

private:
    void pass_time() {
        const std::uint32_t kind = dice_.below(100);
        now_ = now_ + (kind < 85 ? seconds{dice_.below(200)} : kind < 95 ? hours(1 + dice_.below(30)) : days(1 + dice_.below(30)));
    }
    /// The system ends what is under way, or reports what is not.
    void report() {
        const ring_state& ring = world_.ring;
        const environment_state& e = world_.environments[dice_.below(places.size())];
        operation of = e.transition;
        if (ring.locking) of = operation::locking;
        if (happened(ring.installing_since)) of = ring.installing_unlocks ? operation::unlocking_key : operation::activation;
        if (dice_.percent(15))
            ask(failed{.of = of}, {e.id, {}, {}});
        else
            ask(completed{.of = of}, {e.id, {}, {}});
    }
    void demand(bool so, const reason& why, const char* sentence) {
        if (!so) wrong.insert(std::string(why.rule) + " " + std::string(name(why.code)) + ": " + sentence);
    }

    template <class C>
    void ask(C command, const subject& about = {}) {
        command.at = dice_.percent(6) ? now_ - seconds{dice_.below(100'000)} : now_; // now and then a clock that is behind
        const decision d = world_.decide(Profile, command, about);
        if (d.refused()) return look_ahead(command, about, d);
        ++accepted;
        for (const event& e : d.events()) world_.evolve(e);
        const decision again = world_.decide(Profile, command, about);
        if (again.refused()) return;
        world after = world_;
        for (const event& e : again.events()) after.evolve(e);
        if (!(after == world_))
            wrong.insert("what was accepted changes something when it is asked for again: " + std::string(name(again.events()[0])));
    }

    /// Nothing happens from here on but time.
    template <class C>
    void look_ahead(C command, const subject& about, const decision& d) {
        const auto at = [&](instant then) {
            command.at = then;
            return world_.decide(Profile, command, about);
        };
        const instant asked = command.at;
        const world before = world_;
        for (const reason& why : d.reasons()) {
            (happened(why.not_before) ? for_now : for_ever).insert(std::string(why.rule));
            if (happened(why.not_before)) {
                demand(why.not_before > asked, why, "it waits for what is to come");
                demand(names_until(at(why.not_before - second), why), why, "it stands one second before the moment that it names");
                demand(!names_until(at(why.not_before), why), why, "it is gone at the moment that it names");
                continue;
            }
            for (const seconds span : ahead) demand(names(at(asked + span), why), why, "time alone does not cure it");
        }
        if (!(world_ == before)) wrong.insert("a refused command changes nothing");
    }

    dice dice_;
    world world_ = eligible;
    instant now_;
};

template <const auto& Profile>
void inquire(std::initializer_list<const char*> expected_for_now) {
    std::set<std::string> wrong, for_ever, for_now;
    std::size_t accepted = 0;
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        inquiry<Profile> one(seed);
        for (int i = 0; i < 400; ++i) one.step();
        wrong.merge(one.wrong), for_ever.merge(one.for_ever), for_now.merge(one.for_now);
        accepted += one.accepted;
    }
    for (const std::string& sentence : wrong) FAIL_CHECK(sentence);
    // An inquiry that reaches nothing proves nothing.
    CHECK(accepted > 2000);
    CHECK(for_ever.size() > 12);
    for (const char* rule : expected_for_now) {
        CAPTURE(std::string(rule));
        CHECK(for_now.contains(rule));
    }
}

} // namespace

TEST_CASE("power_platform: time cures what names a moment, exactly then, and nothing else; asking again is harmless") {
    inquire<power_platform>({"H01", "T17", "T18", "T24", "T26"});
}
TEST_CASE("recommended: time cures what names a moment, exactly then, and nothing else; asking again is harmless") {
    inquire<recommended>({"H01", "T17", "T18", "T24", "T26", "R02", "R04"});
}
