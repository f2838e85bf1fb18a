// SPDX-License-Identifier: Apache-2.0
// Breadth first through every state that can be reached, level by level, so that what is found first is nearest. Two
// threads expand a level and only read the set of states; then one adds what is new, in the order of the level, so that
// every run finds the same.
// Depends on: checks, packed, rights, state_set, steps, subject.
#pragma once

#include "checks.hpp"
#include "packed.hpp"
#include "rights.hpp"
#include "state_set.hpp"
#include "steps.hpp"
#include "subject.hpp"

#include <thread>
#include <vector>

namespace keywright::model {

/// A sentence that did not hold, and the step that shows it.
struct finding {
    const char* what = nullptr;
    std::uint32_t state = 0;
    std::uint32_t step = 0;
    end_of_zone end = end_of_zone::first;
};

/// What this thread is at: when a precondition breaks inside of what is checked, the program stops there.
inline thread_local finding at_work;

struct edge {
    std::uint32_t from;
    std::uint32_t to;
    bool needs_luck = false; ///< a step for which the locked key must be at hand, or 28 d be waited for
};

/// What allowed events lead to.
struct outcome {
    const char* wrong = nullptr;
    sketch state;
};

template <class Subject>
class search {
public:
    search(const Subject& subject, const bounds& b, std::size_t threads = 2) : subject_(subject), bounds_(b), threads_(threads) {}

    /// Explores everything, or up to the first finding; `most` states at the most. Returns whether all was seen.
    bool run(const sketch& start, std::size_t most = SIZE_MAX) {
        states_.insert(pack(canonical(start)), {});
        for (std::size_t from = 0; from < states_.size(); ++depth_) {
            const std::size_t to = states_.size();
            expand_level(from, to);
            if (found_.what != nullptr || states_.size() > most) return false;
            from = to;
        }
        return true;
    }

    const state_set& states() const { return states_; }
    const std::vector<edge>& edges() const { return edges_; }
    std::size_t depth() const { return depth_; }
    std::uint64_t decisions() const { return decisions_; }
    const finding& found() const { return found_; }
    const bounds& limits() const { return bounds_; }
    const Subject& subject() const { return subject_; }

    /// Applies events to a world, and checks everything that is asked of the step.
    outcome follow(const world& before, const about& a, const decision& d, bool behind = false) const {
        world after = before;
        const char* wrong = subject_follows(before, after, a, d, behind);
        return {wrong, canonical(sketch_of(after, bounds_))};
    }
    /// The same without judging.
    void apply(world& w, const about& a, const event& e) const {
        ring_world& r = w.rings[a.ring];
        if (types_of_tenant(e)) subject_.evolve(w.tenant, e);
        subject_.evolve(r.ring, e);
        set_clock(r, e);
        if (const auto* taken = std::get_if<backup_taken>(&e.body))
            r.backup = {taken->backup, taken->environment, e.at, taken->managed_by, taken->key, taken->key_version, taken->data_era};
        if (a.environment == about::none) return;
        environment_state& own = r.environments[a.environment];
        if (std::holds_alternative<environment_created>(e.body)) own.tenant = r.ring.tenant, own.region = r.ring.region;
        subject_.evolve(own, e);
    }

private:
    struct fresh {
        packed state;
        state_set::origin origin;
        bool needs_luck;
    };
    struct bucket {
        std::vector<fresh> found;
        std::vector<edge> known;
        finding first;
        std::uint64_t decisions = 0;
    };

    static bool types_of_tenant(const event& e) {
        return std::holds_alternative<feature_enabled>(e.body) || std::holds_alternative<administrator_added>(e.body) ||
               std::holds_alternative<administrator_removed>(e.body);
    }

    void expand_level(std::size_t from, std::size_t to) {
        const std::size_t parts = to - from < 512 ? 1 : threads_;
        std::vector<bucket> buckets(parts);
        const auto part = [&](std::size_t i) {
            for (std::size_t n = from + (to - from) * i / parts; n < from + (to - from) * (i + 1) / parts; ++n) {
                expand(static_cast<std::uint32_t>(n), buckets[i]);
                if (buckets[i].first.what != nullptr) return;
            }
        };
        std::vector<std::thread> others;
        for (std::size_t i = 1; i < parts; ++i) others.emplace_back(part, i);
        part(0);
        for (std::thread& other : others) other.join();
        for (bucket& b : buckets) merge(b);
    }
    void merge(bucket& b) {
        decisions_ += b.decisions;
        if (found_.what == nullptr) found_ = b.first;
        edges_.insert(edges_.end(), b.known.begin(), b.known.end());
        for (const fresh& f : b.found) edges_.push_back({f.origin.from, states_.insert(f.state, f.origin).first, f.needs_luck});
    }

