// SPDX-License-Identifier: Apache-2.0
// One command from the question to the last notice: the moment from the clock, the decision and its commit, dead
// leases, the work that follows, and who is told.
// Depends on: service/interpreter, service/requests.
#pragma once

#include <keywright/service/interpreter.hpp>
#include <keywright/service/requests.hpp>

namespace keywright::service {

template <const auto& Profile, class Parts>
class submitter {
public:
    explicit submitter(Parts parts) : parts_(std::move(parts)) {}
    submitter(const submitter&) = delete;
    submitter& operator=(const submitter&) = delete;

    Parts& parts() { return parts_; }
    watches& known_watches() { return watches_; }
    service::interpreter<Profile, Parts> interpreter() { return {parts_, watches_}; }

    /// Sets the command's moment by the clock. Fails as the clock does.
    template <class Command>
    [[nodiscard]] result<void> stamp(Command& command) {
        const auto now = parts_.clock.now();
        if (!now) return pass(now);
        command.at = *now;
        return {};
    }

    /// Decides, commits, carries out, tells. Fails as the clock, the store and the vault do where nothing was committed; what
    /// failed afterwards is the outcome's `unfinished`. `trouble`: why a key file did not open, for a refusal to show.
    template <class Command, class Extras = nothing_more>
    [[nodiscard]] result<outcome> submit(const subject& s, Command command, const Extras& extras = {}, std::optional<error> trouble = {}) {
        if (auto timed = stamp(command); !timed) return pass(timed);
        auto done = transact<Profile>(parts_, s, command, extras);
        if (!done) return pass(done);
        if (done->decision.refused()) return outcome(std::move(done->decision), {}, trouble);
        raise_watches(s, done->state);
        result<void> work;
        if (!s.ring.region.empty()) work = interpreter().run(s.ring);
        if (auto told = deliver(); !told && work) work = told;
        return outcome(std::move(done->decision), work);
    }

    /// Hands over every notice that is waiting. One that will never go out does not hold up the others, of whatever
    /// tenant; it stays, and the first such error is returned.
    [[nodiscard]] result<void> deliver() {
        result<void> outcome;
        for (std::string after;;) {
            const auto page = parts_.store.scan(records::outbox_prefix(), after, 100);
            if (!page) return pass(page);
            if (page->empty()) return outcome;
            for (const ports::record& r : *page) {
                const auto notice = decode_notice(r.value);
                auto told = notice ? parts_.notifier.deliver(*notice) : result<void>(pass(notice));
                if (told) told = note_delivery(*notice);
                if (!told && told.error().retryable()) return told; // the channel itself is down
                if (!told && outcome) outcome = told;
                if (!told) continue;
                ports::batch batch;
                batch.erase_any(r.key);
                if (auto done = parts_.store.commit(batch); !done) return done;
            }
            after = page->back().key;
        }
    }

private:
    /// Where a wait begins with a notice's delivery, that is an event of its own. Noted before the notice leaves the
    /// outbox: after a kill in between it is delivered, and noted, again.
    result<void> note_delivery(const ports::notice& notice) {
        if constexpr (Profile.template grants_to<policy::report_delivery>() == policy::no_one) {
            return {};
        } else {
            const auto stored = parts_.store.load(records::log(notice.tenant, notice.sequence));
            if (!stored) return pass(stored);
            const auto record = read_audit(stored->value);
            if (!record) return pass(record);
            policy::report_delivery command{.to = notice.to};
            policy::visit_body(record->event.body,
                               overloaded{
                                   [&](const policy::key_activated& e) { command.key = e.print, command.activation = e.activation; },
                                   [&](const policy::key_unlocked& e) { command.key = e.print, command.activation = e.activation; },
                                   [](const auto&) {},
                               });
            if (command.key.empty()) return {};
            if (auto timed = stamp(command); !timed) return timed;
            const auto noted = transact<Profile>(parts_, subject{{record->tenant, record->region}}, command);
            return noted ? result<void>{} : pass(noted);
        }
    }
    void raise_watches(const subject& s, const loaded& l) {
        if (l.ring.value.locking) watches_.raise(s.ring, l.ring.value.lock_epoch << 32);
        if (l.environment) watches_.raise(s.ring, l);
        if (l.vault_policy) watches_.ask_again(s.ring, l.vault_policy->value.id);
    }

    Parts parts_;
    watches watches_{parts_.how.epoch_refresh, parts_.how.on_leases_ended};
};

} // namespace keywright::service
