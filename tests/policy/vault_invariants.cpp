// SPDX-License-Identifier: Apache-2.0
// A random walk through enterprise_policy, checked after every step against a second, much simpler model of the same
// rules (`ghost`, below), which is told the events only and shares no code with evolve or the rules.
#include "dice.hpp"
#include "vault_worlds.hpp"

#include <array>
#include <string>
#include <vector>

namespace {

using namespace keywright;
using namespace keywright::testing;

constexpr std::array<std::string_view, 3> environment_names{"prod", "sandbox", "support"};
constexpr std::array<std::string_view, 3> policy_names{"p1", "p2", "p3"};
constexpr std::array<actor, 8> people{alice, bob, erin, alice, mallory, vera, vera, rogue};

template <class Id>
std::size_t number_in(const std::array<std::string_view, 3>& names, const Id& id) {
    for (std::size_t i = 0; i < names.size(); ++i)
        if (id.view() == names[i]) return i;
    return names.size();
}
bool is_tenant_administrator(const actor& who) { return who.who == alice.who || who.who == bob.who; }

// --- the second model ---

struct ghost_environment {
    std::string_view policy; ///< "": in none
    bool on_key = false;
    bool busy = false;
    bool gone = false;
};

struct ghost_policy {
    bool made = false;
    vault_id vault;
    key_id key;
    std::vector<fingerprint> prints; ///< every version ever
    key_permissions may;
    admin_id granted_by;
    bool deleted = false; ///< gone for good once nothing is in it
    bool off = false;
    instant off_since = never;
    admin_id asked_by;
    instant key_deleted = never;
    instant replaced = never; ///< the version before the last, when it was replaced
};

struct ghost {
    std::array<ghost_environment, 3> environments;
    std::array<ghost_policy, 3> policies;
    instant last = never;
    std::vector<std::string> wrong;

    void demand(bool holds, const char* sentence) {
        if (!holds) wrong.emplace_back(sentence);
    }
    ghost_environment& at(const environment_id& id) { return environments[number_in(environment_names, id)]; }
    ghost_policy& at(const policy_id& id) { return policies[number_in(policy_names, id)]; }
    ghost_policy* policy_of(const environment_id& id) {
        const ghost_environment& e = at(id);
        return e.policy.empty() ? nullptr : &at(policy_id(e.policy));
    }
    bool offline(const environment_id& id) {
        const ghost_policy* policy = policy_of(id);
        return policy != nullptr && policy->off;
    }
    /// Not gone, in that policy, and when its time is over.
    instant first_due(const policy_id& id) {
        instant due{INT64_MAX / 4};
        for (std::size_t i = 0; i < 3; ++i)
            if (!environments[i].gone && environments[i].policy == id.view()) {
                const instant mine = at(id).off_since + (i == 0 ? days(30) : days(7));
                due = mine < due ? mine : due;
            }
        return due;
    }

    std::uint32_t members_of(const policy_id& id) const {
        std::uint32_t members = 0;
        for (const ghost_environment& each : environments) members += each.policy == id.view() ? 1U : 0U;
        return members;
    }
    static void bury(ghost_policy& policy, std::uint32_t members) {
        if (policy.deleted && members == 0) policy.made = false;
    }

    void see(const event& e) {
        demand(e.at >= last, "time never runs backwards in the log");
        last = later(last, e.at);
        std::visit([&](const auto& body) { on(body, e); }, e.body);
    }
    template <class Body>
    void on(const Body&, const event&) {}