    // --- one state ---

    /// Commands whose rules look at the clock; the others are put at the far end of their zones in every 8th state.
    template <class C>
    static constexpr bool depends_on_time = types<activate_key, rollback_activation, lock, approve_lock, unlock_key, unlock_environment,
                                                  expire_environment, completed, accept_clock>::contains<C>;

    void expand(std::uint32_t number, bucket& out) const {
        const packed& p = states_[number];
        const sketch s = unpack(p);
        const world first = world_of(s, bounds_, end_of_zone::first);
        const world last = world_of(s, bounds_, end_of_zone::last);
        const std::uint64_t hash = hash_of(p);
        const bool sampled = hash % 8 == 0;
        std::uint32_t step = 0;
        const auto report = [&](const char* what, end_of_zone end = end_of_zone::first) {
            if (out.first.what == nullptr) out.first = {what, number, step, end};
        };
        at_work.state = number;
        for_each_command(first, bounds_, choices_in(s, bounds_), [&]<class C>(const C& command, const about& a) {
            at_work.step = step;
            if constexpr (!Subject::template exists<C>)
                return;
            else {
                const decision d = decide(first, a, command, out);
                if (depends_on_time<C> || sampled)
                    if (const char* wrong = differs(last, a, command, first, d, out)) report(wrong, end_of_zone::last);
                if (hash % 64 == 0)
                    if (const char* wrong = wrong_with_rights(first, a, command, d)) report(wrong);
                if (d.allowed()) {
                    if (const char* wrong = wrong_to_allow(first, a, command, d)) report(wrong);
                    const outcome o = follow(first, a, d, command.at < first.rings[a.ring].ring.latest);
                    if (o.wrong != nullptr) report(o.wrong);
                    add(o.state, {number, step}, types<unlock_key, expire_environment>::contains<C>, out);
                }
                ++step;
            }
        });
        for_each_happening(s, bounds_, [&](const sketch& next, std::string_view) {
            add(canonical(next), {number, step}, false, out);
            ++step;
        });
    }

    template <class C>
    decision decide(const world& w, const about& a, const C& command, bucket& out) const {
        ++out.decisions;
        return subject_.decide(facts_of(w, a, command.at), command);
    }
    void add(const sketch& s, state_set::origin o, bool needs_luck, bucket& out) const {
        const packed p = pack(s);
        const std::uint32_t known = states_.find(p);
        if (known == o.from) return;
        if (known != state_set::not_there)
            out.known.push_back({o.from, known, needs_luck});
        else
            out.found.push_back({p, o, needs_luck});
    }

    // --- what is asked of one step ---

    /// At the other end of all zones the answer is the same, and what follows from it.
    template <class C>
    const char* differs(const world& last, const about& a, const C& command, const world& first, const decision& d, bucket& out) const {
        const decision at_end = decide(last, a, command, out);
        if (at_end.allowed()) {
            const bool behind = command.at < last.rings[a.ring].ring.latest;
            const outcome o = follow(last, a, at_end, behind);
            if (o.wrong != nullptr) return o.wrong;
            if (d.allowed() && o.state != follow(first, a, d, behind).state) return "within a window moments have the same consequences";
        }
        if (at_end.allowed() != d.allowed()) return "a window ends at its limit, neither sooner nor later";
        return nullptr;
    }

    /// Nobody without a right is heard, whoever has one is not refused for the lack of it, and no fault is overlooked.
    template <class C>
    const char* wrong_with_rights(const world& w, const about& a, const C& command, const decision& d) const {
        for (const actor& who : everybody) {
            C asked = command;
            asked.by = who;
            const decision answer = subject_.decide(facts_of(w, a, command.at), asked);
            const bool denied = answer.refused() && answer.refused_by("T05", refusal::not_authorized);
            if (denied == may<C>(w, a, who)) return "whoever has a right, and nobody else, is heard";
        }
        if (types<rollback_activation, accept_clock>::contains<C>) return nullptr; // a clock that is behind hinders neither
        C earlier = command;
        earlier.at = command.at - days(2);
        const decision answer = subject_.decide(facts_of(w, a, earlier.at), earlier);
        if (answer.allowed() && !d.allowed()) return "a clock that steps back makes nothing legal";
        constexpr bool waits = types<lock, approve_lock, unlock_key, unlock_environment, expire_environment>::contains<C>;
        if (Subject::second_word && waits && answer.allowed()) return "while the clock is behind no wait is over";
        const char* wrong = nullptr;
        for_each_fault(command, a, [&](const C& bad) {
            if (subject_.decide(facts_of(w, a, bad.at), bad).allowed()) wrong = "a command that is not as it should be is refused";
        });
        return wrong;
    }

