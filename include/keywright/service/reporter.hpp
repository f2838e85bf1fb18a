// SPDX-License-Identifier: Apache-2.0
// How work on effects ends: a system command, decided by the same policy, in one commit with the end of the effect.
// Depends on: service/environment_keys.
#pragma once

#include <keywright/service/environment_keys.hpp>

namespace keywright::service {

/// One operation on an environment's data or keys, while it is carried out.
struct environment_job {
    subject on;
    policy::operation what;
    const loaded& begun;       ///< ring and environment as they were when the work began
    const std::string& record; ///< of the effect, which goes with the work's end

    const policy::environment_state& environment() const { return begun.environment->value; }
};

template <const auto& Profile, class Parts>
class reporter {
public:
    explicit reporter(Parts& parts) : parts_(parts) {}

    /// Submits a system command whose commit also ends the effect. A refusal means that somebody else has ended it.
    template <class Command, class Extras>
    [[nodiscard]] result<void> report(const subject& s, const Command& command, const std::string& record, const Extras& extras) {
        if (command.at == never) return fail(errc::unavailable, "service: the clock could not be read; the work stays, run recovery again");
        auto done = transact<Profile>(parts_, s, command, [&](ports::batch& batch, const loaded& l) {
            batch.erase_any(record);
            return extras(batch, l);
        });
        if (!done) return pass(done);
        for (std::size_t i = 0; done->decision.refused() && i < done->decision.reasons().size(); ++i)
            if (done->decision.reasons()[i].code != policy::refusal::not_in_progress)
                return fail(errc::unavailable, "service: work of this ring is still under way; run recovery again");
        return {};
    }

    /// Destroys every key of the vault whose id begins with `prefix`, but the one that is to be kept.
    [[nodiscard]] result<void> destroy_all(const std::string& prefix, const std::string& keep) {
        const auto all = parts_.vault.list(prefix);
        if (!all) return pass(all);
        for (const ports::vault_entry& entry : *all)
            if (entry.id != keep)
                if (auto gone = parts_.vault.destroy(entry.id); !gone) return gone;
        return {};
    }

    /// Work on data that failed and would fail again is given up: the environment is back as it was, and the caller
    /// learns why. What may pass later stays pending.
    [[nodiscard]] result<void> end_after(const result<void>& why, const environment_job& job) {
        if (why.error().retryable()) return why;
        if (auto ended = give_up(job); !ended) return ended;
        return why;
    }
    /// Ends a job without success; keys made for it go with it.
    [[nodiscard]] result<void> give_up(const environment_job& job) {
        return give_up(job.on.ring, {job.what, job.environment().id, {}, {}}, job.record, &job.environment());
    }

    /// Whoever was held up must not end another operation, which began after its own was ended by somebody else. Every
    /// operation that takes an environment down raises its access epoch.
    [[nodiscard]] static result<void> still_under_way(const loaded& l, const policy::environment_state& begun) {
        if (is_under_way(l.environment->value, begun)) return {};
        return fail(errc::version_conflict, "service: this operation was ended by another process");
    }
    [[nodiscard]] static bool is_under_way(const policy::environment_state& now, const policy::environment_state& begun) noexcept {
        return now.transition == begun.transition && now.access_epoch == begun.access_epoch;
    }

    /// Ends an environment's work without success; keys made for it go with it.
    [[nodiscard]] result<void> give_up(const ring_id& ring, const policy::carry_out& work, const std::string& record,
                                       const policy::environment_state* begun = nullptr) {
        const subject s{ring, work.environment};
        return report(s, policy::failed{.at = now(), .of = work.what}, record, [&](ports::batch& batch, const loaded& l) -> result<void> {
            if (begun != nullptr)
                if (auto same = still_under_way(l, *begun); !same) return same;
            return erase_version(parts_.store, s, batch, given_up{work.what, policy::work_number(l.environment->value)});
        });
    }

    /// `never` where the clock cannot be read; report refuses that.
    instant now() const { return parts_.clock.now().value_or(never); }

private:
    Parts& parts_;
};

} // namespace keywright::service