    void on(const policy_created& e, const event& whole) {
        demand(!at(e.policy).made, "no two policies of one name");
        demand(!(whole.by.as == principal::vault && is_tenant_administrator(whole.by)), "vault and tenant are two people");
        at(e.policy) = {};
        at(e.policy).made = true, at(e.policy).prints = {e.print}, at(e.policy).vault = e.vault, at(e.policy).key = e.key;
    }
    void on(const access_granted& e, const event& whole) {
        demand(whole.by.as == principal::vault && !is_tenant_administrator(whole.by), "the vault's administrator alone grants");
        ghost_policy& policy = at(e.policy);
        policy.may = e.permissions, policy.granted_by = whole.by.who;
        if (policy.may.complete()) policy.key_deleted = never, policy.deleted = false;
    }
    void on(const access_revoked& e, const event& whole) {
        demand(whole.by.as == principal::vault || whole.by.as == principal::system, "nobody of the tenant revokes, nor the provider");
        ghost_policy& policy = at(e.policy);
        const std::uint32_t members = members_of(e.policy);
        demand(members == e.environments, "a revocation counts whom it hits");
        if (!policy.off) policy.off_since = whole.at;
        policy.off = true, policy.may = {}, policy.asked_by = {};
        const bool deletes = e.cause == revocation::key_deleted || e.cause == revocation::vault_deleted;
        if (deletes && !happened(policy.key_deleted)) policy.key_deleted = whole.at;
        if (e.cause == revocation::policy_deleted) policy.deleted = true;
        bury(policy, members);
    }
    void on(const unlock_requested& e, const event& whole) {
        ghost_policy& policy = at(e.policy);
        demand(policy.off && policy.may.complete() && is_tenant_administrator(whole.by), "asked by a tenant administrator, all granted");
        demand(whole.by.who != policy.granted_by, "who granted does not ask");
        policy.asked_by = whole.by.who;
    }
    void on(const unlock_approved& e, const event& whole) {
        ghost_policy& policy = at(e.policy);
        demand(policy.off && policy.may.complete() && !policy.asked_by.empty(), "nothing is approved that was not granted and asked");
        demand(whole.by.as == principal::provider, "the provider approves");
        demand(whole.at < first_due(e.policy), "what is due does not come back");
        policy.off = false, policy.asked_by = {};
    }
    void on(const version_rotated& e, const event& whole) {
        ghost_policy& policy = at(e.policy);
        demand(!policy.off, "no rotation while offline");
        for (const fingerprint& each : policy.prints) demand(each != e.print || happened(policy.replaced), "a version is a new key");
        policy.prints.push_back(e.print), policy.replaced = whole.at;
    }
    void on(const key_purged& e, const event& whole) {
        const ghost_policy& policy = at(e.policy);
        if (e.version == 0)
            demand(happened(policy.key_deleted) && whole.at >= policy.key_deleted + days(90), "no deleted key is purged early");
        else
            demand(e.version < policy.prints.size(), "the version in force is not purged");
        if (e.version != 0 && e.version + 1 == policy.prints.size())
            demand(whole.at >= policy.replaced + days(28), "an earlier version is kept for 28 days");
    }