    /// What is done leaves a record. Looking does not; and it is not allowed where nobody may look.
    template <class C>
    static const char* wrong_to_allow(const world& w, const about& a, const C&, const decision& d) {
        if constexpr (std::is_same_v<C, open_environment>) {
            const environment_state& e = w.rings[a.ring].environments[a.environment];
            if (is_locked(w.rings[a.ring].ring, e)) return "a locked environment serves no one";
            if (e.transition != operation::none) return "an environment that is being moved is down";
            return d.events().empty() ? nullptr : "looking changes nothing";
        }
        const bool again = std::is_same_v<C, report_delivery> || (std::is_same_v<C, enable_feature> && happened(w.tenant.feature_on_at));
        return d.events().empty() && !again ? "every change of state has its record" : nullptr;
    }

    /// Where two administrators have accepted a clock, it is the present.
    static void set_clock(ring_world& r, const event& e) {
        const auto* accepted = std::get_if<clock_accepted>(&e.body);
        if (accepted != nullptr && accepted->agreed) r.now = accepted->clock;
    }
    const char* subject_follows(const world& before, world& after, const about& a, const decision& d, bool behind) const {
        const ring_world& was = before.rings[a.ring];
        ghost g = ghost_of(was);
        g.second_word = Subject::second_word;
        witness follows(g, a.ring, was.ring.latest, behind);
        material m = material_of(was);
        for (const event& e : d.events()) {
            follows.see(e);
            if (follows.wrong() != nullptr) return follows.wrong();
            if (const char* wrong = wrong_with_restore(was, e)) return wrong;
            const ring_world ring_before = after.rings[a.ring];
            apply(after, a, e);
            const bool told = subject_.notifies(e);
            if (told != must_be_told(e, a.ring) && !may_be_told(e)) return "every event that notifies has its notices, and no other";
            if (const char* wrong = wrong_with_content(ring_before, after.rings[a.ring], e)) return wrong;
            custodian keeps(m, a.ring, after.rings[a.ring]);
            keeps.commit(e);
            for (const effect& ordered : subject_.effects_of(e)) keeps.carry_out(ordered);
            keeps.forget_final_keys();
        }
        if (!follows.complete()) return "the first upload of a ring activates by itself";
        return wrong_after(before, after, a, g, m);
    }
    static const char* wrong_after(const world& before, const world& after, const about& a, const ghost& g, const material& m) {
        const ring_world& was = before.rings[a.ring];
        const ring_world& is = after.rings[a.ring];
        if (const char* wrong = difference(g, ghost_of(is), is.ring.latest)) return wrong;
        if (const char* wrong = wrong_with_counts(is)) return wrong;
        if (const char* wrong = wrong_with_keys(is, a.ring, after)) return wrong;
        if (a.environment != about::none)
            if (const char* wrong = wrong_with_numbers(was, is, a.environment)) return wrong;
        for (std::size_t i = 0; i < max_environments; ++i)
            if (i != a.environment)
                if (const char* wrong = wrong_with_numbers(was, is, i)) return wrong;
        if (const char* wrong = objection(m, is, after.elsewhere)) return wrong;
        if (!(m == material_of(is))) return "no key material is left behind, and none is lost";
        return nullptr;
    }
    /// After a reset no backup is readable, and none is read whose keys are out of reach.
    static const char* wrong_with_restore(const ring_world& r, const event& e) {
        const auto* begun = std::get_if<restore_started>(&e.body);
        if (begun == nullptr) return nullptr;
        const backup_state& b = r.backup;
        for (const environment_state& source : r.environments) {
            if (source.id != b.environment) continue;
            if (b.data_era != source.data_era) return "after a reset no earlier backup is readable";
            const bool behind_ring = source.managed_by == protector::customer || b.key_version < source.key_version;
            if (behind_ring && active_key(r.ring) == nullptr) return "a backup is read only while its keys are in reach";
        }
        return nullptr;
    }

    const Subject& subject_;
    bounds bounds_;
    std::size_t threads_;
    state_set states_;
    std::vector<edge> edges_;
    finding found_;
    std::size_t depth_ = 0;
    std::uint64_t decisions_ = 0;
};

} // namespace keywright::model
