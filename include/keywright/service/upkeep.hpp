// SPDX-License-Identifier: Apache-2.0
// What nobody asks for and must happen all the same: resuming after a kill, destroying keys that no commit knows, and
// what time itself does.
// Depends on: service/submitter.
#pragma once

#include <keywright/core/parse_id.hpp>
#include <keywright/service/submitter.hpp>

namespace keywright::service {

template <const auto& Profile, class Parts>
class upkeep {
public:
    explicit upkeep(submitter<Profile, Parts>& submit) : submit_(submit), parts_(submit.parts()) {}

    /// Resumes what a killed process left, destroys keys that it staged without a commit, delivers what is to be told.
    /// Run it before anything else, and whenever `unfinished` was answered. Does all that it can, then fails with the first
    /// failure of a part; what that was about stays for the next time.
    [[nodiscard]] result<void> recover() {
        // Asked before the effects are read: whoever staged these is dead, so what it committed is among the effects.
        const auto abandoned = parts_.vault.abandoned();
        if (!abandoned) return pass(abandoned);
        auto rings = rings_with_work();
        if (!rings) return pass(rings);
        result<void> outcome;
        std::vector<ring_id> unfinished;
        for (const ring_id& ring : *rings) {
            auto done = submit_.interpreter().run(ring);
            if (!done) unfinished.push_back(ring);
            if (!done && outcome) outcome = done;
        }
        if (auto gone = destroy_abandoned(*abandoned, unfinished); !gone && outcome) outcome = gone;
        auto told = submit_.deliver();
        return outcome ? told : outcome;
    }
    /// What time itself does: installations that took too long fall back, an import key that has expired is destroyed,
    /// locked environments past their retention are deleted.
    [[nodiscard]] result<void> tick(const ring_id& ring) {
        if (auto gone = destroy_expired_import_key(ring); !gone) return gone;
        if (auto fallen = end_late_installation(ring); !fallen) return fallen;
        std::string after;
        for (;;) {
            const auto page = parts_.store.scan(records::environments(ring), after, 1000);
            if (!page) return pass(page);
            if (page->empty()) return {};
            for (const ports::record& r : *page)
                if (auto judged = expire_record(ring, r); !judged) return judged;
            after = page->back().key;
        }
    }

    /// A deadline that has passed: the environment's deletion, or, where it takes two findings, the first of them.
    [[nodiscard]] result<outcome> expire(const subject& s, const policy::expire_environment& command) {
        return submit_.submit(s, command, [&](ports::batch& batch, const loaded& before) -> result<void> {
            const bool takes_two = Profile.procedure().second_finding > seconds{};
            if (takes_two && !policy::deadline_was_seen(before.ring.value, before.environment->value)) return {};
            return erase_keys(parts_.store, s, batch);
        });
    }

private:
    result<std::vector<ring_id>> rings_with_work() {
        std::vector<ring_id> rings;
        for (std::string after;;) {
            const auto page = parts_.store.scan("effect/", after, 1000);
            if (!page) return pass(page);
            if (page->empty()) return rings;
            for (const ports::record& r : *page) {
                const std::string_view key = r.key;
                const auto t = key.find('/') + 1, slash = key.find('/', t), end = key.find('/', slash + 1);
                const auto tenant = tenant_id::parse(key.substr(t, slash - t));
                const auto region = region_id::parse(key.substr(slash + 1, end - slash - 1));
                if (!tenant || !region) return fail(errc::corrupt, "service: a pending effect names no ring");
                const ring_id ring{*tenant, *region};
                if (rings.empty() || !(rings.back() == ring)) rings.push_back(ring);
            }
            after = page->back().key;
        }
    }
    /// Keys that were staged for a commit that never came. What a commit knows of has been published by now, except in
    /// rings whose work is not finished; those wait.
    result<void> destroy_abandoned(const std::vector<std::string>& ids, const std::vector<ring_id>& unfinished) {
        const auto may_be_known = [&](const std::string& id) {
            for (const ring_id& ring : unfinished)
                for (const std::string_view kind : {"customer", "import", "slot"})
                    if (id.starts_with(vault_ids::of_ring(kind, ring))) return true;
            return !id.starts_with("customer/") && !id.starts_with("import/") && !id.starts_with("slot/");
        };
        for (const std::string& id : ids) {
            if (may_be_known(id)) continue;
            const auto still = parts_.vault.find(id);
            if (!still && still.error().code == errc::not_found) continue;
            if (!still) return pass(still);
            if (still->published) continue;
            if (auto gone = parts_.vault.destroy(id); !gone) return gone;
        }
        return {};
    }
    /// The vault forgets what policy refuses by now. The ring keeps its id until the next one is made; nothing opens with it.
    result<void> destroy_expired_import_key(const ring_id& ring) {
        const auto l = load(parts_.store, subject{ring});
        if (!l) return pass(l);
        const auto now = parts_.clock.now();
        if (!now) return pass(now);
        if (!policy::import_key_expired(l->ring.value, *now)) return {};
        auto gone = parts_.vault.destroy(vault_ids::import(ring, l->ring.value.import_print));
        return gone || gone.error().code == errc::not_found ? result<void>{} : gone;
    }
    result<void> end_late_installation(const ring_id& ring) {
        const auto l = load(parts_.store, subject{ring});
        if (!l) return pass(l);
        policy::failed command{.of = l->ring.value.installing_unlocks ? policy::operation::unlocking_key : policy::operation::activation};
        if (auto timed = submit_.stamp(command); !timed) return timed;
        const auto* installing = policy::installing_key(l->ring.value);
        const auto limit = Profile.template rule_of<policy::report_matches_work>().installation;
        if (installing == nullptr || policy::effective_now(l->ring.value, command.at) < l->ring.value.installing_since + limit) return {};
        const auto ended = submit_.submit(subject{ring}, command, [&](ports::batch& batch, const loaded& before) {
            return close_to_cancelled(parts_, ring, batch, before.ring.value);
        });
        return ended ? result<void>{} : pass(ended);
    }
    result<void> expire_record(const ring_id& ring, const ports::record& r) {
        const auto env = decode<policy::environment_state>(r.value);
        if (!env) return pass(env);
        if (env->deleted || env->managed_by == policy::protector::provider) return {};
        const auto judged = expire({ring, env->id}, {});
        if (!judged) return pass(judged);
        return judged->unfinished() ? result<void>(tl::unexpected(*judged->unfinished())) : result<void>{};
    }

    submitter<Profile, Parts>& submit_;
    Parts& parts_;
};

} // namespace keywright::service