    void on(const environment_added& e, const event& whole) {
        ghost_environment& mine = at(e.environment);
        const ghost_policy& policy = at(e.policy);
        demand(mine.policy.empty() && !mine.on_key && !mine.gone, "an environment is in at most one policy");
        demand(policy.made && policy.may.complete() && !policy.off, "only to a policy that is granted its key and online");
        demand(whole.by.who != policy.granted_by, "who granted does not add");
        mine.policy = policy_names[number_in(policy_names, e.policy)];
    }
    void on(const environment_removed& e, const event&) {
        demand(at(e.environment).policy == e.policy.view(), "only a member leaves");
        at(e.environment).policy = {};
        at(e.environment).on_key = false;
        bury(at(e.policy), members_of(e.policy));
    }
    template <class Body>
    void begin(const Body& e) {
        demand(!at(e.environment).busy && !at(e.environment).gone, "one operation at a time");
        demand(!offline(e.environment), "what is offline is neither moved nor overwritten");
        at(e.environment).busy = true;
    }
    ghost_environment& end(const environment_id& id, bool needs_key) {
        demand(at(id).busy, "only what has begun ends");
        demand(!needs_key || !offline(id), "nothing that needs the key ends well while it is revoked");
        at(id).busy = false;
        return at(id);
    }
    void on(const apply_started& e, const event&) { begin(e); }
    void on(const return_started& e, const event&) {
        demand(at(e.environment).on_key, "only what is on the key returns");
        begin(e);
    }
    void on(const reset_started& e, const event&) { begin(e); }
    bool same_key(const environment_id& a, const environment_id& b) {
        const ghost_policy* mine = policy_of(a);
        const ghost_policy* theirs = policy_of(b);
        if (mine == nullptr || theirs == nullptr) return mine == theirs;
        return mine->vault == theirs->vault && mine->key == theirs->key;
    }
    template <class Body>
    void begin_from(const Body& e) {
        begin(e);
        demand(!offline(e.source), "nothing is read from what is offline");
        demand(e.source == e.environment || same_key(e.source, e.environment), "data moves only under the same key");
    }
    void on(const restore_started& e, const event&) { begin_from(e); }
    void on(const copy_started& e, const event&) { begin_from(e); }
    void on(const key_applied& e, const event&) { end(e.environment, true).on_key = true; }
    void on(const returned_to_provider& e, const event&) { end(e.environment, true).on_key = false; }
    void on(const restored& e, const event&) { end(e.environment, true); }
    void on(const copied& e, const event&) { end(e.environment, true); }
    void on(const apply_failed& e, const event&) { end(e.environment, false); }
    void on(const return_failed& e, const event&) { end(e.environment, false); }
    void on(const restore_failed& e, const event&) { end(e.environment, false); }
    void on(const copy_failed& e, const event&) { end(e.environment, false); }
    void on(const reset_completed& e, const event&) { end(e.environment, false).on_key = false; }
    void on(const environment_deleted& e, const event& whole) {
        ghost_environment& mine = at(e.environment);
        demand(!mine.busy && !mine.gone, "what is deleted was idle, and there");
        if (e.by_retention) {
            const instant due = at(policy_id(mine.policy)).off_since + (&mine == &environments[0] ? days(30) : days(7));
            demand(offline(e.environment) && whole.at >= due, "time deletes only what is offline and due");
        }
        mine.gone = true;
    }
};

// --- what must hold of every state ---

void check_environments(const world& w, ghost& g) {
    std::uint32_t customer = 0;
    std::uint32_t alive = 0;
    std::array<std::uint32_t, 3> production{}, others{};
    for (std::size_t i = 0; i < 3; ++i) {
        const environment_state& e = w.environments[i];
        const ghost_environment& mine = g.environments[i];
        g.demand(e.deleted == mine.gone, "deleted is deleted");
        g.demand(e.membership.policy.view() == mine.policy, "which policy it is in is known");
        if (e.deleted) continue;
        g.demand((e.managed_by == protector::customer) == mine.on_key, "who protects it is known");
        g.demand((e.transition != operation::none) == mine.busy, "what is under way is known");
        g.demand(!mine.on_key || !mine.policy.empty(), "what is on the customer's key is in a policy");
        ++alive, customer += mine.on_key ? 1U : 0U;
        if (!mine.policy.empty()) ++(i == 0 ? production : others)[number_in(policy_names, e.membership.policy)];
    }
    g.demand(w.ring.environments == alive && w.ring.customer_managed == customer && w.ring.locked == 0, "the ring counts its environments");
    for (const policy_state& policy : w.policies) {
        const std::size_t n = number_in(policy_names, policy.id);
        g.demand(policy.production == production[n] && policy.others == others[n], "a policy counts its environments by kind");
        g.demand(policy.revoked == g.policies[n].off, "offline is offline");
        g.demand(policy.permissions == g.policies[n].may, "what is granted is known");
        g.demand(policy.versions.size() >= 1 && !happened(policy.in_force().replaced_at), "one version is in force");
    }
}

// --- the walk ---

class walk {
public:
    explicit walk(std::uint64_t seed) : dice_(seed), world_(without_policy), now_(world_.ring.latest) { ghost_.last = now_; }

    void step() {
        now_ = now_ + (dice_.percent(90) ? seconds{dice_.below(3600)} : days(dice_.below(4) == 0 ? dice_.below(40) : dice_.below(3)));
        const std::string_view policy = policy_names[dice_.below(3)];
        const std::string_view name = environment_names[dice_.below(3)];
        switch (dice_.below(24)) {
        case 0: make(policy); return;
        case 1:
        case 2:
        case 3: grant(policy); return;
        case 4:
        case 5:
        case 6: ask(but(adds(at()), [&](add_to_policy& c) { c.by = anyone(); }), under(policy, name)); return;
        case 7: ask(but(removes(at(), name), [&](remove_from_policy& c) { c.by = anyone(); }), about(name)); return;
        case 8: revoke(policy); return;
        case 9:
        case 10: ask(request_unlock{anyone(), at()}, under(policy)); return;
        case 11:
        case 12: ask(approve_unlock{dice_.percent(90) ? provider_person : anyone(), at()}, under(policy)); return;
        case 13: rotate(policy); return;
        case 14:
            ask(but(purges(at(), dice_.below(4)), [&](purge_key& c) { c.by = dice_.percent(80) ? vera : anyone(); }), under(policy));
            return;
        case 15: ask(expire_environment{.at = at()}, about(name)); return;
        case 16: return dice_.percent(4) ? ask(delete_environment{anyone(), at(), typed_text(name)}, about(name)) : void();
        case 17: return dice_.percent(20) ? ask(reset{anyone(), at(), typed_text(name)}, about(name)) : void();
        case 18: move(name); return;
        case 19: open(name); return;
        default: report(name); return;
        }
    }

    const ghost& judge() const { return ghost_; }
    const std::vector<event>& log() const { return log_; }
    void check_replay() {
        world again = without_policy;
        for (const event& e : log_) again.evolve(e);
        ghost_.demand(again == world_, "replaying the log gives the state");
    }

private:
    instant at() { return dice_.percent(4) ? now_ - seconds{dice_.below(200'000)} : now_; } // a clock that steps back
    actor anyone() { return people[dice_.below(people.size())]; }
    static subject about(std::string_view name) { return {environment_id(name), {}, {}}; }

    template <class C>
    void ask(const C& command, const subject& subject_of) {
        const decision d = world_.decide(enterprise_policy, command, subject_of);
        if (d.refused()) return;
        ghost_.demand(command.by.who != mallory.who, "nobody without a role is allowed anything");
        for (const event& e : d.events()) {
            ghost_.see(e);
            world_.evolve(e);
            log_.push_back(e);
        }
        check_environments(world_, ghost_);
        if constexpr (std::is_same_v<C, open_environment>) return;
        const decision again = world_.decide(enterprise_policy, command, subject_of);
        ghost_.demand(again.refused() || again.events().empty(), "the same command the second time is refused, or changes nothing");
    }
    void make(std::string_view policy) {
        ask(but(makes_policy(at(), policy, static_cast<std::uint8_t>(1 + dice_.below(2))), [&](create_policy& c) { c.by = anyone(); }),
            under(policy));
    }
    void grant(std::string_view policy) {
        const ghost_policy& known = ghost_.at(policy_id(policy));
        grant_access c = grants(at(), 1, dice_.percent(70) ? all_uses : key_permissions{dice_.percent(50), dice_.percent(50), true});
        c.by = dice_.percent(85) ? vera : anyone();
        if (!known.prints.empty() && dice_.percent(90)) c.print = known.prints.back();
        const bool fits = !known.prints.empty() && c.print == known.prints.back();
        const std::size_t before = log_.size();
        ask(c, under(policy));
        ghost_.demand(log_.size() == before || fits, "only the original key is granted");
    }
    void revoke(std::string_view policy) {
        revoke_access c = revokes(at(), static_cast<revocation>(dice_.below(6)));
        c.by = dice_.percent(70) ? vera : dice_.percent(30) ? the_system : anyone();
        const bool may = c.by.as == principal::vault || c.by.as == principal::system;
        const bool there = ghost_.at(policy_id(policy)).made;
        if (may && there)
            ghost_.demand(world_.decide(enterprise_policy, c, under(policy)).allowed(), "a revocation is never refused to those who may");
        ask(c, under(policy));
    }
    void rotate(std::string_view policy) {
        rotate_version c = rotates(at(), static_cast<std::uint8_t>(10 + log_.size() % 240));
        c.by = dice_.percent(85) ? vera : anyone();
        ask(c, under(policy));
    }
    void move(std::string_view target) {
        if (dice_.percent(30) && !world_.backups.full()) {
            const std::string name = "b" + std::to_string(world_.backups.size());
            subject of = about(target);
            of.backup = backup_id(name);
            return ask(take_backup{alice, at(), of.backup}, of);
        }
        if (dice_.percent(50)) {
            const environment_id source(environment_names[dice_.below(3)]);
            return ask(copy{alice, at(), typed_text(target)}, {environment_id(target), source, {}});
        }
        if (world_.backups.empty()) return;
        const backup_state& b = world_.backups[dice_.below(static_cast<std::uint32_t>(world_.backups.size()))];
        ask(restore{alice, at(), typed_text(target)}, {environment_id(target), b.environment, b.id});
    }
    /// Exactly what is there, at rest and online is opened.
    void open(std::string_view name) {
        const ghost_environment& e = ghost_.at(environment_id(name));
        const bool expected = !e.gone && !e.busy && !ghost_.offline(environment_id(name));
        const decision d = world_.decide(enterprise_policy, open_environment{alice, at()}, about(name));
        ghost_.demand(d.allowed() == expected, "what is offline serves no one, and everything else its people");
    }
    /// The system says how something ended: mostly of what is under way.
    void report(std::string_view name) {
        const environment_state& e = world_.environment(name);
        const operation of = dice_.percent(90) ? e.transition : static_cast<operation>(4 + dice_.below(6));
        if (dice_.percent(75))
            ask(ends(at(), of), about(name));
        else
            ask(fails(at(), of), about(name));
    }

    dice dice_;
    world world_;
    ghost ghost_;
    instant now_;
    std::vector<event> log_;
};

} // namespace

TEST_CASE("enterprise_policy: every invariant holds on 100 000 random commands, and the log replays to the state") {
    std::array<std::size_t, std::variant_size_v<event_body>> seen{};
    for (std::uint64_t seed = 1; seed <= 400; ++seed) {
        walk w(seed);
        for (int i = 0; i < 250 && w.judge().wrong.empty(); ++i) w.step();
        w.check_replay();
        for (const event& e : w.log()) ++seen[e.body.index()];
        CAPTURE(seed);
        for (const std::string& sentence : w.judge().wrong) FAIL_CHECK(sentence);
        if (!w.judge().wrong.empty()) return;
    }
    // A walk that reaches nothing proves nothing.
    const auto often = [&](const event_body& body) {
        CAPTURE(body.index());
        CHECK(seen[body.index()] > 20);
    };
    const event_body reached[] = {
        policy_created{},  environment_added{},   environment_removed{}, access_revoked{}, access_granted{}, unlock_requested{},
        unlock_approved{}, version_rotated{},     key_purged{},          key_applied{},    apply_failed{},   returned_to_provider{},
        return_failed{},   environment_deleted{}, restore_started{},     restored{},       copy_started{},   copied{},
        reset_completed{}};
    for (const event_body& each : reached) often(each);
}
